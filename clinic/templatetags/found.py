"""How a line of Find is written: when the patient comes next, and the digits that were asked for."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from clinic.lib.days import clock, day_words
from clinic.lib.text import digits
from clinic.lib.typed import typed_dates

register = template.Library()


@register.filter
def when(moment: datetime) -> str:
    """Write a moment ahead: "today 13:45", "tomorrow 13:45", "Thu 26 Nov 13:45"."""
    local, today = timezone.localtime(moment), timezone.localdate()
    near = {0: _("today"), 1: _("tomorrow")}.get((local.date() - today).days)
    return f"{near or day_words(local.date(), today)} {clock(local.time())}"


@register.filter
def marked_digits(words: str, query: str) -> SafeString | str:
    """Mark the digits that were asked for: "0118" in "709-555-0118", whatever stands between them."""
    number = digits(query)
    places = [place for place, character in enumerate(words) if character.isdecimal()]
    at = "".join(words[place] for place in places).find(number) if number else -1
    if at < 0:
        return words
    first, last = places[at], places[at + len(number) - 1] + 1
    return format_html("{}<mark>{}</mark>{}", words[:first], words[first:last], words[last:])


@register.filter
def marked_mail(address: str, query: str) -> SafeString | str:
    """Mark the part of an address that was asked for, its dots and hyphens as they stand."""
    part = max((part for part in query.lower().split() if part in address.lower()), key=len, default="")
    at = address.lower().find(part)
    end = at + len(part)
    return format_html("{}<mark>{}</mark>{}", address[:at], address[at:end], address[end:]) if part else address


@register.filter
def marked_date(words: str, query: str) -> SafeString | str:
    """Mark a birth date, written as `words`, when the query is a date: only those born then are found by it."""
    return format_html("<mark>{}</mark>", words) if typed_dates(query) else words
