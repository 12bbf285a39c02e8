"""The public page of a visit's notes: a link, a birth date, and nothing that tells what was done."""

import threading
from datetime import datetime, timedelta
from http import HTTPStatus

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from patients.models import Link
from patients.services.outbox import links
from patients.services.outbox.sweep import sweep
from scheduling.messages import NOTES
from scheduling.models import Appointment
from scheduling.services import notices
from tests import factory
from tests.scheduling.mailing import MINUTE, Course
from tests.smtp import Sink
from treatments.aftercare import first_version, note_of
from treatments.models import AftercareText

pytestmark = pytest.mark.django_db
RIGHT = {"day": "2", "month": "9", "year": "1986"}
WRONG = {"day": "3", "month": "9", "year": "1986"}
DAY = datetime.fromisoformat("2026-11-24T14:30:00-03:30")


class Notes:
    """One completed visit that ended at 14:30, and the link that was mailed."""

    def __init__(self, **patient: object) -> None:
        self.course = Course(**patient)
        self.visit: Appointment = self.course.put(1, DAY.date(), "13:45")
        self.course.complete(self.visit, DAY)
        sweep(DAY + 3 * MINUTE)
        [message] = self.course.messages("visit_notes")
        self.link: Link = message.links.get()
        self.url = reverse("visit_notes", args=[links.token_for(message, NOTES)])


@pytest.fixture
def notes(smtp: Sink) -> Notes:
    return Notes()


@pytest.fixture(autouse=True)
def at_four() -> object:
    cache.clear()
    with time_machine.travel(DAY + timedelta(minutes=90), tick=False):
        yield


