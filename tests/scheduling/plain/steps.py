"""How a visit goes on, and a step back: what each changes in the plain book, and what it would be refused for."""

from scheduling.services.errors import CourseStopped, ReasonMissing, StaleAppointment
from tests.scheduling.plain.book import ENDED, Book
from tests.scheduling.plain.hours import Refused
from tests.scheduling.plain.mail import AHEAD, Visit

FROM = {
    "confirm": {"booked"},
    "unconfirm": {"confirmed"},
    "arrive": {"booked", "confirmed"},
    "start": {"booked", "confirmed", "arrived"},
    "back": {"confirmed", "arrived", "in_treatment", "completed", "no_show", "cancelled"},
}
STEPS = list(FROM)


def may_go_on(book: Book, visit: Visit, step: str, *, reason: bool) -> Refused:
    if visit["status"] not in FROM[step]:
        return {StaleAppointment}
    end = visit["start"] + visit["takes"]["minutes"]
    if step == "confirm" and end <= book.now:
        return {StaleAppointment}
    first, last = book.day(visit["start"] - visit["takes"]["numbing"]), book.day(end)
    if step in {"arrive", "start"} and visit["status"] in AHEAD and not first <= book.day(book.now) <= last:
        return {StaleAppointment}
    return _may_step_back(book, visit, reason=reason) if step == "back" else set()


def _may_step_back(book: Book, visit: Visit, *, reason: bool) -> Refused:
    if visit["status"] in ENDED and not reason:
        return {ReasonMissing}
    if visit["status"] in {"no_show", "cancelled"}:
        return book.may_restore(visit)
    course = visit["course"]
    stopped = visit["status"] == "completed" and course and course["status"] == "discontinued"
    return {CourseStopped} if stopped else set()


def go_on(book: Book, visit: Visit, step: str) -> None:
    if step == "back":
        _step_back(book, visit)
        return
    visit["stamp"] += 1
    visit["status"] = {"confirm": "confirmed", "unconfirm": "booked", "arrive": "arrived", "start": "in_treatment"}[
        step
    ]
    if step in {"confirm", "unconfirm"}:
        visit["confirmed"] = step == "confirm"
    else:
        book.mail.forget(visit)


def _step_back(book: Book, visit: Visit) -> None:
    was = visit["status"]
    if was in {"no_show", "cancelled"}:
        book.restore(visit)
        return
    visit["stamp"] += 1
    ahead = "confirmed" if visit["confirmed"] and was == "arrived" else "booked"
    visit["status"] = {"completed": "in_treatment", "in_treatment": "arrived"}.get(was, ahead)
    visit["confirmed"] = visit["confirmed"] and was != "confirmed"
    if was == "completed":
        book.mail.forget(visit)
        book.renumber(visit["course"])
    if was == "arrived":
        is_ahead_again(book, visit)


def is_ahead_again(book: Book, visit: Visit) -> None:
    """A visit outside a course is told again: what waited was forgotten when the patient came."""
    if visit["course"] is None and visit["start"] > book.now:
        book.tell(visit, None)
