"""Offers of a free time: one person after the other, and whoever takes it has it."""

import uuid
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from clinic.models import Role
from patients.models import Message
from patients.services.outbox.sweep import sweep
from scheduling.checking.scan import scan
from scheduling.models import Appointment, Offer, OfferRound, OfferRules, OfferState, WaitingEntry, WaitingStatus
from scheduling.services.appointments import cancel_appointment
from scheduling.services.errors import OfferGone, OfferRefused, SlotTaken, StaleAppointment, UndoRefused
from scheduling.services.offer_sweep import advance
from scheduling.services.offers import accept_offer, decline_offer
from scheduling.services.statuses import confirm_appointment
from scheduling.services.undo import undo_operation
from scheduling.services.waiting import withdraw_entry
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take
from tests.scheduling.waiting import MINUTE, WEDNESDAY, List
from tests.smtp import Sink

pytestmark = pytest.mark.django_db
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
def waiting() -> List:
    return List()


def a_course(waiting: List, last: date = date(2026, 11, 16), booked: date = date(2026, 12, 1)) -> WaitingEntry:
    return waiting.waits(waiting.course(last, booked=booked))


def test_taking_it_moves_the_visit_and_frees_where_it_stood(waiting: List) -> None:
    entry = a_course(waiting)
    offer = waiting.offer(entry)
    operation = waiting.accept(offer)
    visit = Appointment.objects.get(pk=entry.appointment_id)
    assert visit.starts_at == factory.at(WEDNESDAY, "14:00")
    assert operation.kind == "move_to_earlier"
    assert operation.actor == "the patient, by the link"
    entry.refresh_from_db()
    offer.refresh_from_db()
    assert (entry.status, entry.served_by, offer.state) == ("served", operation, "accepted")
    assert OfferRound.objects.get().ended_as == "filled"
    assert scan(MONDAY) == []


def test_who_takes_an_earlier_time_need_not_confirm_it(waiting: List) -> None:
    entry = a_course(waiting)
    confirm_appointment(key=uuid.uuid4(), appointment_id=entry.appointment_id, actor=None, now=MONDAY)
    waiting.accept(waiting.offer(entry))
    assert Appointment.objects.get(pk=entry.appointment_id).status == "confirmed"


def test_taking_it_books_what_was_not_booked(waiting: List) -> None:
    entry = waiting.waits_to_talk()
    operation = waiting.accept(waiting.offer(entry))
    visit = Appointment.objects.get(public_id=operation.result["appointment"])
    assert (visit.kind, visit.patient, visit.status) == ("consultation", entry.patient, "booked")
    assert operation.kind == "book_earlier"


def test_a_session_that_is_still_to_book_is_booked(waiting: List) -> None:
    entry = waiting.waits(waiting.course(date(2026, 11, 16)))
    waiting.accept(waiting.offer(entry))
    assert Appointment.objects.filter(session__plan=entry.plan, status="booked").get().session.number == 2  # type: ignore[union-attr]


def test_pressed_twice_the_second_gives_the_first_answer(waiting: List) -> None:
    offer, key = waiting.offer(a_course(waiting)), uuid.uuid4()
    first = accept_offer(key=key, offer_id=offer.pk, actor=None, now=MONDAY)
    assert accept_offer(key=key, offer_id=offer.pk, actor=None, now=MONDAY) == first


def test_once_taken_nobody_else_takes_it(waiting: List) -> None:
    first, second = a_course(waiting), waiting.waits_to_talk()
    offer = waiting.offer(first)
    waiting.by_phone(second)
    with pytest.raises(OfferGone, match=r"This offer is over\. Nothing was saved"):
        waiting.accept(offer)
    assert Appointment.objects.get(pk=first.appointment_id).starts_at == factory.at(date(2026, 12, 1), "10:00")
    offer.refresh_from_db()
    assert offer.state == OfferState.WITHDRAWN
    assert offer.message.state == "withdrawn"  # type: ignore[union-attr]


def test_the_link_lapses_and_the_desk_may_still_say_so(waiting: List) -> None:
    offer = waiting.offer(a_course(waiting))
    with pytest.raises(OfferGone):
        waiting.accept(offer, now=MONDAY + HALF_HOUR)
    waiting.accept(offer, now=MONDAY + HALF_HOUR, actor=factory.make_user(Role.FRONT_DESK))


def test_what_the_desk_booked_meanwhile_is_not_taken(waiting: List) -> None:
    offer = waiting.offer(a_course(waiting))
    take(waiting.moira, waiting.rooms[0], WEDNESDAY, "14:30", 30)
    with pytest.raises(SlotTaken, match="Nothing was saved"):
        waiting.accept(offer)
    assert advance(MONDAY).ended == 1
    assert OfferRound.objects.get().ended_as == "taken"


