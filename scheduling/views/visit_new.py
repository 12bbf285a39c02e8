"""Book one visit by itself: of a kind, at a free time, for someone who is here now, or afterwards."""

from datetime import datetime
from functools import partial
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic.lib.access import Permission, allows, requires
from clinic.lib.audit import log_reading
from clinic.lib.days import local_day, wall_time
from clinic.lib.locks import Busy
from clinic.lib.operations import OperationReused
from clinic.lib.requests import person
from clinic.models import Clinic, Operation
from patients.archived import sent_on, why_closed
from patients.models import Patient
from scheduling.booking import Beside, Booking, open_courses
from scheduling.day_list import Row
from scheduling.forms.planner import Unreadable, read_token
from scheduling.forms.visit_new import WantedForm
from scheduling.forms.visits import BookForm
from scheduling.models import Appointment, VisitType
from scheduling.planning.single import Wanted, quarter_begun
from scheduling.running_offers import running_offers
from scheduling.services.errors import BookingError, NotNamed, OutsideDueWindow, SlotTaken
from scheduling.services.single import NeedsReason, Reasons, TooLate, book_visit
from scheduling.views.after import tell, told
from scheduling.views.earlier_too import earlier_forms, is_sound, wait_too
from scheduling.views.visit_acts import day_of, when
from treatments.models import Session


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.BOOK)
def visit_new(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show what may be booked and when; a time that was pressed or typed is booked."""
    files = Patient.objects.visible_to(person(request))
    patient, clinic, now = get_object_or_404(files, public_id=public_id), Clinic.objects.current(), timezone.now()
    if kept := sent_on(request, patient, "visit_new"):
        return kept
    if patient.is_archived:
        messages.error(request, why_closed(patient))
        return redirect("patient_page", patient.public_id)
    today = local_day(now, clinic.tz)
    choices = WantedForm(
        request.GET,
        patient=patient,
        types=list(VisitType.objects.by_kind().values()),
        courses=partial(open_courses, patient),
        today=today,
    )
    wanted = choices.wanted()
    data = _filled(request.POST, clinic, now) if request.method == "POST" else None
    begun = wall_time(quarter_begun(now, clinic), clinic.tz)
    opens = {"day": today, "time": begun, "clinician": choices.choices().clinician_id}
    form = BookForm(data, initial=opens, staff=choices.staff, zone=clinic.tz, now=now)
    if data is not None and choices.errors:
        form.add_error(None, _("Nothing was saved. Mend what is marked above first."))
    earlier, earlier_other = earlier_forms(request, choices.staff.people.values())
    if data is not None and not is_sound(earlier):
        form.add_error(None, _("Nothing was saved. Mend when they could come earlier."))
    if data is not None and wanted and form.is_valid() and (operation := book_from(request, wanted, form, now)):
        visit, words = said_of(operation, wanted, now)
        tell(request, operation, words)
        if earlier.is_wanted:
            wait_too(request, visit, earlier.wish(), form.cleaned_data["operation"], now)
        is_today = local_day(visit.starts_at, clinic.tz) == today
        return redirect(day_of(visit, clinic) if is_today else reverse("patient_page", args=[patient.public_id]))
    if request.method == "GET":
        log_reading(person(request), patient, "visit")
    context = {
        "patient": patient,
        "earlier": earlier,
        "earlier_other": earlier_other,
        "offered": running_offers(now),
        "may_book": True,
        "choices": choices,
        "booking": _shown(wanted, choices, form, now) if wanted else None,
        "form": form,
        "operation": uuid4(),
        "action": request.get_full_path(),
        "who_note": choices.who_note,
        "lacks_types": not choices.types,
        "may_overrule": allows(request.user, Permission.BOOK_TOO_EARLY),
        "may_manage": allows(request.user, Permission.MANAGE_CLINIC),
    }
    return render(request, "scheduling/visit_new.html", context, status=400 if form.errors else 200)


def _shown(wanted: Wanted, choices: WantedForm, form: BookForm, now: datetime) -> Booking | Beside:
    """Return all free times as they were asked for; beside a time that was taken the few nearest to it."""
    near = Beside(wanted, form.refused) if form.refused else None
    return near if near and near.days else Booking(wanted, choices.choices(), now)


def _filled(posted: QueryDict, clinic: Clinic, now: datetime) -> QueryDict:
    """Return the form with the time of a pressed button written out, so that a refusal has fields to stand beside."""
    data = posted.copy()
    try:
        slot = read_token(posted.get("to", ""), clinic.tz, local_day(now, clinic.tz)).slot
    except Unreadable:
        return data
    data["day"] = local_day(slot.starts_at, clinic.tz).isoformat()
    data["time"] = f"{wall_time(slot.starts_at, clinic.tz):%H:%M}"
    data["clinician"] = str(slot.clinician_id)
    return data


def book_from(request: HttpRequest, wanted: Wanted, form: BookForm, now: datetime) -> Operation | None:
    """Book what a valid form says, or put what stands in the way beside its field."""
    given, reason = form.cleaned_data, form.cleaned_data["reason"]
    try:
        return book_visit(
            key=given["operation"],
            kind=wanted.kind,
            patient_id=wanted.patient.pk,
            plan_id=wanted.plan.pk if wanted.plan else None,
            minutes=wanted.minutes,
            slot=given["slot"],
            reasons=Reasons(early=reason, late=reason, entry=reason),
            actor=person(request),
            now=now,
        )
    except NotNamed as refused:
        form.add_error("clinician", refused.sentence)
    except (NeedsReason, TooLate) as refused:
        form.add_error("reason", refused.sentence)
    except OutsideDueWindow as refused:
        missing = allows(request.user, Permission.BOOK_TOO_EARLY) and not reason
        form.add_error("reason" if missing else "day", refused.sentence)
    except SlotTaken as refused:
        form.add_error("time", refused.sentence)
        form.refused = refused.verdict
    except BookingError as refused:
        form.add_error("time", refused.sentence)
    except Busy:
        form.add_error(None, _("Many people are saving at this moment. Nothing was saved. Try again."))
    except OperationReused:
        form.add_error(None, _("This button was used before. Nothing more was saved. Look at the day again."))
    return None


def said_of(operation: Operation, wanted: Wanted, now: datetime) -> tuple[Appointment, str]:
    """Return the visit that was booked, as far as it is told of, and what is now true in a sentence."""
    clinic = Clinic.objects.current()
    visit = _made(operation, wanted) if operation.at == now else _found(operation, wanted)
    visit.patient = wanted.patient
    values = {
        "what": Row(visit, now).title,
        "name": visit.patient.full_name,
        "when": when(visit, clinic),
        "minutes": clinic.quiet_minutes,
    }
    words = _("Booked for %(name)s: %(what)s, %(when)s.")
    if visit.starts_at > now and visit.patient.email:
        words = _("Booked for %(name)s: %(what)s, %(when)s. The patient hears of it in %(minutes)d minutes.")
    return visit, told(words % values, operation, visit, clinic.tz, local_day(now, clinic.tz))


def _made(operation: Operation, wanted: Wanted) -> Appointment:
    """Return a visit that was booked this moment, from what its act says of it."""
    made = operation.result
    session = Session(plan=wanted.plan, number=made["number"]) if wanted.plan else None
    starts_at = datetime.fromisoformat(made["starts_at"])
    names = {"pk": operation.touched[0]["appointment"], "public_id": made["appointment"]}
    return Appointment(**names, kind=wanted.kind, starts_at=starts_at, session=session)


def _found(operation: Operation, wanted: Wanted) -> Appointment:
    """Return a visit that the same button booked before: it may have been moved since."""
    joined = ["session__plan"] if wanted.plan else []
    return Appointment.objects.select_related(*joined).get(public_id=operation.result["appointment"])
