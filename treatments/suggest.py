"""How many sessions a course might take: more for a large area, a complex case, more places (domain 1, row 39).

A suggestion only: it starts from what the protocol's course usually takes, and stays between its fewest and its most.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from treatments.models import Complexity, Protocol, Size

SIZES = {Size.SMALL: -2, Size.MEDIUM: 0, Size.LARGE: 2}
COMPLEXITIES = {Complexity.LOW: -2, Complexity.MEDIUM: 0, Complexity.HIGH: 2}
MOST_POINTS = 5
"""Two for the size, two for the complexity, one for more places than usual."""


@dataclass(frozen=True)
class Range:
    """What a protocol's course takes: sessions, and how many places it usually treats."""

    fewest: int
    usual: int
    most: int
    places: int

    @classmethod
    def of(cls, protocol: Protocol) -> "Range":
        places = sum(not area.restricted for area in protocol.areas.all())
        return cls(protocol.sessions_min, protocol.sessions_usual, protocol.sessions_max, places)


@dataclass(frozen=True)
class Suggestion:
    """How many sessions are suggested, and the sentence that says why."""

    count: int
    why: str


def sessions(usual: Range, places: int, size: Size, complexity: Complexity) -> int:
    """Return how many sessions to suggest for a course of so many places. Never less for more of anything."""
    more = (places > usual.places) - (places < usual.places)
    points = SIZES[size] + COMPLEXITIES[complexity] + more
    way = usual.most - usual.usual if points > 0 else usual.usual - usual.fewest
    # Halves are rounded away from the usual number, so that any difference can show.
    steps = (abs(points) * way * 2 + MOST_POINTS) // (MOST_POINTS * 2)
    return usual.usual + (steps if points > 0 else -steps)


def suggest(usual: Range, places: int, size: Size, complexity: Complexity) -> Suggestion:
    """Return the suggestion with its reason: "12 sessions suggested for 3 places, large, of medium complexity …"."""
    count = sessions(usual, places, size, complexity)
    said = ngettext("%(count)d session suggested", "%(count)d sessions suggested", count) % {"count": count}
    where = ngettext("%(places)d place", "%(places)d places", places) % {"places": places}
    words = _(
        "%(said)s: %(where)s, %(size)s size, %(complexity)s complexity. %(usual)d is usual, %(fewest)d to %(most)d fit."
    )
    values = {
        "said": said,
        "where": where,
        "size": Size(size).label,
        "complexity": Complexity(complexity).label,
        "usual": usual.usual,
        "fewest": usual.fewest,
        "most": usual.most,
    }
    return Suggestion(count, words % values)
