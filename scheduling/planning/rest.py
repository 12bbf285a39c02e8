"""The rest of a course when one of its visits is moved, lost, or given to somebody else. Reads only.

Three ways: this visit alone, this one and the later ones by the same shift, or the best course for those that remain.
Each is a slot for every visit that remains; `Rest.judged` says line by line what that means, before and after.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from statistics import median

from django.utils.translation import gettext as _

from clinic.lib.days import NoSuchTime, TwoSuchTimes, instant, local_day, wall_time
from clinic.models import Clinic
from scheduling.models import AHEAD, Appointment
from scheduling.planning import options
from scheduling.planning.chain import Stages, best_chain
from scheduling.planning.checks import late
from scheduling.planning.context import Context, Own
from scheduling.planning.freetime import Visit, from_epoch
from scheduling.planning.judge import due_window, judged
from scheduling.planning.loading import load
from scheduling.planning.stages import stages_for, stages_with
from scheduling.planning.types import RHYTHM_DAYS, Choices, Line, Option, Proposal, Rhythm, Slot


class Act(StrEnum):
    """What happens to the visit with which it begins."""

    MOVE = "move"
    CANCEL = "cancel"
    NO_SHOW = "no-show"
    CLINICIAN = "clinician"


LOSES = {Act.CANCEL, Act.NO_SHOW}
"""Acts after which the visit holds its time no more."""


class How(StrEnum):
    """How far the act goes."""

    ONLY = "only"
    LATER = "later"
    RESPACE = "respace"


Places = Mapping[int, Slot]
"""Where each visit (its key) is to stand."""


@dataclass(frozen=True)
class Was:
    """Where a visit stands now in its course: its number there, its slot, and the days since the one before."""

    number: int
    slot: Slot
    gap: int | None


@dataclass(frozen=True)
class Stand:
    """One visit before and after. `line` is judged as the course will stand; of one that stays it says the gap."""

    visit: Appointment
    was: Was
    line: Line
    moves: bool


@dataclass(frozen=True)
class Plan:
    """All visits that remain, in the order of their new dates; `shortfall` says that not all found a better place."""

    stands: tuple[Stand, ...] = ()
    shortfall: str = ""

    @property
    def moved(self) -> list[Stand]:
        return [stand for stand in self.stands if stand.moves]

    @property
    def clashes(self) -> int:
        return sum(stand.line.stops for stand in self.moved)

    @property
    def proposal(self) -> Proposal:
        return Proposal(tuple(stand.line for stand in self.stands), self.shortfall)


@dataclass
class Rest:
    """A course from one visit on. Reads everything once; the visits looked at count as free for each other."""

    visit: Appointment
    act: Act
    now: datetime
    clinician_id: int | None = None
    """Who is to take over, when that is the act."""
    later: list[Appointment] = field(init=False)

    def __post_init__(self) -> None:
        self.later = later_of(self.visit, self.now)

    @property
    def loses(self) -> bool:
        return self.act in LOSES

    @cached_property
    def visits(self) -> list[Appointment]:
        """The visits that will stand, in the order of time."""
        return self.later if self.loses else [self.visit, *self.later]

    @cached_property
    def here(self) -> dict[int, Slot]:
        """Where each of them stands now."""
        return {visit.pk: slot_of(visit) for visit in self.visits}

    @cached_property
    def context(self) -> Context:
        """What planning them needs; the wish is the course's own habits, read from its visits."""
        plan = self.visit.session.plan  # type: ignore[union-attr]  # only sessions have a rest
        looked_through = [self.visit, *self.later]
        shape = max(
            (Visit.like(visit) for visit in looked_through), key=lambda one: (one.minutes, one.turnover_minutes)
        )
        slots = [slot_of(visit) for visit in looked_through]
        context = load(
            plan,
            self._habits(),
            now=self.now,
            slots=slots,
            ignoring=[visit.pk for visit in looked_through],
            visit=shape,
        )
        return replace(context, first_number=1 + sum(own.day < context.day_of(slots[0]) for own in context.own))

    def _habits(self) -> Choices:
        zone = Clinic.objects.current().tz
        visits = [self.visit, *self.later]
        days = [local_day(visit.starts_at, zone) for visit in visits]
        plan = self.visit.session.plan  # type: ignore[union-attr]
        gaps = [(later - sooner).days for sooner, later in pairwise(days)]
        rhythms = {days: rhythm for rhythm, days in RHYTHM_DAYS.items()}
        most = Counter(visit.clinician_id for visit in visits).most_common(1)[0][0]
        return Choices(
            start_on=max(local_day(self.now, zone), days[0] + timedelta(days=1) if self.loses else days[0]),
            weekdays=frozenset(plan.usual_weekdays) or frozenset(day.weekday() for day in days),
            around=plan.usual_time or Counter(wall_time(one.starts_at, zone) for one in visits).most_common(1)[0][0],
            clinician_id=self.clinician_id or most,
            else_anyone=self.clinician_id is None,
            rhythm=rhythms.get(int(median(gaps)), Rhythm.BETWEEN) if gaps else Rhythm.BETWEEN,
            count=len(self.visits),
        )

    def only(self, to: Slot | None = None) -> dict[int, Slot]:
        """Return where all stand when the act is on this visit alone."""
        if self.loses:
            return dict(self.here)
        return self.here | {self.visit.pk: to or self._with(self.here[self.visit.pk])}

    def shifted(self, to: Slot | None = None) -> dict[int, Slot]:
        """Return where all stand when the later ones go along: as many days on, as much later by the clock.

        Who had the same clinician has the same one again. Wall time is kept across clock changes; where the clocks skip
        or repeat it, the nearest time that exists once. A lost visit takes the later ones along: none is left.
        """
        if self.loses:
            return {}
        if self.act == Act.CLINICIAN or to is None:
            return {pk: self._with(slot) for pk, slot in self.here.items()}
        own, zone = self.here[self.visit.pk], self.context.zone
        days = local_day(to.starts_at, zone) - local_day(own.starts_at, zone)
        by = _minute(to.starts_at.astimezone(zone).time()) - _minute(own.starts_at.astimezone(zone).time())
        found = {self.visit.pk: to}
        for visit in self.later:
            slot = self.here[visit.pk]
            who = to.clinician_id if slot.clinician_id == own.clinician_id else slot.clinician_id
            minute = min(max(_minute(wall_time(slot.starts_at, zone)) + by, 0), 24 * 60 - 1)
            start = self._instant(local_day(slot.starts_at, zone) + days, time(*divmod(minute, 60)))
            found[visit.pk] = replace(slot, starts_at=start, clinician_id=who)
        return found

    def respaced(self, places: Places | None = None, fixed: Collection[int] = ()) -> tuple[dict[int, Slot], str]:
        """Return the best course for the visits that remain, and why not all are in it, if so.

        `fixed` visits stay where `places` has them. A new clinician takes over what is free and moves only the others.
        """
        places = dict(places or self.here)
        if self.act == Act.CLINICIAN:
            return self.mended(places)
        order = sorted(places, key=lambda pk: places[pk].starts_at)
        if not order:
            return {}, ""
        anchor = self.context.day_of(places[order[0]])
        stages = stages_with(self.context, anchor, {at: places[pk] for at, pk in enumerate(order) if pk in fixed})
        return self._chained(places, order, stages)

    def mended(self, places: Places) -> tuple[dict[int, Slot], str]:
        """Return the places with those mended that cannot stand, the others moved only where the course would break."""
        order = sorted(places, key=lambda pk: places[pk].starts_at)
        if not order:
            return {}, ""
        proposal = judged(self.context, [places[pk] for pk in order], self.context.first_number, with_options=False)
        return self._chained(places, order, stages_for(self.context, proposal))

    def _chained(self, places: Places, order: Sequence[int], stages: Stages) -> tuple[dict[int, Slot], str]:
        chain = best_chain(stages)
        found = dict(zip(order, (node.slot for node in chain), strict=False))
        short = "" if len(found) == len(order) else _short(self.context, len(found))
        return {**places, **found}, short

    def judged(self, places: Places, shortfall: str = "", *, with_options: bool = True) -> Plan:
        """Say line by line what these places mean. Those that stay are neighbours of those that move."""
        moving = [visit for visit in self.visits if visit.pk in places and self._moves(visit, places)]
        staying = [visit for visit in self.visits if visit.pk in places and visit not in moving]
        order = sorted(moving, key=lambda visit: places[visit.pk].starts_at)
        context = self._beside(staying)
        slots = [places[visit.pk] for visit in order]
        proposal = judged(context, slots, context.first_number, with_options=with_options)
        lines = {visit.pk: line for visit, line in zip(order, proposal.lines, strict=True)}
        lines |= {visit.pk: self._staying(visit, places) for visit in staying}
        ordered = sorted(lines, key=lambda pk: lines[pk].slot.starts_at)
        by_pk, before = {visit.pk: visit for visit in self.visits}, self.before
        moves = {visit.pk for visit in moving}
        stands = [
            Stand(by_pk[pk], before[pk], replace(lines[pk], number=self.context.first_number + at), pk in moves)
            for at, pk in enumerate(ordered)
        ]
        return Plan(tuple(stands), shortfall)

    @cached_property
    def before(self) -> dict[int, Was]:
        """Where the visits of the list, the lost one too, stand now."""
        days = self.context.own_days
        previous = max((day for day in days if day < self.context.day_of(slot_of(self.visit))), default=None)
        found = {}
        for number, visit in enumerate([self.visit, *self.later], self.context.first_number):
            slot = slot_of(visit)
            day = self.context.day_of(slot)
            found[visit.pk] = Was(number, slot, (day - previous).days if previous else None)
            previous = day
        return found

    def options(self, places: Places, pk: int) -> list[Option]:
        """Return free times for one visit within its due window, while the others stand where they are to."""
        others = [slot for other, slot in places.items() if other != pk]
        return options.all_free(self.context, others, places[pk])

    def next_free(self, places: Places, pk: int, step: int) -> Slot | None:
        """Return the next free time of the same clinician, earlier (-1) or later (+1), within the due window."""
        others = [slot for other, slot in places.items() if other != pk]
        return options.next_free(self.context, others, places[pk], step)

    def _moves(self, visit: Appointment, places: Places) -> bool:
        slot = places[visit.pk]
        return (slot.starts_at, slot.clinician_id) != (visit.starts_at, visit.clinician_id)

    def _beside(self, staying: Sequence[Appointment]) -> Context:
        """Return the context in which the visits that stay are others of the course."""
        own = [Own(self.context.day_of(slot_of(visit)), visit.clinician_id) for visit in staying]
        return replace(self.context, own=[*self.context.own, *own])

    def _staying(self, visit: Appointment, places: Places) -> Line:
        slot = slot_of(visit)
        rest = [self.context.day_of(place) for pk, place in places.items() if pk != visit.pk]
        day = self.context.day_of(slot)
        window, previous = due_window(self.context, day, rest)
        gap = (day - previous).days if previous else None
        too_late = late(self.context, gap)
        ideal = gap is None or gap == self.context.rule.ideal
        return Line(0, slot, gap, window, (too_late,) if too_late else (), gap_is_ideal=ideal)

    def _with(self, slot: Slot) -> Slot:
        return replace(slot, clinician_id=self.clinician_id or slot.clinician_id)

    def _instant(self, day: date, wall: time) -> datetime:
        try:
            return instant(day, wall, self.context.zone)
        except (NoSuchTime, TwoSuchTimes):
            grid = self.context.grid_of(day)
            return from_epoch(grid[min(grid, key=lambda minute: abs(minute - _minute(wall)))])


def later_of(visit: Appointment, now: datetime) -> list[Appointment]:
    """Return the visits ahead of the same course that come after this one, in the order of time."""
    found = Appointment.objects.with_names().filter(
        session__plan=visit.session.plan_id,  # type: ignore[union-attr]
        status__in=AHEAD,
        starts_at__gt=max(visit.starts_at, now),
    )
    return list(found.exclude(pk=visit.pk).order_by("starts_at"))


def slot_of(visit: Appointment) -> Slot:
    return Slot(visit.starts_at, visit.clinician_id, visit.room_id, visit.device_id)


def _minute(wall: time) -> int:
    return wall.hour * 60 + wall.minute


def _short(context: Context, found: int) -> str:
    number = context.first_number + found
    return _("From session %(number)d on no better time is free, so those stay where they are.") % {"number": number}
