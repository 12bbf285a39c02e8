"""The page that plans several courses of one patient together: what it proposes, books and refuses."""

import re
import uuid
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import Clinician, Operation, Role
from scheduling.checking.scan import scan
from scheduling.models import Appointment, SeriesMessage
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take
from tests.scheduling.test_rest_page import BACKEND, words
from tests.scheduling.test_together import face
from treatments.models import Session, TreatmentPlan

__all__ = ["face"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def desk(client: Client, book: dict[str, object]) -> Client:
    client.force_login(factory.make_user(Role.FRONT_DESK, last_active_at=MONDAY), BACKEND)
    return client


def address(plan: TreatmentPlan) -> str:
    return reverse("plan_together", args=[plan.patient.public_id])


def form_of(page: Any) -> dict[str, Any]:
    """Return what the page's form would send, as a browser does."""
    text = page.content.decode()
    one = {name: re.search(rf'name="{name}" value="([^"]*)"', text).group(1) for name in ("operation", "seen")}  # type: ignore[union-attr]
    lines: dict[str, Any] = {}
    for name, value in re.findall(r'name="(line-\d+)" value="([^"]*)"', text):
        lines.setdefault(name, []).append(value)
    return one | lines


def press(desk: Client, plan: TreatmentPlan, page: Any, act: str = "save", **more: Any) -> Any:
    return desk.post(address(plan), form_of(page) | {"act": act} | more)


def booked_days(plan: TreatmentPlan) -> list[Any]:
    visits = Appointment.objects.holding().filter(session__plan=plan).order_by("starts_at")
    return [visit.wall_date for visit in visits]


def test_both_courses_are_proposed_on_shared_trips_and_nothing_is_booked(
    desk: Client, plan: TreatmentPlan, face: TreatmentPlan
) -> None:
    page = desk.get(address(plan))
    legs, glow = page.context["sides"]
    assert [row.day for row in legs.rows][: len(glow.rows)] == [row.day for row in glow.rows][: len(legs.rows)]
    assert page.context["shared"]
    assert page.context["trips"] == max(len(legs.rows), len(glow.rows))
    assert "One trip" in words(page)
    assert not Appointment.objects.exists()


def test_one_press_books_both_and_one_undo_takes_both_back(
    desk: Client, plan: TreatmentPlan, face: TreatmentPlan
) -> None:
    page = desk.get(address(plan))
    shown = [[row.day for row in side.rows] for side in page.context["sides"]]
    answer = press(desk, plan, page)
    assert answer.url == reverse("patient_page", args=[plan.patient.public_id])
    assert [booked_days(plan), booked_days(face)] == shown
    done = Operation.objects.get(kind="book_together")
    assert SeriesMessage.objects.filter(operation=done).count() == 2
    assert scan(MONDAY) == []
    assert f"{page.context['total']} sessions of 2 courses booked for" in words(desk.get(answer.url))
    assert press(desk, plan, page).url == answer.url
    assert Operation.objects.filter(kind="book_together").count() == 1
    desk.post(reverse("operation_undo", args=[done.pk]), {"operation": str(uuid.uuid4())})
    assert not Appointment.objects.holding().exists()
    assert not Session.objects.exclude(state="planned").exists()


def test_a_course_that_is_booked_in_part_is_planned_from_there(
    desk: Client, plan: TreatmentPlan, face: TreatmentPlan, moira: Clinician, rooms: list[Any]
) -> None:
    session = face.sessions.get(number=1)
    Session.objects.filter(pk=session.pk).update(state="booked")
    first = take(moira, rooms[0], MONDAY.date().replace(day=25), "10:00", 30, patient=plan.patient, session=session)
    _legs, glow = desk.get(address(plan)).context["sides"]
    assert glow.rows[0].number == 2
    assert (glow.rows[0].day - first.wall_date).days >= face.interval_min


def test_a_time_taken_meanwhile_books_neither_and_shows_a_free_one(
    desk: Client, plan: TreatmentPlan, face: TreatmentPlan, rooms: list[Any]
) -> None:
    page = desk.get(address(plan))
    row = page.context["sides"][1].rows[-1]
    who = Clinician.objects.get(user__name=row.clinician)
    take(who, rooms[1], row.day, row.time, 30)
    refused = press(desk, plan, page)
    assert refused.status_code == 409
    assert "A time is no longer free. Nothing was saved in any course." in words(refused)
    line = refused.context["sides"][1].rows[-1]
    assert (line.level, line.best is not None) == ("bad", True)
    assert not Appointment.objects.filter(session__isnull=False).exists()
    mended = press(desk, plan, refused, f"{face.pk}:{line.best.act}")
    assert not mended.context["why_not"]
    assert press(desk, plan, mended).status_code == 302


def test_a_line_moves_by_its_arrows_and_never_onto_the_other_course(
    desk: Client, plan: TreatmentPlan, face: TreatmentPlan
) -> None:
    page = desk.get(address(plan))
    before = [row.time for row in page.context["sides"][1].rows]
    later = press(desk, plan, page, f"{face.pk}:later-1")
    rows = later.context["sides"][1].rows
    assert rows[0].by_hand
    assert rows[0].time != before[0] or rows[0].day != page.context["sides"][1].rows[0].day
    assert [row.time for row in rows[1:]] == before[1:]
    assert not any(row.level == "bad" for side in later.context["sides"] for row in side.rows)
    assert press(desk, plan, later).status_code == 302
    assert scan(MONDAY) == []


def test_two_lines_at_one_time_clash_before_anything_is_saved(
    desk: Client, plan: TreatmentPlan, face: TreatmentPlan
) -> None:
    page = desk.get(address(plan))
    sent = form_of(page)
    sent[f"line-{face.pk}"] = [sent[f"line-{plan.pk}"][0], *sent[f"line-{face.pk}"][1:]]
    looked = desk.post(address(plan), sent | {"act": "look"})
    assert "clash" in looked.context["why_not"]
    assert desk.post(address(plan), sent | {"act": "save"}).status_code == 409
    assert not Appointment.objects.exists()


def test_what_is_asked_for_holds_for_both(desk: Client, plan: TreatmentPlan, face: TreatmentPlan) -> None:
    page = desk.get(address(plan) + "?start_on=2026-12-09&weekdays=3&around=14:00")
    days = [row.day for side in page.context["sides"] for row in side.rows]
    assert {day.weekday() for day in days} == {3}
    assert min(days).isoformat() == "2026-12-10"
    wrong = desk.get(address(plan) + "?start_on=soon")
    assert "Enter a day such as 1 Dec 2026." in words(wrong)


def test_a_course_that_changed_meanwhile_is_shown_anew(desk: Client, plan: TreatmentPlan, face: TreatmentPlan) -> None:
    page = desk.get(address(plan))
    Session.objects.filter(plan=face, number=10).update(state="dropped")
    refused = press(desk, plan, page)
    assert (refused.status_code, Appointment.objects.count()) == (409, 0)
    assert "One of the courses changed meanwhile. Nothing was saved." in words(refused)


def test_with_one_course_there_is_nothing_to_plan_together(desk: Client, plan: TreatmentPlan) -> None:
    page = words(desk.get(address(plan)))
    assert "There are no two courses to plan" in page
    assert f"Book {plan.name}" in page
    assert "Plan both together" not in words(desk.get(reverse("patient_page", args=[plan.patient.public_id])))


def test_the_patient_page_offers_it_when_two_courses_lack_visits(
    desk: Client, plan: TreatmentPlan, face: TreatmentPlan
) -> None:
    page = desk.get(reverse("patient_page", args=[plan.patient.public_id]))
    assert "Plan both together" in words(page)
    assert address(plan) in page.content.decode()
    assert address(plan) in desk.get(reverse("series_planner", args=[plan.public_id])).content.decode()


def test_a_session_without_a_place_is_said_and_stays_to_book(desk: Client, plan: TreatmentPlan) -> None:
    place = plan.areas.get()
    again = factory.make_plan(plan.patient, plan.protocol, name="Again", areas=[(place.area, place.side)])
    page = desk.get(address(plan))
    found = sum(len(side.rows) for side in page.context["sides"])
    assert found < plan.session_count + again.session_count
    assert "beside the other course and" in words(page)
    assert press(desk, plan, page).status_code == 302
    assert Session.objects.filter(state="planned").count() == plan.session_count + again.session_count - found


def test_it_asks_the_same_number_of_questions_for_short_and_long_courses(
    desk: Client, plan: TreatmentPlan, face: TreatmentPlan
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(address(plan)).status_code == 200
        return len(queries)

    asked()
    many = asked()
    Session.objects.filter(plan__in=[plan, face], number__gt=4).update(state="dropped")
    assert asked() == many
