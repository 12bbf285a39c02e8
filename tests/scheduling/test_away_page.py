"""The page of a plan for an absence: what it says, what it asks of the database, what its buttons do."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import Clinician, Operation, Role, Room
from scheduling.away_chart import chart
from scheduling.away_page import AwayPage
from scheduling.away_rows import read_rows
from scheduling.away_words import claim, facts, how_found
from scheduling.models import Absence, Appointment, AwayPlan, AwayState
from scheduling.services.away import look, start_plan
from scheduling.services.undo import undo_operation
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("time_on_monday")]
WED = date(2026, 12, 2)


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(factory.make_user(Role.FRONT_DESK))
    return client


def plan_for(moira: Clinician, room: Room, count: int = 3) -> AwayPlan:
    for n in range(count):
        take(moira, room, WED, f"{9 + n // 2:02d}:{n % 2 * 30:02d}", 30)
    plan = start_plan(
        clinician_id=moira.pk,
        since=factory.at(WED, "00:00"),
        until=factory.at(WED + timedelta(days=1), "00:00"),
        actor=moira.user,
        now=MONDAY,
    )
    look(plan_id=plan.pk, now=MONDAY)
    plan.refresh_from_db()
    return plan


def words(response: object) -> str:
    text = re.sub(r"<[^>]*>", " ", response.content.decode())  # type: ignore[attr-defined]
    return re.sub(r"\s+", " ", text)


def row_url(plan: AwayPlan, at: int = 0) -> str:
    visit = Appointment.objects.get(pk=plan.rows[at]["visit"])
    return reverse("away_row", args=[plan.public_id, visit.public_id])


@pytest.mark.parametrize("name", ["away_plan", "away_state"])
def test_the_page_asks_as_much_for_one_visit_as_for_twelve(
    desk: Client, moira: Clinician, anika: Clinician, rooms: list[Room], name: str
) -> None:
    counts = []
    for count in (1, 12):
        Appointment.objects.all().delete()
        plan = plan_for(moira, rooms[0], count)
        address = reverse(name, args=[plan.public_id])
        desk.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(address).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


def test_a_walk_from_an_absence_to_apply_and_back(
    desk: Client, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    visit = take(moira, rooms[0], WED, "10:00", 45)
    absence = Absence.objects.create(
        clinician=moira, starts_at=factory.at(WED, "00:00"), ends_at=factory.at(WED + timedelta(days=2), "00:00")
    )
    link = f"{reverse('away_span', args=[moira.pk])}?absence={absence.pk}"
    assert link in desk.get(reverse("hours_of", args=[moira.pk])).content.decode()
    form = desk.get(link).context["form"]
    assert (form.initial["first"], form.initial["last"]) == (WED, WED + timedelta(days=1))
    typed = {"first": "2026-12-02", "last": "2026-12-03", "operation": factory.make_patient().public_id}
    page = desk.post(reverse("away_span", args=[moira.pk]), typed, follow=True)
    plan = AwayPlan.objects.get()
    assert "Use the best so far" in words(page) and plan.state == AwayState.LOOKING
    page = desk.post(reverse("away_look", args=[plan.public_id]), follow=True)
    assert "Nobody has to move." in words(page) and "Note the absence too" not in words(page)
    plan.refresh_from_db()
    sent = {"version": plan.version, "operation": factory.make_patient().public_id}
    page = desk.post(reverse("away_apply", args=[plan.public_id]), sent, follow=True)
    assert "1 keeps the time with someone else" in words(page)
    visit.refresh_from_db()
    assert visit.clinician_id == anika.pk
    done = Operation.objects.get(kind="apply_away_plan")
    undo_operation(key=factory.make_patient().public_id, operation_id=done.pk, actor=None, now=MONDAY)
    page = desk.get(reverse("away_plan", args=[plan.public_id]))
    assert "applied and undone" in words(page)
    desk.post(reverse("away_again", args=[plan.public_id]), {"other_days": "on"})
    plan.refresh_from_db()
    assert plan.state == AwayState.LOOKING and plan.operation_id is None


def test_rows_change_in_the_page_and_without_scripts_alike(
    desk: Client, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    plan = plan_for(moira, rooms[0])
    part = desk.post(row_url(plan), {"version": plan.version, "act": "later"}, headers={"HX-Request": "true"})
    assert part.status_code == 200 and b"<html" not in part.content
    assert "Changed by hand since." in words(part)
    plan.refresh_from_db()
    assert read_rows(plan.rows)[0].pinned == "locked"
    page = desk.post(row_url(plan, 1), {"version": plan.version, "act": "leave"}, follow=True)
    assert page.redirect_chain and "Left out by hand" in words(page)
    stale = desk.post(row_url(plan), {"version": plan.version, "act": "unlock"}, headers={"HX-Request": "true"})
    assert "This plan was changed meanwhile." in words(stale)


def test_pick_offers_what_is_free_and_takes_it(
    desk: Client, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    plan = plan_for(moira, rooms[0])
    page = desk.get(row_url(plan) + "pick/")
    day = page.context["days"][-1]
    token = day.people[0][1][-1].token
    desk.post(row_url(plan), {"version": plan.version, "to": token})
    plan.refresh_from_db()
    assert date.fromordinal(read_rows(plan.rows)[0].day) == day.day


def test_a_visit_booked_into_the_span_since_is_told(
    desk: Client, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    plan = plan_for(moira, rooms[0])
    take(moira, rooms[0], WED, "15:00", 30)
    assert "1 visit was booked into this span since." in words(desk.get(reverse("away_plan", args=[plan.public_id])))


def test_only_who_manages_hours_notes_the_absence(
    client: Client, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    client.force_login(moira.user)
    plan = plan_for(moira, rooms[0])
    assert "Note the absence too" not in words(client.get(reverse("away_plan", args=[plan.public_id])))
    sent = {"version": plan.version, "operation": factory.make_patient().public_id, "note_absence": "on"}
    client.post(reverse("away_apply", args=[plan.public_id]), sent)
    assert not Absence.objects.exists() and Operation.objects.filter(kind="apply_away_plan").exists()


def test_an_absence_that_was_unticked_stays_so_when_applying_is_refused(
    desk: Client, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    plan = plan_for(moira, rooms[0])
    stale = {"version": plan.version - 1, "operation": factory.make_patient().public_id}
    for sent, ticked in ((stale, False), (stale | {"note_absence": "on"}, True)):
        page = desk.post(reverse("away_apply", args=[plan.public_id]), sent, follow=True)
        assert "Nothing was" in words(page) and page.context["note_absence"] is ticked


def page_of(plan: AwayPlan, **fields: object) -> AwayPage:
    for name, value in fields.items():
        setattr(plan, name, value)
    return AwayPage(plan, MONDAY, factory.make_clinic())


def test_the_sentence_claims_no_more_than_is_proved(moira: Clinician, anika: Clinician, rooms: list[Room]) -> None:
    take(anika, rooms[1], WED, "08:00", 600)
    plan = plan_for(moira, rooms[0], 2)
    assert claim(page_of(plan)) == "No plan can move fewer."
    assert "it cannot get better" in how_found(page_of(plan))
    assert claim(page_of(plan, is_least=False, is_best=False, least=[0, 1])) == "At least 1 must move."
    assert claim(page_of(plan, least=[0, 0])) == "A better plan may exist."
    assert "stopped before the proof" in how_found(page_of(plan))
    assert claim(page_of(plan, state=AwayState.LOOKING)) == "Looking for a better plan."
    assert [said.icon for said in facts(page_of(plan))][-1] == "check2"


def test_the_drawing_ends_where_the_two_lines_meet_or_says_how_far_they_are_apart(
    moira: Clinician, rooms: list[Room]
) -> None:
    plan = AwayPlan(clinician=moira, history=[[0.0, 1, 5, 0, 0], [0.4, 0, 6, 0, 4], [0.9, 0, 6, 0, 6]])
    drawn = chart(plan)
    assert drawn and drawn.met == "met at 6" and drawn.best.split()[-1] == drawn.least.split()[-1]
    drawn = chart(AwayPlan(clinician=moira, history=plan.history[:2]))
    assert drawn and drawn.met == "6, at least 4"
    assert chart(AwayPlan(clinician=moira)) is None


def test_users_see_who_is_told_and_how(moira: Clinician, anika: Clinician, rooms: list[Room], desk: Client) -> None:
    take(anika, rooms[1], WED, "08:00", 600)
    plan = plan_for(moira, rooms[0], 2)
    page = words(desk.get(reverse("away_plan", args=[plan.public_id])))
    assert "2 get one e-mail 3 minutes after. You can undo until then." in page
    assert "Apply all and tell 2" in page
