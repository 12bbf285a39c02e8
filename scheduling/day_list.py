"""One local day of the book as the desk reads it: who needs a word, who is here, who comes, what is over."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.days import clock, day_span, local_day, wall_time
from clinic.models import Clinician, User
from scheduling.models import Absence, Appointment, AppointmentStatus, Closure
from scheduling.planning.workday import Hours, Walls
from scheduling.services.appointments import RESTORABLE

SOON = timedelta(hours=1)
"""Who arrives within this time stands apart from who comes later."""
NOON, EVENING = time(12, 0), time(17, 0)
OVER = {AppointmentStatus.COMPLETED}
OFF = {AppointmentStatus.NO_SHOW, AppointmentStatus.CANCELLED}


@dataclass(frozen=True)
class Row:
    """One visit of the day, and which acts its state and the hour allow."""

    visit: Appointment
    now: datetime
    notice_hours: int = 24

    @property
    def is_off(self) -> bool:
        return self.visit.status in OFF

    @property
    def is_over(self) -> bool:
        return self.visit.status in OVER

    @property
    def is_open(self) -> bool:
        return not (self.is_off or self.is_over)

    @property
    def may_complete(self) -> bool:
        return self.is_open and self.visit.arrives_at <= self.now

    @property
    def may_miss(self) -> bool:
        return self.visit.is_ahead and self.visit.starts_at <= self.now

    @property
    def may_cancel(self) -> bool:
        return self.is_open and self.visit.status != AppointmentStatus.IN_TREATMENT

    @property
    def may_move(self) -> bool:
        return self.visit.is_ahead

    @property
    def may_restore(self) -> bool:
        return self.visit.status in RESTORABLE

    @property
    def is_late_to_cancel(self) -> bool:
        """Say whether the clinic asks for more notice than is left."""
        return self.visit.starts_at - self.now < timedelta(hours=self.notice_hours)

    @property
    def what(self) -> str:
        """The treatment of a session, or what kind of visit it is."""
        session = self.visit.session
        return session.plan.name if session else self.visit.get_kind_display()

    @property
    def of_how_many(self) -> str:
        session = self.visit.session
        if session is None:
            return ""
        return _("%(number)d of %(count)d") % {"number": session.number, "count": session.plan.session_count}

    @property
    def title(self) -> str:
        """The visit by itself: "Session 7 of 10" or "Consultation"."""
        session = self.visit.session
        if session is None:
            return str(self.visit.get_kind_display())
        values = {"number": session.number, "count": session.plan.session_count}
        return _("Session %(number)d of %(count)d") % values

    @property
    def named(self) -> str:
        """How a question about this visit calls it: "session 7" or "the review"."""
        session = self.visit.session
        if session is None:
            return _("the %(kind)s") % {"kind": self.visit.get_kind_display().lower()}
        return _("session %(number)d") % {"number": session.number}


@dataclass(frozen=True)
class Group:
    """Rows under one head. `look` is the class that makes it loud (`due`, `now`) or faint (`done`, `off`)."""

    title: str
    rows: list[Row]
    look: str = ""
    note: str = ""


@dataclass(frozen=True)
class Worker:
    """A clinician at work on the day, and between which wall times: "8:30 – 17:00"."""

    clinician: Clinician
    spans: str


@dataclass
class DayList:
    """Everything that the page of one local day shows. Each part is one query, whatever the number of visits."""

    day: date
    zone: ZoneInfo
    now: datetime
    user: User
    clinician_id: int | None = None
    notice_hours: int = 24

    @property
    def today(self) -> date:
        return local_day(self.now, self.zone)

    @property
    def is_today(self) -> bool:
        return self.day == self.today

    @property
    def has_passed(self) -> bool:
        return self.day < self.today

    @cached_property
    def rows(self) -> list[Row]:
        """The visits that start on this local day, be it of 23, 24 or 25 hours."""
        visits = Appointment.objects.visible_to(self.user).on_the_board().with_names()
        visits = visits.starting(*day_span(self.day, self.zone))
        if self.clinician_id is not None:
            visits = visits.filter(clinician_id=self.clinician_id)
        return [
            Row(visit, self.now, self.notice_hours)
            for visit in visits.order_by("starts_at", "clinician__position", "id")
        ]

    @cached_property
    def groups(self) -> list[Group]:
        """The rows in the order in which a desk needs them; empty groups are left out."""
        open_rows = [row for row in self.rows if row.is_open]
        groups = self._by_need(open_rows) if self.is_today or self.has_passed else self._by_hour(open_rows)
        groups += [
            Group(_("Done"), [row for row in self.rows if row.is_over], "done"),
            Group(_("Did not take place"), [row for row in self.rows if row.is_off], "off"),
        ]
        return [group for group in groups if group.rows]

    def _by_need(self, rows: list[Row]) -> list[Group]:
        """Past visits that nobody closed come first: only a person knows what became of them."""
        due = [row for row in rows if row.visit.ends_at <= self.now]
        here = [row for row in rows if row.visit.arrives_at <= self.now < row.visit.ends_at]
        ahead = [row for row in rows if self.now < row.visit.arrives_at]
        soon = [row for row in ahead if row.visit.arrives_at - self.now <= SOON]
        later = [row for row in ahead if self.now + SOON < row.visit.arrives_at]
        return [
            Group(_("To close"), due, "due", _("Their time is over: did they come?")),
            Group(_("Now"), here, "now"),
            Group(_("Within the hour"), soon),
            Group(_("Later"), later),
        ]

    def _by_hour(self, rows: list[Row]) -> list[Group]:
        starts = [(wall_time(row.visit.starts_at, self.zone), row) for row in rows]
        return [
            Group(_("Morning"), [row for wall, row in starts if wall < NOON]),
            Group(_("Afternoon"), [row for wall, row in starts if NOON <= wall < EVENING]),
            Group(_("Evening"), [row for wall, row in starts if wall >= EVENING]),
        ]

    @cached_property
    def counts(self) -> list[tuple[int, str]]:
        """The head's figures with their words; those that are nought are left out, but for the first."""
        status = [row.visit.status for row in self.rows]
        visits = sum(one != AppointmentStatus.CANCELLED for one in status)
        done, missed, cancelled = (status.count(one) for one in ("completed", "no_show", "cancelled"))
        to_close = sum(len(group.rows) for group in self.groups if group.look == "due")
        found = [
            (visits, ngettext("visit", "visits", visits)),
            (done, _("done")),
            (to_close, _("to close")),
            (missed, ngettext("no-show", "no-shows", missed)),
            (cancelled, _("cancelled")),
        ]
        return [(count, word) for count, word in found[:1]] + [(count, word) for count, word in found[1:] if count]

    # --- Who works, and why nobody does ---
    @cached_property
    def hours(self) -> Hours:
        return Hours.read(self.day, self.day, self.zone)

    @property
    def closure(self) -> Closure | None:
        """The closure that holds on this day; the longest where several do."""
        return self.hours.closure_on(self.day)

    @cached_property
    def clinicians(self) -> list[Clinician]:
        return list(Clinician.objects.filter(is_active=True))

    @cached_property
    def next_day(self) -> date:
        """The next day that has visits, for the way out of an empty one; tomorrow where none has."""
        tomorrow = self.day + timedelta(days=1)
        since, _until = day_span(tomorrow, self.zone)
        visits = Appointment.objects.visible_to(self.user).holding().filter(starts_at__gte=since)
        first = visits.order_by("starts_at").values_list("starts_at", flat=True).first()
        return local_day(first, self.zone) if first else tomorrow

    @cached_property
    def chosen(self) -> Clinician | None:
        return next((one for one in self.clinicians if one.pk == self.clinician_id), None)

    @property
    def away(self) -> list[Absence]:
        """Absences that touch this day."""
        return self.hours.absences

    @cached_property
    def workers(self) -> list[Worker]:
        """Who is there on this day and when, in the order of the book: by the day's own hours, less what is away."""
        found = [(clinician, self.hours.of(clinician.pk, self.day).at_work) for clinician in self.clinicians]
        return [Worker(clinician, _spans(spans)) for clinician, spans in found if spans]


def _spans(spans: Iterable[Walls]) -> str:
    return ", ".join(f"{clock(since)} – {clock(until)}" for since, until in spans)
