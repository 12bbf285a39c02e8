"""A calendar file of visits: neutral, in UTC, and told apart by the appointment, so that a change moves the entry."""

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from icalendar import Calendar, Event

from clinic.models import Clinic
from patients.services.outbox.registry import Attachment
from patients.services.outbox.sending import one_line
from scheduling.models import Appointment


def calendar_file(
    *, visits: Iterable[Appointment], gone: Iterable[Appointment], clinic: Clinic, summary: str, now: datetime
) -> Attachment:
    """Return one file with all visits, from arrival to end; those that no longer stand are marked cancelled."""
    calendar = Calendar()
    calendar.add("prodid", f"-//{one_line(clinic.short_name)}//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for visit, status in [*((visit, "CONFIRMED") for visit in visits), *((visit, "CANCELLED") for visit in gone)]:
        calendar.add_component(_event(visit, status, clinic, summary, now))
    return Attachment("appointments.ics", calendar.to_ical().decode(), "text/calendar; method=PUBLISH")


def _event(visit: Appointment, status: str, clinic: Clinic, summary: str, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"{visit.public_id}@{urlsplit(settings.BASE_URL).hostname or 'localhost'}")
    event.add("sequence", visit.version)
    event.add("dtstamp", now)
    event.add("dtstart", visit.arrives_at)
    event.add("dtend", visit.ends_at)
    event.add("summary", one_line(summary))
    event.add("status", status)
    if clinic.address:
        event.add("location", one_line(clinic.address))
    return event
