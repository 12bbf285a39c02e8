"""The mail as the desk sees it: the words of the mail that leaves, its links dead, nothing changed by looking."""

import html
import re
from datetime import date, timedelta

import pytest
from django.db import connection

from patients.models import Channel, Language, Link, Message, MessageState
from patients.services.outbox.looking import Seen, look
from patients.services.outbox.sweep import sweep
from scheduling.models import AppointmentStatus, SeriesMessage
from tests import factory
from tests.scheduling.mailing import MINUTE, MONDAY, Course, a_reminder
from tests.smtp import Sink

pytestmark = pytest.mark.django_db
TAGS = re.compile(r"<style.*?</style>|<!--.*?-->|<title>.*?</title>|<[^>]+>", re.DOTALL)
HIDDEN = re.compile(r'<div style="display:none.*?</div>', re.DOTALL)


def words(markup: str) -> list[str]:
    return html.unescape(TAGS.sub(" ", HIDDEN.sub(" ", markup))).replace("\xa0", " ").split()


def seen(message: Message, now: object) -> Seen:
    message = Message.objects.select_related("patient").get(pk=message.pk)
    return look(message, factory.make_clinic(), now)  # type: ignore[arg-type]


def waiting(course: Course, kind: str) -> Message:
    [message] = course.messages(kind, "waiting")
    return message


def tables() -> dict[str, str]:
    found = {}
    with connection.cursor() as cursor:
        for table in ("patients_message", "patients_link", "scheduling_seriesmessage", "scheduling_appointmentmessage"):
            cursor.execute(f"SELECT md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) FROM {table} t")  # noqa: S608
            found[table] = cursor.fetchone()[0]
    return found


def assert_the_same(message: Message, now: object, smtp: Sink) -> None:
    """Look, send, and compare: subject, words, text; the look itself changed nothing."""
    before = tables()
    letter = seen(message, now).letter
    assert letter is not None
    assert tables() == before
    sweep(now)  # type: ignore[arg-type]
    mail = smtp.messages[-1]
    assert letter.subject == mail["Subject"]
    sender = words(factory.make_clinic().short_name)  # stands above the mail, as who sends it
    assert sender + words(letter.drawn) == words(mail.get_body(("html",)).get_content())  # type: ignore[union-attr]
    message.refresh_from_db()
    assert letter.text == message.body


def test_each_kind_is_drawn_with_the_words_of_its_mail(smtp: Sink) -> None:
    course = Course()
    visits = course.book(*[date(2026, 12, 1) + timedelta(days=7 * n) for n in range(3)])
    assert_the_same(waiting(course, "series_summary"), MONDAY + 3 * MINUTE, smtp)
    course.move(visits[2], date(2026, 12, 16), "10:00", MONDAY + 60 * MINUTE)
    course.cancel(visits[1], MONDAY + 60 * MINUTE)
    assert_the_same(waiting(course, "series_summary"), MONDAY + 70 * MINUTE, smtp)
    for kind, before in (("reminder_3_days", 3), ("reminder_1_day", 1)):
        message = Message.objects.get(kind=kind, of_appointment__appointment=visits[0])
        assert_the_same(message, factory.at(date(2026, 12, 1) - timedelta(days=before), "14:00"), smtp)
    course.complete(visits[0], visits[0].ends_at)
    assert_the_same(waiting(course, "visit_notes"), visits[0].ends_at + 3 * MINUTE, smtp)


def test_a_french_patient_is_shown_what_a_french_patient_gets(smtp: Sink) -> None:
    course = Course(language=Language.FRENCH)
    course.book(date(2026, 12, 1))
    assert_the_same(waiting(course, "series_summary"), MONDAY + 3 * MINUTE, smtp)


def test_links_are_dead_and_none_is_made() -> None:
    course = Course()
    visit = course.put(1, date(2026, 11, 23), "09:00")
    course.complete(visit, visit.ends_at)
    letter = seen(waiting(course, "visit_notes"), visit.ends_at).letter
    assert letter
    assert "/n/…/" in letter.text
    assert "href" not in letter.drawn
    assert not Link.objects.exists()


def test_what_waits_is_read_from_the_book_as_it_stands_now() -> None:
    course = Course()
    visits = course.book(date(2026, 12, 1), date(2026, 12, 8))
    later = Message.objects.get(kind="reminder_1_day", of_appointment__appointment=visits[1])
    letter = seen(later, MONDAY).letter
    assert letter
    assert "tomorrow, Tuesday, 8 December" in letter.text  # as it will read on the day it leaves
    visits[1].status = AppointmentStatus.CANCELLED
    visits[1].save()
    assert seen(later, MONDAY).why_not == "The visit is not ahead any more."
    assert SeriesMessage.objects.get().is_open


def test_one_that_leaves_at_night_is_shown_as_of_the_morning() -> None:
    course = Course()
    night = factory.at(date(2026, 12, 1), "22:00")
    reminder = a_reminder(course, due=night)
    assert seen(reminder, night).leaves_at == factory.at(date(2026, 12, 2), "08:00")
    too_late = a_reminder(course, due=night, visit=course.put(2, date(2026, 12, 2), "07:30"))
    assert seen(too_late, night).why_not == "It would come too late to be of use."


@pytest.mark.parametrize(
    ("state", "fields", "said"),
    [
        (MessageState.WAITING, {"channel": Channel.PHONE}, "a person tells it by phone"),
        (MessageState.WITHDRAWN, {}, "taken back before it was written"),
        (MessageState.EXPIRED, {}, "Its time had passed"),
        (MessageState.FAILED, {}, "No text was kept"),
        (MessageState.CLAIMED, {"lease_until": MONDAY}, "being written at this moment"),
    ],
)
def test_where_there_is_no_mail_it_says_why(state: MessageState, fields: dict[str, object], said: str) -> None:
    message = a_reminder(Course(), due=MONDAY)
    settled = None if state in {"waiting", "claimed"} else MONDAY
    Message.objects.filter(pk=message.pk).update(state=state, settled_at=settled, **fields)
    assert said in seen(message, MONDAY).why_not


def test_what_was_sent_is_shown_as_it_was_sent(smtp: Sink) -> None:
    course = Course()
    visits = course.book(date(2026, 12, 1))
    sweep(MONDAY + 3 * MINUTE)
    course.move(visits[0], date(2026, 12, 3), "10:00", MONDAY + 60 * MINUTE)
    [sent] = course.messages("series_summary", "sent")
    letter = seen(sent, MONDAY + 61 * MINUTE).letter
    assert letter
    assert "Tuesday, 1 December" in letter.text
    assert letter.drawn == ""
    assert letter.paragraphs[0] == "Hi Marguerite,"
    assert "12 Gannet Lane" in letter.sender_lines
    assert not any("Gannet" in paragraph for paragraph in letter.paragraphs)
