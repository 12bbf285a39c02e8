"""Refusals of the plan for an absence."""

import uuid
from typing import Any

from scheduling.models import Absence, Appointment, AwayPlan
from scheduling.services import away_apply
from scheduling.services.away import look, start_plan
from tests import factory
from tests.refusals.scene import Cases, Scene
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take

CASES = Cases()
shows = CASES.shows


def away(s: Scene, *, looked: bool = True) -> AwayPlan:
    """Plan Tuesday, on which one visit stands."""
    visit = s.visit()
    span = {"since": factory.at(visit.wall_date, "00:00"), "until": factory.at(visit.wall_date, "23:00")}
    plan = start_plan(clinician_id=s.moira.pk, actor=s.moira.user, now=MONDAY, **span)
    if looked:
        look(plan_id=plan.pk, now=MONDAY)
    plan.refresh_from_db()
    return plan


def apply(s: Scene, plan: AwayPlan, **typed: Any) -> None:
    plan.refresh_from_db()
    s.send("away_apply", plan.public_id, **{"version": plan.version} | typed)


def row(s: Scene, plan: AwayPlan, **typed: Any) -> None:
    visit = Appointment.objects.get(pk=plan.rows[0]["visit"])
    s.send("away_row", plan.public_id, visit.public_id, **{"version": plan.version} | typed)


@shows("This span is over already. Nothing was saved. Choose days that lie ahead.")
def away_in_a_span_that_is_over(s: Scene) -> None:
    s.send("away_span", s.moira.pk, first="2026-11-23", first_time="7", last_time="8")


@shows("No visit stands in this span: there is nothing to plan. Nothing was saved.")
def away_without_visits(s: Scene) -> None:
    s.send("away_span", s.moira.pk, first="2026-12-01")


@shows("cannot go where the plan says any more: the book was changed meanwhile. Nothing was saved. Plan this one again")
def away_whose_time_was_taken(s: Scene) -> None:
    plan = away(s)
    take(s.anika, s.rooms[1], Appointment.objects.get().wall_date, "14:00", 30)
    apply(s, plan)


@shows("cannot go where the plan says any more: the book was changed meanwhile. Nothing was saved. Plan this one again")
def away_whose_visit_was_moved(s: Scene) -> None:
    plan = away(s)
    Appointment.objects.update(clinician=s.anika)
    apply(s, plan)


@shows("Someone changed the book at this very moment. Nothing was saved. Apply once more.")
def away_at_the_very_moment(s: Scene) -> None:
    plan = away(s)

    def taken(*_: object) -> None:
        raise away_apply.JustTaken

    s.patch.setattr(away_apply, "lock_and_look", taken)
    apply(s, plan)


@shows("This plan was changed meanwhile. Nothing was saved. Look at it again.")
def away_by_an_old_page(s: Scene) -> None:
    apply(s, away(s), version=1)


@shows("This plan was changed meanwhile. Nothing was saved. Look at it again.")
def away_row_while_it_is_looked_for(s: Scene) -> None:
    row(s, away(s, looked=False), act="lock")


@shows("No visit of this plan moves. Nothing was saved. Plan again, or call the patients.")
def away_with_nobody_to_move(s: Scene) -> None:
    plan = away(s)
    row(s, plan, act="leave")
    apply(s, plan)


@shows("This plan was applied already. Nothing more was saved. Look at the days instead.")
def away_planned_again_after_it_was_applied(s: Scene) -> None:
    plan = away(s)
    away_apply.apply_plan(
        key=uuid.uuid4(), plan_id=plan.pk, version=plan.version, note_absence=False, actor=None, now=MONDAY
    )
    s.send("away_again", plan.public_id)


@shows("This visit was changed meanwhile. Nothing was saved. Plan again.")
def away_row_whose_visit_was_moved(s: Scene) -> None:
    plan = away(s)
    Appointment.objects.update(clinician=s.anika)
    row(s, plan, act="later")


@shows("This time is not free any more. Nothing was saved. Choose another one.")
def away_row_at_a_time_that_was_taken(s: Scene) -> None:
    plan = away(s)
    day = Appointment.objects.get().wall_date
    take(s.anika, s.rooms[1], day, "15:00", 30)
    row(s, plan, to=f"{day}T15:00,{s.anika.pk},,,")


@shows("This time could not be read. Nothing was saved. Choose another one.")
def away_row_at_no_time(s: Scene) -> None:
    row(s, away(s), to="soon")


@shows("This button is not known here. Nothing was saved. Look at the page again.")
def away_row_by_an_unknown_button(s: Scene) -> None:
    row(s, away(s), act="fly")


def nobody_works(s: Scene) -> None:
    for one in (s.moira, s.anika):
        one.hours.all().delete()


@shows("Nothing earlier is free within its days. Nothing was saved. Plan again or pick a time.")
def away_row_with_nothing_earlier(s: Scene) -> None:
    plan = away(s)
    nobody_works(s)
    row(s, plan, act="earlier")


@shows("Nothing later is free within its days. Nothing was saved. Plan again or pick a time.")
def away_row_with_nothing_later(s: Scene) -> None:
    plan = away(s)
    nobody_works(s)
    row(s, plan, act="later")


@shows("The absence was changed since. Nothing was undone. Change it under Hours, then move the visits.")
def away_undone_after_its_absence_was_changed(s: Scene) -> None:
    plan = away(s)
    done = away_apply.apply_plan(
        key=uuid.uuid4(), plan_id=plan.pk, version=plan.version, note_absence=True, actor=None, now=MONDAY
    )
    Absence.objects.update(reason="Flu")
    s.send("operation_undo", done.pk)


@shows("Many people are saving at this moment. Nothing was saved. Try again.")
def away_in_a_crowd(s: Scene) -> None:
    plan = away(s)
    s.crowd("scheduling.views.away_acts.apply_plan")
    apply(s, plan)


@shows("Many people are saving at this moment. Nothing was saved. Try again.")
def away_again_in_a_crowd(s: Scene) -> None:
    plan = away(s)
    s.crowd("scheduling.views.away_acts.look_again")
    s.send("away_again", plan.public_id)


@shows("This button was used before. Nothing more was saved. Look at the page again.")
def away_applied_twice_with_another_choice(s: Scene) -> None:
    plan, key = away(s), uuid.uuid4()
    version = plan.version
    away_apply.apply_plan(key=key, plan_id=plan.pk, version=version, note_absence=False, actor=None, now=MONDAY)
    s.send("away_apply", plan.public_id, version=version, note_absence="on", operation=key)
