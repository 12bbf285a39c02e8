"""What the mails about visits say, in the active language and zone. Nothing clinical (domain 6.4)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.models import Clinic
from clinic.templatetags.pistor import clock, phone
from patients.services.outbox.letters import Words
from scheduling.models import Appointment, Offer
from scheduling.services.told import Difference


def reminder_words(visit: Appointment, clinic: Clinic, now: datetime) -> Words:
    """Return a reminder of a visit as it reads on the day of `now`."""
    arrival = timezone.localtime(visit.arrives_at)
    days = (arrival.date() - timezone.localtime(now).date()).days
    time = clock(arrival)
    day = formats.date_format(arrival, "l, j F")
    near = {0: _("today, %(day)s"), 1: _("tomorrow, %(day)s")}.get(days, "") % {"day": day}
    subject = {
        0: _("Reminder: your appointment today at %(time)s"),
        1: _("Reminder: your appointment tomorrow at %(time)s"),
    }.get(days, _("Your appointment on %(day)s")) % {"time": time, "day": day}
    context = {
        "arrives_at": visit.arrives_at,
        "minutes": int((visit.ends_at - visit.arrives_at) / timedelta(minutes=1)),
        "near": near,
        "notice_hours": 0 if near else clinic.notice_hours,
    }
    preview = _("Please arrive at %(time)s (%(zone)s).") % {"time": time, "zone": clinic.zone_word}
    return Words("reminder", subject, preview, context)


def series_words(change: Difference, gone: Sequence[Appointment], clinic: Clinic) -> Words:
    """Return all dates that now stand, the new ones marked, and those that are gone."""
    subject, opening = _opening(change)
    call = _("Questions? Call %(number)s") if not change.current else _("Call %(number)s to change or cancel")
    context = {
        "opening": opening,
        "lines": [_line(visit, change) for visit in change.current],
        "gone": [_as_told(visit, change) for visit in gone],
        "call": call % {"number": phone(clinic.phone)},
    }
    return Words("series_summary", subject, opening, context)


def notes_words(token: str, expires_at: datetime) -> Words:
    """Return the mail with the link to a visit's notes."""
    link = settings.BASE_URL + reverse("visit_notes", args=[token])
    return Words(
        "visit_notes",
        _("Your visit notes are ready"),
        _("What to expect, and what to do in the next days."),
        {"link": link, "expires_at": expires_at},
    )


def earlier_words(offer: Offer, token: str, clinic: Clinic) -> Words:
    """Return the mail that tells of an earlier time, with the link to take it."""
    arrival = timezone.localtime(offer.arrives_at)
    day, time = formats.date_format(arrival, "l, j F"), clock(arrival)
    booked = offer.entry.appointment
    context = {
        "arrives_at": offer.arrives_at,
        "until": offer.expires_at,
        "booked": booked.arrives_at if booked else None,
        "link": settings.BASE_URL + reverse("earlier_time", args=[token]),
    }
    preview = _("Yours until %(until)s (%(zone)s) if you want it.") % {
        "until": clock(timezone.localtime(offer.expires_at)),
        "zone": clinic.zone_word,
    }
    subject = _("An earlier time is free: %(day)s at %(time)s") % {"day": day, "time": time}
    return Words("earlier_time", subject, preview, context)


def _opening(change: Difference) -> tuple[str, str]:
    if not change.current:
        return _("Your appointments are cancelled"), _("Your appointments with us are cancelled. None is left ahead.")
    count = len(change.current)
    if change.told:
        return _("Your appointments have changed"), _("Some of your appointments have changed. These now stand:")
    return ngettext("Your appointment", "Your appointments", count), ngettext(
        "You have %(count)d appointment with us:", "You have %(count)d appointments with us:", count
    ) % {"count": count}


def _line(visit: Appointment, change: Difference) -> dict[str, Any]:
    words = _("new time") if visit.pk in change.told else _("new")
    return {"arrives_at": visit.arrives_at, "is_new": change.is_new(visit), "words": words}


def _as_told(visit: Appointment, change: Difference) -> dict[str, Any]:
    """Return a visit that is gone at the time the patient knows, whatever became of the row since."""
    numbing = visit.starts_at - visit.arrives_at
    return {"arrives_at": datetime.fromisoformat(change.told[visit.pk]) - numbing}
