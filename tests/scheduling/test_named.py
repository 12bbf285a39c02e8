"""Restricted areas: only those who are named are proposed, offered and booked; what was booked before stays."""

import uuid
from datetime import date, time
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.lib.reading import reading_once
from clinic.models import Clinician, Role, Room
from scheduling.models import Appointment
from scheduling.planning import planner
from scheduling.planning.loading import load
from scheduling.planning.single import Wanted, choices_on, free_times
from scheduling.planning.types import Mark, SeriesRefused, Slot
from scheduling.services.appointments import cancel_appointment, move_appointment, restore_appointment
from scheduling.services.errors import NotNamed
from scheduling.services.locks import lock_book
from scheduling.services.moves import Move, move_series, swap_appointments
from scheduling.services.series import book_series
from scheduling.services.single import book_visit
from scheduling.services.undo import undo_operation
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import choose, take
from treatments.models import Area, PlanArea, Side, TreatmentPlan
from treatments.named import Staff, clinicians_for

LOAD_QUERIES = 5
"""The clinic, who works there, whom the places ask for, all small facts, and free time."""
pytestmark = pytest.mark.django_db
DAY = date(2026, 12, 1)
MOIRA_DOES_NOT = "Moira does not treat eyelids; Dr. Anika Sandhu does"


def restrict(plan: TreatmentPlan, *named: Clinician, name: str = "Eyelids") -> Area:
    """Let a plan treat one more area, which only these clinicians treat."""
    area = Area.objects.create(key=name.lower(), name=name, restricted=True)
    area.clinicians.set(named)
    PlanArea.objects.create(plan=plan, area=area, side=Side.LEFT)
    PlanArea.objects.create(plan=plan, area=area, side=Side.RIGHT)
    return area


@pytest.fixture
def eyelids(plan: TreatmentPlan, anika: Clinician) -> Area:
    return restrict(plan, anika)


def test_a_plan_of_open_areas_is_treated_by_everybody(plan: TreatmentPlan) -> None:
    assert clinicians_for(plan) is None


def test_who_may_treat_is_who_is_named_for_every_restricted_area(
    plan: TreatmentPlan, moira: Clinician, anika: Clinician
) -> None:
    folake = factory.make_clinician("Dr. Folake Adeyemi")
    restrict(plan, anika, folake)
    assert clinicians_for(plan) == {anika.pk, folake.pk}
    restrict(plan, folake, moira, name="Neck")
    assert clinicians_for(plan) == {folake.pk}
    restrict(plan, name="Hand")
    assert clinicians_for(plan) == set()


def test_names_count_only_while_the_area_is_restricted(plan: TreatmentPlan, eyelids: Area) -> None:
    Area.objects.filter(pk=eyelids.pk).update(restricted=False)
    assert clinicians_for(plan) is None


def test_anyone_is_anyone_named(plan: TreatmentPlan, eyelids: Area, anika: Clinician, rooms: list[Room]) -> None:
    take(anika, rooms[0], DAY, "14:00", 45)
    proposal = planner.propose(plan, choose(None), MONDAY)
    assert {slot.clinician_id for slot in proposal.slots} == {anika.pk}
    mended = planner.mend(plan, choose(None), proposal.slots, MONDAY)
    assert (mended.clashes, {slot.clinician_id for slot in mended.slots}) == (0, {anika.pk})
    listed = planner.pick_list(plan, choose(None), mended.slots, 2, MONDAY)
    assert {option.slot.clinician_id for option in listed} == {anika.pk}


def test_a_wished_clinician_who_may_not_is_explained_and_mended(
    plan: TreatmentPlan, eyelids: Area, moira: Clinician, anika: Clinician
) -> None:
    proposal = planner.propose(plan, choose(moira), MONDAY)
    assert {line.findings[0].sentence for line in proposal.lines} == {MOIRA_DOES_NOT}
    assert {line.mark for line in proposal.lines} == {Mark.CLASH}
    assert {option.slot.clinician_id for line in proposal.lines for option in line.options} == {anika.pk}
    mended = planner.mend(plan, choose(moira), proposal.slots, MONDAY)
    assert (mended.clashes, {slot.clinician_id for slot in mended.slots}) == (0, {anika.pk})


