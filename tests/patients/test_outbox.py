"""The sweep: none lost, none twice, and every answer of the mail server is believed."""

import smtplib
from datetime import datetime, timedelta
from unittest.mock import patch

import pytest
from django.core.mail.backends.smtp import EmailBackend
from django.core.management import call_command
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.models import Clinic
from patients.models import Message, MessageState, Patient
from patients.services.outbox import links, queue, registry, sending
from patients.services.outbox import sweep as sweeping
from patients.services.outbox.letters import letter
from patients.services.outbox.sweep import LEASE, sweep
from tests import factory
from tests.scheduling.mailing import MINUTE, MONDAY, Course, a_reminder
from tests.smtp import Sink

pytestmark = pytest.mark.django_db
NOON = MONDAY + timedelta(hours=3)


class Killed(BaseException):
    """Stands for a kill -9: nothing in the code may catch it."""


def state(message: Message) -> str:
    message.refresh_from_db()
    return message.state


def test_what_is_due_is_sent_and_marked_by_the_servers_answer(smtp: Sink) -> None:
    message = a_reminder(Course(), due=NOON)
    assert str(sweep(NOON - MINUTE)) == "nothing"
    assert str(sweep(NOON)) == "1 sent"
    message.refresh_from_db()
    assert (message.state, message.attempts, message.lease_until) == (MessageState.SENT, 1, None)
    assert (message.to_address, message.reason) == (message.patient.email, "")
    assert message.message_id == f"<{message.public_id.hex}@localhost>" == smtp.messages[0]["Message-ID"]
    assert message.subject == smtp.messages[0]["Subject"]
    assert str(sweep(NOON + MINUTE)) == "nothing"


def test_the_command_sweeps_too(smtp: Sink, capsys: pytest.CaptureFixture[str]) -> None:
    course = Course()
    factory.make_clinic(send_from="00:00", send_until="23:59")
    a_reminder(course, due=factory.now() - MINUTE)
    call_command("sweep")
    assert capsys.readouterr().out == "Swept: 1 sent.\n"


@pytest.mark.parametrize("where", ["answers", "recipient_answers"])
def test_try_later_is_tried_later_with_growing_waits(smtp: Sink, where: str) -> None:
    message = a_reminder(Course(), due=NOON)
    now, waits = NOON, []
    while True:
        getattr(smtp, where).append("451 4.7.1 come back")
        tally = sweep(now)
        message.refresh_from_db()
        if message.state == MessageState.FAILED:
            break
        assert (tally.later, message.reason) == (1, "451 4.7.1 come back")
        waits.append(message.due_at - now)
        assert str(sweep(message.due_at - timedelta(seconds=10))) == "nothing"
        now = message.due_at + timedelta(seconds=1)
    assert [round(wait / MINUTE) for wait in waits] == [1, 5, 30, 120]
    assert message.attempts == sending.MOST_TRIES == 5
    assert smtp.messages == []


@pytest.mark.parametrize("where", ["answers", "recipient_answers"])
def test_a_refused_recipient_fails_at_once_and_holds_up_nobody(smtp: Sink, where: str) -> None:
    course = Course()
    refused = a_reminder(course, due=NOON - MINUTE)
    other = a_reminder(course, due=NOON, visit=refused.of_appointment.appointment)  # type: ignore[attr-defined]
    getattr(smtp, where).append("550 5.1.1 no such user")
    assert str(sweep(NOON)) == "1 sent, 1 failed"
    assert (state(refused), refused.reason) == (MessageState.FAILED, "550 5.1.1 no such user")
    assert state(other) == MessageState.SENT


def test_a_server_that_is_down_costs_one_try_of_one_message(smtp: Sink) -> None:
    course = Course()
    first = a_reminder(course, due=NOON - MINUTE)
    second = a_reminder(course, due=NOON, visit=first.of_appointment.appointment)  # type: ignore[attr-defined]
    with override_settings(EMAIL_PORT=1):
        assert str(sweep(NOON)) == "1 later"
    assert (state(first), first.attempts) == (MessageState.WAITING, 1)
    assert (state(second), second.attempts, second.lease_until) == (MessageState.WAITING, 0, None)
    assert first.due_at > NOON
    assert "ConnectionRefusedError" in first.reason


