"""The message list and one message: what needs a person comes first, and looking costs the same for 5 as for 50."""

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import AccessLog, Role, User
from patients.models import Channel, Message, MessageState, Patient
from tests import factory

pytestmark = pytest.mark.django_db
Put = Callable[..., Message]


@pytest.fixture
def desk(client: Client) -> User:
    factory.make_clinic()
    user = factory.make_user(Role.FRONT_DESK, name="Dana Rideout")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return user


@pytest.fixture
def put() -> Put:
    def put(state: str = "waiting", *, minutes: int = 60, patient: Patient | None = None, **fields: object) -> Message:
        now = factory.now()
        values: dict[str, object] = {"kind": "reminder_1_day", "due_at": now + timedelta(minutes=minutes)}
        if state not in {"waiting", "claimed"}:
            values["settled_at"] = now
        if state == "claimed":
            values["lease_until"] = now
        return Message.objects.create(patient=patient or factory.make_patient(), state=state, **(values | fields))

    return put


def listed(client: Client, **query: str) -> str:
    page = client.get(reverse("message_list"), query)
    assert page.status_code == HTTPStatus.OK
    return " ".join(page.content.decode().split())


def test_an_empty_list_says_how_things_come_here(client: Client, desk: User) -> None:
    assert "No messages yet" in listed(client)
    assert "None in this state" in listed(client, state="failed")


def test_what_needs_a_person_comes_first(client: Client, desk: User, put: Put) -> None:
    put("sent", reason="")
    put()
    put("failed", reason="550 no such user", patient=factory.make_patient(phone="+17095550149"))
    put("expired")
    put(channel=Channel.PHONE, minutes=-5)
    put(channel=Channel.PHONE, minutes=500)
    page = listed(client)
    heads = [page.index(f"<span>{title}</span>") for title in ("Needs you", "Due", "Sent")]
    assert heads == sorted(heads)
    assert page.count(">Told by phone<") == 3
    for words in (
        "Failed: the address does not exist",
        "Not in time: it could not leave",
        "Call instead: no e-mail",
        "709-555-0149",
        "<span>Sent</span></span>",
    ):
        assert words in page


def test_an_address_that_was_refused_is_one_press_from_its_correction(client: Client, desk: User, put: Put) -> None:
    patient = factory.make_patient(email="gone@example.ca")
    refused = put("failed", reason="550 5.1.1 no such user", to_address="gone@example.ca", patient=patient)
    edit = reverse("patient_edit", args=[patient.public_id])
    assert edit in client.get(reverse("message_detail", args=[refused.public_id])).content.decode()
    Patient.objects.filter(pk=patient.pk).update(email="here@example.ca")
    assert edit not in client.get(reverse("message_detail", args=[refused.public_id])).content.decode()


@pytest.mark.parametrize("state", list(MessageState.values))
def test_each_state_has_words(client: Client, desk: User, put: Put, state: str) -> None:
    message = put(state, reason="Because.")
    assert listed(client)
    page = client.get(reverse("message_detail", args=[message.public_id]))
    assert page.status_code == HTTPStatus.OK


@pytest.mark.parametrize("tab", ["needs", "due", "sent", "failed", "expired", "withdrawn", "nonsense"])
def test_each_tab_opens(client: Client, desk: User, put: Put, tab: str) -> None:
    for state in MessageState.values:
        put(state)
    assert "mc-table" in listed(client, state=tab)


def test_a_tab_shows_fifty_a_page(client: Client, desk: User, put: Put) -> None:
    patient = factory.make_patient()
    for _message in range(53):
        put("sent", patient=patient)
    assert listed(client, state="sent").count("row-name") == 50
    assert listed(client, state="sent", page="2").count("row-name") == 3
    assert "1 to 50 of 53" in listed(client, state="sent")


