"""The owner's settings: facts of the clinic, rooms and devices, other visits."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from clinic.models import Clinic, Device, DeviceKind, Operation, Role, Room, RoomKind
from scheduling.models import Appointment, VisitType
from tests import factory
from tests.scheduling.helpers import take
from treatments.models import Protocol

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def owner(clinic: Clinic, client: Client) -> Client:
    client.force_login(factory.make_user(Role.OWNER, name="Ruth Noseworthy"), BACKEND)
    return client


def untouched(client: Client, url: str) -> dict[str, Any]:
    """Return what the form sends when nobody touches it."""
    form = client.get(url).context["form"]
    shown = {name: form[name].value() for name in form.fields}
    return {
        name: "on" if value is True else getattr(value, "as_national", value)
        for name, value in shown.items()
        if value is not None and value is not False
    }


def saved(client: Client, url: str, **asked: Any) -> str:
    """Send the form with some values changed and return the page that follows."""
    data = untouched(client, url) | asked
    return client.post(
        url, {name: value for name, value in data.items() if value is not None}, follow=True
    ).content.decode()


def a_visit_ahead(room: Room, days: int = 7) -> Appointment:
    plan = factory.make_plan()
    day = date.today() + timedelta(days=days)  # noqa: DTZ011 - any day ahead
    return take(factory.make_clinician(), room, day, "14:00", 45, patient=plan.patient, session=plan.sessions.first())


def test_the_form_untouched_changes_nothing(owner: Client) -> None:
    before = Clinic.objects.values().get()
    assert "up to date" in saved(owner, reverse("clinic_settings"))
    assert Clinic.objects.values().get() == before


def test_facts_are_changed_with_an_operation(owner: Client) -> None:
    saved(owner, reverse("clinic_settings"), short_name="Harbourlight", notice_hours="48", send_until="19:00")
    clinic = Clinic.objects.get()
    assert (clinic.short_name, clinic.notice_hours, f"{clinic.send_until:%H:%M}") == ("Harbourlight", 48, "19:00")
    assert Operation.objects.get(kind="write_clinic").actor.startswith("Ruth Noseworthy")


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"short_name": "Mesotherapy St. John's"}, "“Mesotherapy” tells what the clinic does. Choose a neutral name"),
        ({"short_name": "The cellulite clinic"}, "“cellulite” tells what the clinic does"),
        ({"short_name": "Harbour Injections"}, "“Injections” tells what the clinic does"),
        ({"short_name": "Thigh Studio"}, "“Thigh” tells what the clinic does"),
        ({"short_name": ""}, "Enter a name that messages can carry."),
        ({"zone": "America/Gander"}, "There is no zone “America/Gander”. Choose one of the list: America/St_Johns."),
        ({"send_from": "21:00"}, "Messages must end after they begin: later than 21:00."),
        ({"send_from": "8"}, "Write the hour and the minutes: 08:00."),
        ({"quiet_minutes": "30"}, "A change is held at least as long as it rests: enter 30 or more."),
        ({"phone": "55"}, "This is no phone number. With its area code: 709-555-0100"),
        ({"notice_hours": "1000"}, "Enter 0 to 336."),
        ({"age_of_majority": "12"}, "Enter 14 to 25."),
        ({"sender_email": "hello"}, "This is no e-mail address. It looks like hello@example.ca"),
    ],
)
def test_each_limit_answers_in_a_sentence_and_nothing_is_saved(
    owner: Client, asked: dict[str, str], sentence: str
) -> None:
    factory.make_protocol()
    before = Clinic.objects.values().get()
    page = saved(owner, reverse("clinic_settings"), **asked)
    assert sentence in page.replace("&#x27;", "'")
    assert "Nothing was saved" in page
    assert Clinic.objects.values().get() == before


def test_a_neutral_name_is_taken(owner: Client) -> None:
    for name in ("Harbourlight Clinic", "Pride of the East", "Fatima's House", "Hennessey Health"):
        saved(owner, reverse("clinic_settings"), short_name=name)
        assert Clinic.objects.get().short_name == name


def test_the_zone_stays_while_visits_lie_ahead(owner: Client) -> None:
    visit = a_visit_ahead(factory.make_room())
    page = saved(owner, reverse("clinic_settings"), zone="America/Halifax")
    assert "1 visit lies ahead, told in Newfoundland time. Nothing was saved" in page
    assert visit.patient.full_name in page
    assert str(Clinic.objects.get().zone) == "America/St_Johns"
    Appointment.objects.update(status="cancelled")
    saved(owner, reverse("clinic_settings"), zone="America/Halifax")
    assert str(Clinic.objects.get().zone) == "America/Halifax"


def test_two_at_the_settings_do_not_overwrite_each_other(owner: Client) -> None:
    url = reverse("clinic_settings")
    mine = untouched(owner, url) | {"notice_hours": "48"}
    Clinic.objects.update(address="1 New Road")
    page = owner.post(url, mine).content.decode()
    assert "Someone else changed the settings while you wrote. Nothing was saved." in page
    assert "Mailing address: 1 New Road" in page
    assert Clinic.objects.get().notice_hours == 24


def test_a_room_is_added_renamed_and_ordered(owner: Client) -> None:
    kind = factory.make_room("Room 1").kind
    saved(owner, reverse("room_new"), name="Room 2", kind=str(kind.pk), is_active="on")
    second = Room.objects.get(name="Room 2")
    saved(owner, reverse("room_edit", args=[second.pk]), name="Corner room")
    owner.post(reverse("room_shift", args=[second.pk]), {"operation": str(uuid.uuid4()), "step": "-1"})
    assert [room.name for room in Room.objects.all()] == ["Corner room", "Room 1"]
    owner.post(reverse("room_shift", args=[second.pk]), {"operation": str(uuid.uuid4()), "step": "-1"})
    assert [room.name for room in Room.objects.all()] == ["Corner room", "Room 1"]


def test_a_room_of_the_same_name_is_refused(owner: Client) -> None:
    room = factory.make_room("Room 1")
    page = saved(owner, reverse("room_new"), name="room 1", kind=str(room.kind_id), is_active="on")
    assert "“room 1” is there already." in page
    assert Room.objects.count() == 1


def test_a_room_that_visits_hold_is_not_switched_off(owner: Client) -> None:
    room = factory.make_room("Room 1")
    visits = [a_visit_ahead(room, days) for days in (7, 8)]
    url = reverse("room_edit", args=[room.pk])
    page = saved(owner, url, is_active=None)
    assert "2 visits that lie ahead hold Room 1. Nothing was saved. Move or cancel them first." in page
    assert all(visit.patient.full_name in page for visit in visits)
    assert reverse("day", kwargs={"on": visits[0].wall_date}) in page
    other = RoomKind.objects.create(key="consulting", name="Consulting room")
    assert "2 visits that lie ahead hold Room 1" in saved(owner, url, kind=str(other.pk))
    room.refresh_from_db()
    assert (room.is_active, room.kind.key) == (True, "treatment")
    Appointment.objects.update(status="cancelled")
    saved(owner, url, is_active=None)
    room.refresh_from_db()
    assert not room.is_active


def test_what_is_over_does_not_hold_a_room(owner: Client) -> None:
    room = factory.make_room("Room 1")
    a_visit_ahead(room, -7)
    saved(owner, reverse("room_edit", args=[room.pk]), is_active=None)
    assert not Room.objects.get().is_active


def test_a_device_is_kept_like_a_room(owner: Client) -> None:
    kind = DeviceKind.objects.create(key="injector", name="Injector")
    saved(owner, reverse("device_new"), name="Injector 1", kind=str(kind.pk), is_active="on")
    device = Device.objects.get()
    Appointment.objects.filter(pk=a_visit_ahead(factory.make_room()).pk).update(device=device)
    page = saved(owner, reverse("device_edit", args=[device.pk]), is_active=None)
    assert "1 visit that lies ahead holds Injector 1." in page
    assert Device.objects.get().is_active


def test_a_kind_gets_a_key_that_stays(owner: Client) -> None:
    saved(owner, reverse("room_kind_new"), name="Consulting room")
    kind = RoomKind.objects.get(key="consulting-room")
    saved(owner, reverse("room_kind_edit", args=[kind.pk]), name="Quiet room")
    kind.refresh_from_db()
    assert (kind.key, kind.name) == ("consulting-room", "Quiet room")


def test_other_visits_take_what_the_owner_says(owner: Client) -> None:
    kind = factory.make_room().kind
    asked = {
        f"{which}-{name}": value
        for which, minutes in (("consultation", "45"), ("review", "20"))
        for name, value in (("minutes", minutes), ("turnover_minutes", "5"), ("room_kind", str(kind.pk)))
    }
    key = {"operation": str(uuid.uuid4())}
    owner.post(reverse("visit_types"), asked | key)
    owner.post(reverse("visit_types"), asked | key)
    assert list(VisitType.objects.values_list("kind", "minutes")) == [("consultation", 45), ("review", 20)]
    page = owner.post(reverse("visit_types"), asked | key | {"review-minutes": "500"}).content.decode()
    assert "Enter 5 to 240 minutes." in page
    assert "One thing to mend" in page


def test_changing_the_clinic_touches_no_visit(owner: Client) -> None:
    room = factory.make_room("Room 1")
    a_visit_ahead(room)
    before = list(Appointment.objects.values())
    saved(owner, reverse("clinic_settings"), short_name="Harbour", notice_hours="48", grid_minutes="30")
    saved(owner, reverse("room_edit", args=[room.pk]), name="Corner room")
    assert list(Appointment.objects.values()) == before
    assert Protocol.objects.count() == 1


def test_the_desk_and_clinicians_do_not_come_in(clinic: Clinic, client: Client) -> None:
    for role in (Role.FRONT_DESK, Role.CLINICIAN):
        client.force_login(factory.make_user(role), BACKEND)
        for name in ("clinic_settings", "room_list", "visit_types", "catalogue", "aftercare_list"):
            assert client.get(reverse(name)).status_code == 403


def test_queries_do_not_grow_with_the_rooms(owner: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for _number in range(3):
        factory.make_room()
    owner.get(reverse("room_list"))
    with django_assert_num_queries(5):
        owner.get(reverse("room_list"))
    for _number in range(300):
        factory.make_room()
    with django_assert_num_queries(5):
        owner.get(reverse("room_list"))
