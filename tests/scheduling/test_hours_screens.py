"""The hours screens: what they show, each refusal once, the list before saving, and how many queries a list costs."""

import re
import uuid
from datetime import date, time, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import Clinician, Operation, Role, Room
from scheduling.models import Absence, AwayPlan, Closure, HoursChange, HoursKind, WeeklyHours
from scheduling.planning.away.candidates import Away, visits_hit
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take
from treatments.models import TreatmentPlan

pytestmark = pytest.mark.django_db
TODAY, TUESDAY = date(2026, 11, 23), date(2026, 12, 1)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def desk(client: Client, book: dict[str, object]) -> Client:
    client.force_login(factory.make_user(Role.FRONT_DESK, last_active_at=MONDAY), BACKEND)
    return client


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode()))


def said(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def post(client: Client, to: str, args: list[Any] | None = None, /, **data: Any) -> Any:
    return client.post(reverse(to, args=args or []), {"operation": str(uuid.uuid4()), **data})


def again(client: Client, page: Any, **more: Any) -> Any:
    """Press the button of the list of visits: everything that the form wrote, and what the button adds."""
    html = page.content.decode()
    form = html[html.index('<form class="plan-foot"') : html.index("</form>", html.index('<form class="plan-foot"'))]
    fields = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form))
    action = re.search(r'action="([^"]*)"', form)
    assert action
    return client.post(action[1], {**fields, **more})


def week(**fields: str) -> dict[str, str]:
    """Return the form of Monday to Friday, 9 to 17."""
    values = {f"d{day}_work1_{end}": wall for day in range(5) for end, wall in (("from", "9"), ("until", "17:00"))}
    return {"valid_from": "2026-12-07", **values, **fields}


# --- What they show ---


def test_the_overview_says_who_works_when_and_why_not(desk: Client, moira: Clinician, anika: Clinician) -> None:
    factory.give_hours(moira, 0, "12:00", "12:30", kind=HoursKind.BREAK)
    HoursChange.objects.create(clinician=moira, on=date(2026, 11, 28), starts=time(9), ends=time(13), note="Fair")
    Absence.objects.create(
        clinician=anika,
        starts_at=factory.at(date(2026, 11, 25), "00:00"),
        ends_at=factory.at(date(2026, 11, 27), "00:00"),
        reason="Course",
    )
    Closure.objects.create(name="Storm", starts_on=date(2026, 11, 27), ends_on=date(2026, 11, 27))
    Closure.objects.create(name="Long ago", starts_on=date(2025, 12, 24), ends_on=date(2025, 12, 31))
    page = desk.get(reverse("hours"))
    shown = words(page)
    for part in ("08:00 – 18:00", "break 12:00 – 12:30", "Fair", "Away: Course", "Closed", "Storm", "25 – 26 Nov"):
        assert part in shown, part
    assert "Long ago" not in shown
    rows = dict(page.context["week"].rows)
    assert [cell.spans for cell in rows[moira]] == [["08:00 – 18:00"]] * 4 + [[], ["09:00 – 13:00"], []]
    assert [bar.look for bar in rows[moira][0].bars] == ["work", "break"]
    assert [bar.look for bar in rows[anika][2].bars] == ["away-bar"]
    assert "style=" not in page.content.decode().split("<main")[1]


def test_another_week_is_asked_for_by_a_day_of_it(desk: Client) -> None:
    page = desk.get(reverse("hours") + "?week=2026-12-09")
    assert page.context["week"].monday == date(2026, 12, 7)
    for wrong in ("tomorrow", "2026-13-01", "1812-01-01"):
        assert desk.get(reverse("hours"), {"week": wrong}).status_code == 404


def test_the_page_of_a_clinician_shows_hours_now_and_planned(desk: Client, moira: Clinician) -> None:
    WeeklyHours.objects.filter(clinician=moira).update(valid_until=date(2026, 12, 31))
    factory.give_hours(moira, 2, "10:00", "14:00", valid_from=date(2027, 1, 1))
    shown = words(desk.get(reverse("hours_of", args=[moira.pk])))
    assert "until Thu 31 Dec" in shown
    assert "planned from Fri 1 Jan 2027" in shown
    assert "Hours are planned from Fri 1 Jan 2027" in words(desk.get(reverse("hours_week", args=[moira.pk])))
    assert desk.get(reverse("hours_of", args=[999_999_999])).status_code == 404


