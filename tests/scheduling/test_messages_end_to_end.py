"""A reminder arrives at a real SMTP server through a real worker and beat; moved, it moves; cancelled, it stops."""

import os
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client as Browser

from patients.models import Message, MessageState
from scheduling.models import Appointment
from scheduling.planning.types import Slot
from scheduling.services.appointments import cancel_appointment, complete_appointment, move_appointment
from scheduling.services.series import book_series
from scheduling.services.undo import undo_operation
from tests import factory
from tests.scheduling.helpers import choose
from tests.smtp import Sink
from treatments.aftercare import first_version
from treatments.models import AftercareText, TreatmentPlan

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.stack]
BASE = Path(__file__).resolve().parent.parent.parent
PATIENCE = 40


def start(*command: str, sink: Sink, home: Path) -> subprocess.Popen[bytes]:
    url = urlsplit(os.environ["DATABASE_URL"])
    environment = {
        **os.environ,
        "DATABASE_URL": urlunsplit(url._replace(path=f"/{connection.settings_dict['NAME']}")),
        "EMAIL_URL": sink.url,
        "SECRET_KEY": settings.SECRET_KEY,
        "SWEEP_SECONDS": "0.4",
        "PISTOR_HOME": str(home),
        "LOG_LEVEL": "WARNING",
    }
    log = (home / f"{command[0]}.log").open("wb")
    return subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "clinic", *command], cwd=BASE, env=environment, stdout=log, stderr=log
    )


@pytest.fixture
def courier(smtp: Sink, tmp_path: Path) -> Iterator[Sink]:
    """A worker and a beat of their own, sweeping this test's database into `smtp` more than twice a second."""
    worker = start("worker", "--pool=solo", "--without-gossip", "--without-mingle", sink=smtp, home=tmp_path)
    beat = start("beat", sink=smtp, home=tmp_path)
    try:
        yield smtp
    finally:
        for process in (beat, worker):
            process.terminate()
        for process in (beat, worker):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until(true: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until, f"{what}: not within {PATIENCE} s"
        time.sleep(0.1)


def where_it_is_morning(now: datetime) -> ZoneInfo:
    """Return a zone in which it is past nine: no reminder for 14:00 tomorrow is due before this test says so."""
    east = (9 - now.astimezone(UTC).hour + 12) % 24 - 12
    return ZoneInfo(f"Etc/GMT{-east:+d}")  # POSIX counts hours west of Greenwich


class Clinic:
    """A clinic that writes at every hour, and courses of four whose first visit is tomorrow at 14:00."""

    def __init__(self) -> None:
        self.zone = where_it_is_morning(factory.now())
        factory.make_clinic(send_from="00:00", send_until="23:59", zone=self.zone.key)
        AftercareText.objects.create(**first_version())
        self.desk = factory.make_user("front_desk", name="Dana Rideout")  # type: ignore[arg-type]
        self.tomorrow = factory.local_day(factory.now(), self.zone) + timedelta(days=1)
        self.protocol = factory.make_protocol(numbing_minutes=30)

    def course(self) -> TreatmentPlan:
        clinician = factory.make_clinician(works=None)
        for weekday in range(7):
            factory.give_hours(clinician, weekday, "08:00", "18:00")
        factory.make_room()
        return factory.make_plan(protocol=self.protocol, clinician=clinician, session_count=4)

    def slot(self, plan: TreatmentPlan, week: int = 0, wall: str = "14:00") -> Slot:
        return Slot(factory.at(self.tomorrow + timedelta(days=7 * week), wall, self.zone), plan.clinician_id or 0)

    def book(self, plan: TreatmentPlan, now: datetime) -> tuple[uuid.UUID, list[Appointment]]:
        slots = [self.slot(plan, week) for week in range(4)]
        choices = choose(plan.clinician, start_on=self.tomorrow, weekdays={self.tomorrow.weekday()}, count=4)
        key = uuid.uuid4()
        book_series(key=key, plan_id=plan.pk, choices=choices, slots=slots, reasons={}, actor=self.desk, now=now)
        return key, list(Appointment.objects.filter(session__plan=plan).order_by("starts_at"))


def let_it_be_due(visit: Appointment) -> None:
    """Let the time come at which a visit's last reminder is due, whatever the hour of this test."""
    waiting = Message.objects.filter(of_appointment__appointment=visit, kind="reminder_1_day", state="waiting")
    waiting.update(due_at=factory.now())


def subjects(sink: Sink, plan: TreatmentPlan) -> list[str]:
    return [str(mail["Subject"]) for mail in sink.to(plan.patient.email)]


def test_through_worker_and_beat(courier: Sink) -> None:
    clinic, now = Clinic(), factory.now()
    before = now - timedelta(days=2)  # three days ahead: only the reminder of the last day
    kept, moved, cancelled, undone = (clinic.course() for _ in range(4))

    _key, [stays, *_rest] = clinic.book(kept, before)
    _key, [moves, *_rest] = clinic.book(moved, before)
    _key, [stops, *_rest] = clinic.book(cancelled, before)
    key, _visits = clinic.book(undone, now)
    for plan in (kept, moved, cancelled):
        wait_until(lambda plan=plan: "Your appointments" in subjects(courier, plan), "the dates arrive")  # type: ignore[misc]

    undo_operation(key=uuid.uuid4(), operation_id=key, actor=clinic.desk, now=now + timedelta(minutes=1))
    later = {"actor": clinic.desk, "now": before + timedelta(hours=1)}
    move_appointment(key=uuid.uuid4(), appointment_id=moves.pk, slot=clinic.slot(moved, wall="16:00"), **later)  # type: ignore[arg-type]
    cancel_appointment(key=uuid.uuid4(), appointment_id=stops.pk, reason="Ill.", **later)  # type: ignore[arg-type]
    for visit in (stays, moves, stops):
        let_it_be_due(visit)

    reminder = "Reminder: your appointment tomorrow at"
    wait_until(lambda: f"{reminder} 13:30" in subjects(courier, kept), "the reminder arrives")
    wait_until(lambda: f"{reminder} 15:30" in subjects(courier, moved), "the moved reminder arrives")
    changed = "Your appointments have changed"
    wait_until(lambda: changed in subjects(courier, moved), "the move is told")
    wait_until(lambda: changed in subjects(courier, cancelled), "the cancellation is told")

    # The last mail of all: whatever was due before it would be here by now.
    complete_appointment(
        key=uuid.uuid4(), appointment_id=stays.pk, actor=clinic.desk, now=stays.ends_at + timedelta(minutes=1)
    )
    Message.objects.filter(kind="visit_notes").update(due_at=factory.now())
    wait_until(lambda: "Your visit notes are ready" in subjects(courier, kept), "the notes arrive")
    time.sleep(1)
    letter = courier.to(kept.patient.email)[-1].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    [link] = re.findall(r"https?://[^/]+(/n/\S+)", letter)
    page = Browser().post(link, {"day": 2, "month": 9, "year": 1986})
    assert "Keep it clean and dry" in page.content.decode()

    assert subjects(courier, undone) == []
    assert not any(subject.startswith("Reminder") for subject in subjects(courier, cancelled))
    assert [s for s in subjects(courier, moved) if s.startswith("Reminder")] == [f"{reminder} 15:30"]
    ids = [str(mail["Message-ID"]) for mail in courier.messages]
    assert len(set(ids)) == len(ids)
    states = set(undone.patient.messages.values_list("state", flat=True))
    assert states == {MessageState.WITHDRAWN}
