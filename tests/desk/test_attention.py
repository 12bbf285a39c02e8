"""The count beside Messages in the navigation: one question, cheap at any size, only where it is shown."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import Clinic, Role
from patients.models import Channel, Message, MessageState
from tests import factory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client, clinic: Clinic) -> Client:
    client.force_login(factory.make_user(Role.FRONT_DESK))
    return client


def put(state: MessageState, *, hours: int = -1, channel: Channel = Channel.EMAIL, settled: int = -1) -> None:
    now = factory.now()
    ended = state not in {MessageState.WAITING, MessageState.CLAIMED}
    Message.objects.create(
        patient=factory.make_patient(),
        kind="reminder_1_day",
        state=state,
        channel=channel,
        due_at=now + timedelta(hours=hours),
        settled_at=now + timedelta(hours=settled) if ended else None,
    )


def counting(queries: CaptureQueriesContext) -> list[str]:
    return [q["sql"] for q in queries.captured_queries if 'FROM "patients_message"' in q["sql"]]


def test_what_needs_a_person_is_counted_beside_messages(desk: Client) -> None:
    assert "need you" not in desk.get(reverse("hours")).content.decode()
    put(MessageState.FAILED)
    put(MessageState.WAITING, channel=Channel.PHONE)
    assert ", 2 need you" in desk.get(reverse("hours")).content.decode()


def test_what_a_person_cannot_help_is_not_counted(desk: Client) -> None:
    put(MessageState.WAITING)  # a mail leaves by itself
    put(MessageState.WAITING, channel=Channel.PHONE, hours=5)  # nobody has to call yet
    put(MessageState.FAILED, settled=-24 * 8)  # of last week
    put(MessageState.SENT)
    put(MessageState.EXPIRED)
    assert ", 1 needs you" in desk.get(reverse("hours")).content.decode()


@pytest.mark.parametrize("rows", [0, 1, 300])
def test_the_count_is_one_question(desk: Client, rows: int) -> None:
    patient, now = factory.make_patient(), factory.now()
    Message.objects.bulk_create(
        Message(patient=patient, kind="reminder_1_day", state="failed", due_at=now, settled_at=now)
        for _row in range(rows)
    )
    with CaptureQueriesContext(connection) as queries:
        desk.get(reverse("hours"))
    assert len(counting(queries)) == 1


def test_who_may_not_see_messages_asks_nothing(client: Client, clinic: Clinic) -> None:
    client.force_login(factory.make_user())
    with CaptureQueriesContext(connection) as queries:
        client.get("/no/such/page/")
    assert not counting(queries)


def test_the_count_reads_two_small_indexes(clinic: Clinic) -> None:
    now = factory.now()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Message.objects.needing_a_person(now, since=now - timedelta(days=7)).order_by().explain()
    assert "message_stopped" in plan
    assert "message_sweep" in plan
