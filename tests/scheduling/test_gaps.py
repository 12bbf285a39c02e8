"""What visits leave free, and when a visit may start in it: second by second, without the planner's own bisection."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from scheduling.planning.freetime import FreeTime, Visit
from scheduling.planning.openings import Openings
from scheduling.planning.stretches import Span, edges, gaps, instants, spans

WHOLE = (0, 40)
stretches = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 12)).map(lambda pair: (pair[0], sum(pair))), max_size=6
)


def seconds(found: list[Span]) -> set[int]:
    return {second for since, until in found for second in range(since, until)}


def without(taken: list[Span], whole: Span) -> list[Span]:
    return spans(gaps(whole, edges(taken)))


@given(taken=stretches)
def test_what_is_left_is_every_second_that_nothing_takes(taken: list[Span]) -> None:
    left = without(taken, WHOLE)
    assert seconds(left) == set(range(*WHOLE)) - seconds(taken)
    assert left == sorted(left)
    assert all(until < since for (_, until), (since, _) in pairwise(left))


def test_instants_come_as_eight_bytes_each() -> None:
    sent = b"".join(second.to_bytes(8, "big", signed=True) for second in (-1, 1_800_000_000, 1 << 40))
    assert instants(memoryview(sent)).tolist() == [-1, 1_800_000_000, 1 << 40]
    assert not instants(None).size


@given(
    clinician=stretches, rooms=st.lists(stretches, min_size=1, max_size=3), since=st.integers(0, 10), minutes=st.just(1)
)
def test_a_visit_may_start_when_clinician_and_a_room_are_free(
    clinician: list[Span], rooms: list[list[Span]], since: int, minutes: int
) -> None:
    whole = (0, 40 * 60)
    taken = [[(begins * 60, ends * 60) for begins, ends in one] for one in (clinician, *rooms)]
    free = FreeTime(
        Visit(1, minutes, 0, 1, 1, None),
        clinicians={1: without(taken[0], whole)},
        rooms={key: without(one, whole) for key, one in enumerate(taken[1:])},
        patient=[whole],
    )
    first = since * 60
    found = list(Openings(free, 0).between(1, first, first + 20 * 60))
    starts = {start for begins, ends in found for start in range(begins, ends + 1, 30) if not start % 30}
    assert starts == {start for start in range(first, first + 20 * 60, 30) if free.place(1, start)}
