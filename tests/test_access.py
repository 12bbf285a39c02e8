"""The access matrix: every address x role x method against one table. An address without a row fails the build."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest
from django.conf import settings
from django.db import connection, models
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from clinic.lib.access import ROLE_PERMISSIONS, Permission
from clinic.models import AccessLog, Clinician, Device, DeviceKind, Operation, Role, Room, RoomKind, User
from patients.models import Message, Patient
from scheduling.models import Appointment, AwayPlan, Offer, OfferRound, WaitingEntry
from tests import factory
from tests.scheduling.helpers import take
from treatments.models import Area, Concern, Protocol

pytestmark = pytest.mark.django_db

PUBLIC = None
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
READS = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class World:
    """One of everything that an address can name."""

    patient: uuid.UUID
    plan: uuid.UUID
    appointment: uuid.UUID
    message: uuid.UUID
    operation: uuid.UUID


@dataclass(frozen=True)
class Row:
    name: str
    permission: Permission | None
    methods: tuple[str, ...] = ("GET",)
    kwargs: Callable[[World], dict[str, object]] = lambda _: {}


def of_patient(world: World) -> dict[str, object]:
    return {"public_id": world.patient}


def of_two_patients(world: World) -> dict[str, object]:
    other = Patient.objects.exclude(public_id=world.patient).earliest("pk")
    return {"public_id": world.patient, "other_id": other.public_id}


def of_plan(world: World) -> dict[str, object]:
    return {"public_id": world.plan}


def of_appointment(world: World) -> dict[str, object]:
    return {"public_id": world.appointment}


def of_message(world: World) -> dict[str, object]:
    return {"public_id": world.message}


def of_away_plan(_world: World) -> dict[str, object]:
    return {"public_id": AwayPlan.objects.get().public_id}


def of_away_row(world: World) -> dict[str, object]:
    return of_away_plan(world) | {"visit_id": world.appointment}


def of_entry(_world: World) -> dict[str, object]:
    return {"public_id": WaitingEntry.objects.get().public_id}


def of_offer(_world: World) -> dict[str, object]:
    return {"public_id": Offer.objects.get().public_id}


def of_clinician(_world: World) -> dict[str, object]:
    return {"clinician_id": Clinician.objects.get().pk}


FORM = ("GET", "POST")
ACT = ("POST",)


def rows_of_a_shelf(
    name: str, permission: Permission, model: type[models.Model], *, is_ordered: bool = False
) -> list[Row]:
    """Return the rows of a small table that the owner keeps (clinic/lib/shelves.py)."""

    def of_first(_: World) -> dict[str, object]:
        first = model._default_manager.first()
        return {"pk": first.pk if first else 0}

    found = [Row(f"{name}_list", permission), Row(f"{name}_new", permission, FORM)]
    found.append(Row(f"{name}_edit", permission, FORM, of_first))
    return [*found, Row(f"{name}_shift", permission, ACT, of_first)] if is_ordered else found


MATRIX = [
    Row("home", Permission.SIGNED_IN),
    Row("set_theme", Permission.SIGNED_IN, ACT),
    Row("set_keys", Permission.SIGNED_IN, ACT),
    Row("set_rows", Permission.SIGNED_IN, ACT),
    Row("set_screen", Permission.SIGNED_IN, ACT),
    Row("find", Permission.SIGNED_IN),
    Row("livez", PUBLIC),
    Row("healthz", PUBLIC),
    Row("account_login", PUBLIC, FORM),
    Row("account_logout", PUBLIC, FORM),
    Row("account_inactive", PUBLIC),
    Row("account_reset_password", PUBLIC, FORM),
    Row("account_reset_password_done", PUBLIC),
    Row("account_reset_password_from_key", PUBLIC, FORM, lambda _: {"uidb36": "1", "key": "gone-0"}),
    Row("account_reset_password_from_key_done", PUBLIC),
    Row("patient_list", Permission.SEE_PATIENTS),
    Row("patient_find", Permission.SEE_PATIENTS),
    Row("patient_new", Permission.EDIT_PATIENTS, FORM),
    Row("patient_twins", Permission.EDIT_PATIENTS, ACT),
    Row("patient_guardian", Permission.EDIT_PATIENTS, ACT),
    Row("patient_archive", Permission.EDIT_PATIENTS, ACT, of_patient),
    Row("patient_unarchive", Permission.EDIT_PATIENTS, ACT, of_patient),
    Row("patient_twin_list", Permission.MERGE_PATIENTS),
    Row("patient_merge_find", Permission.MERGE_PATIENTS, ("GET",), of_patient),
    Row("patient_merge", Permission.MERGE_PATIENTS, FORM, of_two_patients),
    Row("patient_not_twins", Permission.MERGE_PATIENTS, ACT, of_two_patients),
    Row("patient_edit", Permission.EDIT_PATIENTS, FORM, of_patient),
    Row("patient_page", Permission.SEE_PATIENTS, ("GET",), of_patient),
    Row("plan_new", Permission.BOOK, FORM, of_patient),
    Row("course", Permission.SEE_PATIENTS, ("GET",), of_plan),
    Row("course_pause", Permission.STOP_COURSES, ACT, of_plan),
    Row("course_resume", Permission.STOP_COURSES, ACT, of_plan),
    Row("course_stop", Permission.STOP_COURSES, ACT, of_plan),
    Row("course_add", Permission.BOOK, ACT, of_plan),
    Row("course_drop", Permission.BOOK, ACT, of_plan),
    Row("series_planner", Permission.BOOK, ("GET",), of_plan),
    Row("series_lines", Permission.BOOK, ACT, of_plan),
    Row("series_anew", Permission.BOOK, ACT, of_plan),
    Row("series_book", Permission.BOOK, ACT, of_plan),
    Row("board", Permission.SEE_PATIENTS, ("GET",), lambda _: {"on": date(2026, 12, 1)}),
    Row("board_week", Permission.SEE_PATIENTS, ("GET",), lambda _: {"on": date(2026, 12, 1)}),
    Row("appointment_place", Permission.BOOK, ACT, of_appointment),
    Row("board_book", Permission.BOOK, FORM),
    Row("board_month", Permission.SEE_PATIENTS, ("GET",), lambda _: {"on": date(2026, 12, 1)}),
    Row("board_hours", Permission.MANAGE_HOURS, FORM, lambda w: of_clinician(w) | {"on": date(2026, 12, 1)}),
    Row("board_closure", Permission.MANAGE_HOURS, FORM, lambda _: {"on": date(2026, 12, 1)}),
    Row("board_day_feed", Permission.SEE_PATIENTS, ("GET",), lambda _: {"on": date(2026, 12, 1)}),
    Row("board_week_feed", Permission.SEE_PATIENTS, ("GET",), lambda _: {"on": date(2026, 12, 1)}),
    Row("day", Permission.SEE_PATIENTS, ("GET",), lambda _: {"on": date(2026, 12, 1)}),
    Row("day_sheet", Permission.SEE_PATIENTS, ("GET",), lambda _: {"on": date(2026, 12, 1)}),
    Row("call_list", Permission.BOOK, ("GET",), lambda _: {"on": date(2026, 12, 1)}),
    Row("appointment_call", Permission.BOOK, ACT, of_appointment),
    Row("visit_new", Permission.BOOK, FORM, of_patient),
    Row("plan_together", Permission.BOOK, FORM, of_patient),
    Row("appointment", Permission.SEE_PATIENTS, ("GET",), of_appointment),
    Row("appointment_menu", Permission.SEE_PATIENTS, ("GET",), of_appointment),
    Row("appointment_restore", Permission.BOOK, ACT, of_appointment),
    Row("appointment_confirm", Permission.BOOK, ACT, of_appointment),
    Row("appointment_unconfirm", Permission.BOOK, ACT, of_appointment),
    Row("appointment_arrive", Permission.BOOK, ACT, of_appointment),
    Row("appointment_start", Permission.COMPLETE, ACT, of_appointment),
    Row("appointment_step_back", Permission.COMPLETE, ACT, of_appointment),
    Row("appointment_complete", Permission.COMPLETE, ACT, of_appointment),
    Row("appointment_no_show", Permission.COMPLETE, ACT, of_appointment),
    Row("appointment_cancel", Permission.BOOK, ACT, of_appointment),
    Row("appointment_move", Permission.BOOK, FORM, of_appointment),
    Row("appointment_rest", Permission.BOOK, FORM, of_appointment),
    Row("appointment_swap", Permission.BOOK, FORM, of_appointment),
    Row("earlier_time", PUBLIC, FORM, lambda _: {"token": "A" * 43}),
    Row("operation_undo", Permission.BOOK, ACT, lambda world: {"operation_id": world.operation}),
    Row("waiting_list", Permission.SEE_PATIENTS),
    Row("waiting_find", Permission.BOOK),
    Row("waiting_new", Permission.BOOK, FORM, of_patient),
    Row("waiting_edit", Permission.BOOK, FORM, of_entry),
    Row("waiting_withdraw", Permission.BOOK, ACT, of_entry),
    Row("waiting_offer", Permission.BOOK, ACT),
    Row("waiting_call", Permission.BOOK, ACT),
    Row("waiting_accept", Permission.BOOK, ACT, of_offer),
    Row("waiting_stop", Permission.BOOK, ACT, of_offer),
    Row("hours", Permission.MANAGE_HOURS),
    Row("hours_outside", Permission.MANAGE_HOURS),
    Row("hours_closure", Permission.MANAGE_HOURS, FORM),
    Row("hours_of", Permission.MANAGE_HOURS, ("GET",), of_clinician),
    Row("hours_week", Permission.MANAGE_HOURS, FORM, of_clinician),
    Row("hours_change", Permission.MANAGE_HOURS, FORM, of_clinician),
    Row("hours_absence", Permission.MANAGE_HOURS, FORM, of_clinician),
    Row("hours_change_remove", Permission.MANAGE_HOURS, ACT, lambda w: of_clinician(w) | {"on": date(2026, 12, 1)}),
    Row("hours_absence_remove", Permission.MANAGE_HOURS, ACT, lambda _: {"absence_id": 1}),
    Row("hours_closure_remove", Permission.MANAGE_HOURS, ACT, lambda _: {"closure_id": 1}),
    Row("away_span", Permission.BOOK, FORM, of_clinician),
    Row("away_plan", Permission.BOOK, ("GET",), of_away_plan),
    Row("away_state", Permission.BOOK, ("GET",), of_away_plan),
    Row("away_look", Permission.BOOK, ACT, of_away_plan),
    Row("away_stop", Permission.BOOK, ACT, of_away_plan),
    Row("away_again", Permission.BOOK, ACT, of_away_plan),
    Row("away_apply", Permission.BOOK, ACT, of_away_plan),
    Row("away_row", Permission.BOOK, ACT, of_away_row),
    Row("away_pick", Permission.BOOK, ("GET",), of_away_row),
    Row("hours_undo", Permission.MANAGE_HOURS, ACT, lambda world: {"operation_id": world.operation}),
    Row("message_list", Permission.SEE_MESSAGES),
    Row("message_detail", Permission.SEE_MESSAGES, ("GET",), of_message),
    Row("message_seen", Permission.SEE_MESSAGES, ("GET",), of_message),
    Row("message_resend", Permission.BOOK, ACT, of_message),
    Row("message_told", Permission.BOOK, ACT, of_message),
    Row("catalogue", Permission.MANAGE_CATALOGUE),
    Row("protocol_new", Permission.MANAGE_CATALOGUE, FORM),
    Row("protocol_edit", Permission.MANAGE_CATALOGUE, FORM, lambda _: {"key": Protocol.objects.first().key}),  # type: ignore[union-attr]
    *rows_of_a_shelf("concern", Permission.MANAGE_CATALOGUE, Concern),
    *rows_of_a_shelf("area", Permission.MANAGE_CATALOGUE, Area, is_ordered=True),
    Row("area_visits", Permission.MANAGE_CATALOGUE, ("GET",), lambda _: {"pk": Area.objects.earliest("pk").pk}),
    Row("aftercare_list", Permission.MANAGE_CATALOGUE),
    Row("aftercare_new", Permission.MANAGE_CATALOGUE, FORM),
    Row("aftercare_show", Permission.MANAGE_CATALOGUE, ("GET",), lambda _: {"version": 1}),
    Row("aftercare_use", Permission.MANAGE_CATALOGUE, ACT, lambda _: {"version": 1}),
    Row("clinic_settings", Permission.MANAGE_CLINIC, FORM),
    Row("visit_types", Permission.MANAGE_CLINIC, FORM),
    Row("offer_settings", Permission.MANAGE_CLINIC, FORM),
    Row("planning_settings", Permission.MANAGE_CLINIC, FORM),
    *rows_of_a_shelf("room", Permission.MANAGE_CLINIC, Room, is_ordered=True),
    *rows_of_a_shelf("room_kind", Permission.MANAGE_CLINIC, RoomKind),
    *rows_of_a_shelf("device", Permission.MANAGE_CLINIC, Device, is_ordered=True),
    *rows_of_a_shelf("device_kind", Permission.MANAGE_CLINIC, DeviceKind),
    Row("visit_notes", PUBLIC, FORM, lambda _: {"token": "x" * 43}),
]


def offer_a_time(visit: Appointment) -> None:
    """Let the patient of a visit wait for an earlier time, and offer them one."""
    now = factory.now()
    entry = WaitingEntry.objects.create(
        patient=visit.patient, kind="session", plan=visit.session.plan, appointment=visit, since=now
    )
    held = OfferRound.objects.create(
        clinician=visit.clinician,
        starts_at=factory.at(date(2026, 11, 30), "14:00"),
        ends_at=factory.at(date(2026, 11, 30), "14:45"),
        minutes=30,
        most=4,
        started_at=now,
    )
    times = {"starts_at": held.starts_at, "arrives_at": held.starts_at}
    Offer.objects.create(round=held, entry=entry, by="phone", moves=True, offered_at=now, **times)


@pytest.fixture
def world(clinic: object) -> World:
    moira, room = factory.make_clinician(), factory.make_room()
    factory.make_patient()
    plan = factory.make_plan(clinician=moira)
    visit = take(moira, room, date(2026, 12, 1), "14:00", 45, patient=plan.patient, session=plan.sessions.first())
    span = {"starts_at": visit.starts_at, "ends_at": visit.ends_at, "made_at": factory.now(), "state": "stopped"}
    AwayPlan.objects.create(clinician=moira, user=moira.user, **span)
    message = Message.objects.create(patient=plan.patient, kind="series_summary", due_at=factory.now())
    operation = Operation.objects.create(kind="none", actor="nobody", body_hash="", at=factory.now())
    offer_a_time(visit)
    return World(plan.patient.public_id, plan.public_id, visit.public_id, message.public_id, operation.pk)


@pytest.fixture(params=[*Role.values, "none", "anonymous"])
def visitor(request: pytest.FixtureRequest, world: World) -> tuple[str, Client]:
    """Someone with one role, with none, or not signed in."""
    client = Client(raise_request_exception=False)
    if request.param != "anonymous":
        roles = [Role(request.param)] if request.param in Role.values else []
        client.force_login(factory.make_user(*roles), backend=settings.AUTHENTICATION_BACKENDS[-1])
    return request.param, client


def every_pattern() -> list[URLPattern]:
    def walk(patterns: list[URLPattern | URLResolver]) -> list[URLPattern]:
        found: list[URLPattern] = []
        for pattern in patterns:
            found += walk(pattern.url_patterns) if isinstance(pattern, URLResolver) else [pattern]
        return found

    return walk(get_resolver().url_patterns)


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    assert {row.name for row in MATRIX} == {pattern.name for pattern in every_pattern()}


def test_every_view_has_the_permission_of_its_row_or_is_public_on_purpose() -> None:
    wanted = {row.name: row.permission for row in MATRIX}
    for pattern in every_pattern():
        assert getattr(pattern.callback, "permission", None) == wanted[pattern.name], pattern.name
        if wanted[pattern.name] is PUBLIC:
            assert getattr(pattern.callback, "login_required", True) is False, pattern.name


def expected(row: Row, role: str, method: str) -> set[int]:
    """Return the statuses that are right for a role and a method; what is allowed may answer in its own way."""
    answers = {200, 302, 400, 404, 409, 422, 503}
    allowed = method in row.methods or (method == "HEAD" and "GET" in row.methods)
    if row.permission is PUBLIC:
        return answers if allowed else {*answers, 405}  # allauth's own pages answer OPTIONS
    if role == "anonymous":
        return {302}
    if not allowed:
        return {405}
    return answers if row.permission in ROLE_PERMISSIONS.get(role, frozenset()) else {403}


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: row.name)
def test_every_role_gets_what_the_matrix_says(row: Row, visitor: tuple[str, Client], world: World) -> None:
    role, client = visitor
    address = reverse(row.name, kwargs=row.kwargs(world))
    for method in METHODS:
        response = client.generic(method, address)
        assert response.status_code in expected(row, role, method), (method, response.status_code)
        if row.permission is not PUBLIC and role == "anonymous":
            assert response.headers["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("row", [row for row in MATRIX if "POST" in row.methods], ids=lambda row: row.name)
def test_every_act_without_its_token_is_refused(row: Row, world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(factory.make_user(*Role), backend=settings.AUTHENTICATION_BACKENDS[-1])
    assert client.post(reverse(row.name, kwargs=row.kwargs(world))).status_code == 403


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: row.name)
def test_every_answer_carries_the_safety_headers(row: Row, world: World) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(factory.make_user(*Role), backend=settings.AUTHENTICATION_BACKENDS[-1])
    response = client.get(reverse(row.name, kwargs=row.kwargs(world)))
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Referrer-Policy"] in {"same-origin", "no-referrer", "strict-origin"}
    assert "no-store" in response.headers["Cache-Control"]


def test_a_role_that_is_taken_away_ends_at_the_next_request(world: World) -> None:
    user = factory.make_user(Role.FRONT_DESK)
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    assert client.get(reverse("patient_list")).status_code == 200
    User.objects.filter(pk=user.pk).update(roles=[])
    assert client.get(reverse("patient_list")).status_code == 403


def test_reading_changes_nothing_but_the_log_of_readings(world: World) -> None:
    """GET and HEAD of every address, as somebody with every role: no table changes but the named ones."""
    client = Client(raise_request_exception=False)
    client.force_login(factory.make_user(*Role), backend=settings.AUTHENTICATION_BACKENDS[-1])
    client.get(reverse("home"))  # the first request notes the activity
    before = fingerprints()
    for row in MATRIX:
        if row.name != "account_logout":
            client.get(reverse(row.name, kwargs=row.kwargs(world)))
            client.head(reverse(row.name, kwargs=row.kwargs(world)))
    assert fingerprints() == before
    assert AccessLog.objects.filter(subject__contains="patient").exists()


CHANGED_BY_READING = {"clinic_accesslog", "clinic_cache", "django_session", "pghistory_context"}
"""Named in one place (design 9): the log of readings, throttles, sessions, and the context of the log's own rows."""


def fingerprints() -> dict[str, str]:
    """Return a hash of the content of every table that reading may not change."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table not in CHANGED_BY_READING:
                name = connection.ops.quote_name(table)
                cursor.execute(f"SELECT md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) FROM {name} t")  # noqa: S608
                found[table] = cursor.fetchone()[0]
    return found
