"""When a visit may start: the instants at which a clinician, the patient, a room and a device are all free.

Pure. A stretch of starts is `[first, last]` in seconds since 1970, both included; lists are sorted and do not overlap.
Which room or device a visit gets does not depend on its clinician: so one list of starts serves all rooms, and another
all devices, and what they share is exact.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import reduce

from scheduling.planning.freetime import FreeTime, Span


def starts_in(spans: Iterable[Span], *, before: int, length: int) -> list[Span]:
    """Return the starts that leave `before` seconds ahead of them and `length` after them within one free stretch."""
    return [(since + before, until - length) for since, until in spans if since + before <= until - length]


def either(lists: Iterable[list[Span]]) -> list[Span]:
    """Return the starts that stand in any of the lists."""
    merged: list[Span] = []
    for since, until in sorted(span for spans in lists for span in spans):
        if merged and since <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(until, merged[-1][1]))
        else:
            merged.append((since, until))
    return merged


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
            *(either(starts_in(s, before=0, length=minutes + turnover) for s in kind.values()) for kind in kinds),
        ]
        self._shared = reduce(both, needs)
        self._by_clinician: dict[int, list[Span]] = {}

    def of(self, clinician_id: int) -> list[Span]:
        """Return when a clinician can begin such a visit."""
        if clinician_id not in self._by_clinician:
            own = starts_in(self._free.clinicians.get(clinician_id, []), before=0, length=self._length)
            self._by_clinician[clinician_id] = both(self._shared, own)
        return self._by_clinician[clinician_id]

    def between(self, clinician_id: int, since: int, until: int) -> Iterator[Span]:
        """Yield a clinician's starts in `[since, until)`."""
        spans = self.of(clinician_id)
        at = max(0, bisect_left(spans, (since,)) - 1)
        while at < len(spans) and spans[at][0] < until:
            first, last = max(spans[at][0], since), min(spans[at][1], until - 1)
            if first <= last:
                yield first, last
            at += 1
