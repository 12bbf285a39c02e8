"""What the book tells patients, and when: each act through its hook, each mail through a real SMTP server."""

from datetime import date, timedelta

import pytest
from icalendar import Calendar

from patients.models import Channel, MessageState
from patients.services.outbox import queue
from patients.services.outbox.sweep import sweep
from scheduling.models import SeriesMessage
from scheduling.services import notices
from tests import factory
from tests.scheduling.mailing import MINUTE, MONDAY, Course
from tests.smtp import Sink

pytestmark = pytest.mark.django_db
TUESDAYS = [date(2026, 12, 1) + timedelta(days=7 * n) for n in range(10)]
SENT, WAITING, WITHDRAWN = MessageState.SENT, MessageState.WAITING, MessageState.WITHDRAWN


def part(mail: object, kind: str) -> str:
    body = mail.get_body((kind,))  # type: ignore[attr-defined]
    return body.get_content().replace("\r\n", "\n")


def events(mail: object) -> dict[str, object]:
    files = [item for item in mail.iter_attachments() if item.get_content_type() == "text/calendar"]  # type: ignore[attr-defined]
    assert len(files) == 1
    return {str(event["uid"]): event for event in Calendar.from_ical(files[0].get_content()).walk("VEVENT")}


def test_one_mail_tells_the_whole_course(smtp: Sink) -> None:
    course = Course()
    visits = course.book(*TUESDAYS)
    assert str(sweep(MONDAY + 2 * MINUTE)) == "nothing"
    assert str(sweep(MONDAY + 3 * MINUTE)) == "1 sent"
    [mail] = smtp.messages
    assert mail["Subject"] == "Your appointments"
    text = part(mail, "plain")
    assert "You have 10 appointments with us:" in text
    assert "Tuesday, 1 December 2026, arrive at 13:30 NT" in text
    assert "NT is Newfoundland time." in text
    assert text.count("arrive at") == 10
    assert "Hi Marguerite," in part(mail, "html")
    found = events(mail)
    assert len(found) == 10
    event = found[f"{visits[0].public_id}@localhost"]
    assert event["dtstart"].dt == visits[0].arrives_at  # type: ignore[index]
    assert event["dtstart"].dt.utcoffset() == timedelta(0)  # type: ignore[index]
    assert event["dtend"].dt == visits[0].ends_at  # type: ignore[index]
    assert (str(event["summary"]), event["sequence"]) == ("Harbourlight Clinic: appointment", 1)  # type: ignore[index]


def test_five_moves_within_the_hold_send_one_mail(smtp: Sink) -> None:
    course = Course()
    visits = course.book(*TUESDAYS[:5])
    now = MONDAY
    for n, visit in enumerate(visits):
        now = MONDAY + (n + 1) * 2 * MINUTE
        course.move(visit, TUESDAYS[n] + timedelta(days=1), "10:00", now)
        assert str(sweep(now + MINUTE)) == "nothing"
    sweep(now + 3 * MINUTE)
    [mail] = smtp.messages
    assert mail["Subject"] == "Your appointments"
    assert "Wednesday, 2 December 2026, arrive at 09:30 NT" in part(mail, "plain")


def test_a_change_is_held_for_fifteen_minutes_at_most(smtp: Sink) -> None:
    course = Course()
    visits = course.book(*TUESDAYS[:1])
    for minute in range(2, 15, 2):
        course.move(visits[0], TUESDAYS[0], "10:00" if minute % 4 else "11:00", MONDAY + minute * MINUTE)
    assert str(sweep(MONDAY + 15 * MINUTE)) == "1 sent"


