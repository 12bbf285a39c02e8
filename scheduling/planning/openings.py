"""When a visit may start: the instants at which a clinician, the patient, a room and a device are all free.

Pure. A stretch of starts is `[first, last]` in seconds since 1970, both included; lists are sorted and do not overlap.
Which room or device a visit gets does not depend on its clinician: so one list of starts serves all rooms, and another
all devices, and what they share is exact.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import reduce

from scheduling.planning.freetime import FreeTime
from scheduling.planning.stretches import Span, Stretches


def starts_in(spans: Iterable[Span], *, before: int, length: int) -> list[Span]:
    """Return the starts that leave `before` seconds ahead of them and `length` after them within one free stretch."""
    return [(since + before, until - length) for since, until in spans if since + before <= until - length]


def both(one: list[Span], other: list[Span]) -> list[Span]:
    """Return the starts that stand in both lists."""
    shared: list[Span] = []
    i = j = 0
    while i < len(one) and j < len(other):
        since, until = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if since <= until:
            shared.append((since, until))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return shared


class Openings:
    """The starts of one kind of visit, by clinician, from an instant on."""

    def __init__(self, free: FreeTime, earliest: int) -> None:
        self._free = free
        minutes, turnover = free.visit.minutes * 60, free.visit.turnover_minutes * 60
        self._length = minutes
        kinds = [free.rooms, free.devices] if free.visit.needs_device else [free.rooms]
        needs = [
            [(earliest, 1 << 40)],
            starts_in(free.patient, before=free.visit.numbing_minutes * 60, length=minutes),
            *(Stretches.of(kind).starts(minutes + turnover) for kind in kinds),
        ]
        self._shared = reduce(both, needs)

    def shared_at(self, start: int) -> bool:
        """Say whether patient, a room and a device are all free for a visit that starts here."""
        at = bisect_right(self._shared, (start, 1 << 62)) - 1
        return at >= 0 and start <= self._shared[at][1]

    def between(self, clinician_id: int, since: int, until: int) -> Iterator[Span]:
        """Yield a clinician's starts in `[since, until)`."""
        own, shared = self._free.clinicians.get(clinician_id, []), self._shared
        for at in range(max(0, bisect_left(own, (since,)) - 1), len(own)):
            first, last = max(own[at][0], since), min(own[at][1] - self._length, until - 1)
            if own[at][0] >= until:
                return
            if first <= last:
                yield from _within(shared, first, last)


def _within(shared: list[Span], first: int, last: int) -> Iterator[Span]:
    """Yield the parts of a stretch of starts that stand in a list too."""
    for at in range(max(0, bisect_left(shared, (first,)) - 1), len(shared)):
        since, until = shared[at]
        if since > last:
            return
        if first <= until:
            yield max(first, since), min(last, until)
