"""Drafts of the planner: kept by every act, opened again with what changed since, and never in the way."""

import re
import threading
import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.lib.locks import Busy
from clinic.models import Clinician, Role, Room, User
from scheduling.models import Appointment, PlannerDraft
from scheduling.services.drafts import drop_draft, keep_draft
from scheduling.views import planner_draft
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take
from tests.scheduling.test_planner_views import CHOSEN, address, fields, words
from treatments.models import PlanStatus, TreatmentPlan

pytestmark = pytest.mark.django_db
QUERIES = 15
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SHAPES: list[Any] = [
    {},
    [],
    "draft",
    7,
    {"line": "2026-12-01T14:00,1,1,,", "first": 1},
    {"line": [], "first": 1},
    {"line": [None, {}], "first": 1},
    {"line": ["2026-12-01T14:00,1,1,,"], "first": "one"},
    {"line": ["2026-12-01T14:00,1,1,,"], "first": -4},
    {"line": ["nothing", "2027-03-14T02:15,1,1,,"], "first": 1, "reasons": [], "stopped": {}, "weekdays": "Mo"},
    {"line": ["2026-12-01T14:00,999999,1,,"], "first": 1, "who": "999999", "around": "99:99", "rhythm": 3},
    {"line": ["2026-12-01T14:00,1,1,,"] * 90, "first": 1, "start_on": "9999-12-31", "weekdays": [None, 9]},
]


@pytest.fixture
def dana(book: dict[str, object]) -> User:
    return factory.make_user(Role.FRONT_DESK, name="Dana Rideout")


@pytest.fixture
def desk(client: Client, dana: User) -> Client:
    client.force_login(dana, backend=BACKEND)
    return client


@pytest.fixture
def at(moira: Clinician) -> Any:
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def post(desk: Client, plan: TreatmentPlan, moira: Clinician, at: Any) -> Callable[..., Any]:
    def press(act: str, form: dict[str, Any] | None = None) -> Any:
        sent = {"who": f"{moira.pk}+", **CHOSEN, **(form or {}), "act": act}
        return desk.post(address(plan, "series_lines"), sent)

    return press


def lines_of(response: Any) -> list[str]:
    return fields(response.content.decode())["line"]


def test_every_act_keeps_one_draft_and_says_when(post: Callable[..., Any], plan: TreatmentPlan, dana: User) -> None:
    first = post("propose")
    assert "Draft kept 09:00" in words(first)
    again = post("later-3", fields(first.content.decode()))
    draft = PlannerDraft.objects.get()
    assert draft.plan == plan
    assert draft.user == dana
    assert draft.posted["line"] == lines_of(again)
    assert draft.posted["around"] == "14:00"
    assert not Appointment.objects.exists()


def test_opening_keeps_nothing(desk: Client, plan: TreatmentPlan, at: Any) -> None:
    assert "Draft kept" not in words(desk.get(address(plan)))
    assert not PlannerDraft.objects.exists()


def test_opening_later_goes_on_where_it_was_left(
    desk: Client, post: Callable[..., Any], plan: TreatmentPlan, at: Any
) -> None:
    form = fields(post("propose").content.decode()) | {"around": "10:00", "rhythm": "two_weekly"}
    left = post("later-3", form)
    at.move_to(MONDAY + timedelta(days=1, minutes=102))
    opened = desk.get(address(plan))
    assert lines_of(opened) == lines_of(left)
    text = words(opened)
    assert "Your draft of Mon 23 Nov, 09:00. No date was taken meanwhile." in text
    assert "Draft kept Mon 23 Nov, 09:00" in text
    assert 'value="10:00" selected' in opened.content.decode()
    assert re.search(r'value="two_weekly"\s+checked', opened.content.decode())


def test_it_says_whose_it_is_and_what_was_taken_meanwhile(
    client: Client, post: Callable[..., Any], plan: TreatmentPlan, moira: Clinician, rooms: list[Room]
) -> None:
    take(moira, rooms[0], date(2027, 1, 26), "14:00", 45)
    post("propose")
    take(moira, rooms[0], date(2026, 12, 8), "14:00", 30)
    take(moira, rooms[0], date(2026, 12, 15), "14:00", 30)
    client.force_login(factory.make_user(Role.FRONT_DESK, name="Noor Haddad"), backend=BACKEND)
    text = words(client.get(address(plan)))
    assert "Draft of Mon 23 Nov, 09:00, by Dana Rideout. 2 dates were taken meanwhile." in text
    assert "3 clash" in text
    assert PlannerDraft.objects.get().user.name == "Dana Rideout"
    post("later-1", fields(client.get(address(plan)).content.decode()))
    assert PlannerDraft.objects.get().user.name == "Noor Haddad"


def test_leave_for_later_keeps_the_reason_typed_and_leads_to_the_patient(
    desk: Client, post: Callable[..., Any], plan: TreatmentPlan, moira: Clinician
) -> None:
    typed = {"pick_day": "2027-03-02", "pick_time": "14:00", "pick_who": str(moira.pk)}
    form = fields(post("take-10", fields(post("propose").content.decode()) | typed).content.decode())
    left = post("leave", form | {"reason-10": "In Toronto until March"})
    assert left.status_code == 302
    assert left.url == reverse("patient_page", args=[plan.patient.public_id])
    page = words(desk.get(left.url))
    assert "Dates half planned, Mon 23 Nov 09:00" in page
    assert "Continue" in page
    assert "Dana Rideout" not in page.partition("Dates half planned")[2].partition("Continue")[0]
    assert "In Toronto until March" in desk.get(address(plan)).content.decode()


