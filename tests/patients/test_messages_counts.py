"""The message list with 0, 1 and 300 rows, filtered or not: the same few questions to the database."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from patients.models import Message
from tests import factory
from tests.patients.test_messages_screen import Put, desk, listed, put

__all__ = ["desk", "put"]
pytestmark = pytest.mark.django_db
FILTERS = [{}, {"state": "sent"}, {"kind": "reminder_1_day"}, {"q": "idrissi"}]
MOST_QUERIES = 13


@pytest.mark.parametrize("query", FILTERS, ids=str)
@pytest.mark.parametrize("rows", [0, 1, 300])
def test_a_list_of_any_length_asks_the_same(
    client: Client,
    desk: object,
    put: Put,
    query: dict[str, str],
    rows: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    patient = factory.make_patient(first_name="Fatima Zahra", last_name="Idrissi-Noseworthy")
    for minutes in range(rows):
        put("sent" if minutes % 2 else "waiting", minutes=minutes + 1, patient=patient)
    client.get(reverse("message_list"), query)
    with django_assert_max_num_queries(MOST_QUERIES):
        page = listed(client, **query)
    assert ("Fatima Zahra Idrissi-Noseworthy" in page) == (rows > 1 or (rows == 1 and query.get("state") != "sent"))


def test_a_refused_resend_says_why_on_the_page_and_makes_nothing(client: Client, desk: object, put: Put) -> None:
    waiting = put("waiting")
    address = reverse("message_resend", args=[waiting.public_id])
    page = client.post(address, {"operation": str(uuid.uuid4())}, follow=True)
    assert 'role="alert"' in page.content.decode()
    assert "Nothing was" in page.content.decode()
    assert Message.objects.count() == 1
