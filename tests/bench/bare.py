"""The floors: views that do the least a signed-in page or a booking can do, beside all addresses of the clinic."""

import json
from datetime import datetime, timedelta
from uuid import uuid4

from django.contrib.auth.decorators import login_required
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from clinic.models import Clinician, Room
from patients.models import Patient
from scheduling.models import Appointment
from tests.bench.replay import replay

PAGE = "<table>{% for p in rows %}<tr><td>{{ p.full_name }}</td><td>{{ p.birth_date }}</td></tr>{% endfor %}</table>"
TURNOVER = timedelta(minutes=5)
LOCK = "SELECT id FROM {} WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
BOOK = """
INSERT INTO scheduling_appointment (public_id, kind, patient_id, clinician_id, room_id, arrives_at, starts_at, ends_at,
    frees_at, wall_date, wall_time, wall_zone, status, early_reason, late_reason, entry_reason, cancelled_by,
    status_reason, version, created_at, updated_at)
VALUES (%s, 'consultation', %s, %s, %s, %s, %s, %s, %s, %s, %s, 'America/St_Johns', 'booked', '', '', '', '', '', 1,
    now(), now()) RETURNING id
"""
MESSAGE = """
INSERT INTO patients_message (public_id, patient_id, kind, channel, state, due_at, attempts, nonce, message_id,
    to_address, subject, body, reason, created_at)
VALUES (%s, %s, %s, 'email', 'waiting', %s, 0, %s, '', '', '', '', '', now()) RETURNING id
"""
LINK = """
INSERT INTO scheduling_appointmentmessage (message_id, appointment_id, kind, version, again) VALUES (%s, %s, %s, 1, 0)
"""
OPERATION = """
INSERT INTO clinic_operation (id, kind, actor, user_id, body_hash, result, touched, at)
VALUES (%s, 'book_visit', '', %s, '', '{}', '[]', now())
"""
KINDS = ("visit_summary", "reminder_3_days", "reminder_1_day")


@login_required
def page(request: HttpRequest) -> HttpResponse:
    """A signed-in page with one query of twenty rows."""
    rows = Patient.objects.order_by("pk")[:20]
    return HttpResponse(engines["django"].from_string(PAGE).render({"rows": rows}, request))


def insert_visit(patient: int, clinician: int, room: int, start: datetime, wall: datetime) -> int:
    """Insert one visit of twenty minutes, and nothing else."""
    ends = start + timedelta(minutes=20)
    with connection.cursor() as cursor:
        moments = [start, start, ends, ends + TURNOVER, wall.date(), wall.time()]
        cursor.execute(BOOK, [uuid4(), patient, clinician, room, *moments])
        return int(cursor.fetchone()[0])


@csrf_exempt
@login_required
@transaction.atomic
def book(request: HttpRequest) -> HttpResponse:
    """Lock what a booking locks and insert the rows that it inserts, raw: no rule is checked, nothing is read."""
    asked = json.loads(request.body)
    start, wall = datetime.fromisoformat(asked["start"]), datetime.fromisoformat(asked["wall"])
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '3s'")
        cursor.execute(OPERATION, [uuid4(), request.user.pk])
        rooms = asked["rooms"]
        for model, keys in ((Patient, [asked["patient"]]), (Clinician, [asked["clinician"]]), (Room, rooms)):
            cursor.execute(LOCK.format(model._meta.db_table), [keys])
        visit = insert_visit(asked["patient"], asked["clinician"], asked["room"], start, wall)
        for kind in KINDS:
            cursor.execute(MESSAGE, [uuid4(), asked["patient"], kind, start, uuid4()])
            cursor.execute(LINK, [cursor.fetchone()[0], visit, kind])
    return HttpResponse(str(visit), status=201)


def fifteen(patient: int, clinician: int, room: int, starts: list[datetime]) -> None:
    """Insert the visits of a series in one transaction, and nothing else."""
    with transaction.atomic():
        for start in starts:
            insert_visit(patient, clinician, room, start, start)
    Appointment.objects.filter(patient=patient, clinician=clinician, starts_at__in=starts).delete()


urlpatterns = [
    path("bare/page/", page),
    path("bare/book/", book),
    path("bare/replay/", replay),
    path("", include("clinic.urls")),
]
