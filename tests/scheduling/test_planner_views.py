"""The series planner's screen: what each act answers, what a hostile form meets, and what Book does."""

import re
import uuid
from collections.abc import Callable
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.lib.locks import Busy
from clinic.models import AccessLog, Clinician, Operation, Role, Room
from scheduling.models import Appointment, Closure
from scheduling.views import planner as views
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take
from treatments.models import PlanStatus, TreatmentPlan

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}
QUERIES = 15
REFUSED_QUERIES = 13
CHOSEN = {"start_on": "2026-12-01", "weekdays": ["1"], "around": "14:00", "rhythm": "weekly", "count": "10"}


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def desk(client: Client, book: dict[str, object]) -> Client:
    client.force_login(
        factory.make_user(Role.FRONT_DESK), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    return client


def address(plan: TreatmentPlan, name: str = "series_planner") -> str:
    return reverse(name, args=[plan.public_id])


def fields(html: str) -> dict[str, Any]:
    """Return what a browser would send of a planner page: its hidden lines, and the choices of these tests."""
    found = {name: re.findall(rf'name="{name}"\s+value="([^"]*)"', html) for name in ("line", "former", "first")}
    return found | CHOSEN


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode()))


@pytest.fixture
def post(desk: Client, plan: TreatmentPlan, moira: Clinician) -> Callable[..., Any]:
    """Press a button of the planner: `post("earlier-3", form)`; without a form, one just opened with these choices."""

    def press(act: str, form: dict[str, Any] | None = None, **headers: Any) -> Any:
        if form is None:
            form = fields("") | {"who": f"{moira.pk}+"}
        return desk.post(address(plan, "series_lines"), {"who": f"{moira.pk}+"} | form | {"act": act}, **headers)

    return press


@pytest.fixture
def save(desk: Client, plan: TreatmentPlan, moira: Clinician) -> Callable[..., Any]:
    def press(form: dict[str, Any], key: uuid.UUID | None = None, **headers: Any) -> Any:
        sent = {"who": f"{moira.pk}+", "operation": str(key or uuid.uuid4())} | form
        return desk.post(address(plan, "series_book"), sent, **headers)

    return press


def opened(post: Callable[..., Any]) -> dict[str, Any]:
    """Return the form of a freshly proposed course: ten Tuesdays at 14:00 from 1 December."""
    return fields(post("propose").content.decode())


def test_opening_shows_the_course_and_notes_the_reading(desk: Client, plan: TreatmentPlan) -> None:
    response = desk.get(address(plan))
    assert response.status_code == 200
    text = words(response)
    assert "Book 10 sessions" in text
    assert "7 to 14, best 7" in text
    assert AccessLog.objects.filter(subject=f"patient:{plan.patient.public_id}", page="series_planner").count() == 1
    assert not Appointment.objects.exists()


def test_opening_takes_as_many_queries_for_fifteen_sessions_as_for_four(desk: Client, moira: Clinician) -> None:
    counts = []
    for sessions in (4, 15):
        plan = factory.make_plan(clinician=moira, session_count=sessions)
        desk.get(address(plan))
        with CaptureQueriesContext(connection) as caught:
            desk.get(address(plan))
        counts.append(len(caught))
    assert counts == [QUERIES, QUERIES]


def test_an_act_answers_htmx_with_a_part_and_others_with_the_page(post: Callable[..., Any]) -> None:
    part, page = post("propose", **HTMX), post("propose")
    assert b"<html" not in part.content
    assert b'hx-swap-oob="true"' in part.content
    assert b"<html" in page.content
    assert len(fields(part.content.decode())["line"]) == 10
    assert not Appointment.objects.exists()


def test_later_moves_one_line_and_marks_it_as_set_by_hand(post: Callable[..., Any]) -> None:
    before = opened(post)
    after = fields(post("later-3", before).content.decode())
    assert before["line"][2].startswith("2026-12-15T14:00")
    assert after["line"][2].startswith("2026-12-15T14:15")
    assert after["line"][2].endswith(",hand")
    assert after["line"][:2] + after["line"][3:] == before["line"][:2] + before["line"][3:]


def test_a_changed_choice_proposes_again_but_keeps_what_a_person_set(post: Callable[..., Any]) -> None:
    fresh = opened(post)
    at_ten = fields(post("choose", fresh | {"around": "10:00"}).content.decode())
    assert all("T10:00" in line for line in at_ten["line"])
    touched = fields(post("later-3", fresh).content.decode())
    response = post("choose", touched | {"around": "10:00"})
    assert fields(response.content.decode())["line"] == touched["line"]
    assert "Session 3: set by hand, so all dates stay." in words(response)


