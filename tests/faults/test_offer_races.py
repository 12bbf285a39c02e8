"""One free time, many who would have it: by link, by call, by the desk's own booking, and a cancellation between."""

import uuid
from datetime import timedelta
from functools import partial

import pytest

from scheduling.models import Appointment, Offer, OfferRound, WaitingEntry
from scheduling.planning.types import Slot
from scheduling.planning.waiting_read import ranked
from scheduling.services import offer_sweep, offering, offers, single, waiting
from scheduling.services.appointments import cancel_appointment
from scheduling.services.errors import BookingError
from scheduling.services.offer_sweep import advance
from scheduling.services.offers import accept_offer, take_by_phone
from scheduling.services.single import book_visit
from tests import factory
from tests.faults.careless import compare_nothing, write_over
from tests.faults.test_place_races import held_twice, unguarded
from tests.race import FAULTS, RACERS, ROUNDS, Act, Outcome, after, deadlocks, race, report, without_constraints
from tests.scheduling.conftest import MONDAY
from tests.scheduling.waiting import WEDNESDAY, List

pytestmark = FAULTS
CONTROL_ROUNDS = 8


def without_guards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away the locks of the rounds and of the book, and every comparison behind them."""
    unguarded(monkeypatch)
    compare_nothing(monkeypatch)
    for module in (offers, single):
        for name in ("lock_for_visits", "lock_rows"):
            monkeypatch.setattr(module, name, lambda *_: None, raising=False)
    monkeypatch.setattr(offers, "ROUNDS_LOCK", "SELECT %s, %s")
    for module in (offers, offering, waiting):
        monkeypatch.setattr(module, "compare_and_set", write_over, raising=False)


def talkers(waiting_list: List, count: int) -> list[WaitingEntry]:
    return [waiting_list.waits_to_talk() for _ in range(count)]


def by_phone(waiting_list: List, entry: WaitingEntry) -> Act:
    return partial(
        take_by_phone, key=uuid.uuid4(), stretch=waiting_list.stretch, entry_id=entry.pk, actor=None, now=MONDAY
    )


def by_link(offer: Offer) -> Act:
    return partial(accept_offer, key=uuid.uuid4(), offer_id=offer.pk, actor=None, now=MONDAY)


def by_desk(waiting_list: List) -> Act:
    """Book the time for somebody who never waited."""
    slot = Slot(waiting_list.stretch.starts_at, waiting_list.moira.pk)
    return partial(
        book_visit,
        key=uuid.uuid4(),
        kind="consultation",
        patient_id=factory.make_patient().pk,
        slot=slot,
        actor=None,
        now=MONDAY,
    )


def on_wednesday() -> int:
    """Count who holds the time."""
    return Appointment.objects.holding().filter(wall_date=WEDNESDAY).count()


def fresh_time(waiting_list: List) -> None:
    """Free the time again. What was cancelled where it stands now holds nothing, and is never undone."""
    Appointment.objects.holding().filter(wall_date=WEDNESDAY).update(status="undone")


def of_all_kinds(waiting_list: List, rounds: int) -> list[Outcome]:
    """One has the link, half are called, the others are booked by the desk: all at one moment."""
    outcomes = []
    for _round in range(rounds):
        fresh_time(waiting_list)
        OfferRound.objects.filter(ended_at=None).update(ended_at=MONDAY, ended_as="stopped")
        entries = talkers(waiting_list, RACERS // 2)
        offer = waiting_list.offer(entries[0])
        acts = [by_link(offer), *(by_phone(waiting_list, entry) for entry in entries[1:])]
        acts += [by_desk(waiting_list) for _ in range(RACERS - len(acts))]
        outcomes.append(race(acts))
        if on_wednesday() > 1:
            return outcomes
        Offer.objects.filter(state="open").update(state="lapsed", ended_at=MONDAY)
        WaitingEntry.objects.active().update(status="withdrawn", ended_at=MONDAY)
    return outcomes


def test_link_calls_and_desk_at_one_moment_have_one_winner() -> None:
    waiting_list, before = List(), deadlocks()
    outcomes = of_all_kinds(waiting_list, ROUNDS)
    report("one free time by link, call and desk", outcomes, before)
    assert [outcome.winners for outcome in outcomes] == [1] * ROUNDS
    assert all(isinstance(error, BookingError) for outcome in outcomes for error in outcome.errors)
    assert held_twice() == 0
    assert deadlocks() == before


def test_control_without_guards_several_have_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting_list, before = List(), deadlocks()
    without_guards(monkeypatch)
    with without_constraints():
        outcomes = of_all_kinds(waiting_list, 1)
        report("one free time by link, call and desk, no guards", outcomes, before)
        assert on_wednesday() > 1


def accepts(waiting_list: List, rounds: int) -> list[Outcome]:
    """The same offer is taken by many at one moment: the patient on two phones, the desk for them."""
    outcomes = []
    for _round in range(rounds):
        fresh_time(waiting_list)
        (entry,) = talkers(waiting_list, 1)
        offer = waiting_list.offer(entry)
        outcomes.append(race([by_link(offer) for _ in range(RACERS)]))
    return outcomes


def test_one_offer_taken_by_many_is_taken_once() -> None:
    waiting_list, before = List(), deadlocks()
    outcomes = accepts(waiting_list, ROUNDS)
    report("accept against accept", outcomes, before)
    assert [outcome.winners for outcome in outcomes] == [1] * ROUNDS
    assert all(isinstance(error, BookingError) for outcome in outcomes for error in outcome.errors)
    assert Appointment.objects.exclude(status="undone").count() == 1
    assert deadlocks() == before


def test_control_without_guards_one_offer_is_taken_by_several(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting_list, before = List(), deadlocks()
    without_guards(monkeypatch)
    with without_constraints():
        outcomes = accepts(waiting_list, 1)
        report("accept against accept, no guards", outcomes, before)
        assert on_wednesday() > 1


def against_cancel(waiting_list: List, n: int) -> tuple[Outcome, int]:
    """Let the offer be taken while the desk cancels the very visit that was to come earlier.

    Return what came, and how many of the acts that were said to be done were written over.
    """
    fresh_time(waiting_list)
    last = WEDNESDAY - timedelta(days=9 + n)
    entry = waiting_list.waits(waiting_list.course(last, booked=WEDNESDAY + timedelta(days=6)))
    offer, visit = waiting_list.offer(entry), entry.appointment
    assert visit
    cancel: Act = partial(
        cancel_appointment, key=uuid.uuid4(), appointment_id=visit.pk, reason="Ill", actor=None, now=MONDAY
    )
    if n % 2:
        cancel = after(partial(ranked, waiting_list.stretch, MONDAY), cancel)
    outcome = race([cancel, *(by_link(offer) for _ in range(RACERS - 1))])
    visit.refresh_from_db()
    Appointment.objects.holding().filter(pk=visit.pk).update(status="undone")
    OfferRound.objects.filter(ended_at=None).update(ended_at=MONDAY, ended_as="stopped")
    Offer.objects.filter(state="open").update(state="lapsed", ended_at=MONDAY)
    WaitingEntry.objects.active().update(status="withdrawn", ended_at=MONDAY)
    return outcome, outcome.winners - (visit.version - 1)


def test_taken_while_its_visit_is_cancelled_leaves_one_truth() -> None:
    waiting_list, before = List(rooms=2), deadlocks()
    found = []
    for n in range(ROUNDS):
        found.append(against_cancel(waiting_list, n))
        assert held_twice() == 0
    outcomes = [outcome for outcome, _lost in found]
    report("accept against cancel", outcomes, before)
    # Cancelled first, nobody takes it; taken first, the visit is cancelled where it stands now.
    assert {outcome.winners for outcome in outcomes} <= {1, 2}
    assert [lost for _outcome, lost in found] == [0] * ROUNDS
    assert all(isinstance(error, BookingError) for outcome in outcomes for error in outcome.errors)
    assert deadlocks() == before


def test_control_without_guards_a_cancellation_or_an_answer_is_written_over(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting_list = List(rooms=2)
    without_guards(monkeypatch)
    with without_constraints():
        assert any(lost for _outcome, lost in (against_cancel(waiting_list, n) for n in range(CONTROL_ROUNDS)))


def test_sweeps_at_one_moment_offer_on_once() -> None:
    waiting_list, before = List(), deadlocks()
    outcomes = []
    for _round in range(ROUNDS):
        OfferRound.objects.filter(ended_at=None).update(ended_at=MONDAY, ended_as="stopped")
        Offer.objects.filter(state="open").update(state="lapsed", ended_at=MONDAY)
        WaitingEntry.objects.active().update(status="withdrawn", ended_at=MONDAY)
        entries = talkers(waiting_list, 3)
        waiting_list.offer(entries[0])
        outcomes.append(race([partial(advance, MONDAY + timedelta(minutes=30)) for _ in range(RACERS)]))
        held = OfferRound.objects.get(ended_at=None)
        assert held.offers.count() == 2
    report("sweeps of one round", outcomes, before)
    assert all(sum(done.offered for done in outcome.results) == 1 for outcome in outcomes)
    assert deadlocks() == before


def test_control_without_the_lock_of_the_round_a_sweep_meets_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without SKIP LOCKED the unique rules still hold; what they refuse is an error of the database."""
    waiting_list = List()
    entries = talkers(waiting_list, 3)
    waiting_list.offer(entries[0])
    monkeypatch.setattr(offer_sweep, "claimed", lambda key: OfferRound.objects.filter(pk=key).first())
    for module in (offer_sweep, offering):
        monkeypatch.setattr(module, "compare_and_set", write_over, raising=False)
    outcome = race([partial(advance, MONDAY + timedelta(minutes=30)) for _ in range(RACERS)])
    assert any("offer_one" in str(error) for error in outcome.errors)
    assert OfferRound.objects.get().offers.filter(state="open").count() == 1
