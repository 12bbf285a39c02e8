"""Stretches of time as arrays: a book ahead has tens of thousands, and one by one they take as long as all the rest.

Times are sent in microseconds since 2000, as PostgreSQL keeps them, and reckoned with in whole seconds since 1970.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

import numpy as np
from numpy.typing import ArrayLike, NDArray

Span = tuple[int, int]
"""A stretch of time in seconds since 1970, `[from, until)`."""
Times = NDArray[np.int64]
Edges = tuple[Times, Times]
"""When stretches begin and when they end. As sent, each in any order; what is free is sorted, and nothing overlaps."""
SECOND = 1_000_000
"""Microseconds of a second."""
SENT_FROM = 946_684_800
"""2000-01-01 in seconds since 1970: from there PostgreSQL counts."""


def times(instants: ArrayLike) -> Times:
    return np.asarray(instants, dtype=np.int64)


NOTHING: Edges = (times([]), times([]))


def instants(sent: memoryview | None) -> Times:
    """Return the microseconds since 2000 that came as bytes, eight each; none when nothing came."""
    return np.frombuffer(sent, ">i8").astype(np.int64) if sent else NOTHING[0]


def gaps(whole: Span, *taken: Edges) -> Edges:
    """Return what no stretch covers of a whole one, sorted and without overlaps.

    Stretches may overlap. Nothing covers the time right before a beginning when as many have ended by then as have
    begun; so both may be sorted each for itself.
    """
    over = np.concatenate([*(ends for _begins, ends in taken), times([whole[0]])])
    next_one = np.concatenate([*(begins for begins, _ends in taken), times([whole[1]])])
    over.sort()
    next_one.sort()
    left = over < next_one
    return over[left], next_one[left]


def in_seconds(edges: Edges) -> Edges:
    """Return stretches as sent in seconds since 1970."""
    return edges[0] // SECOND + SENT_FROM, edges[1] // SECOND + SENT_FROM


def spans(edges: Edges) -> list[Span]:
    return list(zip(edges[0].tolist(), edges[1].tolist(), strict=True))


def edges(stretches: Iterable[Span]) -> Edges:
    """Return spans as arrays."""
    flat = np.fromiter(chain.from_iterable(stretches), dtype=np.int64)
    return flat[::2], flat[1::2]


def fits(stretches: list[Span], since: int, until: int) -> bool:
    """Say whether `[since, until)` lies within one free stretch. `stretches` is sorted and does not overlap."""
    at = bisect_right(stretches, (since, 1 << 62)) - 1
    return at >= 0 and stretches[at][0] <= since and until <= stretches[at][1]


class Stretches(Mapping[int, list[Span]]):
    """What is free of several rooms or devices: arrays to reckon with all at once, a list of one that is looked at."""

    def __init__(self, free: Mapping[int, Edges]) -> None:
        self._free = free
        self._lists: dict[int, list[Span]] = {}

    @classmethod
    def of(cls, lists: Mapping[int, list[Span]]) -> "Stretches":
        return lists if isinstance(lists, cls) else cls({key: edges(found) for key, found in lists.items()})

    def __getitem__(self, key: int) -> list[Span]:
        if key not in self._lists:
            self._lists[key] = spans(self._free[key])
        return self._lists[key]

    def __iter__(self) -> Iterator[int]:
        return iter(self._free)

    def __len__(self) -> int:
        return len(self._free)

    def starts(self, length: int) -> list[Span]:
        """Return the starts, `[first, last]`, at which one of them is free for so many seconds; sorted, apart."""
        if not self._free:
            return []
        begins = np.concatenate([since for since, _until in self._free.values()])
        ends = np.concatenate([until for _since, until in self._free.values()]) - length
        long = begins <= ends
        begins, ends = begins[long], ends[long]
        if not begins.size:
            return []
        begins.sort()
        ends.sort()
        # A stretch is over when as many have ended as had begun, and the next begins later.
        over = ends[:-1] < begins[1:]
        return spans((np.concatenate([begins[:1], begins[1:][over]]), np.concatenate([ends[:-1][over], ends[-1:]])))
