"""Many reminders at once: few statements, and still none lost, none twice, and each marked by its own answer."""

import smtplib
from collections import Counter
from datetime import datetime, timedelta
from unittest.mock import patch

import pytest
from django.core.mail.backends.smtp import EmailBackend
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from patients.models import Message, MessageState
from patients.services.outbox import queue, registry, together
from patients.services.outbox.sweep import LEASE, sweep
from patients.services.outbox.together import Group
from scheduling.models import AppointmentMessage
from tests import factory
from tests.figures import say
from tests.scheduling.mailing import MINUTE, MONDAY, Course, a_reminder
from tests.smtp import Sink

pytestmark = pytest.mark.django_db
NOON = MONDAY + timedelta(hours=3)


class Killed(BaseException):
    """Stands for a kill -9: nothing in the code may catch it."""


def reminders(count: int) -> list[Message]:
    """Put so many reminders of one visit into the outbox, each a minute after the other and all due at noon."""
    first = a_reminder(Course(), due=NOON - count * MINUTE)
    visit = first.of_appointment.appointment  # type: ignore[attr-defined]
    others = Message.objects.bulk_create(
        Message(patient=first.patient, kind="reminder_1_day", due_at=NOON - n * MINUTE, not_after=first.not_after)
        for n in range(count - 1, 0, -1)
    )
    AppointmentMessage.objects.bulk_create(
        AppointmentMessage(message=message, appointment=visit, kind=message.kind, version=n + 2)
        for n, message in enumerate(others)
    )
    return [first, *others]


def states(messages: list[Message]) -> list[str]:
    kept = Message.objects.in_bulk([message.pk for message in messages])
    return [kept[message.pk].state for message in messages]


def tries(messages: list[Message]) -> list[int]:
    kept = Message.objects.in_bulk([message.pk for message in messages])
    return [kept[message.pk].attempts for message in messages]


def test_a_mail_takes_little_more_than_one_statement(smtp: Sink) -> None:
    messages = reminders(50)
    with CaptureQueriesContext(connection) as caught:
        assert str(sweep(NOON)) == "50 sent"
    assert len(smtp.messages) == 50
    assert len({str(mail["Message-ID"]) for mail in smtp.messages}) == 50
    assert set(states(messages)) == {MessageState.SENT}
    assert set(tries(messages)) == {1}
    asked = [query["sql"] for query in caught if "SAVEPOINT" not in query["sql"]]
    say(f"sweep: {len(asked)} statements for 50 reminders")
    assert len(asked) <= 75
    stored = Message.objects.get(pk=messages[0].pk)
    assert stored.body
    assert stored.subject == smtp.messages[0]["Subject"]
    assert stored.to_address == "devika@example.ca" or "@" in stored.to_address


def plan_of(statement: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement.replace('%', '%%')}")
        return " ".join(line for (line,) in cursor.fetchall())


