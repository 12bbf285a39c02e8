"""What holds the patients of many visits at once: their other visits, and the days that their courses keep apart.

`loading.py` reads the same for one course; here it takes two statements for any number of patients.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from clinic.lib.days import local_day
from scheduling.models import HOLDING, Appointment
from scheduling.planning.windows import Held
from treatments.models import PlanArea, TreatmentPlan
from treatments.named import Named


@dataclass(frozen=True)
class HeldVisit:
    """A visit that holds its patient, with what its course says of others; the course is None outside one."""

    pk: int
    patient_id: int
    plan_id: int | None
    arrives_at: datetime
    starts_at: datetime
    ends_at: datetime
    name: str | None
    least: int | None
    shares: bool | None


def held_by(patients: Iterable[int]) -> dict[int, list[HeldVisit]]:
    """Read the visits that hold these patients, by patient. One statement."""
    held: dict[int, list[HeldVisit]] = defaultdict(list)
    rows = Appointment.objects.filter(patient__in=patients, status__in=HOLDING).values_list(
        *("pk", "patient_id", "session__plan_id", "arrives_at", "starts_at", "ends_at"),
        *("session__plan__name", "session__plan__interval_min", "session__plan__shares_day"),
    )
    for row in rows:
        held[row[1]].append(HeldVisit(*row))
    return held


class Places:
    """Which places the courses treat, and whom the restricted ones ask for."""

    def __init__(self) -> None:
        self.of_plan: dict[int, set[tuple[int, str]]] = defaultdict(set)
        self.restricted: dict[int, dict[str, set[int]]] = defaultdict(dict)

    def shared(self, one: int, other: int) -> bool:
        """Say whether two courses treat one place of a body; midline touches both sides (PlanArea.touches)."""
        rows = [
            (PlanArea(area_id=area, side=side), PlanArea(area_id=there, side=other_side))
            for area, side in self.of_plan[one]
            for there, other_side in self.of_plan[other]
        ]
        return any(here.touches(there) for here, there in rows)

    def named(self, plan_id: int) -> Named:
        """Return whom the restricted places of a course ask for."""
        return Named(tuple((name, frozenset(keys)) for name, keys in self.restricted[plan_id].items()))


def places_of(patients: Iterable[int]) -> Places:
    """Read the places of all courses of these patients. One statement."""
    found = Places()
    rows = PlanArea.objects.filter(plan__patient__in=patients).order_by("area__position", "area_id")
    fields = ("plan_id", "area_id", "side", "area__restricted", "area__name", "area__clinicians")
    for plan_id, area_id, side, restricted, name, clinician_id in rows.values_list(*fields):
        found.of_plan[plan_id].add((area_id, side))
        if restricted:
            found.restricted[plan_id].setdefault(name, set()).update({clinician_id} - {None})
    return found


def kept_away(plan: TreatmentPlan, held: Sequence[HeldVisit], places: Places, zone: ZoneInfo) -> Iterator[Held]:
    """Yield the days of the patient's other courses that this one keeps away from (planning/loading)."""
    for one in held:
        if one.plan_id is None or one.plan_id == plan.pk:
            continue
        day = local_day(one.starts_at, zone)
        if places.shared(plan.pk, one.plan_id):
            yield Held(day, max(one.least or 0, plan.interval_min), one.name or "")
        elif not (plan.shares_day and one.shares):
            yield Held(day, 1, one.name or "", same_area=False)