def test_a_visit_that_was_cancelled_or_moved_earlier_is_not_moved(waiting: List) -> None:
    entry = a_course(waiting)
    offer = waiting.offer(entry)
    cancel_appointment(key=uuid.uuid4(), appointment_id=entry.appointment_id or 0, reason="Ill", actor=None, now=MONDAY)
    with pytest.raises(StaleAppointment, match=r"was changed\. Nothing was saved"):
        waiting.accept(offer)


def test_undo_puts_all_back_and_they_wait_again(waiting: List) -> None:
    entry = a_course(waiting)
    before = Appointment.objects.get(pk=entry.appointment_id).starts_at
    done = waiting.accept(waiting.offer(entry))
    undo_operation(key=uuid.uuid4(), operation_id=done.pk, actor=None, now=MONDAY + MINUTE)
    entry.refresh_from_db()
    assert entry.status == WaitingStatus.ACTIVE
    assert Appointment.objects.get(pk=entry.appointment_id).starts_at == before
    assert not Offer.objects.filter(state=OfferState.ACCEPTED).exists()
    assert waiting.offer(entry, now=MONDAY + 2 * MINUTE).state == OfferState.OPEN


def test_undo_of_a_booking_takes_it_off_the_board(waiting: List) -> None:
    entry = waiting.waits_to_talk()
    done = waiting.accept(waiting.offer(entry))
    undo_operation(key=uuid.uuid4(), operation_id=done.pk, actor=None, now=MONDAY + MINUTE)
    assert Appointment.objects.get(public_id=done.result["appointment"]).status == "undone"
    entry.refresh_from_db()
    assert entry.status == WaitingStatus.ACTIVE


def test_the_next_is_offered_when_one_lapses_or_declines_until_the_cap(waiting: List) -> None:
    OfferRules.objects.create(minutes=30, most=3)
    entries = [a_course(waiting)] + [waiting.waits_to_talk(now=MONDAY + n * MINUTE) for n in range(3)]
    offer = waiting.offer(now=MONDAY + 5 * MINUTE)
    assert offer.entry == entries[0]
    assert str(advance(MONDAY + 34 * MINUTE)) == "nothing"
    assert str(advance(MONDAY + 35 * MINUTE)) == "1 lapsed, 1 offered"
    assert str(advance(MONDAY + 35 * MINUTE)) == "nothing"
    second = Offer.objects.latest("pk")
    assert second.entry == entries[1]
    decline_offer(key=uuid.uuid4(), offer_id=second.pk, actor=None, now=MONDAY + 40 * MINUTE)
    assert str(advance(MONDAY + 41 * MINUTE)) == "1 offered"
    assert str(advance(MONDAY + 71 * MINUTE)) == "1 lapsed, 1 ended"
    assert [one.entry for one in Offer.objects.order_by("pk")] == entries[:3]
    assert OfferRound.objects.get().ended_as == "used_up"


def test_nothing_is_offered_at_night(waiting: List) -> None:
    a_course(waiting)
    waiting.waits_to_talk()
    late = factory.at(date(2026, 11, 24), "20:25")
    waiting.offer(now=late)
    assert str(advance(late + HALF_HOUR)) == "1 lapsed"
    assert str(advance(factory.at(WEDNESDAY, "07:59"))) == "nothing"
    assert str(advance(factory.at(WEDNESDAY, "08:00"))) == "1 offered"


def test_a_round_begun_at_night_sends_in_the_morning(waiting: List) -> None:
    entry, night = a_course(waiting), factory.at(date(2026, 11, 24), "22:00")
    with pytest.raises(Offer.DoesNotExist):
        waiting.offer(entry, now=night)
    assert str(advance(factory.at(WEDNESDAY, "08:00"))) == "1 offered"


def test_whoever_has_no_address_is_passed_over_and_can_be_called(waiting: List) -> None:
    entry = waiting.waits(waiting.course(date(2026, 11, 16), booked=date(2026, 12, 1), email=""))
    with pytest.raises(OfferRefused, match="Nobody on the list can be mailed"):
        waiting.offer()
    called = waiting.called(entry, OfferState.NO_ANSWER)
    with pytest.raises(UndoRefused, match="cannot be undone here"):
        undo_operation(key=uuid.uuid4(), operation_id=called.pk, actor=None, now=MONDAY)
    assert waiting.by_phone(entry).kind == "move_to_earlier"


def test_a_mail_that_cannot_leave_passes_the_offer_on(waiting: List) -> None:
    offer = waiting.offer(a_course(waiting))
    waiting.waits_to_talk()
    Message.objects.filter(pk=offer.message_id).update(state="failed", settled_at=MONDAY)
    assert str(advance(MONDAY + MINUTE)) == "1 lapsed, 1 offered"


