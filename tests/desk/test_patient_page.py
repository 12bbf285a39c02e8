"""The patient page: who, when next, how the courses stand, what happened, and who looked."""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from clinic.desk.courses import course_view, next_visit, places_words
from clinic.models import AccessLog, Clinic, Clinician, Role, Room, User
from patients.models import Message, MessageState, Patient
from scheduling.models import Appointment
from scheduling.services.appointments import cancel_appointment, complete_appointment
from tests import factory
from tests.factory import ST_JOHNS
from treatments.models import Area, PlanStatus, Session, SessionState, Side, TreatmentPlan

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
TUESDAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)


@pytest.fixture
def at_noon(clinic: Clinic) -> object:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def desk(at_noon: object, client: Client) -> User:
    user = factory.make_user(Role.FRONT_DESK, name="Dana Rideout")
    client.force_login(user, BACKEND)
    return user


Visit = Callable[..., Appointment]


@pytest.fixture
def visit(at_noon: object) -> Visit:
    """Make a visit of a session on a local day; a completed one leaves its session completed."""
    moira, room = factory.make_clinician(), factory.make_room()

    def make(plan: TreatmentPlan, number: int, day: date, wall: str = "13:45", status: str = "booked") -> Appointment:
        return make_visit(plan, number, factory.at(day, wall), status, moira, room)

    return make


def make_visit(
    plan: TreatmentPlan, number: int, starts: datetime, status: str, clinician: Clinician, room: Room
) -> Appointment:
    session = Session.objects.get(plan=plan, number=number)
    state = SessionState.COMPLETED if status == "completed" else SessionState.BOOKED
    Session.objects.filter(pk=session.pk).update(state=state)
    return Appointment.objects.create(
        patient=plan.patient,
        session=session,
        clinician=clinician,
        room=room,
        arrives_at=starts - timedelta(minutes=30),
        starts_at=starts,
        ends_at=starts + timedelta(minutes=45),
        frees_at=starts + timedelta(minutes=55),
        wall_date=starts.date(),
        wall_time=starts.time(),
        wall_zone="America/St_Johns",
        status=status,
    )


def page_of(client: Client, patient: Patient) -> str:
    return client.get(reverse("patient_page", args=[patient.public_id])).content.decode()


def test_the_head_says_who_this_is_and_how_to_reach_them(desk: User, client: Client) -> None:
    patient = factory.make_patient(
        first_name="Marguerite",
        last_name="Penney",
        preferred_name="Maggie",
        birth_date=date(1974, 5, 8),
        phone="+17095550118",
        email="m.penney@example.ca",
    )
    page = page_of(client, patient)
    for words in ("Maggie Penney", "Born 8 May 1974 (52)", "709-555-0118", "tel:+17095550118", "prefers e-mail"):
        assert words in page
    assert "legally Marguerite Penney" in page


def test_the_next_visit_stands_on_top_with_its_arrival_and_acts(desk: User, client: Client, visit: Visit) -> None:
    plan = factory.make_plan()
    visit(plan, 1, TUESDAY - timedelta(days=7), status="completed")
    coming = visit(plan, 2, TUESDAY + timedelta(days=1))
    page = page_of(client, plan.patient)
    assert "Next visit, tomorrow" in page
    assert "Wed 25 Nov, 13:45" in page
    assert "Arrive 13:15 for the cream" in page
    assert reverse("appointment_move", args=[coming.public_id]) in page
    assert reverse("appointment_cancel", args=[coming.public_id]) in page


def test_a_course_shows_what_is_done_and_what_is_to_book(desk: User, client: Client, visit: Visit) -> None:
    plan = factory.make_plan(session_count=4)
    visit(plan, 1, TUESDAY - timedelta(days=14), status="completed")
    visit(plan, 2, TUESDAY - timedelta(days=7), status="completed")
    visit(plan, 3, TUESDAY + timedelta(days=1))
    page = page_of(client, plan.patient)
    assert "of 4 done" in page
    assert [page.count(f"tr-{node}") for node in ("done", "next", "booked", "open")] == [2, 1, 0, 1]
    assert "Session 4 is to book" in page
    assert page.count(reverse("series_planner", args=[plan.public_id])) == 3  # here, the Book button and its menu


def test_the_book_button_asks_for_a_treatment_when_nothing_is_to_book(desk: User, client: Client) -> None:
    patient = factory.make_patient()
    page = page_of(client, patient)
    assert f'href="{reverse("plan_new", args=[patient.public_id])}"' in page
    assert "No course is under way" in page


def test_gaps_count_local_days_across_the_end_of_daylight_saving(visit: Visit) -> None:
    plan = factory.make_plan()
    visits = [visit(plan, 1, date(2026, 10, 27)), visit(plan, 2, date(2026, 11, 3)), visit(plan, 3, date(2026, 11, 20))]
    view = course_view(plan, visits, None, ST_JOHNS)
    assert [(line.gap, line.off) for line in view.lines[:4]] == [(None, False), (7, False), (17, True), (None, False)]
    assert view.to_book == list(range(4, 11))


