"""A clinician is away: what the plan may contain, that the book takes it as it is, and what it refuses."""

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from time import process_time

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from clinic.lib.operations import OperationReused
from clinic.models import Clinician, Operation, Role, Room, User
from patients.models import Channel, Message
from scheduling.away_rows import LEFT_OUT, LOCKED, Kept, read_rows, score_of
from scheduling.models import Absence, Appointment, AwayPlan, AwayState
from scheduling.planning.freetime import to_epoch
from scheduling.services.appointments import cancel_appointment
from scheduling.services.away import look, look_again, start_plan, stop_looking
from scheduling.services.away_apply import apply_plan
from scheduling.services.away_by_hand import choice_of, leave_out, pin_row, step_row, take_place
from scheduling.services.errors import AwayRefused, UndoRefused
from scheduling.services.undo import undo_operation
from tests import factory
from tests.figures import say
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take
from treatments.models import Area, Session

pytestmark = pytest.mark.django_db
WED, THU, FRI = date(2026, 12, 2), date(2026, 12, 3), date(2026, 12, 4)


@pytest.fixture
def desk(db: None) -> User:
    return factory.make_user(Role.FRONT_DESK)


def planned(who: Clinician, desk: User, first: date = WED, last: date = WED) -> AwayPlan:
    """Return the plan for whole days of absence, looked for to the end, however busy the machine is."""
    plan = start_plan(
        clinician_id=who.pk,
        since=factory.at(first, "00:00"),
        until=factory.at(last + timedelta(days=1), "00:00"),
        actor=desk,
        now=MONDAY,
    )
    assert look(plan_id=plan.pk, now=MONDAY, limit=120)
    plan.refresh_from_db()
    return plan


def apply(plan: AwayPlan, desk: User, *, key: uuid.UUID | None = None, note: bool = False) -> Operation:
    plan.refresh_from_db()
    return apply_plan(
        key=key or uuid.uuid4(), plan_id=plan.pk, version=plan.version, note_absence=note, actor=desk, now=MONDAY
    )


def rows(plan: AwayPlan) -> list[Kept]:
    plan.refresh_from_db()
    return read_rows(plan.rows)


def sessions(who: Clinician, room: Room, *days: date, wall: str = "10:00") -> list[Appointment]:
    """Book sessions of a new course of 45 minutes on these days, past all services."""
    plan = factory.make_plan(clinician=who)
    found = []
    for number, day in enumerate(days, 1):
        session = Session.objects.get(plan=plan, number=number)
        found.append(take(who, room, day, wall, 45, patient=plan.patient, session=session))
        Session.objects.filter(pk=session.pk).update(state="booked")
    return found


def test_everybody_keeps_their_time_when_someone_else_is_free(
    moira: Clinician, anika: Clinician, rooms: list[Room], desk: User
) -> None:
    take(moira, rooms[0], WED, "10:00", 45)
    take(moira, rooms[0], WED, "11:00", 45)
    plan = planned(moira, desk)
    assert plan.state == AwayState.FOUND and plan.is_least and plan.is_best
    assert [(row.keeps_time, row.who) for row in rows(plan)] == [(True, anika.pk)] * 2
    assert tuple(score_of(rows(plan))) == (0, 0, 0, 0, 2)


def test_planning_changes_nothing_in_the_book(
    moira: Clinician, anika: Clinician, rooms: list[Room], desk: User
) -> None:
    visit = take(moira, rooms[0], WED, "10:00", 45)
    before = Appointment.objects.values().get(pk=visit.pk)
    plan = planned(moira, desk)
    look_again(plan_id=plan.pk, other_days=False, same_person_first=True)
    look(plan_id=plan.pk, now=MONDAY)
    assert Appointment.objects.values().get(pk=visit.pk) == before
    assert not Message.objects.exists() and not Absence.objects.exists()


def test_together_fewer_move_than_one_by_one(moira: Clinician, anika: Clinician, rooms: list[Room], desk: User) -> None:
    """Anika is free from 10:00 to 11:15: the first visit of an hour and a quarter would cost two others their time."""
    take(anika, rooms[1], WED, "08:00", 120)
    take(anika, rooms[1], WED, "11:15", 400)
    take(moira, rooms[0], WED, "10:00", 75)
    take(moira, rooms[0], WED, "11:15", 15)
    plan = planned(moira, desk)
    assert plan.one_by_one[:2] == [0, 1] and plan.history[-1][1:3] == plan.history[-1][3:5]
    assert score_of(rows(plan)).moves == 1


