"""Hours, absences and closures: what they change, which visits they hit, and that nothing of the past is rewritten."""

import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.lib.operations import OperationReused
from clinic.models import Clinician, Operation, Room
from scheduling.models import Absence, Closure, HoursChange, HoursKind, WeeklyHours
from scheduling.planning import planner
from scheduling.planning.freetime import Visit, read
from scheduling.planning.outside import outside_hours
from scheduling.planning.types import Mark, Slot
from scheduling.planning.workday import Hours, without
from scheduling.services import hours
from scheduling.services.errors import HoursRefused, UndoRefused, WouldHit
from scheduling.services.hours_rules import WeekSpan
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import choose, take
from treatments.models import TreatmentPlan

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)
TUESDAY = date(2026, 12, 1)
ZONE = factory.ST_JOHNS
NINE_TO_FIVE = [WeekSpan(day, time(9), time(17)) for day in range(5)]


def do(act: Any, **fields: Any) -> Operation:
    done: Operation = act(**{"key": uuid.uuid4(), "actor": None, "now": MONDAY} | fields)
    return done


def undo(done: Operation) -> Operation:
    return do(hours.undo_hours, operation_id=done.pk)


def outside() -> set[int]:
    return outside_hours(now=MONDAY, zone=ZONE)


def rows_of(clinician: Clinician) -> set[tuple[Any, ...]]:
    return set(
        WeeklyHours.objects.filter(clinician=clinician).values_list(
            "pk", "kind", "weekday", "starts", "ends", "valid_from", "valid_until"
        )
    )


# --- Weekly hours ---


def test_new_hours_close_the_old_ones_the_day_before(moira: Clinician, anika: Clinician) -> None:
    others = rows_of(anika)
    do(hours.set_weekly_hours, clinician_id=moira.pk, valid_from=date(2026, 12, 7), spans=NINE_TO_FIVE)
    rows = WeeklyHours.objects.filter(clinician=moira)
    old, new = rows.filter(starts=time(8)), rows.filter(starts=time(9))
    assert {row.valid_until for row in old} == {date(2026, 12, 6)}
    assert {(row.valid_from, row.valid_until) for row in new} == {(date(2026, 12, 7), None)}
    assert (old.count(), new.count()) == (5, 5)
    assert rows_of(anika) == others


def test_hours_planned_for_later_are_replaced_and_past_ones_stay(moira: Clinician) -> None:
    WeeklyHours.objects.filter(clinician=moira).update(valid_until=date(2026, 6, 30))
    past = rows_of(moira)
    factory.give_hours(moira, 0, "10:00", "12:00", valid_from=date(2026, 7, 1), valid_until=date(2026, 12, 31))
    factory.give_hours(moira, 0, "10:00", "14:00", valid_from=date(2027, 1, 1))
    do(hours.set_weekly_hours, clinician_id=moira.pk, valid_from=date(2026, 12, 7), spans=NINE_TO_FIVE[:1])
    found = rows_of(moira)
    assert past <= found
    assert {row[-2:] for row in found - past} == {
        (date(2026, 7, 1), date(2026, 12, 6)),
        (date(2026, 12, 7), None),
    }


def test_nothing_of_the_past_is_rewritten(moira: Clinician) -> None:
    before = rows_of(moira)
    with pytest.raises(HoursRefused, match="past hours stay as they were"):
        do(hours.set_weekly_hours, clinician_id=moira.pk, valid_from=date(2026, 11, 22), spans=NINE_TO_FIVE)
    assert rows_of(moira) == before
    assert not Operation.objects.exists()


