"""What taking an act back would bring, and when it must be refused as a whole."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from scheduling.services.errors import UndoRefused
from tests.scheduling.plain.book import FEWEST, Book
from tests.scheduling.plain.hours import Refused, Row
from tests.scheduling.plain.mail import AHEAD, HOLDS, Course, Visit
from tests.scheduling.plain.steps import is_ahead_again


@dataclass
class Act:
    """One act that succeeded: what it touched, with the stamps that it left, and what was there before."""

    pk: UUID
    visits: list[tuple[Visit, dict[str, Any] | None]] = field(default_factory=list)
    course: Course | None = None
    course_before: dict[str, Any] | None = None
    added: int = 0
    hours: dict[int, tuple[Row | None, Row | None]] | None = None
    scope: tuple[str, int, date] | None = None
    """Of hours: whose, and of which day (`day`) or from which day on (`week`)."""
    on_the_way: bool = False
    """Of a visit that went on, or one step back: it held its time before and after."""
    undone: bool = False
    stamps: dict[int, int] = field(default_factory=dict)
    course_stamp: int = 0

    def __post_init__(self) -> None:
        self.stamps = {visit["key"]: visit["stamp"] for visit, _before in self.visits}
        self.course_stamp = self.course["stamp"] if self.course else 0

    @property
    def is_booking(self) -> bool:
        return any(before is None for _visit, before in self.visits)

    @property
    def changed_since(self) -> bool:
        moved = any(visit["stamp"] != self.stamps[visit["key"]] for visit, _before in self.visits)
        about_course = self.course is not None and self.course_before is not None
        return moved or bool(about_course and self.course["stamp"] != self.course_stamp)  # type: ignore[index]


def take_back(book: Book, act: Act) -> Refused:
    """Take an act back, or change nothing and return why not."""
    if act.undone or act.changed_since:
        return {UndoRefused}
    kept = [(row, dict(row)) for row in [*book.visits, *book.courses]]
    refused = {error for visit, before in act.visits for error in _onto_a_pause(book, act, visit, before)}
    were_ahead = [visit["status"] in AHEAD for visit, _before in act.visits]
    how = _bring_back(book, act)
    refused |= book.wrong(visit for visit, _before in act.visits)
    course = act.course
    if course and (course["count"] < FEWEST or book.free_sessions(course) < 0):
        refused.add(UndoRefused)
    if refused:
        for row, values in kept:
            row.clear()
            row.update(values)
        return refused | {UndoRefused}
    _tell(book, act, how, were_ahead)
    act.undone = True
    return set()


def _onto_a_pause(book: Book, act: Act, visit: Visit, before: dict[str, Any] | None) -> Refused:
    stands = before is not None and before.get("status", visit["status"]) in HOLDS
    return book.paused(visit) if stands and act.course_before is None else set()


def _bring_back(book: Book, act: Act) -> str:
    keys = {visit["key"] for visit, _before in act.visits}
    how = "cancelled" if act.is_booking and keys & book.mail.left else "undone"
    for visit, before in act.visits:
        visit.update({"status": how} if before is None else before)
        visit["stamp"] += 1
    if act.course and act.course_before is not None:
        act.course.update(act.course_before)
        act.course["stamp"] += 1
    if act.course and act.added:
        act.course["count"] -= act.added
        act.course["open"] -= act.added
        act.course["stamp"] += 1
    return how


def _tell(book: Book, act: Act, how: str, were_ahead: list[bool]) -> None:
    if act.on_the_way:
        _tell_on_the_way(book, act, were_ahead)
        return
    for visit, _before in act.visits:
        book.mail.remind(visit, book.now)
        if visit["status"] == "completed":
            book.mail.notes(visit, book.now)
    book.renumber(act.course)
    waiting = ("series_summary", act.course["key"]) if act.course else None
    if act.is_booking and how == "undone":
        if waiting in book.mail.waiting and book.mail.nothing_to_tell(act.course, book.visits, book.now):  # type: ignore[arg-type]
            del book.mail.waiting[waiting]  # type: ignore[arg-type]
    elif act.visits:
        book.tell(act.visits[0][0], act.course)


def _tell_on_the_way(book: Book, act: Act, were_ahead: list[bool]) -> None:
    for (visit, _before), was_ahead in zip(act.visits, were_ahead, strict=True):
        if visit["status"] in AHEAD and not was_ahead:
            is_ahead_again(book, visit)
        elif visit["status"] not in AHEAD and was_ahead:
            book.mail.forget(visit)
        if visit["status"] == "completed":
            book.mail.notes(visit, book.now)
    book.renumber(act.course)