def test_propose_again_says_what_it_replaced_and_can_put_it_back(post: Callable[..., Any]) -> None:
    touched = fields(post("later-3", opened(post)).content.decode())
    response = post("propose", touched | {"around": "10:00"})
    again = fields(response.content.decode())
    assert "Session 3 had been set by hand." in words(response)
    assert again["former"] == touched["line"]
    assert fields(post("restore", again).content.decode())["line"] == touched["line"]


def test_one_more_and_one_fewer_leave_the_other_lines(post: Callable[..., Any]) -> None:
    form = opened(post)
    fewer = fields(post("fewer", form).content.decode())
    assert fewer["line"] == form["line"][:9]
    more = post("more", form)
    assert fields(more.content.decode())["line"][:10] == form["line"]
    assert "the course grows to 11 sessions" in words(more)


def test_a_clash_is_told_and_fix_mends_it(
    post: Callable[..., Any], moira: Clinician, rooms: list[Room], plan: TreatmentPlan
) -> None:
    tizzard = factory.make_patient(first_name="Joanne", last_name="Tizzard")
    take(moira, rooms[0], date(2026, 12, 15), "13:45", 45, patient=tizzard)
    take(moira, rooms[0], date(2027, 1, 26), "14:00", 45)
    response = post("propose")
    text = words(response)
    assert "Moira is with Joanne Tizzard until 14:30" in text
    assert "Fix both clashes" in text
    assert "2 sessions clash. Fix them first." in text
    form = fields(response.content.decode())
    used = re.search(r'value="(use-3=[^"]*)"', response.content.decode())
    assert used
    assert "1 clashes" in words(post(used[1], form))
    fixed = post("fix", form)
    assert "10 free" in words(fixed)
    assert 'id="fix"' not in fixed.content.decode()


def test_fix_says_when_it_moves_what_a_person_set(post: Callable[..., Any], moira: Clinician) -> None:
    typed = {"pick_day": "20 Dec 2026", "pick_time": "14:00", "pick_who": str(moira.pk)}
    form = fields(post("take-3", opened(post) | typed).content.decode())
    fixed = post("fix", form)
    assert "Session 3 was set by hand and had to move." in words(fixed)
    assert fields(post("restore", fields(fixed.content.decode())).content.decode())["line"] == form["line"]


def test_pick_offers_days_and_takes_any_other_time(post: Callable[..., Any], moira: Clinician) -> None:
    form = opened(post)
    picking = post("pick-10", form)
    assert "Another day" in words(picking)
    typed = {"pick_day": "2027-03-02", "pick_time": "14:00", "pick_who": str(moira.pk)}
    taken = post("take-10", form | typed)
    assert "35 days since the session before, at most 14" in words(taken)
    assert "Why so late?" in words(taken)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"pick_day": "tomorrow", "pick_time": "14:00"}, "Enter a day such as 15 Dec 2026."),
        ({"pick_day": "15 Dec", "pick_time": "2 o'clock"}, "Choose a time such as 14:00."),
        ({"pick_day": "2020-01-01", "pick_time": "14:00"}, "Enter a day from today on"),
        ({"pick_day": "2027-03-14", "pick_time": "02:15", "pick_who": "1"}, "The clocks skip 02:15"),
        ({"pick_day": "2027-11-07", "pick_time": "01:15", "pick_who": "1"}, "The clocks show 01:15 twice"),
        ({"pick_day": "2027-03-02", "pick_time": "14:00", "pick_who": "drop"}, "Choose a clinician."),
    ],
)
def test_a_time_that_cannot_be_is_told_beside_its_field(
    post: Callable[..., Any], typed: dict[str, str], said: str
) -> None:
    form = opened(post)
    response = post("take-10", form | typed)
    assert said in words(response)
    assert fields(response.content.decode())["line"] == form["line"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"start_on": "0026-01-01"}, "This day has passed."),
        ({"start_on": "9999-12-31"}, "within the next two years"),
        ({"start_on": "soon"}, "Enter a day such as"),
        ({"weekdays": []}, "Choose one day at least."),
        ({"weekdays": ["9"]}, "Choose days of the week."),
        ({"around": "25:61"}, "Choose a time such as 14:00."),
        ({"who": "99999999999"}, "This clinician takes no visits now."),
        ({"rhythm": "hourly"}, "Choose a rhythm."),
        ({"count": "400"}, "This plan has 15 sessions left to book."),
    ],
)
def test_a_choice_that_cannot_be_is_told_beside_it(
    post: Callable[..., Any], changed: dict[str, Any], said: str
) -> None:
    response = post("choose", opened(post) | changed)
    assert response.status_code == 200
    assert said in words(response)
    assert len(fields(response.content.decode())["line"]) == 10


