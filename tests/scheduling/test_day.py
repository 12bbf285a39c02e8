"""The day list: which visits a local day has and under which head, what its buttons do, and who may press them."""

import re
import uuid
from datetime import UTC, date, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import AccessLog, Clinician, Operation, Role, Room
from scheduling.models import Absence, Appointment, Closure
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take
from treatments.models import Session, TreatmentPlan

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
QUERIES = 8
"""Session, user, the clinic, clinicians, visits, the day's hours with closures and absences, visits outside the hours,
messages that need a person."""


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def desk(client: Client, book: dict[str, object]) -> Client:
    client.force_login(factory.make_user(Role.FRONT_DESK, last_active_at=MONDAY), BACKEND)
    return client


@pytest.fixture
def sessions(plan: TreatmentPlan) -> list[Session]:
    return list(plan.sessions.order_by("number"))


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode()))


def said(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def group_of(response: Any, visit: Appointment) -> str:
    """Return the head under which a visit stands."""
    groups = response.context["list"].groups
    return next(group.title for group in groups if visit.pk in [one.pk for one in group.visits])


def press(client: Client, name: str, visit: Appointment, **data: Any) -> Any:
    return client.post(reverse(name, args=[visit.public_id]), {"operation": str(uuid.uuid4()), **data})


# --- What the day shows ---


def test_a_visit_is_shown_with_two_identifiers_its_number_and_a_link(
    desk: Client, moira: Clinician, rooms: list[Room], plan: TreatmentPlan, sessions: list[Session]
) -> None:
    take(moira, rooms[0], TODAY, "14:00", 45, patient=plan.patient, session=sessions[2])
    page = desk.get(reverse("day"))
    assert page.context["list"].day == TODAY
    shown = words(page)
    for part in (
        "Monday 23 November",
        "14:00",
        plan.patient.full_name,
        f"Born 2 September 1986 · File {plan.patient.file_label}",
        "Cellulite reduction",
        "3 of 10",
        "Moira Hynes",
        "Room 1",
        "Booked",
    ):
        assert part in shown
    assert reverse("patient_page", args=[plan.patient.public_id]) in page.content.decode()


def test_visits_stand_under_the_head_that_the_hour_gives_them(
    desk: Client, moira: Clinician, rooms: list[Room]
) -> None:
    expected = {
        "08:00": ("booked", "To close"),
        "08:45": ("confirmed", "Now"),
        "09:45": ("booked", "Within the hour"),
        "12:00": ("booked", "Later"),
        "08:20": ("completed", "Done"),
        "13:00": ("cancelled", "Did not take place"),
        "07:30": ("no_show", "Did not take place"),
    }
    visits = {wall: take(moira, rooms[0], TODAY, wall, 20, status=status) for wall, (status, _head) in expected.items()}
    take(moira, rooms[0], TODAY, "15:00", 20, status="undone")
    page = desk.get(reverse("day"))
    assert {wall: group_of(page, visit) for wall, visit in visits.items()} == {
        wall: head for wall, (_status, head) in expected.items()
    }
    heads = [group.title for group in page.context["list"].groups]
    assert heads == ["To close", "Now", "Within the hour", "Later", "Done", "Did not take place"]
    assert page.context["list"].counts == [
        (6, "visits"),
        (1, "done"),
        (1, "to close"),
        (1, "no-show"),
        (1, "cancelled"),
    ]


def test_a_day_ahead_is_told_by_its_parts(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    day = TODAY + timedelta(days=1)
    early, noon, late = (take(moira, rooms[0], day, wall, 30) for wall in ("09:00", "12:00", "17:00"))
    page = desk.get(reverse("day", args=[day]))
    assert [group_of(page, visit) for visit in (early, noon, late)] == ["Morning", "Afternoon", "Evening"]
    assert "Confirm" in words(page)
    assert f"appointments/{early.public_id}/complete/" not in page.content.decode()


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2027, 3, 14), 23), (date(2027, 11, 7), 25), (date(2027, 3, 15), 24)], ids=str
)
def test_a_day_begins_and_ends_at_local_midnight(
    desk: Client, moira: Clinician, rooms: list[Room], day: date, hours: int
) -> None:
    first, last = factory.at(day, "00:00"), factory.at(day + timedelta(days=1), "00:00")
    assert (last.astimezone(UTC) - first.astimezone(UTC)) == timedelta(hours=hours)
    inside = [take(moira, rooms[0], day, "00:00", 15), take(moira, rooms[0], day, "23:45", 15)]
    take(moira, rooms[0], day + timedelta(days=1), "00:00", 15)
    take(moira, rooms[0], day - timedelta(days=1), "23:45", 15)
    page = desk.get(reverse("day", args=[day]))
    assert [one.pk for one in page.context["list"].visits] == [visit.pk for visit in inside]


