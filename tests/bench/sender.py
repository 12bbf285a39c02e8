"""One sender of the mail rows, in its own process: `python -m tests.bench.sender WHAT FACTS`, then a line on stdin."""

import json
import smtplib
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import django

django.setup()

from django.core.mail import get_connection  # noqa: E402 - needs the apps
from django.utils import timezone, translation  # noqa: E402

from clinic.models import Clinic  # noqa: E402
from patients.models import Message  # noqa: E402
from patients.services.outbox import registry, sending  # noqa: E402
from patients.services.outbox.sweep import sweep  # noqa: E402
from scheduling.models import AppointmentMessage  # noqa: E402
from tests.bench.mail import KIND  # noqa: E402

HOUR = timedelta(hours=1)


def go() -> None:
    """Say that all is read, and wait for the start."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()


def links(count: int) -> list[AppointmentMessage]:
    found = AppointmentMessage.objects.filter(kind=KIND, again__gt=0).select_related("message__patient", "appointment")
    return list(found.order_by("pk")[:count])


def mail_of(link: AppointmentMessage, clinic: Clinic, now: datetime) -> Any:
    """Compose one reminder, asking the database nothing."""
    kind, message = registry.kind(KIND), link.message
    assert kind and kind.together
    with translation.override(message.patient.language), timezone.override(clinic.tz):
        composed = kind.together.compose(link, clinic, message, now)
    assert isinstance(composed, registry.Composed)
    message.to_address, message.message_id = message.patient.email, sending.message_id(message)
    return sending.envelope(message, composed, clinic)


def write(facts: dict[str, Any]) -> None:
    """Write some mails as they go over the wire, for the raw floor."""
    clinic, now = Clinic.objects.current(), datetime.fromisoformat(facts["now"])
    mails = [mail_of(link, clinic, now) for link in links(facts["count"])]
    wire = [[mail.to[0], mail.message().as_bytes(linesep="\r\n").decode()] for mail in mails]
    Path(facts["file"]).write_text(json.dumps(wire))
    go()


def raw(facts: dict[str, Any]) -> None:
    """Send ready mails over one connection, and nothing else."""
    wire = [(address, words.encode()) for address, words in json.loads(Path(facts["file"]).read_text())]
    go()
    server = smtplib.SMTP("127.0.0.1", facts["port"])
    for n in range(facts["count"]):
        address, words = wire[n % len(wire)]
        server.sendmail("hello@harbourlight.example", [address], words)
    server.quit()


def django_mail(facts: dict[str, Any]) -> None:
    """Write each mail from its templates and send it by Django, without a database."""
    clinic, now, found = Clinic.objects.current(), datetime.fromisoformat(facts["now"]), links(500)
    server = get_connection()
    go()
    for n in range(facts["count"]):
        sending.hand_over(mail_of(found[n % len(found)], clinic, now), server)
    server.close()


def swept(facts: dict[str, Any]) -> None:
    """Sweep as beat's task does, until nothing is due."""
    Message.objects.exists()
    go()
    sweep(datetime.fromisoformat(facts["now"]), budget=HOUR)


if __name__ == "__main__":
    {"write": write, "raw": raw, "django": django_mail, "sweep": swept}[sys.argv[1]](json.loads(sys.argv[2]))