@pytest.mark.parametrize(
    "token",
    [
        "",
        "2026-12-01",
        "yesterday,1,1,,",
        "2026-12-01T14:00,x,1,,",
        "2026-12-01T14:00,99999999999999999999,1,,",
        "2027-03-14T02:15,1,1,,",
        "9999-12-31T23:59,1,1,,",
        "0001-01-01T00:00,1,1,,",
        "2026-12-01T14:00,1,1,,,,,,",
        "\x00",
    ],
)
def test_a_line_that_cannot_be_read_is_left_out_and_said(
    post: Callable[..., Any], save: Callable[..., Any], token: str
) -> None:
    form = opened(post)
    form["line"] = [*form["line"][:2], token, *form["line"][3:]]
    response = post("earlier-1", form)
    assert response.status_code == 200
    assert "Session 3 was left out" in words(response)
    assert save(form).status_code == 422
    assert not Appointment.objects.exists()


@pytest.mark.parametrize(
    "act", ["", "explode", "earlier-x", "later-99", "pick-0", "use-1=", "use-1=x", "take-", "use-"]
)
def test_an_act_that_is_none_changes_nothing(post: Callable[..., Any], act: str) -> None:
    form = opened(post)
    response = post(act, form)
    assert response.status_code == 200
    assert fields(response.content.decode())["line"] == form["line"]


def test_a_page_without_lines_gets_new_ones_and_books_nothing(
    post: Callable[..., Any], save: Callable[..., Any]
) -> None:
    response = save(fields("") | {"line": []})
    assert response.status_code == 422
    assert "these are new ones" in words(response)
    assert not Appointment.objects.exists()


def test_book_saves_all_and_answers_the_same_again(
    post: Callable[..., Any], save: Callable[..., Any], plan: TreatmentPlan
) -> None:
    form, key = opened(post), uuid.uuid4()
    first, second = save(form, key), save(form, key)
    assert first.status_code == second.status_code == 302
    assert first.url == second.url == reverse("patient_page", args=[plan.patient.public_id])
    assert Appointment.objects.count() == 10
    said = next(iter(get_messages(first.wsgi_request)))
    assert str(said) == f"10 sessions booked for {plan.patient.full_name}."
    assert said.extra_tags == f"undo:{key}"


def test_the_same_page_with_other_lines_is_told_that_it_was_booked(
    post: Callable[..., Any], save: Callable[..., Any]
) -> None:
    form, key = opened(post), uuid.uuid4()
    save(form, key)
    response = save(form | {"line": form["line"][:5]}, key)
    assert response.status_code == 302
    assert Appointment.objects.count() == 10
    assert "booked its sessions already" in str(list(get_messages(response.wsgi_request))[-1])


def test_someone_was_quicker_nothing_is_saved_and_free_times_stand_under_the_line(
    post: Callable[..., Any], save: Callable[..., Any], moira: Clinician, rooms: list[Room]
) -> None:
    form = opened(post)
    take(moira, rooms[0], date(2026, 12, 15), "14:00", 30)
    with CaptureQueriesContext(connection) as caught:
        response = save(form)
    assert response.status_code == 409
    assert len(caught) == REFUSED_QUERIES
    text = words(response)
    assert "Session 3 is no longer free. Nothing was saved. Free times stand under it." in text
    assert "Use this" in text
    assert Appointment.objects.count() == 1
    assert not Operation.objects.exists()


def test_in_the_page_a_refusal_is_the_lines_alone_and_a_booking_leads_on(
    post: Callable[..., Any], save: Callable[..., Any], moira: Clinician, rooms: list[Room], plan: TreatmentPlan
) -> None:
    form, by_script = opened(post), {"headers": {"HX-Request": "true"}}
    there = take(moira, rooms[0], date(2026, 12, 15), "14:00", 30)
    refused = save(form, **by_script)
    assert refused.status_code == 409 and b"<html" not in refused.content
    assert "Session 3 is no longer free. Nothing was saved." in words(refused)
    Appointment.objects.filter(pk=there.pk).update(status="undone")
    booked = save(form, **by_script)
    home = reverse("patient_page", args=[plan.patient.public_id])
    assert booked.headers["HX-Redirect"] == home and Appointment.objects.holding().count() == 10
    again = save(form, **by_script)
    assert again.headers["HX-Redirect"] == address(plan), "nothing is left to book: the page says so"