def test_a_connection_cut_in_the_middle_is_tried_again_with_the_same_id(smtp: Sink) -> None:
    message = a_reminder(Course(), due=NOON)
    with patch.object(smtplib.SMTP, "data", side_effect=smtplib.SMTPServerDisconnected("cut")):
        assert str(sweep(NOON)) == "1 later"
    first_id = Message.objects.get(pk=message.pk).message_id
    assert first_id
    assert str(sweep(NOON + 2 * MINUTE)) == "1 sent"
    assert smtp.messages[0]["Message-ID"] == first_id


def test_killed_between_the_answer_and_the_mark_the_same_mail_goes_again(smtp: Sink) -> None:
    course = Course()
    visit = course.put(1, factory.local_day(NOON), "18:00")
    course.complete(visit, NOON)
    due = NOON + 3 * MINUTE
    with patch.object(sweeping._Sender, "settle", side_effect=Killed), pytest.raises(Killed):
        sweep(due)
    [message] = course.messages("visit_notes")
    assert message.state == MessageState.CLAIMED
    assert str(sweep(due + LEASE - MINUTE)) == "nothing"
    assert str(sweep(due + LEASE + MINUTE)) == "1 sent"
    first, second = smtp.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert first.get_body(("plain",)).get_content() == second.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert message.links.count() == 1


def test_a_message_that_kills_its_worker_fails_after_five_tries(smtp: Sink) -> None:
    course = Course()
    poison = a_reminder(course, due=NOON - MINUTE)
    other = a_reminder(course, due=NOON, visit=poison.of_appointment.appointment)  # type: ignore[attr-defined]
    now = NOON
    real = registry.kind("reminder_1_day").compose  # type: ignore[union-attr]

    def compose(message: Message, at: datetime) -> registry.Outcome:
        if message.pk == poison.pk:
            raise Killed
        return real(message, at)

    with patch.dict(registry._kinds, {"reminder_1_day": registry.Kind("reminder_1_day", "", compose, dict)}):
        for _try in range(5):
            with pytest.raises(Killed):
                sweep(now)
            assert state(other) == MessageState.SENT or other.lease_until is None
            now += MINUTE
            sweep(now)
            assert state(other) == MessageState.SENT
            now += LEASE + MINUTE
        assert str(sweep(now)) == "1 failed"
    assert (state(poison), poison.reason) == (MessageState.FAILED, "Given up: the last try was cut off.")


def test_what_is_withdrawn_between_claim_and_writing_is_not_sent(smtp: Sink) -> None:
    message = a_reminder(Course(), due=NOON)
    begin = sweeping._Sender.begin

    def withdrawn_meanwhile(sender: sweeping._Sender, claimed: Message) -> bool:
        done = begin(sender, claimed)
        queue.withdraw([message.pk], reason="Cancelled.", now=NOON)
        return done

    with patch.object(sweeping._Sender, "begin", withdrawn_meanwhile):
        assert str(sweep(NOON)) == "nothing"
    assert (state(message), message.reason, smtp.messages) == (MessageState.WITHDRAWN, "Cancelled.", [])


def test_what_is_withdrawn_while_it_leaves_stays_withdrawn_and_says_so(smtp: Sink) -> None:
    message = a_reminder(Course(), due=NOON)
    send = EmailBackend.send_messages

    def withdrawn_meanwhile(backend: EmailBackend, mails: list[object]) -> int:
        queue.withdraw([message.pk], reason="Cancelled.", now=NOON)
        return send(backend, mails)  # type: ignore[arg-type]

    with patch.object(EmailBackend, "send_messages", withdrawn_meanwhile):
        sweep(NOON)
    assert len(smtp.messages) == 1
    assert state(message) == MessageState.WITHDRAWN
    assert message.reason == "Cancelled. The mail had left a moment before."


def test_a_slow_sender_whose_lease_ran_out_marks_nothing(smtp: Sink) -> None:
    message = a_reminder(Course(), due=NOON)
    send = EmailBackend.send_messages

    def overtaken(backend: EmailBackend, mails: list[object]) -> int:
        count = send(backend, mails)  # type: ignore[arg-type]
        Message.objects.filter(pk=message.pk).update(lease_until=NOON + timedelta(hours=1))  # another sweep took it
        return count

    with patch.object(EmailBackend, "send_messages", overtaken):
        assert str(sweep(NOON)) == "nothing"
    assert state(message) == MessageState.CLAIMED


