"""What the page of a plan for an absence shows: its rows in groups, how it stands, how far it reaches. Reads only."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.days import clock, day_words, local_day, span_words, wall_time
from clinic.models import Clinic, Clinician, Room
from patients.models import Channel
from patients.services.outbox.queue import channel_for
from scheduling.away_rows import LEFT_OUT, LOCKED, Kept, read_rows, score_of
from scheduling.models import Absence, Appointment, AwayPlan, AwayState
from scheduling.planning.away.candidates import visits_hit
from scheduling.planning.away.model import Score
from scheduling.planning.freetime import from_epoch
from scheduling.planning.options import length
from scheduling.services.away import LEASE, away_of

WIDTH, PAD = 132.0, 6.0
"""Units of the drawing of a window, and what is left free at either end."""


@dataclass(frozen=True)
class Axis:
    """Local days from one to another on the drawing of a window."""

    first: int
    last: int

    def at(self, day: int) -> float:
        return round(PAD + (day - self.first + 0.5) * self.step, 1)

    @property
    def step(self) -> float:
        return (WIDTH - 2 * PAD) / (self.last - self.first + 1)

    @property
    def ends(self) -> tuple[date, date]:
        return date.fromordinal(self.first), date.fromordinal(self.last)


@dataclass(frozen=True)
class Line:
    """A row as it is shown: the visit with its names, and where it goes."""

    kept: Kept
    visit: Appointment
    page: "AwayPage"

    @property
    def name(self) -> str:
        return self.visit.patient.full_name

    @property
    def what(self) -> str:
        session = self.visit.session
        if session is None:
            return self.visit.get_kind_display()
        values = {"name": session.plan.name, "n": session.number, "count": session.plan.session_count}
        return _("%(name)s %(n)d of %(count)d") % values

    @property
    def before(self) -> str:
        return self.page.when(self.kept.was)

    @property
    def after(self) -> str:
        return self.page.when(self.kept.to) if self.kept.to is not None else ""

    @property
    def other_day(self) -> bool:
        return not self.kept.is_left and self.kept.days_off > 0

    @property
    def with_whom(self) -> str:
        who = self.page.people.get(self.kept.who)
        room = self.page.rooms.get(self.kept.room or 0)
        return ", ".join(part for part in (who.short_name if who else "", room.name if room else "") if part)

    @property
    def off(self) -> str:
        """Return "same time", "45 min" or "3 days"."""
        if self.kept.keeps_time:
            return _("same time")
        if self.kept.days_off:
            return ngettext("%(n)d day", "%(n)d days", self.kept.days_off) % {"n": self.kept.days_off}
        return length(self.kept.minutes)

    @property
    def is_locked(self) -> bool:
        return self.kept.pinned == LOCKED

    @property
    def is_left_out(self) -> bool:
        return self.kept.pinned == LEFT_OUT

    @property
    def why_left(self) -> str:
        """Say why a visit is left over."""
        if self.is_left_out:
            return _("Left out by hand")
        if self.kept.earliest is None:
            return _("Every other day breaks its window")
        return _("Nothing is free on its days: call")

    @property
    def band(self) -> tuple[float, float] | None:
        """Where the days allowed lie on the drawing: left end and width. None where nothing bounds them."""
        if self.kept.earliest is None or self.kept.latest is None or self.visit.session_id is None:
            return None
        axis = self.page.axis
        left, right = axis.at(self.kept.earliest) - axis.step / 2, axis.at(self.kept.latest) + axis.step / 2
        return round(left, 1), round(right - left, 1)

    @property
    def was_at(self) -> float:
        return self.page.axis.at(self.kept.was_day)

    @property
    def now_at(self) -> float | None:
        return None if self.kept.is_left else self.page.axis.at(self.kept.day)

    @property
    def window_words(self) -> str:
        """Say what the drawing shows."""
        today = self.page.today
        if self.kept.earliest is None or self.kept.latest is None:
            return _("No day breaks no window.")
        days = span_words(date.fromordinal(self.kept.earliest), date.fromordinal(self.kept.latest), today)
        if self.visit.session_id is None:
            return _("Any day will do.")
        return _("May fall on %(days)s.") % {"days": days}


class AwayPage:
    """One plan with all that its page needs."""

    def __init__(self, plan: AwayPlan, now: datetime, clinic: Clinic) -> None:
        self.plan, self.now, self.clinic = plan, now, clinic
        self.today = local_day(now, clinic.tz)
        self.kept = read_rows(plan.rows)
        found = Appointment.objects.filter(pk__in=[row.visit for row in self.kept])
        visits = {visit.pk: visit for visit in found.select_related("patient", "session__plan")}
        self.lines = [Line(row, visits[row.visit], self) for row in self.kept if row.visit in visits]

    # --- Names and words ---

    @cached_property
    def people(self) -> dict[int, Clinician]:
        return {one.pk: one for one in Clinician.objects.all()}

    @cached_property
    def rooms(self) -> dict[int, Room]:
        return {room.pk: room for room in Room.objects.all()}

    def when(self, seconds: int) -> str:
        moment = from_epoch(seconds)
        return f"{day_words(local_day(moment, self.clinic.tz), self.today)}, {clock(wall_time(moment, self.clinic.tz))}"

    @cached_property
    def axis(self) -> Axis:
        days = [day for row in self.kept for day in (row.was_day, row.earliest, row.latest, row.day) if day]
        return Axis(min(days, default=self.today.toordinal()), max(days, default=self.today.toordinal()))

    # --- Groups ---

    @property
    def left(self) -> list[Line]:
        return [line for line in self.lines if line.kept.is_left]

    @property
    def keep(self) -> list[Line]:
        return [line for line in self.lines if line.kept.keeps_time]

    @property
    def move(self) -> list[Line]:
        return [line for line in self.lines if not line.kept.is_left and not line.kept.keeps_time]

    @property
    def same_day(self) -> list[Line]:
        return [line for line in self.move if not line.other_day]

    @property
    def gone(self) -> list[Line]:
        return [line for line in self.lines if line.kept.gone]

    @cached_property
    def score(self) -> Score:
        return score_of(self.kept)

    # --- How it stands ---

    @property
    def is_looking(self) -> bool:
        return self.plan.state == AwayState.LOOKING

    @property
    def nobody_looks(self) -> bool:
        """Say whether the search has to be begun: it waits, or whoever looked did not come back."""
        since = self.plan.looking_since
        return self.is_looking and (since is None or since < self.now - LEASE)

    @property
    def is_applied(self) -> bool:
        return self.plan.operation is not None and self.plan.operation.undone_by_id is None

    @property
    def is_undone(self) -> bool:
        return self.plan.operation is not None and self.plan.operation.undone_by_id is not None

    @property
    def is_open(self) -> bool:
        """Say whether its rows can be changed and applied."""
        return self.plan.operation is None and not self.is_looking

    @property
    def is_least(self) -> bool:
        """Say whether it is proved that no plan leaves over fewer, and of those none moves fewer."""
        first_two = [self.score.left, self._second]
        return self.plan.is_least and first_two == list(self.least)

    @property
    def least(self) -> tuple[int, int]:
        """What any plan has at least: left over, then the part that counts next."""
        left, second = self.plan.least or (0, 0)
        return left, second

    @property
    def _second(self) -> int:
        return self.score.others if self.plan.same_person_first else self.score.moves

    @property
    def by_hand(self) -> bool:
        """Say whether a person changed it since the search."""
        return self.plan.is_least and not self.plan.is_best and not self.is_least

    @property
    def has_pins(self) -> bool:
        return any(row.pinned for row in self.kept)

    @cached_property
    def new_visits(self) -> int:
        """Count the visits that were booked into the span since."""
        mine = {row.visit for row in self.kept}
        return sum(visit.pk not in mine for visit in visits_hit(away_of(self.plan), self.now))

    @cached_property
    def absence_is_noted(self) -> bool:
        plan = self.plan
        noted = Absence.objects.filter(clinician_id=plan.clinician_id)
        return noted.filter(starts_at__lt=plan.ends_at, ends_at__gt=plan.starts_at).exists()

    @property
    def span(self) -> str:
        zone = self.clinic.tz
        first, last = local_day(self.plan.starts_at, zone), local_day(self.plan.ends_at, zone)
        if wall_time(self.plan.ends_at, zone) == datetime.min.time():
            last = date.fromordinal(last.toordinal() - 1)
        return day_words(first, self.today) if first == last else span_words(first, last, self.today)

    @property
    def told(self) -> dict[str, int]:
        """Count the patients whose time changes, by how they are told."""
        patients = {line.visit.patient_id: line.visit.patient for line in self.move}
        mailed = sum(channel_for(patient) == Channel.EMAIL for patient in patients.values())
        return {"mail": mailed, "call": len(patients) - mailed}

    @property
    def days(self) -> str:
        """Return from which day until which the plan reaches."""
        days = [row.day or row.was_day for row in self.kept]
        if not days:
            return ""
        first, last = date.fromordinal(min(days)), date.fromordinal(max(days))
        return day_words(first, self.today) if first == last else span_words(first, last, self.today)

    @property
    def one_by_one(self) -> Score:
        return Score(*self.plan.one_by_one)

    def as_context(self) -> dict[str, Any]:
        return {"away": self, "plan": self.plan}
