"""Acts in any order: each is asked of the services and of the clinic in plain Python, and both are compared."""

import uuid
from collections.abc import Callable
from copy import deepcopy
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from django.core import mail as outbox
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from clinic.models import Operation
from patients.services.outbox.sweep import sweep
from scheduling.models import Appointment
from scheduling.planning.types import SeriesRefused, Slot
from scheduling.services import appointments, courses, hours, moves, series, single, statuses, undo
from scheduling.services.errors import BookingError, UndoRefused, WouldHit
from tests import factory
from tests.scheduling.helpers import choose
from tests.scheduling.plain import compare
from tests.scheduling.plain import hours as plain
from tests.scheduling.plain.book import minutes
from tests.scheduling.plain.ground import CONSULTATION, ZONE, Ground
from tests.scheduling.plain.hours import Refused
from tests.scheduling.plain.mail import AHEAD, HOLDS, Course, Visit
from tests.scheduling.plain.steps import FROM, STEPS, go_on, may_go_on
from tests.scheduling.plain.undo import Act, take_back
from tests.scheduling.plain.wishes import Wish

WALLS = ["09:00", "09:30", "10:00", "10:15", "11:00", "11:30"]
MOSTLY = st.sampled_from([True, True, True, False])
REASONS = st.fixed_dictionaries(dict.fromkeys(("early", "late", "entry", "by_clinician"), MOSTLY))
WHEN = st.tuples(st.integers(-2, 19), st.sampled_from(WALLS), st.integers(0, 1))
"""Working days from the Monday of this week, wall time, which clinician."""
GAPS = st.lists(st.sampled_from([6, 7, 7, 8, 10, 16]), max_size=5)
ONE = st.integers(0, 999)
TIMES = [0, 0, 0, 0, 2, 3, 15, 60, 24 * 60, 3 * 24 * 60, 7 * 24 * 60]
"""Minutes that pass; 0: until the next visit begins."""
ALL = {"early": True, "late": True, "entry": True, "by_clinician": True}

CALLS: dict[str, Callable[..., Operation]] = {
    "confirm": statuses.confirm_appointment,
    "unconfirm": statuses.unconfirm_appointment,
    "arrive": statuses.arrive_appointment,
    "start": statuses.start_appointment,
    "back": statuses.step_back_appointment,
}


