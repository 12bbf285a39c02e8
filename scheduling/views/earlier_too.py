"""Earlier if possible, asked for while something is booked or moved: one more entry of the waiting list."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from clinic.lib.locks import Busy
from clinic.lib.operations import OperationReused
from clinic.lib.requests import person
from clinic.models import Clinician
from scheduling.forms.waiting import EarlierForm
from scheduling.models import Appointment
from scheduling.services.errors import BookingError
from scheduling.services.waiting import Wish, add_entry, kind_of


def earlier_forms(request: HttpRequest, people: Iterable[Clinician]) -> tuple[EarlierForm, EarlierForm]:
    """Return the question twice, for the two forms of a page: the free times, and another time."""
    data, known = request.POST if request.method == "POST" else None, list(people)
    return EarlierForm(data, people=known, place="times-"), EarlierForm(data, people=known, place="other-")


def is_sound(form: EarlierForm) -> bool:
    """Say whether the question was left alone, or answered in a way that can be kept."""
    return not form.is_wanted or form.is_valid()


def wait_too(request: HttpRequest, visit: Appointment, wish: Wish, key: uuid.UUID, now: datetime) -> None:
    """Put the patient of a visit that was just booked or moved on the list, or say why they are not on it."""
    kind, plan_id = kind_of(visit)
    try:
        add_entry(
            key=uuid.uuid5(key, "earlier"),
            patient_id=visit.patient_id,
            kind=kind,
            plan_id=plan_id,
            appointment_id=visit.pk,
            wish=wish,
            actor=person(request),
            now=now,
        )
    except BookingError as refused:
        messages.warning(request, _("Not on the waiting list: %(why)s") % {"why": refused.sentence})
    except (Busy, OperationReused):
        messages.warning(request, _("Not on the waiting list: many people are saving. Add them on the list."))
