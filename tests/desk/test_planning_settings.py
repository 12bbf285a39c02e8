"""How courses are planned: the clinic's own weights, what they change, and the page that keeps them."""

import uuid
from collections import Counter
from dataclasses import asdict, fields, replace
from datetime import date
from random import Random
from time import perf_counter
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.desk.settings.weighing import equals, ways
from clinic.desk.settings.weights import WORDS, WeightsForm, write_weights
from clinic.lib.rows import RowRefused
from clinic.models import Clinician, Operation, Role, Room
from scheduling.models import PlanningWeights
from scheduling.models.weights import NAMES, USUAL, bounds
from scheduling.planning import planner
from scheduling.planning.cost import Weights
from scheduling.planning.loading import load
from tests import factory
from tests.figures import say
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import choose, days_of, take
from tests.scheduling.small_clinic import large_clinic, small_clinic
from tests.scheduling.test_best_course import anchor, by_brute_force, found, priced
from treatments.models import TreatmentPlan

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
URL = "/settings/planning/"
DAY = date(2026, 12, 1)


@pytest.fixture
def book(clinic: object) -> dict[str, Any]:
    """Two clinicians, two rooms, and a weekly course of one patient with the first of them."""
    moira = factory.make_clinician("Moira Hynes")
    anika = factory.make_clinician("Dr. Anika Sandhu", short_name="Dr. Sandhu")
    rooms = [factory.make_room("Room 1"), factory.make_room("Room 2")]
    return {"moira": moira, "anika": anika, "rooms": rooms, "plan": factory.make_plan(clinician=moira)}


@pytest.fixture
def owner(clinic: object, client: Client) -> Client:
    client.force_login(factory.make_user(Role.OWNER, name="Ruth Noseworthy"), BACKEND)
    return client


def untouched(client: Client) -> dict[str, Any]:
    form = client.get(URL).context["form"]
    return {name: str(form[name].value()) for name in form.fields}


def saved(client: Client, **asked: Any) -> str:
    return client.post(URL, untouched(client) | asked, follow=True).content.decode()


# --- What is kept ------------------------------------------------------------------------------------------------


def test_the_usual_weights_hold_until_the_clinic_has_its_own() -> None:
    assert PlanningWeights.objects.current() == USUAL == Weights()
    assert PlanningWeights().weights == Weights()
    PlanningWeights.objects.create(change=30)
    assert PlanningWeights.objects.current() == replace(Weights(), change=30)


def test_every_weight_has_a_column_a_sentence_and_a_field_on_the_page() -> None:
    names = {field.name for field in fields(Weights)}
    columns = {field.name for field in PlanningWeights._meta.fields} - {"id"}
    shown = [field.name for _head, found in WeightsForm(weights=USUAL).groups for field in found]
    assert set(NAMES) == columns == set(WORDS) == set(shown) == names
    assert len(shown) == len(names)


@pytest.mark.parametrize("name", NAMES)
def test_the_database_keeps_each_weight_within_its_bounds(name: str) -> None:
    least, most = bounds(name)
    for value in (least, most):
        PlanningWeights.objects.all().delete()
        PlanningWeights.objects.create(**{name: value})
    for value in {most + 1, least - 1} - {-1}:
        PlanningWeights.objects.all().delete()
        with pytest.raises(IntegrityError, match=f"weight_of_{name}_within_bounds"), transaction.atomic():
            PlanningWeights.objects.create(**{name: value})


def test_there_is_one_row_a_database() -> None:
    PlanningWeights.objects.create()
    with pytest.raises(IntegrityError, match="planning_weights_are_one"), transaction.atomic():
        PlanningWeights.objects.create(pk=2)


# --- What they change --------------------------------------------------------------------------------------------


