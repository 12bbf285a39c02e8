"""The strip calendar: where days, nodes, windows, closed days and absences stand, and what it says in words."""

import itertools
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from clinic.models import Clinic, Clinician, Room
from scheduling.models import Absence, Closure
from scheduling.planning import planner
from scheduling.planning.types import Choices, Line, Proposal, Rhythm, Slot, Window
from scheduling.views.planner_axis import LEFT, WIDTH, Axis
from scheduling.views.planner_rows import Names
from scheduling.views.planner_strip import PITCH, Strip, strip
from scheduling.views.planner_strip_words import closed_spans, window_words
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import choose, take
from treatments.models import TreatmentPlan

pytestmark = pytest.mark.django_db


def names(moira: Clinician, today: date = date(2026, 11, 23)) -> Names:
    return Names({moira.pk: moira}, {}, factory.ST_JOHNS, today)


def drawn(plan: TreatmentPlan, moira: Clinician, choices: Choices) -> Strip:
    proposal = planner.propose(plan, choices, MONDAY)
    made = strip(proposal, choices, names(moira), Clinic.objects.current())
    assert made is not None
    return made


@pytest.fixture
def winter(moira: Clinician, rooms: list[Room]) -> None:
    """What the mock shows: a closed week, an absence, somebody else's visit."""
    Closure.objects.create(name="Winter break", starts_on=date(2026, 12, 25), ends_on=date(2027, 1, 1))
    at = factory.at
    Absence.objects.create(
        clinician=moira, starts_at=at(date(2027, 1, 25), "00:00"), ends_at=at(date(2027, 1, 28), "00:00")
    )
    take(moira, rooms[0], date(2026, 12, 15), "13:45", 45)


def test_the_strip_of_the_mock(plan: TreatmentPlan, moira: Clinician, winter: None) -> None:
    made = drawn(plan, moira, choose(moira))
    assert [node.x for node in made.nodes[:4]] == ["29.6", "138.8", "248", "357.2"]
    assert [node.number for node in made.nodes if node.look == "strip-bad"] == [3, 8]
    assert [node.number for node in made.nodes if node.look == "strip-info"] == [5]
    assert [(box.x, box.width) for box in made.closed] == [("396.2", "124.8")]
    assert [(box.x, box.width) for box in made.away] == [("879.8", "46.8")]
    assert [word.text for word in made.notes] == ["Closed", "Moira away"]
    assert [tick.label.text for tick in made.ticks if tick.label][:6] == ["30 Nov", "7 Dec", "14", "21", "28", "4 Jan"]
    fifth = made.due[4]
    assert fifth.word.text == "5 may fall 29 Dec to 5 Jan"
    assert [(box.x, box.width) for box in fifth.boxes] == [("458.6", "124.8")]
    assert [link.gap.text for link in made.links if link.gap and link.off] == ["14"]
    assert made.label == (
        "10 sessions from 1 December to 9 February. Sessions 3 and 8 clash. Session 5 was moved from a closed day. "
        "The clinic is closed 25 Dec – 1 Jan. Moira is away 25 – 27 Jan."
    )


def test_numbers_are_written_for_svg_in_every_language(plan: TreatmentPlan, moira: Clinician, winter: None) -> None:
    with translation.override("fr-ca"):
        made = drawn(plan, moira, choose(moira))
    assert all("," not in node.x for node in made.nodes)


def test_fifteen_sessions_two_weeks_apart_fit_one_strip(moira: Clinician) -> None:
    plan = factory.make_plan(clinician=moira, session_count=15)
    made = drawn(plan, moira, choose(moira, rhythm=Rhythm.TWO_WEEKLY, count=15))
    assert len(made.floors) == 1
    places = [float(node.x) for node in made.nodes]
    assert min(after - before for before, after in itertools.pairwise(places)) > 70
    assert places[-1] < WIDTH - 12
    labels = [float(tick.label.x) for tick in made.ticks if tick.label]
    assert min(after - before for before, after in itertools.pairwise(labels)) >= 35


