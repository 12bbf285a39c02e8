"""Hold the rows against the rules, and against the plain clinic."""

from collections import Counter
from datetime import datetime
from itertools import combinations
from typing import Any

from clinic.lib.days import local_day
from patients.models import Message, MessageState
from scheduling.models import HOLDING, Appointment
from tests.scheduling.plain.book import Book
from tests.scheduling.plain.ground import ZONE, Ground
from treatments.models import Session, TreatmentPlan

Row = dict[str, Any]
COLUMNS = (
    "pk",
    "status",
    "patient_id",
    "clinician_id",
    "room_id",
    "device_id",
    "arrives_at",
    "starts_at",
    "ends_at",
    "frees_at",
    "wall_date",
    "wall_time",
    "early_reason",
    "confirmed_at",
    "arrived_at",
    "started_at",
    "finished_at",
    "session__number",
    "session__plan_id",
    "session__plan__interval_min",
)
HELD = {
    "clinician_id": ("starts_at", "ends_at"),
    "room_id": ("starts_at", "frees_at"),
    "device_id": ("starts_at", "frees_at"),
    "patient_id": ("arrives_at", "ends_at"),
}


def hold(book: Book, ground: Ground) -> None:
    """Read the rows once, and hold them against the rules and the plain clinic."""
    rows = list(Appointment.objects.values(*COLUMNS))
    held = sorted((row for row in rows if row["status"] in HOLDING), key=lambda row: row["starts_at"])
    nothing_overlaps(held)
    nothing_is_too_early(held)
    wall_times_are_kept(rows)
    moments_are_noted(rows)
    visits_are_as_said(rows, book)
    courses_are_as_said(held, book)
    messages_are_as_said(book)


def same(what: str, found: Any, said: Any) -> None:
    if found != said and isinstance(found, dict):
        keys = [key for key in found.keys() | said.keys() if found.get(key) != said.get(key)]
        found, said = ({key: one.get(key) for key in keys} for one in (found, said))
    assert found == said, f"{what}: the rows say {found}, the plain clinic {said}"


def nothing_overlaps(held: list[Row]) -> None:
    for one, other in combinations(held, 2):
        for what, (since, until) in HELD.items():
            same = one[what] is not None and one[what] == other[what]
            meets = one[since] < other[until] and other[since] < one[until]
            assert not (same and meets), f"{what} is held twice: {one}, {other}"


def nothing_is_too_early(held: list[Row]) -> None:
    """Both courses of one patient treat the same area."""
    for one, other in combinations([row for row in held if row["session__plan_id"]], 2):
        days = abs((local_day(one["starts_at"], ZONE) - local_day(other["starts_at"], ZONE)).days)
        least = max(one["session__plan__interval_min"], other["session__plan__interval_min"])
        near = one["patient_id"] == other["patient_id"] and days < least
        assert not near or one["early_reason"] or other["early_reason"], f"too early for no reason: {one}, {other}"


def wall_times_are_kept(rows: list[Row]) -> None:
    for row in rows:
        wall = row["starts_at"].astimezone(ZONE).replace(tzinfo=None)
        assert wall == datetime.combine(row["wall_date"], row["wall_time"]), f"wall time: {row}"


NOTED = {
    "booked": [],
    "confirmed": ["confirmed_at"],
    "arrived": ["arrived_at"],
    "in_treatment": ["arrived_at", "started_at"],
    "completed": ["finished_at"],
}
"""Which moments of a visit in this state are known."""
NOT_YET = {"booked": 0, "confirmed": 1, "arrived": 2, "in_treatment": 3}
MOMENTS = ["confirmed_at", "arrived_at", "started_at", "finished_at"]


def moments_are_noted(rows: list[Row]) -> None:
    """What has happened has its moment, what has not has none, and they stand in order."""
    for row in rows:
        assert all(row[name] for name in NOTED.get(row["status"], [])), f"a moment is not noted: {row}"
        later = MOMENTS[NOT_YET.get(row["status"], len(MOMENTS)) :]
        assert not any(row[name] for name in later), f"a moment of what is yet to come: {row}"
        known = [row[name] for name in MOMENTS[1:] if row[name]]
        assert known == sorted(known), f"moments out of order: {row}"


def visits_are_as_said(rows: list[Row], book: Book) -> None:
    said = {
        visit["key"]: (
            visit["status"],
            visit["clinician"],
            visit["room"],
            visit["device"],
            visit["start"],
            visit["early"],
            visit["confirmed"],
        )
        for visit in book.visits
    }
    found = {
        row["pk"]: (
            row["status"],
            row["clinician_id"],
            row["room_id"],
            row["device_id"],
            row["starts_at"],
            bool(row["early_reason"]),
            row["confirmed_at"] is not None,
        )
        for row in rows
    }
    same("visits", found, said)


def courses_are_as_said(held: list[Row], book: Book) -> None:
    plans = dict(TreatmentPlan.objects.values_list("pk", "status"))
    counts = dict(TreatmentPlan.objects.values_list("pk", "session_count"))
    states = Session.objects.order_by("number").values_list("plan_id", "number", "state")
    for course in book.courses:
        key = course["key"]
        same("course", (plans[key], counts[key]), (course["status"], course["count"]))
        mine = [row for row in held if row["session__plan_id"] == key]
        same("numbers by dates", [row["session__number"] for row in mine], list(range(1, len(mine) + 1)))
        found = [(number, state) for plan, number, state in states if plan == key]
        by_number = ["completed" if row["status"] == "completed" else "booked" for row in mine]
        by_number += ["planned"] * (course["open"] - len(mine))
        by_number += ["dropped"] * (len(found) - len(by_number))
        same("sessions", found, list(enumerate(by_number, 1)))
        if course["status"] == "discontinued":
            assert {row["status"] for row in mine} <= {"completed"}


def messages_are_as_said(book: Book) -> None:
    columns = ("kind", "of_appointment__appointment_id", "of_series__plan_id", "state", "due_at")
    waiting, sent = {}, Counter[tuple[str, int]]()
    for kind, visit, plan, state, due in Message.objects.values_list(*columns):
        if state == MessageState.WAITING:
            assert (kind, visit or plan) not in waiting, f"{kind} waits twice"
            waiting[kind, visit or plan] = due
        elif state == MessageState.SENT:
            sent[kind, visit or plan] += 1
        else:
            assert state in {MessageState.WITHDRAWN, MessageState.EXPIRED}, state
    same("what waits", waiting, {key: message["due"] for key, message in book.mail.waiting.items()})
    same("what left", dict(sent), dict(book.mail.sent))
