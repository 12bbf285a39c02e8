"""A message once more: a new one, due now, about the same subject; refused when it is not true any more."""

import uuid
from datetime import date, datetime, timedelta
from functools import partial

import pytest

from clinic.lib.operations import OperationReused
from clinic.models import Operation, Role, User
from patients.models import Channel, Link, Message, MessageState, Patient
from patients.services.outbox.again import CannotSendAgain, send_again
from patients.services.outbox.sweep import sweep
from scheduling.models import AppointmentMessage, SeriesMessage
from scheduling.services import notices
from tests import factory
from tests.race import race
from tests.scheduling.mailing import MINUTE, MONDAY, Course
from tests.smtp import Sink

pytestmark = pytest.mark.django_db
DAY_BEFORE = factory.at(date(2026, 11, 30), "14:00")


@pytest.fixture
def dana() -> User:
    return factory.make_user(Role.FRONT_DESK, name="Dana Rideout")


@pytest.fixture
def course(smtp: Sink) -> Course:
    """A course of two whose dates were mailed."""
    course = Course()
    course.book(date(2026, 12, 1), date(2026, 12, 8))
    assert str(sweep(MONDAY + 3 * MINUTE)) == "1 sent"
    return course


def again(message: Message, actor: User, now: datetime, key: uuid.UUID | None = None) -> Operation:
    return send_again(key=key or uuid.uuid4(), message_id=message.public_id, actor=actor, now=now)


def new_of(operation: Operation) -> Message:
    return Message.objects.get(public_id=operation.result["message"])


def reminder(course: Course, state: str, **fields: object) -> Message:
    """Return the reminder of the first visit as it ended."""
    visit = course.plan.sessions.get(number=1).appointments.get()
    message = Message.objects.get(kind="reminder_1_day", of_appointment__appointment=visit)
    Message.objects.filter(pk=message.pk).update(state=state, settled_at=DAY_BEFORE, **fields)
    message.refresh_from_db()
    return message


def test_the_dates_go_again_though_nothing_changed(course: Course, smtp: Sink, dana: User) -> None:
    [first] = course.messages("series_summary")
    operation = again(first, dana, MONDAY + 60 * MINUTE)
    new = new_of(operation)
    assert (new.kind, new.state, new.due_at) == ("series_summary", MessageState.WAITING, MONDAY + 60 * MINUTE)
    assert SeriesMessage.objects.get(message=new).plan == course.plan
    assert str(sweep(MONDAY + 60 * MINUTE)) == "1 sent"
    one, two = (mail.get_body(("plain",)).get_content() for mail in smtp.messages)  # type: ignore[union-attr]
    assert one == two
    first.refresh_from_db()
    assert first.state == MessageState.SENT


def test_a_change_while_it_waits_is_told_in_it(course: Course, smtp: Sink, dana: User) -> None:
    [first] = course.messages("series_summary")
    again(first, dana, MONDAY + 60 * MINUTE)
    visit = course.plan.sessions.get(number=2).appointments.get()
    course.move(visit, date(2026, 12, 9), "10:00", MONDAY + 60 * MINUTE)
    assert str(sweep(MONDAY + 64 * MINUTE)) == "1 sent"
    assert len(smtp.messages) == 2
    assert "9 December" in smtp.messages[-1].get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_undo_of_another_booking_leaves_it_waiting(course: Course, dana: User) -> None:
    [first] = course.messages("series_summary")
    new = new_of(again(first, dana, MONDAY + 60 * MINUTE))
    other = course.operate("book_series", [], MONDAY + 61 * MINUTE)
    assert notices.series_undone(plan=course.plan, operation=other, now=MONDAY + 61 * MINUTE)
    new.refresh_from_db()
    assert new.state == MessageState.WAITING


@pytest.mark.parametrize("state", ["sent", "failed", "expired"])
def test_a_reminder_goes_again_while_its_visit_is_ahead(course: Course, smtp: Sink, dana: User, state: str) -> None:
    old = reminder(course, state, reason="421 try later" if state == "failed" else "")
    new = new_of(again(old, dana, DAY_BEFORE + 60 * MINUTE))
    link = AppointmentMessage.objects.get(message=new)
    assert (link.appointment, link.again) == (old.of_appointment.appointment, 1)
    assert new.not_after == link.appointment.arrives_at
    sweep(DAY_BEFORE + 60 * MINUTE)
    new.refresh_from_db()
    assert new.state == MessageState.SENT
    third = new_of(again(new, dana, DAY_BEFORE + 90 * MINUTE))
    assert AppointmentMessage.objects.get(message=third).again == 2


