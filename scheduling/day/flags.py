"""What marks a visit out for the desk, each with a sentence that says why. Pure: the caller brings all facts."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.days import age_on, clock, local_day, wall_time
from clinic.models import Clinic
from scheduling.day.visits import DayVisit
from scheduling.models import AppointmentStatus

OFF = {AppointmentStatus.NO_SHOW, AppointmentStatus.CANCELLED, AppointmentStatus.UNDONE}


@dataclass(frozen=True)
class Flag:
    """One mark: `key` is its name in code, `icon` its name among the icons, `tone` is info or warn."""

    key: str
    icon: str
    word: str
    sentence: str
    tone: str = "info"


@dataclass(frozen=True)
class Measures:
    """Against what a visit is held: the moment, the clinic's own numbers, and which visits stand outside the hours.

    `discreet` leaves out of the sentences what only the desk may read.
    """

    now: datetime
    zone: ZoneInfo
    notice_hours: int = 24
    late_minutes: int = 15
    age_of_majority: int = 19
    outside: Collection[int] = field(default_factory=frozenset)
    discreet: bool = False

    @classmethod
    def of(
        cls, clinic: Clinic, now: datetime, *, outside: Collection[int] = frozenset(), discreet: bool = False
    ) -> "Measures":
        """Take the clinic's own numbers."""
        return cls(now, clinic.tz, clinic.notice_hours, clinic.late_minutes, clinic.age_of_majority, outside, discreet)

    # What says the same of every visit is worded once.
    @cached_property
    def first(self) -> Flag:
        words = _("The first visit here: allow time for the tour and the file.")
        return Flag("first", "stars", _("First visit"), words)

    @cached_property
    def unconfirmed(self) -> Flag:
        words = ngettext(
            "Not confirmed, and less than %(n)d hour ahead: call.",
            "Not confirmed, and less than %(n)d hours ahead: call.",
            self.notice_hours,
        )
        return Flag("unconfirmed", "telephone", _("Unconfirmed"), words % {"n": self.notice_hours})

    @cached_property
    def no_mail(self) -> Flag:
        words = _("No reminder goes out by e-mail: tell the patient by phone.")
        return Flag("no_mail", "envelope-slash", _("No e-mail"), words)

    @cached_property
    def notice(self) -> timedelta:
        return timedelta(hours=self.notice_hours)


def flags_of(visit: DayVisit, at: Measures) -> list[Flag]:
    """Return the marks of a visit, what needs a person first. What did not take place has none."""
    if visit.status in OFF:
        return []
    if visit.status == AppointmentStatus.COMPLETED:
        return list(_first(visit, at))
    return [flag for part in PARTS for flag in part(visit, at)]


def _late(visit: DayVisit, at: Measures) -> Iterator[Flag]:
    late = at.now - visit.arrives_at
    if visit.is_ahead and timedelta(minutes=at.late_minutes) < late and at.now < visit.ends_at:
        minutes = late // timedelta(minutes=1)
        words = ngettext(
            "Expected at %(time)s, %(n)d minute ago, and nobody has said that they came.",
            "Expected at %(time)s, %(n)d minutes ago, and nobody has said that they came.",
            minutes,
        )
        yield Flag("late", "alarm", _("Late"), words % {"time": _wall(visit.arrives_at, at), "n": minutes}, "warn")


def _waits(visit: DayVisit, at: Measures) -> Iterator[Flag]:
    minutes = (at.now - visit.starts_at) // timedelta(minutes=1)
    if visit.status == AppointmentStatus.ARRIVED and minutes > 0:
        words = ngettext(
            "Here, and the visit should have begun %(n)d minute ago.",
            "Here, and the visit should have begun %(n)d minutes ago.",
            minutes,
        )
        yield Flag("waits", "hourglass-split", _("Waits"), words % {"n": minutes}, "warn")


def _outside(visit: DayVisit, at: Measures) -> Iterator[Flag]:
    if visit.pk in at.outside:
        words = _("It stands where its clinician does not work: off hours, away or closed. Move it or cancel it.")
        yield Flag("outside", "calendar-x", _("Outside hours"), words, "warn")


def _minor(visit: DayVisit, at: Measures) -> Iterator[Flag]:
    if visit.starts_at.year - visit.birth_date.year > at.age_of_majority + 1:
        return  # to ask the zone for the day takes longer than all else here
    age = age_on(visit.birth_date, local_day(visit.starts_at, at.zone))
    if age >= at.age_of_majority:
        return
    words = _("%(age)d years old: under %(limit)d, a guardian decides.") % {"age": age, "limit": at.age_of_majority}
    if visit.guardian_name and not at.discreet:
        words = f"{words} {_('It is %(guardian)s.') % {'guardian': visit.guardian_label}}"
    yield Flag("minor", "person-exclamation", _("Under age"), words, "warn")


def _spacing(visit: DayVisit, at: Measures) -> Iterator[Flag]:
    if visit.early_reason:
        words = _("It is nearer to the session before than the course allows.")
        yield Flag("early", "calendar-minus", _("Early"), _because(words, visit.early_reason, at), "warn")
    if visit.late_reason:
        words = _("It is further from the session before than the course allows.")
        yield Flag("gap", "calendar-plus", _("Long gap"), _because(words, visit.late_reason, at))


def _first(visit: DayVisit, at: Measures) -> Iterator[Flag]:
    if visit.is_first:
        yield at.first


def _unconfirmed(visit: DayVisit, at: Measures) -> Iterator[Flag]:
    if visit.status == AppointmentStatus.BOOKED and at.now < visit.starts_at <= at.now + at.notice:
        yield at.unconfirmed


def _no_mail(visit: DayVisit, at: Measures) -> Iterator[Flag]:
    if visit.is_ahead and at.now < visit.starts_at and not (visit.email and visit.reminders_by_email):
        yield at.no_mail


def _note(visit: DayVisit, at: Measures) -> Iterator[Flag]:
    if visit.note:
        words = _("There is a note in the file.") if at.discreet else visit.note
        yield Flag("note", "sticky", _("Note"), words)


def _because(words: str, reason: str, at: Measures) -> str:
    return words if at.discreet else f"{words} {_('The reason: %(why)s') % {'why': reason}}"


def _wall(moment: datetime, at: Measures) -> str:
    return clock(wall_time(moment, at.zone))


PARTS = (_late, _waits, _outside, _minor, _spacing, _first, _unconfirmed, _no_mail, _note)
"""In the order in which they are shown: what needs a person now comes first."""
