"""Run every check over the whole book: a few statements, each over all rows at once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from clinic.models import Clinic
from scheduling.checking import courses, messages, times
from scheduling.checking.check import Check
from scheduling.models import HOLDING
from scheduling.services.notices import SERIES_SUMMARY, VISIT_NOTES, VISIT_SUMMARY
from scheduling.services.reminding import DAYS_BEFORE, FEWEST_DAYS_AHEAD

CHECKS: list[Check] = [*times.CHECKS, *courses.CHECKS, *messages.CHECKS]
SORT_MEMORY = "256MB"
"""A million rows are sorted by each of four resources: with PostgreSQL's usual 4 MB that happens on disk."""


@dataclass(frozen=True)
class Rot:
    """One thing that cannot be right: which check found it, on what (visit, session, course, message), and words."""

    check: str
    what: str
    key: int
    at: datetime | None
    words: str


def parameters(clinic: Clinic, now: datetime) -> dict[str, Any]:
    reminders = list(DAYS_BEFORE)
    return {
        "now": now,
        "zone": str(clinic.tz),
        "holding": HOLDING,
        "reminders": reminders,
        "days_before": [DAYS_BEFORE[kind] for kind in reminders],
        "days_ahead": [FEWEST_DAYS_AHEAD[kind] for kind in reminders],
        "notes": VISIT_NOTES,
        "of_visits": [*reminders, VISIT_NOTES, VISIT_SUMMARY],
        "of_courses": [SERIES_SUMMARY],
        "send_from": clinic.send_from,
        "send_until": clinic.send_until,
    }


def scan(now: datetime) -> list[Rot]:
    """Return all that is wrong in the book at this moment, check by check; nothing when all is well. Reads only.

    Each check is one statement, so it sees one moment of a book that others write to meanwhile.
    """
    values, found = parameters(Clinic.objects.current(), now), []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL work_mem = '{SORT_MEMORY}'")
        # Each check joins whole tables. A book that was filled a moment ago has no statistics yet: PostgreSQL then
        # takes its tables for small and looks one up for each row of another, for minutes.
        cursor.execute("SET LOCAL enable_nestloop = off")
        for check in CHECKS:
            cursor.execute(check.statement, values)
            found += [Rot(check.name, *row) for row in cursor.fetchall()]
    return found
