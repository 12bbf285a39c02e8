"""What a course costs: a price for each difference from what was wished (design 4.8).

Pure. Whole numbers, less is better. Every weight is zero or more, so a course can only get dearer by another session:
the search in `chain` leans on it.
"""

from dataclasses import astuple, dataclass, fields

from scheduling.planning.windows import Rule

LATE_DAYS = 21
"""How far beyond the longest gap a course may reach when nothing nearer is free; such a line is marked late."""
NEVER = 1 << 60


@dataclass(frozen=True)
class Weights:
    """What each kind of difference from the wish costs."""

    quarter_hour: int = 1
    """A quarter of an hour between the start and the usual time."""
    other_day: int = 6
    """A weekday that is not a usual one."""
    gap_day: int = 2
    """A day between the gap and the ideal one."""
    other_clinician: int = 8
    """Another clinician than the one asked for."""
    change: int = 3
    """Another clinician than the session before."""
    trip: int = 10
    """Another trip to the clinic, when a visit of another course could be shared."""
    hole: int = 2
    """A stretch left free beside the visit that is shorter than any visit: nobody can use it."""
    early_sessions: int = 3
    """So many first sessions of a course keep to the wish more firmly: a habit is made or lost there."""
    early_factor: int = 2
    """What days, gaps and changes of clinician cost more in those."""
    moved: int = 40
    """Leaving a place that stood."""
    late_day: int = 100
    """A day beyond the longest gap."""

    def firmness(self, number: int) -> int:
        """Return what the costs of a day, a gap and a clinician are multiplied by in this session of the course."""
        return self.early_factor if number <= self.early_sessions else 1


@dataclass(frozen=True)
class Price:
    """What one session costs, part by part."""

    time: int = 0
    trip: int = 0
    hole: int = 0
    day: int = 0
    gap: int = 0
    late: int = 0
    clinician: int = 0
    change: int = 0
    moved: int = 0

    @property
    def total(self) -> int:
        return sum(astuple(self))

    def __add__(self, other: "Price") -> "Price":
        return Price(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))

    @classmethod
    def parts(cls) -> list[str]:
        return [field.name for field in fields(cls)]


def time_cost(minute: int, around: int, weights: Weights) -> int:
    """Return what a start costs, both in minutes of the local day; a quarter that has begun counts whole."""
    return weights.quarter_hour * -(-abs(minute - around) // 15)


def waiting_cost(minutes: int, weights: Weights) -> int:
    """Return what waiting between two visits of one trip costs; a quarter of an hour that has begun counts whole."""
    return weights.quarter_hour * -(-minutes // 15)


def hole_cost(before: int, after: int, shortest: int, weights: Weights) -> int:
    """Return what the free minutes left before and after a visit cost, where no visit fits into them."""
    return weights.hole * ((0 < before < shortest) + (0 < after < shortest))


def gap_cost(gap: int, rule: Rule, weights: Weights, number: int) -> int:
    """Return what this many days before a session cost; NEVER when it is too early or hopelessly late."""
    if not rule.least <= gap <= latest_gap(rule):
        return NEVER
    return ideal_cost(gap, rule, weights, number) + late_cost(gap, rule, weights)


def ideal_cost(gap: int, rule: Rule, weights: Weights, number: int) -> int:
    return weights.gap_day * weights.firmness(number) * abs(gap - rule.ideal)


def late_cost(gap: int, rule: Rule, weights: Weights) -> int:
    return weights.late_day * max(0, gap - rule.most)


def latest_gap(rule: Rule) -> int:
    """Return the most days that may lie before a session when nothing nearer is free."""
    return rule.most + LATE_DAYS
