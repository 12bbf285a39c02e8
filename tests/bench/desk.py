"""Book one visit over HTTP, through gunicorn, from several desks at once; beside views that do the same raw."""

import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import uuid4

from django.conf import settings
from django.middleware.csrf import _get_new_csrf_string
from django.test import Client
from django.urls import reverse

from clinic.models import Clinic, Clinician, Room
from clinic.stack.runner import WEB, free_port
from patients.models import Patient
from tests.bench.figures import Row, at
from tests.bench.replay import written_down

DESKS, BOOKINGS = 4, 120
STARTS = (10 * 60 + 45, 11 * 60 + 30, 13 * 60, 13 * 60 + 45, 14 * 60 + 30, 16 * 60, 16 * 60 + 45)
"""Minutes of the day at which half an hour is free in both shifts, and the room again before the next."""
FIRST_DAY = 250
"""Days ahead, beyond the longest series that was just saved."""

Place = tuple[datetime, Clinician, int]
Send = Callable[[http.client.HTTPConnection], int]


def places(clinic: Clinic, now: datetime, first_day: int) -> Iterator[Place]:
    """Yield free times of far days, one clinician after another; nobody has booked so far ahead."""
    clinicians = list(Clinician.objects.filter(is_active=True))
    rooms = list(Room.objects.values_list("pk", flat=True))
    for ahead in range(first_day, 400):
        day = (now + timedelta(days=ahead)).astimezone(clinic.tz).date()
        if day.weekday() < 5:
            for minute in STARTS:
                start = datetime(day.year, day.month, day.day, *divmod(minute, 60), tzinfo=clinic.tz)
                for place, clinician in enumerate(clinicians):
                    yield start, clinician, rooms[place % len(rooms)]


class Web:
    """A gunicorn as the clinic's own, with the bare views beside its addresses."""

    def __init__(self) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "gunicorn", "tests.bench.wsgi", "--bind", f"127.0.0.1:{self.port}"]
        self.process = subprocess.Popen([*command, *WEB.split()], env=os.environ.copy())

    def __enter__(self) -> "Web":
        until = time.monotonic() + 120
        while time.monotonic() < until:
            try:
                probe = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
                probe.request("GET", "/livez")
                if probe.getresponse().status == 200:
                    return self
            except OSError:
                time.sleep(0.1)
        raise TimeoutError("gunicorn does not answer")

    def __exit__(self, *error: object) -> None:
        self.process.terminate()
        self.process.wait(60)


def book_row(session: str, now: datetime) -> Row:
    """Measure so many desks booking at once, beside the same statements raw and beside the inserts alone."""
    clinic = Clinic.objects.current()
    patients = list(Patient.objects.on_file().order_by("-pk")[: 2 * BOOKINGS + 40])
    with Web() as web:
        forms = [_form(*pair, session) for pair in zip(patients, places(clinic, now, FIRST_DAY), strict=False)]
        bare = [_bare(*pair, session) for pair in zip(patients, places(clinic, now, FIRST_DAY + 70), strict=False)]
        far = zip(patients[: 8 + BOOKINGS], places(clinic, now, FIRST_DAY + 110), strict=False)
        raw = _raw(far, session)
        for sends in (forms, bare, raw):
            _press(web.port, sends[:8])
        _inserts, insert_seconds = _press(web.port, bare[8 : 8 + BOOKINGS])
        floor, floor_seconds = _press(web.port, raw[8:])
        times, seconds = _press(web.port, forms[8 : 8 + BOOKINGS])
    return Row(
        "book_http",
        p50=at(0.5, times),
        p95=at(0.95, times),
        p99=at(0.99, times),
        floor="raw view",
        floor_p50=at(0.5, floor),
        floor_p95=at(0.95, floor),
        rate=BOOKINGS / seconds,
        floor_rate=BOOKINGS / floor_seconds,
        more={"desks": DESKS, "calls": BOOKINGS, "insert_rate": BOOKINGS / insert_seconds},
    )


def _form(patient: Patient, place: Place, session: str) -> Send:
    """Return the press of the button of a consultation."""
    csrf = _get_new_csrf_string()
    address, fields = _asked(patient, place)
    headers = {
        "Cookie": f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={csrf}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return _send(address, urlencode(fields | {"csrfmiddlewaretoken": csrf}), headers, 302)


def _asked(patient: Patient, place: Place) -> tuple[str, dict[str, str]]:
    start, clinician, _room = place
    fields = {
        "operation": str(uuid4()),
        "day": start.date().isoformat(),
        "time": f"{start:%H:%M}",
        "clinician": str(clinician.pk),
    }
    return f"{reverse('visit_new', args=[patient.public_id])}?what=consultation", fields


def _raw(pairs: Iterable[tuple[Patient, Place]], session: str) -> list[Send]:
    """Return the statements of such presses, to be sent by a view that does nothing else."""
    client, headers = Client(), {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"}
    client.cookies[settings.SESSION_COOKIE_NAME] = session
    every = written_down(client, [_asked(*pair) for pair in pairs])
    return [_send("/bare/replay/", json.dumps(statements), headers, 201) for statements in every]


def _bare(patient: Patient, place: Place, session: str) -> Send:
    start, clinician, room = place
    body = {
        "patient": patient.pk,
        "clinician": clinician.pk,
        "room": room,
        "rooms": list(Room.objects.values_list("pk", flat=True)),
        "start": start.astimezone(UTC).isoformat(),
        "wall": start.replace(tzinfo=None).isoformat(),
    }
    return _send("/bare/book/", json.dumps(body), {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"}, 201)


def _send(address: str, body: str, headers: dict[str, str], wanted: int) -> Send:
    def send(connection: http.client.HTTPConnection) -> int:
        connection.request("POST", address, body, headers)
        response = connection.getresponse()
        said = response.read()
        if response.status != wanted:
            raise AssertionError(f"{address}: {response.status} {_plain(said)}")
        return response.status

    return send


def _press(port: int, sends: list[Send]) -> tuple[list[float], float]:
    """Share the presses among the desks; return the milliseconds of each, and the seconds of all."""
    times: list[float] = []
    failures: list[Exception] = []

    def desk(mine: list[Send]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for send in mine:
            began = time.perf_counter()
            try:
                send(connection)
            except (AssertionError, OSError, http.client.HTTPException) as error:
                failures.append(error)
                return
            times.append((time.perf_counter() - began) * 1000)

    desks = [threading.Thread(target=desk, args=(sends[n::DESKS],)) for n in range(DESKS)]
    began = time.perf_counter()
    for thread in desks:
        thread.start()
    for thread in desks:
        thread.join()
    if failures:
        raise failures[0]
    return times, time.perf_counter() - began


def _plain(page: bytes) -> str:
    """Return the words of a page that was not expected, from where it tells what is wrong."""
    words = re.sub(r"<[^>]+>|\s+", " ", page.decode(errors="replace").partition("is-invalid")[2] or page.decode())
    return " ".join(words.split())[:600]