def test_start_anew_lets_go_of_it(desk: Client, post: Callable[..., Any], plan: TreatmentPlan) -> None:
    form = fields(post("propose").content.decode())
    post("later-3", form)
    assert "Start anew" in words(desk.get(address(plan)))
    response = desk.post(address(plan, "series_anew"))
    assert response.status_code == 302
    assert response.url == address(plan)
    assert not PlannerDraft.objects.exists()
    assert "Start anew" not in words(desk.get(address(plan)))
    assert desk.post(address(plan, "series_anew")).status_code == 302


def test_booking_lets_go_of_it_and_a_refused_one_does_not(
    desk: Client, post: Callable[..., Any], plan: TreatmentPlan, moira: Clinician, rooms: list[Room]
) -> None:
    form = {"who": f"{moira.pk}+", **fields(post("propose").content.decode())}
    taken = take(moira, rooms[0], date(2026, 12, 15), "14:00", 30)
    assert desk.post(address(plan, "series_book"), form | {"operation": str(uuid.uuid4())}).status_code == 409
    assert PlannerDraft.objects.exists()
    taken.delete()
    assert desk.post(address(plan, "series_book"), form | {"operation": str(uuid.uuid4())}).status_code == 302
    assert not PlannerDraft.objects.exists()


def test_a_course_that_changed_since_is_planned_anew_and_told(
    desk: Client, post: Callable[..., Any], plan: TreatmentPlan, moira: Clinician, rooms: list[Room]
) -> None:
    post("propose")
    session = plan.sessions.get(number=1)
    take(moira, rooms[0], date(2026, 11, 24), "09:00", 45, patient=plan.patient, session=session)
    plan.sessions.filter(number=1).update(state="booked")
    opened = desk.get(address(plan))
    assert "Your draft of Mon 23 Nov, 09:00. The course changed since, so these dates are new." in words(opened)
    assert len(lines_of(opened)) == 9


@pytest.mark.parametrize("posted", SHAPES, ids=range(len(SHAPES)))
def test_a_draft_that_cannot_be_read_never_breaks_the_page(
    desk: Client, plan: TreatmentPlan, dana: User, at: Any, posted: Any
) -> None:
    PlannerDraft.objects.create(plan=plan, user=dana, posted=posted, kept_at=MONDAY)
    response = desk.get(address(plan))
    assert response.status_code == 200
    assert lines_of(response)
    assert desk.get(reverse("patient_page", args=[plan.patient.public_id])).status_code == 200


def test_an_old_draft_says_what_has_passed(
    desk: Client, post: Callable[..., Any], plan: TreatmentPlan, moira: Clinician, dana: User, at: Any
) -> None:
    post("propose")
    at.move_to(datetime.fromisoformat("2026-12-09T12:30:00+00:00"))
    desk.force_login(dana, backend=BACKEND)
    text = words(desk.get(address(plan)))
    assert "This time has passed." in text
    assert "2 dates were taken meanwhile." in text
    assert "This day has passed. Enter today" not in text
    moira.is_active = False
    moira.save()
    assert desk.get(address(plan)).status_code == 200


def test_a_plan_that_takes_no_visits_shows_no_draft(
    desk: Client, post: Callable[..., Any], plan: TreatmentPlan
) -> None:
    post("propose")
    TreatmentPlan.objects.filter(pk=plan.pk).update(status=PlanStatus.PAUSED)
    assert "takes no visits: Paused" in words(desk.get(address(plan)))
    assert "half planned" not in words(desk.get(reverse("patient_page", args=[plan.patient.public_id])))


def test_a_draft_that_cannot_be_kept_stops_nobody(post: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(**_asked: Any) -> None:
        raise Busy

    monkeypatch.setattr(planner_draft, "keep_draft", busy)
    response = post("propose")
    assert response.status_code == 200
    assert "Draft not kept yet" in words(response)
    assert len(lines_of(response)) == 10


def test_a_press_takes_as_many_queries_for_fifteen_sessions_as_for_four(
    desk: Client, moira: Clinician, at: Any
) -> None:
    counts = []
    for count in (4, 15):
        plan = factory.make_plan(clinician=moira, session_count=count)
        sent = {"who": f"{moira.pk}+", **CHOSEN, "count": count, "act": "propose"}
        sent |= fields(desk.post(address(plan, "series_lines"), sent).content.decode()) | {"count": count}
        with CaptureQueriesContext(connection) as caught:
            desk.post(address(plan, "series_lines"), sent | {"act": "later-1"})
        counts.append(len(caught))
    assert counts == [QUERIES, QUERIES]


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_draft_stays(plan: TreatmentPlan, dana: User) -> None:
    """Eight windows keep, and two let go, together: nobody waits in a circle, and at most one draft is left."""
    failed: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(5):
                if number < 8:
                    keep_draft(plan_id=plan.pk, posted={"line": [str(number)]}, actor=dana, now=MONDAY)
                else:
                    drop_draft(plan_id=plan.pk)
                assert turn < 5
        except Exception as error:  # noqa: BLE001 - whatever it is, the test tells it
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert PlannerDraft.objects.count() <= 1
