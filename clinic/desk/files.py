"""Acts on a patient's file as a whole: put it away, take it back, make one of two, say that two are two people."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clinic.lib.access import Permission, requires
from clinic.lib.locks import Busy
from clinic.lib.operations import OperationReused
from clinic.lib.requests import person
from patients.models import Patient
from patients.services.twins import TwinsRefused, say_not_twins
from scheduling.services.errors import BookingError
from scheduling.services.files import archive_patient, unarchive_patient


def key_of(request: HttpRequest) -> UUID:
    """Return the key of this submit; one that no form of ours carries gets a key of its own."""
    try:
        return UUID(request.POST.get("operation", ""))
    except ValueError:
        return uuid4()


def file_of(request: HttpRequest, public_id: UUID) -> Patient:
    files = Patient.objects.visible_to(person(request)).select_related("merged_into")
    return get_object_or_404(files, public_id=public_id)


def refused(request: HttpRequest, act: Callable[[], object]) -> bool:
    """Run an act; say in a notice what stood in its way."""
    try:
        act()
    except (BookingError, TwinsRefused) as error:
        messages.error(request, error.sentence)
    except Busy:
        messages.error(request, _("Someone else is saving this file. Nothing was saved. Try again."))
    except OperationReused:
        messages.error(request, _("This form was sent before with other words. Nothing was saved. Look again."))
    else:
        return False
    return True


@require_POST
@requires(Permission.EDIT_PATIENTS)
def patient_archive(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Put a file away, with a reason; refused while the patient still comes."""
    patient, now = file_of(request, public_id), timezone.now()
    act: dict[str, Any] = {"key": key_of(request), "patient_id": patient.pk, "actor": person(request), "now": now}
    if not refused(request, lambda: archive_patient(reason=request.POST.get("reason", ""), **act)):
        messages.success(request, _("The file of %(name)s is archived.") % {"name": patient.full_name})
    return redirect("patient_page", public_id)


@require_POST
@requires(Permission.EDIT_PATIENTS)
def patient_unarchive(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take a file back into use."""
    patient, now = file_of(request, public_id), timezone.now()
    act: dict[str, Any] = {"key": key_of(request), "patient_id": patient.pk, "actor": person(request), "now": now}
    if not refused(request, lambda: unarchive_patient(**act)):
        messages.success(request, _("The file of %(name)s is in use again.") % {"name": patient.full_name})
    return redirect("patient_page", public_id)


@require_POST
@requires(Permission.MERGE_PATIENTS)
def patient_not_twins(request: HttpRequest, public_id: UUID, other_id: UUID) -> HttpResponse:
    """Write down that two files which look alike are of two people."""
    one, other = file_of(request, public_id), file_of(request, other_id)

    def act() -> object:
        return say_not_twins(
            key=key_of(request),
            one_id=one.pk,
            other_id=other.pk,
            reason=request.POST.get("reason", ""),
            actor=person(request),
            now=timezone.now(),
        )

    if one == other or refused(request, act):
        return redirect("patient_merge", public_id, other_id)
    words = _("%(one)s and %(other)s stay two people.")
    messages.success(request, words % {"one": one.full_name, "other": other.full_name})
    return redirect("patient_twin_list")
