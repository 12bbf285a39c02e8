"""Every writer of the book locks first what it changes. One that does not is found, in the SQL and in the source."""

import ast
import importlib
import inspect
import pkgutil
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from clinic.models import Clinician, Device, DeviceKind, Operation, Role, Room
from patients.models import Patient
from scheduling import services
from scheduling.models import (
    Absence,
    Appointment,
    AppointmentStatus,
    AwayPlan,
    CallOutcome,
    Closure,
    HoursChange,
    Offer,
    VisitType,
    WaitingEntry,
    WeeklyHours,
)
from scheduling.planning import planner
from scheduling.planning.together import propose_together
from scheduling.planning.types import Slot
from scheduling.planning.waiting_read import Stretch
from scheduling.services import (
    appointments,
    calls,
    courses,
    files,
    hours,
    merging,
    moves,
    offers,
    resting,
    series,
    single,
    statuses,
    together,
    undo,
    waiting,
    wall_times,
)
from scheduling.services import locks as book_locks
from scheduling.services.away import look, start_plan
from scheduling.services.away_apply import apply_plan
from scheduling.services.hours_paint import paint_day
from scheduling.services.hours_rules import WeekSpan
from scheduling.services.merging import Pair
from scheduling.services.moves import Move
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import choose
from tests.test_architecture import BASE, modules
from treatments.models import Area, Session, Side, TreatmentPlan

pytestmark = pytest.mark.django_db
DAY, WEEK = timedelta(days=1), timedelta(days=7)
FIRST = date(2026, 12, 1)

# The history puts who acts in front of a statement, with a semicolon between.
WRITTEN = re.compile(
    r'(?:^|; ?)(?:INSERT INTO|UPDATE|DELETE FROM) "(scheduling_(?:appointment|weeklyhours|hourschange|absence|closure)'
    r'|treatments_(?:session|treatmentplan))"'
)
LOCKED = re.compile(r'FROM "(\w+)" WHERE (.+?)(?: ORDER BY 1 ASC| LIMIT \d+)* FOR NO KEY UPDATE')
IN_ORDER = [model._meta.db_table for model in (TreatmentPlan, Patient, Clinician, Room, Device)]
"""The one order of locks, after the Operation and before messages."""
Rows = dict[str, set[int]]


@dataclass
class House:
    """A clinic with a booked course whose visits hold a device, a second course, and hours to change."""

    people: list[Clinician] = field(default_factory=list)
    booking: Operation | None = None

    def __post_init__(self) -> None:
        factory.make_clinic()
        self.people = [factory.make_clinician("Moira Hynes"), factory.make_clinician("Anika Sandhu")]
        kind = DeviceKind.objects.create(key="gun", name="Gun")
        for n in range(2):
            factory.make_room()
            Device.objects.create(name=f"Gun {n}", kind=kind)
        room_kind = Room.objects.all()[0].kind
        VisitType.objects.update_or_create(kind="consultation", defaults={"minutes": 20, "room_kind": room_kind})
        protocol = factory.make_protocol(device_kind=kind)
        self.plan = factory.make_plan(protocol=protocol, clinician=self.people[0])
        self.other = factory.make_plan(protocol=protocol, clinician=self.people[1])
        self.booking = self.book(self.plan, 3)

    def ask(self, act: Callable[..., Operation], **asked: Any) -> Operation:
        return act(key=uuid.uuid4(), actor=None, now=asked.pop("now", MONDAY), **asked)

    def book(self, plan: TreatmentPlan, count: int) -> Operation:
        choices = choose(self.people[0], count=count)
        slots = planner.mend(plan, choices, planner.propose(plan, choices, MONDAY).slots, MONDAY).slots
        return self.ask(series.book_series, plan_id=plan.pk, choices=choices, slots=slots, reasons={})

    @property
    def visits(self) -> list[Appointment]:
        return list(Appointment.objects.holding().filter(session__plan=self.plan).order_by("starts_at"))

    def to(self, visit: Appointment, by: timedelta = WEEK, who: int = 0) -> Slot:
        return Slot(visit.starts_at + by, self.people[who].pk)

    def done(self, act: Callable[..., Operation], **asked: Any) -> Callable[[], Operation]:
        """Do one act now, and return how to undo it."""
        operation = self.ask(act, **asked)
        back = hours.undo_hours if act.__module__ == hours.__name__ else undo.undo_operation
        return lambda: self.ask(back, operation_id=operation.pk)


