"""All that planning one course reads, fetched once: the plan's neighbours, free time, closures, absences, hours."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.db.models import Q

from clinic.lib.days import NoSuchTime, TwoSuchTimes, instant, local_day, midnight, wall_time
from clinic.models import Clinic, Clinician, Room
from patients.models import Patient
from scheduling.models import HOLDING, Absence, Appointment, Closure, HoursChange, HoursKind, WeeklyHours
from scheduling.planning.chain import Weights
from scheduling.planning.freetime import FreeTime, Visit, from_epoch, read, to_epoch
from scheduling.planning.types import RHYTHM_DAYS, Choices, Slot
from scheduling.planning.windows import Held, Rule
from treatments.models import SessionState, TreatmentPlan
from treatments.named import Named, bookable, named_for

REACH = 45
"""Days beyond the last wished date that are searched: a closed fortnight and a busy month."""
DAYS_OUTSIDE = 21
"""Days ahead that are offered for a visit outside a course."""
ANY_DAY = Rule(0, 0, 10_000)
"""Visits outside a course keep no days between them."""


@dataclass
class Context:
    """One course being planned. Everything is read when made, under whatever locks the caller holds."""

    visit: Visit
    patient: Patient
    choices: Choices
    rule: Rule
    clinic: Clinic
    now: datetime
    first: date
    last: date
    free: FreeTime
    clinicians: dict[int, Clinician]
    """Those who may take the visit: of a course with restricted areas the named ones alone."""
    closures: list[Closure]
    absences: list[Absence]
    own: list[tuple[date, int]]
    """Local days that this plan's other visits hold, with their session numbers."""
    others: list[Held]
    """Local days of the same patient's other plans that share an area."""
    people: dict[int, Clinician] = field(default_factory=dict)
    """Everybody who can be booked, whether or not for this visit: sentences name them."""
    named: Named = field(default_factory=Named)
    weights: Weights = field(default_factory=Weights)
    since: datetime | None = None
    """No visit may start before: now, unless one is entered afterwards."""
    _grids: dict[date, dict[int, int]] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        return self.clinic.tz

    @property
    def earliest(self) -> datetime:
        return self.since or self.now

    @property
    def today(self) -> date:
        return local_day(self.now, self.zone)

    @cached_property
    def own_days(self) -> list[date]:
        return sorted(day for day, _ in self.own)

    @cached_property
    def around_minute(self) -> int:
        return self.choices.around.hour * 60 + self.choices.around.minute

    @cached_property
    def minutes_by_nearness(self) -> list[int]:
        """Minutes of a day at which a visit may start, those nearest to the wished time first."""
        grid = set(range(0, 24 * 60, self.clinic.grid_minutes)) | {self.around_minute}
        return sorted(grid, key=lambda minute: (abs(minute - self.around_minute), minute))

    def day_of(self, slot: Slot) -> date:
        return local_day(slot.starts_at, self.zone)

    def closure_on(self, day: date) -> Closure | None:
        return next((closure for closure in self.closures if closure.starts_on <= day <= closure.ends_on), None)

    def grid_of(self, day: date) -> dict[int, int]:
        """Return minute of the local day -> instant in seconds, without the minutes that the clocks skip or repeat."""
        if day not in self._grids:
            start = to_epoch(midnight(day, self.zone))
            if to_epoch(midnight(day + timedelta(days=1), self.zone)) - start == 24 * 3600:
                self._grids[day] = {minute: start + minute * 60 for minute in self.minutes_by_nearness}
            else:
                self._grids[day] = self._careful_grid(day)
        return self._grids[day]

    def _careful_grid(self, day: date) -> dict[int, int]:
        grid = {}
        for minute in self.minutes_by_nearness:
            try:
                moment = instant(day, time(*divmod(minute, 60)), self.zone)
            except (NoSuchTime, TwoSuchTimes):
                continue
            grid[minute] = to_epoch(moment)
        return grid

    def minute_of(self, slot: Slot) -> int:
        wall = wall_time(slot.starts_at, self.zone)
        return wall.hour * 60 + wall.minute

    def may_treat(self) -> list[int]:
        """Return the clinicians whom the choices admit and who may take the visit, the wished one first."""
        wished = self.choices.clinician_id
        if wished is None:
            return list(self.clinicians)
        others = [key for key in self.clinicians if key != wished] if self.choices.else_anyone else []
        return [wished, *others] if wished in self.clinicians else others

    def starts(self, day: date, clinician_id: int, *, at_most: int | None = None) -> list[Slot]:
        """Return free slots of a clinician on a local day, those nearest to the wished time first."""
        found: list[Slot] = []
        if not self._has_time(day, clinician_id):
            return found
        grid, earliest = self.grid_of(day), to_epoch(self.earliest)
        for minute in self.minutes_by_nearness:
            start = grid.get(minute)
            if start is None or start < earliest:
                continue
            slot = self.free.place(clinician_id, start)
            if slot:
                found.append(slot)
                if len(found) == at_most:
                    break
        return found

    def _has_time(self, day: date, clinician_id: int) -> bool:
        since, until = to_epoch(midnight(day, self.zone)), to_epoch(midnight(day + timedelta(days=1), self.zone))
        return any(lo < until and since < hi for lo, hi in self.free.clinicians.get(clinician_id, []))

    @cached_property
    def rooms(self) -> dict[int, Room]:
        return {room.pk: room for room in Room.objects.filter(kind_id=self.visit.room_kind_id)}

    @cached_property
    def hours_changes(self) -> list[HoursChange]:
        return list(HoursChange.objects.filter(clinician_id__in=self.clinicians, on__range=(self.first, self.last)))

    def has_own_hours(self, clinician_id: int, day: date) -> bool:
        """Say whether a clinician works other hours on a local day than the week says, or not at all."""
        return any(row.clinician_id == clinician_id and row.on == day for row in self.hours_changes)

    def work_on(self, clinician_id: int, day: date) -> list[tuple[time, time]]:
        """Return the wall times at which a clinician works on a local day: that day's own, else the week's."""
        if self.has_own_hours(clinician_id, day):
            changed = [row for row in self.hours_changes if row.clinician_id == clinician_id and row.on == day]
            return sorted((row.starts, row.ends) for row in changed if row.starts and row.ends)
        return self._weekly(clinician_id, day, HoursKind.WORK)

    def breaks_on(self, clinician_id: int, day: date) -> list[tuple[time, time]]:
        return self._weekly(clinician_id, day, HoursKind.BREAK)

    def _weekly(self, clinician_id: int, day: date, kind: str) -> list[tuple[time, time]]:
        return sorted(
            (row.starts, row.ends)
            for row in self.hours
            if row.clinician_id == clinician_id and row.kind == kind and row.covers(day)
        )

    @cached_property
    def hours(self) -> list[WeeklyHours]:
        return list(WeeklyHours.objects.filter(clinician_id__in=self.clinicians))

    def is_open(self, day: date, clinicians: Sequence[int]) -> bool:
        """Say whether the clinic is open on a local day and one of these clinicians works then."""
        return not self.closure_on(day) and any(self.work_on(key, day) for key in clinicians)

    def overlapping(self, slots: Sequence[Slot]) -> list[Appointment]:
        """Return the appointments that hold something at any of these times, with their names, in one query."""
        around = Q()
        for slot in slots:
            start = to_epoch(slot.starts_at)
            since = from_epoch(start - self.visit.numbing_minutes * 60)
            until = from_epoch(start + (self.visit.minutes + self.visit.turnover_minutes) * 60)
            around |= Q(starts_at__gt=since - timedelta(days=1), starts_at__lt=until, frees_at__gt=since)
        if not slots:
            return []
        found = Appointment.objects.filter(around, status__in=HOLDING)
        return list(found.select_related("patient", "clinician", "room").order_by("starts_at"))


