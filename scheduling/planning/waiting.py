"""Whom a free time suits, in which order, and why; and why it does not suit the others. Plain values, nothing is read.

The due window is judged by the same rules as a course in the planner (planning/windows.py): local days against both
neighbours, and against the patient's other courses.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.days import day_words, local_day, wall_time
from scheduling.planning.freetime import to_epoch
from scheduling.planning.stretches import Span, fits
from scheduling.planning.types import Window
from scheduling.planning.waiting_words import Said, head, sub, times_only
from scheduling.planning.windows import Held, Rule, neighbours, too_near, window

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Opening:
    """A stretch of one clinician's free time, and what else is free then: spans of each room and device by kind."""

    clinician_id: int
    starts_at: datetime
    ends_at: datetime
    zone: ZoneInfo
    grid_minutes: int = 15
    shortest: int = 0
    rooms: dict[int, list[list[Span]]] = field(default_factory=dict)
    devices: dict[int, list[list[Span]]] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    """Short names of clinicians, for the sentences."""

    @property
    def day(self) -> date:
        return local_day(self.starts_at, self.zone)


@dataclass(frozen=True)
class Person:
    """One who waits: what the visit takes, what is booked, what they asked for. Times are aware, walls the clinic's.

    `own_days` are the other visits of the course, `others` days that other courses keep away from, `busy` when the
    patient is here otherwise. `barred` says why this clinician may not treat them, `answered` what they said to this
    very time already.
    """

    key: int
    minutes: int
    room_kind_id: int
    since: datetime
    numbing_minutes: int = 0
    turnover_minutes: int = 0
    device_kind_id: int | None = None
    rule: Rule | None = None
    own_days: tuple[date, ...] = ()
    others: tuple[Held, ...] = ()
    booked_at: datetime | None = None
    busy: tuple[tuple[datetime, datetime], ...] = ()
    weekdays: frozenset[int] = frozenset()
    from_time: time | None = None
    until_time: time | None = None
    notice_hours: int = 0
    clinician_id: int | None = None
    barred: str = ""
    answered: str = ""
    nothing_to_book: bool = False


@dataclass(frozen=True)
class Fit:
    """One whom the time suits: when the visit would start, the due window, and why they stand at this place."""

    key: int
    starts_at: datetime
    arrives_at: datetime
    window: Window | None
    previous: date | None
    gap: int | None
    is_late: bool
    unused_minutes: int
    head: Said
    sub: str


@dataclass(frozen=True)
class Unfit:
    key: int
    said: Said


@dataclass(frozen=True)
class Ranking:
    fits: tuple[Fit, ...] = ()
    unfit: tuple[Unfit, ...] = ()


def rank(opening: Opening, people: Iterable[Person], now: datetime) -> Ranking:
    """Rank by window ending soonest, then best gap, then longest wait; the others with the one reason each."""
    fits: list[tuple[tuple[date, int, datetime, int], Fit]] = []
    unfit: list[Unfit] = []
    for person in people:
        found = _look(opening, person, now)
        if isinstance(found, Said):
            unfit.append(Unfit(person.key, found))
        else:
            fits.append((_order(person, found), found))
    return Ranking(tuple(fit for _key, fit in sorted(fits, key=lambda pair: pair[0])), tuple(unfit))


def _order(person: Person, fit: Fit) -> tuple[date, int, datetime, int]:
    latest = fit.window.latest if fit.window else None
    off = abs(fit.gap - person.rule.ideal) if person.rule and fit.gap is not None else 0
    return latest or date.max, off, person.since, person.key


def _look(opening: Opening, person: Person, now: datetime) -> Fit | Said:
    """Return how the time suits one person, or the first thing in the way: rules before wishes, days before hours."""
    why = _rules(person) or _too_early(opening, person, now)
    if why:
        return why
    starts = _starts(opening, person)
    if not starts:
        length = int((opening.ends_at - opening.starts_at) / MINUTE)
        values = {"need": person.minutes, "free": length}
        return Said("due", "arrows-collapse", _("Needs %(need)d min, %(free)d are free") % values)
    for keep, said in _stages(opening, person, now):
        left = [start for start in starts if keep(start)]
        if not left:
            return said()
        starts = left
    return _fit(opening, person, min(starts, key=lambda start: (_unused(opening, person, start), start)), now)


def _rules(person: Person) -> Said | None:
    if person.answered:
        return Said("due", "chat-left-dots", person.answered)
    if person.nothing_to_book:
        return Said("due", "check2-all", _("Every session has its visit"))
    if person.barred:
        return Said("due", "person-lock", person.barred)
    return None


def _too_early(opening: Opening, person: Person, now: datetime) -> Said | None:
    """Judge the day as the planner does (planning/checks.early), in few words."""
    if person.rule is None:
        return None
    day = opening.day
    near = [own for own in person.own_days if abs((own - day).days) < person.rule.least]
    before = max((own for own in near if own <= day), default=None)
    if before is not None:
        return _days_early(person.rule.least - (day - before).days)
    if near:
        n = (min(near) - day).days
        words = ngettext("Only %(n)d day before the next session", "Only %(n)d days before the next session", n)
        return Said("bad", "calendar-minus", words % {"n": n})
    other = too_near(person.others, day)
    if other is None:
        return None
    values = {"name": other.words, "day": day_words(other.day, local_day(now, opening.zone))}
    if other.same_area:
        return Said("bad", "calendar-minus", _("%(name)s treats the same area on %(day)s") % values)
    return Said("bad", "calendar-minus", _("%(name)s is on the same day") % values)