def test_the_mailed_link_leads_there(smtp: Sink, notes: Notes) -> None:
    text = smtp.messages[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert f"http://localhost:8000{notes.url}" in text
    assert len(notes.url.split("/")[2]) == 43


def test_the_form_asks_and_changes_nothing(client: Client, notes: Notes) -> None:
    for _visit in range(7):
        for method in (client.get, client.head):
            assert method(notes.url).status_code == HTTPStatus.OK
    page = client.get(notes.url)
    assert "Your birth date" in page.content.decode()
    assert "Marguerite" not in page.content.decode()
    notes.link.refresh_from_db()
    assert notes.link.tries_left == 5


def test_the_right_birth_date_shows_the_note(client: Client, notes: Notes) -> None:
    page = client.post(notes.url, RIGHT)
    words = " ".join(page.content.decode().split())
    assert page.status_code == HTTPStatus.OK
    assert "After your visit, Marguerite" in words
    for line in ("until 22:30 tonight", "until Thursday 14:30", "until Friday 14:30", "from tomorrow 14:30"):
        assert line in words
    assert "works until Tuesday 8 December" in words
    assert "Until 24 February, tell us" in words
    assert "Call 709-555-0100" in words
    for forbidden in ("Quenneville", "Cellulite", "Thigh", "Pistor", "Moira"):
        assert forbidden.lower() not in words.lower()


def test_no_one_may_keep_or_pass_on_the_page(client: Client, notes: Notes) -> None:
    form, note = client.get(notes.url), client.post(notes.url, RIGHT)
    gone = client.get(reverse("visit_notes", args=["nothing"]))
    for page, referrer in ((form, "strict-origin"), (note, "no-referrer"), (gone, "no-referrer")):
        assert "no-store" in page.headers["Cache-Control"]
        assert page.headers["Referrer-Policy"] == referrer
        assert "noindex" in page.headers["X-Robots-Tag"]


def test_a_wrong_date_costs_a_try_and_five_kill_the_link(client: Client, notes: Notes) -> None:
    for left in (4, 3, 2):
        page = client.post(notes.url, WRONG)
        assert page.status_code == HTTPStatus.OK
        assert f"You have {left} more tries." in page.content.decode()
    assert client.post(notes.url, RIGHT).status_code == HTTPStatus.OK
    assert "You have 1 more try." in client.post(notes.url, WRONG).content.decode()
    dead = client.post(notes.url, WRONG)
    unknown = client.get(reverse("visit_notes", args=["A" * 43]))
    for page in (dead, client.get(notes.url), client.post(notes.url, RIGHT), unknown):
        assert page.status_code == HTTPStatus.NOT_FOUND
        assert "Call us and we will help." in page.content.decode()
    assert client.get(notes.url).content == unknown.content


@pytest.mark.parametrize("answer", [{}, {"day": "x", "month": "1", "year": "2000"}, {"day": "0"}])
def test_what_is_no_date_at_all_costs_no_try(client: Client, notes: Notes, answer: dict[str, str]) -> None:
    assert client.post(notes.url, answer).status_code == HTTPStatus.OK
    notes.link.refresh_from_db()
    assert notes.link.tries_left == 5


def test_a_day_that_does_not_exist_is_a_wrong_answer(client: Client, notes: Notes) -> None:
    page = client.post(notes.url, {"day": "31", "month": "2", "year": "1986"})
    assert page.status_code == HTTPStatus.OK
    notes.link.refresh_from_db()
    assert notes.link.tries_left == 4


def test_it_ends_after_fourteen_days(client: Client, notes: Notes) -> None:
    with time_machine.travel(notes.link.expires_at - timedelta(seconds=1), tick=False):
        assert client.get(notes.url).status_code == HTTPStatus.OK
    with time_machine.travel(notes.link.expires_at, tick=False):
        assert client.get(notes.url).status_code == HTTPStatus.NOT_FOUND


def test_it_ends_when_the_completion_is_taken_back(client: Client, notes: Notes) -> None:
    notices.withdraw_for(appointment=notes.visit, reason="Undone.", now=DAY + timedelta(hours=1))
    assert client.post(notes.url, RIGHT).status_code == HTTPStatus.NOT_FOUND


def test_a_link_for_something_else_does_not_open_it(client: Client, notes: Notes) -> None:
    other = links.mint(notes.link.message, "confirm", expires_at=DAY + timedelta(days=3))
    assert client.get(reverse("visit_notes", args=[other.token])).status_code == HTTPStatus.NOT_FOUND


def test_the_form_is_guarded_against_other_sites(notes: Notes) -> None:
    assert Client(enforce_csrf_checks=True).post(notes.url, RIGHT).status_code == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options"])
def test_nothing_else_is_answered(client: Client, notes: Notes, method: str) -> None:
    assert getattr(client, method)(notes.url).status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_without_massage_in_the_protocol_none_is_spoken_of(client: Client, notes: Notes) -> None:
    protocol = notes.course.plan.protocol
    protocol.massage_from_hours = None
    protocol.save()
    assert "massage" not in client.post(notes.url, RIGHT).content.decode().lower()


def test_whole_days_go_by_the_wall_clock_and_hours_by_what_passes() -> None:
    AftercareText.objects.create(**first_version())
    protocol = factory.make_protocol(massage_from_hours=24)
    ended = factory.at(datetime(2027, 3, 13).date(), "21:30")  # noqa: DTZ001 - a day; spring forward that night
    note = note_of(protocol, language="en-ca", ended_at=ended, now=ended, zone=factory.ST_JOHNS)
    assert note is not None
    assert [step.words for step in note.steps] == [
        "until tomorrow 06:30",
        "until Monday 21:30",
        "until Tuesday 21:30",
        "from tomorrow 21:30",
    ]
    assert [step.is_now for step in note.steps] == [True, False, False, False]


@pytest.mark.django_db(transaction=True)
def test_tries_made_at_once_are_counted_one_by_one(smtp: Sink) -> None:
    notes = Notes()
    start, found = threading.Barrier(12), []

    def guess() -> None:
        start.wait()
        found.append(Client().post(notes.url, WRONG).status_code)
        connection.close()

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [200] * 4 + [404] * 8
    notes.link.refresh_from_db()
    assert notes.link.tries_left == 0
