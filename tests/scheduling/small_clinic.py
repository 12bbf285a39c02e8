"""Random clinics of plain values, and what may be booked in them, reckoned minute by minute without the planner."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from random import Random

from clinic.models import Clinic, Clinician
from patients.models import Patient
from scheduling.planning.context import Context, Own
from scheduling.planning.cost import LATE_DAYS, Weights
from scheduling.planning.facts import Facts
from scheduling.planning.freetime import FreeTime, Visit, to_epoch
from scheduling.planning.stretches import Span
from scheduling.planning.types import Choices, Rhythm, Slot
from scheduling.planning.windows import Companion, Held, Rule

DAY_ONE = date(2027, 3, 1)
"""A Monday."""
NOW = datetime(2027, 2, 28, 12, 0, tzinfo=UTC)


@dataclass
class SmallClinic:
    """Free minutes by day and resource: `free[kind][key][day]` is the set of minutes that nobody holds."""

    visit: Visit
    rule: Rule
    choices: Choices
    weights: Weights
    days: int
    grid: int
    shortest: int
    free: dict[str, dict[int, dict[int, set[int]]]]
    own: list[Own] = field(default_factory=list)
    others: list[Held] = field(default_factory=list)
    trips: dict[int, tuple[int, int]] = field(default_factory=dict)
    """By day, from when until when another course of the patient holds them there."""
    first_number: int = 1

    @property
    def around(self) -> int:
        return self.choices.around.hour * 60 + self.choices.around.minute

    @property
    def clinicians(self) -> list[int]:
        asked = self.choices.clinician_id
        return [asked] if asked and not self.choices.else_anyone else sorted(self.free["clinicians"])

    @cached_property
    def context(self) -> Context:
        """Return the same clinic as the planner sees it."""
        clinic = Clinic(zone="UTC", grid_minutes=self.grid)
        return Context(
            visit=self.visit,
            patient=Patient(pk=1),
            choices=self.choices,
            rule=self.rule,
            clinic=clinic,
            now=NOW,
            first=NOW.date(),
            last=DAY_ONE + timedelta(days=self.days - 1),
            free=FreeTime(
                self.visit,
                clinicians={key: spans(by_day) for key, by_day in self.free["clinicians"].items()},
                rooms={key: spans(by_day) for key, by_day in self.free["rooms"].items()},
                devices={key: spans(by_day) for key, by_day in self.free["devices"].items()},
                patient=spans(self.free["patient"][1]),
            ),
            clinicians={key: Clinician(pk=key) for key in sorted(self.free["clinicians"])},
            own=self.own,
            others=self.others,
            companions=[
                Companion(DAY_ONE + timedelta(days=day), *(to_epoch(moment(day, minute)) for minute in trip), "Face")
                for day, trip in self.trips.items()
            ],
            facts=Facts(weights=self.weights, shortest=self.shortest),
            first_number=self.first_number,
        )

    def is_free(self, kind: str, key: int, day: int, since: int, until: int) -> bool:
        free = self.free[kind][key].get(day, set())
        return free.issuperset(range(since, until))

    def fits(self, day: int, clinician: int, minute: int) -> bool:
        """Say whether a visit may start then, looking at each minute of everything that it uses up."""
        visit = self.visit
        end, frees = minute + visit.minutes, minute + visit.minutes + visit.turnover_minutes
        needs = ["rooms"] + (["devices"] if visit.needs_device else [])
        arrives, leaves = self.trips.get(day, (0, 0))
        if arrives < end and minute - visit.numbing_minutes < leaves:
            return False
        return (
            self.is_free("clinicians", clinician, day, minute, end)
            and self.is_free("patient", 1, day, minute - visit.numbing_minutes, end)
            and all(any(self.is_free(kind, key, day, minute, frees) for key in self.free[kind]) for kind in needs)
        )

    def keeps_away(self, day: int) -> bool:
        on = DAY_ONE + timedelta(days=day)
        return all(abs((held.day - on).days) >= self.rule.least for held in self.own) and all(
            abs((held.day - on).days) >= held.least for held in self.others
        )

    def starts(self, day: int) -> list[tuple[int, int]]:
        """Return every legal start of a day as (clinician, minute)."""
        if not (0 <= day < self.days and self.keeps_away(day)):
            return []
        minutes = sorted({*range(0, 24 * 60, self.grid), self.around})
        return [(who, minute) for who in self.clinicians for minute in minutes if self.fits(day, who, minute)]

    def slot(self, day: int, clinician: int, minute: int) -> Slot:
        return Slot(moment(day, minute), clinician)

    def alone(self, number: int, day: int, clinician: int, minute: int) -> int:
        """Return what one start costs by itself, from the words of docs/booking.md."""
        w, choices = self.weights, self.choices
        firm = w.early_factor if number <= w.early_sessions else 1
        cost = w.quarter_hour * -(-abs(minute - self.around) // 15)
        if (DAY_ONE + timedelta(days=day)).weekday() not in choices.weekdays:
            cost += w.other_day * firm
        if self.trips:
            cost += w.trip
        if day in self.trips:
            arrives, leaves = self.trips[day]
            end = minute + self.visit.minutes
            waits = minute - self.visit.numbing_minutes - leaves if end > arrives else arrives - end
            cost = min(cost, w.quarter_hour * -(-waits // 15))
        if choices.clinician_id and clinician != choices.clinician_id:
            cost += w.other_clinician * firm
        free = self.free["clinicians"][clinician][day]
        for step, first in ((-1, minute - 1), (1, minute + self.visit.minutes)):
            left = 0
            while first + step * left in free and left < self.shortest:
                left += 1
            cost += w.hole if 0 < left < self.shortest else 0
        return cost

    def between(self, number: int, gap: int, changed: bool) -> int | None:
        """Return what the days before a session and a change of clinician cost; None when the gap must not be."""
        w = self.weights
        firm = w.early_factor if number <= w.early_sessions else 1
        if not self.rule.least <= gap <= self.rule.most + LATE_DAYS:
            return None
        late = max(0, gap - self.rule.most)
        return w.gap_day * firm * abs(gap - self.rule.ideal) + w.late_day * late + (w.change * firm if changed else 0)


def spans(by_day: dict[int, set[int]]) -> list[Span]:
    """Return free minutes as stretches of seconds since 1970."""
    found: list[Span] = []
    for day in sorted(by_day):
        midnight = to_epoch(moment(day, 0))
        for minute in sorted(by_day[day]):
            second = midnight + minute * 60
            if found and found[-1][1] == second:
                found[-1] = (found[-1][0], second + 60)
            else:
                found.append((second, second + 60))
    return found


def moment(day: int, minute: int) -> datetime:
    return datetime.combine(DAY_ONE + timedelta(days=day), time(), tzinfo=UTC) + timedelta(minutes=minute)


def open_all_day(hours: tuple[int, int]) -> set[int]:
    """Return the minutes of a day on which a room stands open, and the patient has time: longer than anybody works."""
    return set(range(hours[0] - 60, hours[1] + 60))


def small_clinic(random: Random) -> SmallClinic:
    """Return a clinic of one to three clinicians in which a course of three or four sessions may or may not fit."""
    least = random.choice([7, 7, 7, 8])
    most = least + random.choice([0, 1, 2])
    people = list(range(1, random.choice([1, 2, 2, 3]) + 1))
    count = 4 if len(people) == 1 else 3
    days = (count - 1) * least + random.randint(3, 9)
    return _clinic(
        random,
        people=people,
        rooms=random.choice([1, 1, 2]),
        days=days,
        hours=(9 * 60, 11 * 60),
        full=random.choice([0.1, 0.3, 0.5]),
        rule=Rule(least, random.randint(least, most), most),
        count=count,
        grid=30,
    )


def open_clinic(choices: Choices, *, weights: Weights | None = None, days: int = 60) -> SmallClinic:
    """Return a clinic of two clinicians, two rooms and an empty book, from nine to five on weekdays."""
    hours = (9 * 60, 17 * 60)
    return SmallClinic(
        visit=Visit(1, 30, 0, 0, 1, None),
        rule=Rule(7, 7, 14),
        choices=choices,
        weights=weights or Weights(),
        days=days,
        grid=15,
        shortest=30,
        free={
            "clinicians": {key: {day: set(range(*hours)) for day in range(days) if day % 7 < 5} for key in (1, 2)},
            "rooms": {key: {day: open_all_day(hours) for day in range(days)} for key in (1, 2)},
            "devices": {},
            "patient": {1: {day: open_all_day(hours) for day in range(days)}},
        },
    )


def large_clinic(random: Random) -> SmallClinic:
    """Return a clinic of eight clinicians and five rooms, half to nine tenths full over four months."""
    least = random.choice([7, 7, 10])
    return _clinic(
        random,
        people=list(range(1, 9)),
        rooms=5,
        days=130,
        hours=(8 * 60, 17 * 60),
        full=random.choice([0.5, 0.8, 0.9]),
        rule=Rule(least, random.randint(least, 14), 14),
        count=random.choice([8, 10]),
        grid=15,
    )


def _clinic(
    random: Random,
    *,
    people: list[int],
    rooms: int,
    days: int,
    hours: tuple[int, int],
    full: float,
    rule: Rule,
    count: int,
    grid: int,
) -> SmallClinic:
    asked = random.choice([None, *people])
    weekdays = frozenset(random.sample(range(6), random.choice([1, 2])))
    visit = Visit(1, 30, random.choice([0, 30]), random.choice([0, 15]), 1, random.choice([None, None, 1]))
    weights = replace(
        Weights(),
        hole=random.choice([0, 2, 5]),
        change=random.choice([0, 3, 9]),
        early_sessions=random.choice([0, 2]),
        early_factor=random.choice([1, 3]),
    )
    clinic = SmallClinic(
        visit=visit,
        rule=rule,
        choices=Choices(
            start_on=DAY_ONE,
            weekdays=weekdays,
            around=time(*divmod(random.randrange(hours[0], hours[1] - 30, 15), 60)),
            clinician_id=asked,
            else_anyone=random.random() < 0.7,
            rhythm=Rhythm.BETWEEN,
            count=count,
        ),
        weights=weights,
        days=days,
        grid=grid,
        shortest=random.choice([20, 30]),
        free={
            "clinicians": {key: _working(random, days, hours) for key in people},
            "rooms": {key: {day: open_all_day(hours) for day in range(days)} for key in range(1, rooms + 1)},
            "devices": {1: {day: open_all_day(hours) for day in range(days)}},
            "patient": {1: {day: open_all_day(hours) for day in range(days)}},
        },
    )
    _fill(random, clinic, hours, full)
    if random.random() < 0.3:
        clinic.own = [Own(DAY_ONE - timedelta(days=random.randint(3, 12)), random.choice(people))]
        clinic.first_number = 2
    if random.random() < 0.3:
        joined = random.sample(range(days), min(days, 5))
        clinic.trips = {day: (start, start + 30) for day in joined for start in [random.randrange(*hours, 15)]}
    if random.random() < 0.3:
        clinic.others = [Held(DAY_ONE + timedelta(days=random.randrange(days)), random.choice([2, 7]), "Legs")]
    return clinic


def _working(random: Random, days: int, hours: tuple[int, int]) -> dict[int, set[int]]:
    return {day: set(range(*hours)) for day in range(days) if day % 7 < 6 and random.random() < 0.9}


def _fill(random: Random, clinic: SmallClinic, hours: tuple[int, int], full: float) -> None:
    """Take time away: visits of others, which hold a clinician and a room, at times the device; and of the patient."""
    length = hours[1] - hours[0]
    for key, by_day in clinic.free["clinicians"].items():
        for day in by_day:
            while len(by_day[day]) > length * (1 - full):
                start, minutes = random.randrange(*hours, 5), random.choice([20, 30, 45])
                held = set(range(start, start + minutes))
                by_day[day] -= held
                clinic.free["rooms"][(key + day) % len(clinic.free["rooms"]) + 1][day] -= held
                if random.random() < 0.2:
                    clinic.free["devices"][1][day] -= held
    for day in clinic.free["patient"][1]:
        if random.random() < 0.1:
            clinic.free["patient"][1][day] -= set(range(hours[0], hours[0] + 60))