def _days_early(days: int) -> Said:
    return Said("bad", "calendar-minus", ngettext("%(n)d day too early", "%(n)d days too early", days) % {"n": days})


def _starts(opening: Opening, person: Person) -> list[datetime]:
    """Return where the visit could start within the stretch: its beginning, and the clinic's grid."""
    last = opening.ends_at - person.minutes * MINUTE
    past = wall_time(opening.starts_at, opening.zone).minute % opening.grid_minutes
    at, found = opening.starts_at - past * MINUTE, [opening.starts_at]
    while (at := at + opening.grid_minutes * MINUTE) <= last:
        found.append(at)
    return [start for start in found if start <= last]


def _stages(
    opening: Opening, person: Person, now: datetime
) -> Sequence[tuple[Callable[[datetime], bool], Callable[[], Said]]]:
    """Return what a start must meet, each with what is said when none does."""
    wished = opening.names.get(person.clinician_id or 0, "")

    def arrives(start: datetime) -> datetime:
        return start - person.numbing_minutes * MINUTE

    def ends(start: datetime) -> datetime:
        return start + person.minutes * MINUTE

    def is_sooner(start: datetime) -> bool:
        return person.booked_at is None or start < person.booked_at

    def in_their_hours(start: datetime) -> bool:
        since, until = wall_time(arrives(start), opening.zone), wall_time(ends(start), opening.zone)
        return (person.from_time is None or since >= person.from_time) and (
            person.until_time is None or until <= person.until_time
        )

    def is_free(kinds: dict[int, list[list[Span]]], kind: int | None, start: datetime) -> bool:
        until = to_epoch(ends(start) + person.turnover_minutes * MINUTE)
        return any(fits(spans, to_epoch(start), until) for spans in kinds.get(kind or 0, []))

    def is_here(start: datetime) -> bool:
        return not any(since < ends(start) and arrives(start) < until for since, until in person.busy)

    return (
        (is_sooner, lambda: Said("due", "calendar-check", _("Not before the visit that is booked"))),
        (
            lambda _start: person.clinician_id in {None, opening.clinician_id},
            lambda: Said("due", "person", _("Wants %(name)s only") % {"name": wished}),
        ),
        (
            lambda _start: not person.weekdays or opening.day.weekday() in person.weekdays,
            lambda: Said("due", "calendar-week", times_only(person.weekdays, None, None)),
        ),
        (in_their_hours, lambda: Said("due", "sunrise", times_only((), person.from_time, person.until_time))),
        (
            lambda start: arrives(start) >= max(now, now + timedelta(hours=person.notice_hours)),
            lambda: Said("due", "bell", _("Needs %(n)d h notice") % {"n": person.notice_hours}),
        ),
        (is_here, lambda: Said("due", "calendar-x", _("Has another visit at this time"))),
        (
            lambda start: is_free(opening.rooms, person.room_kind_id, start),
            lambda: Said("due", "door-closed", _("No room of the kind is free")),
        ),
        (
            lambda start: person.device_kind_id is None or is_free(opening.devices, person.device_kind_id, start),
            lambda: Said("due", "plug", _("No device of the kind is free")),
        ),
    )


def _unused(opening: Opening, person: Person, start: datetime) -> int:
    """Return the minutes beside the visit that are too few for any other."""
    after = opening.ends_at - start - person.minutes * MINUTE
    sides = (int((start - opening.starts_at) / MINUTE), int(after / MINUTE))
    return sum(side for side in sides if side < opening.shortest)


def _fit(opening: Opening, person: Person, start: datetime, now: datetime) -> Fit:
    due, previous, gap, is_late = None, None, None, False
    if person.rule is not None:
        previous, following = neighbours(sorted(person.own_days), opening.day)
        due = window(person.rule, previous, following, local_day(now, opening.zone))
        gap = (opening.day - previous).days if previous else None
        is_late = gap is not None and gap > person.rule.most
    unused = _unused(opening, person, start)
    booked = local_day(person.booked_at, opening.zone) if person.booked_at else None
    sooner = (booked - opening.day).days if booked else None
    late = (booked - due.latest).days if booked and due and due.latest else 0
    past = gap - person.rule.most if person.rule and gap is not None and is_late else 0
    return Fit(
        key=person.key,
        starts_at=start,
        arrives_at=start - person.numbing_minutes * MINUTE,
        window=due,
        previous=previous,
        gap=gap,
        is_late=is_late,
        unused_minutes=unused,
        head=head(
            is_last=due is not None and due.latest == opening.day,
            past=past,
            gap=gap,
            ideal=person.rule.ideal if person.rule else None,
            sooner=sooner,
            unused=unused,
        ),
        sub=sub(
            too_late=late if not past else 0,
            weekdays=person.weekdays,
            from_time=person.from_time,
            until_time=person.until_time,
            notice_hours=person.notice_hours,
            wished=opening.names.get(person.clinician_id or 0, ""),
            since=local_day(person.since, opening.zone),
            today=local_day(now, opening.zone),
        ),
    )
