"""What the desk is told after an act on one visit: which numbers followed the dates, and what is to book again."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.days import day_words, local_day
from clinic.models import Operation
from scheduling.models import Appointment

OPENS = {"cancel_appointment", "miss_appointment", "replan_after_loss"}
"""Acts after which a session of the course has no visit any more."""
PUSHES = {"restore_appointment", "book_visit"}
"""Acts after which later visits bear later numbers."""


def tell(request: HttpRequest, operation: Operation, words: str) -> None:
    """Put what is now true into the toast, with Undo."""
    messages.success(request, words, extra_tags=f"undo:{operation.pk}")


def numbers_words(operation: Operation, zone: ZoneInfo, today: date) -> str:
    """Say "The later visits move up: session 4 is now Tue 22 Dec, and 5 more follow."; nothing when none changed."""
    moved = operation.result.get("renumbered", [])
    if not moved:
        return ""
    number, start = moved[0]
    values = {
        "head": _head(operation.kind, len(moved)),
        "number": number,
        "day": day_words(local_day(datetime.fromisoformat(start), zone), today),
        "n": len(moved) - 1,
    }
    if len(moved) == 1:
        return _("%(head)s: session %(number)d is now %(day)s.") % values
    words = ngettext(
        "%(head)s: session %(number)d is now %(day)s, and %(n)d more follows.",
        "%(head)s: session %(number)d is now %(day)s, and %(n)d more follow.",
        len(moved) - 1,
    )
    return words % values


def _head(kind: str, count: int) -> str:
    if kind in OPENS:
        return ngettext("The later visit moves up", "The later visits move up", count)
    if kind in PUSHES:
        return ngettext("The later visit moves down", "The later visits move down", count)
    return _("The numbers follow the dates")


def to_book_words(operation: Operation) -> str:
    """Say "Session 10 is to book." after an act that left a session without a visit."""
    numbers = operation.result.get("to_book", []) if operation.kind in OPENS else []
    if not numbers:
        return ""
    values = {"first": numbers[0], "last": numbers[-1]}
    words = ngettext("Session %(first)d is to book.", "Sessions %(first)d to %(last)d are to book.", len(numbers))
    return words % values


def unsaid_words(operation: Operation) -> str:
    """Say that a patient had confirmed another start than the one that the visit has now."""
    count = operation.result.get("unconfirmed", 0)
    if not count:
        return ""
    words = ngettext(
        "The old time was confirmed, the new one is not yet.",
        "%(n)d had confirmed their old times, the new ones they have not yet.",
        count,
    )
    return words % {"n": count}


def told(sentence: str, operation: Operation, visit: Appointment, zone: ZoneInfo, today: date) -> str:
    """Return the sentence with what followed from the act, and a link to book what it left open."""
    open_words = to_book_words(operation)
    parts = (sentence, unsaid_words(operation), numbers_words(operation, zone, today), open_words)
    said = " ".join(part for part in parts if part)
    if not open_words or visit.session is None:
        return said
    link = reverse("series_planner", args=[visit.session.plan.public_id])
    count = len(operation.result["to_book"])
    return format_html('{} <a href="{}">{}</a>', said, link, ngettext("Book it", "Book them", count))