def course(days: list[date], moira_key: int) -> Proposal:
    """Return a proposal on these days, each with a window of a week."""
    slots = [Slot(factory.at(day, "14:00"), moira_key) for day in days]
    gaps = [None, *((after - before).days for before, after in itertools.pairwise(days))]
    return Proposal(
        tuple(
            Line(number, slot, gap, Window(day, day + timedelta(days=7)))
            for number, (slot, gap, day) in enumerate(zip(slots, gaps, days, strict=True), 1)
        )
    )


def test_a_course_of_more_than_a_year_takes_two_strips(moira: Clinician) -> None:
    days = [date(2026, 12, 1) + timedelta(days=28 * n) for n in range(15)]
    made = strip(course(days, moira.pk), choose(moira), names(moira), Clinic.objects.current())
    assert made is not None
    assert len(made.floors) == 2
    rows = [float(node.y) > PITCH for node in made.nodes]
    assert rows == sorted(rows)
    assert any(rows)
    assert sum(link.gap is not None for link in made.links) == 14


def test_nodes_that_would_cover_each_other_step_aside(moira: Clinician) -> None:
    days = [date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 3), date(2026, 12, 15)]
    made = strip(course(days, moira.pk), choose(moira), names(moira), Clinic.objects.current())
    assert made is not None
    assert [node.y for node in made.nodes] == ["42", "60", "42", "51"]


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=40, unique=True), st.integers(0, 6))
def test_every_node_is_seen_whole_and_in_its_order(offsets: list[int], shift: int) -> None:
    days = [date(2026, 12, 1) + timedelta(days=shift + offset) for offset in sorted(offsets)]
    axis = Axis.over(days[0], days[-1])
    points = [axis.point(day) for day in days]
    assert points == sorted(points)
    assert all(LEFT <= x <= WIDTH for _row, x in points)
    assert all(0 <= row < axis.rows for row, _x in points)
    pieces = list(axis.pieces(axis.at(days[0]), axis.at(days[-1]) + 1))
    assert all(LEFT <= piece.left < piece.right <= WIDTH for piece in pieces)
    assert axis.start.weekday() == 0


@pytest.mark.parametrize(
    ("earliest", "latest", "said"),
    [
        (date(2026, 12, 29), date(2027, 1, 5), "5 may fall 29 Dec to 5 Jan"),
        (date(2026, 12, 8), date(2026, 12, 15), "5 may fall 8 to 15 Dec"),
        (date(2026, 12, 15), date(2026, 12, 15), "5 may fall on 15 Dec only"),
        (date(2026, 12, 15), None, "5 may fall from 15 Dec on"),
        (date(2026, 12, 15), date(2026, 12, 12), "5 has no day between its neighbours"),
    ],
)
def test_a_window_in_words(earliest: date, latest: date | None, said: str) -> None:
    slot = Slot(datetime.fromisoformat("2026-12-15T17:30:00+00:00"), 1)
    assert window_words(Line(5, slot, 7, Window(earliest, latest))) == said


def test_closures_that_touch_are_one() -> None:
    spans = closed_spans(
        [
            Closure(name="New Year", starts_on=date(2027, 1, 1), ends_on=date(2027, 1, 1)),
            Closure(name="Christmas", starts_on=date(2026, 12, 25), ends_on=date(2026, 12, 31)),
            Closure(name="Election", starts_on=date(2027, 1, 12), ends_on=date(2027, 1, 12)),
        ]
    )
    assert spans == [(date(2026, 12, 25), date(2027, 1, 1)), (date(2027, 1, 12), date(2027, 1, 12))]


def test_no_words_below_stand_on_others(plan: TreatmentPlan, moira: Clinician, winter: None) -> None:
    made = drawn(plan, moira, choose(moira))
    fixed: list[Any] = list(made.notes)
    for due in made.due:
        word, width = due.word, 5.9 * len(due.word.text)
        left = float(word.x)
        for note in fixed:
            half = 5.9 * len(note.text) / (2 if note.anchor == "middle" else 1)
            low = float(note.x) - (half if note.anchor == "middle" else 0)
            apart = left > float(note.x) + half or low > left + width
            assert word.y != note.y or apart, (word.text, note.text)
        assert left + width <= WIDTH + 0.1


def test_a_course_without_dates_has_no_strip(moira: Clinician) -> None:
    with time_machine.travel(MONDAY):
        assert strip(Proposal(), choose(moira), names(moira), Clinic.objects.current()) is None
