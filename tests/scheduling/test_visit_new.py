"""Booking one visit: what may be booked, when, for someone who is here, and afterwards; refusals beside fields."""

import re
import uuid
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import AccessLog, Clinician, Operation, Role, Room, RoomKind
from patients.models import Patient
from scheduling.models import Appointment, VisitType, WeeklyHours
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take
from treatments.models import SessionState, TreatmentPlan

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
QUERIES = 12
BOOKING_QUERIES = 20
REFUSED_QUERIES = 14
"""Session and user, patient, clinic, clinicians, kinds of visit, courses, the log of readings, one look at the book."""


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(MONDAY + timedelta(minutes=10), tick=False):
        yield


@pytest.fixture
def desk(client: Client, book: dict[str, object]) -> Client:
    client.force_login(factory.make_user(Role.FRONT_DESK, last_active_at=MONDAY), BACKEND)
    return client


@pytest.fixture
def types(rooms: list[Room]) -> None:
    kind = RoomKind.objects.get()
    VisitType.objects.create(kind="consultation", minutes=30, turnover_minutes=5, room_kind=kind)
    VisitType.objects.create(kind="review", minutes=20, room_kind=kind)


@pytest.fixture
def patient(types: None) -> Patient:
    return factory.make_patient(first_name="Joanne", last_name="Tizzard")


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode()))


def said(response: Any) -> str:
    return [str(message) for message in get_messages(response.wsgi_request)][-1]


def address(patient: Patient, **query: str) -> str:
    path = reverse("visit_new", args=[patient.public_id])
    return f"{path}?{'&'.join(f'{name}={value}' for name, value in query.items())}"


def book_at(client: Client, where: str, **data: Any) -> Any:
    return client.post(where, {"operation": str(uuid.uuid4()), **data})


def typed(day: str, wall: str, clinician: Clinician, **more: str) -> dict[str, Any]:
    return {"day": day, "time": wall, "clinician": clinician.pk, **more}


def test_the_page_offers_each_kind_and_each_open_course_with_its_length(
    desk: Client, types: None, plan: TreatmentPlan
) -> None:
    factory.make_plan(plan.patient, status="paused")
    page = words(desk.get(address(plan.patient)))
    for part in (
        "Consultation 30 min",
        "Review 20 min",
        "Session of Cellulite reduction 10 to book",
        "Born 2 September",
    ):
        assert part in page
    assert page.count("Session of") == 1
    assert AccessLog.objects.filter(page="visit").count() == 1


def test_free_times_stand_by_day_and_one_press_books(desk: Client, patient: Patient, moira: Clinician) -> None:
    page = desk.get(address(patient, what="review", start_on="2026-12-01"))
    day = page.context["booking"].days[0]
    assert (day.day, page.context["choices"]["minutes"].value()) == (date(2026, 12, 1), 20)
    token = dict(day.people)["Moira"][0].token
    answer = book_at(desk, address(patient, what="review"), to=token)
    assert answer.url == reverse("patient_page", args=[patient.public_id])
    visit = Appointment.objects.get()
    assert (visit.kind, visit.minutes, visit.clinician) == ("review", 20, moira)
    assert said(answer) == (
        "Booked for Joanne Tizzard: Review, Tue 1 Dec, 09:15. The patient hears of it in 3 minutes."
    )
    desk.post(reverse("operation_undo", args=[Operation.objects.get().pk]), {"operation": str(uuid.uuid4())})
    visit.refresh_from_db()
    assert visit.status == "undone"


def test_minutes_may_be_its_own_and_are_forgotten_with_another_kind(
    desk: Client, patient: Patient, moira: Clinician
) -> None:
    long = address(patient, what="consultation", minutes="45", minutes_of="consultation")
    assert "45 min" in words(desk.get(long))
    book_at(desk, long, **typed("2026-12-01", "10:00", moira))
    assert Appointment.objects.get().minutes == 45
    other = desk.get(address(patient, what="review", minutes="45", minutes_of="consultation"))
    assert other.context["choices"]["minutes"].value() == 20
    wrong = address(patient, what="consultation", minutes="999", minutes_of="consultation")
    assert "Enter 5 to 240 minutes." in words(desk.get(wrong))
    refused = book_at(desk, wrong, **typed("2026-12-01", "14:00", moira))
    assert "Mend what is marked above first." in words(refused)
    assert Appointment.objects.count() == 1


