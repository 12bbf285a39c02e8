"""The page "the rest of the course": what it proposes, what its buttons make of it, what it saves and refuses."""

import re
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import Clinician, Operation, Role, Room
from scheduling.forms.planner import Entry
from scheduling.models import Appointment
from scheduling.planning.types import Slot
from scheduling.services.appointments import move_appointment
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take
from tests.scheduling.test_rest import DAY, WEEK, booked, days_of, everything, visits_of
from treatments.models import TreatmentPlan

pytestmark = pytest.mark.django_db
QUERIES = 12
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def desk(client: Client, book: dict[str, object]) -> Client:
    client.force_login(factory.make_user(Role.FRONT_DESK, last_active_at=MONDAY), BACKEND)
    return client


def address(visit: Appointment, act: str, how: str = "respace", **more: Any) -> str:
    query = "&".join(f"{name}={value}" for name, value in {"act": act, "how": how, **more}.items())
    return f"{reverse('appointment_rest', args=[visit.public_id])}?{query}"


def token(slot: Slot) -> str:
    return Entry(slot).token(factory.ST_JOHNS)


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode()))


def form_of(response: Any) -> dict[str, Any]:
    """Return the hidden fields of the page, as a browser would send them."""
    page = response.content.decode()
    one = {name: re.search(rf'name="{name}" value="([^"]*)"', page).group(1) for name in ("operation", "first", "seen")}  # type: ignore[union-attr]
    return one | {name: re.findall(rf'name="{name}" value="([^"]*)"', page) for name in ("line", "visit")}


def press(desk: Client, url: str, page: Any, act: str, **more: Any) -> Any:
    return desk.post(url, form_of(page) | {"act": act} | more)


def test_three_ways_stand_beside_each_other_with_what_each_would_change(
    desk: Client, plan: TreatmentPlan, moira: Clinician
) -> None:
    visits = booked(plan, moira, count=5)
    to = token(Slot(visits[1].starts_at + 2 * DAY, moira.pk))
    page = desk.get(address(visits[1], "move", "later", to=to))
    shown = words(page)
    assert page.status_code == 200
    assert "Only this one 1 moves" in shown
    assert "This and the 3 later ones 4 move" in shown
    assert "Re-space the rest" in shown
    assert [way.how for way in page.context["ways"] if way.is_here] == ["later"]
    assert "Move 4 visits" in shown


def test_what_is_shown_is_saved_told_and_can_be_undone(desk: Client, plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira, count=5)
    before = everything(plan)
    url = address(visits[1], "move", "later", to=token(Slot(visits[1].starts_at + 2 * DAY, moira.pk)))
    page = desk.get(url)
    shown = [line.row.day for line in page.context["rows"]]
    answer = press(desk, url, page, "save")
    assert answer.url == reverse("course", args=[plan.public_id])
    assert days_of(plan)[1:] == shown
    assert "4 visits of" in words(desk.get(answer.url))
    done = Operation.objects.get(kind="replan_rest")
    desk.post(reverse("operation_undo", args=[done.pk]), {"operation": str(uuid.uuid4())})
    assert everything(plan) == before


def test_a_cancellation_with_the_rest_spaced_anew(desk: Client, plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira, count=5)
    TreatmentPlan.objects.filter(pk=plan.pk).update(interval_max=10)
    url = address(visits[1], "cancel")
    page = desk.get(url)
    missing = press(desk, url, page, "save")
    assert (missing.status_code, "Say why the visit is cancelled" in words(missing)) == (422, True)
    answer = press(desk, url, page, "save", why="ill", by="patient")
    assert answer.status_code == 302
    visits[1].refresh_from_db()
    assert (visits[1].status, visits[1].status_reason, visits[1].cancelled_by) == (
        "cancelled",
        "Patient is ill",
        "patient",
    )
    assert days_of(plan)[1:] == [line.row.day for line in page.context["rows"]]
    assert "Sessions 5 to 10 are to book" in words(desk.get(answer.url))


def test_this_and_all_later_ones_are_cancelled_in_one_act(desk: Client, plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira, count=5)
    url = address(visits[1], "cancel", "later")
    page = desk.get(url)
    assert "Cancel 4 visits" in words(page)
    assert press(desk, url, page, "save", why="time").status_code == 302
    assert len(visits_of(plan)) == 1


def test_a_no_show_is_noted_and_the_rest_moves(desk: Client, plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira, count=4)
    url = address(visits[0], "no-show")
    early = desk.get(url)
    assert early.status_code == 302  # it lies ahead
    after = visits[0].starts_at + timedelta(hours=1)
    with time_machine.travel(after, tick=False):
        desk.force_login(factory.make_user(Role.FRONT_DESK, last_active_at=after), BACKEND)
        from_then = desk.get(url)
        assert press(desk, url, from_then, "save", reason="Not reached").status_code == 302
    visits[0].refresh_from_db()
    assert (visits[0].status, visits[0].status_reason) == ("no_show", "Not reached")