def test_one_clinician_can_be_asked_for(desk: Client, moira: Clinician, anika: Clinician, rooms: list[Room]) -> None:
    mine = take(moira, rooms[0], TODAY, "14:00", 30)
    take(anika, rooms[1], TODAY, "14:00", 30)
    page = desk.get(reverse("day"), {"clinician": moira.pk})
    assert [one.pk for one in page.context["list"].visits] == [mine.pk]
    assert f"{reverse('day', args=[date(2026, 11, 24)])}?clinician={moira.pk}" in page.content.decode()
    for wrong in ("999999", "x", "-1", "9" * 30):
        assert desk.get(reverse("day"), {"clinician": wrong}).status_code == 404


def test_another_day_can_be_jumped_to(desk: Client, moira: Clinician) -> None:
    assert desk.get(reverse("day"), {"date": "2026-12-01"}).url == "/day/2026-12-01/"
    jump = desk.get(reverse("day"), {"date": "2026-12-01", "clinician": moira.pk})
    assert jump.url == f"/day/2026-12-01/?clinician={moira.pk}"
    for typed in ("1 dec", "Tue 1 Dec", "Dec 1 2026"):
        assert desk.get(reverse("day"), {"date": typed}).url == "/day/2026-12-01/"
    assert desk.get(reverse("day"), {"date": "20 nov"}).url == "/day/2026-11-20/"
    for wrong in ("/day/2026-02-30/", "/day/0001-01-01/", "/day/9999-12-31/"):
        assert desk.get(wrong).status_code == 404


def test_a_jump_to_no_day_shows_today_and_says_so(desk: Client) -> None:
    assert "is no day" not in words(desk.get(reverse("day"), {"date": ""}, follow=True))
    for unread in ("soon", "2026-13-45", "0001-01-01"):
        page = desk.get(reverse("day"), {"date": unread}, follow=True)
        assert page.redirect_chain == [("/day/", 302)]
        assert f"“{unread}” is no day. Here is today." in words(page)


def test_an_empty_day_says_why(desk: Client, moira: Clinician) -> None:
    assert "A free day" in words(desk.get(reverse("day")))
    assert "Nobody works on this day" in words(desk.get(reverse("day", args=[date(2026, 11, 29)])))
    Closure.objects.create(name="Winter closure", starts_on=date(2026, 12, 24), ends_on=date(2027, 1, 1))
    Closure.objects.create(name="Christmas Day", starts_on=date(2026, 12, 25), ends_on=date(2026, 12, 25))
    assert "Closed: Winter closure" in words(desk.get(reverse("day", args=[date(2026, 12, 25)])))
    assert "No visits with Moira Hynes" in words(desk.get(reverse("day"), {"clinician": moira.pk}))


