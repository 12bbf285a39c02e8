"""What PostgreSQL says under contention, provoked with two connections: tries, answers, sentences, never a 500."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import InternalError, OperationalError, connection, transaction
from django.test import Client
from django.urls import reverse

from clinic.lib import locks
from clinic.lib.locks import Busy, StateRefused, Taken, compare_and_set, in_transaction, lock_rows, sqlstate
from clinic.lib.operations import OperationReused, once
from clinic.models import Clinician, Operation, Role
from scheduling.models import Appointment
from scheduling.services.appointments import cancel_appointment
from tests import factory
from tests.race import FAULTS, RACERS, race
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take
from treatments.models import TreatmentPlan

pytestmark = FAULTS
SIGNED_IN_BY = "allauth.account.auth_backends.AuthenticationBackend"


@contextmanager
def holding(model: Any, *keys: int) -> Iterator[None]:
    """Let somebody else hold the locks of these rows, in a connection of their own, until the end."""
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                lock_rows(model, keys)
                held.set()
                done.wait(60)
        finally:
            connection.close()

    other = threading.Thread(target=hold)
    other.start()
    assert held.wait(60)
    try:
        yield
    finally:
        done.set()
        other.join()


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait 50 ms for a lock where the clinic waits 3 s: what is tested is what follows."""
    monkeypatch.setattr(locks, "LOCK_TIMEOUT_SECONDS", 0.05)


def counted(act: Callable[[], object]) -> tuple[list[int], Callable[[], object]]:
    tries: list[int] = []

    def counting() -> object:
        tries.append(1)
        return act()

    return tries, counting


def test_the_time_to_wait_for_a_lock_is_three_seconds_and_only_inside(db: None) -> None:
    assert in_transaction(lock_timeout) == "3s"
    assert lock_timeout() == "0"


def lock_timeout() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        return str(cursor.fetchone()[0])


def test_a_held_lock_is_waited_for_three_times_and_then_said_to_be_busy(hurried: None) -> None:
    """55P03."""
    moira = factory.make_clinician()
    tries, act = counted(lambda: lock_rows(Clinician, [moira.pk]))
    began = time.monotonic()
    with holding(Clinician, moira.pk), pytest.raises(Busy) as busy:
        in_transaction(act)
    assert sqlstate(busy.value.__cause__) == "55P03"  # type: ignore[arg-type]
    assert len(tries) == 3
    assert time.monotonic() - began >= 0.15


def test_a_lock_that_is_let_go_meanwhile_is_taken_by_a_later_try(hurried: None) -> None:
    moira = factory.make_clinician()
    tries: list[int] = []
    with ExitStack() as others:
        others.enter_context(holding(Clinician, moira.pk))

        def act() -> int:
            tries.append(1)
            if len(tries) == 2:
                others.close()
            lock_rows(Clinician, [moira.pk])
            return len(tries)

        assert in_transaction(act) == 2


def test_of_two_in_a_circle_one_is_broken_off_and_both_come_through() -> None:
    """40P01: each holds what the other wants; PostgreSQL ends one, and a later try of it succeeds."""
    one, other = factory.make_clinician("One"), factory.make_clinician("Other")
    both_hold = threading.Barrier(2)
    tries: dict[str, int] = {}

    def crosswise(name: str, first: Clinician, second: Clinician) -> object:
        def act() -> str:
            tries[name] = tries.get(name, 0) + 1
            lock_rows(Clinician, [first.pk])
            if tries[name] == 1:
                both_hold.wait(30)
            lock_rows(Clinician, [second.pk])
            return name

        return in_transaction(act)

    outcome = race([lambda: crosswise("a", one, other), lambda: crosswise("b", other, one)])
    assert sorted(outcome.results) == ["a", "b"]
    assert min(tries.values()) == 1 < max(tries.values())


def test_what_cannot_be_put_in_a_row_is_tried_again() -> None:
    """40001: a transaction that saw an older state may not write over a newer one."""
    moira = factory.make_clinician()
    tries: list[int] = []

    def act() -> str:
        tries.append(1)
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        seen = Clinician.objects.get(pk=moira.pk)
        if len(tries) == 1:
            other = threading.Thread(target=change_elsewhere, args=[moira.pk])
            other.start()
            other.join()
        Clinician.objects.filter(pk=moira.pk).update(name=f"{seen.name} again")
        return seen.name

    assert in_transaction(act) == "Somebody else"
    assert len(tries) == 2


def change_elsewhere(pk: int) -> None:
    try:
        Clinician.objects.filter(pk=pk).update(name="Somebody else")
    finally:
        connection.close()


def test_a_place_that_is_taken_is_an_answer_and_is_not_tried_again() -> None:
    """23P01."""
    factory.make_clinic()
    moira, room = factory.make_clinician(), factory.make_room()
    take(moira, room, MONDAY.date(), "15:00", 30)
    tries, act = counted(lambda: take(moira, factory.make_room(), MONDAY.date(), "15:10", 30))
    with pytest.raises(Taken) as taken:
        in_transaction(act)
    assert (taken.value.constraint, len(tries)) == ("appointment_clinician_once", 1)


def test_a_way_that_does_not_exist_is_refused_and_is_not_tried_again() -> None:
    """P0001, as an InternalError of the trigger that keeps the ways between states."""
    factory.make_clinic()
    visit = take(factory.make_clinician(), factory.make_room(), MONDAY.date(), "15:00", 30, status="cancelled")
    tries, act = counted(lambda: Appointment.objects.filter(pk=visit.pk).update(status="completed"))
    with pytest.raises(StateRefused) as refused:
        in_transaction(act)
    assert isinstance(refused.value.__cause__, InternalError)
    assert len(tries) == 1


