"""Sweeps at once, with real threads on real PostgreSQL: none is sent twice; without the claim, twice."""

import threading
from collections import Counter
from datetime import datetime, timedelta
from unittest.mock import patch

import pytest
from django.db import connection, transaction

from patients.models import Message, MessageState
from patients.services.outbox import queue
from patients.services.outbox import sweep as sweeping
from patients.services.outbox import together as together_module
from patients.services.outbox.together import Group
from tests.race import FAULTS, sized
from tests.scheduling.mailing import MONDAY, Course, a_reminder
from tests.smtp import Sink

pytestmark = FAULTS
NOON = MONDAY + timedelta(hours=3)
THREADS, MESSAGES, ROUNDS = sized(4, full=16), 12, sized(3, full=50)


def many(course: Course) -> list[Message]:
    first = a_reminder(course, due=NOON)
    visit = first.of_appointment.appointment  # type: ignore[attr-defined]
    others = Message.objects.bulk_create(
        Message(patient=course.patient, kind="reminder_1_day", due_at=NOON) for _ in range(MESSAGES - 1)
    )
    links = type(first.of_appointment)  # type: ignore[attr-defined]
    links.objects.bulk_create(
        links(message=message, appointment=visit, kind=message.kind, version=n + 2) for n, message in enumerate(others)
    )
    return [first, *others]


def at_once(act: object, count: int = THREADS) -> list[BaseException]:
    start, failures = threading.Barrier(count), []

    def run() -> None:
        start.wait()
        try:
            act()  # type: ignore[operator]
        except Exception as error:  # noqa: BLE001 - whatever happens in a thread is the test's finding
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def sent_ids(smtp: Sink) -> Counter[str]:
    return Counter(str(mail["Message-ID"]) for mail in smtp.messages)


@pytest.mark.parametrize("batch", [3, 5])
def test_sweeps_at_once_send_each_message_once(smtp: Sink, batch: int) -> None:
    """Three go one by one, five together."""
    course = Course()
    for _round in range(ROUNDS):
        smtp.messages.clear()
        many(course)
        assert at_once(lambda: sweeping.sweep(NOON, batch=batch)) == []
        assert len(smtp.messages) == MESSAGES
        assert set(sent_ids(smtp).values()) == {1}
        assert not Message.objects.exclude(state=MessageState.SENT).exists()
        Message.objects.all().delete()
        course.plan.sessions.get(number=1).appointments.all().delete()


@pytest.mark.parametrize("is_together", [False, True], ids=["one by one", "together"])
def test_control_without_the_claim_they_are_sent_twice(
    smtp: Sink, is_together: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together_module, "FEWEST", 1 if is_together else 1000)
    course = Course()
    many(course)
    together, mine = threading.Barrier(2), threading.local()

    def careless(now: datetime, *, size: int) -> list[Message]:
        if getattr(mine, "done", False):
            return []
        mine.done = True
        found = list(Message.objects.due(now).order_by("pk"))
        together.wait(timeout=10)  # both have read before either marks
        keys = [message.pk for message in found]
        Message.objects.filter(pk__in=keys).update(state=MessageState.CLAIMED, lease_until=NOON + sweeping.LEASE)
        together.wait(timeout=10)
        return list(Message.objects.filter(pk__in=keys))

    def yes(sender: sweeping._Sender, message: Message) -> bool:
        return True

    def unmarked(sender: sweeping._Sender, message: Message, **values: object) -> int:
        return 1

    def all_of_them(group: Group) -> list[int]:
        group.lease = NOON + sweeping.LEASE
        keys = [message.pk for message in group.messages]
        Message.objects.filter(pk__in=keys).update(attempts=1)
        return keys

    def whoever_it_is(group: Group, done: Message | None, coming: Message | None) -> bool:
        return coming is not None

    with (
        patch.object(sweeping, "claim", careless),
        patch.object(Group, "begin", all_of_them),
        patch.object(Group, "mark", whoever_it_is),
        patch.object(sweeping._Sender, "begin", yes),
        patch.object(sweeping._Sender, "change", unmarked),
    ):
        assert at_once(lambda: sweeping.sweep(NOON), count=2) == []
    assert max(sent_ids(smtp).values()) == 2


def test_withdrawing_against_a_sweep_leaves_no_row_in_between(smtp: Sink) -> None:
    """Whoever wins, each row ends as sent, or as withdrawn; a mail that left for a withdrawn row says that it did."""
    course = Course()
    messages = many(course)
    keys = [message.pk for message in messages]
    acts = iter([lambda: sweeping.sweep(NOON), lambda: queue_all(keys)])
    lock = threading.Lock()

    def act() -> None:
        with lock:
            mine = next(acts)
        mine()

    assert at_once(act, count=2) == []
    rows = Message.objects.filter(pk__in=keys)
    assert {row.state for row in rows} <= {MessageState.SENT, MessageState.WITHDRAWN}
    left = [row for row in rows if row.state == MessageState.SENT or "had left" in row.reason]
    assert len(left) == len(smtp.messages)


def queue_all(keys: list[int]) -> None:
    for key in keys:
        with transaction.atomic():
            queue.withdraw([key], reason="Cancelled.", now=NOON)