def first_free_number(plan: TreatmentPlan) -> int:
    """Return the number of the first session that has no visit yet; numbers follow dates, so they come last."""
    taken = plan.sessions.filter(state__in=[SessionState.BOOKED, SessionState.COMPLETED]).count()
    return taken + 1


def load(
    plan: TreatmentPlan,
    choices: Choices,
    *,
    now: datetime,
    slots: Sequence[Slot] = (),
    ignoring: Sequence[int] = (),
    visit: Visit | None = None,
    since: datetime | None = None,
) -> Context:
    """Read everything that planning this course needs. `ignoring` are appointments to look through (a move).

    `visit` is what one visit takes where that differs from the plan; `since` lets a visit be entered afterwards.
    """
    visit = visit or Visit.of(plan)
    clinic = Clinic.objects.current()
    zone = clinic.tz
    today = local_day(now, zone)
    days = [local_day(slot.starts_at, zone) for slot in slots]
    pace = max(plan.interval_ideal, RHYTHM_DAYS.get(choices.rhythm, 0))
    first = min([today, choices.start_on, *days])
    last = max([choices.start_on, *days]) + timedelta(days=(choices.count * pace if not days else 0) + REACH)
    people, named = bookable(), named_for(plan)
    clinicians = named.among(people)
    return Context(
        visit=visit,
        patient=plan.patient,
        choices=choices,
        rule=_rule(plan, choices),
        clinic=clinic,
        now=now,
        first=first,
        last=last,
        free=read(visit, first=first, last=last, clinicians=clinicians, zone=zone, ignoring=ignoring),
        clinicians=clinicians,
        closures=list(Closure.objects.filter(ends_on__gte=first, starts_on__lte=last)),
        absences=_absences(first, last, zone),
        people=people,
        named=named,
        since=since,
        own=_own_days(plan, zone, ignoring),
        others=_other_days(plan, zone, ignoring),
    )


