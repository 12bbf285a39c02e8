"""The waiting list's page: freed times and whom they suit, offers by mail and by phone, and who waits."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.lib.locks import Busy
from clinic.models import Role
from scheduling.forms.waiting import token_of
from scheduling.models import Appointment, Offer, OfferRules, OfferState, WaitingEntry
from scheduling.planning.freed import freed_times
from scheduling.planning.types import Slot
from scheduling.services.appointments import cancel_appointment, move_appointment
from scheduling.services.hours import add_absence, change_day, remove_absence
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take
from tests.scheduling.waiting import MINUTE, WEDNESDAY, List

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("time_on_monday")]
DAY = timedelta(days=1)
QUERIES = 23


@pytest.fixture
def waiting() -> List:
    return List(rooms=2)


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(factory.make_user(Role.FRONT_DESK))
    return client


def words(client: Client, **query: str) -> str:
    return " ".join(client.get(reverse("waiting_list"), query).content.decode().split())


def post(client: Client, name: str, *args: object, **data: object) -> str:
    sent = {"operation": str(uuid.uuid4())} | data
    page = client.post(reverse(name, args=args), sent, follow=True)
    return " ".join(page.content.decode().split())


def cancelled(waiting: List, reason: str = "Ill") -> Appointment:
    """Cancel a visit of Wednesday 14:00 an hour ago."""
    visit = take(waiting.moira, waiting.rooms[0], WEDNESDAY, "14:00", 45)
    asked = {"appointment_id": visit.pk, "reason": reason, "actor": None}
    cancel_appointment(key=uuid.uuid4(), now=MONDAY - 60 * MINUTE, **asked)
    return visit


def test_what_was_cancelled_is_a_free_time_with_whom_it_suits(desk: Client, waiting: List) -> None:
    visit = cancelled(waiting)
    entry = waiting.waits(waiting.course(date(2026, 11, 11), booked=date(2026, 12, 1)))
    early = waiting.waits(waiting.course(date(2026, 11, 20), booked=date(2026, 12, 2), wall="11:00"))
    said = words(desk)
    for part in (
        f"Freed 08:00, {visit.patient.full_name} cancelled: Ill",
        "Wed 25 Nov, 14:00 – 14:45",
        "Last day of the window",
        "booked 6 days too late",
        entry.patient.full_name,
        early.patient.full_name,
        "2 days too early",
        "2 people would come earlier",
        "1 time is free",
    ):
        assert part in said


def test_moved_away_it_is_free_too_and_booked_again_it_is_not(waiting: List) -> None:
    visit = take(waiting.moira, waiting.rooms[0], WEDNESDAY, "14:00", 45)
    slot = Slot(factory.at(WEDNESDAY + DAY, "10:00"), waiting.moira.pk)
    move_appointment(key=uuid.uuid4(), appointment_id=visit.pk, slot=slot, actor=None, now=MONDAY)
    (one,) = freed_times(MONDAY)
    assert (one.stretch, one.freed_at) == (waiting.stretch, MONDAY)
    assert one.why == f"{visit.patient.full_name} comes at another time"
    take(waiting.moira, waiting.rooms[1], WEDNESDAY, "14:15", 30)
    assert freed_times(MONDAY) == []


def test_a_part_that_is_still_free_is_listed_when_it_is_long_enough(waiting: List) -> None:
    cancelled(waiting)
    take(waiting.moira, waiting.rooms[1], WEDNESDAY, "14:30", 30)
    (one,) = freed_times(MONDAY)
    assert one.stretch == waiting.time("14:00", 30)


def test_an_absence_removed_and_hours_opened_free_time(waiting: List) -> None:
    moira, asked = waiting.moira, {"clinician_id": waiting.moira.pk, "actor": None, "now": MONDAY}
    span = (factory.at(WEDNESDAY, "08:00"), factory.at(WEDNESDAY, "12:00"))
    add_absence(key=uuid.uuid4(), starts_at=span[0], ends_at=span[1], reason="Ill", **asked)
    absence = moira.absences.get()
    remove_absence(key=uuid.uuid4(), absence_id=absence.pk, actor=None, now=MONDAY)
    saturday = date(2026, 11, 28)
    walls = [(factory.at(saturday, "09:00").time(), factory.at(saturday, "11:00").time())]
    change_day(key=uuid.uuid4(), on=saturday, spans=walls, **asked)
    found = freed_times(MONDAY)
    assert [one.stretch for one in found] == [waiting.time("08:00", 240), waiting.time("09:00", 120, day=saturday)]
    assert [one.why for one in found] == ["Moira is not away", "Moira works other hours"]


def test_what_was_freed_long_ago_or_lies_far_ahead_is_not_listed(waiting: List) -> None:
    cancelled(waiting)
    assert freed_times(MONDAY + timedelta(days=1, hours=1)) != []
    assert freed_times(factory.at(WEDNESDAY, "15:00")) == []
    far = take(waiting.moira, waiting.rooms[0], WEDNESDAY + 21 * DAY, "14:00", 45)
    cancel_appointment(key=uuid.uuid4(), appointment_id=far.pk, reason="Ill", actor=None, now=MONDAY)
    assert len(freed_times(MONDAY)) == 1


def test_the_desk_offers_by_mail_and_says_yes_for_them(desk: Client, waiting: List) -> None:
    cancelled(waiting)
    entry = waiting.waits(waiting.course(date(2026, 11, 11), booked=date(2026, 12, 1)))
    waiting.waits_to_talk()
    time = token_of(waiting.stretch, factory.ST_JOHNS)
    said = post(desk, "waiting_offer", time=time)
    assert f"Offered to {entry.patient.full_name} by e-mail, until 09:30." in said
    assert "30 of 30 minutes left" in said
    assert "30 min left" in said
    assert "next, 09:30" in said
    offer = Offer.objects.get()
    said = post(desk, "waiting_accept", offer.public_id)
    assert f"{entry.patient.full_name} comes Wed 25 Nov, 14:00 now. The old time is free." in said
    assert "data-undo" in said


def test_taken_back_by_the_desk_it_is_offered_to_nobody(desk: Client, waiting: List) -> None:
    cancelled(waiting)
    waiting.waits_to_talk()
    post(desk, "waiting_offer", time=token_of(waiting.stretch, factory.ST_JOHNS))
    said = post(desk, "waiting_stop", Offer.objects.get().public_id)
    assert "Taken back. Nobody is offered this time now." in said
    assert "Offer in this order" in said
    assert Offer.objects.get().state == OfferState.WITHDRAWN


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        ("taken", "Booked for {name}: Wed 25 Nov, 14:00."),
        ("declined", "{name} does not want this time."),
        ("no_answer", "{name} did not answer."),
    ],
)
def test_what_came_of_a_call(desk: Client, waiting: List, outcome: str, told: str) -> None:
    cancelled(waiting)
    entry = waiting.waits_to_talk()
    time = token_of(waiting.stretch, factory.ST_JOHNS)
    said = post(desk, "waiting_call", time=time, entry=entry.public_id, outcome=outcome)
    assert told.format(name=entry.patient.full_name) in said
    again = words(desk, time=time)
    assert ("Declined at 09:00" in again) == (outcome == "declined")
    assert ("no answer 09:00" in again) == (outcome == "no_answer")
    assert Appointment.objects.filter(patient=entry.patient).exists() == (outcome == "taken")


def test_any_time_can_be_chosen_by_hand(desk: Client, waiting: List) -> None:
    waiting.waits_to_talk()
    said = words(desk, day="Thu 26 Nov", at="10:00", minutes="30", clinician=str(waiting.moira.pk))
    assert "Chosen by hand" in said
    assert "Thu 26 Nov, 10:00 – 10:30" in said
    assert "Nothing is booked yet" in said


@pytest.mark.parametrize("time", ["", "x", "1,2026-11-25T14:00", "999999,2026-11-25T14:00,45", "1,2026-13-01T14:00,45"])
def test_a_time_that_nobody_could_press_shows_the_list(desk: Client, waiting: List, time: str) -> None:
    waiting.waits_to_talk()
    assert desk.get(reverse("waiting_list"), {"time": time}).status_code == 200


def test_nobody_waits(desk: Client, waiting: List) -> None:
    said = words(desk)
    assert "Nobody waits" in said
    assert "Whom does another time suit?" in said


def test_somebody_is_found_and_put_on_the_list(desk: Client, waiting: List) -> None:
    plan = waiting.course(date(2026, 11, 16), booked=date(2026, 12, 1), last_name="Duggan")
    page = desk.get(reverse("waiting_find"), {"q": "dugg"}).content.decode()
    address = reverse("waiting_new", args=[plan.patient.public_id])
    assert address in page
    visit = Appointment.objects.get(session__plan=plan, status="booked")
    assert "Earlier than Tue 1 Dec, 10:00" in desk.get(address).content.decode()
    sent = {"what": f"visit-{visit.public_id}", "weekdays": ["1", "2"], "from_time": "13", "notice_hours": "24"}
    said = post(desk, "waiting_new", plan.patient.public_id, **sent, note="Works mornings")
    assert "would come earlier." in said
    for part in ("Tuesdays and Wednesdays after 13:00; 24 h notice", "Works mornings", "Tue 1 Dec, 10:00"):
        assert part in said
    assert WaitingEntry.objects.get().appointment == visit


def test_the_visits_page_leads_there_with_that_visit_first(desk: Client, waiting: List) -> None:
    plan = waiting.course(date(2026, 11, 16), booked=date(2026, 12, 1))
    visit = Appointment.objects.get(session__plan=plan, status="booked")
    address = f"{reverse('waiting_new', args=[plan.patient.public_id])}?visit={visit.public_id}"
    assert address in desk.get(reverse("appointment", args=[visit.public_id])).content.decode()
    page = desk.get(address).content.decode()
    assert page.index(f"visit-{visit.public_id}") < page.index(f"plan-{plan.public_id}")


def test_an_entry_is_changed_and_taken_off(desk: Client, waiting: List) -> None:
    entry = waiting.waits_to_talk()
    sent = {"version": entry.version, "until_time": "12:00", "notice_hours": "0"}
    assert "Any morning" in post(desk, "waiting_edit", entry.public_id, **sent)
    assert "waits no more" in post(desk, "waiting_withdraw", entry.public_id, reason="Found another clinic")
    entry.refresh_from_db()
    assert (entry.status, entry.status_reason) == ("withdrawn", "Found another clinic")


def test_booking_and_moving_put_on_the_list_too(desk: Client, waiting: List) -> None:
    patient = factory.make_patient()
    asked: dict[str, Any] = {
        "to": f"2026-12-03T10:00,{waiting.moira.pk},,,",
        "earlier-wanted": "on",
        "earlier-weekdays": ["0"],
        "earlier-notice_hours": "4",
    }
    post(desk, "visit_new", patient.public_id, **asked)
    entry = WaitingEntry.objects.get()
    assert (entry.patient, entry.weekdays, entry.notice_hours) == (patient, [0], 4)
    assert entry.appointment == Appointment.objects.get(patient=patient)
    other = take(waiting.moira, waiting.rooms[0], date(2026, 12, 7), "10:00", 30)
    to = {"to": f"2026-12-08T10:00,{waiting.moira.pk},,,", "version": other.version}
    post(desk, "appointment_move", other.public_id, **asked | to)
    assert WaitingEntry.objects.filter(appointment=other).exists()


def test_what_was_booked_stays_booked_when_the_list_is_busy(
    desk: Client, waiting: List, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(**_asked: object) -> None:
        raise Busy

    monkeypatch.setattr("scheduling.views.earlier_too.add_entry", busy)
    patient = factory.make_patient()
    to = f"2026-12-03T10:00,{waiting.moira.pk},,,"
    said = post(desk, "visit_new", patient.public_id, to=to, **{"earlier-wanted": "on"})
    assert "Not on the waiting list: many people are saving. Add them on the list." in said
    assert Appointment.objects.filter(patient=patient).exists()


def test_what_is_offered_stands_where_the_desk_books(desk: Client, waiting: List) -> None:
    cancelled(waiting)
    entry = waiting.waits_to_talk()
    waiting.offer(entry)
    other = take(waiting.moira, waiting.rooms[0], date(2026, 12, 7), "10:00", 30)
    told = f"Wed 25 Nov, 14:00 with Moira is offered to {entry.patient.full_name} until 09:30. It is not held."
    for address in (
        reverse("visit_new", args=[factory.make_patient().public_id]),
        reverse("appointment_move", args=[other.public_id]),
    ):
        assert told in " ".join(desk.get(address).content.decode().split())


def test_whoever_may_not_book_sees_and_cannot_press(client: Client, waiting: List) -> None:
    client.force_login(factory.make_user(Role.OWNER))
    cancelled(waiting)
    waiting.waits_to_talk()
    said = words(client)
    assert "Offer in this order" not in said
    assert "Add someone" not in said
    assert "Settings for offers" in said


def test_the_owner_sets_how_times_are_offered(client: Client, waiting: List) -> None:
    client.force_login(factory.make_user(Role.OWNER))
    said = post(client, "offer_settings", minutes="45", most="2", is_on="on")
    assert "Free times are offered this way from now on." in said
    assert (OfferRules.objects.current().minutes, OfferRules.objects.current().most) == (45, 2)
    assert "Enter 5 to 240 minutes." in post(client, "offer_settings", minutes="4", most="2")
    post(client, "offer_settings", minutes="45", most="2")
    assert not OfferRules.objects.current().is_on
    cancelled(waiting)
    waiting.waits_to_talk()
    client.force_login(factory.make_user(Role.FRONT_DESK))
    assert "The clinic offers no times by e-mail: call them." in words(client)


def queries(client: Client, **query: str) -> int:
    client.get(reverse("waiting_list"), query)
    with CaptureQueriesContext(connection) as caught:
        client.get(reverse("waiting_list"), query)
    return len(caught)


def test_the_page_asks_the_same_number_of_questions_however_many_wait(desk: Client, waiting: List) -> None:
    cancelled(waiting)
    waiting.waits(waiting.course(date(2026, 11, 11), booked=date(2026, 12, 1)))
    few = queries(desk)
    for n in range(6):
        waiting.waits(waiting.course(date(2026, 11, 10) - n * DAY, booked=date(2026, 12, 2) + n * 7 * DAY))
        waiting.waits_to_talk()
    assert [few, queries(desk)] == [QUERIES, QUERIES]


def test_the_navigation_counts_who_waits(desk: Client, waiting: List) -> None:
    waiting.waits_to_talk()
    assert ", 1 waits" in words(desk)
