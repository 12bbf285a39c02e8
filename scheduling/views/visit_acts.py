"""What the desk does with one visit, one address each: from confirmed to cancelled, a step back, and undoing an act.

Each takes the `version` of the visit that the page showed, and answers as `answers` says.
"""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from clinic.lib.access import Permission, requires
from clinic.lib.days import clock, day_words, local_day, wall_time
from clinic.lib.requests import person
from clinic.models import Clinic, Operation
from scheduling.forms.visits import ActForm, CallForm, CancelForm, ConfirmForm, ReasonForm
from scheduling.models import Appointment, AppointmentStatus, CallOutcome
from scheduling.services.appointments import cancel_appointment, complete_appointment, miss_appointment
from scheduling.services.calls import note_call
from scheduling.services.statuses import (
    arrive_appointment,
    confirm_appointment,
    start_appointment,
    step_back_appointment,
    unconfirm_appointment,
)
from scheduling.services.undo import undo_operation
from scheduling.views.after import told
from scheduling.views.answers import WRONG, Answer, attempt, respond
from scheduling.views.visit_names import name_of

CALLED = {
    CallOutcome.WILL_COME: gettext_lazy("%(name)s will come: confirmed by phone."),
    CallOutcome.NO_ANSWER: gettext_lazy("%(name)s did not answer: noted."),
    CallOutcome.LEFT_MESSAGE: gettext_lazy("A message was left for %(name)s: noted."),
}


def visit_of(request: HttpRequest, public_id: UUID, *, even_undone: bool = False) -> Appointment:
    """Return the visit that an address names, with the names a sentence about it needs; 404 for what was undone.

    `even_undone`: an act on it is told who undid it.
    """
    visits = Appointment.objects.visible_to(person(request)).with_names()
    return get_object_or_404(visits if even_undone else visits.on_the_board(), public_id=public_id)


def day_of(visit: Appointment, clinic: Clinic) -> str:
    """Return the address of the day on which a visit is."""
    return reverse("day", args=[local_day(visit.starts_at, clinic.tz)])


def when(visit: Appointment, clinic: Clinic) -> str:
    """Return "Tue 24 Nov, 13:45"."""
    day, today = local_day(visit.starts_at, clinic.tz), local_day(timezone.now(), clinic.tz)
    return f"{day_words(day, today)}, {clock(wall_time(visit.starts_at, clinic.tz))}"


def _act(
    request: HttpRequest,
    public_id: UUID,
    form: ActForm,
    service: Callable[..., Operation],
    said: Callable[[Appointment], str],
    **asked: str,
) -> HttpResponse:
    """Do what one button asks for with one visit, and answer where it was pressed.

    `asked` names the service's further arguments, and the fields of the form that they come from.
    """
    visit, now, clinic = visit_of(request, public_id, even_undone=True), timezone.now(), Clinic.objects.current()
    if not form.is_valid():
        return respond(request, Answer(form.sentence(), WRONG), day_of(visit, clinic))
    sent = form.cleaned_data

    def act() -> Operation:
        more = {argument: sent[name] for argument, name in asked.items()}
        return service(
            key=sent["operation"],
            appointment_id=visit.pk,
            version=sent["version"],
            actor=person(request),
            now=now,
            **more,
        )

    def sentence(operation: Operation) -> str:
        return told(said(visit), operation, visit, clinic.tz, local_day(now, clinic.tz))

    is_gone = visit.status == AppointmentStatus.UNDONE
    return respond(request, attempt(act, sentence), day_of(visit, clinic), visit.pk, is_gone=is_gone)


def _named(request: HttpRequest, words: str) -> Callable[[Appointment], str]:
    return lambda visit: words % {"name": name_of(request, visit.patient)}


@require_POST
@requires(Permission.BOOK)
def appointment_confirm(request: HttpRequest, public_id: UUID) -> HttpResponse:
    form, words = ConfirmForm(request.POST), _("%(name)s: confirmed.")
    return _act(request, public_id, form, confirm_appointment, _named(request, words), how="how")


