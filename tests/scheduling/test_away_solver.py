"""The plan for an absence against brute force, over random small clinics of plain values."""

from dataclasses import replace
from itertools import permutations, product
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.planning.away import model
from scheduling.planning.away.greedy import greedy
from scheduling.planning.away.model import Job, Near, Place, Plan, Problem, Score, furnish, is_legal
from scheduling.planning.away.solve import Found, solve
from tests.figures import say

MINUTE, HOUR, DAY = 60, 3600, 24 * 3600
AWAY, OTHERS = 1, (2, 3)
ORDERS = [
    tuple(Score._fields),
    ("left", "days", "moves", "quarters", "others"),
    ("left", "others", "moves", "days", "quarters"),
]


def place(day: int, slot: int, who: int, own: tuple[int, int]) -> Place:
    """Return a place at a half hour of a day from 9:00 on."""
    return Place(day * DAY + 9 * HOUR + slot * 30 * MINUTE, who, day, abs(slot - own[1]) * 30)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Return a clinic of three people, of whom one is away on day 10, with up to four visits to place."""
    rooms = {key: tuple(draw(spans)) for key in (7, 8)}
    devices = {5: tuple(draw(spans))}
    owns = draw(st.lists(st.integers(0, 5), min_size=2, max_size=4, unique=True))
    patients = draw(st.lists(st.integers(1, 3), min_size=len(owns), max_size=len(owns)))
    jobs = []
    for number, slot in enumerate(sorted(owns)):
        own = place(10, slot, AWAY, (10, slot))
        minutes, needs = draw(st.sampled_from([30, 60])), draw(st.booleans()) and number == 0
        wanted = draw(st.sets(st.tuples(st.integers(8, 12), st.integers(0, 5), st.sampled_from(OTHERS)), max_size=4))
        places = tuple(place(day, at, who, (10, slot)) for day, at, who in sorted(wanted))
        job = Job(
            number,
            patients[number],
            own,
            0,
            30 * MINUTE,
            (minutes - 30) * MINUTE,
            1,
            9 if needs else None,
            7,
            5 if needs else None,
        )
        jobs.append(replace(job, places=tuple(one for one in places if alone(job, one, rooms, devices))))
    pairs = [(a, b) for b in range(len(jobs)) for a in range(b) if jobs[a].patient_id == jobs[b].patient_id]
    nears = tuple(Near(a, b, draw(st.integers(0, 2)), draw(st.sampled_from([None, 3])), True) for a, b in pairs)
    return Problem(tuple(jobs), {1: rooms}, {9: devices}, nears, draw(st.sampled_from(ORDERS)))


hours = st.tuples(st.integers(8, 12), st.integers(9, 13), st.integers(1, 24))
spans = st.lists(hours, max_size=3).map(
    lambda found: [
        (d * DAY + h * HOUR, d * DAY + (h + n) * HOUR) for d, h, n in sorted({x[0]: x for x in found}.values())
    ]
)


def alone(job: Job, one: Place, rooms: dict, devices: dict) -> bool:
    """Say whether some room, and some device where one is needed, is free for a visit by itself."""
    since, until = job.kept(one)
    kinds = [rooms, devices] if job.device_kind else [rooms]
    return all(any(a <= since and until <= b for found in kind.values() for a, b in found) for kind in kinds)


def stands(problem: Problem, plan: Plan) -> bool:
    """Say whether a plan can stand, trying every way to give out rooms and devices, minute by minute."""
    jobs = problem.jobs
    held: set[tuple[str, int, int]] = set()
    for job, one in zip(jobs, plan, strict=True):
        mine = {("clinician", one.clinician_id, t) for t in range(*job.held(one), 15 * MINUTE)}
        mine |= {("patient", job.patient_id, t) for t in range(*job.here(one), 15 * MINUTE)}
        if mine & held:
            return False
        held |= mine
    for near in problem.nears:
        a, b = plan[near.first].day, plan[near.second].day
        on_their_own = (a, b) == (jobs[near.first].own.day, jobs[near.second].own.day)
        if not on_their_own and not (near.least <= b - a and (near.most is None or b - a <= near.most)):
            return False
    ways = [
        [(7, job.device_id)]
        if one == job.own
        else list(product(problem.rooms[1], problem.devices[9] if job.device_kind else [None]))
        for job, one in zip(jobs, plan, strict=True)
    ]
    return any(fits_all(problem, plan, way) for way in product(*ways))


def fits_all(problem: Problem, plan: Plan, way: tuple) -> bool:
    held: set[tuple[str, int, int]] = set()
    for job, one, (room, device) in zip(problem.jobs, plan, way, strict=True):
        since, until = job.kept(one)
        if one != job.own:
            wanted = [(room, problem.rooms[1])] + ([(device, problem.devices[9])] if job.device_kind else [])
            if not all(any(a <= since and until <= b for a, b in kind[key]) for key, kind in wanted):
                return False
        mine = {("room", room, t) for t in range(since, until, 15 * MINUTE)}
        mine |= {("device", device, t) for t in range(since, until, 15 * MINUTE)} if device else set()
        if mine & held:
            return False
        held |= mine
    return True


def best_by_brute_force(problem: Problem) -> tuple[int, ...] | None:
    """Return the rank of the best plan of all there are; None when not even staying can stand."""
    every = product(*((job.own, *job.places) for job in problem.jobs))
    return min((problem.rank(problem.score(plan)) for plan in every if stands(problem, plan)), default=None)


@settings(max_examples=150, deadline=None)
@given(problems())
def test_the_plan_is_the_best_of_all_there_are_and_proved_so(problem: Problem) -> None:
    if not stands(problem, tuple(job.own for job in problem.jobs)):
        return  # two visits of one patient or in one room at once: no book holds that
    found = solve(problem, limit=120)
    assert found.is_least and found.is_best
    assert stands(problem, found.plan) and is_legal(problem, found.plan)
    assert problem.rank(found.score) == best_by_brute_force(problem)
    assert found.score == problem.score(found.plan)


@settings(max_examples=150, deadline=None)
@given(problems())
def test_it_is_never_worse_than_going_one_by_one_even_without_time(problem: Problem) -> None:
    if not stands(problem, tuple(job.own for job in problem.jobs)):
        return
    one_by_one = greedy(problem)
    assert stands(problem, one_by_one)
    for limit in (0.0, 10.0):
        assert problem.rank(solve(problem, limit=limit).score) <= problem.rank(problem.score(one_by_one))


@settings(max_examples=60, deadline=None)
@given(problems())
def test_what_is_legal_is_what_every_way_of_giving_out_rooms_finds(problem: Problem) -> None:
    for plan in product(*((job.own, *job.places[:2]) for job in problem.jobs)):
        assert is_legal(problem, plan) == stands(problem, plan)


@pytest.mark.parametrize("most", [1, 2, 3])
@settings(max_examples=40, deadline=None)
@given(problem=problems())
def test_places_that_are_cut_off_never_make_it_claim_too_much(most: int, problem: Problem) -> None:
    if not stands(problem, tuple(job.own for job in problem.jobs)):
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model, "MOST_COLUMNS", 0)
        patch.setattr(model, "FEWEST_PLACES", most)
        found = solve(problem)
    best = best_by_brute_force(problem)
    assert best is not None and stands(problem, found.plan)
    assert problem.rank(found.score) == best or not found.is_best
    assert problem.rank(found.score)[:2] == best[:2] or not found.is_least
    assert found.least <= best[:2]


def test_rooms_that_suffice_at_each_moment_but_not_all_the_while() -> None:
    """Two visits of an hour, two rooms, each free for one half of the time only: the program alone would say yes."""
    own = [Place(9 * HOUR + at * HOUR, AWAY, 0) for at in range(3)]
    new = Place(12 * HOUR, 2, 0, 180)
    jobs = tuple(
        Job(at, at, own[at], 0, HOUR, 0, 1, None, 7, None, (new._replace(clinician_id=2 + at),)) for at in range(3)
    )
    rooms = {1: {7: [(12 * HOUR, 13 * HOUR)], 8: [(12 * HOUR, 12 * HOUR + 1800)], 9: [(12 * HOUR + 1800, 13 * HOUR)]}}
    found = solve(Problem(jobs, rooms))
    assert found.score.left == 2 and found.is_best
    assert furnish(Problem(jobs, rooms), found.plan) is not None


def test_what_is_pinned_keeps_its_place_and_the_rest_goes_round_it() -> None:
    own = [Place(9 * HOUR + at * HOUR, AWAY, 0) for at in range(2)]
    jobs = [
        Job(
            at,
            at,
            own[at],
            0,
            HOUR,
            0,
            1,
            None,
            7,
            None,
            (own[at]._replace(clinician_id=2), Place(15 * HOUR, 2, 0, 300)),
        )
        for at in range(2)
    ]
    jobs[0] = replace(jobs[0], places=(jobs[0].places[1],), pinned=True)
    jobs[1] = replace(jobs[1], places=(jobs[1].places[0], Place(15 * HOUR, 2, 0, 300)))
    rooms = {1: {7: [(0, DAY)], 8: [(0, DAY)]}}
    found = solve(Problem(tuple(jobs), rooms))
    assert found.plan == (jobs[0].places[0], jobs[1].places[0])
    left_out = solve(Problem((replace(jobs[0], places=()), jobs[1]), rooms))
    assert left_out.plan[0] == own[0] and left_out.score.left == 1


def forty(clinicians: int = 5, days: int = 9) -> Problem:
    """Return forty visits of nine days, each wanted by four others, whose book is full in a fixed pattern."""
    own = [(day, slot) for day in range(20, 20 + days) for slot in range(0, 16, 3)][:40]
    jobs = []
    for number, (day, slot) in enumerate(own):
        places = tuple(
            place(other, at, who, (day, slot))
            for other in range(day - 5, day + 6)
            for at in range(16)
            for who in range(2, clinicians + 1)
            if (other * 7 + at * 5 + who * 11 + at * who % 3) % 9 == 0 and at not in (slot, slot + who)
        )
        jobs.append(
            Job(
                number,
                number,
                place(day, slot, AWAY, (day, slot)),
                0,
                45 * MINUTE,
                15 * MINUTE,
                1,
                None,
                7,
                None,
                places,
            )
        )
    return Problem(tuple(jobs), {1: {key: [(0, 100 * DAY)] for key in (7, 8, 9)}})


def test_forty_visits_within_ten_seconds() -> None:
    problem, began = forty(), process_time()
    found = solve(problem, limit=120)
    say(
        f"forty visits, {sum(len(job.places) for job in problem.jobs)} places: best in "
        f"{process_time() - began:.2f} s of the processor; one by one {tuple(problem.score(greedy(problem)))}, "
        f"together {tuple(found.score)}"
    )
    assert found.is_best and is_legal(problem, found.plan)
    assert len(found.history) > 1 and found.history[-1][1:3] == found.history[-1][3:5]


def test_use_the_best_so_far_stops_the_search() -> None:
    asked: list[Found] = []

    def stop(found: Found) -> bool:
        asked.append(found)
        return False

    problem = forty()
    found = solve(problem, watch=stop)
    assert asked and not found.is_best
    assert is_legal(problem, found.plan)
    assert problem.rank(found.score) <= problem.rank(problem.score(greedy(problem)))


def test_the_order_of_going_one_by_one_matters_and_the_best_does_not() -> None:
    problem = replace(forty(), jobs=forty().jobs[:3])
    ranks = {problem.rank(problem.score(greedy(problem, order))) for order in permutations(range(3))}
    assert problem.rank(solve(problem).score) <= min(ranks)
