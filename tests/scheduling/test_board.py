"""The board: what its feed says of a day and a week, to whom, and that asking again is cheap and tells nothing."""

import json
import re
import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session as WebSession
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import AccessLog, Clinic, Clinician, Role, Room, User
from patients.models import Message
from scheduling.board.asked import Asked, View
from scheduling.models import Absence, Appointment, Closure, HoursChange, HoursKind
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take
from treatments.models import TreatmentPlan

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PAGE_QUERIES, FEED_QUERIES = 6, 5
"""Session, user, clinic, the ground, the visits; on the page also the messages that need a person."""
Feed = dict[str, Any]


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def desk(client: Client, book: dict[str, object]) -> Client:
    client.force_login(factory.make_user(Role.FRONT_DESK, last_active_at=MONDAY), BACKEND)
    return client


def feed_of(client: Client, day: date = TODAY, **query: object) -> Feed:
    response = client.get(reverse("board_day_feed", args=[day]), query)
    assert response.status_code == 200
    found: Feed = json.loads(response.content)
    return found


def week_of(client: Client, clinician: Clinician, day: date = TODAY) -> Feed:
    response = client.get(reverse("board_week_feed", args=[day]), {"clinician": clinician.pk})
    assert response.status_code == 200
    found: Feed = json.loads(response.content)
    return found


def column(feed: Feed, key: str) -> Feed:
    return next(one for one in feed["columns"] if one["key"] == key)


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        assert client.get(address).status_code == 200
    return len(caught)


# --- Cards ---
def test_a_card_says_when_who_what_and_where(
    desk: Client, moira: Clinician, rooms: list[Room], plan: TreatmentPlan
) -> None:
    session = plan.sessions.get(number=3)
    visit = take(moira, rooms[0], TODAY, "14:15", 45, patient=plan.patient, session=session, status="confirmed")
    Appointment.objects.filter(pk=visit.pk).update(arrives_at=visit.starts_at - timedelta(minutes=30))
    card = feed_of(desk)["cards"][0]
    wanted = {"s": "confirmed", "from": "14:15", "until": "15:00", "here": "13:45", "of": "3 of 10", "minutes": 45}
    assert card | wanted == card
    assert card["what"] == "Cellulite reduction"
    assert card["name"] == plan.patient.full_name
    assert card["born"] == "2 Sep 1986"
    assert card["phone"] == "709-555-" + str(plan.patient.phone)[-4:]
    assert (card["col"], card["room"], card["who"]) == (f"c{moira.pk}", "Room 1", "Moira")