def mended(plan: TreatmentPlan, moira: Clinician, rooms: list[Room]) -> Any:
    """Mend a course whose last session meets another visit, two hours long, and return that session."""
    take(moira, rooms[0], date(2026, 12, 15), "13:00", 150)
    choices = choose(moira, count=3)
    return planner.mend(plan, choices, planner.propose(plan, choices, MONDAY).slots, MONDAY).lines[2]


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ({}, ("moira", DAY.replace(day=15), "15:30")),
        ({"quarter_hour": 100, "other_day": 500}, ("anika", DAY.replace(day=15), "14:00")),
        ({"quarter_hour": 100, "other_clinician": 1000, "change": 500}, ("moira", DAY.replace(day=16), "14:00")),
    ],
)
def test_the_planner_weighs_as_the_clinic_says(
    book: dict[str, Any], weights: dict[str, int], expected: tuple[str, date, str]
) -> None:
    PlanningWeights.objects.create(**weights | ({"moved": 1000} if weights else {}))
    line = mended(book["plan"], book["moira"], book["rooms"])
    who, day, wall = expected
    assert (line.slot.clinician_id, line.slot.starts_at) == (book[who].pk, factory.at(day, wall))


def test_changing_the_weights_changes_no_dates_that_stand(book: dict[str, Any]) -> None:
    choices = choose(book["moira"], count=4)
    slots = planner.propose(book["plan"], choices, MONDAY).slots
    PlanningWeights.objects.create(quarter_hour=0, change=0, other_clinician=0, moved=0)
    judged = planner.judge(book["plan"], choices, slots, MONDAY)
    assert judged.slots == slots
    assert days_of(judged) == days_of(planner.mend(book["plan"], choices, slots, MONDAY))


def test_the_weights_are_read_once_a_planning_whatever_its_length(book: dict[str, Any]) -> None:
    counts = []
    for count in (1, 10):
        with CaptureQueriesContext(connection) as caught:
            load(book["plan"], choose(book["moira"], count=count), now=MONDAY)
        counts.append(Counter("planningweights" in one["sql"] for one in caught)[True])
    assert counts == [1, 1]


EXTREMES = 150


def test_the_best_course_is_the_cheapest_by_any_weights_that_can_be_saved() -> None:
    """Each weight at one of its ends or in between: the search leans on nothing but their being zero or more."""
    random = Random(7)
    for seed in range(EXTREMES):
        clinic = small_clinic(Random(seed))
        given = {}
        for name in NAMES:
            least, most = bounds(name)
            given[name] = random.choice([least, most, random.randint(least, most), getattr(USUAL, name)])
        clinic.weights = Weights(**given)
        length, cost = by_brute_force(clinic, anchor(clinic))
        slots = found(clinic)
        assert (len(slots), priced(clinic, slots)) == (length, cost), (seed, given)


def test_weights_of_nothing_are_planned_by_as_well(db: None) -> None:
    took = {}
    for words, weights in (("usual", USUAL), ("none", Weights(**dict.fromkeys(NAMES, 0) | {"early_factor": 1}))):
        clinic = large_clinic(Random(3))
        clinic.weights = weights
        started = perf_counter()
        assert found(clinic)
        took[words] = perf_counter() - started
    say(f"weights: a large clinic planned in {took['usual'] * 1000:.0f} ms, with all at 0 in {took['none'] * 1000:.0f}")


# --- The page ----------------------------------------------------------------------------------------------------


def test_the_owner_sets_weights_and_it_is_written_down(owner: Client) -> None:
    page = saved(owner, change="30", early_sessions="0")
    assert "Courses are planned this way from now on. Booked ones stay as they are." in page
    assert PlanningWeights.objects.current() == replace(USUAL, change=30, early_sessions=0)
    operation = Operation.objects.get()
    assert (operation.kind, operation.user and operation.user.name) == ("write_weights", "Ruth Noseworthy")
    assert operation.touched == [{"planningweights": 1, "before": asdict(USUAL)}]
    assert "Back to the usual" in page


def test_back_to_the_usual_forgets_the_clinics_own(owner: Client) -> None:
    assert "Back to the usual" not in owner.get(URL).content.decode()
    saved(owner, change="30")
    page = saved(owner, act="reset", change="not a number")
    assert "Courses are planned the usual way again." in page
    assert not PlanningWeights.objects.exists()
    assert Operation.objects.get(kind="reset_weights").touched[0]["before"]["change"] == 30


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"change": "1001"}, "Enter a whole number from 0 to 1000."),
        ({"change": "-1"}, "Enter a whole number from 0 to 1000."),
        ({"gap_day": ""}, "Enter a whole number from 0 to 1000."),
        ({"hole": "two"}, "Enter a whole number from 0 to 1000."),
        ({"early_factor": "0"}, "Enter a whole number from 1 to 10."),
        ({"early_sessions": "16"}, "Enter a whole number from 0 to 15."),
    ],
)
def test_a_number_out_of_bounds_is_told_beside_it_and_nothing_is_saved(
    owner: Client, asked: dict[str, str], sentence: str
) -> None:
    page = saved(owner, **asked)
    assert sentence in page
    assert "Nothing was saved" in page
    assert "Mend the number that is marked" in page
    assert not PlanningWeights.objects.exists()
    assert not Operation.objects.exists()