def test_queries_do_not_grow_with_what_is_listed(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    sunday = date(2026, 12, 6)
    take(moira, rooms[0], sunday, "08:00", 5)
    few = queries(desk, "hours"), queries(desk, "hours_outside")
    for n in range(300):
        day = TUESDAY + timedelta(days=n)
        HoursChange.objects.create(clinician=moira, on=day)
        start = factory.at(day, "20:00")
        Absence.objects.create(clinician=moira, starts_at=start, ends_at=start + timedelta(hours=1))
    for n in range(40):
        take(moira, rooms[0], sunday + timedelta(days=7 * n), "10:00", 5)
        Closure.objects.create(name=f"Closure {n}", starts_on=sunday, ends_on=sunday)
    assert (queries(desk, "hours"), queries(desk, "hours_outside")) == few
    assert few == (12, 7)


def queries(client: Client, name: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert client.get(reverse(name)).status_code == 200
    return len(caught)


# --- Weekly hours ---


def test_new_weekly_hours_are_saved_told_and_taken_back(desk: Client, moira: Clinician) -> None:
    answer = post(desk, "hours_week", [moira.pk], **week(d0_break1_from="12", d0_break1_until="1230"))
    assert answer.status_code == 302 and answer.headers["Location"] == reverse("hours_of", args=[moira.pk])
    assert said(answer) == ["The new hours of Moira hold from Mon 7 Dec."]
    new = WeeklyHours.objects.filter(clinician=moira, valid_from=date(2026, 12, 7))
    assert new.count() == 6 and new.filter(kind="break", starts=time(12), ends=time(12, 30)).exists()
    page = desk.get(answer.headers["Location"])
    operation = Operation.objects.get()
    assert reverse("hours_undo", args=[operation.pk]) in page.content.decode()
    undone = post(desk, "hours_undo", [operation.pk])
    assert said(undone) == ["Undone. The hours are as they were before."]
    assert not new.exists()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"valid_from": "2026-11-22"}, "This day has passed. Enter today or a later one."),
        ({"valid_from": "2036-11-22"}, "Enter a day within the next two years."),
        ({"valid_from": "soon"}, "Enter a day such as 1 Dec 2026."),
        ({"valid_from": ""}, "Enter the day from which they hold."),
        ({"d0_work1_from": "25"}, "Enter a time such as 8:30."),
        ({"d0_work1_from": "early"}, "Enter a time such as 8:30."),
        ({"d0_work1_from": ""}, "Enter both times, or neither."),
        ({"d0_work1_until": "8"}, "Enter a time after 09:00."),
        ({"d0_work2_from": "16", "d0_work2_until": "18"}, "This overlaps 09:00 – 17:00."),
        ({"d0_break1_from": "16:30", "d0_break1_until": "17:30"}, "The break lies outside the hours of this day."),
        (
            {"d0_break1_from": "12", "d0_break1_until": "13", "d0_break2_from": "12:30", "d0_break2_until": "14"},
            "This overlaps 12:00 – 13:00.",
        ),
    ],
)
def test_what_cannot_be_read_is_said_beside_the_field(
    desk: Client, moira: Clinician, fields: dict[str, str], sentence: str
) -> None:
    page = post(desk, "hours_week", [moira.pk], **week(**fields))
    assert page.status_code == 400
    shown = words(page)
    assert sentence in shown and "Nothing was saved yet." in shown
    assert not Operation.objects.exists()


def test_a_day_may_be_typed_in_words(desk: Client, moira: Clinician) -> None:
    post(desk, "hours_week", [moira.pk], **week(valid_from="Mon 7 Dec"))
    assert WeeklyHours.objects.filter(clinician=moira, valid_from=date(2026, 12, 7)).count() == 5


# --- The list before saving ---


