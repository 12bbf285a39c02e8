"""The suggested number of sessions: within the protocol's range, and never less for more."""

import itertools

import pytest
from django.db.models import TextChoices
from hypothesis import given
from hypothesis import strategies as st

from tests import factory
from treatments.models import Area, Complexity, Size
from treatments.suggest import Range, sessions, suggest

SIZES, COMPLEXITIES = list(Size), list(Complexity)


@st.composite
def ranges(draw: st.DrawFn) -> Range:
    fewest, usual, most = sorted(draw(st.tuples(*[st.integers(4, 15)] * 3)))
    return Range(fewest, usual, most, draw(st.integers(1, 8)))


@given(ranges(), st.integers(0, 12), st.sampled_from(SIZES), st.sampled_from(COMPLEXITIES))
def test_it_stays_within_the_range_of_the_protocol(
    usual: Range, places: int, size: Size, complexity: Complexity
) -> None:
    assert usual.fewest <= sessions(usual, places, size, complexity) <= usual.most


@given(ranges(), st.integers(0, 12), st.sampled_from(SIZES), st.sampled_from(COMPLEXITIES))
def test_more_of_anything_never_takes_fewer(usual: Range, places: int, size: Size, complexity: Complexity) -> None:
    count = sessions(usual, places, size, complexity)
    assert sessions(usual, places + 1, size, complexity) >= count
    for larger in SIZES[SIZES.index(size) :]:
        assert sessions(usual, places, larger, complexity) >= count
    for harder in COMPLEXITIES[COMPLEXITIES.index(complexity) :]:
        assert sessions(usual, places, size, harder) >= count


@given(ranges())
def test_the_ordinary_case_takes_the_usual_number_and_the_extremes_reach_the_ends(usual: Range) -> None:
    assert sessions(usual, usual.places, Size.MEDIUM, Complexity.MEDIUM) == usual.usual
    assert sessions(usual, usual.places + 1, Size.LARGE, Complexity.HIGH) == usual.most
    assert sessions(usual, usual.places - 1, Size.SMALL, Complexity.LOW) == usual.fewest


def test_the_orders_of_the_choices_are_from_less_to_more() -> None:
    assert [size.label for size in SIZES] == ["small", "medium", "large"]
    assert [complexity.label for complexity in COMPLEXITIES] == ["low", "medium", "high"]
    assert all(issubclass(choices, TextChoices) for choices in (Size, Complexity))


def test_it_is_explained_in_a_sentence() -> None:
    said = suggest(Range(8, 10, 15, 3), 3, Size.LARGE, Complexity.MEDIUM)
    assert said.count == 12
    assert said.why == ("12 sessions suggested: 3 places, large size, medium complexity. 10 is usual, 8 to 15 fit.")
    assert suggest(Range(8, 10, 15, 3), 1, Size.SMALL, Complexity.LOW).why.startswith("8 sessions suggested: 1 place,")


@pytest.mark.django_db
def test_places_for_named_clinicians_only_are_not_the_usual_ones() -> None:
    protocol = factory.make_protocol()
    protocol.areas.add(Area.objects.create(key="eyelid", name="Eyelid", restricted=True))
    usual = Range.of(protocol)
    assert usual == Range(4, 10, 15, 1)
    assert [sessions(usual, places, Size.MEDIUM, Complexity.MEDIUM) for places in (1, 2)] == [10, 11]


def test_a_wide_range_tells_all_nine_cases_apart_or_equal_by_their_sum() -> None:
    cases = [sessions(Range(4, 10, 15, 1), 1, *case) for case in itertools.product(SIZES, COMPLEXITIES)]
    assert cases == [5, 8, 10, 8, 10, 12, 10, 12, 14]