def span(weekday: int = 0) -> WeekSpan:
    return WeekSpan(weekday, time(9), time(17))


def of_visit(act: Callable[..., Operation], **more: Any) -> Callable[[House], Callable[[], Operation]]:
    return lambda house: lambda: house.ask(act, appointment_id=house.visits[0].pk, **more)


def of_course(act: Callable[..., Operation], **more: Any) -> Callable[[House], Callable[[], Operation]]:
    return lambda house: lambda: house.ask(act, plan_id=house.plan.pk, **more)


def of_clinician(act: Callable[..., Operation], **more: Any) -> Callable[[House], Callable[[], Operation]]:
    return lambda house: lambda: house.ask(act, clinician_id=house.people[0].pk, **more)


def booking_a_visit(house: House) -> Callable[[], Operation]:
    slot = Slot(factory.at(FIRST, "09:00"), house.people[1].pk)
    asked = {"kind": "session", "patient_id": house.other.patient_id, "plan_id": house.other.pk, "slot": slot}
    return lambda: house.ask(single.book_visit, **asked)


def booking_a_consultation(house: House) -> Callable[[], Operation]:
    slot = Slot(factory.at(FIRST, "09:00"), house.people[1].pk)
    return lambda: house.ask(single.book_visit, kind="consultation", patient_id=house.other.patient_id, slot=slot)


def moving_one(house: House) -> Callable[[], Operation]:
    last = house.visits[-1]
    return lambda: house.ask(appointments.move_appointment, appointment_id=last.pk, slot=house.to(last, DAY, who=1))


def moving_all(house: House) -> Callable[[], Operation]:
    wanted = [Move(visit.pk, house.to(visit, who=1)) for visit in house.visits]
    return lambda: house.ask(moves.move_series, moves=wanted)


def planned_away(house: House) -> AwayPlan:
    """Return a plan for a day on which one of the house is away, as it was found."""
    day = house.visits[0].wall_date
    span = {"since": factory.at(day, "00:00"), "until": factory.at(day + DAY, "00:00")}
    desk = factory.make_user(Role.FRONT_DESK)
    plan = start_plan(clinician_id=house.people[0].pk, actor=desk, now=MONDAY, **span)
    look(plan_id=plan.pk, now=MONDAY)
    plan.refresh_from_db()
    return plan


def applying_a_plan(house: House) -> Callable[[], Operation]:
    plan = planned_away(house)
    return lambda: house.ask(apply_plan, plan_id=plan.pk, version=plan.version, note_absence=True)


def undoing_a_plan(house: House) -> Callable[[], Operation]:
    plan = planned_away(house)
    return house.done(apply_plan, plan_id=plan.pk, version=plan.version, note_absence=True)


def swapping(house: House) -> Callable[[], Operation]:
    house.book(house.other, 3)
    mine = house.visits[0]
    theirs = Appointment.objects.filter(session__plan=house.other).earliest("starts_at")
    return lambda: house.ask(moves.swap_appointments, appointment_id=mine.pk, other_id=theirs.pk)


def booking_two(house: House) -> Callable[[], Operation]:
    """Book the rest of the first course and all of a second one of its patient in one act."""
    second = factory.make_plan(house.plan.patient, house.plan.protocol, name="Glow", areas=[other_area()])
    plans = [TreatmentPlan.objects.get(pk=house.plan.pk), second]
    asked = [(plan, replace(planner.default_choices(plan, MONDAY), count=3)) for plan in plans]
    found = propose_together(asked, MONDAY)
    courses = [
        together.Course(plan.pk, tuple(proposal.slots)) for plan, proposal in zip(plans, found.proposals, strict=True)
    ]
    return lambda: house.ask(together.book_together, courses=courses)


def other_area() -> tuple[Area, Side]:
    return Area.objects.get_or_create(key="face", defaults={"name": "Face"})[0], Side.MIDLINE