def test_visits_that_would_be_hit_are_listed_before_anything_is_saved(
    desk: Client, moira: Clinician, rooms: list[Room], plan: TreatmentPlan
) -> None:
    session = plan.sessions.get(number=3)
    visit = take(moira, rooms[0], TUESDAY, "14:00", 45, patient=plan.patient, session=session)
    page = post(desk, "hours_absence", [moira.pk], first="2026-12-01", reason="Course")
    shown = words(page)
    for part in (
        "Moira is away Tue 1 Dec",
        "Nothing is saved yet",
        "Tue 1 Dec, 14:00",
        plan.patient.full_name,
        "3 of 10",
        "1 visit would stand where nobody works.",
        "Save, and I move them afterwards",
    ):
        assert part in shown, part
    assert reverse("appointment_move", args=[visit.public_id]) in page.content.decode()
    assert not Absence.objects.exists() and not Operation.objects.exists()
    back = again(desk, page, back="1")
    assert back.status_code == 200 and 'value="2026-12-01"' in back.content.decode() and not Absence.objects.exists()
    saved = again(desk, page, confirm="1")
    assert saved.headers["Location"] == reverse("hours_outside")
    assert said(saved) == ["Moira is away Tue 1 Dec. 1 visit is to be moved."]
    repeat = again(desk, page, confirm="1")
    assert repeat.status_code == 302 and Absence.objects.count() == 1 and Operation.objects.count() == 1
    listed = words(desk.get(reverse("hours_outside")))
    assert "Moira is away: Course" in listed and plan.patient.full_name in listed
    assert "Visits outside hours" in words(desk.get(reverse("hours")))
    assert "1 visit stands outside hours" in words(desk.get(reverse("day")))
    assert visit.public_id.hex not in words(desk.get(reverse("appointment_move", args=[visit.public_id])))
    visit.status = "cancelled"
    visit.save()
    assert "Every visit lies within the hours" in words(desk.get(reverse("hours_outside")))
    assert "stands outside hours" not in words(desk.get(reverse("day")))


def test_a_list_that_grew_meanwhile_is_shown_again(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    take(moira, rooms[0], TUESDAY, "14:00", 45)
    page = post(desk, "hours_closure", name="Storm", starts_on="2026-12-01")
    assert "The clinic is closed 1 Dec: Storm" in words(page)
    take(moira, rooms[0], TUESDAY, "15:00", 45)
    second = again(desk, page, confirm="1")
    assert "The list has changed meanwhile. Nothing was saved." in words(second)
    assert not Closure.objects.exists()
    assert "2 visits are to be moved." in said(again(desk, second, confirm="1"))[0]
    assert Closure.objects.exists()


def test_a_forged_list_saves_nothing(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    take(moira, rooms[0], TUESDAY, "14:00", 45)
    page = post(desk, "hours_absence", [moira.pk], first="2026-12-01", confirm="1", listed=f"x,,{uuid.uuid4()}")
    assert page.status_code == 200 and not Absence.objects.exists()


def test_free_times_of_the_move_skip_what_was_saved(
    desk: Client, moira: Clinician, rooms: list[Room], plan: TreatmentPlan
) -> None:
    visit = take(moira, rooms[0], TUESDAY, "14:00", 45, patient=plan.patient, session=plan.sessions.get(number=1))
    again(desk, post(desk, "hours_absence", [moira.pk], first="2026-12-01", last="2026-12-02"), confirm="1")
    shown = words(desk.get(reverse("appointment_move", args=[visit.public_id])))
    assert "Thu 3 Dec" in shown and "with Moira Hynes" not in shown.split("Thu 3 Dec")[0].split("Free times")[-1]


# --- One day, absences, closures ---


def test_one_day_of_other_hours_and_the_way_back(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    answer = post(
        desk,
        "hours_change",
        [moira.pk],
        on="2026-12-05",
        works="other",
        work1_from="9",
        work1_until="12:30",
        note="Fair",
    )
    assert said(answer) == ["Moira works 09:00 – 12:30 on Sat 5 Dec."]
    page = desk.get(reverse("hours_change", args=[moira.pk]), {"on": "2026-12-05"})
    assert 'value="12:30"' in page.content.decode() and 'value="Fair"' in page.content.decode()
    take(moira, rooms[0], date(2026, 12, 5), "09:00", 30)
    page = post(desk, "hours_change_remove", [moira.pk, "2026-12-05"])
    assert "On Sat 5 Dec Moira works as in other weeks" in words(page)
    assert HoursChange.objects.exists()
    again(desk, page, confirm="1")
    assert not HoursChange.objects.exists()
    gone = post(desk, "hours_change_remove", [moira.pk, "2026-12-05"])
    assert "no hours of its own any more. Nothing was changed." in said(gone)[-1]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"on": "2026-12-05"}, "Enter the hours, or choose “Does not work”."),
        ({"on": "2026-11-20", "works": "none"}, "This day has passed."),
        ({"on": "", "works": "none"}, "Enter the day."),
        (
            {"work1_from": "9", "work1_until": "12", "work2_from": "11", "work2_until": "14"},
            "The two spans overlap.",
        ),
        ({"on": "2027-03-14", "work1_from": "2:30", "work1_until": "9"}, "The clocks skip 02:30 on Sun 14 Mar"),
    ],
)
def test_a_day_that_cannot_be_is_refused(desk: Client, moira: Clinician, fields: dict[str, str], sentence: str) -> None:
    page = post(desk, "hours_change", [moira.pk], **{"on": "2026-12-05", "works": "other", **fields})
    assert page.status_code == 400 and sentence in words(page)
    assert not HoursChange.objects.exists()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"first": ""}, "Enter the first day."),
        ({"first": "2026-11-20"}, "Enter the last day too"),
        ({"first": "2024-11-20", "last": "2026-12-01"}, "This day has passed."),
        ({"last": "2026-11-30"}, "Enter the first day or a later one."),
        ({"first_time": "10", "last_time": "9"}, "Enter a time after the one it begins at."),
        ({"first": "2027-11-07", "first_time": "1:30"}, "The clocks show 01:30 twice"),
        ({"first": "2027-03-14", "first_time": "2:30"}, "The clocks skip 02:30"),
        ({"first_time": "noon"}, "Enter a time such as 8:30."),
        ({"reason": "x" * 81}, "80 characters"),
    ],
)
def test_an_absence_that_cannot_be_is_refused(
    desk: Client, moira: Clinician, fields: dict[str, str], sentence: str
) -> None:
    page = post(desk, "hours_absence", [moira.pk], **{"first": "2026-12-01", **fields})
    assert page.status_code == 400 and sentence in words(page)
    assert not Absence.objects.exists()