def test_trying_shows_what_it_means_and_saves_nothing(owner: Client) -> None:
    page = saved(owner, act="try", change="40", other_clinician="0")
    assert "A change of clinician counts as much as 10 h from the usual time." in page
    assert "Somebody else than asked for counts for nothing." in page
    assert "not saved yet" in page
    assert not PlanningWeights.objects.exists()
    assert not Operation.objects.exists()


def test_a_double_click_saves_once(owner: Client) -> None:
    asked = untouched(owner) | {"change": "9"}
    owner.post(URL, asked)
    owner.post(URL, asked)
    assert Operation.objects.count() == 1
    again = owner.post(URL, asked | {"change": "10"}).content.decode()
    assert "Nothing was saved" in again
    assert PlanningWeights.objects.current().change == 9


def test_two_owners_do_not_overwrite_each_other(owner: Client) -> None:
    mine = untouched(owner) | {"change": "9"}
    PlanningWeights.objects.create(change=5)
    answer = owner.post(URL, mine)
    page = answer.content.decode()
    assert "Someone else changed this while you wrote. On file now:" in page
    assert "A change of clinician: 5" in page
    assert PlanningWeights.objects.current().change == 5
    form = answer.context["form"]
    owner.post(URL, {name: str(form[name].value()) for name in form.fields})
    assert PlanningWeights.objects.current().change == 9


def test_the_page_asks_a_fixed_number_of_questions(owner: Client) -> None:
    owner.get(URL)
    with CaptureQueriesContext(connection) as before:
        owner.get(URL)
    PlanningWeights.objects.create(change=5)
    with CaptureQueriesContext(connection) as after:
        owner.get(URL)
    assert len(before) == len(after) == 6


def test_only_an_owner_may(clinic: object, client: Client) -> None:
    client.force_login(factory.make_user(Role.CLINICIAN), BACKEND)
    assert client.get(reverse("planning_settings")).status_code == 403


# --- The worked example ------------------------------------------------------------------------------------------


def test_the_usual_weights_in_words() -> None:
    assert equals(USUAL) == [
        "A change of clinician counts as much as 45 min from the usual time.",
        "Somebody else than asked for counts as much as 2 h from the usual time.",
        "Another weekday counts as much as 1 h 30 min from the usual time.",
        "A day away from the best gap counts as much as 30 min from the usual time.",
        "A gap that nobody can use counts as much as 30 min from the usual time.",
        "In the first 3 sessions the weekday, the days between and the clinician count 2 times as much.",
    ]
    assert "The time of the day counts for nothing" in equals(replace(USUAL, quarter_hour=0))[0]


def test_the_example_is_priced_as_the_planner_prices(book: dict[str, Any]) -> None:
    prices = {way.words: (way.early, way.late) for way in ways(USUAL)}
    assert prices == {
        "The same Tuesday at 14:45, with Moira": (3, 3),
        "The same Tuesday at 16:30, with Moira": (10, 10),
        "The same Tuesday at 14:00, with somebody else": (22, 11),
        "Wednesday at 14:00, with Moira": (16, 8),
        "The Tuesday after at 14:00, with Moira": (28, 14),
    }
    best = [way.words for way in ways(USUAL) if way.best_late]
    assert best == ["The same Tuesday at 14:45, with Moira"]
    firm = ways(replace(USUAL, quarter_hour=100, gap_day=0))
    assert [way.words for way in firm if way.best_late] == ["The Tuesday after at 14:00, with Moira"]


def test_writing_is_refused_by_the_service_as_well(clinic: object) -> None:
    from_service = {name: getattr(USUAL, name) for name in NAMES} | {"change": 5000}
    with pytest.raises(RowRefused):
        write_weights(key=uuid.uuid4(), values=from_service, seen="", actor=None, now=MONDAY)