def test_the_window_holds_on_both_sides_and_who_does_not_fit_is_left_over(
    moira: Clinician, anika: Clinician, rooms: list[Room], desk: User
) -> None:
    """Sessions a week apart to both sides, at least 7 days: the one between has its own day alone."""
    visits = sessions(moira, rooms[0], WED - timedelta(days=7), WED, WED + timedelta(days=7))
    take(anika, rooms[1], WED, "08:00", 600)
    plan = planned(moira, desk)
    (row,) = rows(plan)
    assert row.visit == visits[1].pk and row.is_left and plan.is_best
    assert row.earliest == row.latest == WED.toordinal()


def test_a_session_with_room_in_its_window_goes_to_another_day_within_it(
    moira: Clinician, anika: Clinician, rooms: list[Room], desk: User
) -> None:
    sessions(moira, rooms[0], WED - timedelta(days=8), WED, WED + timedelta(days=10))
    take(anika, rooms[1], WED, "08:00", 600)
    plan = planned(moira, desk)
    (row,) = rows(plan)
    assert row.minutes == 0 and row.day in (WED.toordinal() - 1, THU.toordinal())
    assert (date.fromordinal(row.earliest or 0), date.fromordinal(row.latest or 0)) == (
        WED - timedelta(days=1),
        WED + timedelta(days=3),
    )


def test_only_named_clinicians_take_a_restricted_area(
    moira: Clinician, anika: Clinician, rooms: list[Room], desk: User
) -> None:
    (visit,) = sessions(moira, rooms[0], WED)
    assert visit.session is not None
    area = visit.session.plan.areas.get().area
    Area.objects.filter(pk=area.pk).update(restricted=True)
    area.clinicians.set([moira])
    plan = planned(moira, desk)
    (row,) = rows(plan)
    assert row.who == moira.pk and row.days_off > 0


def test_two_sessions_of_one_course_in_one_absence_keep_their_days_apart(
    moira: Clinician, rooms: list[Room], desk: User
) -> None:
    Clinician.objects.exclude(pk=moira.pk).update(is_active=False)
    sessions(moira, rooms[0], WED, WED + timedelta(days=7), WED + timedelta(days=14))
    plan = planned(moira, desk, WED, WED + timedelta(days=7))
    moved = rows(plan)
    fixed = (WED + timedelta(days=14)).toordinal()
    days = [row.day for row in moved if not row.is_left]
    assert all(abs(day - other) >= 7 for day in days for other in [*days, fixed] if day != other)
    apply(plan, desk)


def test_apply_moves_all_in_one_act_and_one_undo_brings_all_back(
    moira: Clinician, anika: Clinician, rooms: list[Room], desk: User
) -> None:
    visits = [take(moira, rooms[0], WED, f"{hour:02d}:00", 45) for hour in (10, 11, 12)]
    take(anika, rooms[1], WED, "11:00", 45)
    before = list(Appointment.objects.order_by("pk").values_list("pk", "starts_at", "clinician", "room"))
    plan = planned(moira, desk)
    operation = apply(plan, desk, note=True)
    assert operation.result["moved"] == 1 and operation.result["kept_time"] == 2
    assert not Appointment.objects.filter(
        pk__in=[visit.pk for visit in visits], clinician=moira, wall_date=WED
    ).exists()
    assert Absence.objects.get().clinician_id == moira.pk
    plan.refresh_from_db()
    assert plan.state == AwayState.APPLIED and plan.operation_id == operation.pk
    undo_operation(key=uuid.uuid4(), operation_id=operation.pk, actor=desk, now=MONDAY)
    assert list(Appointment.objects.order_by("pk").values_list("pk", "starts_at", "clinician", "room")) == before
    assert not Absence.objects.exists()