def test_an_absence_of_hours_is_kept_and_one_over_it_is_refused_in_words(desk: Client, moira: Clinician) -> None:
    fields = {"first": "2026-12-01", "first_time": "10", "last_time": "12"}
    assert said(post(desk, "hours_absence", [moira.pk], **fields)) == ["Moira is away Tue 1 Dec, 10:00 – 12:00."]
    page = post(desk, "hours_absence", [moira.pk], first="2026-11-30", last="2026-12-02")
    assert page.status_code == 400
    assert "Moira is away from Tue 1 Dec to Tue 1 Dec already. Nothing was saved." in words(page)
    absence = Absence.objects.get()
    removed = post(desk, "hours_absence_remove", [absence.pk])
    assert said(removed)[-1] == "Moira is not away then any more."
    assert not Absence.objects.exists()


def test_days_of_23_and_25_hours_are_whole_ones(desk: Client, moira: Clinician) -> None:
    for day, hours in (("2027-03-14", 23), ("2027-11-07", 25)):
        post(desk, "hours_absence", [moira.pk], first=day)
        absence = Absence.objects.latest("pk")
        assert absence.ends_at - absence.starts_at == timedelta(hours=hours)
    shown = words(desk.get(reverse("hours_of", args=[moira.pk])))
    assert "Sun 14 Mar 2027" in shown and "Sun 7 Nov 2027" in shown


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "Enter a name, such as Christmas."),
        ({"starts_on": ""}, "Enter the first day."),
        ({"ends_on": "2026-12-20"}, "Enter the first day or a later one."),
        ({"starts_on": "2026-11-20"}, "This day has passed."),
    ],
)
def test_a_closure_that_cannot_be_is_refused(desk: Client, fields: dict[str, str], sentence: str) -> None:
    page = post(desk, "hours_closure", **{"name": "Christmas", "starts_on": "2026-12-25", **fields})
    assert page.status_code == 400 and sentence in words(page)
    assert not Closure.objects.exists()


def test_a_closure_is_made_shown_and_taken_away(desk: Client) -> None:
    made = post(desk, "hours_closure", name="Christmas", starts_on="2026-12-25", ends_on="2027-01-01")
    assert said(made) == ["The clinic is closed 25 Dec – 1 Jan: Christmas."]
    assert "Fri 25 Dec – Fri 1 Jan 2027" in words(desk.get(reverse("hours")))
    removed = post(desk, "hours_closure_remove", [Closure.objects.get().pk])
    assert said(removed)[-1] == "The clinic is open again: Christmas was taken away."


# --- Who may ---


def test_the_owner_sees_the_list_and_leaves_the_moving_to_the_desk(
    client: Client, moira: Clinician, rooms: list[Room]
) -> None:
    client.force_login(factory.make_user(Role.OWNER, last_active_at=MONDAY), BACKEND)
    take(moira, rooms[0], date(2026, 12, 6), "14:00", 45)
    page = client.get(reverse("hours_outside"))
    assert "The front desk moves it." in words(page)
    assert "appointment" not in page.content.decode().split("<main")[1]
    answer = post(client, "hours_absence", [moira.pk], first="2026-12-01")
    undone = post(client, "hours_undo", [Operation.objects.get().pk])
    assert answer.status_code == 302 and "Undone." in said(undone)[-1]


