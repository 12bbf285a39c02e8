"""A card that was put elsewhere on the board, by hand, by key or by a button: moved, or why not and what is free."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clinic.lib.access import Permission, allows, requires
from clinic.lib.days import clock, day_words, local_day, wall_time
from clinic.lib.requests import person
from clinic.models import Clinic, Clinician, Operation
from scheduling.forms.visits import PlaceForm
from scheduling.models import Appointment
from scheduling.moving import nearby, reasons_asked
from scheduling.planning.types import Slot
from scheduling.services.appointments import move_appointment
from scheduling.services.errors import OutsideDueWindow, SlotTaken
from scheduling.views.after import told
from scheduling.views.answers import CONFLICT, WRONG, Answer, as_json, attempt
from scheduling.views.visit_acts import visit_of, when


@require_POST
@requires(Permission.BOOK)
def appointment_place(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Move a visit, or make it longer or shorter. A refusal brings the free times beside it, in `free`.

    `asks` is true where a reason would lift what stands in the way, and this person may give it.
    """
    visit, clinic, now = visit_of(request, public_id), Clinic.objects.current(), timezone.now()
    form = PlaceForm(request.POST, zone=clinic.tz, device_id=visit.device_id)
    if not form.is_valid():
        return as_json(Answer(form.sentence(), WRONG))
    slot, minutes = form.cleaned_data["slot"], form.cleaned_data["minutes"]
    try:
        answer = attempt(lambda: _move(request, visit, form, now), lambda done: _said(visit, done, clinic, now))
    except Refused as refused:
        found = {"ok": False, "said": refused.sentence, "html": "", "asks": refused.asks}
        return JsonResponse(found | {"free": _free(visit, slot, minutes, now, clinic)}, status=CONFLICT)
    return as_json(answer, visit.pk)


class Refused(Exception):
    """The time cannot be had; `asks` says whether a reason would do."""

    def __init__(self, sentence: str, *, asks: bool) -> None:
        super().__init__(sentence)
        self.sentence, self.asks = sentence, asks


def _move(request: HttpRequest, visit: Appointment, form: PlaceForm, now: datetime) -> Operation:
    sent, reason = form.cleaned_data, form.cleaned_data["reason"]
    slot: Slot = sent["slot"] if sent["room"] else Slot(sent["slot"].starts_at, sent["clinician"], visit.room_id)
    is_early, is_late = reasons_asked(visit, slot, now) if visit.session_id else (False, False)
    try:
        return move_appointment(
            key=sent["operation"],
            appointment_id=visit.pk,
            slot=slot,
            minutes=sent["minutes"],
            only_room=bool(sent["room"]),
            early_reason=reason if is_early else "",
            late_reason=reason if is_late else "",
            version=sent["version"],
            actor=person(request),
            now=now,
        )
    except OutsideDueWindow as refused:
        may_lift = allows(request.user, Permission.BOOK_TOO_EARLY) if is_early else is_late
        raise Refused(refused.sentence, asks=may_lift and not reason) from refused
    except SlotTaken as refused:
        raise Refused(refused.sentence, asks=False) from refused


def _said(visit: Appointment, operation: Operation, clinic: Clinic, now: datetime) -> str:
    before = (visit.starts_at, visit.clinician_id)
    visit = Appointment.objects.with_names().get(pk=visit.pk)
    values = {
        "name": visit.patient.full_name,
        "when": when(visit, clinic),
        "room": visit.room.name,
        "length": visit.minutes,
        "minutes": clinic.quiet_minutes,
    }
    if before == (visit.starts_at, visit.clinician_id):
        return _("%(name)s: %(when)s in %(room)s, %(length)d minutes.") % values
    words = _("Moved: %(name)s, now %(when)s.")
    if visit.patient.email:
        words = _("Moved: %(name)s, now %(when)s. The patient hears of it in %(minutes)d minutes.")
    return told(words % values, operation, visit, clinic.tz, local_day(now, clinic.tz))


def _free(visit: Appointment, slot: Slot, minutes: int | None, now: datetime, clinic: Clinic) -> list[dict[str, Any]]:
    """Return the free times beside a refused one, each with its words and what a button for it sends."""
    zone, today = clinic.tz, local_day(now, clinic.tz)
    names = dict(Clinician.objects.values_list("pk", "short_name"))
    found = []
    for free in nearby(visit, slot, now, minutes):
        day, wall = local_day(free.starts_at, zone), clock(wall_time(free.starts_at, zone))
        values = {"day": day_words(day, today), "time": wall, "who": names[free.clinician_id]}
        words = (
            _("%(time)s with %(who)s")
            if day == local_day(slot.starts_at, zone)
            else _("%(day)s, %(time)s with %(who)s")
        )
        found.append({"label": words % values, "day": day.isoformat(), "time": wall, "clinician": free.clinician_id})
    return found
