"""When no whole course exists the planner says which one rule would have to give, and what that costs."""

import re
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import Clinician, Role
from scheduling.models import Absence, Closure
from scheduling.planning import planner
from scheduling.planning.types import Mark, Proposal, Way, WayKind
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import choose, days_of
from treatments.models import TreatmentPlan

pytestmark = pytest.mark.django_db


def away(clinician: Clinician, since: date, until: date) -> None:
    Absence.objects.create(
        clinician=clinician, starts_at=factory.at(since, "00:00"), ends_at=factory.at(until, "00:00")
    )


def the_way(proposal: Proposal, kind: WayKind) -> Way:
    return next(way for way in proposal.ways if way.kind == kind)


def fixed(plan: TreatmentPlan, moira: Clinician, **choices: object) -> Proposal:
    chosen = choose(moira, else_anyone=False, count=4, **choices)
    return planner.mend(plan, chosen, planner.propose(plan, chosen, MONDAY).slots, MONDAY)


def test_another_clinician_is_a_way_out_with_the_sessions_that_it_takes(
    plan: TreatmentPlan, moira: Clinician, anika: Clinician
) -> None:
    away(moira, date(2026, 12, 10), date(2028, 1, 1))
    proposal = fixed(plan, moira)
    assert proposal.shortfall.startswith("Session 3 finds no free time up to")
    way = the_way(proposal, WayKind.CLINICIAN)
    assert way.sentence == "With another clinician the whole course fits: 2 sessions with Dr. Sandhu."
    assert way.price == 2
    chosen = choose(moira, else_anyone=False, count=4)
    lifted = planner.lift(plan, chosen, proposal.slots, WayKind.CLINICIAN, MONDAY)
    assert [line.slot.clinician_id for line in lifted.lines] == [moira.pk, moira.pk, anika.pk, anika.pk]
    assert {line.mark for line in lifted.lines} == {Mark.FREE}


def test_a_wider_gap_is_a_way_out_with_the_days_that_it_takes(plan: TreatmentPlan, moira: Clinician) -> None:
    away(moira, date(2026, 12, 10), date(2027, 2, 8))
    proposal = fixed(plan, moira)
    way = the_way(proposal, WayKind.GAP)
    gap = (date(2027, 2, 9) - date(2026, 12, 8)).days
    assert way.sentence == (
        f"With a wider gap the whole course fits: {gap} days before session 3, where 14 are the most."
    )
    assert way.price == gap - 14
    chosen = choose(moira, else_anyone=False, count=4)
    lifted = planner.lift(plan, chosen, proposal.slots, WayKind.GAP, MONDAY)
    assert days_of(lifted) == [date(2026, 12, 1), date(2026, 12, 8), date(2027, 2, 9), date(2027, 2, 16)]
    assert [line.mark for line in lifted.lines] == [Mark.FREE, Mark.FREE, Mark.LATE, Mark.FREE]


def test_other_hours_are_a_way_out_with_the_visits_beside_them(plan: TreatmentPlan, clinic: object) -> None:
    moira = factory.make_clinician(works=None)
    factory.give_hours(moira, 1, "13:00", "18:00", valid_until=date(2026, 12, 9))
    chosen = choose(moira, else_anyone=False, count=3)
    proposal = planner.mend(plan, chosen, planner.propose(plan, chosen, MONDAY).slots, MONDAY)
    way = the_way(proposal, WayKind.HOURS)
    assert way.price == 1
    assert way.sentence == "In other hours the whole course fits: Moira would work on Tue 15 Dec at 14:00."


def test_the_shortest_gap_never_gives_and_a_closed_clinic_leaves_no_way(plan: TreatmentPlan, moira: Clinician) -> None:
    Closure.objects.create(name="Rebuilding", starts_on=date(2026, 12, 10), ends_on=date(2028, 1, 1))
    assert fixed(plan, moira).ways == ()


def test_the_planner_offers_the_way_and_takes_it(
    plan: TreatmentPlan, moira: Clinician, anika: Clinician, client: Client
) -> None:
    away(moira, date(2026, 12, 10), date(2028, 1, 1))
    client.force_login(
        factory.make_user(Role.FRONT_DESK), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    chosen = {"start_on": "2026-12-01", "weekdays": "1", "around": "14:00", "who": str(moira.pk), "rhythm": "weekly"}

    def press(act: str, html: str) -> str:
        lines = re.findall(r'name="(?:line)"\s+value="([^"]*)"', html)
        form = chosen | {"count": "4", "first": "1", "line": lines, "act": act}
        return client.post(reverse("series_lines", args=[plan.public_id]), form).content.decode()

    html = press("fix", press("propose", ""))
    assert "2 sessions with Dr. Sandhu." in html
    assert 'value="lift-clinician"' in html
    html = press("lift-clinician", html)
    assert "The whole course fits now." in html
    assert "finds no free time" not in html
    assert "There is no such way out here." in press("lift-hours", html)