@require_POST
@requires(Permission.BOOK)
def appointment_call(request: HttpRequest, public_id: UUID) -> HttpResponse:
    form = CallForm(request.POST)

    def said(visit: Appointment) -> str:
        return CALLED[form.cleaned_data["outcome"]] % {"name": name_of(request, visit.patient)}

    return _act(request, public_id, form, note_call, said, outcome="outcome")


@require_POST
@requires(Permission.BOOK)
def appointment_unconfirm(request: HttpRequest, public_id: UUID) -> HttpResponse:
    words = _("%(name)s: booked, not confirmed any more.")
    return _act(request, public_id, ActForm(request.POST), unconfirm_appointment, _named(request, words))


@require_POST
@requires(Permission.BOOK)
def appointment_arrive(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return _act(request, public_id, ActForm(request.POST), arrive_appointment, _named(request, _("%(name)s: arrived.")))


@require_POST
@requires(Permission.COMPLETE)
def appointment_start(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return _act(
        request, public_id, ActForm(request.POST), start_appointment, _named(request, _("%(name)s: in treatment."))
    )


@require_POST
@requires(Permission.COMPLETE)
def appointment_step_back(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take the last step of a visit back; completed, missed and cancelled ones need a reason."""

    def said(visit: Appointment) -> str:
        visit.refresh_from_db(fields=["status"])
        values = {"name": name_of(request, visit.patient), "status": visit.get_status_display().lower()}
        return _("%(name)s: %(status)s again.") % values

    return _act(request, public_id, ReasonForm(request.POST), step_back_appointment, said, reason="reason")


@require_POST
@requires(Permission.COMPLETE)
def appointment_complete(request: HttpRequest, public_id: UUID) -> HttpResponse:
    clinic = Clinic.objects.current()

    def said(visit: Appointment) -> str:
        if not visit.patient.email:
            return _("%(name)s: completed.") % {"name": name_of(request, visit.patient)}
        words = _("%(name)s: completed. The visit notes go out in %(minutes)d minutes.")
        return words % {"name": name_of(request, visit.patient), "minutes": clinic.quiet_minutes}

    return _act(request, public_id, ActForm(request.POST), complete_appointment, said)


@require_POST
@requires(Permission.COMPLETE)
def appointment_no_show(request: HttpRequest, public_id: UUID) -> HttpResponse:
    words = _("%(name)s: noted as a no-show.")
    return _act(request, public_id, ReasonForm(request.POST), miss_appointment, _named(request, words), reason="reason")


@require_POST
@requires(Permission.BOOK)
def appointment_cancel(request: HttpRequest, public_id: UUID) -> HttpResponse:
    form, clinic = CancelForm(request.POST), Clinic.objects.current()

    def said(visit: Appointment) -> str:
        values = {"name": name_of(request, visit.patient), "when": when(visit, clinic), "minutes": clinic.quiet_minutes}
        if not visit.patient.email:
            return _("Cancelled: %(name)s, %(when)s.") % values
        return _("Cancelled: %(name)s, %(when)s. The patient hears of it in %(minutes)d minutes.") % values

    return _act(request, public_id, form, cancel_appointment, said, reason="reason", cancelled_by="by")


@require_POST
@requires(Permission.BOOK)
def operation_undo(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """Take an act back as a whole, or say why it cannot be."""
    form, actor = ActForm(request.POST), person(request)
    done = get_object_or_404(Operation, pk=operation_id)
    if not form.is_valid():
        return respond(request, Answer(form.sentence(), WRONG), reverse("home"))
    key, now = form.cleaned_data["operation"], timezone.now()
    answer = attempt(
        lambda: undo_operation(key=key, operation_id=done.pk, actor=actor, now=now), _undone_words, undoable=False
    )
    only = done.touched[0].get("appointment") if len(done.touched) == 1 else None
    return respond(request, answer, reverse("home"), only)


def _undone_words(operation: Operation) -> str:
    if operation.result.get("how") == "cancelled":
        return _("The mail had left already, so the visits were cancelled. The patient hears of it.")
    return _("Undone. All is as it was before.")