def losing_one(house: House) -> Callable[[], Operation]:
    """Cancel the first visit, and let the later ones go a day on."""
    first, *later = house.visits
    wanted = [Move(visit.pk, house.to(visit, DAY, who=1)) for visit in later]
    lost = resting.Lost(first.pk, AppointmentStatus.CANCELLED, "Ill")
    return lambda: house.ask(resting.replan_rest, plan_id=house.plan.pk, lost=lost, moves=wanted, versions={})


def restoring(house: House) -> Callable[[], Operation]:
    visit = house.visits[-1]
    house.ask(appointments.cancel_appointment, appointment_id=visit.pk, reason="Ill")
    return lambda: house.ask(appointments.restore_appointment, appointment_id=visit.pk, reason="Comes")


def after(act: Callable[..., Operation], then: Callable[..., Operation], **more: Any) -> Any:
    """Do one act on the first visit at its beginning, and then ask for another."""

    def writer(house: House) -> Callable[[], Operation]:
        visit = house.visits[0]
        house.ask(act, appointment_id=visit.pk, now=visit.starts_at)
        return lambda: house.ask(then, appointment_id=visit.pk, now=visit.starts_at, **more)

    return writer


def resuming(house: House) -> Callable[[], Operation]:
    house.ask(courses.pause_course, plan_id=house.plan.pk, reason="Travels", keep_visits=False)
    return lambda: house.ask(courses.resume_course, plan_id=house.plan.pk)


def waiting_for(house: House, *, is_booked: bool) -> tuple[WaitingEntry, Stretch]:
    """Put the course with visits on the list for its first one; or the other course, which has none."""
    plan, visit = (house.plan, house.visits[0]) if is_booked else (house.other, None)
    done = house.ask(
        waiting.add_entry,
        patient_id=plan.patient_id,
        kind="session",
        plan_id=plan.pk,
        appointment_id=visit.pk if visit else None,
    )
    start = factory.at(date(2026, 11, 25), "09:00")
    entry = WaitingEntry.objects.get(public_id=done.result["entry"])
    return entry, Stretch(house.people[1].pk, start, start + timedelta(minutes=45))


def accepting(house: House, *, is_booked: bool) -> Callable[[], Operation]:
    entry, stretch = waiting_for(house, is_booked=is_booked)
    house.ask(offers.start_round, stretch=stretch, entry_id=entry.pk)
    return lambda: house.ask(offers.accept_offer, offer_id=Offer.objects.get().pk)


def taking_by_phone(house: House) -> Callable[[], Operation]:
    entry, stretch = waiting_for(house, is_booked=True)
    return lambda: house.ask(offers.take_by_phone, stretch=stretch, entry_id=entry.pk)


def merging_two(house: House) -> Callable[[], Operation]:
    kept = factory.make_patient()
    pair = Pair(kept.pk, house.plan.patient_id, kept.version, house.plan.patient.version)
    return lambda: house.ask(merging.merge_patients, pair=pair, take={}, reason="One person")


def removing_a_change(house: House) -> Callable[[], Operation]:
    day = {"clinician_id": house.people[1].pk, "on": FIRST}
    house.ask(hours.change_day, spans=[(time(10), time(12))], **day)
    return lambda: house.ask(hours.remove_change, **day)


def an_absence(house: House) -> dict[str, Any]:
    day = FIRST + 60 * DAY
    starts, ends = factory.at(day, "00:00"), factory.at(day + DAY, "00:00")
    return {"clinician_id": house.people[1].pk, "starts_at": starts, "ends_at": ends}


def removing_an_absence(house: House) -> Callable[[], Operation]:
    house.ask(hours.add_absence, **an_absence(house))
    return lambda: house.ask(hours.remove_absence, absence_id=Absence.objects.get().pk)


CLOSED = {"name": "Storm", "starts_on": FIRST + 90 * DAY, "ends_on": FIRST + 91 * DAY}


def removing_a_closure(house: House) -> Callable[[], Operation]:
    house.ask(hours.add_closure, **CLOSED)
    return lambda: house.ask(hours.remove_closure, closure_id=Closure.objects.get().pk)


