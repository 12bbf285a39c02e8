"""What the desk changes in a plan for an absence by hand, one row at a time. Nothing in the book follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext as _

from scheduling.away_rows import LEFT_OUT, LOCKED, Kept, read_rows, with_place, write_rows
from scheduling.models import AwayPlan, AwayState
from scheduling.planning.away.candidates import Reading, read_all, visits_hit
from scheduling.planning.away.greedy import around, fits_in
from scheduling.planning.away.model import Place, Problem, seat
from scheduling.planning.context import Context
from scheduling.services.away import away_of
from scheduling.services.errors import AwayRefused


@dataclass(frozen=True)
class Choice:
    """One row of a plan and all places that it could have while the others stay as they are planned."""

    row: Kept
    rows: list[Kept]
    reading: Reading
    at: int
    places: list[Place]

    @property
    def context(self) -> Context:
        return self.reading.contexts[self.row.visit]

    @property
    def problem(self) -> Problem:
        return self.reading.problem

    def beside(self, step: int) -> Place | None:
        """Return the next place earlier (-1) or later (+1); of several at one time that of the same clinician."""
        here, who = self.row.place.start, self.row.who or self.row.was_who
        ahead = [place for place in self.places if (place.start - here) * step > 0]
        return min(ahead, key=lambda place: (abs(place.start - here), place.clinician_id != who, place), default=None)


def choice_of(plan: AwayPlan, visit_id: int, now: datetime) -> Choice:
    """Read where one row could go. Raises AwayRefused when its visit was changed meanwhile."""
    away, rows = away_of(plan), read_rows(plan.rows)
    by_key = {row.visit: row for row in rows}
    visits = visits_hit(away, now)
    at = next((at for at, visit in enumerate(visits) if visit.pk == visit_id), None)
    if at is None or visit_id not in by_key or not by_key[visit_id].still(visits[at]):
        raise AwayRefused(_("This visit was changed meanwhile. Nothing was saved. Plan again."))
    reading = read_all(away, visits, now, only=visit_id)
    planned = [by_key[job.key].place if job.key in by_key else job.own for job in reading.problem.jobs]
    places = [place for place in reading.problem.jobs[at].places if fits_in(reading.problem, planned, at, place)]
    return Choice(by_key[visit_id], rows, reading, at, sorted(places))


def step_row(*, plan_id: int, version: int, visit_id: int, step: int, now: datetime) -> None:
    """Give a row its next free time, earlier (-1) or later (+1), and lock it there. Raises AwayRefused."""
    plan = _plan(plan_id, version)
    choice = choice_of(plan, visit_id, now)
    place = choice.beside(step)
    if place is None:
        if step < 0:
            raise AwayRefused(
                _("Nothing earlier is free within its days. Nothing was saved. Plan again or pick a time.")
            )
        raise AwayRefused(_("Nothing later is free within its days. Nothing was saved. Plan again or pick a time."))
    _put(plan, choice, place)


def take_place(*, plan_id: int, version: int, visit_id: int, start: int, clinician_id: int, now: datetime) -> None:
    """Give a row this free time (seconds since 1970) with this clinician, and lock it there. Raises AwayRefused."""
    plan = _plan(plan_id, version)
    choice = choice_of(plan, visit_id, now)
    wanted = (start, clinician_id)
    place = next((one for one in choice.places if (one.start, one.clinician_id) == wanted), None)
    if place is None:
        raise AwayRefused(_("This time is not free any more. Nothing was saved. Choose another one."))
    _put(plan, choice, place)


def _put(plan: AwayPlan, choice: Choice, place: Place) -> None:
    """Write a row's place, with a room and a device for it and for all that share them at that time."""
    rows = {row.visit: row for row in choice.rows}
    jobs = choice.problem.jobs
    planned = [rows[job.key].place if job.key in rows else job.own for job in jobs]
    planned[choice.at] = place
    slot = choice.context.free.place(place.clinician_id, place.start)
    rows[choice.row.visit] = replace(with_place(choice.row, place, slot), pinned=LOCKED)
    for what, kinds in (("room", choice.problem.rooms), ("device", choice.problem.devices)):
        if getattr(jobs[choice.at], f"{what}_kind") is None:
            continue
        given = seat(choice.problem, planned, around(choice.problem, planned, choice.at, what), kinds, what) or {}
        for at, key in given.items():
            row = rows.get(jobs[at].key)
            if row and not row.is_left:
                rows[row.visit] = replace(row, room=key) if what == "room" else replace(row, device=key)
    _save(plan, list(rows.values()))


def pin_row(*, plan_id: int, version: int, visit_id: int, locked: bool) -> None:
    """Lock a row where it is to go, or let the next search decide on it again."""
    plan = _plan(plan_id, version)
    _save(
        plan,
        [
            replace(row, pinned=LOCKED if locked else "") if row.visit == visit_id else row
            for row in read_rows(plan.rows)
        ],
    )


def leave_out(*, plan_id: int, version: int, visit_id: int) -> None:
    """Take a row out of the plan: its visit stays where it is, for somebody to call about."""
    plan = _plan(plan_id, version)
    rows = read_rows(plan.rows)
    own = {row.visit: Place(row.was, row.was_who, row.was_day) for row in rows}
    _save(
        plan,
        [
            replace(with_place(row, own[row.visit], None), pinned=LEFT_OUT) if row.visit == visit_id else row
            for row in rows
        ],
    )


def _plan(plan_id: int, version: int) -> AwayPlan:
    plan = AwayPlan.objects.get(pk=plan_id)
    if plan.version != version or plan.operation_id or plan.state == AwayState.LOOKING:
        raise _changed()
    return plan


def _changed() -> AwayRefused:
    return AwayRefused(_("This plan was changed meanwhile. Nothing was saved. Look at it again."))


def _save(plan: AwayPlan, rows: Sequence[Kept]) -> None:
    changed = AwayPlan.objects.filter(pk=plan.pk, version=plan.version, operation=None)
    if not changed.update(rows=write_rows(rows), is_best=False, version=F("version") + 1):
        raise _changed()