def test_an_absence_that_was_changed_since_keeps_the_undo_away(
    moira: Clinician, anika: Clinician, rooms: list[Room], desk: User
) -> None:
    visit = take(moira, rooms[0], WED, "10:00", 45)
    operation = apply(planned(moira, desk), desk, note=True)
    Absence.objects.update(reason="Flu")
    with pytest.raises(UndoRefused, match="absence was changed"):
        undo_operation(key=uuid.uuid4(), operation_id=operation.pk, actor=desk, now=MONDAY)
    visit.refresh_from_db()
    assert visit.clinician_id == anika.pk


def test_a_double_click_applies_once(moira: Clinician, anika: Clinician, rooms: list[Room], desk: User) -> None:
    take(moira, rooms[0], WED, "10:00", 45)
    plan, key = planned(moira, desk), uuid.uuid4()
    version = plan.version
    first = apply(plan, desk, key=key)
    again = apply_plan(key=key, plan_id=plan.pk, version=version, note_absence=False, actor=desk, now=MONDAY)
    assert again.pk == first.pk and Operation.objects.filter(kind="apply_away_plan").count() == 1
    with pytest.raises(OperationReused):
        apply_plan(key=key, plan_id=plan.pk, version=version, note_absence=True, actor=desk, now=MONDAY)
    with pytest.raises(AwayRefused, match="changed meanwhile"):
        apply(plan, desk)


def test_one_mail_each_for_those_whose_time_changes_and_the_call_list_for_the_rest(
    moira: Clinician, anika: Clinician, rooms: list[Room], desk: User
) -> None:
    take(anika, rooms[1], WED, "08:00", 600)
    mailed, called = factory.make_patient(), factory.make_patient(email="")
    for n, patient in enumerate((mailed, called)):
        take(moira, rooms[0], WED, f"{10 + n}:00", 45, patient=patient)
    apply(planned(moira, desk), desk)
    told = Message.objects.exclude(kind__startswith="reminder").values_list("patient", "channel")
    assert sorted(told) == sorted([(mailed.pk, Channel.EMAIL), (called.pk, Channel.PHONE)])


def test_what_was_taken_meanwhile_refuses_the_whole_and_names_it(
    moira: Clinician, anika: Clinician, rooms: list[Room], desk: User
) -> None:
    helga, irene = factory.make_patient(first_name="Helga"), factory.make_patient(first_name="Irene")
    first = take(moira, rooms[0], WED, "10:00", 45, patient=helga)
    take(moira, rooms[0], WED, "11:00", 45, patient=irene)
    plan = planned(moira, desk)
    taker = take(anika, rooms[1], WED, "11:15", 30)
    before = list(Appointment.objects.order_by("pk").values())
    with pytest.raises(AwayRefused) as refused:
        apply(plan, desk)
    assert irene.full_name in refused.value.sentence and helga.full_name not in refused.value.sentence
    assert list(Appointment.objects.order_by("pk").values()) == before
    assert not Operation.objects.filter(kind="apply_away_plan").exists()
    assert [row.gone for row in rows(plan)] == [False, True]

    look_again(plan_id=plan.pk, other_days=True, same_person_first=False, only=refused.value.visits)
    look(plan_id=plan.pk, now=MONDAY)
    kept, changed = rows(plan)
    assert kept.visit == first.pk and kept.keeps_time and kept.pinned == LOCKED
    assert not changed.keeps_time and not changed.is_left and not changed.gone
    apply(plan, desk)
    assert Appointment.objects.get(pk=taker.pk).starts_at == taker.starts_at


def test_a_visit_that_was_cancelled_meanwhile_refuses_the_whole(
    moira: Clinician, anika: Clinician, rooms: list[Room], desk: User
) -> None:
    visit, other = (take(moira, rooms[0], WED, f"{hour}:00", 45) for hour in (10, 11))
    plan = planned(moira, desk)
    cancel_appointment(key=uuid.uuid4(), appointment_id=visit.pk, reason="Ill", actor=desk, now=MONDAY)
    with pytest.raises(AwayRefused, match=visit.patient.full_name):
        apply(plan, desk)
    other.refresh_from_db()
    assert other.clinician_id == moira.pk
    look_again(plan_id=plan.pk, other_days=True, same_person_first=False)
    look(plan_id=plan.pk, now=MONDAY)
    assert [row.visit for row in rows(plan)] == [other.pk]


