"""Refusals of the page "Swap with another visit"."""

from datetime import timedelta
from typing import Any

from django.urls import reverse

from scheduling.models import Appointment
from tests import factory
from tests.refusals.scene import TUESDAY, YESTERDAY, Cases, Scene, on_file
from tests.scheduling.helpers import take

CASES = Cases()
shows = CASES.shows


def two(s: Scene, wall: str = "15:00", minutes: int = 45, **fields: Any) -> tuple[Appointment, Appointment]:
    """Book a course, and somebody else on the day of its second session."""
    fields.setdefault("patient", factory.make_patient(first_name="Kofi", last_name="Mensah"))
    day = fields.pop("day", TUESDAY + timedelta(weeks=1))
    return s.course(3)[1], take(s.anika, s.rooms[1], day, wall, minutes, **fields)


def save(s: Scene, pair: tuple[Appointment, Appointment], **sent: Any) -> None:
    visit, other = pair
    shown = {"version": visit.version, "other_version": other.version}
    s.send("appointment_swap", visit.public_id, query=f"?with={other.public_id}", **(shown | sent))


@shows("Only a visit that lies ahead can be swapped. Nothing was saved. Look at the visit again.")
def one_that_has_begun(s: Scene) -> None:
    s.go(reverse("appointment_swap", args=[s.visit(YESTERDAY).public_id]))


@shows("this visit cannot be swapped now. Nothing was saved. Choose another.")
def another_that_is_cancelled(s: Scene) -> None:
    save(s, two(s, status="cancelled"))


@shows("is with")
def no_room_for_the_longer_one(s: Scene) -> None:
    pair = two(s, minutes=20)
    take(s.anika, s.rooms[1], TUESDAY + timedelta(weeks=1), "15:25", 30)
    save(s, pair)


@shows("only a clinician may overrule.")
def too_early_for_the_desk(s: Scene) -> None:
    save(s, two(s, day=TUESDAY + timedelta(days=6)), reason="Flies home")


@shows("Write why. Nothing was saved.")
def too_late_without_a_reason(s: Scene) -> None:
    pair = two(s, day=TUESDAY + timedelta(days=9))
    type(s.plan).objects.filter(pk=s.plan.pk).update(interval_min=7, interval_ideal=7, interval_max=7)
    Appointment.objects.filter(session__number=3).delete()
    save(s, pair)


@shows("The reason is too long: 200 letters at most. Nothing was saved.")
def a_reason_without_end(s: Scene) -> None:
    save(s, two(s), reason="x" * 201)


@shows("This button was not complete. Nothing was saved. Load the page again.")
def without_a_key(s: Scene) -> None:
    save(s, two(s), operation="")


@shows("Someone changed one of these visits a moment ago. Nothing was saved. Look at the day again.")
def one_is_changed_while_the_other_is_locked(s: Scene) -> None:
    pair = two(s)

    def meanwhile() -> None:
        Appointment.objects.filter(pk=pair[1].pk).delete()

    s.meanwhile("scheduling.services.moves.lock_for_moves", meanwhile)
    save(s, pair)


@shows("Only visits that lie ahead can be moved. Nothing was saved. Look at the day again.")
def one_arrives_in_that_very_moment(s: Scene) -> None:
    pair = two(s)
    arrived: list[tuple[str, str]] = []

    def meanwhile() -> None:
        Appointment.objects.filter(pk=pair[1].pk).update(status="arrived", arrived_at=pair[1].arrives_at)
        arrived.extend(on_file())

    s.meanwhile("scheduling.views.swap.swap_appointments", meanwhile)
    save(s, pair)
    s.before = arrived
