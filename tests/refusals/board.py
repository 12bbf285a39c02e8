"""Refusals of the board: a card put elsewhere, a booking where free time was pressed, what the screen shows."""

import uuid
from datetime import date

from clinic.models import Room, RoomKind
from tests import factory
from tests.refusals.scene import TUESDAY, Cases, Scene

CASES = Cases()
shows = CASES.shows
WEDNESDAY = date(2026, 12, 2)


def place(s: Scene, room: Room, day: date = WEDNESDAY) -> None:
    """Put the patient's card into the column of a room, as the board does."""
    visit = s.visit()
    sent = {"day": day.isoformat(), "time": "14:00", "clinician": s.moira.pk, "room": room.pk}
    s.send("appointment_place", visit.public_id, **sent)


@shows("Room 1 is taken at this time. Nothing was saved. Room 2 is free.")
def put_a_card_into_a_room_that_is_taken(s: Scene) -> None:
    s.visit(WEDNESDAY, patient=factory.make_patient(), clinician=s.anika)
    place(s, s.rooms[0])


@shows("Broom closet is not a room for this visit. Nothing was saved. Room 1 is free.")
def put_a_card_into_a_room_of_another_kind(s: Scene) -> None:
    place(s, factory.make_room("Broom closet", kind=RoomKind.objects.create(key="closet", name="Closet")))


@shows("Room 2 is not a room for this visit. Nothing was saved. Room 1 is free.")
def put_a_card_into_a_room_that_is_not_used_any_more(s: Scene) -> None:
    Room.objects.filter(pk=s.rooms[1].pk).update(is_active=False)
    place(s, s.rooms[1])


@shows("This button was used before. Nothing more was saved. Find the patient by name.")
def open_a_file_from_the_board_by_back_and_another_name(s: Scene) -> None:
    typed = {"last_name": "Penney", "birth_date": "8 May 1974", "phone": "709-555-0118", "operation": str(uuid.uuid4())}
    pressed = f"?day={TUESDAY}&time=14:00&clinician={s.moira.pk}"
    s.send("board_book", query=pressed, first_name="Marguerite", **typed)
    s.send("board_book", query=pressed, first_name="Margaret", anyway="on", **typed)


@shows("Choose shown or hidden.", told=False)
def leave_out_of_the_screen_what_stays(s: Scene) -> None:
    s.send("set_screen", names="maybe")