def test_nothing_to_plan_and_a_span_that_is_over_are_refused(moira: Clinician, desk: User) -> None:
    for first, words in ((WED, "No visit stands"), (date(2026, 11, 20), "over already")):
        with pytest.raises(AwayRefused, match=words):
            planned(moira, desk, first, first)
    assert not AwayPlan.objects.exists()


def test_the_desk_steps_picks_locks_and_leaves_out_and_a_new_search_keeps_that(
    moira: Clinician, anika: Clinician, rooms: list[Room], desk: User
) -> None:
    visits = [take(moira, rooms[0], WED, f"{hour}:00", 45) for hour in (10, 11, 12)]
    plan = planned(moira, desk)

    def by_hand(act: Callable[..., None], at: int, **asked: object) -> None:
        plan.refresh_from_db()
        act(plan_id=plan.pk, version=plan.version, visit_id=visits[at].pk, **asked)

    by_hand(step_row, 0, step=-1, now=MONDAY)
    assert rows(plan)[0].to == rows(plan)[0].was - 900 and rows(plan)[0].pinned == LOCKED
    choice = choice_of(plan, visits[1].pk, MONDAY)
    wanted = choice.places[-1]
    by_hand(take_place, 1, start=wanted.start, clinician_id=wanted.clinician_id, now=MONDAY)
    assert rows(plan)[1].to == wanted.start
    by_hand(leave_out, 2)
    assert rows(plan)[2].is_left and rows(plan)[2].pinned == LEFT_OUT
    before = [(row.to, row.who) for row in rows(plan)]
    look_again(plan_id=plan.pk, other_days=True, same_person_first=False)
    look(plan_id=plan.pk, now=MONDAY)
    assert [(row.to, row.who) for row in rows(plan)] == before
    by_hand(pin_row, 0, locked=False)
    look_again(plan_id=plan.pk, other_days=True, same_person_first=False)
    look(plan_id=plan.pk, now=MONDAY)
    assert rows(plan)[0].keeps_time
    with pytest.raises(AwayRefused, match="changed meanwhile"):
        leave_out(plan_id=plan.pk, version=plan.version - 1, visit_id=visits[0].pk)
    apply(plan, desk)
    visits[2].refresh_from_db()
    assert visits[2].clinician_id == moira.pk


def test_a_lock_whose_time_was_taken_is_let_go_and_no_longer_shown(
    moira: Clinician, anika: Clinician, rooms: list[Room], desk: User
) -> None:
    visit = take(moira, rooms[0], WED, "10:00", 45)
    plan = planned(moira, desk)
    step_row(plan_id=plan.pk, version=plan.version, visit_id=visit.pk, step=1, now=MONDAY)
    assert rows(plan)[0].pinned == LOCKED
    take(anika, rooms[1], WED, "10:45", 45)
    look_again(plan_id=plan.pk, other_days=True, same_person_first=False)
    look(plan_id=plan.pk, now=MONDAY)
    assert rows(plan)[0].keeps_time and not rows(plan)[0].pinned


def test_the_switches_change_what_is_best(moira: Clinician, anika: Clinician, rooms: list[Room], desk: User) -> None:
    take(moira, rooms[0], WED, "10:00", 45)
    plan = planned(moira, desk)
    look_again(plan_id=plan.pk, other_days=True, same_person_first=True)
    look(plan_id=plan.pk, now=MONDAY)
    (row,) = rows(plan)
    assert row.who == moira.pk and row.days_off == 1 and row.minutes == 0
    Appointment.objects.filter(pk=row.visit).update(starts_at=factory.at(WED, "10:00"))
    take(anika, rooms[1], WED, "08:00", 600)
    look_again(plan_id=plan.pk, other_days=False, same_person_first=False)
    look(plan_id=plan.pk, now=MONDAY)
    assert rows(plan)[0].is_left


def test_a_search_that_was_stopped_or_is_over_does_not_begin_again(
    moira: Clinician, anika: Clinician, rooms: list[Room], desk: User
) -> None:
    take(moira, rooms[0], WED, "10:00", 45)
    plan = start_plan(
        clinician_id=moira.pk, since=factory.at(WED, "00:00"), until=factory.at(THU, "00:00"), actor=desk, now=MONDAY
    )
    stop_looking(plan_id=plan.pk)
    assert not look(plan_id=plan.pk, now=MONDAY)
    plan.refresh_from_db()
    assert plan.state == AwayState.STOPPED and not plan.is_least
    assert rows(plan)[0].who == anika.pk