def test_cards_stand_under_their_room_when_asked_by_rooms(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    take(moira, rooms[1], TODAY, "10:00", 30)
    feed = feed_of(desk, by="rooms")
    assert [one["name"] for one in feed["columns"]] == ["Room 1", "Room 2"]
    assert feed["cards"][0]["col"] == f"r{rooms[1].pk}"


def test_what_did_not_take_place_stays_and_can_be_hidden(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    take(moira, rooms[0], TODAY, "10:00", 30, status="cancelled")
    take(moira, rooms[0], TODAY, "10:00", 30, status="no_show")
    take(moira, rooms[0], TODAY, "11:00", 30)
    take(moira, rooms[0], TODAY, "12:00", 30, status="undone")
    assert [one["s"] for one in feed_of(desk)["cards"]] == ["cancelled", "no_show", "booked"]
    assert [one["s"] for one in feed_of(desk, off="hide")["cards"]] == ["booked"]


def test_a_browser_that_hides_names_in_its_list_hides_them_on_the_board(
    desk: Client, moira: Clinician, rooms: list[Room]
) -> None:
    take(moira, rooms[0], TODAY, "14:00", 45, patient=factory.make_patient(last_name="Hannaford"))
    assert "Hannaford" in desk.get(reverse("board", args=[TODAY])).content.decode()
    desk.post(reverse("set_screen"), {"names": "hidden"})
    assert "Hannaford" not in desk.get(reverse("board", args=[TODAY])).content.decode()
    assert "Hannaford" not in json.dumps(feed_of(desk))
    desk.post(reverse("set_screen"), {"names": "shown"})
    assert "Hannaford" in json.dumps(feed_of(desk))


def test_a_screen_without_names_is_sent_none(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    patient = factory.make_patient(first_name="Beverley", last_name="Hann", note="Afraid of needles")
    take(moira, rooms[0], TODAY, "10:00", 30, patient=patient)
    card = feed_of(desk, names="off")["cards"][0]
    assert card["name"] == "BH"
    response = desk.get(reverse("board", args=[TODAY]), {"names": "off"})
    phone = str(patient.phone)[2:]
    for secret in ("Beverley", "Hann", "1986-", " 1986", f"File {patient.file_label}", phone, "needles"):
        assert secret not in response.content.decode()


def test_names_cannot_end_the_script_they_stand_in(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    take(moira, rooms[0], TODAY, "10:00", 30, patient=factory.make_patient(last_name="</script><img src=x>"))
    page = desk.get(reverse("board", args=[TODAY])).content.decode()
    assert "<img src=x>" not in page
    assert "</script><img src=x>" in feed_of(desk)["cards"][0]["name"]


# --- Ground ---
def test_the_ground_shows_off_hours_breaks_and_absences(desk: Client, moira: Clinician, anika: Clinician) -> None:
    factory.give_hours(moira, TODAY.weekday(), "12:00", "12:30", HoursKind.BREAK)
    away = factory.at(TODAY, "15:00"), factory.at(TODAY + timedelta(days=1), "00:00")
    Absence.objects.create(clinician=moira, starts_at=away[0], ends_at=away[1], reason="Course")
    ground = column(feed_of(desk), f"c{moira.pk}")["ground"]
    assert ["off", "00:00", "08:00", ""] in ground
    assert ["off", "18:00", "24:00", ""] in ground
    assert ["break", "12:00", "12:30", "Break"] in ground
    assert ["away", "15:00", "18:00", "Away: Course"] in ground
    assert column(feed_of(desk), f"c{anika.pk}")["ground"] == [
        ["off", "00:00", "08:00", ""],
        ["off", "18:00", "24:00", ""],
    ]


def test_why_somebody_is_away_is_told_to_those_who_keep_the_hours(desk: Client, moira: Clinician) -> None:
    span = factory.at(TODAY, "09:00"), factory.at(TODAY, "12:00")
    Absence.objects.create(clinician=moira, starts_at=span[0], ends_at=span[1], reason="Surgery")
    colleague = Client()
    colleague.force_login(factory.make_user(Role.CLINICIAN), BACKEND)
    assert "Surgery" in json.dumps(feed_of(desk)["columns"])
    assert "Surgery" not in json.dumps(feed_of(colleague)["columns"])
    assert "Surgery" not in json.dumps(feed_of(desk, names="off")["columns"])
    assert ["away", "09:00", "12:00", "Away"] in column(feed_of(colleague), f"c{moira.pk}")["ground"]


def test_a_closed_day_is_closed_for_everybody(desk: Client, moira: Clinician) -> None:
    Closure.objects.create(name="Christmas closure", starts_on=TODAY, ends_on=TODAY)
    assert column(feed_of(desk), f"c{moira.pk}")["ground"] == [["closed", "00:00", "24:00", "Christmas closure"]]
    assert feed_of(desk, by="rooms")["columns"][0]["ground"][0][3] == "Christmas closure"


def test_a_day_of_other_hours_takes_the_weeks_hours_away(desk: Client, moira: Clinician) -> None:
    HoursChange.objects.create(clinician=moira, on=TODAY, starts=time(12), ends=time(20))
    found = column(feed_of(desk), f"c{moira.pk}")
    assert found["sub"] == "12:00 – 20:00"
    assert feed_of(desk)["closes"] == 20


def test_how_full_a_column_is_counts_what_holds_time(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    take(moira, rooms[0], TODAY, "08:00", 60)
    take(moira, rooms[0], TODAY, "10:00", 60, status="cancelled")
    assert column(feed_of(desk), f"c{moira.pk}")["full"] == 10


def test_who_is_neither_at_work_nor_booked_has_no_column(
    desk: Client, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    sunday = date(2026, 11, 29)
    take(anika, rooms[0], sunday, "10:00", 30)
    assert [one["key"] for one in feed_of(desk, sunday)["columns"]] == [f"c{anika.pk}"]
    assert len(feed_of(desk, sunday + timedelta(days=7))["columns"]) == 2


# --- Days that are not like others ---
@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2026, 11, 1)])
def test_a_day_of_23_or_25_hours_has_its_own_visits_and_wall_times(
    desk: Client, moira: Clinician, rooms: list[Room], day: date
) -> None:
    walls = ["00:15", "03:30", "10:00", "23:15"]
    for wall in walls:
        take(moira, rooms[0], day, wall, 30)
    take(moira, rooms[0], day + timedelta(days=1), "00:00", 30)
    take(moira, rooms[0], day - timedelta(days=1), "23:30", 30)
    assert [one["from"] for one in feed_of(desk, day)["cards"]] == walls


def test_a_visit_over_midnight_ends_with_its_day(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    take(moira, rooms[0], TODAY, "23:30", 60)
    feed = feed_of(desk)
    assert (feed["cards"][0]["until"], feed["closes"]) == ("24:00", 24)


def test_the_half_hour_of_newfoundland_is_in_the_offset(desk: Client) -> None:
    assert feed_of(desk)["offset"] == -210
    with time_machine.travel(datetime(2026, 7, 1, 12, tzinfo=UTC), tick=False):
        assert feed_of(desk)["offset"] == -150


# --- The week ---
def test_a_week_has_a_column_a_day_and_weekends_only_with_something(
    desk: Client, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    take(moira, rooms[0], date(2026, 11, 25), "10:00", 30)
    take(anika, rooms[1], date(2026, 11, 25), "10:00", 30)
    feed = week_of(desk, moira, date(2026, 11, 26))
    assert [one["day"] for one in feed["columns"]] == [f"2026-11-{day}" for day in range(23, 28)]
    assert [one["col"] for one in feed["cards"]] == ["d2026-11-25"]
    take(moira, rooms[0], date(2026, 11, 28), "10:00", 30)
    assert len(week_of(desk, moira)["columns"]) == 6


def test_a_week_opens_with_oneself_or_the_first(client: Client, moira: Clinician, anika: Clinician) -> None:
    client.force_login(anika.user, BACKEND)
    assert client.get(reverse("board_week")).context["board"].chosen == anika
    client.force_login(factory.make_user(Role.FRONT_DESK), BACKEND)
    assert client.get(reverse("board_week")).context["board"].chosen == moira


# --- Asking again ---
def test_the_same_day_is_not_sent_twice(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    visit = take(moira, rooms[0], TODAY, "10:00", 30)
    address = reverse("board_day_feed", args=[TODAY])
    mark = desk.get(address).headers["ETag"]
    assert desk.get(reverse("board", args=[TODAY])).context["etag"] == mark
    again = desk.get(address, headers={"If-None-Match": mark})
    assert (again.status_code, again.content) == (304, b"")
    Appointment.objects.filter(pk=visit.pk).update(version=2)
    assert desk.get(address, headers={"If-None-Match": mark}).status_code == 200


@pytest.mark.parametrize("what", ["absence", "break", "name", "room"])
def test_whatever_a_board_shows_changes_its_mark(desk: Client, moira: Clinician, rooms: list[Room], what: str) -> None:
    visit = take(moira, rooms[0], TODAY, "10:00", 30)
    address = reverse("board_day_feed", args=[TODAY])
    mark = desk.get(address).headers["ETag"]
    if what == "absence":
        span = factory.at(TODAY, "15:00"), factory.at(TODAY, "16:00")
        Absence.objects.create(clinician=moira, starts_at=span[0], ends_at=span[1])
    elif what == "break":
        factory.give_hours(moira, TODAY.weekday(), "12:00", "12:30", HoursKind.BREAK)
    elif what == "name":
        visit.patient.last_name = "Sheppard"
        visit.patient.save()
    else:
        Room.objects.filter(pk=rooms[0].pk).update(name="Cabin 1")
    assert desk.get(address, headers={"If-None-Match": mark}).status_code == 200


def test_asking_again_renews_no_session_and_is_no_activity(desk: Client) -> None:
    user, kept = User.objects.get(roles=[Role.FRONT_DESK]), WebSession.objects.get()
    long_ago = MONDAY - timedelta(hours=2)
    User.objects.filter(pk=user.pk).update(last_active_at=long_ago)
    feed_of(desk)
    user.refresh_from_db()
    assert user.last_active_at == long_ago
    assert WebSession.objects.get().expire_date == kept.expire_date
    assert not AccessLog.objects.exists()
    desk.get(reverse("board", args=[TODAY]))
    user.refresh_from_db()
    assert user.last_active_at == MONDAY


def test_asking_again_writes_nothing(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    take(moira, rooms[0], TODAY, "10:00", 30)
    with CaptureQueriesContext(connection) as caught:
        feed_of(desk)
    assert not [one["sql"] for one in caught if not one["sql"].startswith(("SELECT", "\nSELECT"))]


def test_the_number_of_queries_does_not_grow_with_the_day(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    page, feed = reverse("board", args=[TODAY]), reverse("board_day_feed", args=[TODAY])
    assert (queries(desk, page), queries(desk, feed)) == (PAGE_QUERIES, FEED_QUERIES)
    for at in range(12):
        plan = factory.make_plan()
        take(moira, rooms[0], TODAY, f"{8 + at:02d}:00", 30, patient=plan.patient, session=plan.sessions.get(number=1))
    assert (queries(desk, page), queries(desk, feed)) == (PAGE_QUERIES, FEED_QUERIES)
    week = reverse("board_week", args=[TODAY]) + f"?clinician={moira.pk}"
    assert queries(desk, week) == PAGE_QUERIES


# --- Addresses ---
def test_the_home_of_the_desk_is_the_board(desk: Client) -> None:
    assert desk.get(reverse("home")).headers["Location"] == reverse("board")


def test_a_jump_keeps_the_rest_of_the_address(desk: Client) -> None:
    response = desk.get(reverse("board", args=[TODAY]), {"date": "2026-12-01", "by": "rooms", "names": "off"})
    assert response.headers["Location"] == "/board/2026-12-01/?by=rooms&names=off"
    lost = desk.get(reverse("board", args=[TODAY]), {"date": "nonsense"}, follow=True)
    assert "is no day" in lost.content.decode()


@pytest.mark.parametrize(
    "address",
    ["/board/1999-12-31/", "/board/2026-11-24/?by=dogs", "/board/week/?clinician=x", "/board/week/?clinician=99999999"],
)
def test_an_address_that_nobody_offered_is_not_found(desk: Client, address: str) -> None:
    assert desk.get(address).status_code == 404


def test_the_arrows_step_by_day_week_and_month() -> None:
    assert Asked(View.DAY, date(2026, 2, 28)).step(1) == date(2026, 3, 1)
    assert Asked(View.WEEK, date(2026, 11, 24)).step(-1) == date(2026, 11, 17)
    assert Asked(View.MONTH, date(2026, 12, 15)).step(1) == date(2027, 1, 1)
    assert Asked(View.MONTH, date(2027, 1, 31)).step(-1) == date(2026, 12, 1)
    month = Asked(View.MONTH, date(2026, 12, 15))
    assert (month.first, month.last) == (date(2026, 11, 30), date(2027, 1, 3))


def test_the_board_of_another_zone_follows_its_own_midnight(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    take(moira, rooms[0], TODAY, "22:00", 30)
    Clinic.objects.update(zone="Australia/Lord_Howe")
    assert feed_of(desk)["cards"] == []
    assert [one["from"] for one in feed_of(desk, TODAY + timedelta(days=1))["cards"]] == ["12:30"]


# --- Moves ---
def put(client: Client, visit: Appointment, wall: str, clinician: Clinician, **more: Any) -> Any:
    sent = {"operation": uuid.uuid4(), "version": visit.version, "day": visit.wall_date.isoformat(), "time": wall}
    address = reverse("appointment_place", args=[visit.public_id])
    response = client.post(address, sent | {"clinician": clinician.pk} | more, headers={"Accept": "application/json"})
    return response.status_code, json.loads(response.content)


def test_a_card_moves_by_time_clinician_room_and_length(
    desk: Client, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    visit = take(moira, rooms[0], TODAY, "14:00", 30)
    status, told = put(desk, visit, "15:15", anika, room=rooms[1].pk, minutes=45)
    assert (status, told["ok"]) == (200, True)
    visit.refresh_from_db()
    assert told["version"] == visit.version
    assert (visit.wall_time, visit.clinician, visit.room, visit.minutes) == (time(15, 15), anika, rooms[1], 45)
    undone = desk.post(told["undo_url"], {"operation": uuid.uuid4()}, headers={"Accept": "application/json"})
    assert json.loads(undone.content)["ok"]
    visit.refresh_from_db()
    assert (visit.wall_time, visit.clinician, visit.room, visit.minutes) == (time(14), moira, rooms[0], 30)


def test_a_refused_card_is_told_why_and_what_is_free_beside_it(
    desk: Client, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    visit = take(moira, rooms[0], TODAY, "14:00", 30)
    take(moira, rooms[0], TODAY, "15:00", 60)
    status, told = put(desk, visit, "15:00", moira)
    assert status == 409
    assert told["said"].startswith("Moira is with Devika")
    assert told["said"].endswith("until 16:00. Nothing was saved. Choose another time.")
    assert [one["label"] for one in told["free"][:2]] == ["15:00 with Dr. Sandhu", "14:45 with Dr. Sandhu"]
    visit.refresh_from_db()
    assert visit.wall_time == time(14)
    near = told["free"][0]
    status, _told = put(desk, visit, near["time"], anika)
    assert status == 200


def test_a_longer_card_does_not_grow_over_the_next(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    visit = take(moira, rooms[0], TODAY, "14:00", 30)
    take(moira, rooms[0], TODAY, "14:45", 30)
    status, told = put(desk, visit, "14:00", moira, minutes=60)
    assert status == 409
    assert told["said"].endswith("until 15:15. Nothing was saved. Choose another time.")
    assert put(desk, visit, "14:00", moira, minutes=45)[0] == 200


def test_a_room_that_was_pointed_at_is_meant(
    desk: Client, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    visit = take(moira, rooms[0], TODAY, "14:00", 30)
    take(anika, rooms[1], TODAY, "14:00", 30)
    third = factory.make_room("Room 3")
    status, told = put(desk, visit, "14:00", moira, room=rooms[1].pk)
    assert (status, told["said"]) == (409, "Room 2 is taken at this time. Nothing was saved. Room 1 is free.")
    assert put(desk, visit, "14:00", moira, room=third.pk)[0] == 200
    visit.refresh_from_db()
    assert visit.room == third


def test_another_room_or_length_is_no_news_for_the_patient(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    visit = take(moira, rooms[0], TODAY, "14:00", 30)
    assert put(desk, visit, "14:00", moira, room=rooms[1].pk, minutes=45)[0] == 200
    assert not Message.objects.exists()
    visit.refresh_from_db()
    assert put(desk, visit, "16:00", moira)[0] == 200
    assert Message.objects.exists()


def test_a_card_dropped_too_late_asks_for_a_reason(
    desk: Client, moira: Clinician, rooms: list[Room], plan: TreatmentPlan
) -> None:
    first, second = plan.sessions.order_by("number")[:2]
    take(moira, rooms[0], TODAY, "10:00", 45, patient=plan.patient, session=first)
    visit = take(moira, rooms[0], TODAY + timedelta(days=7), "10:00", 45, patient=plan.patient, session=second)
    late = TODAY + timedelta(days=22)
    status, told = put(desk, visit, "10:00", moira, day=late.isoformat())
    assert (status, told["asks"]) == (409, True)
    assert put(desk, visit, "10:00", moira, day=late.isoformat(), reason="Was away")[0] == 200
    visit.refresh_from_db()
    assert (visit.wall_date, visit.late_reason) == (late, "Was away")


def test_too_early_asks_only_those_who_may_overrule(
    desk: Client, moira: Clinician, rooms: list[Room], plan: TreatmentPlan
) -> None:
    first, second = plan.sessions.order_by("number")[:2]
    take(moira, rooms[0], TODAY, "10:00", 45, patient=plan.patient, session=first)
    visit = take(moira, rooms[0], TODAY + timedelta(days=7), "10:00", 45, patient=plan.patient, session=second)
    early = (TODAY + timedelta(days=3)).isoformat()
    assert put(desk, visit, "10:00", moira, day=early)[1]["asks"] is False
    treats = Client()
    treats.force_login(moira.user, BACKEND)
    assert put(treats, visit, "10:00", moira, day=early)[1]["asks"] is True
    assert put(treats, visit, "10:00", moira, day=early, reason="Flies home")[0] == 200


def test_a_stale_card_names_who_changed_it(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    visit = take(moira, rooms[0], TODAY, "14:00", 30)
    other = Client()
    other.force_login(factory.make_user(Role.FRONT_DESK, name="Dana Rideout"), BACKEND)
    assert put(other, visit, "16:00", moira)[0] == 200
    status, told = put(desk, visit, "15:00", moira)
    assert status == 409
    assert told["said"].startswith("Dana Rideout moved this visit to Mon 23 Nov, 16:00 at 09:00.")


@pytest.mark.parametrize(("wall", "minutes"), [("25:00", 30), ("14:00", 999)])
def test_a_time_that_is_none_is_refused(
    desk: Client, moira: Clinician, rooms: list[Room], wall: str, minutes: int
) -> None:
    visit = take(moira, rooms[0], TODAY, "14:00", 30)
    assert put(desk, visit, wall, moira, minutes=minutes)[0] == 422


def test_the_hour_that_spring_skips_is_told(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    visit = take(moira, rooms[0], TODAY, "14:00", 30)
    status, told = put(desk, visit, "02:30", moira, day="2027-03-14")
    assert (status, told["said"][:22]) == (422, "The clocks skip 02:30 ")


def test_a_card_has_the_acts_of_its_state_and_of_the_person(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    take(moira, rooms[0], TODAY, "14:00", 30)
    owner = Client()
    owner.force_login(factory.make_user(Role.OWNER), BACKEND)
    assert feed_of(desk)["cards"][0]["acts"] == ["arrive", "start", "confirm", "move", "cancel"]
    assert feed_of(owner)["cards"][0]["acts"] == []


# --- The month ---
def cell_of(client: Client, day: date, **query: object) -> Any:
    month = client.get(reverse("board_month", args=[day]), query).context["month"]
    return next(cell for week in month.weeks for cell in week if cell.day == day)


def test_a_month_shows_how_full_each_day_is_and_what_is_left(
    desk: Client, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    day = date(2026, 12, 3)
    take(moira, rooms[0], day, "08:00", 300)
    take(moira, rooms[0], day, "13:00", 60, status="cancelled")
    cell = cell_of(desk, day)
    assert [bar.full for bar in cell.bars] == [50, 0]
    assert (cell.visits, cell.free_words, cell.is_full) == (1, "15 h free", False)
    assert cell.words == "Thursday 3 December: 1 visit, 15 h free; Moira 50 %, Dr. Sandhu 0 %"


def test_a_full_day_a_closed_day_and_a_sunday_say_so(
    desk: Client, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    day = date(2026, 12, 3)
    for one, room in ((moira, rooms[0]), (anika, rooms[1])):
        take(one, room, day, "08:00", 300)
        take(one, room, day, "13:00", 300)
    assert (cell_of(desk, day).free_words, cell_of(desk, day).is_full) == ("full", True)
    Closure.objects.create(name="Christmas closure", starts_on=date(2026, 12, 25), ends_on=date(2027, 1, 1))
    assert cell_of(desk, date(2026, 12, 25)).words == "Friday 25 December: closed, Christmas closure"
    assert cell_of(desk, date(2026, 12, 6)).is_empty


def test_a_month_says_who_is_away_and_where_there_is_time_first(
    desk: Client, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    span = factory.at(date(2026, 12, 3), "00:00"), factory.at(date(2026, 12, 4), "00:00")
    Absence.objects.create(clinician=anika, starts_at=span[0], ends_at=span[1])
    assert cell_of(desk, date(2026, 12, 3)).note == "Dr. Sandhu away"
    take(moira, rooms[0], TODAY, "09:00", 190)
    month = desk.get(reverse("board_month"), {"minutes": 60}).context["month"]
    times = {one.clinician.short_name: one.times for one in month.first_free}
    assert [(word, words) for word, _day, words in times["Moira"]] == [
        ("soonest", "Mon 23 Nov, 12:15"),
        ("morning", "Tue 24 Nov, 08:00"),
    ]
    assert times["Dr. Sandhu"][0][2] == "Mon 23 Nov, 09:00"


def test_the_month_takes_as_many_queries_whatever_it_holds(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    address = reverse("board_month", args=[TODAY])
    before = queries(desk, address)
    for day in range(1, 20):
        take(moira, rooms[0], date(2026, 11, day), "10:00", 30)
    assert queries(desk, address) == before <= 8


def test_how_tall_the_rows_are_is_kept_with_the_person(client: Client) -> None:
    person, other = (factory.make_user(Role.FRONT_DESK) for _ in range(2))
    client.force_login(person)
    address = reverse("set_rows")
    assert 'data-rows="compact"' in client.get(reverse("board")).content.decode()
    assert client.post(address, {"rows": "comfortable"}, headers={"HX-Request": "true"}).status_code == 204
    page = client.get(reverse("board")).content.decode()
    assert 'data-rows="comfortable"' in page
    assert re.search(r'value="comfortable"\s+aria-pressed="true"', page)
    assert client.post(address, {"rows": "compact", "next": "/board/"}).headers["Location"] == "/board/"
    assert client.post(address, {"rows": "tiny"}).status_code == 400
    client.force_login(other)
    assert 'data-rows="compact"' in client.get(reverse("board")).content.decode()
