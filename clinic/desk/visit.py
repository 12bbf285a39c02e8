"""The page of one visit: whose, what, when and with what, why it stands so, its messages, and what happened to it."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clinic.lib.access import Permission, allows, requires
from clinic.lib.audit import log_reading
from clinic.lib.days import local_day
from clinic.lib.locks import Busy
from clinic.lib.operations import OperationReused
from clinic.lib.requests import person
from clinic.models import Clinic, Operation
from patients.message_list import Standing, standing
from patients.models import Message
from patients.services.outbox.registry import kind
from scheduling.day_list import Row
from scheduling.forms.visits import REASONS, RestoreForm
from scheduling.models import Appointment, AppointmentStatus
from scheduling.services.appointments import restore_appointment
from scheduling.services.errors import BookingError
from scheduling.services.undo import UNDOABLE
from scheduling.views.after import tell, told
from scheduling.views.visit_acts import day_of, visit_of, when

from .happened import history_of


@require_safe
@requires(Permission.SEE_PATIENTS)
def appointment(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show one visit; that its patient's file was looked at is written down."""
    visit = visit_of(request, public_id)
    log_reading(person(request), visit.patient, "visit")
    return _page(request, visit, RestoreForm())


@require_POST
@requires(Permission.BOOK)
def appointment_restore(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Put a missed, cancelled or completed visit back; what stands in the way is told beside the reason."""
    visit, now, zone = visit_of(request, public_id), timezone.now(), Clinic.objects.current().tz
    form = RestoreForm(request.POST)
    if form.is_valid():
        try:
            operation = restore_appointment(
                key=form.cleaned_data["operation"],
                appointment_id=visit.pk,
                reason=form.cleaned_data["reason"],
                actor=person(request),
                now=now,
            )
        except BookingError as refused:
            form.add_error("reason", refused.sentence)
        except Busy:
            form.add_error("reason", _("Many people are saving at this moment. Nothing was saved. Try again."))
        except OperationReused:
            form.add_error("reason", _("This button was used before. Nothing more was saved. Try again."))
        else:
            fresh = visit_of(request, public_id)
            values = {"name": fresh.patient.full_name, "when": when(fresh, Clinic.objects.current())}
            words = _("%(name)s stands again: %(when)s.") % values
            tell(request, operation, told(words, operation, fresh, zone, local_day(now, zone)))
            return redirect("appointment", public_id)
    fresh = visit_of(request, public_id)
    if not Row(fresh, now).may_restore:
        messages.error(request, form.sentence())
        return redirect("appointment", public_id)
    return _page(request, fresh, form)


def _page(request: HttpRequest, visit: Appointment, form: RestoreForm) -> HttpResponse:
    clinic, now, user = Clinic.objects.current(), timezone.now(), request.user
    row, acts = Row(visit, now, clinic.notice_hours), _acts(visit)
    shown = {
        "visit": visit,
        "patient": visit.patient,
        "row": row,
        "form": form,
        "operation": uuid4(),
        "day_url": day_of(visit, clinic),
        "visit_messages": _messages(visit, now),
        "happened": history_of(visit, clinic.tz, now),
        "undoable": _undoable(visit, acts),
        "cancelled_late": _cancelled_late(visit, acts, clinic),
        "reasons": REASONS,
        "may_book": allows(user, Permission.BOOK),
        "may_complete": allows(user, Permission.COMPLETE),
        "may_see_messages": allows(user, Permission.SEE_MESSAGES),
    }
    return render(request, "desk/visit.html", shown, status=400 if form.errors else 200)


def _messages(visit: Appointment, now: datetime) -> list[tuple[Message, str, datetime, Standing]]:
    """Return the messages about this one visit, the latest on top: its name, when it left or leaves, how it stands."""
    found = Message.objects.filter(of_appointment__appointment=visit).order_by("-due_at", "-pk")
    return [(one, _label(one), one.settled_at or one.due_at, standing(one, now)) for one in found]


def _label(message: Message) -> str:
    known = kind(message.kind)
    return str(known.label) if known else message.kind


def _acts(visit: Appointment) -> list[Operation]:
    """Return what was done to this visit, the latest first."""
    acts = Operation.objects.filter(
        at__gte=visit.created_at - timedelta(days=1), touched__contains=[{"appointment": visit.pk}]
    )
    return list(acts.order_by("-at"))


def _undoable(visit: Appointment, acts: list[Operation]) -> Operation | None:
    """Return the last act when it was on this visit alone and can be taken back: nothing was changed since."""
    last = next(iter(acts), None)
    if last is None or last.undone_by_id or last.kind not in UNDOABLE or len(last.touched) != 1:
        return None
    return last if last.touched[0]["version"] == visit.version else None


def _cancelled_late(visit: Appointment, acts: list[Operation], clinic: Clinic) -> bool:
    """Say whether a cancelled visit was cancelled with less notice than the clinic asks for."""
    if visit.status != AppointmentStatus.CANCELLED:
        return False
    at = next((act.at for act in acts if act.kind == "cancel_appointment" and not act.undone_by_id), None)
    return at is not None and visit.starts_at - at < timedelta(hours=clinic.notice_hours)
