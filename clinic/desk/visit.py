"""The page of one visit: whose, what, when and with what, why it stands so, its messages, and what happened to it."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clinic.lib.access import Permission, allows, granted, requires
from clinic.lib.audit import log_reading
from clinic.lib.days import local_day
from clinic.lib.requests import person
from clinic.models import Clinic, Operation
from patients.message_list import Standing, standing
from patients.models import Message
from patients.services.outbox.registry import kind
from scheduling.acts import Act, acts_of
from scheduling.day_list import Row
from scheduling.forms.visits import REASONS, RestoreForm
from scheduling.models import Appointment, AppointmentStatus
from scheduling.services.appointments import restore_appointment
from scheduling.services.undo import UNDOABLE
from scheduling.views.after import told
from scheduling.views.answers import WRONG, Answer, as_json, attempt, tell, wants_json
from scheduling.views.visit_acts import day_of, visit_of, when

from .happened import history_of

FEW = 3
ALWAYS = {"miss", "move", "cancel"}
"""Acts that stand in sight, however many there are."""


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
    visit, now = visit_of(request, public_id), timezone.now()
    form = RestoreForm(request.POST)
    answer = _restore(request, visit, form, now) if form.is_valid() else Answer(form.sentence(), WRONG)
    if wants_json(request):
        return as_json(answer, visit.pk)
    fresh = visit_of(request, public_id)
    if answer.is_done or not Row(fresh, now).may_restore:
        tell(request, answer)
        return redirect("appointment", public_id)
    if form.is_valid():
        form.add_error("reason", answer.said)
    return _page(request, fresh, form)


def _restore(request: HttpRequest, visit: Appointment, form: RestoreForm, now: datetime) -> Answer:
    clinic, sent = Clinic.objects.current(), form.cleaned_data

    def act() -> Operation:
        return restore_appointment(
            key=sent["operation"],
            appointment_id=visit.pk,
            reason=sent["reason"],
            version=sent["version"],
            actor=person(request),
            now=now,
        )

    def said(operation: Operation) -> str:
        fresh = visit_of(request, visit.public_id)
        words = _("%(name)s stands again: %(when)s.") % {"name": fresh.patient.full_name, "when": when(fresh, clinic)}
        return told(words, operation, fresh, clinic.tz, local_day(now, clinic.tz))

    return attempt(act, said)


def _page(request: HttpRequest, visit: Appointment, form: RestoreForm) -> HttpResponse:
    clinic, now, user = Clinic.objects.current(), timezone.now(), request.user
    row = Row(visit, now, clinic.notice_hours)
    acts = acts_of(visit, now, clinic.tz, granted(user))
    plain, more = _buttons(acts)
    shown = {
        "visit": visit,
        "patient": visit.patient,
        "row": row,
        "acts": plain,
        "more_acts": more,
        "form": form,
        "operation": uuid4(),
        "goes_on": visit.status == AppointmentStatus.COMPLETED and [act.verb for act in acts] == ["take_back"],
        "day_url": day_of(visit, clinic),
        "visit_messages": _messages(visit, now),
        "happened": history_of(visit, clinic.tz, now),
        "undoable": _undoable(visit, _acts(visit)),
        "reasons": REASONS,
        "may_book": allows(user, Permission.BOOK),
        "may_miss": visit.starts_at <= now and allows(user, Permission.COMPLETE),
        "may_see_messages": allows(user, Permission.SEE_MESSAGES),
    }
    return render(request, "desk/visit.html", shown, status=400 if form.errors else 200)


def _buttons(acts: list[Act]) -> tuple[list[Act], list[Act]]:
    """Part the acts into what stands in sight, the next step last, and what is in the menu."""
    in_sight = [act for act in acts if len(acts) <= FEW or act.primary or act.verb in ALWAYS]
    return in_sight[::-1], [act for act in acts if act not in in_sight]


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
