"""The course at a glance: the strip calendar of the series planner as its SVG draws it (LOOK.md, Strip)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from math import ceil

from django.utils import formats
from django.utils.translation import gettext as _

from clinic.models import Clinic
from scheduling.models import Absence
from scheduling.planning.ground import ground
from scheduling.planning.types import Choices, Line, Mark, Proposal
from scheduling.views.planner_axis import LEFT, WIDTH, Axis, Piece
from scheduling.views.planner_rows import Names
from scheduling.views.planner_strip_words import closed_spans, sentence, window_words

TOP, FLOOR, MIDDLE = 24, 78, 51
"""Where a strip begins, stands, and has its nodes, from its own top."""
WORDS, UNDER = 92, 12
"""Where words stand, and how much lower those that find no room there."""
HEIGHT, MORE, PITCH = 104, 6, 118
"""How high a strip is with one line of words, how much a second one adds, and how far below the next strip begins."""
REACH, CROWDED, ASIDE = 13.0, 25.0, 9
"""How far a node keeps its link off; nearer than that to the next node, both step aside."""
DATE = 44
"""How much room a date above a week takes."""
LETTER = 5.9
"""How wide a letter of the words below is, at most."""
LOOKS = {
    Mark.CLASH: "strip-bad",
    Mark.CLOSED: "strip-bad",
    Mark.EARLY: "strip-bad",
    Mark.LATE: "strip-late",
    Mark.MOVED: "strip-info",
}


@dataclass(frozen=True)
class Box:
    """A rectangle, ready to write: numbers with a point, whatever the language."""

    x: str
    y: str
    width: str

    @classmethod
    def of(cls, piece: Piece, top: float) -> "Box":
        return cls(_n(piece.left), _n(piece.row * PITCH + top), _n(piece.width))


@dataclass(frozen=True)
class Word:
    x: str
    y: str
    text: str
    anchor: str = "start"


@dataclass(frozen=True)
class Tick:
    x: str
    top: str
    bottom: str
    label: Word | None


@dataclass(frozen=True)
class Link:
    x1: str
    y1: str
    x2: str
    y2: str
    gap: Word | None = None
    off: bool = False


@dataclass(frozen=True)
class Node:
    number: int
    x: str
    y: str
    text_y: str
    look: str
    badge_x: str
    badge_y: str


@dataclass(frozen=True)
class Due:
    """The due window of one line; only that of the current line is seen."""

    number: int
    boxes: tuple[Box, ...]
    word: Word


@dataclass(frozen=True)
class Strip:
    """All that is drawn, back to front."""

    height: str
    label: str
    floors: tuple[str, ...]
    weekends: tuple[Box, ...]
    closed: tuple[Box, ...]
    away: tuple[Box, ...]
    notes: tuple[Word, ...]
    ticks: tuple[Tick, ...]
    due: tuple[Due, ...]
    links: tuple[Link, ...]
    nodes: tuple[Node, ...]


@dataclass
class _Words:
    """Places words below the strips so that none stands on another."""

    taken: list[tuple[int, int, float, float]] = field(default_factory=list)

    @property
    def is_deep(self) -> bool:
        return any(line for _row, line, _left, _right in self.taken)

    def place(self, text: str, row: int, x: float, anchor: str, *, keep: bool = True) -> Word:
        """Return the words at or near a place; with `keep` nothing else will stand there."""
        width = LETTER * len(text)
        left = min(max(x - width / 2 if anchor == "middle" else x, LEFT), WIDTH - width)
        line = next((line for line in (0, 1) if self._is_free(row, line, left, left + width)), 1)
        self.taken.append((row, line, left, left + width) if keep else (row, line, WIDTH, WIDTH))
        return Word(
            _n(left + width / 2 if anchor == "middle" else left), _n(row * PITCH + WORDS + line * UNDER), text, anchor
        )

    def _is_free(self, row: int, line: int, left: float, right: float) -> bool:
        return not any(
            (one, two) == (row, line) and low - 6 < right and left < high + 6 for one, two, low, high in self.taken
        )


def strip(proposal: Proposal, choices: Choices, names: Names, clinic: Clinic) -> Strip | None:
    """Draw a course with what lies under it; None when it has no dates."""
    lines = proposal.lines
    if not lines:
        return None
    days = [names.day(line.slot.starts_at) for line in lines]
    axis, words = Axis.over(days[0], days[-1]), _Words()
    asked = {choices.clinician_id} if choices.clinician_id else {line.slot.clinician_id for line in lines}
    shown = axis.start, axis.last, asked, clinic.tz
    under = proposal.ground.within(*shown) if proposal.ground else ground(*shown)
    closed = [list(axis.pieces(axis.at(since), axis.at(until) + 1)) for since, until in closed_spans(under.closures)]
    away = [(one, list(axis.pieces(*_between(axis, one, names)))) for one in under.absences]
    notes = [words.place(_("Closed"), span[0].row, span[0].left + 2, "start") for span in closed if span]
    for absence, span in away:
        if span:
            said = _("%(name)s away") % {"name": names.short(absence.clinician_id)}
            notes.append(words.place(said, span[0].row, span[0].middle, "middle"))
    due = tuple(_due(axis, line, day, words) for line, day in zip(lines, days, strict=True))
    places = list(_places(axis, days))
    return Strip(
        height=_n((axis.rows - 1) * PITCH + HEIGHT + (MORE if words.is_deep else 0)),
        label=sentence(proposal, under, names),
        floors=tuple(_n(row * PITCH + FLOOR) for row in range(axis.rows)),
        weekends=tuple(Box.of(piece, TOP) for piece in _weekends(axis)),
        closed=tuple(Box.of(piece, TOP) for span in closed for piece in span),
        away=tuple(Box.of(piece, FLOOR - 6) for _absence, span in away for piece in span),
        notes=tuple(notes),
        ticks=tuple(_ticks(axis)),
        due=due,
        links=tuple(_links(lines, places)),
        nodes=tuple(_node(line, place) for line, place in zip(lines, places, strict=True)),
    )


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _between(axis: Axis, absence: Absence, names: Names) -> tuple[float, float]:
    """Return where an absence begins and ends; a short one is still seen."""
    since, until = (axis.at_instant(moment, names.zone) for moment in (absence.starts_at, absence.ends_at))
    return since, max(until, since + 4 / axis.day)


def _weekends(axis: Axis) -> Iterator[Piece]:
    for saturday in range(5, axis.count, 7):
        yield from axis.pieces(saturday, saturday + 2)


def _ticks(axis: Axis) -> Iterator[Tick]:
    """Yield a line for each Monday, with its date where there is room; the month where it is a new one."""
    step, month, labelled_row = ceil(DATE / (7 * axis.day)), 0, -1
    for week, at in enumerate(range(0, axis.count, 7)):
        day = axis.start + timedelta(days=at)
        row, middle = axis.point(day)
        x, top = middle - axis.day / 2, row * PITCH
        label = None
        if x < WIDTH - 34 and week % step == 0:
            said = formats.date_format(day, "j M" if (day.month, row) != (month, labelled_row) else "j")
            label, month, labelled_row = Word(_n(x + 3), _n(top + 18), said), day.month, row
        yield Tick(_n(x), _n(top + TOP), _n(top + FLOOR), label)


def _due(axis: Axis, line: Line, day: date, words: _Words) -> Due:
    window = line.window
    pieces: list[Piece] = []
    if window and (window.latest is None or window.latest >= window.earliest):
        until = axis.at(window.latest) + 1 if window.latest else axis.count
        pieces = list(axis.pieces(axis.at(window.earliest), until))
    row, x = (pieces[0].row, pieces[0].left + 2) if pieces else axis.point(day)
    word = words.place(window_words(line), row, x, "start" if pieces else "middle", keep=False)
    return Due(line.number, tuple(Box.of(piece, TOP + 6) for piece in pieces), word)


def _places(axis: Axis, days: Iterable[date]) -> Iterator[tuple[int, float, float]]:
    """Yield strip, x and y of each node; nodes that would cover each other step aside, up and down in turn."""
    points = [axis.point(day) for day in days]
    near = [one[0] == two[0] and two[1] - one[1] < CROWDED for one, two in pairwise(points)]
    turn = -1
    for at, (row, x) in enumerate(points):
        crowded = (at > 0 and near[at - 1]) or (at < len(near) and near[at])
        turn = -turn if at > 0 and near[at - 1] else -1
        yield row, x, row * PITCH + MIDDLE + (turn * ASIDE if crowded else 0)


def _links(lines: Sequence[Line], places: Sequence[tuple[int, float, float]]) -> Iterator[Link]:
    """Yield the lines between nodes with the days between; from one strip to the next in two parts."""
    row, x, y = places[0]
    if lines[0].gap is not None and x - LEFT > CROWDED + REACH:
        yield _link((LEFT, y), (x - REACH, y), lines[0])
    for line, (row, x, y), (next_row, next_x, next_y) in zip(lines[1:], places, places[1:], strict=False):
        if row == next_row:
            if next_x - x > 2 * REACH:
                yield _link((x + REACH, y), (next_x - REACH, next_y), line)
            continue
        ends, begins = WIDTH - x - REACH, next_x - REACH - LEFT
        if ends > 0:
            yield _link((x + REACH, y), (WIDTH, y), line if ends > begins else None)
        if begins > 0:
            yield _link((LEFT, next_y), (next_x - REACH, next_y), line if begins >= ends else None)


def _link(start: tuple[float, float], end: tuple[float, float], line: Line | None) -> Link:
    (x1, y1), (x2, y2) = start, end
    gap = None
    if line and line.gap is not None and x2 - x1 > LETTER * (len(str(line.gap)) + 1):
        gap = Word(_n((x1 + x2) / 2), _n((y1 + y2) / 2 - 6), str(line.gap), "middle")
    return Link(_n(x1), _n(y1), _n(x2), _n(y2), gap, bool(line and not line.gap_is_ideal))


def _node(line: Line, place: tuple[int, float, float]) -> Node:
    _row, x, y = place
    look = LOOKS.get(line.mark, "")
    return Node(line.number, _n(x), _n(y), _n(y + 4), look, _n(x + 9), _n(y - 9))
