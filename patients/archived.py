"""Files that are not in use: archived, or merged into another. Nothing is booked for them; nothing is ever deleted."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from patients.models import Patient


def why_closed(patient: Patient) -> str:
    """Return why nothing can be booked for this file, in a sentence; empty while it is in use."""
    if patient.merged_into is not None:
        words = _("This file was merged into file %(file)s. Nothing was saved. Go on in that one.")
        return words % {"file": patient.merged_into.file_label}
    if patient.is_archived:
        return _("This file is archived. Nothing was saved. Take it back into use on its page first.")
    return ""


def sent_on(request: HttpRequest, patient: Patient, name: str) -> HttpResponse | None:
    """Lead from a merged file to the same page of the one that was kept, with a notice; None for every other file."""
    kept = patient.merged_into
    if kept is None:
        return None
    words = _("File %(old)s was merged into this one, file %(file)s.")
    messages.info(request, words % {"old": patient.file_label, "file": kept.file_label})
    return redirect(name, kept.public_id)
