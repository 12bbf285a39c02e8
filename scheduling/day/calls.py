"""The call list: visits of one local day that nobody has confirmed, and what came of calling so far."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from clinic.lib.days import day_span, local_day
from clinic.models import Clinician, User
from scheduling.day.flags import Flag, Measures, flags_of
from scheduling.day.visits import DayVisit, day_visits
from scheduling.models import AHEAD, Appointment, AppointmentStatus, Call


@dataclass(frozen=True)
class Line:
    """One visit to call about: its calls so far, the latest first, and what else marks it out."""

    visit: DayVisit
    clinician: str
    calls: tuple[Call, ...]
    flags: tuple[Flag, ...]


@dataclass(frozen=True)
class CallList:
    day: date
    lines: tuple[Line, ...]
    confirmed: int

    @property
    def visits(self) -> int:
        return len(self.lines) + self.confirmed


def next_day_with_visits(today: date, zone: ZoneInfo, user: User) -> date:
    """Return the next local day after today on which somebody is booked; tomorrow when nobody is."""
    tomorrow = today + timedelta(days=1)
    ahead = Appointment.objects.visible_to(user).filter(status__in=AHEAD, starts_at__gte=day_span(tomorrow, zone)[0])
    first = ahead.order_by("starts_at").values_list("starts_at", flat=True).first()
    return local_day(first, zone) if first else tomorrow


def call_list(day: date, *, user: User, at: Measures) -> CallList:
    """Read the list of a local day in three queries: who was never called first, then by start."""
    since, until = day_span(day, at.zone)
    visits = Appointment.objects.visible_to(user).filter(status__in=AHEAD, ends_at__gt=at.now).starting(since, until)
    read = day_visits(visits.order_by("starts_at", "id"))
    open_visits = [one for one in read if one.status == AppointmentStatus.BOOKED]
    calls = _calls(one.pk for one in open_visits)
    staff = dict(Clinician.objects.values_list("pk", "short_name"))
    lines = [
        Line(
            one,
            staff[one.clinician_id],
            tuple(calls.get(one.pk, ())),
            tuple(flag for flag in flags_of(one, at) if flag.key not in {"unconfirmed", "late"}),
        )
        for one in open_visits
    ]
    lines.sort(key=lambda line: (bool(line.calls), line.visit.starts_at))
    return CallList(day, tuple(lines), len(read) - len(open_visits))


def _calls(visits: Iterable[int]) -> dict[int, list[Call]]:
    found: dict[int, list[Call]] = {}
    standing = Call.objects.standing().filter(appointment__in=list(visits)).select_related("operation")
    for call in standing.order_by("-operation__at"):
        found.setdefault(call.appointment_id, []).append(call)
    return found


def called_today(calls: Iterable[Call], now: datetime, zone: ZoneInfo) -> bool:
    """Say whether somebody called on this local day."""
    return any(local_day(call.operation.at, zone) == local_day(now, zone) for call in calls)