def test_a_course_that_changed_meanwhile_is_looked_over_before_it_grows(
    post: Callable[..., Any], save: Callable[..., Any], moira: Clinician, rooms: list[Room], plan: TreatmentPlan
) -> None:
    form = opened(post)
    session = plan.sessions.get(number=1)
    take(moira, rooms[0], date(2026, 11, 24), "09:00", 45, patient=plan.patient, session=session)
    plan.sessions.filter(number=1).update(state="booked")
    response = save(form)
    assert response.status_code == 409
    assert "This course changed meanwhile. Nothing was saved." in words(response)
    assert "the course grows to 11 sessions" in words(response)
    assert Appointment.objects.count() == 1
    assert save(fields(response.content.decode())).status_code == 302


def test_a_late_line_is_booked_with_its_reason_only(
    post: Callable[..., Any], save: Callable[..., Any], moira: Clinician
) -> None:
    typed = {"pick_day": "2027-03-02", "pick_time": "14:00", "pick_who": str(moira.pk)}
    form = fields(post("take-10", opened(post) | typed).content.decode())
    refused = save(form)
    assert refused.status_code == 422
    assert "Write why. Nothing was saved." in words(refused)
    assert save(form | {"reason-10": "In Toronto until March"}).status_code == 302
    assert Appointment.objects.get(late_reason__gt="").late_reason == "In Toronto until March"


def test_too_early_is_for_clinicians_with_a_reason(
    client: Client, post: Callable[..., Any], save: Callable[..., Any], plan: TreatmentPlan, moira: Clinician
) -> None:
    typed = {"pick_day": "2026-12-10", "pick_time": "14:00", "pick_who": str(moira.pk)}
    form = fields(post("take-3", opened(post) | typed).content.decode())
    shown = words(post("close-3", form))
    assert "Only a clinician may book it so near" in shown
    assert save(form | {"reason-3": "Travels"}).status_code == 422
    assert not Appointment.objects.exists()
    client.force_login(moira.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert "Why so near?" in words(post("close-3", form))
    early = re.findall(r'id="reason-(\d+)"', post("close-3", form).content.decode())
    reasons = {f"reason-{number}": "Travels from the 11th" for number in early}
    assert save(form | reasons).status_code == 302


def test_a_busy_book_is_told_kindly(
    post: Callable[..., Any], save: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(**_asked: Any) -> None:
        raise Busy

    form = opened(post)
    monkeypatch.setattr(views, "book_series", busy)
    response = save(form)
    assert response.status_code == 409
    assert "Others are booking at this moment." in words(response)


def test_a_closed_fortnight_is_told_as_moved(post: Callable[..., Any]) -> None:
    Closure.objects.create(name="Christmas", starts_on=date(2026, 12, 25), ends_on=date(2027, 1, 1))
    assert "Moved from Tue 29 Dec: clinic closed 25 Dec – 1 Jan" in words(post("propose"))


def test_a_course_with_nothing_left_says_so(desk: Client, post: Callable[..., Any], plan: TreatmentPlan) -> None:
    plan.sessions.update(state="completed")
    assert "Every session has its visit" in words(desk.get(address(plan)))
    plan.sessions.update(state="planned")
    TreatmentPlan.objects.filter(pk=plan.pk).update(status=PlanStatus.PAUSED)
    assert "takes no visits: Paused" in words(desk.get(address(plan)))


def test_who_hears_of_it_is_told_before_booking(desk: Client, plan: TreatmentPlan) -> None:
    assert f"goes to {plan.patient.called} 3 minutes after booking" in words(desk.get(address(plan)))
    plan.patient.email = ""
    plan.patient.save()
    assert "has no e-mail address: the dates go on the call list" in words(desk.get(address(plan)))


def test_wall_time_survives_the_clock_change(post: Callable[..., Any]) -> None:
    form = fields(post("propose", fields("") | {"start_on": "2027-02-23", "count": "5"}).content.decode())
    assert [line[11:16] for line in form["line"]] == ["14:00"] * 5
    starts = [datetime.fromisoformat(line[:16]) for line in form["line"]]
    assert [(after - before).days for before, after in pairwise(starts)] == [7] * 4