def load_outside(
    visit: Visit,
    patient: Patient,
    choices: Choices,
    *,
    now: datetime,
    slots: Sequence[Slot] = (),
    ignoring: Sequence[int] = (),
    since: datetime | None = None,
) -> Context:
    """Read what booking one visit outside any course needs: no due window, no other session to keep away from."""
    clinic = Clinic.objects.current()
    zone = clinic.tz
    days = [choices.start_on, *(local_day(slot.starts_at, zone) for slot in slots)]
    first, last = min(days), max(days) + timedelta(days=DAYS_OUTSIDE)
    people = bookable()
    return Context(
        visit=visit,
        patient=patient,
        choices=choices,
        rule=ANY_DAY,
        clinic=clinic,
        now=now,
        first=first,
        last=last,
        free=read(visit, first=first, last=last, clinicians=people, zone=zone, ignoring=ignoring),
        clinicians=people,
        closures=list(Closure.objects.filter(ends_on__gte=first, starts_on__lte=last)),
        absences=_absences(first, last, zone),
        people=people,
        since=since,
        own=[],
        others=[],
    )


def _rule(plan: TreatmentPlan, choices: Choices) -> Rule:
    """Return the days between sessions; the rhythm asked for is the ideal, kept within what the plan allows."""
    wished = RHYTHM_DAYS.get(choices.rhythm, plan.interval_ideal)
    ideal = min(max(wished, plan.interval_min), plan.interval_max)
    return Rule(plan.interval_min, ideal, plan.interval_max)


def _absences(first: date, last: date, zone: ZoneInfo) -> list[Absence]:
    since, until = midnight(first, zone), midnight(last + timedelta(days=1), zone)
    return list(Absence.objects.filter(ends_at__gt=since, starts_at__lt=until))


def _own_days(plan: TreatmentPlan, zone: ZoneInfo, ignoring: Sequence[int]) -> list[tuple[date, int]]:
    held = Appointment.objects.filter(session__plan=plan, status__in=HOLDING).exclude(pk__in=ignoring)
    return [
        (local_day(starts_at, zone), number) for starts_at, number in held.values_list("starts_at", "session__number")
    ]


def _other_days(plan: TreatmentPlan, zone: ZoneInfo, ignoring: Sequence[int]) -> list[Held]:
    others = TreatmentPlan.objects.sharing_an_area_with(plan)
    held = Appointment.objects.filter(session__plan__in=others, status__in=HOLDING).exclude(pk__in=ignoring)
    rows = held.values_list("starts_at", "session__plan__name", "session__plan__interval_min")
    return [Held(local_day(starts_at, zone), max(least, plan.interval_min), name) for starts_at, name, least in rows]