def test_yesterdays_unsettled_visit_is_not_the_next(visit: Visit) -> None:
    plan = factory.make_plan()
    yesterday, coming = visit(plan, 1, TUESDAY - timedelta(days=1)), visit(plan, 2, TUESDAY + timedelta(days=6))
    assert next_visit([coming, yesterday], NOW, ST_JOHNS) == coming


def test_a_visit_of_earlier_today_is_still_the_next(visit: Visit) -> None:
    this_morning = visit(factory.make_plan(), 1, TUESDAY, "09:00")
    assert next_visit([this_morning], NOW, ST_JOHNS) == this_morning


def test_places_are_named_with_their_sides() -> None:
    thigh = Area.objects.create(key="thigh", name="Thigh", position=2)
    face = Area.objects.create(key="face", name="Face", sided=False, position=1)
    plan = factory.make_plan(areas=[(thigh, Side.LEFT), (thigh, Side.RIGHT), (face, Side.MIDLINE)])
    assert places_words(plan) == "Face, Thigh left + right"


def test_a_finished_course_is_one_line(desk: User, client: Client, visit: Visit) -> None:
    plan = factory.make_plan(session_count=4, status=PlanStatus.FINISHED, name="Hand and neck revitalisation")
    for number in range(1, 5):
        visit(plan, number, date(2025, 4, 15) + timedelta(days=7 * (number - 1)), status="completed")
    page = page_of(client, plan.patient)
    assert "4 of 4, finished 6 May 2025" in page
    assert "No course is under way" in page


def test_what_happened_is_told_from_the_history(desk: User, client: Client, visit: Visit) -> None:
    plan = factory.make_plan()
    first = visit(plan, 1, TUESDAY, "09:00")
    second = visit(plan, 2, TUESDAY + timedelta(days=7))
    complete_appointment(key=uuid.uuid4(), appointment_id=first.pk, actor=desk, now=NOW)
    cancel_appointment(key=uuid.uuid4(), appointment_id=second.pk, reason="Is ill", actor=desk, now=NOW)
    Message.objects.filter(patient=plan.patient).update(state=MessageState.WITHDRAWN, settled_at=NOW)
    Message.objects.create(
        patient=plan.patient, kind="reminder", state=MessageState.SENT, due_at=NOW, settled_at=NOW, to_address="d@x.ca"
    )
    page = page_of(client, plan.patient)
    for words in ("2 sessions booked", "Session 1 completed", "Session 2 cancelled", "Is ill", "sent", "Registered"):
        assert words in page
    assert "Course planned: Cellulite reduction" in page


def test_a_booking_that_was_undone_is_told_and_not_drawn(desk: User, client: Client, visit: Visit) -> None:
    plan = factory.make_plan()
    undone = visit(plan, 1, TUESDAY + timedelta(days=7))
    Appointment.objects.filter(pk=undone.pk).update(status="undone")
    Session.objects.filter(plan=plan).update(state=SessionState.PLANNED)
    page = page_of(client, plan.patient)
    assert "Session 1: booking undone" in page
    assert page.count("tr-open") == 10


def test_each_look_is_a_row_that_says_who_and_what(desk: User, client: Client) -> None:
    patient = factory.make_patient()
    page_of(client, patient)
    page_of(client, patient)
    rows = AccessLog.objects.values_list("user", "subject", "page")
    assert list(rows) == [(desk.pk, f"patient:{patient.public_id}", "patient")] * 2


def test_an_owner_reads_and_is_offered_no_act(at_noon: object, client: Client, visit: Visit) -> None:
    plan = factory.make_plan()
    visit(plan, 1, TUESDAY + timedelta(days=1))
    client.force_login(factory.make_user(Role.OWNER), BACKEND)
    page = page_of(client, plan.patient)
    assert "Next visit, tomorrow" in page
    for word in (">Move", ">Cancel", 'data-key="m"', 'data-key="b"', "to book, from"):
        assert (word in page) == (word == "to book, from")


def test_nobody_has_another_address(desk: User, client: Client) -> None:
    assert client.get(reverse("patient_page", args=[uuid.uuid4()])).status_code == 404


def test_queries_do_not_grow_with_plans_and_visits(
    desk: User, client: Client, visit: Visit, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    patient = factory.make_patient()
    for month in range(3):
        plan = factory.make_plan(patient)
        for number in range(1, 4):
            visit(plan, number, TUESDAY + timedelta(days=30 * month + 7 * number))
    page_of(client, patient)
    with django_assert_num_queries(17):
        page_of(client, patient)
