"""The plain values that the planner, its screen and the booking services speak in."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from scheduling.planning.ground import Ground


class Rhythm(StrEnum):
    WEEKLY = "weekly"
    TWO_WEEKLY = "two_weekly"
    BETWEEN = "between"


RHYTHM_DAYS = {Rhythm.WEEKLY: 7, Rhythm.TWO_WEEKLY: 14}
"""Local days between sessions that a rhythm asks for; `between` takes the plan's own best."""
RHYTHM_WORDS = {Rhythm.WEEKLY: _("Weekly"), Rhythm.TWO_WEEKLY: _("Two-weekly"), Rhythm.BETWEEN: _("Between")}


@dataclass(frozen=True)
class Choices:
    """What the desk asks of a course. `around` is a wall time in the clinic's zone; weekdays count from Monday, 0."""

    start_on: date
    weekdays: frozenset[int]
    around: time
    clinician_id: int | None
    else_anyone: bool
    rhythm: Rhythm
    count: int


@dataclass(frozen=True)
class Slot:
    """One time in the book: an aware start, and what it would use up."""

    starts_at: datetime
    clinician_id: int
    room_id: int | None = None
    device_id: int | None = None

    def at(self, starts_at: datetime) -> "Slot":
        return replace(self, starts_at=starts_at)


class Mark(StrEnum):
    """What the check of a line found, worst first. `clash`, `closed` and `early` stop the booking."""

    CLASH = "clash"
    CLOSED = "closed"
    EARLY = "early"
    LATE = "late"
    MOVED = "moved"
    FREE = "free"


STOPPING = {Mark.CLASH, Mark.CLOSED}
"""Marks that no reason can lift."""


@dataclass(frozen=True)
class Finding:
    """One thing that a line meets, in a sentence for the desk."""

    mark: Mark
    sentence: str


@dataclass(frozen=True)
class Window:
    """The due window of a session: the local days on which it may fall. `latest` is None when nothing bounds it."""

    earliest: date
    latest: date | None

    def holds(self, day: date) -> bool:
        return self.earliest <= day and (self.latest is None or day <= self.latest)


@dataclass(frozen=True)
class Option:
    """A free time to put under a line that clashes. `words` says how it differs ("45 min later the same day")."""

    slot: Slot
    gap: int | None
    words: str


@dataclass(frozen=True)
class Line:
    """One session of a proposal. `gap` counts local days since the one before; `wished` is where it would have been."""

    number: int
    slot: Slot
    gap: int | None
    window: Window | None
    findings: tuple[Finding, ...] = ()
    options: tuple[Option, ...] = ()
    gap_is_ideal: bool = True
    moved_from: date | None = None
    why: str = ""
    """Why it does not stand where it was wished, when it stands well."""

    @property
    def mark(self) -> Mark:
        """The worst that was found; free when nothing was."""
        order = list(Mark)
        return min((finding.mark for finding in self.findings), key=order.index, default=Mark.FREE)

    def found(self, mark: Mark) -> Finding | None:
        """Return what the line meets of this kind."""
        return next((finding for finding in self.findings if finding.mark == mark), None)

    @property
    def stops(self) -> bool:
        return any(finding.mark in STOPPING for finding in self.findings)


class WayKind(StrEnum):
    """A rule that could give when no whole course exists."""

    CLINICIAN = "clinician"
    HOURS = "hours"
    GAP = "gap"


@dataclass(frozen=True)
class Way:
    """The whole course with one rule lifted: what that means in a sentence, and its price.

    `price` counts sessions with others (clinician), visits beside hours (hours), days beyond the longest gap (gap).
    """

    kind: WayKind
    sentence: str
    price: int
    slots: tuple[Slot, ...]


@dataclass(frozen=True)
class Proposal:
    """A whole course, line by line.

    `shortfall` says in a sentence why fewer lines can stand than were asked for, `ways` which rule would have to give.
    """

    lines: tuple[Line, ...] = field(default_factory=tuple)
    shortfall: str = ""
    ways: tuple[Way, ...] = ()
    ground: Ground | None = None
    """What lies under it, where that was read."""

    def count(self, *marks: Mark) -> int:
        return sum(line.mark in marks for line in self.lines)

    @property
    def clashes(self) -> int:
        """Lines that cannot be booked as they stand, whatever reason is given."""
        return sum(line.stops for line in self.lines)

    @property
    def early(self) -> int:
        return self.count(Mark.EARLY)

    @property
    def late(self) -> int:
        return self.count(Mark.LATE)

    @property
    def slots(self) -> list[Slot]:
        return [line.slot for line in self.lines]


class SeriesRefused(Exception):
    """A series was not saved: `proposal` shows which lines stand in the way, each with free times beside it."""

    def __init__(self, proposal: Proposal) -> None:
        super().__init__("series refused")
        self.proposal = proposal