def test_what_is_overdue_expires_unsent(smtp: Sink) -> None:
    message = a_reminder(Course(), due=NOON, not_after=NOON + timedelta(hours=1))
    assert str(sweep(NOON + timedelta(hours=1))) == "1 expired"
    assert (state(message), smtp.messages) == (MessageState.EXPIRED, [])


def test_phone_messages_are_never_mailed(smtp: Sink) -> None:
    message = a_reminder(Course(), due=NOON, channel="phone")
    assert str(sweep(NOON)) == "nothing"
    assert state(message) == MessageState.WAITING


def test_a_kind_that_nobody_writes_is_withdrawn(smtp: Sink) -> None:
    message = queue.enqueue(patient=Course().patient, kind="letter_of_1952", due_at=NOON, channel="email")  # type: ignore[arg-type]
    assert str(sweep(NOON)) == "1 withdrawn"
    assert state(message) == MessageState.WITHDRAWN


def test_a_sweep_stops_when_its_budget_is_spent(smtp: Sink) -> None:
    course = Course()
    first = a_reminder(course, due=NOON)
    a_reminder(course, due=NOON, visit=first.of_appointment.appointment)  # type: ignore[attr-defined]
    assert str(sweep(NOON, budget=timedelta(0))) == "nothing"
    assert not Message.objects.filter(state=MessageState.CLAIMED).exists()


@pytest.mark.parametrize("name", ["Clinic\r\nBcc: all@example.com", "Clinic\nSubject: x", "A\x1bB\u2028C"])
def test_no_header_can_be_smuggled_in(smtp: Sink, name: str) -> None:
    course = Course(first_name="Al\r\nBcc: eve@example.com")
    factory.make_clinic(short_name=name)
    a_reminder(course, due=NOON)
    assert str(sweep(NOON)) == "1 sent"
    [mail] = smtp.messages
    assert mail["Bcc"] is None
    assert mail["X-Envelope-To"] == course.patient.email
    assert len(mail.get_all("Subject")) == 1


def test_an_address_that_no_mail_can_carry_fails(smtp: Sink) -> None:
    course = Course()
    message = a_reminder(course, due=NOON)
    course.patient.email = "x\r\nBcc: eve@example.com"
    course.patient.save()
    assert str(sweep(NOON)) == "1 failed"
    assert (state(message), smtp.messages) == (MessageState.FAILED, [])


def test_the_sender_is_the_clinics_neutral_name(smtp: Sink) -> None:
    a_reminder(Course(), due=NOON)
    sweep(NOON)
    assert smtp.messages[0]["From"] == "Harbourlight Clinic <hello@harbourlight.example>"


def test_a_link_is_made_again_alike_and_never_stored_in_clear() -> None:
    message = a_reminder(Course(), due=NOON)
    first = links.mint(message, "notes", expires_at=NOON)
    again = links.mint(message, "notes", expires_at=NOON + timedelta(days=1))
    other = links.mint(message, "confirm", expires_at=NOON)
    assert first == again
    assert len(first.token) == 43  # 256 bits
    assert other.token != first.token
    stored = {link.token_hash for link in message.links.all()}
    assert not {first.token, other.token} & stored
    assert links.redacted(message, f"go to /n/{first.token}/ or {other.token}") == "go to /n/…/ or …"


def test_a_link_serves_one_purpose_until_it_expires() -> None:
    message = a_reminder(Course(), due=NOON)
    token = links.mint(message, "notes", expires_at=NOON).token
    before = NOON - MINUTE
    assert links.find(token, "notes", now=before)
    assert links.find(token, "confirm", now=before) is None
    assert links.find(token, "notes", now=NOON) is None
    assert links.find(token[:-1], "notes", now=before) is None
    message.links.update(revoked_at=before)
    assert links.find(token, "notes", now=before) is None


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_any_name_can_be_written(name: str) -> None:
    clinic, patient = Clinic(name="C", short_name=name), Patient(first_name=name, last_name="L")
    composed = letter("visit_notes", subject=name, preview=name, clinic=clinic, patient=patient, context={"link": "x"})
    assert f"Hi {name}," in composed.text
    assert "<script" not in composed.html
    assert composed.html.count("</html>") == 1