def test_later_mails_tell_what_changed(smtp: Sink) -> None:
    course = Course()
    visits = course.book(*TUESDAYS[:3])
    sweep(MONDAY + 3 * MINUTE)
    later = MONDAY + timedelta(hours=2)
    course.move(visits[0], date(2026, 12, 2), "15:00", later)
    course.cancel(visits[2], later + MINUTE)
    sweep(later + 4 * MINUTE)
    mail = smtp.messages[1]
    assert mail["Subject"] == "Your appointments have changed"
    text = part(mail, "plain")
    assert "Wednesday, 2 December 2026, arrive at 14:30 NT (new time)" in text
    assert "Tuesday, 8 December 2026, arrive at 13:30 NT\n" in text
    assert "No longer booked:\nTuesday, 15 December 2026, 13:30 NT" in text
    found = events(mail)
    assert found[f"{visits[0].public_id}@localhost"]["sequence"] == 2  # type: ignore[index]
    assert found[f"{visits[2].public_id}@localhost"]["status"] == "CANCELLED"  # type: ignore[index]


def test_nothing_goes_when_nothing_differs(smtp: Sink) -> None:
    course = Course()
    [visit] = course.book(TUESDAYS[0])
    sweep(MONDAY + 3 * MINUTE)
    later = MONDAY + timedelta(hours=2)
    course.move(visit, TUESDAYS[0], "16:00", later)
    course.move(visit, TUESDAYS[0], "14:00", later + MINUTE)
    assert str(sweep(later + 4 * MINUTE)) == "1 withdrawn"
    assert len(smtp.messages) == 1
    assert not SeriesMessage.objects.filter(is_open=True).exists()


def test_the_last_mail_says_that_all_is_cancelled(smtp: Sink) -> None:
    course = Course()
    visits = course.book(*TUESDAYS[:2])
    sweep(MONDAY + 3 * MINUTE)
    for visit in visits:
        course.cancel(visit, MONDAY + timedelta(hours=1))
    sweep(MONDAY + timedelta(hours=2))
    mail = smtp.messages[1]
    assert mail["Subject"] == "Your appointments are cancelled"
    assert {str(event["status"]) for event in events(mail).values()} == {"CANCELLED"}  # type: ignore[index]
    assert str(sweep(MONDAY + timedelta(days=20))) == "nothing"


def test_undo_within_the_hold_sends_nothing(smtp: Sink) -> None:
    course = Course()
    visits = course.book(*TUESDAYS)
    assert notices.series_undone(plan=course.plan, operation=course.operation, now=MONDAY + MINUTE) is True
    assert str(sweep(MONDAY + timedelta(days=30))) == "nothing"
    assert smtp.messages == []
    assert len(visits) == 10
    assert {message.state for message in course.patient.messages.all()} == {WITHDRAWN}


def test_undo_after_the_mail_has_left_is_refused(smtp: Sink) -> None:
    course = Course()
    course.book(*TUESDAYS)
    sweep(MONDAY + 3 * MINUTE)
    assert notices.series_undone(plan=course.plan, operation=course.operation, now=MONDAY + 4 * MINUTE) is False
    assert course.messages("reminder_1_day", WAITING)


def test_undo_keeps_another_change_that_waits_in_the_same_mail(smtp: Sink) -> None:
    course = Course()
    course.book(TUESDAYS[0])
    second = course.book(TUESDAYS[1], now=MONDAY + MINUTE, first=2)
    assert notices.series_undone(plan=course.plan, operation=course.operation, now=MONDAY + 2 * MINUTE) is True
    second[0].status = "undone"
    second[0].save()
    sweep(MONDAY + 10 * MINUTE)
    [mail] = smtp.messages
    assert part(mail, "plain").count("arrive at") == 1


def test_reminders_come_three_days_and_one_day_before(smtp: Sink) -> None:
    course = Course()
    course.book(TUESDAYS[0])
    sweep(MONDAY + 3 * MINUTE)
    due = factory.at(date(2026, 11, 28), "14:00")
    assert str(sweep(due - MINUTE)) == "nothing"
    assert str(sweep(due)) == "1 sent"
    assert smtp.messages[1]["Subject"] == "Your appointment on Tuesday, 1 December"
    text = part(smtp.messages[1], "plain")
    assert "Please arrive at 13:30 (Newfoundland time) and allow about 75 minutes." in text
    assert "at least 24 hours ahead" in text
    assert str(sweep(due + timedelta(days=2))) == "1 sent"
    assert smtp.messages[2]["Subject"] == "Reminder: your appointment tomorrow at 13:30"
    assert "See you tomorrow, Tuesday, 1 December." in part(smtp.messages[2], "plain")