@pytest.mark.parametrize("query", [{}, {"state": "due"}])
def test_the_number_of_queries_does_not_grow(client: Client, desk: User, put: Put, query: dict[str, str]) -> None:
    counts = []
    for _round in range(2):
        for n in range(6):
            put(kind=["reminder_1_day", "reminder_3_days", "visit_notes", "series_summary"][n % 4])
            put("sent")
            put("failed")
        client.get(reverse("message_list"), query)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            client.get(reverse("message_list"), query)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 10


def test_one_message_is_a_reading_of_the_patient(client: Client, desk: User, put: Put) -> None:
    message = put("sent", subject="Your appointments", body="Hi Devika,\nlink …", to_address="devika@example.ca")
    page = client.get(reverse("message_detail", args=[message.public_id])).content.decode()
    for words in ("Your appointments", "Hi Devika,", "devika@example.ca", "As Devika got it"):
        assert words in page
    assert AccessLog.objects.get().subject == f"patient:{message.patient.public_id}"
    assert AccessLog.objects.get().page == "message"


def test_a_body_is_shown_as_text(client: Client, desk: User, put: Put) -> None:
    message = put("sent", body="<script>alert(1)</script>")
    page = client.get(reverse("message_detail", args=[message.public_id])).content.decode()
    assert "<script>alert" not in page


def test_a_call_is_noted_once(client: Client, desk: User, put: Put) -> None:
    message = put(channel=Channel.PHONE, minutes=-5)
    url = reverse("message_told", args=[message.public_id])
    assert client.get(url).status_code == HTTPStatus.METHOD_NOT_ALLOWED
    for _press in range(2):
        assert client.post(url).status_code == HTTPStatus.FOUND
        message.refresh_from_db()
        assert (message.state, message.reason) == (MessageState.SENT, "Told by phone: Dana Rideout.")
    failed = put("failed", reason="550 no such user")
    client.post(reverse("message_told", args=[failed.public_id]))
    failed.refresh_from_db()
    assert failed.reason == "Told by phone: Dana Rideout. (550 no such user)"


@pytest.mark.parametrize("state", ["sent", "withdrawn", "claimed", "waiting"])
def test_what_needs_no_call_is_left_alone(client: Client, desk: User, put: Put, state: str) -> None:
    message = put(state)
    client.post(reverse("message_told", args=[message.public_id]))
    message.refresh_from_db()
    assert (message.state, message.channel) == (state, Channel.EMAIL)


def test_who_may_look(client: Client, put: Put) -> None:
    message = put("sent")
    urls = [reverse("message_list"), reverse("message_detail", args=[message.public_id])]
    for role, status in ((Role.OWNER, 200), (Role.FRONT_DESK, 200), (Role.CLINICIAN, 403)):
        client.force_login(factory.make_user(role), backend="allauth.account.auth_backends.AuthenticationBackend")
        assert [client.get(url).status_code for url in urls] == [status, status]
    client.force_login(factory.make_user(Role.OWNER), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.post(reverse("message_told", args=[message.public_id])).status_code == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("typed", ["today", "{day:%a} {day.day} {day:%b}", "{day:%Y-%m-%d}"])
def test_the_one_day_is_typed_in_words(client: Client, desk: User, put: Put, typed: str) -> None:
    today = factory.local_day(factory.now())
    noon = factory.at(today, "12:00")
    put(due_at=noon, patient=factory.make_patient(last_name="Rao"))
    put(due_at=noon + timedelta(days=1), patient=factory.make_patient(last_name="Noël"))
    page = listed(client, on=typed.format(day=today))
    assert "Devika Rao" in page
    assert "Devika Noël" not in page
    assert f'value="{today:%a} {today.day} {today:%b}' in page


def test_what_is_no_day_is_said_beside_its_words(client: Client, desk: User, put: Put) -> None:
    put(patient=factory.make_patient(last_name="Rao"))
    page = listed(client, on="32 Foo")
    assert "“32 Foo” is not a day. Enter a day such as 24 Nov. Until then every day is shown." in page
    assert 'value="32 Foo"' in page
    assert "Devika Rao" in page
