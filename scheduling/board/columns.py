"""The columns of a board, and the ground under each: off hours, breaks, absences, closures, and how full it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.days import clock, wall_time
from clinic.models import Clinician
from scheduling.board.asked import Asked, By, View
from scheduling.board.reading import Ground
from scheduling.day.visits import DayVisit
from scheduling.models import HOLDING
from scheduling.planning.workday import Walls, Workday, without

EARLIEST, LATEST = time(9), time(17)
"""A board shows at least these hours, so that an empty day looks like one."""
WORKDAYS = 5


@dataclass(frozen=True)
class Block:
    """A stretch of ground: `kind` is off, break, away or closed; `label` says why it is no time to book."""

    kind: str
    since: time
    until: time
    label: str = ""

    def plain(self) -> list[str]:
        return [self.kind, clock(self.since), hour_end(self.until), self.label]


@dataclass(frozen=True)
class Column:
    """One column: its key in the feed, its two lines, its ground, and how much of its working time is booked."""

    key: str
    name: str
    short: str
    sub: str
    ground: tuple[Block, ...] = ()
    work: tuple[Walls, ...] = ()
    initials: str = ""
    clinician_id: int | None = None
    room_id: int | None = None
    day: date | None = None
    full: int | None = None
    more: dict[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """Return it as the feed says it."""
        facts = {
            "key": self.key,
            "name": self.name,
            "short": self.short,
            "sub": self.sub,
            "ground": [block.plain() for block in self.ground],
            "initials": self.initials,
            "clinician": self.clinician_id,
            "room": self.room_id,
            "day": self.day.isoformat() if self.day else None,
            "full": self.full,
        }
        if self.full is not None:
            spans = ", ".join(f"{clock(since)} – {clock(until)}" for since, until in self.work)
            facts["fullWords"] = _("%(n)d %% of %(spans)s is booked") % {"n": self.full, "spans": spans}
        return facts | self.more


def hour_end(wall: time) -> str:
    """Return "17:00", and "24:00" for midnight at the end of a day."""
    return "24:00" if wall == time.max else clock(wall)


def columns_of(asked: Asked, ground: Ground, visits: Sequence[DayVisit], *, tells_why: bool) -> list[Column]:
    """Return the columns of a day or a week. `tells_why` shows why somebody is away."""
    if asked.view == View.WEEK:
        return _of_week(asked, ground, visits, tells_why)
    if asked.by == By.ROOMS:
        return _of_rooms(asked.day, ground, visits)
    return _of_clinicians(asked, ground, visits, tells_why)


def limits(columns: Iterable[Column], visits: Iterable[DayVisit], ground: Ground) -> tuple[int, int]:
    """Return the first and the last hour that the board shows: all work and all visits lie between."""
    spans = [span for column in columns for span in column.work]
    starts = [EARLIEST, *(since for since, _until in spans)]
    ends = [LATEST, *(until for _since, until in spans)]
    for visit in visits:
        begin, end = visit.starts_at.astimezone(ground.zone), visit.ends_at.astimezone(ground.zone)
        starts.append(begin.time())
        ends.append(end.time() if begin.date() == end.date() else time.max)
    last = max(ends)
    return min(starts).hour, last.hour + (1 if last.minute or last.second else 0)


def _of_clinicians(asked: Asked, ground: Ground, visits: Sequence[DayVisit], tells_why: bool) -> list[Column]:
    """Return those who are at work, away or booked on this day; everybody where nobody is, or where hours change."""
    day, busy = asked.day, _by_clinician(visits)
    days = {one.pk: ground.of(one.pk, day) for one in ground.clinicians}
    there = [
        one for one in ground.clinicians if one.pk in busy or (one.is_active and (asked.paints or days[one.pk].work))
    ]
    shown = there or [one for one in ground.clinicians if one.is_active]
    return [
        Column(
            key=f"c{one.pk}",
            name=one.name,
            short=one.short_name,
            sub=_hours_words(days[one.pk]),
            ground=tuple(_ground(days[one.pk], tells_why)),
            work=tuple(days[one.pk].at_work),
            initials=initials(one),
            clinician_id=one.pk,
            full=_full(days[one.pk], busy.get(one.pk, []), ground),
        )
        for one in shown
    ]


def _by_clinician(visits: Iterable[DayVisit]) -> dict[int, list[DayVisit]]:
    found: dict[int, list[DayVisit]] = {}
    for visit in visits:
        found.setdefault(visit.clinician_id, []).append(visit)
    return found


def _of_rooms(day: date, ground: Ground, visits: Sequence[DayVisit]) -> list[Column]:
    """Return the rooms that can be booked or are; their ground is closed where nobody is at work."""
    busy = {visit.room_id for visit in visits}
    days = [ground.of(one.pk, day) for one in ground.clinicians if one.is_active]
    work = sorted({span for one in days for span in one.at_work})
    closure = ground.closure_on(day)
    blocks = tuple(_closed(closure.name) if closure else [Block("off", *span) for span in without(WHOLE, work)])
    return [
        Column(
            key=f"r{room.pk}",
            name=room.name,
            short=room.name,
            sub=_visits_words([visit for visit in visits if visit.room_id == room.pk]),
            ground=blocks,
            work=tuple(work),
            room_id=room.pk,
        )
        for room in ground.rooms
        if room.is_active or room.pk in busy
    ]


def _of_week(asked: Asked, ground: Ground, visits: Sequence[DayVisit], tells_why: bool) -> list[Column]:
    """Return the days of one clinician's week; of a weekend only what has work or a visit."""
    columns = []
    for day in asked.days:
        who = asked.clinician_id or 0
        workday = ground.of(who, day)
        of_day = [visit for visit in visits if visit.starts_at.astimezone(ground.zone).date() == day]
        if day.weekday() >= WORKDAYS and not (workday.work or of_day or asked.paints):
            continue
        columns.append(
            Column(
                key=f"d{day.isoformat()}",
                name=formats.date_format(day, "D j M"),
                short=formats.date_format(day, "D"),
                sub=_visits_words(of_day),
                ground=tuple(_ground(workday, tells_why)),
                work=tuple(workday.at_work),
                clinician_id=who,
                day=day,
                full=_full(workday, of_day, ground),
                more={"number": day.day},
            )
        )
    return columns