def test_a_late_reminder_says_today_and_a_useless_one_expires(smtp: Sink) -> None:
    course = Course()
    first, second = course.book(*TUESDAYS[:2])
    sweep(MONDAY + 3 * MINUTE)
    assert str(sweep(factory.at(TUESDAYS[0], "09:00"))) == "1 sent, 1 expired"  # the 3-day one is no use any more
    assert smtp.messages[1]["Subject"] == "Reminder: your appointment today at 13:30"
    assert str(sweep(second.arrives_at)) == "2 expired"
    assert first.pk


def test_no_reminder_goes_at_night(smtp: Sink) -> None:
    course = Course()
    course.book(TUESDAYS[0])
    sweep(MONDAY + 3 * MINUTE)
    night = factory.at(date(2026, 11, 30), "23:10")
    assert str(sweep(night)) == "1 later, 1 expired"
    assert str(sweep(factory.at(TUESDAYS[0], "08:00"))) == "1 sent"


def test_at_night_a_reminder_that_would_come_too_late_in_the_morning_expires_at_once(smtp: Sink) -> None:
    course = Course()
    course.book(TUESDAYS[0], wall="08:15")
    sweep(MONDAY + 3 * MINUTE)
    assert str(sweep(factory.at(date(2026, 11, 30), "22:00"))) == "2 expired"


def test_moving_moves_the_reminders_and_cancelling_withdraws_them(smtp: Sink) -> None:
    course = Course()
    [visit] = course.book(TUESDAYS[0])
    course.move(visit, date(2026, 12, 3), "10:00", MONDAY + MINUTE)
    waiting = course.messages("reminder_1_day", WAITING)
    assert [message.due_at for message in waiting] == [factory.at(date(2026, 12, 2), "10:00")]
    assert [m.reason for m in course.messages("reminder_1_day", WITHDRAWN)] == ["The visit was moved."]
    course.cancel(visit, MONDAY + 2 * MINUTE)
    assert course.messages("reminder_1_day", WAITING) == course.messages("reminder_3_days", WAITING) == []
    assert str(sweep(MONDAY + timedelta(days=30))) == "1 withdrawn"  # the summary: booked and cancelled in the hold
    assert smtp.messages == []


def test_reminders_made_twice_are_made_once() -> None:
    course = Course()
    [visit] = course.book(TUESDAYS[0])
    notices.remind(appointment=visit, now=MONDAY)
    assert len(course.messages("reminder_1_day")) == len(course.messages("reminder_3_days")) == 1


@pytest.mark.parametrize(
    ("day", "wall", "kinds"),
    [
        (date(2026, 11, 27), "14:00", {"reminder_3_days", "reminder_1_day"}),  # Friday: four days ahead
        (date(2026, 11, 26), "14:00", {"reminder_1_day"}),
        (date(2026, 11, 24), "14:00", {"reminder_1_day"}),  # tomorrow at two: today at two is still ahead
        (date(2026, 11, 24), "08:30", set()),  # tomorrow at half past eight: that moment passed half an hour ago
        (date(2026, 11, 23), "16:00", set()),
    ],
)
def test_who_books_late_gets_fewer_reminders(day: date, wall: str, kinds: set[str]) -> None:
    course = Course()
    course.book(day, wall=wall)
    found = {message.kind for message in course.patient.messages.all()}
    assert found - {"series_summary"} == kinds


def test_without_an_address_a_person_calls() -> None:
    course = Course(email="")
    course.book(TUESDAYS[0])
    assert {message.channel for message in course.patient.messages.all()} == {Channel.PHONE}
    assert str(sweep(factory.at(date(2026, 11, 28), "15:00"))) == "nothing"
    assert str(sweep(factory.at(TUESDAYS[0], "15:00"))) == "2 expired"