def test_another_clinician_is_chosen_and_what_clashes_is_mended(
    desk: Client, plan: TreatmentPlan, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    visits = booked(plan, moira, count=4)
    take(anika, rooms[1], factory.local_day(visits[2].starts_at), "13:30", 120)
    assert "Choose who takes over" in words(desk.get(address(visits[1], "clinician", "later")))
    url = address(visits[1], "clinician", "later", clinician=anika.pk)
    page = desk.get(url)
    assert "1 line clashes: mend it first." in words(page)
    mended = press(desk, url, page, "fix")
    assert "Change 3 visits" in words(mended)
    assert press(desk, url, mended, "save").status_code == 302
    assert [visit.clinician_id for visit in visits_of(plan)] == [moira.pk, *[anika.pk] * 3]


def test_a_line_is_mended_pinned_and_planned_around(desk: Client, plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira, count=5)
    url = address(visits[1], "cancel")
    page = desk.get(url)
    later = press(desk, url, page, "later-3")
    assert later.context["rows"][1].row.day >= page.context["rows"][1].row.day
    assert [line.row.by_hand for line in later.context["rows"]] == [False, True, False]
    again = press(desk, url, later, "plan")
    assert again.context["rows"][1].row.day == later.context["rows"][1].row.day
    loose = press(desk, url, again, "pin-3")
    assert not any(line.row.by_hand for line in loose.context["rows"])
    picking = press(desk, url, loose, "pick-4")
    choice = picking.context["rows"][2].row.pick_days[-1].people[0][1][-1]
    used = press(desk, url, picking, choice.act)
    assert used.context["rows"][2].row.time == choice.time
    typed = press(desk, url, used, "take-4", pick_day="soon", pick_time="10:00", pick_who=str(moira.pk))
    assert "Enter a day from today on" in words(typed)


def test_a_book_that_changed_is_told_and_proposed_anew(desk: Client, plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira, count=5)
    url = address(visits[1], "cancel")
    page = desk.get(url)
    slot = Slot(visits[4].starts_at + DAY, moira.pk)
    move_appointment(key=uuid.uuid4(), appointment_id=visits[4].pk, slot=slot, actor=None, now=MONDAY)
    before = everything(plan)
    answer = press(desk, url, page, "save", why="ill")
    assert answer.status_code == 409
    assert "Somebody changed session 5 meanwhile. Nothing was saved." in words(answer)
    assert everything(plan) == before
    assert press(desk, url, answer, "save", why="ill").status_code == 302


def test_a_time_taken_meanwhile_is_told_on_its_line(
    desk: Client, plan: TreatmentPlan, moira: Clinician, rooms: list[Room]
) -> None:
    visits = booked(plan, moira, count=4)
    url = address(visits[1], "move", "later", to=token(Slot(visits[1].starts_at + DAY, moira.pk)))
    page = desk.get(url)
    take(moira, rooms[0], factory.local_day(visits[2].starts_at + DAY), "14:10", 30)
    answer = press(desk, url, page, "save")
    assert answer.status_code == 409
    assert "Moira is with" in words(answer)
    assert "Use this" in words(answer)
    assert days_of(plan) == [factory.local_day(visit.starts_at) for visit in visits]


def test_a_late_line_asks_why_and_keeps_the_reason(desk: Client, plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira, count=3)
    url = address(visits[1], "move", "later", to=token(Slot(visits[1].starts_at + 2 * WEEK, moira.pk)))
    page = desk.get(url)
    asked = press(desk, url, page, "save")
    assert (asked.status_code, "Write why. Nothing was saved." in words(asked)) == (422, True)
    assert press(desk, url, asked, "save", **{"reason-2": "In hospital"}).status_code == 302
    assert [visit.late_reason for visit in visits_of(plan)] == ["", "In hospital", ""]


def test_a_second_press_saves_nothing_more(desk: Client, plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira, count=3)
    url = address(visits[1], "move", "later", to=token(Slot(visits[1].starts_at + DAY, moira.pk)))
    page = desk.get(url)
    press(desk, url, page, "save")
    after = everything(plan)
    again = press(desk, url, page, "save")
    assert "had saved its changes already" in words(desk.get(again.url))
    assert everything(plan) == after


@pytest.mark.parametrize("query", ["", "act=dance", "act=move&how=far", "act=move", "act=cancel&to=x"])
def test_an_address_that_asks_for_nothing_leads_to_the_visit(
    query: str, desk: Client, plan: TreatmentPlan, moira: Clinician
) -> None:
    visits = booked(plan, moira, count=3)
    assert desk.get(f"{reverse('appointment_rest', args=[visits[1].public_id])}?{query}").status_code == 302


def test_opening_and_working_on_the_lines_changes_nothing(desk: Client, plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira, count=5)
    before = everything(plan)
    url = address(visits[1], "cancel")
    page = desk.get(url)
    for act in (
        "look",
        "plan",
        "fix",
        "earlier-2",
        "later-2",
        "pin-2",
        "pick-2",
        "close-2",
        "take-2",
        "use-9",
        "pin-x",
    ):
        assert press(desk, url, page, act).status_code == 200
    assert everything(plan) == before


def test_a_long_course_asks_as_many_questions_as_a_short_one(
    desk: Client, plan: TreatmentPlan, moira: Clinician
) -> None:
    asked = []
    for count in (3, 10):
        Appointment.objects.all().delete()
        plan.sessions.update(state="planned")
        visits = booked(plan, moira, count=count)
        url = address(visits[1], "move", "respace", to=token(Slot(visits[1].starts_at + DAY, moira.pk)))
        desk.get(url)
        with CaptureQueriesContext(connection) as queries:
            desk.get(url)
        asked.append(len(queries))
    assert asked == [QUERIES, QUERIES]


def test_dates_are_those_of_the_year_shown(desk: Client, plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira, count=3, start_on=date(2026, 12, 29))
    page = desk.get(address(visits[0], "cancel"))
    assert "2027" in words(page)