@pytest.mark.parametrize("together_or_alone", [30, 3])
def test_beside_old_messages_each_is_reached_by_its_key(smtp: Sink, together_or_alone: int) -> None:
    """Where none waited when PostgreSQL last counted, it takes the index of all that wait for the shorter way."""
    visitor = factory.make_patient()
    Message.objects.bulk_create(
        Message(patient=visitor, kind="a_test", state="sent", due_at=NOON, settled_at=NOON) for _n in range(2000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE patients_message")
    messages = reminders(together_or_alone)
    with CaptureQueriesContext(connection) as caught:
        assert sweep(NOON).sent == together_or_alone
    asked = [query["sql"] for query in caught if "claimed" in query["sql"] and f"{messages[1].pk}" in query["sql"]]
    assert len(asked) >= 4
    assert [sql for sql in asked if "message_sweep" in plan_of(sql)] == []
    plainly = f"SELECT FROM patients_message WHERE id = {messages[1].pk} AND state = 'claimed'"
    assert "message_sweep" in plan_of(plainly), "control: asked plainly, all that wait would be read for each mail"


def test_a_server_that_is_down_costs_one_try_of_one_message(smtp: Sink) -> None:
    messages = reminders(8)
    with override_settings(EMAIL_PORT=1):
        assert str(sweep(NOON)) == "1 later"
    assert set(states(messages)) == {MessageState.WAITING}
    assert tries(messages) == [1, 0, 0, 0, 0, 0, 0, 0]
    assert str(sweep(NOON)) == "7 sent"


@pytest.mark.parametrize("where", ["answers", "recipient_answers"])
def test_one_that_is_refused_holds_up_nobody(smtp: Sink, where: str) -> None:
    messages = reminders(6)
    getattr(smtp, where).append("550 5.1.1 no such user")
    assert str(sweep(NOON)) == "5 sent, 1 failed"
    assert states(messages) == [MessageState.FAILED] + [MessageState.SENT] * 5


def test_killed_between_an_answer_and_its_mark_one_mail_goes_twice_and_none_is_lost(smtp: Sink) -> None:
    messages = reminders(7)
    mark = Group.mark

    def killed_at_the_fourth(group: Group, done: Message | None, coming: Message | None) -> bool:
        if done is not None and done.pk == messages[3].pk:
            raise Killed
        return mark(group, done, coming)

    def nobody_gives_back(group: Group, keys: list[int]) -> None:
        """A killed process runs no last lines."""

    with (
        patch.object(Group, "mark", killed_at_the_fourth),
        patch.object(Group, "_give_back", nobody_gives_back),
        pytest.raises(Killed),
    ):
        sweep(NOON)
    assert len(smtp.messages) == 4
    assert states(messages) == [MessageState.SENT] * 3 + [MessageState.CLAIMED] * 4
    assert str(sweep(NOON + LEASE - MINUTE)) == "nothing"
    assert str(sweep(NOON + LEASE + MINUTE)) == "4 sent"
    times = Counter(str(mail["Message-ID"]) for mail in smtp.messages)
    assert sorted(times.values()) == [1, 1, 1, 1, 1, 1, 2]


def test_one_that_nobody_foresaw_does_not_use_up_the_tries_of_others(smtp: Sink) -> None:
    messages = reminders(6)
    kind = registry.kind("reminder_1_day")
    assert kind and kind.together
    poison, read = messages[2], kind.together.read

    def breaks(subject: object, clinic: object, message: Message, now: datetime) -> registry.Outcome:
        if message.pk == poison.pk:
            raise Killed
        return kind.together.compose(subject, clinic, message, now)  # type: ignore[union-attr, arg-type]

    def breaks_alone(message: Message, now: datetime) -> registry.Outcome:
        if message.pk == poison.pk:
            raise Killed
        return kind.compose(message, now)

    broken = registry.Kind(kind.name, "", breaks_alone, dict, together=registry.Together(read, breaks))
    with patch.dict(registry._kinds, {kind.name: broken}):
        with pytest.raises(Killed):
            sweep(NOON)
        assert set(tries(messages)) == {1}
        assert smtp.messages == []
        with pytest.raises(Killed):
            sweep(NOON)  # now one by one: the poison keeps its lease, the others are free
        assert str(sweep(NOON + MINUTE)) == "3 sent"
    others = [message for message in messages if message != poison]
    assert set(states(others)) == {MessageState.SENT}
    assert set(tries(others)) == {2}
    assert tries([poison]) == [2]


def test_what_is_withdrawn_after_it_was_written_is_not_sent(smtp: Sink) -> None:
    messages = reminders(6)
    send = EmailBackend.send_messages

    def the_next_is_withdrawn(backend: EmailBackend, mails: list[object]) -> int:
        if not smtp.messages:
            queue.withdraw([messages[1].pk, messages[4].pk], reason="Cancelled.", now=NOON)
        return send(backend, mails)  # type: ignore[arg-type]

    with patch.object(EmailBackend, "send_messages", the_next_is_withdrawn):
        assert str(sweep(NOON)) == "4 sent"
    sent, withdrawn = MessageState.SENT, MessageState.WITHDRAWN
    # The first was on its way when the second was looked at; the second left only if it was still to go then.
    assert states(messages) == [sent, withdrawn, sent, sent, withdrawn, sent]
    assert len(smtp.messages) == 4


def test_what_is_withdrawn_while_it_leaves_says_so(smtp: Sink) -> None:
    messages = reminders(5)
    send = EmailBackend.send_messages

    def withdrawn_meanwhile(backend: EmailBackend, mails: list[object]) -> int:
        if len(smtp.messages) == 2:
            queue.withdraw([messages[2].pk], reason="Cancelled.", now=NOON)
        return send(backend, mails)  # type: ignore[arg-type]

    with patch.object(EmailBackend, "send_messages", withdrawn_meanwhile):
        assert str(sweep(NOON)) == "4 sent"
    assert len(smtp.messages) == 5
    assert Message.objects.get(pk=messages[2].pk).reason == "Cancelled. The mail had left a moment before."


def test_a_connection_cut_in_the_middle_ends_the_sweep_and_gives_the_rest_back(smtp: Sink) -> None:
    messages = reminders(6)
    data, seen = smtplib.SMTP.data, []

    def cut(server: smtplib.SMTP, words: bytes) -> tuple[int, bytes]:
        seen.append(words)
        if len(seen) == 3:
            raise smtplib.SMTPServerDisconnected("cut")
        return data(server, words)

    with patch.object(smtplib.SMTP, "data", cut):
        assert str(sweep(NOON)) == "2 sent, 1 later"
    assert states(messages) == [MessageState.SENT] * 2 + [MessageState.WAITING] * 4
    assert tries(messages) == [1, 1, 1, 0, 0, 0]


def test_before_the_lease_runs_out_the_rest_is_given_back_and_claimed_anew(
    smtp: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = reminders(5)
    monkeypatch.setattr(together, "LONGEST_SEND", LEASE)
    assert str(sweep(NOON, budget=timedelta(seconds=0.5))) == "nothing"
    assert set(states(messages)) == {MessageState.WAITING}
    assert set(tries(messages)) == {0}


def test_what_the_composer_says_instead_is_done(smtp: Sink) -> None:
    messages = reminders(5)
    patient = messages[0].patient
    patient.reminders_by_email = False
    patient.save(update_fields=["reminders_by_email"])
    assert str(sweep(NOON)) == "5 to call"
    assert smtp.messages == []


def test_no_index_of_messages_is_the_beginning_of_another() -> None:
    """A change of state writes all indexes of a message: one that another can stand for costs and brings nothing."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, Message._meta.db_table)
        cursor.execute("SELECT indexrelid::regclass::text FROM pg_index WHERE indpred IS NOT NULL")
        partial = {name for (name,) in cursor.fetchall()}
    whole = {name: one["columns"] for name, one in found.items() if one["index"] and name not in partial}
    assert "message_of_patient" in whole
    for name, columns in whole.items():
        assert not [other for other in whole if other != name and whole[other][: len(columns)] == columns], name
