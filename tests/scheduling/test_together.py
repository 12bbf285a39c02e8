"""Two courses of one patient: one trip where the protocols allow it, else on different days."""

from datetime import date, time, timedelta
from itertools import pairwise

import pytest

from clinic.models import Clinician, Room
from scheduling.planning import planner
from scheduling.planning.together import Together, propose_together
from scheduling.planning.types import Choices, Mark, Proposal
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import choose, days_of, take
from treatments.models import Area, Side, TreatmentPlan

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def face(plan: TreatmentPlan) -> TreatmentPlan:
    area = Area.objects.get_or_create(key="face", defaults={"name": "Face"})[0]
    return factory.make_plan(
        plan.patient, factory.make_protocol(name="Glow", minutes=30), name="Glow", areas=[(area, Side.MIDLINE)]
    )


def asked(clinician: Clinician, **fields: object) -> Choices:
    return choose(clinician, **{"count": 4, "else_anyone": False} | fields)


def both(plan: TreatmentPlan, face: TreatmentPlan, moira: Clinician, **fields: object) -> Together:
    return propose_together([(plan, asked(moira)), (face, asked(moira, **fields))], MONDAY)


def starts(proposal: Proposal) -> list[time]:
    return [slot.starts_at.astimezone(factory.ST_JOHNS).time() for slot in proposal.slots]


def test_two_courses_come_on_one_trip_one_after_the_other(
    plan: TreatmentPlan, face: TreatmentPlan, moira: Clinician
) -> None:
    found = both(plan, face, moira, weekdays={2}, around=time(10))
    legs, glow = found.proposals
    assert found.trips == 4
    assert days_of(legs) == days_of(glow)
    for one, other in zip(legs.slots, glow.slots, strict=True):
        first, second = sorted([(one.starts_at, plan.minutes), (other.starts_at, face.minutes)])
        assert second[0] - first[0] >= first[1] * MINUTE
        assert second[0] - first[0] <= (first[1] + 15) * MINUTE
    assert {line.mark for line in (*legs.lines, *glow.lines)} == {Mark.FREE}
    assert {line.why for line in glow.lines} <= {"On the same trip as Cellulite reduction", ""}


def test_protocols_that_share_no_day_are_planned_apart(
    plan: TreatmentPlan, face: TreatmentPlan, moira: Clinician
) -> None:
    TreatmentPlan.objects.filter(pk=face.pk).update(shares_day=False)
    face.refresh_from_db()
    found = both(plan, face, moira)
    legs, glow = found.proposals
    assert not set(days_of(legs)) & set(days_of(glow))
    assert found.trips == 8


def test_courses_on_one_area_keep_the_larger_gap_between_all_their_sessions(
    plan: TreatmentPlan, moira: Clinician
) -> None:
    place = plan.areas.first()
    again = factory.make_plan(plan.patient, name="Again", areas=[(place.area, place.side)])
    TreatmentPlan.objects.filter(pk__in=[plan.pk, again.pk]).update(interval_ideal=14)
    for one in (plan, again):
        one.refresh_from_db()
    found = propose_together(
        [(plan, asked(moira, rhythm="two_weekly")), (again, asked(moira, rhythm="two_weekly"))], MONDAY
    )
    days = sorted(day for proposal in found.proposals for day in days_of(proposal))
    assert len(days) == 8
    assert all((later - sooner).days >= 7 for sooner, later in pairwise(days))


def test_together_is_never_dearer_than_one_after_the_other_and_can_be_cheaper(
    plan: TreatmentPlan, face: TreatmentPlan, moira: Clinician, rooms: list[Room]
) -> None:
    for week in range(4):
        take(moira, rooms[0], date(2026, 12, 1) + timedelta(weeks=week), "08:00", 240)
    found = both(plan, face, moira, weekdays={1, 3}, around=time(11))
    assert found.trips == 4
    assert all(len(proposal.lines) == 4 for proposal in found.proposals)


def test_the_planner_joins_the_visits_that_are_booked(
    plan: TreatmentPlan, face: TreatmentPlan, moira: Clinician, rooms: list[Room]
) -> None:
    for number, week in enumerate(range(4)):
        session = plan.sessions.get(number=number + 1)
        take(
            moira,
            rooms[0],
            date(2026, 12, 2) + timedelta(weeks=week),
            "10:00",
            45,
            patient=plan.patient,
            session=session,
        )
    proposal = planner.propose(face, asked(moira), MONDAY)
    assert days_of(proposal) == [date(2026, 12, 2) + timedelta(weeks=week) for week in range(4)]
    assert set(starts(proposal)) <= {time(10, 45), time(9, 30)}
    assert {line.why for line in proposal.lines} == {"On the same trip as Cellulite reduction"}


def test_a_day_that_may_not_be_shared_is_too_near_and_says_so(
    plan: TreatmentPlan, face: TreatmentPlan, moira: Clinician, rooms: list[Room]
) -> None:
    TreatmentPlan.objects.filter(pk=face.pk).update(shares_day=False)
    face.refresh_from_db()
    take(moira, rooms[0], date(2026, 12, 1), "10:00", 45, patient=plan.patient, session=plan.sessions.get(number=1))
    line = planner.propose(face, asked(moira, count=1), MONDAY).lines[0]
    assert line.mark == Mark.EARLY
    assert line.findings[0].sentence == "Cellulite reduction is on the same day; these two are not given together"
