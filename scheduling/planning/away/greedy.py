"""One by one: each visit in the order of time takes the best place that is left. What most desks do by hand. Pure."""

from collections.abc import Iterable, Sequence

from scheduling.planning.away.model import Place, Plan, Problem, may_both, overlap, seat


def greedy(problem: Problem, order: Iterable[int] | None = None) -> Plan:
    """Return the plan that comes of going through the visits once; what finds no place stays over."""
    plan = [job.choices[0] for job in problem.jobs]
    for at in order or sorted(range(len(plan)), key=lambda at: problem.jobs[at].own):
        if not problem.jobs[at].pinned:
            plan[at] = best_place(problem, plan, at)
    return tuple(plan)


def best_place(problem: Problem, plan: Sequence[Place], at: int) -> Place:
    """Return the cheapest place of one visit while all others stay where the plan has them."""
    job = problem.jobs[at]
    for place in sorted(job.places, key=lambda place: (problem.rank(problem.price(job, place)), place)):
        if fits_in(problem, plan, at, place):
            return place
    return job.own


def fits_in(problem: Problem, plan: Sequence[Place], at: int, place: Place) -> bool:
    """Say whether one visit can have a place while all others stay where the plan has them."""
    jobs = problem.jobs
    for other, taken in enumerate(plan):
        if other == at:
            continue
        if taken.clinician_id == place.clinician_id and overlap(jobs[other].held(taken), jobs[at].held(place)):
            return False
        if jobs[other].patient_id == jobs[at].patient_id and overlap(jobs[other].here(taken), jobs[at].here(place)):
            return False
    changed = [*plan[:at], place, *plan[at + 1 :]]
    near = (near for near in problem.nears if at in (near.first, near.second))
    if not all(may_both(problem, one, changed[one.first].day, changed[one.second].day) for one in near):
        return False
    return _seated(problem, changed, at, "room") and _seated(problem, changed, at, "device")


def _seated(problem: Problem, plan: Sequence[Place], at: int, what: str) -> bool:
    """Say whether the visits around one of them still find rooms (or devices); those far from it do already."""
    kind = getattr(problem.jobs[at], f"{what}_kind")
    if kind is None:
        return True
    group = around(problem, plan, at, what)
    return seat(problem, plan, group, problem.rooms if what == "room" else problem.devices, what) is not None


def around(problem: Problem, plan: Sequence[Place], at: int, what: str) -> list[int]:
    """Return the visits of one kind that overlap this one, those that overlap these, and so on, in order of time."""
    jobs, kind = problem.jobs, getattr(problem.jobs[at], f"{what}_kind")
    same = [other for other, job in enumerate(jobs) if getattr(job, f"{what}_kind") == kind]
    ordered = sorted(same, key=lambda other: (jobs[other].kept(plan[other]), other))
    group: list[int] = []
    until = 0
    for other in ordered:
        since, end = jobs[other].kept(plan[other])
        if group and since >= until:
            if at in group:
                return group
            group = []
        group.append(other)
        until = max(until, end) if len(group) > 1 else end
    return group
