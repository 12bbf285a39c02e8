"""A time that is offered by mail, where a desk might book over it: board, list of the day, booking panel."""

import json
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import Role
from scheduling.models import Offer, OfferState
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.waiting import MINUTE, WEDNESDAY, List

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("time_on_monday")]


@pytest.fixture
def waiting() -> List:
    return List()


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(factory.make_user(Role.FRONT_DESK, last_active_at=MONDAY))
    return client


@pytest.fixture
def offer(waiting: List) -> Offer:
    """The time of Wednesday, 14:00 to 14:45, offered to Nora Quinlan until 9:30 of Monday."""
    found = waiting.offer(waiting.waits_to_talk(factory.make_patient(first_name="Nora", last_name="Quinlan")))
    assert (found.offered_at, found.expires_at) == (MONDAY, MONDAY + 30 * MINUTE)
    return found


def feed_of(client: Client, name: str = "board_day_feed", **query: object) -> Any:
    return json.loads(client.get(reverse(name, args=[WEDNESDAY]), query).content)


def offered_ground(feed: Any) -> list[tuple[str, Any]]:
    return [(one["key"], block) for one in feed["columns"] for block in one["ground"] if block[0] == "offer"]


def words(client: Client, address: str) -> str:
    return " ".join(client.get(address).content.decode().split())


def test_the_board_shows_the_time_under_its_clinician_and_beside_the_day(
    desk: Client, waiting: List, offer: Offer
) -> None:
    block = ["offer", "14:00", "14:45", "Offered to Nora Quinlan until 09:30"]
    feed = feed_of(desk)
    assert offered_ground(feed) == [(f"c{waiting.moira.pk}", block)]
    (line,) = feed["offers"]
    assert (line["time"], line["name"]) == ("14:00", "Nora Quinlan")
    assert line["about"] == "until 09:30, with Moira"
    week = feed_of(desk, "board_week_feed", clinician=waiting.moira.pk)
    assert offered_ground(week) == [(f"d{WEDNESDAY.isoformat()}", block)]
    rooms = feed_of(desk, by="rooms")
    assert (offered_ground(rooms), rooms["offers"]) == ([], [line])


def test_the_page_it_leads_to_says_yes_for_them_and_stops(desk: Client, offer: Offer) -> None:
    (line,) = feed_of(desk)["offers"]
    page = words(desk, line["href"])
    assert reverse("waiting_accept", args=[offer.public_id]) in page
    assert reverse("waiting_stop", args=[offer.public_id]) in page


def test_with_names_hidden_only_initials_leave_the_server(desk: Client, offer: Offer) -> None:
    text = desk.get(reverse("board_day_feed", args=[WEDNESDAY]), {"names": "off"}).content.decode()
    assert "Offered to NQ until" in text
    assert "Quinlan" not in text
    desk.post(reverse("set_screen"), {"names": "hidden"})
    page = words(desk, reverse("day", args=[WEDNESDAY]))
    assert "is offered to NQ until" in page
    assert "Quinlan" not in page


@pytest.mark.parametrize("ended", ["declined", "lapsed", "taken back", "another clinician's week"])
def test_what_is_not_offered_is_not_shown(desk: Client, waiting: List, offer: Offer, ended: str) -> None:
    asked: dict[str, object] = {}
    name, now = "board_day_feed", MONDAY
    if ended == "declined":
        Offer.objects.update(state=OfferState.DECLINED, ended_at=MONDAY)
    elif ended == "taken back":
        waiting.stop(offer.round)
    elif ended == "lapsed":
        now = MONDAY + 30 * MINUTE
    else:
        name, asked = "board_week_feed", {"clinician": factory.make_clinician("Anika Sandhu").pk}
    with time_machine.travel(now, tick=False):
        feed = feed_of(desk, name, **asked)
        assert (offered_ground(feed), feed["offers"]) == ([], [])
        assert ("is offered to" in words(desk, reverse("day", args=[WEDNESDAY]))) == (asked != {})


def test_the_feed_changes_when_an_offer_begins_and_asks_nothing_more_of_the_database(
    desk: Client, waiting: List
) -> None:
    address = reverse("board_day_feed", args=[WEDNESDAY])
    with CaptureQueriesContext(connection) as before:
        mark = desk.get(address)["ETag"]
    assert desk.get(address, headers={"if-none-match": mark}).status_code == 304
    waiting.offer(waiting.waits_to_talk())
    with CaptureQueriesContext(connection) as after:
        assert desk.get(address, headers={"if-none-match": mark}).status_code == 200
    assert len(after) == len(before)


def test_the_list_of_the_day_says_it_on_its_own_day_alone(desk: Client, offer: Offer) -> None:
    page = words(desk, reverse("day", args=[WEDNESDAY]))
    assert "Wed 25 Nov, 14:00 with Moira is offered to Nora Quinlan until" in page
    assert "Book it for them, or stop" in page
    assert "is offered to" not in words(desk, reverse("day"))


def test_the_booking_panel_says_it_of_the_time_that_was_pressed(desk: Client, waiting: List, offer: Offer) -> None:
    asked = {"patient": str(factory.make_patient().public_id), "day": WEDNESDAY.isoformat()}
    asked |= {"clinician": str(waiting.moira.pk), "what": "consultation"}
    said = [
        "is offered to Nora Quinlan" in desk.get(reverse("board_book"), asked | {"time": time}).content.decode()
        for time in ("13:45", "14:30", "14:45", "10:00")
    ]
    assert said == [True, True, False, False]
