"""The same statements, raw: what a booking over HTTP sends is written down, and sent again by a view without Django."""

import json
import re
from collections.abc import Iterable

from django.contrib.auth.decorators import login_required
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.views.decorators.csrf import csrf_exempt

from scheduling.models import Appointment, AppointmentMessage

Statement = tuple[str, str]
"""What is sent, with marks in place of the keys that the database will give, and the mark of the keys it returns."""
BY_ITSELF = re.compile(r'^(BEGIN|COMMIT|SAVEPOINT|RELEASE)|SAVEPOINT "|FROM "(django_session|clinic_user)" WHERE')
"""What the raw view does as well: its own transaction, and the session and person that its middleware reads."""


def written_down(client: Client, asked: Iterable[tuple[str, dict[str, str]]]) -> list[list[Statement]]:
    """Book what these addresses and fields ask for, keep the statements of each, and take all of it back."""
    with transaction.atomic():
        found = [_written_down(client, address, fields) for address, fields in asked]
        transaction.set_rollback(True)
    return found


def _written_down(client: Client, address: str, fields: dict[str, str]) -> list[Statement]:
    with CaptureQueriesContext(connection) as caught:
        client.cookies.pop("messages", None)  # what a desk was told once is not sent again
        assert client.post(address, fields).status_code == 302
    visit = Appointment.objects.latest("pk").pk
    links = AppointmentMessage.objects.filter(appointment=visit).order_by("message_id")
    marks = {str(key): f"@m{at}@" for at, key in enumerate(links.values_list("message", flat=True))}
    statements = [query["sql"] for query in caught if not BY_ITSELF.search(query["sql"])]
    return _marked(statements, marks | {str(visit): "@v0@"})


def _marked(statements: list[str], marks: dict[str, str]) -> list[Statement]:
    found: list[Statement] = []
    for sql in statements:
        returns = "v" if 'INTO "scheduling_appointment" ' in sql else "m" if 'INTO "patients_message" ' in sql else ""
        later = any(mark for _sql, mark in found)
        found.append((re.sub(r"\b\d+\b", lambda key: marks.get(key[0], key[0]), sql) if later else sql, returns))
    return found


@csrf_exempt
@login_required
@transaction.atomic
def replay(request: HttpRequest) -> HttpResponse:
    """Send statements one after another over psycopg2, and fetch what each returns."""
    known: dict[str, str] = {}
    with connection.connection.cursor() as cursor:
        for statement, returns in json.loads(request.body):
            for mark, key in known.items():
                statement = statement.replace(mark, key)
            cursor.execute(statement)
            rows = cursor.fetchall() if cursor.description else []
            if returns:
                known |= {f"@{returns}{at}@": str(row[0]) for at, row in enumerate(rows)}
    return HttpResponse(status=201)