def test_two_who_may_are_both_named(plan: TreatmentPlan, moira: Clinician, anika: Clinician) -> None:
    restrict(plan, anika, factory.make_clinician("Dr. Folake Adeyemi"))
    words = planner.propose(plan, choose(moira), MONDAY).lines[0].findings[0].sentence
    assert words == "Moira does not treat eyelids; Dr. Anika Sandhu and Dr. Folake Adeyemi do"


def test_nobody_named_means_that_nobody_may_and_says_who_can_change_it(
    plan: TreatmentPlan, moira: Clinician, anika: Clinician
) -> None:
    restrict(plan)
    for wished in (moira, None):
        line = planner.propose(plan, choose(wished), MONDAY).lines[0]
        said = "Nobody is named for eyelids yet: the owner names clinicians under Catalogue, Areas"
        assert (line.findings[0].sentence, line.options) == (said, ())


def test_somebody_named_who_left_counts_as_nobody(plan: TreatmentPlan, eyelids: Area, anika: Clinician) -> None:
    Clinician.objects.filter(pk=anika.pk).update(is_active=False)
    line = planner.propose(plan, choose(None), MONDAY).lines[0]
    assert line.findings[0].sentence.startswith("Nobody is named for eyelids yet")


def test_no_one_named_for_both_areas_is_said(plan: TreatmentPlan, moira: Clinician, anika: Clinician) -> None:
    restrict(plan, anika)
    restrict(plan, moira, name="Neck")
    line = planner.propose(plan, choose(None), MONDAY).lines[0]
    assert line.findings[0].sentence.startswith("Nobody is named for all of eyelids and neck")


def test_the_series_is_refused_under_the_locks(plan: TreatmentPlan, eyelids: Area, moira: Clinician) -> None:
    slots = [Slot(factory.at(DAY, "14:00"), moira.pk)]
    with pytest.raises(SeriesRefused) as refused:
        book_series(
            key=uuid.uuid4(),
            plan_id=plan.pk,
            choices=choose(moira, count=1),
            slots=slots,
            reasons={},
            actor=None,
            now=MONDAY,
        )
    assert refused.value.proposal.lines[0].findings[0].sentence == MOIRA_DOES_NOT
    assert not Appointment.objects.exists()


def test_the_names_may_change_between_the_proposal_and_the_booking(
    plan: TreatmentPlan, eyelids: Area, anika: Clinician, moira: Clinician
) -> None:
    slots = planner.propose(plan, choose(anika), MONDAY).slots
    eyelids.clinicians.set([moira])
    asked: dict[str, Any] = {"choices": choose(anika), "reasons": {}, "actor": None, "now": MONDAY}
    with pytest.raises(SeriesRefused):
        book_series(key=uuid.uuid4(), plan_id=plan.pk, slots=slots, **asked)


def book_one(plan: TreatmentPlan, clinician: Clinician) -> Any:
    return book_visit(
        key=uuid.uuid4(),
        kind="session",
        patient_id=plan.patient_id,
        plan_id=plan.pk,
        slot=Slot(factory.at(DAY, "10:00"), clinician.pk),
        actor=None,
        now=MONDAY,
    )


def test_a_single_session_is_booked_with_somebody_named_only(
    plan: TreatmentPlan, eyelids: Area, moira: Clinician, anika: Clinician
) -> None:
    with pytest.raises(NotNamed) as refused:
        book_one(plan, moira)
    assert refused.value.sentence == f"{MOIRA_DOES_NOT}. Nothing was saved. Choose another clinician."
    wanted, anyone = Wanted("session", plan.patient, plan), choices_on(DAY, choose(None).around, None)
    assert {option.slot.clinician_id for option in free_times(wanted, anyone, MONDAY)} == {anika.pk}
    book_one(plan, anika)
    assert Appointment.objects.get().clinician == anika