def keeping_wall_times(house: House) -> Callable[[], Any]:
    """Let one visit stand beside the wall time that was meant, as after a change of the zone's rules."""
    off = timedelta(minutes=30)
    instants = {name: F(name) + off for name in ("arrives_at", "starts_at", "ends_at", "frees_at")}
    Appointment.objects.filter(pk=house.visits[-1].pk).update(**instants)
    return lambda: house.ask(wall_times.keep_wall_times)


LATER = MONDAY + 60 * DAY
"""After all visits of the house: they can be noted as held, or as missed."""
WRITERS: dict[str, Callable[[House], Callable[[], Operation]]] = {
    "book_series": lambda house: lambda: house.book(house.other, 3),
    "book_visit": booking_a_visit,
    "book_visit outside a course": booking_a_consultation,
    "move_appointment": moving_one,
    "move_series": moving_all,
    "swap_appointments": swapping,
    "book_together": booking_two,
    "replan_rest": losing_one,
    "apply_plan": applying_a_plan,
    "undo_operation of a plan for an absence": undoing_a_plan,
    "cancel_appointment": of_visit(appointments.cancel_appointment, reason="Ill"),
    "complete_appointment": of_visit(appointments.complete_appointment, now=LATER),
    "miss_appointment": of_visit(appointments.miss_appointment, now=LATER),
    "restore_appointment": restoring,
    "note_call": of_visit(calls.note_call, outcome=CallOutcome.WILL_COME),
    "confirm_appointment": of_visit(statuses.confirm_appointment),
    "unconfirm_appointment": after(statuses.confirm_appointment, statuses.unconfirm_appointment),
    "arrive_appointment": lambda house: (
        lambda: house.ask(statuses.arrive_appointment, appointment_id=house.visits[0].pk, now=house.visits[0].starts_at)
    ),
    "start_appointment": after(statuses.arrive_appointment, statuses.start_appointment),
    "step_back_appointment": after(statuses.start_appointment, statuses.step_back_appointment),
    "step_back_appointment of a completed one": after(
        appointments.complete_appointment, statuses.step_back_appointment, reason="The wrong row"
    ),
    "pause_course": of_course(courses.pause_course, reason="Travels", keep_visits=False),
    "resume_course": resuming,
    "discontinue_course": of_course(courses.discontinue_course, reason="Moves away"),
    "add_sessions": of_course(courses.add_sessions, count=2),
    "drop_sessions": of_course(courses.drop_sessions, count=2),
    "undo_operation of a booking": lambda house: (
        lambda: house.ask(undo.undo_operation, operation_id=house.booking.pk)  # type: ignore[union-attr]
    ),
    "undo_operation of a move": lambda house: house.done(
        moves.move_series, moves=[Move(visit.pk, house.to(visit, who=1)) for visit in house.visits]
    ),
    "undo_operation of a pause": lambda house: house.done(
        courses.pause_course, plan_id=house.plan.pk, reason="Travels", keep_visits=False
    ),
    "accept_offer of a visit that moves": lambda house: accepting(house, is_booked=True),
    "accept_offer of a visit to book": lambda house: accepting(house, is_booked=False),
    "take_by_phone": taking_by_phone,
    "merge_patients": merging_two,
    "set_weekly_hours": of_clinician(hours.set_weekly_hours, valid_from=FIRST + 60 * DAY, spans=[span()]),
    "change_day": of_clinician(hours.change_day, on=FIRST + 60 * DAY, spans=[]),
    "paint_day": of_clinician(paint_day, on=FIRST + 60 * DAY, span=(time(20), time(21)), works=True),
    "remove_change": removing_a_change,
    "add_absence": lambda house: lambda: house.ask(hours.add_absence, **an_absence(house)),
    "remove_absence": removing_an_absence,
    "add_closure": lambda house: lambda: house.ask(hours.add_closure, **CLOSED),
    "remove_closure": removing_a_closure,
    "keep_wall_times": keeping_wall_times,
    "undo_hours": lambda house: house.done(hours.add_absence, **an_absence(house)),
}
OF_THE_LIST = {
    *("add_entry", "change_entry", "withdraw_entry"),
    *("start_round", "take_back", "decline_offer", "note_offer_call"),
}
"""Services of the waiting list; they lock their own rows (tests/faults/test_offer_races.py)."""
WRITE_NOTHING_HERE = {"archive_patient", "unarchive_patient"} | OF_THE_LIST
"""Services that change a file and nothing in the book; they lock the file (tests/faults/test_file_races.py)."""


