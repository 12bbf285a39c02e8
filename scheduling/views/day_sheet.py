"""The day sheet as a PDF: to be printed each morning, and kept beside the desk."""

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic.lib.access import Permission, requires
from clinic.lib.audit import log_readings
from clinic.lib.pdf import NoPdfHere
from clinic.lib.requests import person
from clinic.models import Clinic
from scheduling.day.sheet import DAYS, sheet_pdf, sheets
from scheduling.models import Appointment
from scheduling.views.day import YEARS


@require_safe
@requires(Permission.SEE_PATIENTS)
def day_sheet(request: HttpRequest, on: date) -> HttpResponse:
    """Return the sheets of a local day and the six after it. Each person on them counts as looked at."""
    if on.year not in YEARS:
        raise Http404
    clinic, now, user = Clinic.objects.current(), timezone.now(), person(request)
    found = sheets(Appointment.objects.visible_to(user), first=on, days=DAYS, zone=clinic.tz)
    try:
        made = sheet_pdf(found, clinic, now)
    except NoPdfHere as error:
        messages.error(request, error.sentence)
        return redirect("day", on)
    read = {UUID(line.visit.patient_public_id) for sheet in found for line in sheet.lines}
    log_readings(user, read, "day sheet")
    name = f"day-sheets-{on.isoformat()}.pdf"
    return HttpResponse(made, "application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'})
