"""The planner's rows: propose fifteen sessions, and save that series."""

import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

from clinic.models import Clinician, Room, User
from patients.models import Patient
from scheduling.planning import planner
from scheduling.planning.types import Choices
from scheduling.services.series import book_series
from tests.bench.bare import fifteen
from tests.bench.figures import Act, Row, measure
from treatments.models import PlanArea, Protocol, Session, Side, TreatmentPlan

SESSIONS = 15
CALLS, SAVES = 40, 24
FAR = timedelta(days=400)
"""How far ahead nobody has booked: bare inserts go there."""


def make_plans(count: int, seed: int) -> list[TreatmentPlan]:
    """Make courses of fifteen sessions for patients who have no open one."""
    free = Patient.objects.on_file().exclude(plans__status="active").order_by("pk")
    patients = random.Random(seed).sample(list(free[: count * 20]), count)
    protocol, clinicians = Protocol.objects.get(key="cellulite"), itertools.cycle(Clinician.objects.all())
    area = protocol.areas.order_by("pk").first()
    names = ("minutes", "numbing_minutes", "turnover_minutes", "interval_min", "interval_ideal", "interval_max")
    facts = {name: getattr(protocol, name) for name in names}
    plans = TreatmentPlan.objects.bulk_create(
        TreatmentPlan(
            patient=patient,
            protocol=protocol,
            name=protocol.name,
            clinician=clinician,
            session_count=SESSIONS,
            room_kind=protocol.room_kind,
            **facts,
        )
        for patient, clinician in zip(patients, clinicians, strict=False)
    )
    PlanArea.objects.bulk_create(PlanArea(plan=plan, area=area, side=Side.LEFT) for plan in plans)
    Session.objects.bulk_create(Session(plan=plan, number=n + 1) for plan in plans for n in range(SESSIONS))
    return plans


def choices(plan: TreatmentPlan, now: datetime, *, anyone: bool) -> Choices:
    """Return the choices as the page opens; with anyone, nobody is asked for by name."""
    opens = planner.default_choices(plan, now)
    return replace(opens, clinician_id=None if anyone else plan.clinician_id, else_anyone=anyone)


def propose_rows(now: datetime, bare: Sequence[Callable[[], object]]) -> list[Row]:
    """Measure the wished course of one clinician, and the best that any of them can give."""
    plans = make_plans(CALLS, 1)
    rows = []
    for key, anyone in (("propose_one", False), ("propose_any", True)):
        asked = [partial(planner.propose, plan, choices(plan, now, anyone=anyone), now) for plan in plans]
        rows.append(measure(key, asked, floor="page", bare=bare))
    best = [partial(planner.best, plan, choices(plan, now, anyone=False), now) for plan in plans]
    rows.insert(1, measure("best_one", best, floor="page", bare=bare))
    return rows


def save_row(now: datetime, actor: User) -> Row:
    """Measure saving a series that was just proposed, beside fifteen bare inserts under the same constraints."""
    plans = make_plans(SAVES, 2)
    acts = [Act(partial(_proposed, plan, actor, now)) for plan in plans]
    rooms, clinicians = list(Room.objects.all()), list(Clinician.objects.all())
    bare = [
        partial(
            fifteen,
            plan.patient_id,
            clinicians[n % len(clinicians)].pk,
            rooms[n % len(rooms)].pk,
            [now + FAR + timedelta(days=n, weeks=week) for week in range(SESSIONS)],
        )
        for n, plan in enumerate(plans)
    ]
    return measure("save_series", acts, floor="inserts", bare=bare)


def _proposed(plan: TreatmentPlan, actor: User, now: datetime) -> Callable[[], object]:
    """Propose a course as the book is now, and return the saving of it."""
    wished = choices(plan, now, anyone=True)
    slots = planner.best(plan, wished, now).slots
    return partial(
        book_series, key=uuid4(), plan_id=plan.pk, choices=wished, slots=slots, reasons={}, actor=actor, now=now
    )
