"""Make the demo: reckon it from the seed and the local day, then write it in one transaction."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from clinic.lib.days import midnight
from clinic.models import RoomKind
from scheduling.models import Appointment
from treatments.aftercare import first_version
from treatments.catalogue import load_catalogue
from treatments.models import AftercareText, Protocol

from . import house, keep, sent
from .book import Book
from .courses import Offer
from .days import absences, closures
from .guard import refuse_unless_safe
from .people import patients
from .stories import Story, tell
from .talks import add_talks

SEED = 1952
"""The year of the first paper on the matter; any number would do, as long as it stays."""
ZONE = ZoneInfo(house.CLINIC["zone"])


@dataclass(frozen=True)
class Demo:
    """What was made. `fullness` is the part of the working minutes taken in the next four weeks."""

    patients: int
    courses: int
    visits: int
    fullness: float


def offers(kinds: list[RoomKind]) -> list[Offer]:
    """Return the catalogue as the demo needs it, in an order of its own."""
    found = Protocol.objects.offered().order_by("key").prefetch_related("areas")
    place_of = {kind.pk: place for place, kind in enumerate(kinds)}
    return [
        Offer(
            protocol.key,
            (protocol.sessions_min, protocol.sessions_usual, protocol.sessions_max),
            (protocol.interval_min, protocol.interval_ideal, protocol.interval_max),
            protocol.minutes,
            protocol.numbing_minutes,
            protocol.turnover_minutes,
            place_of[protocol.room_kind_id],
            tuple((area.key, area.sided, area.restricted) for area in protocol.areas.all()),
            device=protocol.device_kind_id is not None,
        )
        for protocol in found
    ]


def reckon(today: date, of: list[Offer], room_kinds: list[int], rng: Random) -> tuple[Book, Story]:
    """Return the book of this local day and what stands in it. Nothing is read or written."""
    closed = closures(today)
    book = Book(today, closed, absences(today, closed), room_kinds, len(house.DEVICES))
    story = tell(book, of, rng, closed)
    add_talks(book, story, rng, room_kinds[0])
    for need, seat in story.held:
        book.free(need, seat)
    return book, story


def keep_catalogue() -> list[RoomKind]:
    """Write what the clinic offers; return the kinds of room that it asks for, the most wanted first."""
    load_catalogue()
    text = first_version()
    AftercareText.objects.get_or_create(version=text["version"], language=text["language"], defaults=text)
    kinds = list(RoomKind.objects.filter(pk__in=Protocol.objects.offered().values("room_kind")).order_by("key"))
    kinds.sort(key=lambda kind: -Protocol.objects.filter(room_kind=kind).count())
    return kinds


@transaction.atomic
def build(now: datetime) -> Demo:
    """Make the demo as of this moment's local day. Raises DemoRefused where it must not be."""
    refuse_unless_safe()
    today = now.astimezone(ZONE).date()
    kinds = keep_catalogue()
    rows = keep.keep_house(kinds)
    rng = Random(SEED)  # noqa: S311 - a demo must come out the same each time
    people = patients(rng, today)
    book, story = reckon(today, offers(kinds), [kinds.index(room.kind) for room in rows.rooms], rng)
    keep.keep_days_off(rows, book.closed, book.away)
    saved = keep.keep_patients(people, rng, rows, today)
    sessions = keep.keep_courses(story.courses, saved, rng, rows, today)
    visits = keep.keep_visits(story.courses, sessions, story.others, saved, rng, rows, today)
    since = midnight(today, ZONE)  # not this moment: the demo of a day is the same at every hour
    ahead = (
        Appointment.objects.filter(starts_at__gte=since).select_related("patient").order_by("starts_at", "public_id")
    )
    sent.keep_sent(rows, rng, since)
    sent.keep_waiting(ahead, rows.clinic, since)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # until PostgreSQL does so by itself, it would take the full tables for empty ones
    fullness = book.share(today, today + timedelta(days=27))
    return Demo(len(saved), len(story.courses), visits, fullness)
