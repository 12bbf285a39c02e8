"""The page "Swap with another visit": who is listed, what a pair means, what is saved and refused."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import Clinician, Operation, Role
from scheduling.checking.scan import scan
from scheduling.models import Absence, Appointment, SeriesMessage
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take
from tests.scheduling.test_moves import Two, place
from tests.scheduling.test_rest_page import BACKEND, words
from treatments.models import TreatmentPlan

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def desk(client: Client, book: dict[str, object]) -> Client:
    client.force_login(factory.make_user(Role.FRONT_DESK, last_active_at=MONDAY), BACKEND)
    return client


@pytest.fixture
def two(plan: TreatmentPlan, moira: Clinician, anika: Clinician) -> Two:
    return Two(plan, moira, anika)


def address(visit: Appointment, other: Appointment | None = None, query: str = "") -> str:
    more = f"with={other.public_id}&{query}" if other else query
    return f"{reverse('appointment_swap', args=[visit.public_id])}?{more}"


def press(client: Client, visit: Appointment, other: Appointment, **sent: Any) -> Any:
    """Press Save on the page of a pair; with the versions that the page shows."""
    shown = {"version": visit.version, "other_version": other.version, "operation": uuid.uuid4()}
    return client.post(address(visit, other), shown | sent)


def listed(page: Any) -> tuple[list[int], dict[int, str]]:
    fits = [one.visit.pk for one, _row, _query in page.context["fits"]]
    return fits, {one.visit.pk: one.bars for one, _row in page.context["barred"]}


def test_the_list_says_who_fits_and_why_the_others_do_not(desk: Client, two: Two) -> None:
    day = factory.local_day(two.a.starts_at)
    short = take(two.a.clinician, two.a.room, day, "16:00", 20)
    behind = take(two.a.clinician, two.a.room, day, "16:20", 20)
    fits, barred = listed(desk.get(address(two.a)))
    assert fits == [two.b.pk, behind.pk]
    assert re.search(r"needs 45 minutes; \d+ minutes are free there", barred[short.pk])
    assert short.pk not in listed(desk.get(address(two.b, query="who=same")))[1]


def test_the_week_holds_more_than_the_day_but_only_whom_no_gap_bars(desk: Client, two: Two) -> None:
    day = factory.local_day(two.a.starts_at)
    near = take(two.a.clinician, two.a.room, day + timedelta(days=1), "10:00", 45)
    early = take(two.a.clinician, two.a.room, day - timedelta(days=1), "10:00", 45)
    assert near.pk not in listed(desk.get(address(two.a)))[0]
    fits, barred = listed(desk.get(address(two.a, query="within=week")))
    assert "this course needs 7" in (barred | dict.fromkeys(fits, ""))[early.pk]
    assert "this course needs 7" in (barred | dict.fromkeys(fits, ""))[near.pk]


def test_one_that_stands_where_nobody_works_is_no_place_to_swap_into(desk: Client, two: Two) -> None:
    start = two.b.starts_at
    Absence.objects.create(clinician=two.b.clinician, starts_at=start, ends_at=start + timedelta(hours=1))
    fits, barred = listed(desk.get(address(two.a)))
    assert (fits, "is away" in barred[two.b.pk]) == ([], True)


def test_whoever_is_listed_can_be_swapped_and_whoever_is_not_is_refused(desk: Client, two: Two) -> None:
    """The list looks at many at once; the services judge one pair. Both must say the same."""
    day = factory.local_day(two.a.starts_at)
    for wall, minutes in (("09:00", 45), ("10:00", 20), ("10:25", 60), ("15:00", 45), ("16:00", 90)):
        take(two.a.clinician, two.a.room, day, wall, minutes)
    fits, barred = listed(desk.get(address(two.a)))
    assert fits
    assert barred
    for other in Appointment.objects.filter(pk__in=[*fits, *barred]):
        page = desk.get(address(two.a, other))
        assert page.context["stops"] == (other.pk in barred), other.starts_at
        answer = press(desk, two.a, other)
        assert (answer.status_code == 302) == (other.pk in fits), other.starts_at
        if other.pk in fits:
            done = Operation.objects.get(kind="swap_appointments", touched__contains=[{"appointment": other.pk}])
            desk.post(reverse("operation_undo", args=[done.pk]), {"operation": str(uuid.uuid4())})
            two.a.refresh_from_db()
    found = {rot.check for rot in scan(MONDAY)}
    assert found <= {"reminder missing"}  # `take` puts a visit into the book without its messages


def test_the_page_of_a_pair_shows_both_before_and_after_and_changes_nothing(desk: Client, two: Two) -> None:
    was = place(two.a), place(two.b)
    page = desk.get(address(two.a, two.b))
    shown = words(page)
    assert "Nothing is changed yet" in shown
    assert two.a.patient.full_name in shown
    assert two.b.patient.full_name in shown
    mine, theirs = page.context["sides"]
    assert (mine.half.before, mine.half.after) == ((7, 7), (7, 7))
    assert mine.half.slot.clinician_id == two.b.clinician_id
    assert theirs.half.slot.clinician_id == two.a.clinician_id
    assert (place(two.a), place(two.b)) == was


def test_one_save_swaps_them_tells_each_once_and_one_undo_puts_both_back(desk: Client, two: Two) -> None:
    SeriesMessage.objects.update(is_open=False)
    was = place(two.a), place(two.b)
    answer = press(desk, two.a, two.b)
    assert answer.url == reverse("day", args=[factory.local_day(two.a.starts_at)])
    assert (place(two.b), place(two.a)) == was
    done = Operation.objects.get(kind="swap_appointments")
    assert sorted(SeriesMessage.objects.filter(operation=done).values_list("plan", flat=True)) == sorted(
        [two.one.pk, two.other.pk]
    )
    assert f"Swapped: {two.a.patient.full_name}" in words(desk.get(answer.url))
    desk.post(reverse("operation_undo", args=[done.pk]), {"operation": str(uuid.uuid4())})
    assert (place(two.a), place(two.b)) == was


def test_a_visit_that_comes_too_late_asks_why_and_keeps_the_reason(desk: Client, two: Two) -> None:
    TreatmentPlan.objects.filter(pk=two.one.pk).update(interval_max=7)
    day = factory.local_day(two.a.starts_at) + timedelta(days=1)
    Appointment.objects.filter(session__plan=two.one, starts_at__gt=two.a.starts_at).delete()
    other = take(two.a.clinician, two.a.room, day, "10:00", 45)
    refused = press(desk, two.a, other)
    assert (refused.status_code, "Write why. Nothing was saved." in words(refused)) == (422, True)
    assert press(desk, two.a, other, reason="Away that day").status_code == 302
    two.a.refresh_from_db()
    assert two.a.late_reason == "Away that day"


def test_only_a_clinician_may_bring_one_too_early(client: Client, desk: Client, two: Two) -> None:
    day = factory.local_day(two.a.starts_at) - timedelta(days=1)
    other = take(two.a.clinician, two.a.room, day, "10:00", 45)
    page = desk.get(address(two.a, other))
    assert page.context["stops"]
    assert "Only a clinician may overrule that." in words(page)
    assert press(desk, two.a, other, reason="Flies home").status_code == 409
    client.force_login(factory.make_user(Role.CLINICIAN, last_active_at=MONDAY), BACKEND)
    assert "Why so early?" in words(client.get(address(two.a, other)))
    assert press(client, two.a, other, reason="Flies home").status_code == 302
    two.a.refresh_from_db()
    assert two.a.early_reason == "Flies home"


def test_a_page_that_is_no_longer_true_is_refused_and_shows_the_two_as_they_are(desk: Client, two: Two) -> None:
    old = two.a.version
    press(desk, two.a, two.b)
    was = place(two.a), place(two.b)
    refused = press(desk, two.a, two.b, version=old)
    assert refused.status_code == 409
    assert "Nothing was saved. Look at the visit as it is now." in words(refused)
    assert (place(two.a), place(two.b)) == was


def test_one_that_is_over_or_of_the_same_patient_is_no_exchange(desk: Client, two: Two) -> None:
    own = two.a.session.plan.sessions.get(number=3).appointments.get()  # type: ignore[union-attr]
    assert desk.get(address(two.a, own)).status_code == 302
    Appointment.objects.filter(pk=two.b.pk).update(status="cancelled")
    assert desk.get(address(two.a, two.b)).status_code == 302
    Appointment.objects.filter(pk=two.a.pk).update(status="cancelled")
    assert desk.get(address(two.a)).status_code == 302


def test_the_list_asks_the_same_number_of_questions_for_two_and_for_twelve(desk: Client, two: Two) -> None:
    day = factory.local_day(two.a.starts_at)

    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert desk.get(address(two.a)).status_code == 200
        return len(queries)

    asked()
    few = asked()
    for at in range(10):
        take(two.b.clinician, two.b.room, day, f"{8 + at // 2:02}:{(at % 2) * 30:02}", 20)
    assert asked() == few
    assert few <= 24
