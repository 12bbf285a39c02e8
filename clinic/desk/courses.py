"""A patient's courses as the patient page draws them: a track of sessions, and a line for each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from clinic.lib.days import local_day
from scheduling.models import Appointment, AppointmentStatus
from treatments.models import PlanStatus, SessionState, Side, TreatmentPlan

LONGEST_LINE = 10
UNDER_WAY = {AppointmentStatus.ARRIVED, AppointmentStatus.IN_TREATMENT}


@dataclass(frozen=True)
class Line:
    """One session: the visit that bears it now, and the local days since the one before."""

    number: int
    state: str
    visit: Appointment | None
    gap: int | None = None
    off: bool = False
    next: bool = False

    @property
    def node(self) -> str:
        """The class of its node in the track."""
        if self.state == SessionState.COMPLETED:
            return "done"
        if self.next:
            return "next"
        return "booked" if self.visit else "open"


@dataclass(frozen=True)
class CourseView:
    """One plan as drawn. `to_book` are the numbers of sessions without a visit."""

    plan: TreatmentPlan
    places: str
    lines: list[Line]

    @property
    def done(self) -> int:
        return sum(line.state == SessionState.COMPLETED for line in self.lines)

    @property
    def to_book(self) -> list[int]:
        return [line.number for line in self.lines if line.visit is None and line.state == SessionState.PLANNED]

    @property
    def latest_first(self) -> list[Line]:
        """The lines with a visit, the latest on top: what comes and what was last stand first."""
        return [line for line in reversed(self.lines) if line.visit]

    @property
    def is_open(self) -> bool:
        return self.plan.status in {PlanStatus.ACTIVE, PlanStatus.PAUSED}

    @property
    def is_long(self) -> bool:
        return len(self.lines) > LONGEST_LINE

    @property
    def last_day(self) -> datetime | None:
        days = [line.visit.starts_at for line in self.lines if line.visit]
        return max(days, default=None)


def places_words(plan: TreatmentPlan) -> str:
    """Return where the course treats: "Thigh and Buttock, both sides" is said place by place, sides together."""
    words = []
    for area, placed in groupby(plan.areas.all(), key=lambda placed: placed.area):
        sides = [Side(one.side) for one in placed]
        if sides == [Side.MIDLINE]:
            words.append(area.name)
        else:
            words.append(f"{area.name} {' + '.join(str(side.label) for side in sides)}")
    return ", ".join(words)


def next_visit(visits: Iterable[Appointment], now: datetime, zone: ZoneInfo) -> Appointment | None:
    """Return the visit that comes next: under way, or the first of today or later that has not been settled."""
    today = local_day(now, zone)
    for visit in sorted(visits, key=lambda one: one.starts_at):
        if visit.status in UNDER_WAY or (visit.is_ahead and local_day(visit.starts_at, zone) >= today):
            return visit
    return None


def course_view(
    plan: TreatmentPlan, visits: list[Appointment], coming: Appointment | None, zone: ZoneInfo
) -> CourseView:
    """Put a plan's sessions and the visits that bear them together. `visits` may be those of all plans."""
    bearing = {visit.session_id: visit for visit in visits if visit.holds and visit.session_id}
    lines: list[Line] = []
    before: date | None = None
    for session in sorted(plan.sessions.all(), key=lambda one: one.number):
        if session.state == SessionState.DROPPED:
            continue
        visit = bearing.get(session.pk)
        day = local_day(visit.starts_at, zone) if visit else None
        gap = (day - before).days if day and before else None
        off = gap is not None and not plan.interval_min <= gap <= plan.interval_max
        is_next = coming is not None and visit == coming
        lines.append(Line(session.number, session.state, visit, gap, off, is_next))
        before = day or before
    return CourseView(plan, places_words(plan), lines)
