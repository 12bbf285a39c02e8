"""One local day of the book in order of arrival: who needs a word, who is here, who comes, what is over."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.days import clock, day_span, local_day, wall_time
from clinic.models import Clinic, Clinician, User
from scheduling.day.visits import DayVisit, day_visits
from scheduling.models import Absence, Appointment, AppointmentStatus, Closure
from scheduling.planning.workday import Hours, Walls
from scheduling.running_offers import Running, in_words, offered_now

SOON = timedelta(hours=1)
"""Who arrives within this time stands apart from who comes later."""
NOON, EVENING = time(12, 0), time(17, 0)
OFF = {AppointmentStatus.NO_SHOW, AppointmentStatus.CANCELLED}


@dataclass(frozen=True)
class Group:
    """Visits under one head. `look` is the class that makes it loud (`due`, `wait`, `now`) or faint (`done`, `off`)."""

    title: str
    visits: list[DayVisit]
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
    def visits(self) -> list[DayVisit]:
        """The visits that start on this local day, be it of 23, 24 or 25 hours, as the patients arrive."""
        visits = Appointment.objects.visible_to(self.user).on_the_board()
        visits = visits.starting(*day_span(self.day, self.zone))
        if self.clinician_id is not None:
            visits = visits.filter(clinician_id=self.clinician_id)
        return day_visits(visits.order_by("arrives_at", "starts_at", "clinician__position", "id"))

    @cached_property
    def groups(self) -> list[Group]:
        """The visits in the order in which a desk needs them; empty groups are left out."""
        over = [one for one in self.visits if one.status == AppointmentStatus.COMPLETED]
        off = [one for one in self.visits if one.status in OFF]
        ended = {one.pk for one in (*over, *off)}
        open_visits = [one for one in self.visits if one.pk not in ended]
        groups = self._by_need(open_visits) if self.is_today or self.has_passed else self._by_hour(open_visits)
        groups += [Group(_("Done"), over, "done"), Group(_("Did not take place"), off, "off")]
        return [group for group in groups if group.visits]

    def _by_need(self, visits: list[DayVisit]) -> list[Group]:
        """Past visits that nobody closed come first: only a person knows what became of them."""
        now = self.now
        due = [one for one in visits if one.ends_at <= now]
        rest = [one for one in visits if now < one.ends_at]
        ahead = [one for one in rest if one.is_ahead]
        later = [one for one in ahead if now < one.arrives_at]
        return [
            Group(_("To close"), due, "due", _("Their time is over: did they come?")),
            Group(_("Waiting"), self._waiting(rest), "wait"),
            Group(_("In treatment"), [one for one in rest if one.status == AppointmentStatus.IN_TREATMENT], "treated"),
            Group(_("Now"), [one for one in ahead if one.arrives_at <= now], "now"),
            Group(_("Within the hour"), [one for one in later if one.arrives_at - now <= SOON]),
            Group(_("Later"), [one for one in later if now + SOON < one.arrives_at]),
        ]

    def _waiting(self, visits: list[DayVisit]) -> list[DayVisit]:
        """Return who is here, in the order in which they came."""
        here = [one for one in visits if one.status == AppointmentStatus.ARRIVED]
        return sorted(here, key=lambda one: one.arrived_at or one.arrives_at)

    def _by_hour(self, visits: list[DayVisit]) -> list[Group]:
        starts = [(wall_time(one.starts_at, self.zone), one) for one in visits]
        return [
            Group(_("Morning"), [one for wall, one in starts if wall < NOON]),
            Group(_("Afternoon"), [one for wall, one in starts if NOON <= wall < EVENING]),
            Group(_("Evening"), [one for wall, one in starts if wall >= EVENING]),
        ]

    @cached_property
    def counts(self) -> list[tuple[int, str]]:
        """The head's figures with their words; those that are nought are left out, but for the first."""
        status = [one.status for one in self.visits]
        visits = sum(one != AppointmentStatus.CANCELLED for one in status)
        done, missed, cancelled = (status.count(one) for one in ("completed", "no_show", "cancelled"))
        by_look = {group.look: len(group.visits) for group in self.groups}
        found = [
            (by_look.get("wait", 0), _("waiting")),
            (done, _("done")),
            (by_look.get("due", 0), _("to close")),
            (missed, ngettext("no-show", "no-shows", missed)),
            (cancelled, _("cancelled")),
        ]
        return [(visits, ngettext("visit", "visits", visits)), *((count, word) for count, word in found if count)]

    # --- Who works, and why nobody does ---
    @cached_property
    def hours(self) -> Hours:
        return Hours.read(self.day, self.day, self.zone)

    @property
    def closure(self) -> Closure | None:
        """The closure that holds on this day; the longest where several do."""
        return self.hours.closure_on(self.day)

    @cached_property
    def everybody(self) -> dict[int, Clinician]:
        """All clinicians by their key, those too who are no longer booked: their visits stay on their days."""
        return {one.pk: one for one in Clinician.objects.annotate(offered=offered_now(self.now))}

    def offered(self, clinic: Clinic, *, discreet: bool) -> list[Running]:
        """Return the times of this day that are offered by mail at this moment."""
        return in_words(self.everybody.values(), clinic, self.now, on=self.day, discreet=discreet)

    @property
    def clinicians(self) -> list[Clinician]:
        return [one for one in self.everybody.values() if one.is_active]

    @cached_property
    def next_day(self) -> date:
        """The next day that has visits, for the way out of an empty one; tomorrow where none has."""
        tomorrow = self.day + timedelta(days=1)
        since, _until = day_span(tomorrow, self.zone)
        visits = Appointment.objects.visible_to(self.user).holding().filter(starts_at__gte=since)
        first = visits.order_by("starts_at").values_list("starts_at", flat=True).first()
        return local_day(first, self.zone) if first else tomorrow

    @property
    def chosen(self) -> Clinician | None:
        return next((one for one in self.clinicians if one.pk == self.clinician_id), None)

    @property
    def away(self) -> list[tuple[Clinician, Absence]]:
        """Absences that touch this day, with who is away."""
        return [(self.everybody[one.clinician_id], one) for one in self.hours.absences]

    @cached_property
    def workers(self) -> list[Worker]:
        """Who is there on this day and when, in the order of the book: by the day's own hours, less what is away."""
        found = [(clinician, self.hours.of(clinician.pk, self.day).at_work) for clinician in self.clinicians]
        return [Worker(clinician, _spans(spans)) for clinician, spans in found if spans]


def _spans(spans: Iterable[Walls]) -> str:
    return ", ".join(f"{clock(since)} – {clock(until)}" for since, until in spans)