@pytest.fixture
def before(plan: TreatmentPlan, moira: Clinician) -> Appointment:
    """A visit with Moira, booked before the area was restricted."""
    book_one(plan, moira)
    return Appointment.objects.get()


def test_a_booked_visit_stays_and_moves_only_to_somebody_named(
    before: Appointment, eyelids: Area, moira: Clinician, anika: Clinician
) -> None:
    def move(who: Clinician) -> Any:
        slot = Slot(factory.at(DAY, "11:00"), who.pk)
        return move_appointment(key=uuid.uuid4(), appointment_id=before.pk, slot=slot, actor=None, now=MONDAY)

    with pytest.raises(NotNamed, match="Moira does not treat eyelids"):
        move(moira)
    before.refresh_from_db()
    assert (before.clinician, before.status) == (moira, "booked")
    assert {option.slot.clinician_id for option in planner.move_options(before, MONDAY)} == {anika.pk}
    moved = move(anika)
    undo_operation(key=uuid.uuid4(), operation_id=moved.pk, actor=None, now=MONDAY)
    before.refresh_from_db()
    assert before.clinician == moira


def test_a_cancelled_visit_ahead_does_not_come_back_with_somebody_who_no_longer_may(
    before: Appointment, eyelids: Area
) -> None:
    asked: dict[str, Any] = {"appointment_id": before.pk, "reason": "ill", "actor": None, "now": MONDAY}
    cancelled = cancel_appointment(key=uuid.uuid4(), **asked)
    with pytest.raises(NotNamed, match=r"Nothing was saved\. Book a new visit with somebody who does"):
        restore_appointment(key=uuid.uuid4(), **asked)
    undo_operation(key=uuid.uuid4(), operation_id=cancelled.pk, actor=None, now=MONDAY)
    before.refresh_from_db()
    assert before.status == "booked"