@pytest.mark.parametrize(
    ("spans", "why"),
    [
        ([WeekSpan(0, time(9), time(12)), WeekSpan(0, time(11), time(17))], "The hours of a day overlap"),
        ([WeekSpan(0, time(12), time(9))], "end before they begin"),
        ([WeekSpan(0, time(9), time(12)), WeekSpan(0, time(12), time(13), HoursKind.BREAK)], "A break lies outside"),
        ([WeekSpan(0, time(12), time(13), HoursKind.BREAK)], "A break lies outside"),
    ],
)
def test_hours_that_cannot_be_are_refused(moira: Clinician, spans: list[WeekSpan], why: str) -> None:
    with pytest.raises(HoursRefused, match=why):
        do(hours.set_weekly_hours, clinician_id=moira.pk, valid_from=TUESDAY, spans=spans)


SPANS = st.lists(
    st.builds(
        WeekSpan,
        weekday=st.integers(0, 6),
        starts=st.integers(0, 46).map(lambda half: time(half // 2, half % 2 * 30)),
        ends=st.integers(1, 47).map(lambda half: time(half // 2, half % 2 * 30)),
        kind=st.sampled_from(list(HoursKind)),
    ),
    max_size=6,
)
STEPS = st.lists(st.tuples(st.integers(0, 40), SPANS, st.booleans()), min_size=1, max_size=6)


@given(steps=STEPS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_weekly_hours_never_overlap_whatever_is_saved_in_whatever_order(moira: Clinician, steps: list[Any]) -> None:
    """Saved from any day in any order, with some acts undone; the rows of the past come out as they went in."""
    with transaction.atomic():
        now = MONDAY
        for days, spans, take_back in steps:
            past = {row for row in rows_of(moira) if row[-1] is not None and row[-1] < factory.local_day(now)}
            try:
                done = do(
                    hours.set_weekly_hours,
                    clinician_id=moira.pk,
                    valid_from=factory.local_day(now) + timedelta(days=days),
                    spans=spans,
                    now=now,
                )
            except HoursRefused:
                continue
            assert past <= rows_of(moira)
            if take_back:
                undo(done)
            assert_no_overlap(moira)
            now += timedelta(days=3)
        transaction.set_rollback(True)


def assert_no_overlap(clinician: Clinician) -> None:
    rows = list(WeeklyHours.objects.filter(clinician=clinician))
    for n, one in enumerate(rows):
        for other in rows[n + 1 :]:
            same = one.kind == other.kind and one.weekday == other.weekday
            valid = one.valid_from <= (other.valid_until or date.max) and other.valid_from <= (
                one.valid_until or date.max
            )
            assert not (same and valid and one.starts < other.ends and other.starts < one.ends), (one, other)


# --- Which visits are hit ---


def test_a_change_that_hits_visits_saves_nothing_until_they_were_listed(moira: Clinician, rooms: list[Room]) -> None:
    hit = take(moira, rooms[0], TUESDAY, "08:30", 30)
    take(moira, rooms[0], TUESDAY, "09:00", 30)
    before = rows_of(moira)
    key = uuid.uuid4()
    asked = {"key": key, "clinician_id": moira.pk, "valid_from": TODAY, "spans": NINE_TO_FIVE}
    with pytest.raises(WouldHit) as refused:
        do(hours.set_weekly_hours, **asked)
    assert refused.value.visits == [hit.pk]
    assert rows_of(moira) == before
    assert not Operation.objects.exists()
    done = do(hours.set_weekly_hours, **asked, listed=[hit.pk])
    assert do(hours.set_weekly_hours, **asked, listed=[hit.pk]) == done
    assert WeeklyHours.objects.filter(clinician=moira, valid_from=TODAY).count() == 5
    assert outside() == {hit.pk}
    with pytest.raises(OperationReused):
        do(hours.set_weekly_hours, **(asked | {"spans": NINE_TO_FIVE[:1]}))


def test_a_list_that_grew_is_shown_again_and_one_that_shrank_is_not(moira: Clinician, rooms: list[Room]) -> None:
    first = take(moira, rooms[0], TUESDAY, "09:00", 30)
    second = take(moira, rooms[0], TUESDAY, "10:00", 30)
    asked = {"clinician_id": moira.pk, "on": TUESDAY, "spans": []}
    with pytest.raises(WouldHit) as refused:
        do(hours.change_day, **asked, listed=[first.pk])
    assert refused.value.visits == [first.pk, second.pk]
    first.status = "cancelled"
    first.save()
    do(hours.change_day, **asked, listed=[first.pk, second.pk])
    assert outside() == {second.pk}


def test_visits_outside_before_are_not_counted_against_a_change(moira: Clinician, rooms: list[Room]) -> None:
    late = take(moira, rooms[0], TUESDAY, "19:00", 30)
    done = do(
        hours.change_day, clinician_id=moira.pk, on=TUESDAY, spans=[(time(8), time(17)), (time(17, 30), time(18))]
    )
    assert done.result["hit"] == 0
    assert outside() == {late.pk}


@pytest.mark.parametrize(
    ("wall", "minutes", "is_outside"),
    [
        ("07:45", 30, True),
        ("08:00", 30, False),
        ("12:00", 30, True),
        ("11:45", 16, True),
        ("11:45", 15, False),
        ("12:30", 30, False),
        ("17:45", 15, False),
        ("17:45", 16, True),
    ],
)
def test_a_minute_outside_work_or_in_a_break_is_outside(
    moira: Clinician, rooms: list[Room], wall: str, minutes: int, is_outside: bool
) -> None:
    factory.give_hours(moira, 1, "12:00", "12:30", kind=HoursKind.BREAK)
    visit = take(moira, rooms[0], TUESDAY, wall, minutes)
    assert outside() == ({visit.pk} if is_outside else set())


def test_only_visits_ahead_that_wait_for_their_clinician_count(moira: Clinician, rooms: list[Room]) -> None:
    sunday = date(2026, 12, 6)
    states = ["booked", "confirmed", "arrived", "in_treatment", "completed", "no_show", "cancelled", "undone"]
    made = [take(moira, rooms[0], sunday, f"{9 + n:02d}:00", 30, status=status) for n, status in enumerate(states)]
    take(moira, rooms[0], date(2026, 11, 22), "10:00", 30)
    assert outside() == {visit.pk for visit in made[:3]}


# --- One day, absences, closures ---


def test_a_day_of_its_own_is_kept_by_the_planner_with_its_day_in_words(plan: TreatmentPlan, moira: Clinician) -> None:
    eighth = date(2026, 12, 8)
    do(hours.change_day, clinician_id=moira.pk, on=eighth, spans=[(time(9), time(12))], note="School concert")
    choices = choose(moira, else_anyone=False, count=1)
    line = planner.judge(plan, choices, [Slot(factory.at(eighth, "14:00"), moira.pk)], MONDAY).lines[0]
    assert [finding.sentence for finding in line.findings] == ["Moira works 09:00 – 12:00 on Tue 8 Dec"]
    assert (
        planner.judge(plan, choices, [Slot(factory.at(eighth, "10:00"), moira.pk)], MONDAY).lines[0].mark == Mark.FREE
    )
    do(hours.change_day, clinician_id=moira.pk, on=eighth, spans=[])
    assert list(HoursChange.objects.values_list("starts", "note")) == [(None, "")]
    do(hours.remove_change, clinician_id=moira.pk, on=eighth)
    assert (
        planner.judge(plan, choices, [Slot(factory.at(eighth, "14:00"), moira.pk)], MONDAY).lines[0].mark == Mark.FREE
    )


def test_an_extra_day_and_its_end_are_seen(moira: Clinician, rooms: list[Room]) -> None:
    saturday = date(2026, 12, 5)
    do(hours.change_day, clinician_id=moira.pk, on=saturday, spans=[(time(9), time(12))])
    visit = take(moira, rooms[0], saturday, "09:00", 30)
    assert not outside()
    with pytest.raises(WouldHit):
        do(hours.remove_change, clinician_id=moira.pk, on=saturday)
    do(hours.remove_change, clinician_id=moira.pk, on=saturday, listed=[visit.pk])
    assert outside() == {visit.pk}
    with pytest.raises(HoursRefused, match="no hours of its own"):
        do(hours.remove_change, clinician_id=moira.pk, on=saturday)


@pytest.mark.parametrize(
    ("day", "wall", "why"),
    [(date(2027, 3, 14), time(2, 30), "The clocks skip 02:30"), (date(2027, 11, 7), time(1, 30), "show 01:30 twice")],
)
def test_times_that_the_clocks_skip_or_show_twice_are_refused(
    moira: Clinician, day: date, wall: time, why: str
) -> None:
    with pytest.raises(HoursRefused, match=why):
        do(hours.change_day, clinician_id=moira.pk, on=day, spans=[(wall, time(9))])


def test_an_absence_hits_what_lies_in_it_and_says_which_one_it_overlaps(moira: Clinician, rooms: list[Room]) -> None:
    before = take(moira, rooms[0], TUESDAY, "09:00", 60)
    inside = take(moira, rooms[0], TUESDAY, "10:00", 60)
    span = {"starts_at": factory.at(TUESDAY, "10:00"), "ends_at": factory.at(TUESDAY, "12:00")}
    with pytest.raises(WouldHit) as refused:
        do(hours.add_absence, clinician_id=moira.pk, **span)
    assert refused.value.visits == [inside.pk]
    do(hours.add_absence, clinician_id=moira.pk, **span, listed=[inside.pk], reason="Course")
    assert outside() == {inside.pk} and before.pk not in outside()
    with pytest.raises(HoursRefused, match=r"Moira is away from Tue 1 Dec to Tue 1 Dec already\. Nothing was saved\."):
        do(
            hours.add_absence,
            clinician_id=moira.pk,
            starts_at=factory.at(TUESDAY, "11:00"),
            ends_at=factory.at(TUESDAY, "13:00"),
        )
    do(
        hours.add_absence,
        clinician_id=moira.pk,
        starts_at=factory.at(TUESDAY, "12:00"),
        ends_at=factory.at(TUESDAY, "13:00"),
    )


def test_the_constraint_says_it_in_words_too(moira: Clinician, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hours, "not_twice", lambda *_: None)
    span = {"starts_at": factory.at(TUESDAY, "10:00"), "ends_at": factory.at(TUESDAY, "12:00")}
    do(hours.add_absence, clinician_id=moira.pk, **span)
    with pytest.raises(
        HoursRefused, match=r"This absence overlaps another one of the same clinician\. Nothing was saved\."
    ):
        do(hours.add_absence, clinician_id=moira.pk, **span)


@pytest.mark.parametrize(
    ("starts", "ends", "why"),
    [("12:00", "12:00", "ends before it begins"), ("12:00", "10:00", "ends before it begins")],
)
def test_an_absence_in_no_order_is_refused(moira: Clinician, starts: str, ends: str, why: str) -> None:
    with pytest.raises(HoursRefused, match=why):
        do(
            hours.add_absence,
            clinician_id=moira.pk,
            starts_at=factory.at(TUESDAY, starts),
            ends_at=factory.at(TUESDAY, ends),
        )


def test_an_absence_that_is_over_is_refused_and_one_that_runs_ends_now(moira: Clinician) -> None:
    with pytest.raises(HoursRefused, match="over already"):
        do(
            hours.add_absence,
            clinician_id=moira.pk,
            starts_at=MONDAY - timedelta(days=2),
            ends_at=MONDAY - timedelta(days=1),
        )
    do(
        hours.add_absence,
        clinician_id=moira.pk,
        starts_at=MONDAY - timedelta(hours=2),
        ends_at=MONDAY + timedelta(days=1),
    )
    absence = Absence.objects.get()
    done = do(hours.remove_absence, absence_id=absence.pk)
    absence.refresh_from_db()
    assert absence.ends_at == MONDAY
    with pytest.raises(HoursRefused, match="was removed already"):
        do(hours.remove_absence, absence_id=absence.pk)
    undo(done)
    absence.refresh_from_db()
    assert absence.ends_at == MONDAY + timedelta(days=1)


def test_a_closure_hits_everybody_and_its_end_opens_the_clinic(
    moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    visits = [take(moira, rooms[0], TUESDAY, "09:00", 30), take(anika, rooms[1], TUESDAY, "09:00", 30)]
    asked = {"name": "Storm", "starts_on": TUESDAY, "ends_on": TUESDAY}
    with pytest.raises(WouldHit) as refused:
        do(hours.add_closure, **asked)
    assert refused.value.visits == [visit.pk for visit in visits]
    do(hours.add_closure, **asked, listed=refused.value.visits)
    assert outside() == {visit.pk for visit in visits}
    do(hours.remove_closure, closure_id=Closure.objects.get().pk)
    assert not outside() and not Closure.objects.exists()
    with pytest.raises(HoursRefused, match="last day lies before"):
        do(hours.add_closure, name="Storm", starts_on=TUESDAY, ends_on=TODAY)


def test_a_closure_that_runs_ends_yesterday(clinic: object) -> None:
    Closure.objects.create(name="Flood", starts_on=date(2026, 11, 20), ends_on=date(2026, 12, 2))
    do(hours.remove_closure, closure_id=Closure.objects.get().pk)
    assert Closure.objects.get().ends_on == date(2026, 11, 22)


# --- Undo ---


def test_every_act_can_be_taken_back_once(moira: Clinician) -> None:
    def state() -> list[Any]:
        models = (WeeklyHours, HoursChange, Absence, Closure)
        return [sorted(map(repr, model.objects.values())) for model in models]

    acts: list[tuple[Any, dict[str, Any]]] = [
        (hours.set_weekly_hours, {"clinician_id": moira.pk, "valid_from": TUESDAY, "spans": NINE_TO_FIVE}),
        (hours.change_day, {"clinician_id": moira.pk, "on": TUESDAY, "spans": [(time(9), time(10))]}),
        (hours.change_day, {"clinician_id": moira.pk, "on": TUESDAY, "spans": []}),
        (hours.remove_change, {"clinician_id": moira.pk, "on": TUESDAY}),
        (
            hours.add_absence,
            {
                "clinician_id": moira.pk,
                "starts_at": factory.at(TUESDAY, "10:00"),
                "ends_at": factory.at(TUESDAY, "12:00"),
            },
        ),
        (hours.add_closure, {"name": "Storm", "starts_on": TUESDAY, "ends_on": TUESDAY}),
    ]
    for act, fields in acts:
        before = state()
        done = do(act, **fields)
        assert state() != before
        undo(done)
        assert state() == before, act
        with pytest.raises(UndoRefused, match="undone already"):
            undo(done)
        do(act, **fields)
    for act, fields in [
        (hours.remove_absence, {"absence_id": Absence.objects.get().pk}),
        (hours.remove_closure, {"closure_id": Closure.objects.get().pk}),
    ]:
        before = state()
        undo(do(act, **fields))
        assert state() == before, act


def test_undo_refuses_what_was_changed_since(moira: Clinician) -> None:
    first = do(hours.set_weekly_hours, clinician_id=moira.pk, valid_from=TUESDAY, spans=NINE_TO_FIVE)
    do(hours.set_weekly_hours, clinician_id=moira.pk, valid_from=TUESDAY, spans=NINE_TO_FIVE[:2])
    before = rows_of(moira)
    with pytest.raises(UndoRefused, match=r"changed since\. Nothing was undone"):
        undo(first)
    assert rows_of(moira) == before


def test_undo_refuses_where_visits_were_booked_since(moira: Clinician, rooms: list[Room]) -> None:
    done = do(hours.change_day, clinician_id=moira.pk, on=date(2026, 12, 5), spans=[(time(9), time(12))])
    take(moira, rooms[0], date(2026, 12, 5), "09:00", 30)
    with pytest.raises(UndoRefused, match="1 visit was booked there since"):
        undo(done)
    assert HoursChange.objects.exists()
    with pytest.raises(UndoRefused, match="cannot be undone"):
        undo(Operation.objects.create(kind="none", actor="nobody", body_hash="", at=MONDAY))


# --- Clocks ---

CHANGES = [date(2027, 3, 14), date(2027, 11, 7)]


@given(
    day=st.sampled_from(CHANGES),
    starts=st.integers(0, 22),
    length=st.integers(1, 8),
    begins=st.integers(0, 23 * 4),
    minutes=st.sampled_from([15, 45, 90]),
)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_on_days_of_23_and_25_hours_what_is_free_is_never_outside(
    moira: Clinician, rooms: list[Room], day: date, starts: int, length: int, begins: int, minutes: int
) -> None:
    """Free time and the list of visits outside hours agree on both clock changes, wherever the hours lie."""
    with transaction.atomic():
        wall = time(starts, 30), time(min(starts + length, 23), 10)
        if wall[0] < wall[1]:
            WeeklyHours.objects.create(
                clinician=moira, weekday=6, starts=wall[0], ends=wall[1], valid_from=date(2020, 1, 1)
            )
        midnight = datetime.combine(day, time.min, tzinfo=ZONE).astimezone(UTC)
        start = midnight + timedelta(minutes=15 * begins)
        kind = rooms[0].kind_id
        visit = Visit(factory.make_patient().pk, minutes, 0, 0, kind, None)
        free = read(visit, first=day, last=day, clinicians=[moira.pk], zone=ZONE)
        is_free = free.clinician_free(moira.pk, int(start.timestamp()))
        booked = take(moira, rooms[0], day, "12:00", minutes)
        end = start + timedelta(minutes=minutes)
        type(booked).objects.filter(pk=booked.pk).update(arrives_at=start, starts_at=start, ends_at=end, frees_at=end)
        assert (booked.pk not in outside()) == is_free
        transaction.set_rollback(True)


# --- Who works on a day ---


@pytest.mark.parametrize(
    ("spans", "taken", "left"),
    [
        ([(8, 18)], [], [(8, 18)]),
        ([(8, 18)], [(10, 12)], [(8, 10), (12, 18)]),
        ([(8, 12), (13, 18)], [(11, 14)], [(8, 11), (14, 18)]),
        ([(8, 12)], [(12, 14)], [(8, 12)]),
        ([(8, 12)], [(7, 13)], []),
        ([(8, 18)], [(9, 10), (9, 11), (17, 20)], [(8, 9), (11, 17)]),
    ],
)
def test_what_is_left_of_a_day(spans: list[Any], taken: list[Any], left: list[Any]) -> None:
    def walls(pairs: list[Any]) -> list[Any]:
        return [(time(a), time(b)) for a, b in pairs]

    assert without(walls(spans), walls(taken)) == walls(left)


def test_a_day_is_what_the_day_itself_says_less_what_is_away(moira: Clinician) -> None:
    factory.give_hours(moira, 1, "12:00", "12:30", kind=HoursKind.BREAK)
    HoursChange.objects.create(clinician=moira, on=TUESDAY, starts=time(10), ends=time(16))
    Absence.objects.create(
        clinician=moira, starts_at=factory.at(TUESDAY, "14:00"), ends_at=factory.at(date(2026, 12, 3), "00:00")
    )
    Closure.objects.create(name="Storm", starts_on=date(2026, 12, 4), ends_on=date(2026, 12, 4))
    found = Hours.read(date(2026, 11, 30), date(2026, 12, 6), ZONE)
    tuesday = found.of(moira.pk, TUESDAY)
    assert tuesday.at_work == [(time(10), time(14))]
    assert tuesday.rests == [(time(12), time(12, 30))]
    assert found.of(moira.pk, date(2026, 12, 2)).is_gone
    assert found.of(moira.pk, date(2026, 12, 3)).at_work == [(time(8), time(18))]
    assert found.of(moira.pk, date(2026, 12, 4)).at_work == []
    assert not found.of(moira.pk, date(2026, 12, 5)).work
