"""What hangs together: the rest of a course, courses that drift, who could come earlier, and a month of the board."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial

from django.db.models import Count, F, Q
from django.test import Client
from django.urls import reverse

from clinic.models import Clinic
from scheduling.models import AHEAD, Appointment, WaitingEntry
from scheduling.planning.drifting import drifting
from scheduling.planning.waiting_read import Stretch, ranked
from tests.bench.figures import Row, measure

CALLS = 30
LEFT = 4
"""Visits that a course has after the one that is lost, at least."""
WAITING = 200


def course_rows(client: Client, day: date, now: datetime, bare: Sequence[Callable[[], object]]) -> list[Row]:
    """Measure the pages and readings that go over many visits of one course, or over all courses."""
    month = partial(client.get, reverse("board_month", args=[day]))
    zone = Clinic.objects.current().tz
    return [
        measure("month", [month] * CALLS, floor="page", bare=bare),
        _rest(client, now, bare),
        measure("drift", [partial(drifting, now, zone)] * CALLS, floor="page", bare=bare),
        _ranking(now, bare),
    ]


def _rest(client: Client, now: datetime, bare: Sequence[Callable[[], object]]) -> Row:
    """Measure the page that spaces the rest of a course anew after one of its visits was cancelled."""
    ahead = Appointment.objects.filter(status__in=AHEAD, starts_at__gt=now, session__isnull=False)
    later = Q(
        session__plan__sessions__appointments__starts_at__gt=F("starts_at"),
        session__plan__sessions__appointments__status__in=AHEAD,
    )
    long = ahead.annotate(left=Count("session__plan__sessions__appointments", filter=later)).filter(left__gte=LEFT)
    pages = [reverse("appointment_rest", args=[one.public_id]) for one in long.order_by("pk")[:CALLS]]
    asked = [partial(client.get, f"{page}?act=cancel&how=respace") for page in pages]
    assert asked
    assert asked[0]().status_code == 200
    return measure("rest", asked, floor="page", bare=bare)


def _ranking(now: datetime, bare: Sequence[Callable[[], object]]) -> Row:
    """Measure ranking two hundred who would come earlier for a time that is free tomorrow."""
    ahead = Appointment.objects.filter(status__in=AHEAD, starts_at__gt=now + timedelta(days=3), waiting_entries=None)
    visits = list(ahead.select_related("session").order_by("pk")[:WAITING])
    WaitingEntry.objects.bulk_create(
        WaitingEntry(
            patient_id=visit.patient_id,
            kind=visit.kind,
            plan_id=visit.session.plan_id if visit.session else None,
            appointment=visit,
            since=now - timedelta(days=7),
        )
        for visit in visits
    )
    starts = (now + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    stretch = Stretch(visits[0].clinician_id, starts, starts + timedelta(hours=1))
    row = measure("waiting", [partial(ranked, stretch, now)] * CALLS, floor="page", bare=bare)
    row.more["waiting"] = WaitingEntry.objects.wanting(now).count()
    return row
