"""`/livez` and `/healthz`: what a monitor is told, and that nobody is named."""

from collections.abc import Iterator
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from clinic.models import Heartbeat
from clinic.tasks import WORKER, beat_heart
from patients.models import Channel, Message, MessageState
from tests import factory

pytestmark = pytest.mark.django_db
WELL = {"ok": True, "wrong": {}}


@pytest.fixture
def worker() -> None:
    beat_heart()


@pytest.fixture
def broken_database() -> Iterator[None]:
    with patch("clinic.desk.health.connection.cursor", side_effect=OperationalError("host=db.clinic.example")):
        yield


def test_livez_needs_the_database_alone(client: Client) -> None:
    answer = client.get("/livez")
    assert (answer.status_code, answer.json()) == (200, WELL)
    assert not answer.cookies


@pytest.mark.parametrize("address", ["/livez", "/healthz"])
def test_a_database_that_is_away_is_an_answer_and_not_an_error(
    client: Client, broken_database: None, address: str
) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.json()) == (503, {"ok": False, "wrong": {"database": "does not answer"}})


def test_healthz_is_well_while_the_worker_beats(client: Client, worker: None) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, WELL)
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_worker_never_seen(client: Client) -> None:
    assert client.get("/healthz").json()["wrong"] == {"worker": "has never been seen"}


@pytest.mark.parametrize(("minutes", "status"), [(2, 200), (4, 503)])
def test_a_worker_is_missed_after_three_minutes(client: Client, minutes: int, status: int) -> None:
    Heartbeat.objects.create(name=WORKER, at=timezone.now() - timedelta(minutes=minutes))
    answer = client.get("/healthz")
    assert answer.status_code == status
    if status == 503:
        assert answer.json()["wrong"] == {"worker": "was last seen 4 minutes ago"}


@pytest.mark.parametrize(
    ("minutes_late", "state", "channel", "late"),
    [
        (16, MessageState.WAITING, Channel.EMAIL, True),
        (14, MessageState.WAITING, Channel.EMAIL, False),
        (16, MessageState.SENT, Channel.EMAIL, False),
        (16, MessageState.WAITING, Channel.PHONE, False),
    ],
)
def test_messages_that_should_have_left_are_counted(
    client: Client, worker: None, minutes_late: int, state: str, channel: str, late: bool
) -> None:
    now = timezone.now()
    Message.objects.create(
        patient=factory.make_patient(first_name="Devika"),
        kind="reminder",
        state=state,
        channel=channel,
        due_at=now - timedelta(minutes=minutes_late),
        settled_at=now if state == MessageState.SENT else None,
    )
    answer = client.get("/healthz")
    assert answer.json()["wrong"] == ({"messages": "1 should have left by now"} if late else {})
    assert b"Devika" not in answer.content


@pytest.mark.parametrize("address", ["/livez", "/healthz"])
def test_only_reading_is_answered(client: Client, address: str) -> None:
    assert client.post(address).status_code == 405
    assert client.head(address).status_code in {200, 503}