WHOLE: list[Walls] = [(time.min, time.max)]


def _closed(name: str) -> list[Block]:
    return [Block("closed", time.min, time.max, name)]


def _ground(workday: Workday, tells_why: bool) -> list[Block]:
    """Return what of a day is no time to book, and why."""
    if workday.closure:
        return _closed(workday.closure.name)
    blocks = [
        Block("off", *span, _off_words(workday, span) if tells_why else "") for span in without(WHOLE, workday.work)
    ]
    for (since, until), absence in zip(workday.away, workday.absences, strict=True):
        label = _("Away: %(why)s") % {"why": absence.reason} if absence.reason and tells_why else _("Away")
        for part in without(WHOLE, without(WHOLE, [(since, until)])):
            blocks += [Block("away", *span, label) for span in _within(part, workday.work)]
    rests = without(workday.rests, workday.away)
    return blocks + [Block("break", *span, _("Break")) for span in rests]


def _off_words(workday: Workday, span: Walls) -> str:
    """Return why a day of its own hours is off, or has a gap."""
    is_gap = not workday.work or (workday.work[0][0] < span[0] and span[1] < workday.work[-1][1])
    return next((row.note for row in workday.changes if row.note), "") if is_gap else ""


def _within(span: Walls, work: Iterable[Walls]) -> list[Walls]:
    """Return the parts of a span that lie in the work; the whole of it on a day without work."""
    spans = list(work)
    if not spans:
        return [span]
    cut = [(max(span[0], since), min(span[1], until)) for since, until in spans]
    return [(since, until) for since, until in cut if since < until]


def _hours_words(workday: Workday) -> str:
    """Return "9:00 – 17:00", or why there are none."""
    if workday.closure:
        return _("Closed")
    if workday.is_gone:
        return _("Away today")
    return ", ".join(f"{clock(since)} – {clock(until)}" for since, until in workday.at_work) or _("Not at work")


def _visits_words(visits: Sequence[DayVisit]) -> str:
    count = sum(visit.status in HOLDING for visit in visits)
    return ngettext("%(n)d visit", "%(n)d visits", count) % {"n": count}


def _full(workday: Workday, visits: Iterable[DayVisit], ground: Ground) -> int | None:
    """Return how many percent of the working time, breaks left out, visits hold; None without any."""
    free = without(workday.at_work, workday.breaks)
    there = worked_minutes(workday)
    if not there:
        return None
    held = [
        (wall_time(visit.starts_at, ground.zone), wall_time(visit.ends_at, ground.zone))
        for visit in visits
        if visit.status in HOLDING
    ]
    left = sum(_minutes(span) for span in without(free, held))
    return round(100 * (there - left) / there)


def worked_minutes(workday: Workday) -> int:
    """Return the minutes of a day at which a clinician can be booked: at work, and not in a break."""
    return sum(_minutes(span) for span in without(workday.at_work, workday.breaks))


def _minutes(span: Walls) -> int:
    since, until = span
    end = 24 * 60 if until == time.max else until.hour * 60 + until.minute
    return end - since.hour * 60 - since.minute


def initials(one: Clinician) -> str:
    """Return "MH" for Moira Hynes and "AS" for Dr. Anika Sandhu."""
    parts = [part for part in one.name.split() if not part.endswith(".")]
    return "".join(part[0] for part in (parts[:1] + parts[-1:] if len(parts) > 1 else parts)).upper()
