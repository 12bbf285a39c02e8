"""Consultations before courses, and reviews after them: visits of the demo that bear no session number."""

from datetime import date, timedelta
from random import Random

from scheduling.models import AppointmentKind, AppointmentStatus

from .book import Book, Need, span_of_days
from .courses import Visit, fate
from .days import PAST_WEEKS
from .house import ANIKA, ETIENNE, FOLAKE, TALK_TURNOVER, TALKS
from .stories import Story

WHO = [ANIKA, ETIENNE, FOLAKE]


def add_talks(book: Book, story: Story, rng: Random, room_kind: int) -> None:
    """Seat a consultation before most courses of these weeks and a review after some, and those of the newcomers."""
    since, until = book.today - timedelta(weeks=PAST_WEEKS), book.today + timedelta(weeks=3)

    def seat(kind: AppointmentKind, patient: int, wished: date) -> None:
        if since <= wished <= until:
            visit = _seat(book, rng, Need(patient, TALKS[kind], 0, TALK_TURNOVER, room_kind), kind, wished)
            story.others += [visit] if visit else []

    for place, patient in enumerate(story.newcomers):
        seat(AppointmentKind.CONSULTATION, patient, book.today + timedelta(days=3 * place - 6))
    for course in story.courses:
        if rng.random() < 0.5:
            seat(AppointmentKind.CONSULTATION, course.patient, course.first - timedelta(days=rng.randint(8, 14)))
        last = course.visits[-1].seat.day if course.visits else None
        if last and rng.random() < 0.3:
            seat(AppointmentKind.REVIEW, course.patient, last + timedelta(days=rng.randint(28, 40)))


def _seat(book: Book, rng: Random, need: Need, kind: AppointmentKind, wished: date) -> Visit | None:
    """Return a visit near the wished day, on its own side of today, or None when the book is full."""
    days = span_of_days(wished, wished + timedelta(days=5))
    who = [WHO[(need.patient + step) % len(WHO)] for step in range(len(WHO))]
    seat = book.find(need, who, days, wished, rng.randrange(19, 34) * 30)
    if seat is None:
        return None
    status = fate(rng, seat.day, book.today)
    visit = Visit(need.patient, need, seat, status, kind=kind)
    if visit.status == AppointmentStatus.CANCELLED:
        visit.status_reason = "Patient is ill"
    if visit.holds:
        book.take(need, seat)
    return visit
