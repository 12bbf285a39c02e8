"""Ten thousand reminders: swept, composed, sent and marked; beside the same mails sent raw by as many senders."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db.models import Count, F
from django.utils import timezone

from clinic.lib.days import midnight
from clinic.models import Clinic
from clinic.stack.mail import free_port
from patients.models import Message
from scheduling.models import Appointment, AppointmentMessage
from tests.bench.figures import Row

MAILS, SENDERS = 10_000, 2
KIND = "reminder_3_days"


def mail_row(count: int = MAILS) -> Row:
    """Measure the sweep of so many due reminders by two senders, and two floors of as many senders."""
    now = make_due(count)
    with sink() as port, tempfile.TemporaryDirectory() as folder:
        composed = Path(folder) / "mails.json"
        facts = {"now": now.isoformat(), "port": port, "count": count // SENDERS, "file": str(composed)}
        run("write", {**facts, "count": 500}, 1)
        raw = run("raw", facts, SENDERS)
        django = run("django", facts, SENDERS)
        swept = run("sweep", facts, SENDERS)
    sent = Message.objects.filter(kind=KIND, state="sent", settled_at__gte=now).count()
    return Row(
        "sweep",
        rate=sent / swept,
        floor="templates",
        floor_rate=count / django,
        more={"mails": sent, "senders": SENDERS, "raw_rate": count / raw, "seconds": swept},
    )


def make_due(count: int) -> datetime:
    """Put so many reminders into the outbox, of the visits of the next full day; return when they are due."""
    clinic = Clinic.objects.current()
    coming = Appointment.objects.filter(status="booked", starts_at__gt=timezone.now() + timedelta(days=2))
    days = coming.values("wall_date").annotate(count=Count("pk")).filter(count__gte=50).order_by("wall_date")
    day = days[0]["wall_date"]
    now = midnight(day - timedelta(days=2), clinic.tz) + timedelta(hours=12)
    Message.objects.waiting().update(due_at=F("due_at") + timedelta(days=1000), not_after=None)
    visits = list(
        Appointment.objects.filter(wall_date=day, status="booked", patient__reminders_by_email=True).exclude(
            patient__email=""
        )
    )
    messages = Message.objects.bulk_create(
        [
            Message(patient_id=visits[n % len(visits)].patient_id, kind=KIND, due_at=now - timedelta(minutes=1))
            for n in range(count)
        ],
        batch_size=2000,
    )
    AppointmentMessage.objects.bulk_create(
        [
            AppointmentMessage(
                message=message, appointment=visits[n % len(visits)], kind=KIND, version=1, again=1 + n // len(visits)
            )
            for n, message in enumerate(messages)
        ],
        batch_size=2000,
    )
    return now


@contextmanager
def sink() -> Any:
    """A mail server that takes everything and keeps nothing, in a process of its own."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.sink", str(port)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    process.stdout.readline()
    yield port
    process.terminate()
    process.wait(30)


def run(what: str, facts: dict[str, Any], senders: int) -> float:
    """Let so many processes send at once; return the seconds from the start of all to the end of the last."""
    env = {**os.environ, "EMAIL_URL": f"smtp://127.0.0.1:{facts['port']}"}
    command = [sys.executable, "-m", "tests.bench.sender", what, json.dumps(facts)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    processes = [subprocess.Popen(command, env=env, text=True, **pipes) for _ in range(senders)]  # type: ignore[call-overload]
    for process in processes:
        process.stdout.readline()  # ready
    began = time.perf_counter()
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    _wait(processes)
    return time.perf_counter() - began


def _wait(processes: Sequence["subprocess.Popen[str]"]) -> None:
    for process in processes:
        if process.wait():
            raise AssertionError("a sender failed")
