"""What weights mean, worked out on one course: in words, and as the choice that the planner would make."""

from dataclasses import dataclass
from itertools import chain

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from scheduling.planning.cost import Weights, ideal_cost, time_cost
from scheduling.planning.windows import Rule

WEEKLY = Rule(7, 7, 14)
TWO = 14 * 60
"""The course of the example: each Tuesday around 14:00 with Moira, a week apart."""
COUNTED = (
    ("change", gettext_lazy("A change of clinician")),
    ("other_clinician", gettext_lazy("Somebody else than asked for")),
    ("other_day", gettext_lazy("Another weekday")),
    ("gap_day", gettext_lazy("A day away from the best gap")),
    ("hole", gettext_lazy("A gap that nobody can use")),
)


@dataclass(frozen=True)
class Way:
    """One way out when the wished time is taken: its price late in the course, and in the sessions held firmly."""

    words: str
    late: int
    early: int
    best_late: bool = False
    best_early: bool = False


def ways(weights: Weights) -> list[Way]:
    """Return the ways out, the cheapest late in the course first."""
    first, last = 1, weights.early_sessions + 1

    def price(number: int, *, minute: int = TWO, gap: int = 7, day: bool = False, other: bool = False) -> int:
        firm = (weights.other_day if day else 0) + (weights.other_clinician + weights.change if other else 0)
        gaps = ideal_cost(gap, WEEKLY, weights, number)
        return time_cost(minute, TWO, weights) + gaps + firm * weights.firmness(number)

    asked = [
        (_("The same Tuesday at 14:45, with Moira"), {"minute": TWO + 45}),
        (_("The same Tuesday at 16:30, with Moira"), {"minute": TWO + 150}),
        (_("The same Tuesday at 14:00, with somebody else"), {"other": True}),
        (_("Wednesday at 14:00, with Moira"), {"gap": 8, "day": True}),
        (_("The Tuesday after at 14:00, with Moira"), {"gap": 14}),
    ]
    priced = [(words, price(last, **how), price(first, **how)) for words, how in asked]  # type: ignore[arg-type]
    least_late, least_early = min(late for _words, late, _e in priced), min(early for _words, _l, early in priced)
    found = [Way(words, late, early, late == least_late, early == least_early) for words, late, early in priced]
    return sorted(found, key=lambda way: way.late)


def equals(weights: Weights) -> list[str]:
    """Return what each weight is worth in time: "A change of clinician counts as much as 45 min"."""
    if not weights.quarter_hour:
        return [_("The time of the day counts for nothing: any hour is as good as the one asked for.")]
    found = [_worth(str(words), getattr(weights, name), weights.quarter_hour) for name, words in COUNTED]
    return [*found, *chain(_firm(weights))]


def _worth(words: str, weight: int, quarter: int) -> str:
    if not weight:
        return _("%(what)s counts for nothing.") % {"what": words}
    return _("%(what)s counts as much as %(time)s from the usual time.") % {
        "what": words,
        "time": _length(round(weight / quarter * 15)),
    }


def _firm(weights: Weights) -> list[str]:
    if not weights.early_sessions or weights.early_factor == 1:
        return []
    words = ngettext(
        "In the first session the weekday, the days between and the clinician count %(times)d times as much.",
        "In the first %(n)d sessions the weekday, the days between and the clinician count %(times)d times as much.",
        weights.early_sessions,
    )
    return [words % {"n": weights.early_sessions, "times": weights.early_factor}]


def _length(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    if not hours:
        return _("%(n)d min") % {"n": rest}
    return _("%(h)d h %(m)d min") % {"h": hours, "m": rest} if rest else _("%(h)d h") % {"h": hours}
