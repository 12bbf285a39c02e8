"""The public page of an earlier time: a link, one button, and kind words when it is too late."""

import uuid
from datetime import date, timedelta
from http import HTTPStatus

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from patients.services.outbox import links
from patients.services.outbox.sweep import sweep
from scheduling.models import Appointment, Offer, OfferState
from scheduling.services.offering import EARLIER_TIME
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take
from tests.scheduling.waiting import WEDNESDAY, List
from tests.smtp import Sink

pytestmark = pytest.mark.django_db
TUESDAY = date(2026, 12, 1)


class Mailed:
    """One offer that was mailed at nine, for a visit that is booked a week later."""

    def __init__(self) -> None:
        self.waiting = List()
        self.entry = self.waiting.waits(self.waiting.course(date(2026, 11, 16), booked=TUESDAY))
        self.offer: Offer = self.waiting.offer(self.entry)
        sweep(MONDAY)
        message = self.offer.message
        assert message is not None
        self.url = reverse("earlier_time", args=[links.token_for(message, EARLIER_TIME)])

    def starts_at(self) -> object:
        return Appointment.objects.get(pk=self.entry.appointment_id).starts_at

    @property
    def state(self) -> str:
        self.offer.refresh_from_db()
        return self.offer.state


@pytest.fixture
def mailed(smtp: Sink) -> Mailed:
    return Mailed()


@pytest.fixture(autouse=True)
def at_nine() -> object:
    cache.clear()
    with time_machine.travel(MONDAY, tick=False):
        yield


def words(client: Client, url: str) -> str:
    return " ".join(client.get(url).content.decode().split())


def test_the_mailed_link_leads_there(smtp: Sink, mailed: Mailed) -> None:
    text = smtp.messages[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert f"http://localhost:8000{mailed.url}" in text
    assert len(mailed.url.split("/")[2]) == 43


def test_looking_shows_the_time_and_changes_nothing(client: Client, mailed: Mailed) -> None:
    for _look in range(3):
        assert client.get(mailed.url).status_code == client.head(mailed.url).status_code == HTTPStatus.OK
    said = words(client, mailed.url)
    for part in (
        "Wednesday 25 November",
        "14:00",
        "until 09:30 NT",
        "on Tuesday 1 December at 10:00 NT stays as it is",
    ):
        assert part in said
    for hidden in ("Rao", "Cellulite", "Pistor", "Moira", "session"):
        assert hidden.lower() not in said.lower()
    assert mailed.state == OfferState.OPEN


def test_the_button_takes_it_and_pressed_again_says_the_same(client: Client, mailed: Mailed) -> None:
    for _press in range(2):
        page = client.post(mailed.url, {"answer": "take"}, follow=True)
        assert page.status_code == HTTPStatus.OK
        assert "It is yours" in page.content.decode()
    assert mailed.starts_at() == factory.at(WEDNESDAY, "14:00")
    assert Appointment.objects.filter(status="booked").count() == 1


def test_no_thank_you_passes_it_on(client: Client, mailed: Mailed) -> None:
    page = client.post(mailed.url, {"answer": "no"}, follow=True)
    assert "Thank you for telling us" in page.content.decode()
    assert mailed.state == OfferState.DECLINED
    page = client.post(mailed.url, {"answer": "take"}, follow=True)
    assert "Thank you for telling us" in page.content.decode()
    assert mailed.starts_at() == factory.at(TUESDAY, "10:00")


def test_too_late_it_says_so_kindly(client: Client, mailed: Mailed) -> None:
    with time_machine.travel(MONDAY + timedelta(minutes=30), tick=False):
        page = client.post(mailed.url, {"answer": "take"}, follow=True)
        assert "This time has been passed on" in page.content.decode()
        assert "It was yours until 09:30 NT" in words(client, mailed.url)
        assert "Your appointment stays as it is" in words(client, mailed.url)
    assert mailed.starts_at() == factory.at(TUESDAY, "10:00")


def test_given_away_meanwhile_it_says_so_kindly(client: Client, mailed: Mailed) -> None:
    take(mailed.waiting.moira, mailed.waiting.rooms[0], WEDNESDAY, "14:15", 30)
    assert "Sorry, this time has just gone" in words(client, mailed.url)
    page = client.post(mailed.url, {"answer": "take"}, follow=True)
    assert "Somebody else was a moment faster" in page.content.decode()
    assert mailed.starts_at() == factory.at(TUESDAY, "10:00")


def test_taken_back_by_the_desk_nobody_takes_it(client: Client, mailed: Mailed) -> None:
    mailed.waiting.stop(mailed.offer.round)
    assert "Sorry, this time has just gone" in client.post(mailed.url, {"answer": "take"}).content.decode()


def test_another_answer_does_nothing(client: Client, mailed: Mailed) -> None:
    assert client.post(mailed.url, {"answer": "maybe"}).status_code == HTTPStatus.OK
    assert client.post(mailed.url).status_code == HTTPStatus.OK
    assert mailed.state == OfferState.OPEN


def test_no_one_may_keep_or_pass_on_the_page(client: Client, mailed: Mailed) -> None:
    gone = client.get(reverse("earlier_time", args=["nothing"]))
    assert gone.status_code == HTTPStatus.NOT_FOUND
    for page, referrer in ((client.get(mailed.url), "strict-origin"), (gone, "no-referrer")):
        assert "no-store" in page.headers["Cache-Control"]
        assert page.headers["Referrer-Policy"] == referrer
        assert "noindex" in page.headers["X-Robots-Tag"]


def test_once_the_time_has_come_the_link_is_dead(client: Client, mailed: Mailed) -> None:
    with time_machine.travel(factory.at(WEDNESDAY, "14:00"), tick=False):
        assert client.get(mailed.url).status_code == HTTPStatus.NOT_FOUND


def test_a_link_for_something_else_does_not_open_it(client: Client, mailed: Mailed) -> None:
    message = mailed.offer.message
    assert message is not None
    other = links.mint(message, "visit_notes", expires_at=MONDAY + timedelta(days=3))
    assert client.get(reverse("earlier_time", args=[other.token])).status_code == HTTPStatus.NOT_FOUND


def test_the_button_is_guarded_against_other_sites(mailed: Mailed) -> None:
    assert Client(enforce_csrf_checks=True).post(mailed.url, {"answer": "take"}).status_code == HTTPStatus.FORBIDDEN


def test_two_offers_have_two_links(mailed: Mailed) -> None:
    assert mailed.url.split("/")[2] != links.token_for(mailed.offer.message, "visit_notes")  # type: ignore[arg-type]
    assert uuid.UUID(str(mailed.offer.message.nonce)).version == 4  # type: ignore[union-attr]