def test_what_somebody_changed_meanwhile_is_not_written_over() -> None:
    factory.make_clinic()
    visit = take(factory.make_clinician(), factory.make_room(), MONDAY.date(), "15:00", 30)
    Appointment.objects.filter(pk=visit.pk).update(version=2)
    with pytest.raises(StateRefused):
        compare_and_set(visit, same=("status", "version"), status="confirmed")
    visit.refresh_from_db()
    assert (visit.status, visit.version) == ("booked", 2)


def kept(key: uuid.UUID, body: dict[str, Any], acts: list[str], slow: float = 0) -> Operation:
    def act(operation: Operation) -> None:
        acts.append("done")
        operation.result = {"n": len(acts)}

    return in_transaction(lambda: once(key=key, kind="a test", actor=None, body=body, now=MONDAY, act=act))


def test_one_key_acts_once_however_many_send_it_together() -> None:
    key, acts = uuid.uuid4(), []  # type: ignore[var-annotated]
    outcome = race([lambda: kept(key, {"a": 1}, acts)] * RACERS)
    assert (outcome.errors, acts) == ([], ["done"])
    assert [operation.result for operation in outcome.results] == [{"n": 1}] * RACERS


def test_one_key_with_another_body_is_refused() -> None:
    key, acts = uuid.uuid4(), []  # type: ignore[var-annotated]
    first = kept(key, {"a": 1, "b": 2}, acts)
    assert kept(key, {"b": 2, "a": 1}, acts) == first
    with pytest.raises(OperationReused):
        kept(key, {"a": 2, "b": 2}, acts)
    assert acts == ["done"]


def test_an_act_that_failed_leaves_its_key_free() -> None:
    key = uuid.uuid4()

    def fail(_operation: Operation) -> None:
        raise StateRefused

    with suppress(StateRefused):
        in_transaction(lambda: once(key=key, kind="a test", actor=None, body={}, now=MONDAY, act=fail))
    assert kept(key, {}, []).result == {"n": 1}


@pytest.fixture
def desk(client: Client) -> Client:
    factory.make_clinic()
    client.force_login(factory.make_user(Role.FRONT_DESK, Role.CLINICIAN), backend=SIGNED_IN_BY)
    client.raise_request_exception = False
    return client


def complete(desk: Client, visit: Appointment) -> Any:
    address = reverse("appointment_complete", args=[visit.public_id])
    return desk.post(address, {"operation": str(uuid.uuid4())}, follow=True)


def yesterdays_visit() -> Appointment:
    yesterday = factory.local_day(factory.now()) - timedelta(days=1)
    return take(factory.make_clinician(), factory.make_room(), yesterday, "15:00", 30)


def test_a_page_whose_rows_are_held_says_so_and_changes_nothing(desk: Client, hurried: None) -> None:
    visit = yesterdays_visit()
    with holding(Clinician, visit.clinician_id):
        answer = complete(desk, visit)
    assert answer.status_code == 200
    assert b"Many people are saving at this moment. Nothing was saved. Try again." in answer.content
    visit.refresh_from_db()
    assert (visit.status, visit.version) == ("booked", 1)
    complete(desk, visit)
    visit.refresh_from_db()
    assert visit.status == "completed"


@pytest.mark.parametrize("raised", [Busy, StateRefused, "40P01"])
def test_what_no_view_answers_comes_as_503_with_a_sentence(
    raised: Any, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = yesterdays_visit()

    def fails(**_asked: Any) -> None:
        if raised == "40P01":
            raise broken_off()
        raise raised

    monkeypatch.setattr("scheduling.views.visit_acts.attempt", lambda *_, **__: fails())
    answer = complete(desk, visit)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert b"Nothing was saved. Go back, wait a moment" in answer.content


def broken_off() -> OperationalError:
    """Return what Django raises when PostgreSQL breaks a circle."""
    error = OperationalError("deadlock detected")
    error.__cause__ = type("Broken", (Exception,), {"pgcode": "40P01"})()
    return error


def test_a_fault_of_ours_is_still_a_fault(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    visit = yesterdays_visit()

    def fails(*_given: Any, **_asked: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("scheduling.views.visit_acts.attempt", fails)
    assert complete(desk, visit).status_code == 500


def test_cancelled_twice_at_one_moment_one_cancels_and_the_others_are_told() -> None:
    factory.make_clinic()
    visit = take(factory.make_clinician(), factory.make_room(), MONDAY.date() + timedelta(days=30), "15:00", 30)

    def cancel() -> object:
        return cancel_appointment(key=uuid.uuid4(), appointment_id=visit.pk, reason="Ill", actor=None, now=MONDAY)

    outcome = race([cancel] * RACERS)
    assert len(outcome.results) == 1
    assert {type(error).__name__ for error in outcome.errors} == {"StaleAppointment"}
    visit.refresh_from_db()
    assert visit.version == 2


def test_plans_are_changed_by_compare_and_set_too() -> None:
    factory.make_clinic()
    plan = factory.make_plan()
    TreatmentPlan.objects.filter(pk=plan.pk).update(version=5)
    with pytest.raises(StateRefused):
        compare_and_set(plan, same=("status", "version"), status="paused")
