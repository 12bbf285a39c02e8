"""Make a large demo: planned in memory, written by COPY, all of it or nothing."""

from datetime import date, datetime, time, timedelta
from random import Random

from django.db import connection, transaction

from clinic.demo import house, sent
from clinic.demo.build import ZONE, Demo, keep_catalogue, offers
from clinic.demo.guard import refuse_unless_safe
from clinic.demo.keep import House, keep_days_off, keep_house
from clinic.lib.days import midnight
from clinic.models import RoomKind
from scheduling.models import Appointment

from .book import RESTS, SHIFTS, WEEK, LargeBook, Waiting
from .courses import Planner
from .people import Names
from .progress import Progress
from .rows import Rows
from .size import Size
from .tables import history_kept_later

AT_ONCE = 1000
"""Visits whose reminders are made together."""

# A reminder of each visit older than what `sent` words. Which mail said what a year ago, nobody asks the demo.
OLD_REMINDERS = """
WITH old AS (
    SELECT id, patient_id, version, starts_at - interval '1 day' AS due_at,
        nextval(pg_get_serial_sequence('patients_message', 'id')) AS message_id
    FROM scheduling_appointment WHERE starts_at < %(until)s AND status IN ('completed', 'no_show')
), messages AS (
    INSERT INTO patients_message (id, public_id, patient_id, kind, channel, state, due_at, not_after, attempts, nonce,
        message_id, to_address, subject, body, reason, created_at, settled_at)
    SELECT message_id, gen_random_uuid(), patient_id, 'reminder_1_day', 'email', 'sent', due_at, NULL, 1,
        gen_random_uuid(), '', '', '', '', '', due_at, due_at + interval '20 seconds' FROM old
)
INSERT INTO scheduling_appointmentmessage (message_id, appointment_id, kind, version, again)
SELECT message_id, id, 'reminder_1_day', version, 0 FROM old
"""


def build_large(now: datetime, size: Size, progress: Progress) -> Demo:
    """Make a demo of this size as of this moment's local day. Raises DemoRefused where it must not be."""
    with transaction.atomic():
        refuse_unless_safe()
        demo = _build(now.astimezone(ZONE).date(), size, progress)
    progress.end()
    return demo


def _build(today: date, size: Size, progress: Progress) -> Demo:
    rng = Random(size.seed)  # noqa: S311 - a demo must come out the same each time
    first, last = today - timedelta(days=size.days_back), today + timedelta(days=size.days_ahead)
    first -= timedelta(days=first.weekday())
    kinds = keep_catalogue()[:1]
    devices = max(2, size.clinicians // 4)
    book = LargeBook(first, last, size.clinicians, size.rooms, devices, rng)
    rows = _keep_house(kinds, size, devices, first)
    keep_days_off(rows, book.closed, book.away)
    today_number = book.number_of(today)
    planner = Planner(
        book,
        [offer for offer in offers(kinds) if any(not restricted for _key, _sided, restricted in offer.areas)],
        Waiting(rng.sample(range(size.patients), size.patients)),
        today_number,
        size.fill,
        rng,
    )
    with history_kept_later():
        courses, visits = _write(planner, Rows(book, rows, rng, today_number), size, today, progress)
    since = midnight(today, ZONE)
    _messages(rows, rng, since, progress)
    progress.start("statistics")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return Demo(size.patients, courses, visits, _fullness(book, today_number))


def _keep_house(kinds: list[RoomKind], size: Size, devices: int, first: date) -> House:
    """Write the clinic and its people: those of the small demo, then others by number."""
    names = [(person.name, person.short_name, person.email, person.licence) for person in house.CLINICIANS]
    names += [
        (f"Clinician {n}", f"Clinician {n}", f"clinician{n}@demo.example", f"RN-DEMO-{n:04d}")
        for n in range(len(names) + 1, size.clinicians + 1)
    ]
    people = [
        house.Person(*facts, works=_each_day(SHIFTS[place % 2]), rests=_each_day(RESTS[place % 2]))
        for place, facts in enumerate(names[: size.clinicians])
    ]
    return keep_house(
        kinds,
        people=people,
        room_names=[f"Room {n}" for n in range(1, size.rooms + 1)],
        device_names=[f"Mesogun {n}" for n in range(1, devices + 1)],
        since=min(first, house.HOURS_SINCE),
    )


def _each_day(span: tuple[int, int]) -> dict[int, house.Span]:
    starts, ends = (time(*divmod(minute, 60)) for minute in span)
    return dict.fromkeys(range(5), (starts, ends))


def _write(planner: Planner, rows: Rows, size: Size, today: date, progress: Progress) -> tuple[int, int]:
    """Write all courses, then all patients; return how many courses and visits there are."""
    progress.start("days planned", planner.book.days)
    courses = 0
    for course in planner.courses():
        rows.course(course)
        courses += 1
        progress.to(course.first)
    visits = rows.visits.count
    progress.start("patients", size.patients)
    names = Names.drawn(rows.rng)
    for place in range(size.patients):
        rows.person(place, names, today)
        progress.to(place + 1)
    progress.start("keys and constraints looked through")
    rows.close()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("ANALYZE scheduling_appointment, treatments_session, treatments_treatmentplan, patients_patient")
    progress.start("history")
    return courses, visits


def _messages(rows: House, rng: Random, since: datetime, progress: Progress) -> None:
    """Write a reminder of each old visit, the past month in words, and the reminders of what lies ahead."""
    progress.start("old reminders")
    with connection.cursor() as cursor:
        cursor.execute(OLD_REMINDERS, {"until": since - sent.MONTH})
    progress.start("messages of the past month")
    progress.to(sent.keep_sent(rows, rng, since))
    ahead = Appointment.objects.filter(starts_at__gte=since).select_related("patient").order_by("starts_at", "pk")
    keys = list(ahead.values_list("pk", flat=True))
    progress.start("visits ahead with their reminders", len(keys))
    for at in range(0, len(keys), AT_ONCE):
        sent.keep_waiting(ahead.filter(pk__in=keys[at : at + AT_ONCE]), rows.clinic, since)
        progress.to(min(at + AT_ONCE, len(keys)))


def _fullness(book: LargeBook, today: int) -> float:
    """Return the part of the working minutes of the next four weeks that is taken."""
    weeks = range(today // WEEK, min(today // WEEK + 4, book.weeks))
    worked = sum(book.worked[clinician][week] for clinician in range(book.clinicians) for week in weeks)
    taken = sum(book.taken[clinician][week] for clinician in range(book.clinicians) for week in weeks)
    return taken / worked if worked else 0.0
