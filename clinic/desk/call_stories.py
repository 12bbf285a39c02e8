"""Calls about a visit that reached nobody, told with what happened: a yes by phone is told by the visit itself."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from clinic.lib.text import joined
from scheduling.models import Appointment, Call, CallOutcome

from .plan_story import Story


def call_stories(visits: list[Appointment], what: Callable[[Appointment], str]) -> list[tuple[Story, Appointment]]:
    """Return each call that was not taken back, beside the visit that it was about. One query."""
    by_key = {visit.pk: visit for visit in visits}
    calls = Call.objects.standing().filter(appointment_id__in=by_key).exclude(outcome=CallOutcome.WILL_COME)
    return [
        (_told(call, what(by_key[call.appointment_id])), by_key[call.appointment_id])
        for call in calls.select_related("operation")
    ]


def _told(call: Call, what: str) -> Story:
    text = _("Called about %(what)s") % {"what": what}
    return call.operation.at, "telephone", text, joined(call.get_outcome_display().lower(), call.operation.actor), ""