def test_one_time_is_offered_once_at_a_time(waiting: List) -> None:
    waiting.offer(a_course(waiting))
    other = waiting.waits_to_talk()
    with pytest.raises(OfferRefused, match=r"offered to somebody already\. Nothing was sent"):
        waiting.offer(other)
    with pytest.raises(OfferRefused, match="offered to somebody already"):
        waiting.offer(other, stretch=waiting.time("14:15", 60))


def test_the_database_keeps_one_open_offer_a_round_and_a_person(waiting: List) -> None:
    offer = waiting.offer(a_course(waiting))
    other = waiting.waits_to_talk()
    elsewhere = OfferRound.objects.create(
        clinician=factory.make_clinician("Anika Sandhu"),
        starts_at=waiting.stretch.starts_at,
        ends_at=waiting.stretch.ends_at,
        minutes=30,
        most=4,
        started_at=MONDAY,
    )
    same = {name: getattr(offer, name) for name in ("starts_at", "arrives_at", "moves", "offered_at")}
    for held, entry, rule in (
        (offer.round, other, "offer_one_at_a_time"),
        (elsewhere, offer.entry, "offer_one_a_person"),
    ):
        with pytest.raises(IntegrityError, match=rule), transaction.atomic():
            Offer.objects.create(round=held, entry=entry, by="phone", **same)


def test_taken_back_nobody_can_take_it(waiting: List) -> None:
    offer = waiting.offer(a_course(waiting))
    waiting.stop(offer.round)
    with pytest.raises(OfferGone):
        waiting.accept(offer)
    with pytest.raises(OfferGone, match="the desk stopped it"):
        waiting.stop(offer.round)
    assert str(advance(MONDAY + 60 * MINUTE)) == "nothing"


def test_taken_off_the_list_the_offer_is_over(waiting: List) -> None:
    entry = a_course(waiting)
    offer = waiting.offer(entry)
    withdraw_entry(key=uuid.uuid4(), entry_id=entry.pk, reason="Moved away", actor=None, now=MONDAY)
    with pytest.raises(OfferGone):
        waiting.accept(offer)


def test_when_its_time_has_come_the_round_is_over(waiting: List) -> None:
    waiting.offer(a_course(waiting))
    assert advance(factory.at(WEDNESDAY, "14:00")).ended == 1
    assert OfferRound.objects.get().ended_as == "passed"


def test_whose_visit_has_come_waits_no_more(waiting: List) -> None:
    entry = a_course(waiting)
    assert advance(factory.at(date(2026, 12, 1), "10:00")).moot == 1
    entry.refresh_from_db()
    assert (entry.status, entry.status_reason) == ("withdrawn", "The visit has come.")


def test_switched_off_nothing_is_mailed(waiting: List) -> None:
    OfferRules.objects.create(is_on=False)
    entry = a_course(waiting)
    with pytest.raises(OfferRefused, match=r"offers no times by mail\. Nothing was sent"):
        waiting.offer(entry)
    assert waiting.by_phone(entry).kind == "move_to_earlier"


def test_too_late_by_the_rule_is_booked_with_its_reason(waiting: List) -> None:
    entry = a_course(waiting, last=date(2026, 11, 3), booked=date(2026, 12, 1))
    waiting.accept(waiting.offer(entry))
    visit = Appointment.objects.get(pk=entry.appointment_id)
    assert visit.late_reason == "Earlier than it was, from the waiting list"


def test_the_mail_goes_and_says_until_when(waiting: List, smtp: Sink) -> None:
    offer = waiting.offer(a_course(waiting))
    assert str(sweep(MONDAY)) == "1 sent"
    text = smtp.messages[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert smtp.messages[0]["Subject"] == "An earlier time is free: Wednesday, 25 November at 14:00"
    for words in (
        "Wednesday, 25 November 2026",
        "Please arrive at 14:00 (Newfoundland time).",
        "You can take it until 09:30",
        "Your appointment on Tuesday, 1 December at 10:00 stays as it is until you do.",
    ):
        assert words in text
    offer.message.refresh_from_db()  # type: ignore[union-attr]
    assert "/e/…/" in offer.message.body  # type: ignore[union-attr]


def test_no_mail_goes_once_it_is_not_true(waiting: List, smtp: Sink) -> None:
    waiting.offer(a_course(waiting))
    take(waiting.moira, waiting.rooms[0], WEDNESDAY, "14:30", 30)
    assert str(sweep(MONDAY)) == "1 withdrawn"
    assert smtp.messages == []