def test_who_wants_no_reminders_by_mail_still_gets_the_dates() -> None:
    course = Course(reminders_by_email=False)
    course.book(TUESDAYS[0])
    channels = {message.kind: message.channel for message in course.patient.messages.all()}
    assert channels == {"series_summary": "email", "reminder_3_days": "phone", "reminder_1_day": "phone"}


def test_who_says_so_later_is_called_instead(smtp: Sink) -> None:
    course = Course()
    course.book(TUESDAYS[0])
    sweep(MONDAY + 3 * MINUTE)
    course.patient.reminders_by_email = False
    course.patient.save()
    assert str(sweep(factory.at(date(2026, 11, 28), "14:00"))) == "1 to call"
    [message] = course.messages("reminder_3_days")
    assert (message.channel, message.state, message.reason) == ("phone", "waiting", "No reminders by e-mail.")


def test_the_notes_of_a_visit_rest_and_then_leave(smtp: Sink) -> None:
    course = Course()
    [visit] = course.book(TUESDAYS[0])
    sweep(MONDAY + 3 * MINUTE)
    done = visit.ends_at + 5 * MINUTE
    course.complete(visit, done)
    assert not course.messages("reminder_1_day", WAITING)
    assert str(sweep(done + 2 * MINUTE)) == "nothing"
    assert str(sweep(done + 3 * MINUTE)) == "1 sent"
    assert smtp.messages[1]["Subject"] == "Your visit notes are ready"
    [message] = course.messages("visit_notes")
    assert "/n/…/" in message.body
    assert timedelta(0) <= message.links.get().expires_at - (done + 3 * MINUTE + timedelta(days=14)) < MINUTE


def test_a_completion_taken_back_in_time_sends_no_notes(smtp: Sink) -> None:
    course = Course()
    [visit] = course.book(TUESDAYS[0])
    sweep(MONDAY + 3 * MINUTE)
    course.complete(visit, visit.ends_at)
    visit.status = "booked"
    visit.save()
    assert "1 withdrawn" in str(sweep(visit.ends_at + 3 * MINUTE))
    assert len(smtp.messages) == 1


def test_a_change_while_the_mail_is_being_written_is_a_mail_of_its_own(smtp: Sink) -> None:
    course = Course()
    [visit] = course.book(TUESDAYS[0])
    [message] = course.messages("series_summary")
    smtp.answers.append("451 busy")
    assert str(sweep(MONDAY + 3 * MINUTE)) == "1 later"  # written, closed, not taken
    course.move(visit, TUESDAYS[0], "16:00", MONDAY + 3 * MINUTE)
    assert len(course.messages("series_summary", WAITING)) == 2
    sweep(MONDAY + 30 * MINUTE)
    [mail] = smtp.messages
    assert "arrive at 15:30 NT" in part(mail, "plain")
    assert sorted(m.state for m in course.messages("series_summary")) == [SENT, WITHDRAWN]
    assert message.pk


def test_undo_counts_a_mail_that_may_have_left_as_left(smtp: Sink) -> None:
    course = Course()
    course.book(TUESDAYS[0])
    smtp.answers.append("451 busy")
    sweep(MONDAY + 3 * MINUTE)
    assert notices.series_undone(plan=course.plan, operation=course.operation, now=MONDAY + 4 * MINUTE) is False


def test_what_was_told_by_phone_is_still_told_by_mail(smtp: Sink) -> None:
    course = Course(email="")
    course.book(TUESDAYS[0])
    [call] = course.messages("series_summary")
    actor = factory.make_user("front_desk", name="Dana Rideout")  # type: ignore[arg-type]
    queue.tell_by_phone(message=call, actor=actor, now=MONDAY + 5 * MINUTE)
    course.patient.email = "marguerite@example.ca"
    course.patient.save()
    course.plan.refresh_from_db()
    course.book(TUESDAYS[1], now=MONDAY + 10 * MINUTE, first=2)
    assert str(sweep(MONDAY + 13 * MINUTE)) == "1 sent"
    assert smtp.messages[0]["Subject"] == "Your appointments"
    assert part(smtp.messages[0], "plain").count("arrive at") == 2
