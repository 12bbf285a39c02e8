"""A clinician is away: make a plan for their visits and look for the best one.

A plan is a draft: it needs no Operation and promises nothing to anybody. Only `away_apply.py` touches the book.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import F, Q
from django.utils.translation import gettext as _

from clinic.lib.locks import in_transaction
from clinic.models import User
from scheduling.away_rows import LOCKED, Kept, read_rows, rows_of, score_of, write_rows
from scheduling.models import AwayPlan, AwayState
from scheduling.planning.away.candidates import Away, Reading, read_all, visits_hit
from scheduling.planning.away.greedy import greedy
from scheduling.planning.away.model import Plan, Problem, is_legal
from scheduling.planning.away.solve import LIMIT, Found, solve
from scheduling.services.errors import AwayRefused

LEASE = timedelta(seconds=2 * LIMIT)
"""After so long a search that did not come back is taken for dead, and another may begin."""
ONE_AT_A_TIME = 0x41776179
"""Key of PostgreSQL's advisory lock: one search in the whole clinic, so that two never take both processors."""


def away_of(plan: AwayPlan) -> Away:
    return Away(plan.clinician_id, plan.starts_at, plan.ends_at, plan.other_days, plan.same_person_first)


def start_plan(*, clinician_id: int, since: datetime, until: datetime, actor: User, now: datetime) -> AwayPlan:
    """Make the plan that comes of going one by one; `look` betters it. Plans of this person not applied are dropped.

    Raises AwayRefused when the span is over or hits no visit.
    """
    if until <= max(since, now):
        raise AwayRefused(_("This span is over already. Nothing was saved. Choose days that lie ahead."))
    away = Away(clinician_id, since, until)
    visits = visits_hit(away, now)
    if not visits:
        raise AwayRefused(_("No visit stands in this span: there is nothing to plan. Nothing was saved."))
    reading = read_all(away, visits, now)
    found = greedy(reading.problem)
    rows = rows_of(reading, found)

    def act() -> AwayPlan:
        AwayPlan.objects.filter(clinician_id=clinician_id, user=actor, operation=None).delete()
        return AwayPlan.objects.create(
            clinician_id=clinician_id,
            user=actor,
            starts_at=since,
            ends_at=until,
            made_at=now,
            rows=write_rows(rows),
            one_by_one=list(score_of(rows)),
            least=[0, 0],
        )

    return in_transaction(act)


# --- The search ---


def look(*, plan_id: int, now: datetime, limit: float = LIMIT) -> bool:
    """Look for the best plan, for `limit` seconds at most, telling the row how it stands. False when not now.

    Call outside a transaction: whoever looks at the page is to see each step, and this to see "Use the best so far".
    """
    plan = AwayPlan.objects.filter(pk=plan_id, state=AwayState.LOOKING)
    idle = Q(looking_since=None) | Q(looking_since__lt=now - LEASE)
    if not _alone():
        return False
    try:
        if not plan.filter(idle).update(looking_since=now):
            return False
        _look(AwayPlan.objects.get(pk=plan_id), now, limit)
    finally:
        AwayPlan.objects.filter(pk=plan_id, looking_since=now).update(looking_since=None)
        _let_go()
    return True


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ONE_AT_A_TIME])
        return bool(cursor.fetchone()[0])


def _let_go() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [ONE_AT_A_TIME])


def _look(plan: AwayPlan, now: datetime, limit: float) -> None:
    away, before = away_of(plan), read_rows(plan.rows)
    reading = read_all(away, visits_hit(away, now), now, whole={row.visit for row in before if row.pinned})
    if not reading.visits:
        AwayPlan.objects.filter(pk=plan.pk).update(rows=[], state=AwayState.FOUND, version=F("version") + 1)
        return
    reading, start = pinned(reading, before)
    write = partial(_write, plan.pk, reading, before)
    found = solve(reading.problem, start=start, limit=limit, watch=write)
    write(found, done=True)


def pinned(reading: Reading, before: Sequence[Kept]) -> tuple[Reading, Plan | None]:
    """Return the problem in which the rows that a person decided keep their place, and the plan to start from.

    What can no longer stand is let go: a lock whose time was taken, or all where they cannot stand together.
    """
    rows = {row.visit: row for row in before}
    jobs, places = [], []
    for job in reading.problem.jobs:
        row = rows.get(job.key)
        place = row.place if row and (row.place in job.places or row.place == job.own) else job.own
        holds = bool(row and row.pinned and row.place == place)
        jobs.append(replace(job, places=() if place == job.own else (place,), pinned=True) if holds else job)
        places.append(place)
    problem = replace(reading.problem, jobs=tuple(jobs))
    start = tuple(places)
    if is_legal(problem, start):
        return replace(reading, problem=problem), better(problem, start)
    return reading, None


def better(problem: Problem, start: Plan) -> Plan:
    """Return the better of a plan that stands and the one that comes of going one by one round what is pinned."""
    other = greedy(problem)
    if is_legal(problem, other) and problem.rank(problem.score(other)) < problem.rank(problem.score(start)):
        return other
    return start


def _write(plan_id: int, reading: Reading, before: Sequence[Kept], found: Found, *, done: bool = False) -> bool:
    """Put what is known into the row while it is being looked for. Says whether to go on."""
    rows = rows_of(reading, found.plan, before)
    values: dict[str, Any] = {
        "rows": write_rows(rows),
        "history": [list(moment) for moment in found.history],
        "least": list(found.least),
        "is_least": found.is_least,
        "is_best": found.is_best,
        "version": F("version") + 1,
    }
    alive = AwayPlan.objects.filter(pk=plan_id, operation=None)
    if not done:
        return bool(alive.filter(state=AwayState.LOOKING).update(**values))
    alive.update(**values)
    alive.filter(state=AwayState.LOOKING).update(state=AwayState.FOUND)
    return False


def stop_looking(*, plan_id: int) -> None:
    """Use the best so far: the search ends within a moment, or never begins."""
    looking = AwayPlan.objects.filter(pk=plan_id, state=AwayState.LOOKING)
    looking.update(state=AwayState.STOPPED, version=F("version") + 1)


def look_again(*, plan_id: int, other_days: bool, same_person_first: bool, only: Collection[int] = ()) -> None:
    """Ask for another search with what matters now. With `only`, every other row is locked where it is to go."""
    plan = AwayPlan.objects.select_related("operation").get(pk=plan_id)
    if plan.operation and not plan.operation.undone_by_id:
        raise AwayRefused(_("This plan was applied already. Nothing more was saved. Look at the days instead."))
    rows = [
        replace(row, pinned=row.pinned or LOCKED, gone=False) if only and row.visit not in only else row
        for row in read_rows(plan.rows)
    ]
    AwayPlan.objects.filter(pk=plan_id, operation=plan.operation_id).update(
        state=AwayState.LOOKING,
        operation=None,
        rows=write_rows(rows),
        other_days=other_days,
        same_person_first=same_person_first,
        history=[],
        least=[0, 0],
        is_least=False,
        is_best=False,
        version=F("version") + 1,
    )