def test_notes_go_again_with_a_link_of_their_own(course: Course, smtp: Sink, dana: User) -> None:
    visit = course.plan.sessions.get(number=1).appointments.get()
    course.complete(visit, visit.ends_at)
    sweep(visit.ends_at + 3 * MINUTE)
    [old] = course.messages("visit_notes")
    again(old, dana, visit.ends_at + timedelta(days=20))
    sweep(visit.ends_at + timedelta(days=20))
    assert Link.objects.filter(message__patient=course.patient).count() == 2


def test_by_night_it_leaves_in_the_morning(course: Course, dana: User) -> None:
    new = new_of(again(reminder(course, "failed"), dana, factory.at(date(2026, 11, 30), "22:00")))
    assert new.due_at == factory.at(date(2026, 12, 1), "08:00")


def test_pressed_twice_it_goes_once(course: Course, dana: User) -> None:
    key, old = uuid.uuid4(), reminder(course, "expired")
    first = again(old, dana, DAY_BEFORE, key)
    assert again(old, dana, DAY_BEFORE, key) == first
    assert (
        Message.objects.filter(kind=old.kind, of_appointment__appointment=old.of_appointment.appointment).count() == 2
    )
    with pytest.raises(OperationReused):
        again(course.messages("series_summary")[0], dana, DAY_BEFORE, key)


def refused(message: Message, actor: User, now: datetime = DAY_BEFORE) -> str:
    count = Message.objects.count()
    with pytest.raises(CannotSendAgain) as caught:
        again(message, actor, now)
    assert Message.objects.count() == count
    assert not Operation.objects.filter(kind="send_message_again").exists()
    return caught.value.sentence


@pytest.mark.parametrize("state", ["waiting", "withdrawn"])
def test_only_what_ended_otherwise_goes_again(course: Course, dana: User, state: str) -> None:
    old = reminder(course, "withdrawn")
    Message.objects.filter(pk=old.pk).update(state=state)
    assert "Only what was sent, failed or came too late" in refused(old, dana)


def test_it_is_refused_when_the_visit_was_cancelled_or_is_over(course: Course, dana: User) -> None:
    old = reminder(course, "sent")
    visit = old.of_appointment.appointment
    assert "It would come too late to be of use." in refused(old, dana, visit.ends_at)
    course.cancel(visit, DAY_BEFORE)
    assert "not true any more: The visit is not ahead any more. Nothing was added." in refused(old, dana)


def test_it_is_refused_while_the_address_that_failed_stands(course: Course, dana: User) -> None:
    old = reminder(course, "failed", reason="550 5.1.1 no such user", to_address=course.patient.email)
    assert f"{course.patient.email} was refused and is still on file." in refused(old, dana)
    Message.objects.filter(pk=old.pk).update(
        state=MessageState.SENT, channel=Channel.PHONE, reason="Told by phone: Dana. (550 5.1.1 no such user)"
    )
    assert "still on file" in refused(old, dana)
    Patient.objects.filter(pk=course.patient.pk).update(email="right@example.ca")
    assert new_of(again(old, dana, DAY_BEFORE)).state == MessageState.WAITING


def test_it_is_refused_where_only_a_call_can_tell(course: Course, dana: User) -> None:
    old = reminder(course, "expired")
    Patient.objects.filter(pk=course.patient.pk).update(reminders_by_email=False)
    assert "No reminders by e-mail." in refused(old, dana)
    Patient.objects.filter(pk=course.patient.pk).update(email="")
    assert "call instead" in refused(old, dana)


def test_it_is_refused_while_the_same_waits(course: Course, dana: User) -> None:
    old = reminder(course, "expired")
    again(old, dana, DAY_BEFORE)
    with pytest.raises(CannotSendAgain, match="due already"):
        again(old, dana, DAY_BEFORE)
    [dates] = course.messages("series_summary")
    again(dates, dana, DAY_BEFORE)
    with pytest.raises(CannotSendAgain, match="due already"):
        again(dates, dana, DAY_BEFORE)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["reminder_1_day", "series_summary"])
def test_two_people_who_press_at_once_put_in_one(course: Course, kind: str) -> None:
    old = reminder(course, "expired") if kind == "reminder_1_day" else course.messages("series_summary")[0]
    actors = [factory.make_user(Role.FRONT_DESK) for _ in range(4)]
    outcome = race([partial(again, old, actor, DAY_BEFORE) for actor in actors])
    assert len(outcome.results) == 1
    assert [type(error) for error in outcome.errors] == [CannotSendAgain] * 3
    assert Message.objects.filter(kind=kind, state="waiting", due_at=DAY_BEFORE).count() == 1