def test_someone_who_walked_in_takes_the_quarter_hour_just_begun(
    desk: Client, patient: Patient, moira: Clinician
) -> None:
    here = desk.get(address(patient)).context["booking"].here
    assert [(who, time.clock) for who, time in here] == [("Moira", "09:00"), ("Dr. Sandhu", "09:00")]
    answer = book_at(desk, address(patient), to=here[0][1].token)
    assert answer.url == "/day/2026-11-23/"
    assert said(answer) == "Booked for Joanne Tizzard: Consultation, Mon 23 Nov, 09:00."
    visit = Appointment.objects.get()
    assert (visit.starts_at, visit.entry_reason) == (factory.at(TODAY, "09:00"), "")


def test_when_nobody_can_take_her_now_the_page_says_why(
    desk: Client, patient: Patient, moira: Clinician, rooms: list[Room]
) -> None:
    take(moira, rooms[0], TODAY, "08:30", 60, patient=factory.make_patient(first_name="Ann", last_name="Young"))
    page = words(desk.get(address(patient, who=str(moira.pk))))
    assert "Not now: Moira is with Ann Young until 09:30." in page
    assert "Here now" in page


def test_cream_goes_before_a_session_of_someone_who_is_here_now(desk: Client, types: None, plan: TreatmentPlan) -> None:
    TreatmentPlan.objects.filter(pk=plan.pk).update(numbing_minutes=30)
    page = desk.get(address(plan.patient, what=f"plan-{plan.public_id}"))
    assert {time.clock for _who, time in page.context["booking"].here} == {"09:30"}
    assert "45 min, and 30 min before it for the cream" in words(page)


def test_todays_past_needs_no_reason_and_an_older_day_does(desk: Client, patient: Patient, moira: Clinician) -> None:
    assert book_at(desk, address(patient), **typed("2026-11-23", "08:00", moira)).status_code == 302
    refused = book_at(desk, address(patient), **typed("2026-11-20", "08:30", moira))
    assert refused.status_code == 400
    assert "This day has passed. Nothing was saved. Write why" in str(refused.context["form"]["reason"].errors)
    page = refused.content.decode()
    assert 'value="2026-11-20"' in page
    assert 'value="08:30"' in page
    done = book_at(desk, address(patient), **typed("2026-11-20", "08:30", moira, reason="the computer was down"))
    assert done.url == reverse("patient_page", args=[patient.public_id])
    assert Appointment.objects.earliest("starts_at").entry_reason == "the computer was down"
    far = book_at(desk, address(patient), **typed("2020-11-20", "08:30", moira))
    assert "within two years of today" in words(far)


def test_a_taken_time_is_told_beside_the_time_and_what_was_typed_stays(
    desk: Client, patient: Patient, moira: Clinician, rooms: list[Room]
) -> None:
    token = dict(desk.get(address(patient, start_on="2026-12-01")).context["booking"].days[0].people)["Moira"][0].token
    take(moira, rooms[0], date(2026, 12, 1), "09:00", 30, patient=factory.make_patient(first_name="Ann", last_name="Y"))
    refused = book_at(desk, address(patient), to=token)
    assert "Moira is with Ann Y until 09:30. Nothing was saved." in str(refused.context["form"]["time"].errors)
    assert 'value="09:15"' in refused.content.decode()
    assert Operation.objects.count() == 0