def test_from_an_empty_today_a_link_leads_to_the_next_visits(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    take(moira, rooms[0], date(2026, 11, 26), "14:00", 30)
    Closure.objects.create(name="Storm", starts_on=TODAY, ends_on=TODAY)
    page = desk.get(reverse("day"))
    assert "Go to Thu 26 Nov" in words(page)
    assert reverse("day", args=[date(2026, 11, 26)]) in page.content.decode()


def test_visits_on_a_closed_day_and_absences_are_pointed_out(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    take(moira, rooms[0], TODAY, "14:00", 30)
    Closure.objects.create(name="Storm", starts_on=TODAY, ends_on=TODAY)
    assert "The clinic is closed on this day: Storm" in words(desk.get(reverse("day")))
    tomorrow = TODAY + timedelta(days=1)
    Absence.objects.create(
        clinician=moira,
        starts_at=factory.at(tomorrow, "00:00"),
        ends_at=factory.at(tomorrow + timedelta(days=1), "00:00"),
        reason="Course",
    )
    page = desk.get(reverse("day", args=[tomorrow]))
    assert [worker.clinician.short_name for worker in page.context["list"].workers] == ["Dr. Sandhu"]
    assert "away: Course" in words(page)


def test_the_number_of_queries_does_not_grow_with_the_day(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    plans = [factory.make_plan() for _ in range(12)]
    for at, plan in enumerate(plans):
        if at == 1:
            assert _queries(desk) == QUERIES
        session = plan.sessions.get(number=1)
        take(moira, rooms[0], TODAY, f"{8 + at:02d}:00", 30, patient=plan.patient, session=session)
    assert _queries(desk) == QUERIES


def _queries(desk: Client) -> int:
    with CaptureQueriesContext(connection) as caught:
        assert desk.get(reverse("day")).status_code == 200
    return len(caught)


def test_reading_the_day_writes_nothing(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    take(moira, rooms[0], TODAY, "14:00", 30)
    with CaptureQueriesContext(connection) as caught:
        desk.get(reverse("day"))
    assert not [query["sql"] for query in caught if not query["sql"].startswith("SELECT")]


# --- What the buttons do ---


def test_complete_closes_a_visit_and_can_be_undone(
    desk: Client, moira: Clinician, rooms: list[Room], plan: TreatmentPlan, sessions: list[Session]
) -> None:
    visit = take(moira, rooms[0], TODAY, "08:00", 45, patient=plan.patient, session=sessions[0])
    answer = press(desk, "appointment_complete", visit, next="/day/?clinician=1")
    assert answer.url == "/day/?clinician=1"
    visit.refresh_from_db()
    sessions[0].refresh_from_db()
    assert (visit.status, sessions[0].state) == ("completed", "completed")
    [message] = get_messages(answer.wsgi_request)
    assert message.extra_tags.startswith("undo:")
    operation = Operation.objects.get()
    undo = desk.post(reverse("operation_undo", args=[operation.pk]), {"operation": str(uuid.uuid4())})
    assert said(undo)[-1].startswith("Undone.")
    visit.refresh_from_db()
    assert visit.status == "booked"


def test_no_show_frees_the_time_and_says_what_follows(
    desk: Client, moira: Clinician, rooms: list[Room], plan: TreatmentPlan, sessions: list[Session]
) -> None:
    visit = take(moira, rooms[0], TODAY, "08:00", 45, patient=plan.patient, session=sessions[0])
    answer = press(desk, "appointment_no_show", visit)
    assert answer.url == "/day/2026-11-23/"
    assert said(answer)[0].startswith(f"{visit.patient.full_name}: noted as a no-show. Sessions 1 to 10 are to book.")
    visit.refresh_from_db()
    assert visit.status == "no_show"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"why": "ill"}, "Patient is ill"),
        ({"why": "weather", "reason": "the bridge"}, "Weather or roads: the bridge"),
        ({"why": "other", "reason": "moved away"}, "moved away"),
        ({"reason": "as the patient page sends it"}, "as the patient page sends it"),
    ],
)
def test_cancel_keeps_the_reason(
    desk: Client, moira: Clinician, rooms: list[Room], data: dict[str, str], reason: str
) -> None:
    visit = take(moira, rooms[0], TODAY, "14:00", 45)
    press(desk, "appointment_cancel", visit, **data)
    visit.refresh_from_db()
    assert (visit.status, visit.status_reason) == ("cancelled", reason)
    assert reason in words(desk.get(reverse("day")))


