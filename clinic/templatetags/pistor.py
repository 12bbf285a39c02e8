"""How every screen writes days, times, phones and states. One form each (LOOK.md, Type and Words)."""

from datetime import date, datetime, time
from typing import Any

from django import template
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from phonenumber_field.phonenumber import PhoneNumber

from clinic.lib import days
from clinic.lib.phones import phone_words
from clinic.lib.text import split_hits

register = template.Library()

Moment = date | datetime | None


# A status's class of colours and its icon (LOOK.md, Colour). The word comes from the model, so that it is said once.
STATUS_LOOKS = {
    "planned": ("booked", "circle"),
    "booked": ("booked", "circle"),
    "confirmed": ("confirmed", "check-circle"),
    "arrived": ("arrived", "geo-alt-fill"),
    "in_treatment": ("treatment", "record-circle-fill"),
    "completed": ("completed", "check2-all"),
    "no_show": ("noshow", "person-x-fill"),
    "cancelled": ("cancelled", "x-lg"),
    "undone": ("cancelled", "arrow-counterclockwise"),
    "dropped": ("cancelled", "x-lg"),
}


# The same of a plan. Under way is the ordinary case: it is quiet.
PLAN_LOOKS = {
    "active": ("booked", "play-circle"),
    "paused": ("arrived", "pause-circle"),
    "finished": ("completed", "check2-all"),
    "discontinued": ("cancelled", "stop-circle"),
}


def _local(moment: date | datetime) -> date:
    return timezone.localtime(moment).date() if isinstance(moment, datetime) else moment


@register.filter
def day(moment: Moment) -> str:
    """Write a local day: "Tue 24 Nov", with the year when it is not this one."""
    return days.day_words(_local(moment), timezone.localdate()) if moment else ""


@register.filter
def weekday(moment: Moment) -> str:
    """Write the day of the week: "Tue"."""
    return formats.date_format(_local(moment), "D") if moment else ""


@register.filter
def day_month(moment: Moment) -> str:
    """Write a local day without its weekday: "24 Nov", with the year when it is not this one."""
    if not moment:
        return ""
    local = _local(moment)
    return formats.date_format(local, "j M" if local.year == timezone.localdate().year else "j M Y")


@register.filter
def short_day(moment: Moment) -> str:
    """Write a local day for the axis of a drawing, where the order tells the year: "24 Nov"."""
    return formats.date_format(_local(moment), "j M") if moment else ""


@register.filter
def long_day(moment: Moment) -> str:
    """Write a local day in full: "Today", "Tuesday 24 November", with the year when it is not this one."""
    if not moment:
        return ""
    local, today = _local(moment), timezone.localdate()
    if local == today:
        return _("Today")
    return formats.date_format(local, "l j F" if local.year == today.year else "l j F Y")


@register.filter
def clock(moment: datetime | time | None) -> str:
    """Write a wall time in the active zone: "13:45"."""
    if not moment:
        return ""
    return days.clock(timezone.localtime(moment).time() if isinstance(moment, datetime) else moment)


@register.filter
def born(birth_date: date | None) -> str:
    """Write a birth date: "8 May 1974"."""
    return formats.date_format(birth_date, "j F Y") if birth_date else ""


@register.filter
def age(patient: Any) -> int:  # noqa: ANN401 - clinic lies below patients and cannot name its type
    """Say how old a patient is today, in the clinic's zone."""
    return patient.age_on(timezone.localdate())


@register.filter
def away(moment: Moment) -> str:
    """Say how far off a day is: "today", "tomorrow", "in 8 days", "3 days ago"."""
    if not moment:
        return ""
    count = (_local(moment) - timezone.localdate()).days
    near = {0: _("today"), 1: _("tomorrow"), -1: _("yesterday")}
    if count in near:
        return near[count]
    if count > 0:
        return ngettext("in %(count)d day", "in %(count)d days", count) % {"count": count}
    return ngettext("%(count)d day ago", "%(count)d days ago", -count) % {"count": -count}


@register.filter
def gap(count: int | None) -> str:
    """Write the days since the session before: "7 days", or "first"."""
    if count is None:
        return _("first")
    return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}


@register.filter
def days_between(least: int, most: int) -> str:
    """Write how far sessions may lie apart: "7 to 14 days", or "14 days"."""
    if least == most:
        return gap(least)
    return _("%(least)d to %(most)d days") % {"least": least, "most": most}


@register.filter
def minutes(count: int) -> str:
    """Write a length, its unit after a thin gap: "45 min"."""
    return _("%(count)d min") % {"count": count}


@register.filter
def phone(number: PhoneNumber | str | None) -> str:
    """Write a phone number in its national form: "709-555-0118"; foreign ones with their country's code."""
    return phone_words(number)


@register.filter
def marked(words: str, query: str) -> SafeString:
    """Mark the parts of a name that a search asked for: accents and case do not matter."""
    return format_html_join(
        "", "{}", ((format_html("<mark>{}</mark>", part) if hit else part,) for part, hit in split_hits(words, query))
    )


@register.filter
def fact(value: Any) -> str:  # noqa: ANN401 - whatever a field holds
    """Write a value of a form in words, as two people compare it."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, date):
        return born(value)
    return phone(value) if isinstance(value, PhoneNumber) else str(value or _("empty"))


@register.simple_tag
def status(state: str, word: str | Promise, form: str = "") -> SafeString:
    """Draw a status: icon and word. `form="plain"` leaves the box out, for tables."""
    look, icon = STATUS_LOOKS[state]
    return format_html(
        '<span class="status st-{}{}"><i class="bi bi-{}" aria-hidden="true"></i>{}</span>',
        look,
        " status-plain" if form == "plain" else "",
        icon,
        word,
    )


@register.simple_tag
def plan_status(state: str, word: str | Promise) -> SafeString:
    """Draw how a plan stands: icon and word."""
    look, icon = PLAN_LOOKS[state]
    return format_html(
        '<span class="status st-{}"><i class="bi bi-{}" aria-hidden="true"></i>{}</span>', look, icon, word
    )