def test_a_taken_time_shows_the_times_nearest_to_it_and_the_way_to_all(
    desk: Client, patient: Patient, moira: Clinician, rooms: list[Room]
) -> None:
    page = address(patient, what="consultation")
    take(moira, rooms[0], date(2026, 12, 8), "09:00", 30, patient=factory.make_patient(first_name="Ann", last_name="Y"))
    refused = book_at(desk, page, **typed("2026-12-08", "09:00", moira))
    (day,) = refused.context["booking"].days
    assert day.day == date(2026, 12, 8)
    times = {who: [time.clock for time in times] for who, times in day.people}
    assert times["Moira"] == ["08:15", "08:30", "09:30", "09:45"]
    assert "09:00" in times["Dr. Sandhu"], "whoever else is free then stands there too"
    assert "All free times" in words(refused)
    assert "Here now" not in words(refused)
    assert book_at(desk, page, to=day.people[0][1][0].token).status_code == 302
    assert "Here now" in words(desk.get(page)), "the way to all of them is the page's own address"


def test_a_day_without_any_free_time_near_it_shows_all_that_is_free(
    desk: Client, patient: Patient, moira: Clinician, rooms: list[Room]
) -> None:
    WeeklyHours.objects.all().delete()
    refused = book_at(desk, address(patient, what="consultation"), **typed("2026-12-08", "09:00", moira))
    assert "Nothing is free in the two weeks from that day." in words(refused)


def test_a_refusal_asks_a_fixed_number_of_questions(
    desk: Client, patient: Patient, moira: Clinician, rooms: list[Room]
) -> None:
    take(moira, rooms[0], date(2026, 12, 8), "09:00", 30)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as caught:
            book_at(desk, address(patient, what="consultation"), **typed("2026-12-08", "09:00", moira))
        counts.append(sum("SAVEPOINT" not in query["sql"] for query in caught))
    assert counts[1] == REFUSED_QUERIES, counts


def test_one_session_is_booked_its_number_follows_and_the_desk_hears_of_it(
    desk: Client, types: None, plan: TreatmentPlan, moira: Clinician
) -> None:
    where = address(plan.patient, what=f"plan-{plan.public_id}")
    book_at(desk, where, **typed("2026-12-08", "10:00", moira))
    page = desk.get(where)
    assert page.context["choices"]["start_on"].value() == date(2026, 12, 15)
    assert page.context["booking"].days[0].gap == 7
    answer = book_at(desk, where, **typed("2026-12-01", "10:00", moira))
    assert said(answer).endswith("The later visit moves down: session 2 is now Tue 8 Dec.")
    assert "Session 1 of 10, Tue 1 Dec, 10:00" in said(answer)


def test_a_session_too_late_asks_why_and_one_too_early_is_a_clinicians(
    client: Client, desk: Client, types: None, plan: TreatmentPlan, moira: Clinician
) -> None:
    where = address(plan.patient, what=f"plan-{plan.public_id}")
    book_at(desk, where, **typed("2026-12-01", "10:00", moira))
    late = book_at(desk, where, **typed("2026-12-22", "10:00", moira))
    assert "21 days since the session before, at most 14" in str(late.context["form"]["reason"].errors)
    early = book_at(desk, where, **typed("2026-12-03", "10:00", moira, reason="she travels"))
    assert "only a clinician may overrule" in str(early.context["form"]["day"].errors)
    client.force_login(moira.user, BACKEND)
    unsaid = book_at(client, where, **typed("2026-12-03", "10:00", moira))
    assert unsaid.context["form"]["reason"].errors
    assert book_at(client, where, **typed("2026-12-03", "10:00", moira, reason="she travels")).status_code == 302
    assert Appointment.objects.get(wall_date=date(2026, 12, 3)).early_reason == "she travels"


def test_a_course_without_open_sessions_is_not_offered(desk: Client, types: None, plan: TreatmentPlan) -> None:
    plan.sessions.update(state=SessionState.COMPLETED)
    page = words(desk.get(address(plan.patient, what=f"plan-{plan.public_id}")))
    assert "Session of" not in page
    assert "This can no longer be booked. Choose another visit." in page
    assert "Free times" not in page


