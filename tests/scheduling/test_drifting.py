"""Courses that drift, in local days since the last completed session: a table, against a slow look in Python."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import Role
from scheduling.models import Appointment
from scheduling.planning.drifting import Board, Column, drifting
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take
from tests.scheduling.waiting import List
from treatments.models import TreatmentPlan

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)


@pytest.fixture
def waiting() -> List:
    return List()


def column(which: Column) -> Board:
    return next(board for board in drifting(MONDAY, factory.ST_JOHNS) if board.column == which)


def names(which: Column) -> list[str]:
    return [row.patient_name for row in column(which).rows]


def last_visit(waiting: List, ago: int, **fields: object) -> TreatmentPlan:
    wall = f"{8 + TreatmentPlan.objects.count() % 9:02d}:{15 * (TreatmentPlan.objects.count() // 9):02d}"
    plan = waiting.course(TODAY - timedelta(days=ago), wall=wall)
    TreatmentPlan.objects.filter(pk=plan.pk).update(**fields)
    return plan


def test_days_since_the_last_session_say_where_a_course_stands(waiting: List) -> None:
    plans = {ago: last_visit(waiting, ago) for ago in (3, 6, 7, 12, 14, 15, 19)}
    by_name = {plan.patient.full_name: ago for ago, plan in plans.items()}
    assert [by_name[name] for name in names(Column.PAST)] == [19, 15]
    assert [by_name[name] for name in names(Column.OVERDUE)] == [14, 12, 7]
    row = column(Column.OVERDUE).rows[0]
    assert (row.days, row.window_ends, row.number, row.count) == (14, TODAY, 1, 10)


def test_a_course_with_a_visit_booked_is_not_overdue_but_may_be_past_its_gap(waiting: List) -> None:
    soon = waiting.course(TODAY - timedelta(days=10), booked=TODAY + timedelta(days=1))
    late = waiting.course(TODAY - timedelta(days=16), booked=TODAY + timedelta(days=2), wall="11:00")
    assert names(Column.OVERDUE) == []
    (row,) = column(Column.PAST).rows
    visit = Appointment.objects.get(session__plan=late, status="booked")
    assert (row.patient_name, row.next_visit) == (late.patient.full_name, visit.public_id)
    assert soon.patient.full_name not in names(Column.PAST)


def test_a_paused_course_asks_for_a_call_after_four_weeks(waiting: List) -> None:
    last_visit(waiting, 28, status="paused", status_reason="Travels")
    long = last_visit(waiting, 29, status="paused", status_reason="Travels")
    (row,) = column(Column.PAUSED).rows
    assert (row.patient_name, row.reason, row.days) == (long.patient.full_name, "Travels", 29)
    assert names(Column.PAST) == []


def test_with_one_session_to_go_a_review_is_missed(waiting: List) -> None:
    plan = last_visit(waiting, 7)
    assert names(Column.LAST) == []
    plan.sessions.filter(number__gt=2).update(state="dropped")
    assert names(Column.LAST) == [plan.patient.full_name]
    visit = take(waiting.moira, waiting.rooms[0], TODAY + timedelta(days=3), "14:00", 30, patient=plan.patient)
    Appointment.objects.filter(pk=visit.pk).update(kind="review")
    assert names(Column.LAST) == []


def test_finished_courses_new_ones_and_archived_files_do_not_drift(waiting: List) -> None:
    for status in ("finished", "discontinued"):
        last_visit(waiting, 40, status=status)
    factory.make_plan(protocol=waiting.protocol)
    gone = last_visit(waiting, 40)
    gone.patient.archived_at = MONDAY
    gone.patient.save()
    assert [board.total for board in drifting(MONDAY, factory.ST_JOHNS)] == [0, 0, 0, 0]


def test_a_session_late_at_night_counts_on_its_local_day(waiting: List) -> None:
    """22:00 on the 8th in St. John's is the 9th in UTC: 15 days ago, not 14."""
    plan = waiting.course(date(2026, 11, 8), wall="22:00")
    assert names(Column.PAST) == [plan.patient.full_name]


def test_four_columns_are_one_question_and_the_rest_is_counted(waiting: List) -> None:
    for n in range(9):
        last_visit(waiting, 20 + n)
    with CaptureQueriesContext(connection) as caught:
        past, *_others = drifting(MONDAY, factory.ST_JOHNS)
    assert len(caught) == 1
    assert (past.total, len(past.rows), past.rest) == (9, 6, 3)


def test_one_column_may_be_asked_for_as_a_whole(waiting: List, client: Client) -> None:
    for ago in range(20, 28):
        last_visit(waiting, ago)
    by_name = {board.column: board for board in drifting(MONDAY, factory.ST_JOHNS, Column.PAST)}
    assert (len(by_name[Column.PAST].rows), by_name[Column.PAST].rest) == (8, 0)
    client.force_login(factory.make_user(Role.FRONT_DESK))
    with time_machine.travel(MONDAY, tick=False):
        page = client.get(reverse("waiting_list"), {"time": "x"}).content.decode()
        whole = client.get(reverse("waiting_list"), {"drift": "past"}).content.decode()
    assert '?time=x&amp;drift=past#drift-past">Show 2 more</a>' in page
    assert 'id="drift-past"' in whole
    assert "Show 2 more" not in whole
