"""The day sheet: the coming days on paper, for the day on which the computer is down."""

import base64
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.lib import pdf
from clinic.models import AccessLog, Clinic, Clinician, Role, Room
from scheduling.day.sheet import Sheet, sheet_page, sheets
from scheduling.models import Appointment, Closure
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take
from treatments.models import TreatmentPlan

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("time_on_monday")]
TODAY = date(2026, 11, 23)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
QUERIES = 3
"""Hours of every kind, clinicians, visits."""


def read(days: int = 7) -> list[Sheet]:
    return sheets(Appointment.objects.all(), first=TODAY, days=days, zone=Clinic.objects.current().tz)


def words(found: list[Sheet]) -> str:
    page = sheet_page(found, Clinic.objects.current(), MONDAY)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def test_a_line_has_arrival_start_two_identifiers_phone_visit_clinician_and_room(
    moira: Clinician, rooms: list[Room], plan: TreatmentPlan
) -> None:
    patient = plan.patient
    take(moira, rooms[0], TODAY, "14:00", 45, patient=patient, session=plan.sessions.get(number=3))
    shown = words(read())
    born = f"Born 2 September 1986 · File {patient.file_label}"
    assert "printed Mon 23 Nov 2026 at 09:00" in shown
    for part in (
        "Monday 23 November 2026",
        "14:00",
        "– 14:45",
        patient.full_name,
        born,
        "3 of 10",
        plan.name,
        moira.short_name,
        rooms[0].name,
    ):
        assert part in shown
    assert "709" in shown


def test_a_sheet_says_who_works_when_or_why_nobody_does(moira: Clinician) -> None:
    Closure.objects.create(starts_on=date(2026, 11, 24), ends_on=date(2026, 11, 24), name="Inventory")
    shown = words(read(3))
    assert "Moira Hynes 08:00 – 18:00" in shown
    assert "Closed: Inventory" in shown


def test_what_was_cancelled_is_not_on_paper_and_a_week_costs_as_many_queries_as_a_day(
    moira: Clinician, rooms: list[Room]
) -> None:
    for number, status in enumerate(("booked", "cancelled", "no_show", "confirmed")):
        take(moira, rooms[0], date(2026, 11, 23 + number), "10:00", 30, status=status)
    zone = Clinic.objects.current().tz
    with CaptureQueriesContext(connection) as asked:
        found = sheets(Appointment.objects.all(), first=TODAY, days=7, zone=zone)
    assert [len(sheet.lines) for sheet in found] == [1, 0, 0, 1, 0, 0, 0]
    assert len(asked) == QUERIES


def test_a_visit_at_midnight_stands_on_its_local_day(moira: Clinician, rooms: list[Room]) -> None:
    take(moira, rooms[0], date(2026, 11, 24), "00:00", 30)  # 3:30 UTC
    assert [len(sheet.lines) for sheet in read(2)] == [0, 1]


def test_the_desk_gets_a_pdf_and_each_person_on_it_counts_as_looked_at(
    client: Client, moira: Clinician, rooms: list[Room], plan: TreatmentPlan
) -> None:
    take(moira, rooms[0], TODAY, "14:00", 45, patient=plan.patient, session=plan.sessions.get(number=1))
    client.force_login(factory.make_user(Role.FRONT_DESK, last_active_at=MONDAY), BACKEND)
    answer = client.get(reverse("day_sheet", args=[TODAY]))
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert AccessLog.objects.filter(subject=f"patient:{plan.patient.public_id}", page="day sheet").count() == 1


def test_without_pango_the_desk_is_told_what_to_install_and_the_command_fails(
    client: Client, book: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pdf, "HTML", None)
    client.force_login(factory.make_user(Role.FRONT_DESK, last_active_at=MONDAY), BACKEND)
    answer = client.get(reverse("day_sheet", args=[TODAY]), follow=True)
    assert "it lacks Pango" in answer.content.decode()
    with pytest.raises(CommandError, match="lacks Pango"):
        call_command("day_sheets", str(tmp_path / "sheets.pdf"))
    assert not list(tmp_path.iterdir())


def test_a_machine_without_pango_starts_all_the_same() -> None:
    code = (
        "import ctypes.util, cffi, sys\n"
        "real = cffi.FFI.dlopen\n"
        "def none(self, name, *rest):\n    raise OSError(name)\n"
        "cffi.FFI.dlopen = none\n"
        "from clinic.lib import pdf\n"
        "sys.exit(pdf.HTML is not None)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_nightly_command_writes_a_file_that_only_its_owner_reads(
    book: object, tmp_path: Path, moira: Clinician, rooms: list[Room], capsys: pytest.CaptureFixture[str]
) -> None:
    take(moira, rooms[0], TODAY, "14:00", 45)
    file = tmp_path / "sheets.pdf"
    call_command("day_sheets", str(file))
    assert file.read_bytes().startswith(b"%PDF-")
    assert file.stat().st_mode & 0o777 == 0o600
    assert "1 visits of 7 days" in capsys.readouterr().out


def test_a_pdf_fetches_neither_from_outside_nor_from_the_disk(tmp_path: Path) -> None:
    """A picture that a page names makes no difference to what comes out, be it there or not."""
    plain = pdf.pdf_of("<html lang=en><title>x</title><img alt=a><p>Words</p>", [])
    for place in ("http://127.0.0.1:9/x.png", Path(settings.BASE_DIR, "static/img/favicon.svg").as_uri()):
        with_picture = pdf.pdf_of(f"<html lang=en><title>x</title><img alt=a src='{place}'><p>Words</p>", [])
        assert abs(len(with_picture) - len(plain)) < 100
    shown = Path(settings.BASE_DIR, "static/img/favicon.svg").read_bytes()
    data = "data:image/svg+xml;base64," + base64.b64encode(shown).decode()
    assert len(pdf.pdf_of(f"<html lang=en><title>x</title><img alt=a src='{data}'><p>Words</p>", [])) > len(plain) + 100