def test_a_clinic_without_kinds_of_visit_is_told_who_makes_them(desk: Client, plan: TreatmentPlan) -> None:
    page = words(desk.get(address(factory.make_patient())))
    assert "Consultations and reviews cannot be booked yet" in page
    assert "The owner does that in the settings" in page
    assert "Free times" not in page
    both = words(desk.get(address(plan.patient)))
    assert "Session of Cellulite reduction" in both
    desk.force_login(factory.make_user(Role.FRONT_DESK, Role.OWNER), BACKEND)
    assert reverse("visit_types") in desk.get(address(plan.patient)).content.decode()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"start_on": "soon"}, "Enter a day such as"),
        ({"start_on": "2020-01-01"}, "Enter a day from today on"),
        ({"who": "99999"}, "takes no visits now"),
        ({"around": "25:99"}, "Choose a time such as 14:00."),
        ({"what": "massage"}, "can no longer be booked"),
    ],
)
def test_a_choice_that_cannot_be_read_says_so_and_the_page_stands(
    desk: Client, patient: Patient, query: dict[str, str], sentence: str
) -> None:
    page = desk.get(address(patient, **query))
    assert page.status_code == 200
    assert sentence in words(page)


@pytest.mark.parametrize("data", [{}, {"to": "nonsense"}, {"day": "soon", "time": "x"}, {"operation": ""}])
def test_a_time_that_cannot_be_read_books_nothing(desk: Client, patient: Patient, data: dict[str, str]) -> None:
    assert book_at(desk, address(patient), **data).status_code == 400
    assert not Appointment.objects.exists()


def test_a_double_press_books_once(desk: Client, patient: Patient, moira: Clinician) -> None:
    key = str(uuid.uuid4())
    data = {"operation": key, **typed("2026-12-01", "10:00", moira)}
    first, second = (desk.post(address(patient), data) for _ in range(2))
    assert first.url == second.url
    assert Appointment.objects.count() == 1
    other = desk.post(address(patient), data | {"time": "11:00"})
    assert "This button was used before" in words(other)


def test_nothing_is_booked_for_a_file_that_is_put_away(desk: Client, patient: Patient) -> None:
    Patient.objects.filter(pk=patient.pk).update(archived_at=datetime.fromisoformat("2026-11-01T00:00+00:00"))
    answer = desk.get(address(patient))
    assert answer.url == reverse("patient_page", args=[patient.public_id])
    assert "This file is archived." in said(answer)


def test_the_number_of_queries_does_not_grow(
    desk: Client, patient: Patient, moira: Clinician, rooms: list[Room]
) -> None:
    counts = []
    for at in range(3):
        with CaptureQueriesContext(connection) as caught:
            assert desk.get(address(patient)).status_code == 200
        counts.append(len(caught))
        for n in range(8):
            take(moira, rooms[0], date(2026, 11, 24 + at), f"{9 + n:02d}:00", 30)
    assert counts[1:] == [QUERIES] * 2, counts  # the first one notes the activity


def test_booking_asks_a_fixed_number_of_questions(desk: Client, patient: Patient, moira: Clinician) -> None:
    """Each is a round trip under locks that others may wait for. Savepoints are the test's own transaction."""
    counts = []
    for wall in ("09:00", "10:00"):
        with CaptureQueriesContext(connection) as caught:
            book_at(desk, address(patient, what="consultation"), **typed("2026-12-08", wall, moira))
        counts.append(sum("SAVEPOINT" not in query["sql"] for query in caught))
    assert Appointment.objects.count() == 2
    assert counts[1] == BOOKING_QUERIES, counts


@pytest.mark.parametrize(
    ("day", "wall", "why"),
    [
        ("2027-03-14", "02:30", "The clocks skip 02:30 on 2027-03-14. Choose another time. Nothing was saved."),
        ("2027-11-07", "01:30", "The clocks show 01:30 twice on 2027-11-07. Choose another time. Nothing was saved."),
    ],
)
def test_a_time_that_the_clocks_skip_or_show_twice_is_asked_anew(
    desk: Client, patient: Patient, moira: Clinician, day: str, wall: str, why: str
) -> None:
    answer = book_at(desk, address(patient, what="consultation"), **typed(day, wall, moira))
    assert why in words(answer)
    assert not Appointment.objects.exists()