def test_a_swap_or_a_moved_series_gives_no_visit_to_somebody_not_named(
    plan: TreatmentPlan, eyelids: Area, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    book_one(plan, anika)
    mine = Appointment.objects.get()
    other = take(moira, rooms[1], DAY, "15:00", 45)
    asked: dict[str, Any] = {"actor": None, "now": MONDAY}
    with pytest.raises(NotNamed, match="Moira does not treat eyelids"):
        swap_appointments(key=uuid.uuid4(), appointment_id=mine.pk, other_id=other.pk, **asked)
    with pytest.raises(NotNamed, match="Moira does not treat eyelids"):
        moves = [Move(mine.pk, Slot(factory.at(DAY, "16:00"), moira.pk))]
        move_series(key=uuid.uuid4(), moves=moves, **asked)
    mine.refresh_from_db()
    assert (mine.clinician, mine.wall_time) == (anika, time(10, 0))


def test_a_consultation_is_open_to_everybody(plan: TreatmentPlan, eyelids: Area, moira: Clinician) -> None:
    visit = take(moira, Room.objects.first(), DAY, "09:00", 30, patient=plan.patient)  # type: ignore[arg-type]
    slot = Slot(factory.at(DAY, "09:30"), moira.pk)
    move_appointment(key=uuid.uuid4(), appointment_id=visit.pk, slot=slot, actor=None, now=MONDAY)


def test_reading_who_may_is_one_question_more_whatever_the_number_of_areas(
    plan: TreatmentPlan, moira: Clinician, anika: Clinician
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as caught:
            load(plan, choose(moira), now=MONDAY)
        return len(caught)

    assert asked() == LOAD_QUERIES
    for name in ("Eyelids", "Neck", "Hand"):
        restrict(plan, anika, name=name)
    assert asked() == LOAD_QUERIES


# --- The screens ---


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(factory.make_user(Role.FRONT_DESK), "allauth.account.auth_backends.AuthenticationBackend")
    return client


def options_of(page: str, name: str) -> str:
    """Return the options of a select, as text."""
    return page.partition(f'name="{name}"')[2].partition("</select>")[0]


def test_the_planner_offers_only_those_who_may_and_says_why(
    desk: Client, plan: TreatmentPlan, eyelids: Area, time_on_monday: None
) -> None:
    page = desk.get(reverse("series_planner", args=[plan.public_id])).content.decode()
    assert MOIRA_DOES_NOT in page
    assert "Moira" not in options_of(page, "who")
    assert "Dr. Sandhu, else anyone" in options_of(page, "who")
    pick = desk.post(reverse("series_lines", args=[plan.public_id]), {"act": "propose"}).content.decode()
    assert "Moira Hynes" not in pick


def test_the_planner_opens_on_a_day_of_those_who_may(
    plan: TreatmentPlan, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    folake = factory.make_clinician("Dr. Folake Adeyemi", works=None)
    factory.give_hours(folake, 5, "09:00", "12:00")
    usual = planner.default_choices(plan, MONDAY)
    assert (usual.clinician_id, usual.weekdays) == (moira.pk, {1})
    restrict(plan, folake)
    choices = planner.default_choices(plan, MONDAY)
    assert (choices.clinician_id, choices.weekdays) == (None, {5})


def test_a_posted_choice_of_somebody_who_may_not_is_told_beside_it(
    desk: Client, plan: TreatmentPlan, eyelids: Area, moira: Clinician, time_on_monday: None
) -> None:
    asked = {"act": "propose", "who": f"{moira.pk}+", "weekdays": "1", "around": "14:00", "rhythm": "weekly"}
    asked |= {"start_on": "2026-12-01", "count": "4"}
    answer = desk.post(reverse("series_lines", args=[plan.public_id]), asked)
    assert answer.context["errors"]["who"] == f"{MOIRA_DOES_NOT}. Choose another."


def test_book_a_visit_says_why_and_offers_the_others(
    desk: Client, plan: TreatmentPlan, eyelids: Area, moira: Clinician, time_on_monday: None
) -> None:
    url = reverse("visit_new", args=[plan.patient.public_id]) + f"?what=plan-{plan.public_id}"
    page = desk.get(url).content.decode()
    assert MOIRA_DOES_NOT in page
    assert "Moira" not in options_of(page, "who") + options_of(page, "clinician")
    typed = {"operation": str(uuid.uuid4()), "to": f"2026-12-01T10:00,{moira.pk},,,"}
    answer = desk.post(url, typed)
    assert answer.status_code == 400
    assert f"{MOIRA_DOES_NOT}. Choose another." in answer.context["form"].errors["clinician"]
    assert not Appointment.objects.exists()


def test_moving_says_why_and_offers_the_others(
    desk: Client, before: Appointment, eyelids: Area, moira: Clinician, time_on_monday: None
) -> None:
    url = reverse("appointment_move", args=[before.public_id])
    page = desk.get(url).content.decode()
    assert MOIRA_DOES_NOT in page
    assert "Moira" not in options_of(page, "clinician")
    answer = desk.post(url, {"operation": str(uuid.uuid4()), "to": f"2026-12-01T11:00,{moira.pk},,,"})
    assert f"{MOIRA_DOES_NOT}. Nothing was saved. Choose another clinician." in answer.content.decode()


def test_without_anybody_named_each_page_says_so(
    desk: Client, plan: TreatmentPlan, before: Appointment, time_on_monday: None
) -> None:
    restrict(plan)
    addresses = [
        reverse("series_planner", args=[plan.public_id]),
        reverse("visit_new", args=[plan.patient.public_id]) + f"?what=plan-{plan.public_id}",
        reverse("appointment_move", args=[before.public_id]),
    ]
    for address in addresses:
        assert "Nobody is named for eyelids yet" in desk.get(address).content.decode(), address


def test_who_left_while_an_act_waited_for_its_locks_is_known_to_have_left(
    plan: TreatmentPlan, eyelids: Area, moira: Clinician, anika: Clinician
) -> None:
    with reading_once():
        assert list(Staff.of(plan).may) == [anika.pk]
        Clinician.objects.filter(pk=anika.pk).update(is_active=False)
        eyelids.clinicians.set([moira])
        assert list(Staff.of(plan).may) == [anika.pk], "read once a request"
        lock_book(plans=[plan.pk])
        assert list(Staff.of(plan).may) == [moira.pk]
