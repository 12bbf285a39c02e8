"""Which act comes next for a visit: the button that stands in its line. All others are in the line's menu."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic.lib.access import Permission
from scheduling.day.visits import DayVisit
from scheduling.models import AppointmentStatus

NOBODY = "00000000-0000-0000-0000-000000000000"
"""Stands in an address for the visit: an address is worked out once a page, not once a line."""


def pattern(name: str) -> str:
    """Return an address with `{}` where the visit's or the patient's own part stands."""
    return reverse(name, args=[NOBODY]).replace(NOBODY, "{}")


@dataclass(frozen=True)
class Act:
    """A button: the name of its address, its word, and who may press it."""

    name: str
    word: str | Promise
    permission: Permission

    @property
    def pattern(self) -> str:
        return pattern(self.name)


COMPLETE = Act("appointment_complete", _("Complete"), Permission.COMPLETE)
MISS = Act("appointment_no_show", _("No-show"), Permission.COMPLETE)

ACTS = (COMPLETE, MISS)


def next_acts(visit: DayVisit, now: datetime) -> tuple[Act, ...]:
    """Return what the desk presses next: nothing before a visit's hour, both answers when its time is over."""
    if visit.status == AppointmentStatus.IN_TREATMENT or visit.status == AppointmentStatus.ARRIVED:
        return (COMPLETE,)
    if not visit.is_ahead or now < visit.arrives_at:
        return ()
    return (COMPLETE, MISS) if visit.ends_at <= now else (COMPLETE,)