def test_the_table_names_every_service_that_writes() -> None:
    found: dict[str, Callable[..., Any]] = {}
    for module in pkgutil.iter_modules(services.__path__, f"{services.__name__}."):
        for name, act in inspect.getmembers(importlib.import_module(module.name), inspect.isfunction):
            if {"key", "now"} <= set(inspect.signature(act).parameters) and not name.startswith("_"):
                assert found.setdefault(name, act) is act, f"two services are named {name}: a row cannot tell which"
    inner = {"once", "act_on_visit", "save_hours"}
    assert found.keys() - WRITE_NOTHING_HERE - inner == {name.split()[0] for name in WRITERS}


def state() -> dict[tuple[str, int], tuple[Any, ...]]:
    """Return every row of the book as it stands, with what its change needs locked."""
    rows: dict[tuple[str, int], tuple[Any, ...]] = {}
    held = ("session__plan", "patient", "clinician", "room", "device")
    for pk, *values in Appointment.objects.values_list("pk", *held, "version", "status", "starts_at"):
        rows["appointment", pk] = tuple(values)
    for pk, *values in Session.objects.values_list("pk", "plan", "state"):
        rows["session", pk] = tuple(values)
    for pk, *values in TreatmentPlan.objects.values_list("pk", "version", "status", "patient"):
        rows["plan", pk] = (pk, *values)
    for model in (WeeklyHours, HoursChange, Absence):
        for row in model._default_manager.values_list():
            rows[model.__name__, row[0]] = tuple(row)
    for row in Closure.objects.values_list():
        rows["closure", row[0]] = tuple(row)
    return rows


def needed(before: dict[tuple[str, int], tuple[Any, ...]], after: dict[tuple[str, int], tuple[Any, ...]]) -> Rows:
    """Return which rows had to be locked for what was changed: as it was, and as it became."""
    rows: Rows = {table: set() for table in IN_ORDER}
    for key in before.keys() | after.keys():
        if before.get(key) == after.get(key):
            continue
        for values in filter(None, (before.get(key), after.get(key))):
            kind = key[0]
            if kind == "appointment":
                for table, pk in zip(IN_ORDER, values[:5], strict=True):
                    rows[table].add(pk)
            elif kind in {"session", "plan"}:
                rows[IN_ORDER[0]].add(values[0])
            elif kind == "closure":
                rows[IN_ORDER[2]].update(Clinician.objects.values_list("pk", flat=True))
            else:
                clinician = {"WeeklyHours": 1, "HoursChange": 1, "Absence": 1}[kind]
                rows[IN_ORDER[2]].add(values[clinician])
    return {table: {pk for pk in keys if pk is not None} for table, keys in rows.items()}


def locked_first(statements: list[str]) -> Rows:
    """Return what was locked before the first write to the book."""
    rows: Rows = {table: set() for table in IN_ORDER}
    for statement in statements:
        if WRITTEN.search(statement):
            return rows
        if found := LOCKED.search(statement):
            rows.setdefault(found[1], set()).update(keys_of(*found.groups()))
    raise AssertionError("nothing was written")