class ClinicMachine(RuleBasedStateMachine):
    """One run. Its rows are rolled back at its end."""

    ground: ClassVar[Ground]
    done: ClassVar[int] = 0
    refused: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        outbox.outbox.clear()
        self.book = self.ground.book()
        self.acts: list[Act] = []
        self.last: tuple[Operation, Callable[[], Operation]] | None = None
        self.acted = False

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @invariant()
    def both_say_the_same(self) -> None:
        """An act takes a minute, so that acts on one course meet in one mail."""
        compare.hold(self.book, self.ground)
        if self.acted:
            self.book.now += minutes(1)
            self.acted = False

    def ask(self, call: Callable[..., Operation], refused: Refused, **asked: Any) -> Operation | None:
        """Ask the service. Return its operation, or None when it refused as it had to."""
        ClinicMachine.done += 1
        actor = self.ground.doctor if asked.pop("by_clinician", False) else self.ground.desk
        key, now = uuid.uuid4(), self.book.now

        def again() -> Operation:
            return call(key=key, actor=actor, now=now, **asked)

        try:
            operation = again()
        except (BookingError, SeriesRefused) as error:
            assert isinstance(error, tuple(refused)), f"refused: {error!r}, foreseen: {refused}"
            ClinicMachine.refused += 1
            return None
        assert not refused, f"{call.__name__} had to be refused: {refused}"
        self.last, self.acted = (operation, again), True
        return operation

    def pick(self, one: int) -> Visit:
        """Return one of the visits, more often one that stands."""
        pool = (self.book.standing() if one % 4 else None) or self.book.visits
        return pool[one // 4 % len(pool)]

    def slot(self, when: tuple[int, str, int]) -> Slot:
        days, wall, who = when
        weeks, weekday = divmod(days, 5)
        today = self.book.day(self.book.now)
        day = today + timedelta(days=7 * weeks + weekday - today.weekday())
        return Slot(factory.at(day, wall), self.ground.people[who].pk)

    def placed(self, slot: Slot, course: Course | None, patient: int) -> Visit:
        return {
            "patient": patient,
            "course": course,
            "by_mail": self.ground.by_mail(patient),
            "clinician": slot.clinician_id,
            "start": slot.starts_at,
            "takes": course["takes"] if course else CONSULTATION,
            "status": "booked",
            "early": False,
            "confirmed": False,
            "number": None,
            "stamp": 0,
        }

    def keep(self, visit: Visit, row: Appointment, asked: dict[str, Any]) -> None:
        """Take a booked visit into the plain book, in the room and with the device that it was given."""
        visit["early"] = bool(asked["early"]) and self.book.too_near(visit)
        visit |= {"key": row.pk, "room": row.room_id, "device": row.device_id}
        self.book.visits.append(visit)

    has_visits = precondition(lambda self: self.book.visits)
    has_acts = precondition(lambda self: self.acts)

    # Booking and moving

    @initialize(which=st.lists(st.integers(0, 2), min_size=1, max_size=3, unique=True), late=st.integers(1, 4))
    def courses_are_booked(self, which: list[int], late: int) -> None:
        for at in which:
            self.book_a_series(at, (late + at % 2, WALLS[at], at % 2), [7, 10, 7][: late - 1], dict(ALL))

    @rule(which=st.integers(0, 2), when=WHEN, gaps=GAPS, asked=REASONS)
    def book_a_series(self, which: int, when: tuple[int, str, int], gaps: list[int], asked: dict[str, Any]) -> None:
        course, slots = self.book.courses[which], [self.slot(when)]
        for gap in gaps:
            day = self.book.day(slots[-1].starts_at) + timedelta(days=gap)
            slots.append(slots[-1].at(factory.at(day, when[1])))
        visits = [self.placed(slot, course, course["patient"]) for slot in slots]
        asked = {**asked, "late": asked["early"] or asked["late"], "early": asked["early"] or asked["late"]}
        first = len(self.book.standing(course)) + 1  # a line has one reason, whatever it is for
        operation = self.ask(
            series.book_series,
            self.book.may_book_series(course, visits, asked),
            plan_id=course["key"],
            choices=choose(self.ground.people[when[2]], start_on=self.book.day(slots[0].starts_at), count=len(slots)),
            slots=slots,
            reasons={first + at: "why" if asked["late"] else "" for at in range(len(slots))},
            by_clinician=asked["by_clinician"],
        )
        if operation is None:
            return
        added = max(0, len(slots) - self.book.free_sessions(course))
        rows = Appointment.objects.filter(pk__in=[entry["appointment"] for entry in operation.touched])
        for visit, row in zip(visits, rows.order_by("starts_at"), strict=True):
            self.keep(visit, row, asked)
        if added:
            course["open"] += added
            course["count"] += added
            course["stamp"] += 1
        self.book.renumber(course)
        for visit in visits:
            self.book.mail.remind(visit, self.book.now)
        self.book.tell(None, course)
        self.acts.append(Act(operation.pk, [(visit, None) for visit in visits], course, added=added))

    @rule(which=st.integers(0, 4), when=WHEN, asked=REASONS, is_here=st.booleans())
    def book_a_visit(self, which: int, when: tuple[int, str, int], asked: dict[str, Any], is_here: bool) -> None:
        course = self.book.courses[which] if which < 3 else None
        patient = course["patient"] if course else self.ground.patients[which - 3].pk
        slot = self.slot((self.book.day(self.book.now).weekday(), *when[1:]) if is_here else when)
        visit = self.placed(slot, course, patient)
        operation = self.ask(
            single.book_visit,
            self.book.may_book(visit, asked),
            kind="session" if course else "consultation",
            patient_id=patient,
            plan_id=course["key"] if course else None,
            slot=slot,
            reasons=single.Reasons(*("why" if asked[name] else "" for name in ("early", "late", "entry"))),
            by_clinician=asked["by_clinician"],
        )
        if operation is None:
            return
        self.keep(visit, Appointment.objects.get(pk=operation.touched[0]["appointment"]), asked)
        self.book.renumber(course)
        if visit["start"] > self.book.now:
            self.book.mail.remind(visit, self.book.now)
            self.book.tell(visit, course)
        self.acts.append(Act(operation.pk, [(visit, None)], course))

    @has_visits
    @rule(one=ONE, when=WHEN, asked=REASONS)
    def move(self, one: int, when: tuple[int, str, int], asked: dict[str, Any]) -> None:
        visit, slot = self.pick(one), self.slot(when)
        why = {f"{name}_reason": "why" if asked[name] else "" for name in ("early", "late")}
        self._move([(visit, slot)], asked, appointments.move_appointment, appointment_id=visit["key"], slot=slot, **why)

    @rule(which=st.integers(0, 2), by=st.sampled_from([-7, -1, 1, 2, 7, 7]), asked=REASONS)
    def move_the_rest_of_a_course(self, which: int, by: int, asked: dict[str, Any]) -> None:
        """Every visit ahead by so many days, at the same wall time: none stands in another's way."""
        standing = self.book.standing(self.book.courses[which])
        ahead = [visit for visit in standing if visit["status"] in AHEAD and visit["start"] > self.book.now]
        slots = [Slot(self._later(visit, by), visit["clinician"]) for visit in ahead]
        why = single.Reasons(*("why" if asked[name] else "" for name in ("early", "late")))
        steps = [moves.Move(visit["key"], slot, why) for visit, slot in zip(ahead, slots, strict=True)]
        if ahead:
            self._move(list(zip(ahead, slots, strict=True)), asked, moves.move_series, moves=steps)

    def _later(self, visit: Visit, days: int) -> datetime:
        wall = visit["start"].astimezone(ZONE)
        return factory.at(wall.date() + timedelta(days=days), f"{wall:%H:%M}")

    def _move(self, to: list[tuple[Visit, Slot]], asked: dict[str, Any], call: Any, **how: Any) -> None:
        course = to[0][0]["course"]
        wished = [
            (visit, visit | {"clinician": slot.clinician_id, "start": slot.starts_at, "room": None, "device": None})
            for visit, slot in to
        ]
        refused = self.book.may_move(wished, asked)
        operation = self.ask(call, refused, by_clinician=asked["by_clinician"], **how)
        if operation is None:
            return
        names = ("clinician", "start", "room", "device", "early", "status", "confirmed")
        before = [(visit, {name: visit[name] for name in names}) for visit, _wished in wished]
        rows = Appointment.objects.in_bulk([visit["key"] for visit, _wished in wished])
        told = [v for v, one in wished if (one["start"], one["clinician"]) != (v["start"], v["clinician"])]
        for visit, one in wished:
            row = rows[visit["key"]]
            if one["start"] != visit["start"]:
                one |= {"status": "booked", "confirmed": False}  # nobody has said yes to this start
            visit |= {**one, "room": row.room_id, "device": row.device_id, "stamp": visit["stamp"] + 1}
        self.book.renumber(course)
        for visit in told:
            self.book.mail.remind(visit, self.book.now)
        if told:  # a move to where it stands is no news
            self.book.tell(told[0], course)
        self.acts.append(Act(operation.pk, before, course))

    # Ends, and back

    @has_visits
    @rule(one=ONE, how=st.sampled_from(["cancelled", "cancelled", "no_show", "completed", "completed"]))
    def end(self, one: int, how: str) -> None:
        visit = self.pick(one)
        call: Any = {
            "cancelled": appointments.cancel_appointment,
            "no_show": appointments.miss_appointment,
            "completed": appointments.complete_appointment,
        }[how]
        extra = {"reason": "why", "cancelled_by": "clinic"} if how == "cancelled" else {}
        operation = self.ask(call, self.book.may_end(visit, how), appointment_id=visit["key"], **extra)
        if operation is not None:
            before = {"status": visit["status"]}
            self.book.end(visit, how)
            self.acts.append(Act(operation.pk, [(visit, before)], visit["course"]))

    @precondition(lambda self: self.ended())
    @rule(one=ONE)
    def restore(self, one: int) -> None:
        visit = self.ended()[one % len(self.ended())]
        refused = self.book.may_restore(visit)
        operation = self.ask(appointments.restore_appointment, refused, appointment_id=visit["key"], reason="why")
        if operation is None:
            return
        before = {name: visit[name] for name in ("status", "confirmed")}
        self.book.restore(visit)
        self.acts.append(Act(operation.pk, [(visit, before)], visit["course"]))

    def ended(self) -> list[Visit]:
        return [visit for visit in self.book.visits if visit["status"] not in AHEAD | {"undone"}]

    @has_visits
    @rule(one=ONE, step=st.sampled_from([*STEPS, "start", "back", "back"]), reason=MOSTLY)
    def go_on(self, one: int, step: str, reason: bool) -> None:
        """Let a visit go on, or a step back; more often one of today, and one from which the step leads on."""
        today = [visit for visit in self.book.visits if self.book.day(visit["start"]) == self.book.day(self.book.now)]
        pool = [visit for visit in today or self.book.visits if visit["status"] in FROM[step]] if one % 4 else []
        visit = pool[one // 4 % len(pool)] if pool else self.pick(one)
        refused = may_go_on(self.book, visit, step, reason=reason)
        more = {"reason": "why" if reason else ""} if step == "back" else {}
        operation = self.ask(CALLS[step], refused, appointment_id=visit["key"], **more)
        if operation is None:
            return
        before = {name: visit[name] for name in ("status", "confirmed")}
        go_on(self.book, visit, step)
        held = before["status"] in HOLDS
        self.acts.append(Act(operation.pk, [(visit, before)], visit["course"], on_the_way=held))

    @rule()
    def press_the_last_button_twice(self) -> None:
        if self.last:
            operation, again = self.last
            assert again().pk == operation.pk

    # Courses

    @rule(
        which=st.integers(0, 2),
        act=st.sampled_from(["pause", "resume", "stop", "add", "drop", "drop"]),
        count=st.integers(1, 4),
        flag=st.booleans(),
    )
    def change_a_course(self, which: int, act: str, count: int, flag: bool) -> None:
        """`flag`: keep the visits of a pause; give a reason for more than fifteen."""
        book, course = self.book, self.book.courses[which]
        call, extra = self._course_call(act, count, flag)
        operation = self.ask(call, book.may_change(course, act, count, reason=flag), plan_id=course["key"], **extra)
        if operation is None:
            return
        before = {name: course[name] for name in ("status", "count", "open", "many")}
        before = before if course["status"] != "finished" else before | {"status": "active"}
        released = []
        if act == "stop" or (act == "pause" and not flag):
            released = [(visit, dict.fromkeys(["status"], visit["status"])) for visit in book.standing(course)]
            ahead = book.release(course)
            released = [(visit, was) for visit, was in released if visit in ahead]
        course["status"] = {"pause": "paused", "resume": "active", "stop": "discontinued"}.get(act, course["status"])
        more = {"add": count, "drop": -count}.get(act, 0)
        course["count"] += more
        course["open"] = len(book.standing(course)) if act == "stop" else course["open"] + more
        course["many"] = course["many"] or (act == "add" and flag and course["count"] > 15)
        course["stamp"] += 1
        book.renumber(course)
        if released:
            book.tell(None, course)
        self.acts.append(Act(operation.pk, released, course, before))

    def _course_call(self, act: str, count: int, flag: bool) -> tuple[Any, dict[str, Any]]:
        return {
            "pause": (courses.pause_course, {"reason": "why", "keep_visits": flag}),
            "resume": (courses.resume_course, {}),
            "stop": (courses.discontinue_course, {"reason": "why"}),
            "add": (courses.add_sessions, {"count": count, "reason": "why" if flag else ""}),
            "drop": (courses.drop_sessions, {"count": count}),
        }[act]

    # Hours

    @rule(
        what=st.sampled_from(["away", "closed", "day", "back", "open", "as usual", "week"]),
        who=st.integers(0, 1),
        days=st.integers(-1, 20),
        variant=st.integers(0, 3),
        listed=st.booleans(),
    )
    def change_hours(self, what: str, who: int, days: int, variant: int, listed: bool) -> None:
        wish = Wish(self.book, self.ground.people[who].pk, days, variant, listed)
        act = wish.of(what)
        if act is None:
            return
        call, refused, change, asked = act
        kept, before = deepcopy(self.book.hours.rows), self.book.outside()
        if not refused:
            change()
        if self.book.outside() - before - wish.shown:
            refused = {WouldHit}
        operation = self.ask(call, refused, **asked)
        if operation is None:
            self.book.hours.rows = kept
            return
        for name in ("absence", "closure"):
            self.book.hours.named(name, operation.result.get(name))
        self.acts.append(Act(operation.pk, hours=plain.changes(kept, self.book.hours.rows), scope=scope_of(asked)))

    def _hours_back(self, act: Act) -> Refused:
        if act.undone or act.hours is None:
            return {UndoRefused}
        kept, before = deepcopy(self.book.hours.rows), self.book.outside()
        refused = plain.put_back(self.book.hours, act.hours, act.scope)
        if refused or self.book.outside() - before:
            self.book.hours.rows = kept
            return {UndoRefused}
        act.undone = True
        return set()

    # Undo, the same key again, time

    @has_acts
    @rule(back=st.sampled_from([0, 0, 0, 1, 1, 2, 2, 3, 4, 6]))
    def undo(self, back: int) -> None:
        act = self.acts[-1 - back % len(self.acts)]
        call = undo.undo_operation if act.hours is None else hours.undo_hours
        refused = take_back(self.book, act) if act.hours is None else self._hours_back(act)
        self.ask(call, refused, operation_id=act.pk)

    @rule(passed=st.sampled_from(TIMES))
    def time_passes(self, passed: int) -> None:
        """The sweep goes by at its end."""
        ahead = [visit["start"] for visit in self.book.standing() if visit["start"] > self.book.now]
        self.book.now = ahead[0] if ahead and not passed else self.book.now + minutes(passed or 1)
        sweep(self.book.now)
        self.book.mail.sweep(self.book.visits, self.book.now)


def scope_of(asked: dict[str, Any]) -> tuple[str, int, date] | None:
    """Return of whose hours an act speaks, and of which day (`day`) or from which day on (`week`)."""
    if "on" in asked:
        return "day", asked["clinician_id"], asked["on"]
    return ("week", asked["clinician_id"], asked["valid_from"]) if "valid_from" in asked else None
