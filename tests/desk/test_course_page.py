"""The page of a course: all that the plan says, every visit a session had, the acts, each refusal, the history."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from clinic.models import AccessLog, Clinician, Operation, Role, Room
from scheduling.models import Appointment
from tests import factory
from tests.scheduling.helpers import take
from treatments.models import Area, PlanStatus, Session, SessionState, Side, TreatmentPlan

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
DONE = 3


@pytest.fixture
def moira(clinic: object) -> Clinician:
    return factory.make_clinician("Moira Hynes")


@pytest.fixture
def room() -> Room:
    return factory.make_room()


@pytest.fixture
def plan(moira: Clinician, room: Room, client: Client) -> TreatmentPlan:
    """Ten sessions: three held, one after it had been missed; three booked ahead; four to book."""
    client.force_login(factory.make_user(Role.FRONT_DESK, name="Dana Rideout"), BACKEND)
    patient = factory.make_patient(first_name="Devika", last_name="Rao")
    plan = factory.make_plan(patient, clinician=moira, size="l", complexity="low", usual_weekdays=[1, 3])
    today = factory.local_day(factory.now())
    for number in range(1, 7):
        status = "completed" if number <= DONE else "booked"
        day = today + timedelta(weeks=number - DONE) - timedelta(days=1 if number <= DONE else 0)
        state = SessionState.COMPLETED if number <= DONE else SessionState.BOOKED
        Session.objects.filter(plan=plan, number=number).update(state=state)
        session = plan.sessions.get(number=number)
        take(moira, room, day, "14:00", 45, patient=patient, session=session, status=status)
    missed = plan.sessions.get(number=3)
    day = today - timedelta(days=4)
    take(moira, room, day, "09:00", 45, patient=patient, session=missed, status="no_show")
    return plan


def page_of(client: Client, plan: TreatmentPlan) -> str:
    return client.get(reverse("course", args=[plan.public_id])).content.decode()


def press(client: Client, plan: TreatmentPlan, act: str, **sent: Any) -> str:
    """Press a button of the page and return what was told."""
    sent.setdefault("operation", str(uuid.uuid4()))
    answer = client.post(reverse(f"course_{act}", args=[plan.public_id]), sent)
    assert answer.url == reverse("course", args=[plan.public_id])  # type: ignore[attr-defined]
    plan.refresh_from_db()
    return str(list(get_messages(answer.wsgi_request))[-1])


def undo_last(client: Client) -> None:
    done = Operation.objects.latest("at")
    client.post(reverse("operation_undo", args=[done.pk]), {"operation": str(uuid.uuid4())})


def test_it_shows_the_plan_whole(plan: TreatmentPlan, client: Client) -> None:
    page = page_of(client, plan)
    for words in ("large size, low complexity", "4 to 15 fit", "7 to 14 days", "45 min", "Moira Hynes"):
        assert words in page
    assert "Tuesday, Thursday" in page
    assert "Book the rest, 4" in page
    assert reverse("series_planner", args=[plan.public_id]) in page


def test_a_missed_visit_stands_under_the_session_that_it_was_for(plan: TreatmentPlan, client: Client) -> None:
    sittings = client.get(reverse("course", args=[plan.public_id])).context["sittings"]
    assert [len(sitting.former) for sitting in sittings] == [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    assert sittings[2].former[0].status == "no_show"
    assert "No-show" in page_of(client, plan)


def test_limits_beyond_the_usual_show_their_reasons(plan: TreatmentPlan, client: Client) -> None:
    TreatmentPlan.objects.filter(pk=plan.pk).update(
        session_count=17,
        many_sessions_reason="Slow to answer",
        interval_max=28,
        long_gap_reason="Lives in Labrador",
        minor_reason="Her mother agrees",
    )
    page = page_of(client, plan)
    for words in ("More than 15: Slow to answer", "More than 14: Lives in Labrador", "Her mother agrees"):
        assert words in page


def test_another_open_course_on_the_same_place_is_shown(plan: TreatmentPlan, client: Client) -> None:
    assert "Another course" not in page_of(client, plan)
    thigh = Area.objects.get(key="thigh")
    factory.make_plan(plan.patient, name="Scars", areas=[(thigh, Side.RIGHT)])
    assert "Another course" not in page_of(client, plan)
    other = factory.make_plan(plan.patient, name="Stretch marks", areas=[(thigh, Side.LEFT)])
    page = page_of(client, plan)
    assert "Another course treats the same place" in page
    assert reverse("course", args=[other.public_id]) in page
    assert "Stretch marks</a>: thigh left" in page


def test_the_patient_page_leads_to_it(plan: TreatmentPlan, client: Client) -> None:
    page = client.get(reverse("patient_page", args=[plan.patient.public_id])).content.decode()
    assert reverse("course", args=[plan.public_id]) in page
    press(client, plan, "pause", reason="Travels", visits="keep")
    page = client.get(reverse("patient_page", args=[plan.patient.public_id])).content.decode()
    assert "Paused: Travels" in page
    assert "Book all 4" not in page


def test_a_pause_releases_and_its_undo_brings_all_back(plan: TreatmentPlan, client: Client) -> None:
    said = press(client, plan, "pause", reason="Travels until March", visits="release")
    assert said == ("Cellulite reduction is paused. 3 visits were cancelled. The patient hears of it in 3 minutes.")
    assert plan.status == PlanStatus.PAUSED
    page = page_of(client, plan)
    assert "Paused: Travels until March. Nothing is booked until it is resumed." in page
    assert "Resume" in page
    assert "Book the rest" not in page
    undo_last(client)
    plan.refresh_from_db()
    assert plan.status == PlanStatus.ACTIVE
    assert Appointment.objects.filter(status="booked").count() == 3


@pytest.mark.parametrize(("act", "sent"), [("stop", {}), ("pause", {"visits": "release"})])
def test_who_cancels_is_asked_and_stands_on_each_visit(
    act: str, sent: dict[str, str], plan: TreatmentPlan, client: Client
) -> None:
    page = page_of(client, plan)
    assert f'id="{act}-by-patient"\n             checked' in page
    assert f'id="{act}-by-clinic"' in page
    press(client, plan, act, reason="The clinic closes", by="clinic", **sent)
    released = Appointment.objects.filter(status="cancelled")
    assert set(released.values_list("cancelled_by", flat=True)) == {"clinic"}
    assert ("3 visits cancelled", "by the clinic · The clinic closes · Dana Rideout") in told(client, plan)
    undo_last(client)
    assert set(Appointment.objects.values_list("cancelled_by", flat=True)) == {""}


def test_without_visits_ahead_nobody_is_asked_who_cancels(plan: TreatmentPlan, client: Client) -> None:
    Appointment.objects.filter(status="booked").delete()
    assert "Who cancels" not in page_of(client, plan)


def test_it_is_resumed_with_one_button(plan: TreatmentPlan, client: Client) -> None:
    press(client, plan, "pause", reason="Travels", visits="keep")
    assert press(client, plan, "resume") == "Cellulite reduction is under way again."
    assert plan.status == PlanStatus.ACTIVE


def test_a_stop_shows_what_was_dropped_and_offers_nothing_more(plan: TreatmentPlan, client: Client) -> None:
    plan.patient.email = ""
    plan.patient.save(update_fields=["email"])
    said = press(client, plan, "stop", reason="Moves to Halifax")
    assert said == ("Cellulite reduction was stopped. 3 visits were cancelled. Call the patient: there is no e-mail.")
    answer = client.get(reverse("course", args=[plan.public_id]))
    page = answer.content.decode()
    assert "Stopped: Moves to Halifax" in page
    assert "Change the course" not in page
    assert [sitting.is_dropped for sitting in answer.context["sittings"]] == [False] * 3 + [True] * 7
    assert [len(sitting.former) for sitting in answer.context["sittings"]][3:6] == [1, 1, 1]
    assert press(client, plan, "pause", reason="x", visits="keep").startswith("This course was stopped already.")


def test_sessions_are_added_and_dropped(plan: TreatmentPlan, client: Client) -> None:
    assert press(client, plan, "add", count="2") == "2 sessions added: the course has 12 now."
    assert press(client, plan, "drop", count="1") == "1 session dropped: the course has 11 now."
    assert plan.session_count == 11


@pytest.mark.parametrize(
    ("act", "sent", "said"),
    [
        ("pause", {"visits": "keep"}, "Say why. Nothing was saved."),
        ("pause", {"reason": "x"}, "Say what becomes of the visits ahead. Nothing was saved."),
        ("pause", {"reason": "x", "visits": "burn"}, "Say what becomes of the visits ahead. Nothing was saved."),
        ("pause", {"reason": "x" * 201, "visits": "keep"}, "The reason is too long: 200 letters at most."),
        ("stop", {}, "Say why. Nothing was saved."),
        ("stop", {"reason": "x", "by": "weather"}, "Choose who cancels. Nothing was saved."),
        ("resume", {}, "This course is under way now. Nothing was saved. Look at it again."),
        ("add", {"count": "many"}, "Enter a number of sessions, such as 2. Nothing was saved."),
        ("add", {"count": "0"}, "Enter 1 or more. Nothing was saved."),
        ("add", {"count": "31"}, "Enter 30 at most. Nothing was saved."),
        ("add", {"count": "9"}, "19 is more than the 15 of a course. Nothing was saved. Say why it takes more."),
        ("drop", {"count": "5"}, "Only 4 sessions have no visit. Nothing was saved."),
        ("drop", {"count": "1", "operation": "nonsense"}, "This button was not complete. Nothing was saved."),
    ],
)
def test_each_refusal_says_what_to_do_and_changes_nothing(
    act: str, sent: dict[str, str], said: str, plan: TreatmentPlan, client: Client
) -> None:
    version = plan.version
    assert press(client, plan, act, **sent).startswith(said)
    assert (plan.version, plan.status, plan.session_count) == (version, PlanStatus.ACTIVE, 10)


def told(client: Client, plan: TreatmentPlan) -> list[tuple[str, str]]:
    happened = client.get(reverse("course", args=[plan.public_id])).context["happened"]
    return [(one.text, one.detail) for _day, ones in happened for one in ones]


def test_what_happened_says_who_when_and_what(plan: TreatmentPlan, client: Client) -> None:
    press(client, plan, "add", count="7", reason="Slow to answer")
    press(client, plan, "drop", count="2")
    press(client, plan, "pause", reason="Travels", visits="release")
    press(client, plan, "resume")
    press(client, plan, "stop", reason="Moves away")
    undo_last(client)
    lines = told(client, plan)
    assert ("7 sessions added", "17 now · Slow to answer · Dana Rideout") in lines
    assert ("2 sessions dropped", "15 now · Dana Rideout") in lines
    assert ("Course paused", "Travels · Dana Rideout") in lines
    assert ("3 visits cancelled", "Travels · Dana Rideout") in lines
    assert ("Course resumed", "Dana Rideout") in lines
    assert ("Course stopped", "Moves away · Dana Rideout") in lines
    assert ("The stop was undone", "Dana Rideout") in lines
    assert ("Course planned: Cellulite reduction", "10 sessions") in lines
    assert any(text.startswith("Did not come") for text, _detail in lines)


def test_an_undo_is_told_as_one_and_not_as_the_opposite_act(plan: TreatmentPlan, client: Client) -> None:
    press(client, plan, "pause", reason="Travels", visits="release")
    undo_last(client)
    press(client, plan, "add", count="2")
    undo_last(client)
    press(client, plan, "drop", count="1")
    undo_last(client)
    press(client, plan, "pause", reason="Is ill", visits="keep")
    press(client, plan, "resume")
    undo_last(client)
    press(client, plan, "stop", reason="Moves away")
    undo_last(client)
    lines = told(client, plan)
    assert ("The pause was undone", "Dana Rideout") in lines
    assert ("2 added sessions were undone", "10 now · Dana Rideout") in lines
    assert ("1 dropped session is back", "10 now · Dana Rideout") in lines
    assert ("The resuming was undone: paused again", "Is ill · Dana Rideout") in lines
    assert ("The stop was undone: paused again", "Is ill · Dana Rideout") in lines
    assert [text for text, _detail in lines].count("Course resumed") == 1


def test_an_owner_looks_and_a_clinician_acts(plan: TreatmentPlan, client: Client) -> None:
    client.force_login(factory.make_user(Role.OWNER), BACKEND)
    page = page_of(client, plan)
    assert "Change the course" not in page
    assert "Book the rest" not in page
    client.force_login(factory.make_user(Role.CLINICIAN), BACKEND)
    assert "Change the course" in page_of(client, plan)


def test_opening_it_is_written_down(plan: TreatmentPlan, client: Client) -> None:
    page_of(client, plan)
    assert AccessLog.objects.get().page == "course"


def test_queries_do_not_grow_with_sessions_visits_or_acts(
    plan: TreatmentPlan, client: Client, moira: Clinician, room: Room, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    press(client, plan, "pause", reason="Travels", visits="keep")
    press(client, plan, "resume")
    with django_assert_num_queries(15):
        page_of(client, plan)
    press(client, plan, "add", count="7", reason="Slow")
    today = factory.local_day(factory.now())
    for week in range(4, 15):
        session = plan.sessions.get(number=week + 3)
        take(moira, room, today + timedelta(weeks=week), "14:00", 45, patient=plan.patient, session=session)
    page_of(client, plan)
    with django_assert_num_queries(15):
        page_of(client, plan)


def test_each_session_that_others_follow_leads_to_moving_the_rest(plan: TreatmentPlan, client: Client) -> None:
    page = client.get(reverse("course", args=[plan.public_id]))
    ahead = [one for one in page.context["sittings"] if one.line.visit and one.line.visit.is_ahead]
    assert [one.has_later for one in ahead] == [True] * (len(ahead) - 1) + [False]
    links = [f"{reverse('appointment_move', args=[one.line.visit.public_id])}?how=later" for one in ahead]
    assert [link in page.content.decode() for link in links] == [one.has_later for one in ahead]
