"""Making a plan: copies, numbered sessions, and limits that answer in sentences before the database says no."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from clinic.models import Clinic, Operation
from patients.models import Patient
from tests import factory
from treatments.catalogue import load_catalogue
from treatments.course import Course, PlanRefused
from treatments.models import Area, Protocol, Session, Side, TreatmentPlan
from treatments.services import plans
from treatments.services.plans import create_plan

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)


@pytest.fixture
def protocol(clinic: Clinic) -> Protocol:
    return load_catalogue().protocols["cellulite"]


def plan_it(
    protocol: Protocol, patient: Patient | None = None, key: uuid.UUID | None = None, **asked: Any
) -> TreatmentPlan:
    return create_plan(
        key=key or uuid.uuid4(),
        patient=patient or factory.make_patient(),
        protocol=protocol,
        course=replace(Course.usual(protocol), **asked),
        actor=None,
        now=NOW,
    )


def refusal(protocol: Protocol, **asked: Any) -> dict[str, str]:
    with pytest.raises(PlanRefused) as refused:
        plan_it(protocol, **asked)
    assert not TreatmentPlan.objects.exists()
    return refused.value.problems


def test_the_usual_course_is_the_catalogues_with_both_sides(protocol: Protocol) -> None:
    plan = plan_it(protocol, weekdays=(3, 1), around=time(14, 0))
    assert [session.number for session in plan.sessions.all()] == list(range(1, 11))
    assert (plan.interval_min, plan.interval_ideal, plan.interval_max, plan.minutes) == (7, 7, 14, 45)
    assert plan.usual_weekdays == [1, 3]
    assert {(placed.area.key, placed.side) for placed in plan.areas.all()} == {
        (area, side) for area in ("thigh", "buttock", "hip") for side in (Side.LEFT, Side.RIGHT)
    }


def test_a_later_change_of_the_catalogue_does_not_reach_a_plan(protocol: Protocol) -> None:
    plan = plan_it(protocol)
    Protocol.objects.update(minutes=20, numbing_minutes=0, interval_min=8, interval_ideal=8)
    plan.refresh_from_db()
    assert (plan.minutes, plan.numbing_minutes, plan.interval_min) == (45, 30, 7)


def test_a_double_click_makes_one_plan(protocol: Protocol) -> None:
    key, patient = uuid.uuid4(), factory.make_patient()
    assert plan_it(protocol, patient, key) == plan_it(protocol, patient, key)
    assert TreatmentPlan.objects.count() == Operation.objects.count() == 1
    assert Session.objects.count() == 10


@pytest.mark.parametrize(
    ("asked", "field", "sentence"),
    [
        ({"interval_min": 5}, "interval_min", "5 days is too close: Cellulite reduction needs 7. Enter 7 to 14."),
        ({"sessions": 3}, "sessions", "3 is too few: a course has 4 to 15 sessions."),
        ({"sessions": 16}, "sessions", "16 is more than the 15 of a course. Enter 4 to 15, or say why it takes more."),
        ({"interval_min": 10, "interval_ideal": 8}, "interval_ideal", "The best is at least the shortest: 10 or more."),
        ({"interval_ideal": 12, "interval_max": 9}, "interval_max", "The longest is at least the best: 12 or more."),
        (
            {"interval_max": 21},
            "interval_max",
            "21 days is long: 14 is the most. Enter up to 14, or say why it takes longer.",
        ),
        ({"areas": ()}, "areas", "Choose at least one area."),
        ({"areas": (("face", "midline"),)}, "areas", "Cellulite reduction does not treat that place."),
        ({"areas": (("thigh", "midline"),)}, "areas", "Cellulite reduction does not treat that place."),
        ({"weekdays": (7,)}, "weekdays", "Choose days of the week."),
    ],
)
def test_a_limit_answers_with_what_to_enter(
    protocol: Protocol, asked: dict[str, Any], field: str, sentence: str
) -> None:
    assert refusal(protocol, **asked)[field] == sentence


def test_a_protocol_of_one_rhythm_says_so(protocol: Protocol) -> None:
    chin = Protocol.objects.get(key="under-chin")
    sentence = "7 days is too close: Under-chin contour needs 14. Enter 14."
    assert refusal(chin, interval_min=7)["interval_min"] == sentence


def test_reasons_lift_the_upper_limits(protocol: Protocol) -> None:
    plan = plan_it(
        protocol,
        sessions=18,
        many_sessions_reason="Large area",
        interval_max=21,
        long_gap_reason="Works on a rig, three weeks out",
    )
    assert (plan.sessions.count(), plan.interval_max) == (18, 21)


@pytest.fixture
def eyelids(protocol: Protocol) -> Area:
    return Area.objects.get(key="eyelid")


def test_eyelids_need_a_named_clinician(protocol: Protocol, eyelids: Area) -> None:
    lift, asked = Protocol.objects.get(key="meso-lift"), (("eyelid", "left"),)
    moira, anika = factory.make_clinician(), factory.make_clinician("Dr. Anika Sandhu")
    eyelids.clinicians.set([anika, factory.make_clinician("Dr. Folake Adeyemi")])
    who = "Choose Dr. Anika Sandhu or Dr. Folake Adeyemi"
    said = f"Eyelids: for named clinicians only. {who}."
    assert refusal(lift, areas=asked) == {"clinician": said}
    does = "Moira does not treat eyelids; Dr. Anika Sandhu and Dr. Folake Adeyemi do."
    assert refusal(lift, areas=asked, clinician_id=moira.pk) == {"clinician": f"{does} {who}, or leave the place out."}
    assert plan_it(lift, areas=asked, clinician_id=anika.pk).clinician == anika
    assert plan_it(lift, areas=(("face", "midline"),), clinician_id=moira.pk).clinician == moira


def test_eyelids_with_nobody_named_cannot_be_planned(protocol: Protocol, eyelids: Area) -> None:
    lift, moira = Protocol.objects.get(key="meso-lift"), factory.make_clinician()
    said = (
        "Nobody is named for eyelids yet: the owner names clinicians under Catalogue, Areas. "
        "Leave the place out until then."
    )
    assert refusal(lift, areas=(("eyelid", "left"),), clinician_id=moira.pk) == {"areas": said}


def test_the_usual_course_leaves_restricted_places_out(protocol: Protocol) -> None:
    usual = Course.usual(Protocol.objects.get(key="meso-lift"))
    assert "eyelid" not in {key for key, _side in usual.areas}


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        ({"sessions": 3}, "plan_sessions_4_to_15"),
        ({"sessions": 16}, "plan_sessions_4_to_15"),
        ({"interval_min": 5}, "plan_days_in_order"),
        ({"interval_max": 21}, "plan_long_gap_has_a_reason"),
    ],
)
def test_the_database_is_the_last_judge(
    protocol: Protocol, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any], rule: str
) -> None:
    """With our own check out of the way the constraint refuses, and its sentence comes through."""
    monkeypatch.setattr(plans, "problems", lambda *_given: {})
    said = next(one.violation_error_message for one in TreatmentPlan._meta.constraints if one.name == rule)
    assert refusal(protocol, **asked) == {"": f"{said} Nothing was saved. Mend it and save again."}


def test_a_plan_cannot_lose_a_limit_later(protocol: Protocol) -> None:
    plan = plan_it(protocol)
    with pytest.raises(IntegrityError), transaction.atomic():
        TreatmentPlan.objects.filter(pk=plan.pk).update(interval_min=6)


def test_a_second_plan_on_the_same_place_is_seen(protocol: Protocol) -> None:
    patient = factory.make_patient()
    first = plan_it(protocol, patient, areas=(("thigh", "left"),))
    same = plan_it(protocol, patient, areas=(("thigh", "left"), ("hip", "left")))
    other = plan_it(protocol, patient, areas=(("thigh", "right"),))
    assert list(TreatmentPlan.objects.sharing_an_area_with(first)) == [same]
    assert not TreatmentPlan.objects.sharing_an_area_with(other).exists()