def keys_of(table: str, condition: str) -> Iterator[int]:
    """Return whom a lock took: by their keys, or all of a kind; no act changes what these conditions ask for."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT "{table}"."id" FROM "{table}" WHERE {condition}')  # noqa: S608 - Django's own words
        return iter([pk for (pk,) in cursor.fetchall()])


def order_of(statements: list[str]) -> list[int]:
    """Return the places in the one order at which each lock of the book was taken, until the first write."""
    places = []
    for statement in statements:
        if WRITTEN.search(statement):
            break
        if (found := LOCKED.search(statement)) and found[1] in IN_ORDER:
            places.append(IN_ORDER.index(found[1]))
    return places


def unlocked(writer: str) -> tuple[Rows, list[str]]:
    """Do what a writer does; return the rows that it changed without having locked them, and its statements."""
    act = WRITERS[writer](House())
    before = state()
    with CaptureQueriesContext(connection) as caught:
        act()
    statements = [query["sql"] for query in caught.captured_queries]
    wanted, locked = needed(before, state()), locked_first(statements)
    assert any(wanted.values()), "the writer changed nothing"
    missing = {table: keys - locked[table] for table, keys in wanted.items()}
    return {table: keys for table, keys in missing.items() if keys}, statements


@pytest.mark.parametrize("writer", WRITERS)
def test_a_writer_locks_all_it_changes_before_its_first_write_in_the_one_order(writer: str) -> None:
    missing, statements = unlocked(writer)
    assert missing == {}
    assert order_of(statements) == sorted(order_of(statements))
    assert any(statement == "SET LOCAL lock_timeout = '3s'" for statement in statements)


@pytest.mark.parametrize("writer", WRITERS)
def test_control_a_writer_without_locks_is_found(writer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (book_locks, files, merging, offers):
        monkeypatch.setattr(module, "lock_rows", lambda *_: None)
    missing, _statements = unlocked(writer)
    assert missing


GUARDED = {"Appointment", "WeeklyHours", "HoursChange", "Absence", "Closure", "Session", "TreatmentPlan"}
RELATED = {"appointments", "sessions", "hours", "hours_changes", "absences", "plans"}
"""Names by which these rows are reached from others."""
CHANGES = {
    "save",
    "update",
    "create",
    "bulk_create",
    "bulk_update",
    "delete",
    "get_or_create",
    "update_or_create",
}
TIES = {"link"}
"""How the rows are called that tie messages to visits; they are the messages' own."""
MAY_WRITE = ("scheduling.services.", "clinic.demo.")
AT_BIRTH = {"treatments.services.plans"}
"""Makes a course with its sessions under the lock of its patient: nobody else knows their rows yet."""


def writes(source: str) -> Iterator[int]:
    """Yield the lines of a source that change rows of the book: through a manager, a relation, or an instance."""
    tree = ast.parse(source)
    names = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    knows = bool(names & GUARDED)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in CHANGES:
            continue
        chain = {part.attr for part in ast.walk(node.func.value) if isinstance(part, ast.Attribute)}
        roots = {part.id for part in ast.walk(node.func.value) if isinstance(part, ast.Name)}
        of_manager = roots & GUARDED and "objects" in chain
        of_relation = bool(chain & RELATED)
        of_instance = knows and node.func.attr in {"save", "delete"} and isinstance(node.func.value, ast.Name)
        if of_manager or of_relation or (of_instance and not roots & TIES):
            yield node.lineno


def test_nobody_writes_to_the_book_past_the_services() -> None:
    wrong = [
        f"{path.relative_to(BASE)}:{line}"
        for module, path in modules()
        if not module.startswith(MAY_WRITE) and module not in AT_BIRTH and ".migrations." not in module
        for line in writes(path.read_text())
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "planted",
    [
        "Appointment.objects.filter(pk=1).update(status='booked')",
        "plan.sessions.filter(state='planned').delete()",
        "Absence.objects.create(clinician=moira)",
        "visit.save()",
        "clinician.hours.bulk_create(rows)",
    ],
)
def test_control_what_is_written_past_the_services_is_found(planted: str) -> None:
    assert list(writes(f"from scheduling.models import Absence, Appointment\n{planted}\n")) == [2]


def test_control_reading_is_not_taken_for_writing() -> None:
    assert not list(writes("from scheduling.models import Appointment\nAppointment.objects.filter(pk=1).first()\n"))


BESIDE = {
    "clinic.lib.locks",
    "clinic.demo.build",
    "clinic.demo.large.build",
    "clinic.management.commands.demo",
    "treatments.catalogue",
    "patients.services.outbox.sweep",
    "patients.services.outbox.together",
    "scheduling.checking.scan",
}
"""Modules with transactions of their own: where nobody else is yet, on rows that a lease holds, or only to read."""


def test_every_other_transaction_waits_three_seconds_at_most_and_is_tried_again() -> None:
    """`in_transaction` sets the time to wait and knows what to try again; a bare `atomic` does neither."""
    wrong = [
        f"{path.relative_to(BASE)}: {node.attr}"
        for module, path in modules()
        if module not in BESIDE
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "transaction.atomic"
    ]
    assert not wrong, "\n".join(wrong)
