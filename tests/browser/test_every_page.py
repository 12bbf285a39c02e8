"""Every page a person can open, on the demo clinic: axe silent, console silent, nothing cut at any width."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from clinic.models import Role, User
from patients.models import Message, Patient
from scheduling.models import Appointment, WaitingEntry
from scheduling.services.away import look, start_plan
from tests import factory
from tests.browser.conftest import WIDTHS, Complaints, Sound
from tests.browser.test_owner_pages import pages_of_the_owner
from treatments.models import PlanStatus, SessionState, TreatmentPlan

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def demo(clinic: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PISTOR_EMBEDDED", "1")
    call_command("demo", verbosity=0)


def with_two_courses() -> Patient:
    """Return the patient of a course with sessions to book, given a second one on another area."""
    plan = TreatmentPlan.objects.filter(sessions__state=SessionState.PLANNED, status=PlanStatus.ACTIVE).earliest("pk")
    factory.make_plan(plan.patient, plan.protocol, name="Second course", session_count=4)
    return plan.patient


def pages_of_the_desk() -> dict[str, str]:
    """Return an address for each kind of page, chosen where there is most to see."""
    devika = Patient.objects.get(first_name="Devika", last_name="Rao")
    longest = Patient.objects.filter(last_name__contains="Idrissi").first() or devika
    busy = Appointment.objects.holding().filter(starts_at__gt=timezone.now() + timedelta(days=2)).first()
    plan = TreatmentPlan.objects.filter(sessions__state=SessionState.PLANNED).first()
    stopped = TreatmentPlan.objects.filter(status=PlanStatus.DISCONTINUED).first() or plan
    in_course = (
        Appointment.objects.filter(session__number=2, status="booked", starts_at__gt=timezone.now()).first() or busy
    )
    assert busy and plan
    away = start_plan(
        clinician_id=busy.clinician_id,
        since=timezone.now(),
        until=timezone.now() + timedelta(days=4),
        actor=busy.clinician.user,
        now=timezone.now(),
    )
    look(plan_id=away.pk, now=timezone.now())
    hit = Appointment.objects.get(pk=away.rows[-1]["visit"])
    return {
        "board": reverse("board"),
        "board by rooms": reverse("board") + "?by=rooms",
        "board without names": reverse("board") + "?names=off&off=hide",
        "week": reverse("board_week"),
        "month": reverse("board_month"),
        "day": reverse("day"),
        "another day": reverse("day", kwargs={"on": (timezone.now() - timedelta(days=7)).date()}),
        "a Sunday": reverse(
            "day", kwargs={"on": (timezone.now() - timedelta(days=timezone.now().weekday() + 1)).date()}
        ),
        "call list": reverse("call_list"),
        "patients": reverse("patient_list"),
        "found": reverse("patient_list") + "?q=mar",
        "found nobody": reverse("patient_list") + "?q=zzzz",
        "find": reverse("find") + "?q=mar",
        "find nothing": reverse("find") + "?q=zzzz",
        "register": reverse("patient_new"),
        "edit": reverse("patient_edit", kwargs={"public_id": longest.public_id}),
        "likely twins": reverse("patient_twin_list"),
        "the other file": reverse("patient_merge_find", kwargs={"public_id": devika.public_id}) + "?q=mar",
        "two files": reverse("patient_merge", kwargs={"public_id": devika.public_id, "other_id": longest.public_id}),
        "patient": reverse("patient_page", kwargs={"public_id": busy.patient.public_id}),
        "patient without a course": reverse("patient_page", kwargs={"public_id": devika.public_id}),
        "choose": reverse("plan_new", kwargs={"public_id": devika.public_id}),
        "no such treatment": reverse("plan_new", kwargs={"public_id": devika.public_id}) + "?q=zzzz",
        "plan": reverse("plan_new", kwargs={"public_id": devika.public_id}) + "?protocol=cellulite",
        "course": reverse("course", kwargs={"public_id": plan.public_id}),
        "a stopped course": reverse("course", kwargs={"public_id": stopped.public_id}),
        "two courses together": reverse("plan_together", kwargs={"public_id": with_two_courses().public_id}),
        "planner": reverse("series_planner", kwargs={"public_id": plan.public_id}),
        "move": reverse("appointment_move", kwargs={"public_id": busy.public_id}),
        "move with the rest": reverse("appointment_move", kwargs={"public_id": in_course.public_id}) + "?how=respace",
        "cancel and re-space": reverse("appointment_rest", kwargs={"public_id": in_course.public_id}) + "?act=cancel",
        "swap": reverse("appointment_swap", kwargs={"public_id": in_course.public_id}) + "?within=week",
        "swap two": reverse("appointment_swap", kwargs={"public_id": in_course.public_id}) + f"?with={hit.public_id}",
        "another clinician": reverse("appointment_rest", kwargs={"public_id": in_course.public_id}) + "?act=clinician",
        "hours": reverse("hours"),
        "hours of one": reverse("hours_of", args=[busy.clinician_id]),
        "weekly hours": reverse("hours_week", args=[busy.clinician_id]),
        "one day": reverse("hours_change", args=[busy.clinician_id]),
        "absence": reverse("hours_absence", args=[busy.clinician_id]),
        "closure": reverse("hours_closure"),
        "visits outside hours": reverse("hours_outside"),
        "somebody is away": reverse("away_span", args=[busy.clinician_id]),
        "plan for an absence": reverse("away_plan", kwargs={"public_id": away.public_id}),
        "another time in it": reverse("away_pick", kwargs={"public_id": away.public_id, "visit_id": hit.public_id}),
        "visit": reverse("appointment", kwargs={"public_id": busy.public_id}),
        "book a visit": reverse("visit_new", kwargs={"public_id": busy.patient.public_id}),
        "waiting list": reverse("waiting_list"),
        "who would come earlier": reverse("waiting_find") + "?q=mar",
        "earlier if possible": reverse("waiting_new", kwargs={"public_id": busy.patient.public_id}),
        "an entry of the waiting list": reverse("waiting_edit", args=[WaitingEntry.objects.active()[0].public_id]),
        "messages": reverse("message_list"),
        "message": reverse("message_detail", kwargs={"public_id": Message.objects.earliest("pk").public_id}),
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_of_the_desk_and_of_the_owner_is_sound(
    page: Page,
    demo: None,
    signed_in: Callable[[User], User],
    sound: Sound,
    theme: str,
) -> None:
    User.objects.update(theme=theme)
    for who, pages in {"desk": pages_of_the_desk(), "owner": pages_of_the_owner()}.items():
        signed_in(User.objects.get(email=f"{who}@demo.example"))
        for name, address in pages.items():
            response = sound(page, theme, address)
            assert response and response.status == 200, name


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_without_a_sign_in_is_sound(page: Page, complaints: Complaints, sound: Sound, theme: str) -> None:
    complaints.expect("404")
    page.emulate_media(color_scheme=theme)
    addresses = [
        reverse("account_login"),
        reverse("account_reset_password"),
        reverse("account_reset_password_done"),
        reverse("account_reset_password_from_key", kwargs={"uidb36": "1", "key": "gone-0"}),
        reverse("account_reset_password_from_key_done"),
        reverse("account_inactive"),
        reverse("visit_notes", kwargs={"token": "x" * 43}),
        reverse("earlier_time", kwargs={"token": "x" * 43}),
        "/no/such/page/",
    ]
    for address in addresses:
        sound(page, theme, address, looked_at=WIDTHS)


def test_a_page_outside_the_role_says_so_and_is_sound(
    page: Page,
    complaints: Complaints,
    signed_in: Callable[[User], User],
    assert_no_violations: Callable[[Page], None],
) -> None:
    complaints.expect("403")
    signed_in(factory.make_user(Role.OWNER))
    page.goto(reverse("patient_new"))
    assert page.get_by_role("heading", name="This page is not part of your role").is_visible()
    assert_no_violations(page)