@pytest.mark.parametrize("data", [{}, {"why": "other"}, {"why": "bored"}, {"why": "ill", "reason": "x" * 161}])
def test_cancel_without_a_reason_changes_nothing(
    desk: Client, moira: Clinician, rooms: list[Room], data: dict[str, str]
) -> None:
    visit = take(moira, rooms[0], TODAY, "14:00", 45)
    answer = press(desk, "appointment_cancel", visit, **data)
    assert answer.status_code == 302
    assert "Nothing was saved." in said(answer)[0]
    visit.refresh_from_db()
    assert visit.status == "booked"


def test_a_double_click_is_one_act(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    visit = take(moira, rooms[0], TODAY, "14:00", 45)
    key = str(uuid.uuid4())
    first, second = (press(desk, "appointment_cancel", visit, why="ill", operation=key) for _ in range(2))
    assert said(first) == said(second)[-1:]
    assert Operation.objects.count() == 1
    other = press(desk, "appointment_cancel", visit, why="weather", operation=key)
    assert "was used before" in said(other)[-1]


@pytest.mark.parametrize("key", ["", "x"])
def test_a_button_without_its_key_changes_nothing(desk: Client, moira: Clinician, rooms: list[Room], key: str) -> None:
    visit = take(moira, rooms[0], TODAY, "08:00", 45)
    for name in ("appointment_complete", "appointment_no_show", "appointment_cancel"):
        answer = press(desk, name, visit, operation=key, why="ill")
        assert "Nothing was saved." in said(answer)[-1]
    undo = desk.post(reverse("operation_undo", args=[_operation().pk]), {"operation": key})
    assert "Nothing was saved." in said(undo)[-1]
    visit.refresh_from_db()
    assert visit.status == "booked"


def _operation() -> Operation:
    return Operation.objects.create(kind="book_series", actor="x", body_hash="x", at=MONDAY)


def test_what_is_ahead_or_over_is_refused_with_a_sentence(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    ahead = take(moira, rooms[0], TODAY, "14:00", 45)
    over = take(moira, rooms[0], TODAY, "08:00", 45, status="completed")
    assert "lies ahead" in said(press(desk, "appointment_complete", ahead))[-1]
    assert "lies ahead" in said(press(desk, "appointment_no_show", ahead))[-1]
    assert "is completed now" in said(press(desk, "appointment_cancel", over, why="ill"))[-1]
    gone = take(moira, rooms[0], TODAY, "15:00", 45, status="undone")
    answer = press(desk, "appointment_cancel", gone, why="ill", next=reverse("appointment", args=[gone.public_id]))
    assert "This visit is undone now. Nothing was saved." in said(answer)[-1]
    assert answer.url == "/day/2026-11-23/"  # its own page is gone


def test_an_act_returns_to_the_page_it_was_done_on_and_never_to_another_site(
    desk: Client, moira: Clinician, rooms: list[Room]
) -> None:
    for asked, came_to in {
        "/patients/x/": "/patients/x/",
        "https://evil.example/": "/day/2026-11-23/",
        "//evil.example/": "/day/2026-11-23/",
        "javascript:alert(1)": "/day/2026-11-23/",
    }.items():
        visit = take(moira, rooms[0], TODAY, "14:00", 45)
        assert press(desk, "appointment_cancel", visit, why="ill", next=asked).url == came_to
    visit = take(moira, rooms[0], TODAY, "14:00", 45)
    address = reverse("appointment_cancel", args=[visit.public_id])
    data = {"operation": str(uuid.uuid4()), "why": "ill"}
    answer = desk.post(address, data, headers={"Referer": "http://testserver/day/2026-11-23/?clinician=2"})
    assert answer.url == "/day/2026-11-23/?clinician=2"


@pytest.mark.parametrize(
    ("role", "may"), [(Role.FRONT_DESK, True), (Role.CLINICIAN, True), (Role.OWNER, False)], ids=str
)
def test_who_may_press_sees_the_buttons(
    client: Client,
    moira: Clinician,
    rooms: list[Room],
    sessions: list[Session],
    plan: TreatmentPlan,
    role: Role,
    may: bool,
) -> None:
    client.force_login(factory.make_user(role), BACKEND)
    visit = take(moira, rooms[0], TODAY, "08:45", 45, patient=plan.patient, session=sessions[0])
    pages = [client.get(reverse("day")), client.get(reverse("appointment_menu", args=[visit.public_id]))]
    page = "".join(one.content.decode() for one in pages)
    for name in ("appointment_complete", "appointment_cancel", "appointment_move"):
        assert (reverse(name, args=[visit.public_id]) in page) is may
        answer = client.post(reverse(name, args=[visit.public_id]), {"operation": str(uuid.uuid4()), "why": "ill"})
        assert (answer.status_code == 403) is not may


# --- What a line opens, and what the screen may leave out ---


def menu_of(client: Client, visit: Appointment) -> Any:
    return client.get(reverse("appointment_menu", args=[visit.public_id]))


def test_a_line_opens_its_times_phone_and_why_it_is_flagged(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    visit = take(moira, rooms[0], TODAY, "14:00", 45, patient=factory.make_patient(note="Knocks twice"))
    shown = words(menu_of(desk, visit))
    phone = visit.patient.phone.as_national.replace("(", "").replace(") ", "-")
    for part in ("14:00 – 14:45", phone, "First visit.", "allow time for the tour", "Unconfirmed.", "Knocks twice"):
        assert part in shown
    line = desk.get(reverse("day")).content.decode()
    for part in ('title="Knocks twice"', 'bi-stars" aria-hidden="true"></i><span class="visually-hidden">First visit'):
        assert part in line
    assert "tel:" not in line


def test_an_act_stands_in_the_line_or_in_its_menu_but_once(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    due = take(moira, rooms[0], TODAY, "08:00", 30)
    here = take(moira, rooms[0], TODAY, "08:45", 45)
    later = take(moira, rooms[0], TODAY, "14:00", 45)
    done = take(moira, rooms[0], TODAY, "07:00", 45, status="completed")
    page = desk.get(reverse("day")).content.decode()
    expected = {
        due: ({"complete", "no-show"}, {"arrive", "start", "move", "cancel"}),
        here: ({"arrive"}, {"start", "complete", "no-show", "confirm", "move", "cancel"}),
        later: ({"arrive"}, {"start", "confirm", "move", "cancel"}),
        done: (set(), set()),
    }
    acts = ("confirm", "arrive", "start", "complete", "no-show", "move", "cancel")
    for visit, (in_line, in_menu) in expected.items():
        menu = menu_of(desk, visit).content.decode()
        assert {act for act in acts if f"/{visit.public_id}/{act}/" in page} == in_line
        assert {act for act in acts if f"/{visit.public_id}/{act}/" in menu} == in_menu
    assert "Take back" in words(menu_of(desk, done))


def test_the_button_of_a_line_carries_the_key_of_its_act(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    visit = take(moira, rooms[0], TODAY, "08:45", 45)
    page = desk.get(reverse("day")).content.decode()
    address = reverse("appointment_arrive", args=[visit.public_id])
    [key] = re.findall(rf'form="act" formaction="{address}" data-act="a" name="operation" value="([^"]+)"', page)
    desk.post(address, {"operation": key})
    visit.refresh_from_db()
    assert (visit.status, Operation.objects.get().pk) == ("arrived", uuid.UUID(key))
    assert f'id="visit-{visit.public_id}" data-version="1"' in page
    assert '<form id="act" method="post"' in page


def test_words_that_someone_typed_are_escaped(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    odd = "<b>&\"'"
    patient = factory.make_patient(first_name=odd, last_name=odd, note=odd)
    plan = factory.make_plan(patient, name=odd)
    rooms[0].name = odd
    rooms[0].save()
    Clinician.objects.update(name=odd, short_name=odd)
    take(moira, rooms[0], TODAY, "14:00", 45, patient=patient, session=plan.sessions.get(number=1))
    take(moira, rooms[0], TODAY, "16:00", 45, patient=patient, status="cancelled", status_reason=odd)
    page = desk.get(reverse("day")).content.decode()
    assert odd not in page
    assert page.count("&lt;b&gt;&amp;&quot;&#x27;") > 12


def test_a_screen_that_passers_by_can_read_hides_names(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    patient = factory.make_patient(first_name="Devika", last_name="Rao", note="Knocks twice")
    visit = take(moira, rooms[0], TODAY, "14:00", 45, patient=patient)
    take(moira, rooms[0], TODAY, "16:00", 45, patient=patient, status="cancelled", status_reason="Broke a leg")
    private = ("Devika", "Rao", "2 September 1986", "Knocks twice", "Broke a leg")
    page = desk.get(reverse("day")).content.decode()
    assert [part for part in private if part in page] == list(private)
    chosen = desk.post(reverse("set_screen"), {"names": "hidden"}, headers={"Referer": "http://testserver/day/?x=1"})
    assert chosen.url == "/day/?x=1"
    for hidden in (desk.get(reverse("day")), menu_of(desk, visit)):
        text = hidden.content.decode()
        assert [part for part in (*private, "tel:") if part in text] == []
        assert f"DR, file {patient.file_label}" in text
    other = Client()
    other.force_login(factory.make_user(Role.FRONT_DESK), BACKEND)
    assert "Devika" in other.get(reverse("day")).content.decode(), "another screen keeps its own"
    desk.post(reverse("set_screen"), {"names": "shown"})
    assert "Devika" in desk.get(reverse("day")).content.decode()


def test_what_did_not_take_place_can_be_left_out(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    gone = take(moira, rooms[0], TODAY, "16:00", 45, status="cancelled")
    stays = take(moira, rooms[0], TODAY, "14:00", 45)
    desk.post(reverse("set_screen"), {"off": "hidden"})
    page = desk.get(reverse("day"))
    assert str(gone.public_id) not in page.content.decode()
    assert str(stays.public_id) in page.content.decode()
    assert "Did not take place 1" in words(page), "it is still counted, beside the button that shows it"
    desk.post(reverse("set_screen"), {"off": "shown"})
    assert str(gone.public_id) in desk.get(reverse("day")).content.decode()


@pytest.mark.parametrize("data", [{}, {"names": "maybe"}, {"other": "hidden"}])
def test_a_screen_is_shown_or_hidden_and_nothing_else(desk: Client, data: dict[str, str]) -> None:
    assert desk.post(reverse("set_screen"), data).status_code == 400


def test_visits_stand_in_order_of_arrival(desk: Client, moira: Clinician, anika: Clinician, rooms: list[Room]) -> None:
    sooner = take(moira, rooms[0], TODAY, "14:00", 45)
    cream = take(anika, rooms[1], TODAY, "14:15", 45)
    Appointment.objects.filter(pk=cream.pk).update(arrives_at=factory.at(TODAY, "13:45"))
    page = desk.get(reverse("day"))
    assert [one.pk for one in page.context["list"].visits] == [cream.pk, sooner.pk]
    assert "13:45 for 14:15" in words(page)


def test_who_is_here_stands_apart_from_who_is_treated(
    desk: Client, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    waits = take(moira, rooms[0], TODAY, "08:45", 45, status="arrived", arrived_at=factory.at(TODAY, "08:38"))
    treated = take(anika, rooms[1], TODAY, "08:30", 45, status="in_treatment")
    page = desk.get(reverse("day"))
    assert (group_of(page, waits), group_of(page, treated)) == ("Waiting", "In treatment")
    assert "since 08:38" in words(page)
    assert (1, "waiting") in page.context["list"].counts


# --- Moving ---


@pytest.fixture
def course(moira: Clinician, rooms: list[Room], plan: TreatmentPlan, sessions: list[Session]) -> list[Appointment]:
    """Three visits of a course: one done a week ago, one tomorrow, one in two weeks."""
    days = [(date(2026, 11, 17), "completed"), (date(2026, 11, 24), "booked"), (date(2026, 12, 8), "booked")]
    return [
        take(moira, rooms[0], day, "14:00", 45, patient=plan.patient, session=session, status=status)
        for session, (day, status) in zip(sessions, days, strict=False)
    ]


def test_the_move_page_says_where_a_session_may_fall_and_what_is_free(desk: Client, course: list[Appointment]) -> None:
    page = desk.get(reverse("appointment_move", args=[course[1].public_id]))
    shown = words(page)
    assert "Move session 2 of 10" in shown
    assert "24 Nov – 1 Dec" in shown
    assert "7 – 14 days after Tue 17 Nov, at least 7 days before Tue 8 Dec" in shown
    days = [day.day for day in page.context["move"].days]
    assert days == [date(2026, 11, day) for day in (24, 25, 26, 27, 30)] + [date(2026, 12, 1)]
    assert AccessLog.objects.filter(page="move").count() == 1


def test_a_free_time_takes_the_visit_along(desk: Client, course: list[Appointment], anika: Clinician) -> None:
    visit = course[1]
    page = desk.get(reverse("appointment_move", args=[visit.public_id]))
    day = next(day for day in page.context["move"].days if day.day == date(2026, 11, 26))
    token = dict(day.people)["Dr. Sandhu"][0].token
    answer = press(desk, "appointment_move", visit, to=token)
    assert answer.url == "/day/2026-11-26/"
    assert said(answer)[0].startswith(f"Moved: {visit.patient.full_name}, now Thu 26 Nov, ")
    visit.refresh_from_db()
    assert (visit.wall_date, visit.clinician) == (date(2026, 11, 26), anika)
    operation = Operation.objects.get()
    desk.post(reverse("operation_undo", args=[operation.pk]), {"operation": str(uuid.uuid4())})
    visit.refresh_from_db()
    assert (visit.wall_date, visit.clinician_id) == (date(2026, 11, 24), course[0].clinician_id)


def typed(day: str, time: str, clinician: Clinician, reason: str = "") -> dict[str, Any]:
    return {"day": day, "time": time, "clinician": clinician.pk, "reason": reason}


def test_too_late_asks_for_a_reason_and_keeps_it(desk: Client, course: list[Appointment], moira: Clinician) -> None:
    visit = course[2]
    late = typed("2026-12-11", "14:00", moira)
    refused = press(desk, "appointment_move", visit, **late)
    assert refused.status_code == 200
    assert "17 days since the session before, at most 14" in words(refused)
    answer = press(desk, "appointment_move", visit, **late | {"reason": "In hospital"})
    assert answer.url == "/day/2026-12-11/"
    visit.refresh_from_db()
    assert (visit.late_reason, visit.early_reason) == ("In hospital", "")


def test_too_early_is_a_clinicians_to_overrule(
    client: Client, desk: Client, course: list[Appointment], moira: Clinician
) -> None:
    visit = course[2]
    early = typed("2026-11-27", "14:00", moira, "Travels")
    assert "only a clinician may overrule" in words(press(desk, "appointment_move", visit, **early))
    client.force_login(moira.user, BACKEND)
    assert press(client, "appointment_move", visit, **early).status_code == 302
    visit.refresh_from_db()
    assert (visit.late_reason, visit.early_reason) == ("", "Travels")


def test_a_reason_that_nothing_asked_for_is_not_kept(desk: Client, course: list[Appointment], moira: Clinician) -> None:
    press(desk, "appointment_move", course[1], **typed("2026-11-25", "14:00", moira, "Prefers it"))
    course[1].refresh_from_db()
    assert course[1].wall_date == date(2026, 11, 25)
    assert (course[1].late_reason, course[1].early_reason) == ("", "")


def test_a_taken_time_is_refused_and_nothing_moves(
    desk: Client, course: list[Appointment], moira: Clinician, rooms: list[Room]
) -> None:
    take(moira, rooms[1], date(2026, 11, 25), "14:00", 30)
    answer = press(desk, "appointment_move", course[1], **typed("2026-11-25", "14:00", moira))
    assert "Nothing was saved. Choose another time." in words(answer)
    course[1].refresh_from_db()
    assert course[1].wall_date == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "Choose a day, a time and a clinician."),
        ({"to": "nonsense"}, "could not be read"),
        ({"day": "soon", "time": "14:00", "clinician": "1"}, "Enter a day such as"),
        ({"day": "2020-01-01", "time": "14:00"}, "Choose a day, a time and a clinician."),
        ({"day": "2026-12-01", "time": "14:00", "clinician": "99999"}, "takes no visits now"),
    ],
)
def test_a_time_that_cannot_be_read_is_told_beside_the_form(
    desk: Client, course: list[Appointment], data: dict[str, str], sentence: str
) -> None:
    answer = press(desk, "appointment_move", course[1], **data)
    assert answer.status_code == 400
    assert sentence in words(answer)


def test_a_day_in_the_past_and_a_skipped_hour_are_told(
    desk: Client, course: list[Appointment], moira: Clinician
) -> None:
    past = press(desk, "appointment_move", course[1], **typed("2026-11-20", "14:00", moira))
    assert "Enter a day from today on" in words(past)
    skipped = press(desk, "appointment_move", course[1], **typed("2027-03-14", "02:30", moira))
    assert "The clocks skip 02:30" in words(skipped)


def test_only_a_visit_ahead_can_be_moved(desk: Client, course: list[Appointment]) -> None:
    answer = desk.get(reverse("appointment_move", args=[course[0].public_id]))
    assert answer.status_code == 302
    assert "Only a visit that lies ahead" in said(answer)[-1]


def test_a_consultation_moves_to_any_free_time_and_no_rule_of_a_course_is_spoken_of(
    desk: Client, moira: Clinician, rooms: list[Room]
) -> None:
    visit = take(moira, rooms[0], TODAY, "15:00", 30)
    page = desk.get(reverse("appointment_move", args=[visit.public_id]))
    shown = words(page)
    for part in ("Move the consultation", "on any day", "the same day", "in 3 days", "Consultation, 30 min"):
        assert part in shown
    for part in ("Why", "session", "first", "Treatment"):
        assert part not in shown.split("Free times")[0].split("Move the consultation")[-1]
    answer = press(desk, "appointment_move", visit, **typed("2026-11-26", "11:00", moira))
    assert said(answer)[0].startswith(f"Moved: {visit.patient.full_name}, now Thu 26 Nov, 11:00.")
    visit.refresh_from_db()
    assert visit.wall_date == date(2026, 11, 26)


def test_the_page_of_a_day_far_away_has_its_year(desk: Client) -> None:
    assert "Friday 1 January 2027" in words(desk.get(reverse("day", args=[date(2027, 1, 1)])))


def test_the_toast_of_an_act_tells_no_name_while_names_are_hidden(
    desk: Client, moira: Clinician, rooms: list[Room], plan: TreatmentPlan
) -> None:
    visit = take(moira, rooms[0], TODAY, "09:15", 30, patient=plan.patient)
    desk.post(reverse("set_screen"), {"names": "hidden"})
    told = said(press(desk, "appointment_arrive", visit))
    assert told == [f"{plan.patient.initials}, file {plan.patient.file_label}: arrived."]