def test_a_search_that_died_is_taken_up_again_after_its_lease(
    moira: Clinician, anika: Clinician, rooms: list[Room], desk: User
) -> None:
    take(moira, rooms[0], WED, "10:00", 45)
    plan = start_plan(
        clinician_id=moira.pk, since=factory.at(WED, "00:00"), until=factory.at(THU, "00:00"), actor=desk, now=MONDAY
    )
    AwayPlan.objects.update(looking_since=MONDAY - timedelta(seconds=5))
    assert not look(plan_id=plan.pk, now=MONDAY)
    assert look(plan_id=plan.pk, now=MONDAY + timedelta(minutes=1))


slots = st.lists(st.tuples(st.integers(0, 2), st.integers(8, 16)), min_size=1, max_size=6, unique=True)
# Second visits of courses stand after the days away, each on a day of its own: two may have one hour.
gaps = st.lists(st.integers(5, 16), min_size=6, max_size=6, unique=True)
busy = st.lists(st.tuples(st.integers(0, 2), st.sampled_from([45, 105, 480])), max_size=3, unique_by=lambda one: one[0])


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], phases=[Phase.generate]
)
@given(mine=slots, gaps=gaps, theirs=busy, courses=st.integers(0, 3))
def test_whatever_is_planned_the_book_takes_as_it_is(
    moira: Clinician,
    anika: Clinician,
    rooms: list[Room],
    desk: User,
    mine: list[tuple[int, int]],
    gaps: list[int],
    theirs: list[tuple[int, int]],
    courses: int,
) -> None:
    """The judge of the planner is the one that applies: it may refuse no plan, and nobody else is touched."""
    Appointment.objects.all().delete()
    for n, (day, hour) in enumerate(sorted(mine)):
        on, wall = WED + timedelta(days=day), f"{hour:02d}:00"
        if n < courses:
            sessions(moira, rooms[0], on, FRI + timedelta(days=gaps[n]), wall=f"{hour:02d}:00")
        else:
            take(moira, rooms[0], on, wall, 45)
    for day, minutes in theirs:
        take(anika, rooms[1], WED + timedelta(days=day), "08:30", minutes)
    plan = planned(moira, desk, WED, FRI)
    moving = {row.visit: row for row in rows(plan) if not row.is_left}
    others = list(Appointment.objects.exclude(pk__in=moving).order_by("pk").values())
    assert plan.is_best
    if moving:
        apply(plan, desk)
    for visit in Appointment.objects.filter(pk__in=moving):
        row = moving[visit.pk]
        assert (to_epoch(visit.starts_at), visit.clinician_id, visit.room_id) == (row.to, row.who, row.room)
        assert not visit.early_reason and (row.days_off == 0 or not visit.late_reason)
    assert list(Appointment.objects.exclude(pk__in=moving).order_by("pk").values()) == others


def test_forty_visits_of_a_real_book_within_ten_seconds(rooms: list[Room], desk: User, moira: Clinician) -> None:
    people = [moira, *Clinician.objects.exclude(pk=moira.pk), *(factory.make_clinician(f"C{n}") for n in range(3))]
    more = [*rooms, *(factory.make_room(f"Room {n}") for n in range(3, 6))]
    for day in (WED + timedelta(days=n) for n in (0, 1, 2, 5, 6)):
        for n in range(8):
            take(moira, more[0], day, f"{8 + n:02d}:00", 45)
        for at, who in enumerate(people[1:], 1):
            for n in range(0, 8, 2):
                take(who, more[at], day, f"{8 + n + at % 2:02d}:{15 * (at % 3):02d}", 45)
    began = process_time()
    plan = planned(moira, desk, WED, WED + timedelta(days=6))
    seconds = process_time() - began
    found, one_by_one = score_of(rows(plan)), plan.one_by_one
    say(
        f"away: {len(rows(plan))} visits planned in {seconds:.2f} s of the processor; "
        f"{one_by_one} one by one, {list(found)} together"
    )
    assert len(rows(plan)) == 40 and plan.is_best
    assert list(found) <= one_by_one
    began = process_time()
    apply(plan, desk)
    say(f"away: applied in {process_time() - began:.2f} s of the processor")
