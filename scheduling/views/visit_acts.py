"""What the desk does with one visit, one address each: complete, no-show, cancel, and taking an act back."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clinic.lib.access import Permission, requires
from clinic.lib.back import back
from clinic.lib.days import clock, day_words, local_day, wall_time
from clinic.lib.locks import Busy
from clinic.lib.operations import OperationReused
from clinic.lib.requests import person
from clinic.models import Clinic, Operation
from scheduling.forms.visits import ActForm, CancelForm
from scheduling.models import Appointment
from scheduling.services.appointments import cancel_appointment, complete_appointment, miss_appointment
from scheduling.services.errors import BookingError
from scheduling.services.undo import undo_operation
from scheduling.views.after import told


def visit_of(request: HttpRequest, public_id: UUID) -> Appointment:
    """Return the visit that an address names, with the names a sentence about it needs; 404 for what was undone."""
    visits = Appointment.objects.visible_to(person(request)).on_the_board().with_names()
    return get_object_or_404(visits, public_id=public_id)


def day_of(visit: Appointment, clinic: Clinic) -> str:
    """Return the address of the day on which a visit is."""
    return reverse("day", args=[local_day(visit.starts_at, clinic.tz)])


def when(visit: Appointment, clinic: Clinic) -> str:
    """Return "Tue 24 Nov, 13:45"."""
    day, today = local_day(visit.starts_at, clinic.tz), local_day(timezone.now(), clinic.tz)
    return f"{day_words(day, today)}, {clock(wall_time(visit.starts_at, clinic.tz))}"


def tell_after(
    request: HttpRequest,
    act: Callable[[], Operation],
    said: Callable[[Operation], str],
    *,
    undoable: bool = True,
) -> bool:
    """Do an act and tell what is now true, with Undo; or tell what stood in its way. Returns whether it was done."""
    try:
        operation = act()
    except BookingError as refused:
        messages.error(request, refused.sentence)
    except Busy:
        messages.error(request, _("Many people are saving at this moment. Nothing was saved. Try again."))
    except OperationReused:
        messages.error(request, _("This button was used before. Nothing more was saved. Look at the page again."))
    else:
        messages.success(request, said(operation), extra_tags=f"undo:{operation.pk}" if undoable else "")
        return True
    return False


def _act(
    request: HttpRequest,
    public_id: UUID,
    form: ActForm,
    act: Callable[[Appointment, datetime], Operation],
    said: Callable[[Appointment], str],
) -> HttpResponse:
    """Do what one button asks for with one visit, and return to where it was pressed."""
    visit, now, zone = visit_of(request, public_id), timezone.now(), Clinic.objects.current().tz
    if form.is_valid():

        def sentence(operation: Operation) -> str:
            return told(said(visit), operation, visit, zone, local_day(now, zone))

        tell_after(request, lambda: act(visit, now), sentence)
    else:
        messages.error(request, form.sentence())
    return redirect(back(request, day_of(visit, Clinic.objects.current())))


@require_POST
@requires(Permission.COMPLETE)
def appointment_complete(request: HttpRequest, public_id: UUID) -> HttpResponse:
    form, actor, clinic = ActForm(request.POST), person(request), Clinic.objects.current()

    def said(visit: Appointment) -> str:
        if not visit.patient.email:
            return _("%(name)s: completed.") % {"name": visit.patient.full_name}
        words = _("%(name)s: completed. The visit notes go out in %(minutes)d minutes.")
        return words % {"name": visit.patient.full_name, "minutes": clinic.quiet_minutes}

    return _act(
        request,
        public_id,
        form,
        lambda visit, now: complete_appointment(
            key=form.cleaned_data["operation"], appointment_id=visit.pk, actor=actor, now=now
        ),
        said,
    )


@require_POST
@requires(Permission.COMPLETE)
def appointment_no_show(request: HttpRequest, public_id: UUID) -> HttpResponse:
    form, actor = ActForm(request.POST), person(request)

    def said(visit: Appointment) -> str:
        return _("%(name)s: noted as a no-show.") % {"name": visit.patient.full_name}

    return _act(
        request,
        public_id,
        form,
        lambda visit, now: miss_appointment(
            key=form.cleaned_data["operation"], appointment_id=visit.pk, actor=actor, now=now
        ),
        said,
    )


@require_POST
@requires(Permission.BOOK)
def appointment_cancel(request: HttpRequest, public_id: UUID) -> HttpResponse:
    form, actor, clinic = CancelForm(request.POST), person(request), Clinic.objects.current()

    def said(visit: Appointment) -> str:
        values = {"name": visit.patient.full_name, "when": when(visit, clinic), "minutes": clinic.quiet_minutes}
        if not visit.patient.email:
            return _("Cancelled: %(name)s, %(when)s.") % values
        return _("Cancelled: %(name)s, %(when)s. The patient hears of it in %(minutes)d minutes.") % values

    return _act(
        request,
        public_id,
        form,
        lambda visit, now: cancel_appointment(
            key=form.cleaned_data["operation"],
            appointment_id=visit.pk,
            reason=form.cleaned_data["reason"],
            cancelled_by=form.cleaned_data["by"],
            actor=actor,
            now=now,
        ),
        said,
    )


@require_POST
@requires(Permission.BOOK)
def operation_undo(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """Take an act back as a whole, or say why it cannot be."""
    form, actor = ActForm(request.POST), person(request)
    done = get_object_or_404(Operation, pk=operation_id)
    if form.is_valid():
        key, now = form.cleaned_data["operation"], timezone.now()
        tell_after(
            request,
            lambda: undo_operation(key=key, operation_id=done.pk, actor=actor, now=now),
            _undone_words,
            undoable=False,
        )
    else:
        messages.error(request, form.sentence())
    return redirect(back(request, reverse("home")))


def _undone_words(operation: Operation) -> str:
    if operation.result.get("how") == "cancelled":
        return _("The mail had left already, so the visits were cancelled. The patient hears of it.")
    return _("Undone. All is as it was before.")