def test_a_button_without_its_key_changes_nothing(desk: Client, moira: Clinician) -> None:
    Closure.objects.create(name="Storm", starts_on=TUESDAY, ends_on=TUESDAY)
    answer = desk.post(reverse("hours_closure_remove", args=[Closure.objects.get().pk]))
    assert "This button was not complete. Nothing was saved." in said(answer)[0]
    assert Closure.objects.exists()
    assert desk.post(reverse("hours_week", args=[moira.pk]), week()).status_code == 400


# --- What was hit is planned anew ---


def groups_of(page: Any) -> list[tuple[str, int, str]]:
    return [(group.words, group.count, group.url) for group in page.context["groups"]]


def test_after_an_absence_is_saved_its_visits_are_offered_as_one_plan(
    desk: Client, moira: Clinician, rooms: list[Room]
) -> None:
    for day, wall in ((TUESDAY, "14:00"), (TUESDAY, "15:00"), (TUESDAY + timedelta(days=1), "10:00")):
        take(moira, rooms[0], day, wall, 45)
    saved = again(desk, post(desk, "hours_absence", [moira.pk], first="2026-12-01", last="2026-12-02"), confirm="1")
    assert said(saved) == ["Moira is away 1 – 2 Dec. 3 visits are to be moved."]
    absence = Absence.objects.get()
    span = reverse("away_span", args=[moira.pk])
    page = desk.get(saved.headers["Location"])
    assert groups_of(page) == [("Moira Hynes, 1 – 2 Dec", 3, f"{span}?absence={absence.pk}")]
    assert "Re-plan these" in words(page)
    opened = desk.get(f"{span}?absence={absence.pk}").content.decode()
    assert 'value="2026-12-01"' in opened
    assert 'value="2026-12-02"' in opened


def test_shorter_hours_of_a_day_lead_to_a_plan_of_the_hours_that_were_hit(
    desk: Client, moira: Clinician, rooms: list[Room]
) -> None:
    for wall in ("09:00", "14:00", "15:00"):
        take(moira, rooms[0], TUESDAY, wall, 45)
    WeeklyHours.objects.filter(clinician=moira).update(ends="12:00")
    [(who, count, url)] = groups_of(desk.get(reverse("hours_outside")))
    assert (who, count) == ("Moira Hynes, Tue 1 Dec", 2)
    opened = desk.get(url)
    assert [opened.context["form"].initial[name] for name in ("first", "last")] == [TUESDAY, TUESDAY]
    asked = {"first": "2026-12-01", "first_time": "14:00", "last": "2026-12-01", "last_time": "15:45"}
    desk.post(reverse("away_span", args=[moira.pk]), {"operation": str(uuid.uuid4()), **asked})
    plan = AwayPlan.objects.get()
    assert len(visits_hit(Away(moira.pk, plan.starts_at, plan.ends_at), MONDAY)) == 2


def test_each_closed_day_of_a_clinician_is_a_group_and_one_visit_leads_to_its_move(
    desk: Client, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    alone = take(moira, rooms[0], TUESDAY, "14:00", 45)
    for wall in ("09:00", "10:00"):
        take(anika, rooms[1], TUESDAY, wall, 45)
    again(desk, post(desk, "hours_closure", name="Storm", starts_on="2026-12-01"), confirm="1")
    found = groups_of(desk.get(reverse("hours_outside")))
    assert [(who, count) for who, count, _url in found] == [
        ("Dr. Anika Sandhu, Tue 1 Dec", 2),
        ("Moira Hynes, Tue 1 Dec, 14:00", 1),
    ]
    assert found[0][2].startswith(reverse("away_span", args=[anika.pk]) + "?since=2026-12-01T09%3A00&until=")
    assert found[1][2] == reverse("appointment_move", args=[alone.public_id])


@pytest.mark.parametrize("query", ["since=x&until=y", "since=2026-13-40T09:00&until=1", "since=2026-12-01T09:00Z"])
def test_a_span_that_cannot_be_read_opens_the_form_empty(desk: Client, moira: Clinician, query: str) -> None:
    page = desk.get(f"{reverse('away_span', args=[moira.pk])}?{query}")
    assert (page.status_code, page.context["form"].initial) == (200, {})
