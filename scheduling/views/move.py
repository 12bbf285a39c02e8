"""Move one visit: the free times within its due window, one press each, and any other time with a reason."""

from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic.lib.access import Permission, allows, requires
from clinic.lib.audit import log_reading
from clinic.lib.days import local_day
from clinic.lib.requests import person
from clinic.models import Clinic, Operation
from scheduling.day_list import Row
from scheduling.forms.rest import Wish
from scheduling.forms.visits import MoveForm
from scheduling.forms.waiting import EarlierForm
from scheduling.models import Appointment
from scheduling.moving import Move, reasons_asked
from scheduling.planning.rest import Act, How, later_of
from scheduling.planning.types import Slot
from scheduling.running_offers import running_offers
from scheduling.services.appointments import move_appointment
from scheduling.views.after import told
from scheduling.views.answers import CONFLICT, WRONG, Answer, as_json, attempt, respond, tell, wants_json
from scheduling.views.earlier_too import earlier_forms, is_sound, wait_too
from scheduling.views.visit_acts import day_of, visit_of, when
from treatments.named import Staff


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.BOOK)
def appointment_move(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show where a visit may go, and put it there."""
    visit, clinic = visit_of(request, public_id), Clinic.objects.current()
    if not visit.is_ahead:
        words = _("Only a visit that lies ahead can be moved. Nothing was saved. Look at the visit again.")
        return respond(request, Answer(words, CONFLICT), day_of(visit, clinic))
    if request.method == "GET":
        log_reading(person(request), visit.patient, "move")
    staff = Staff.of(visit.session.plan if visit.session else None)
    form = MoveForm(
        request.POST if request.method == "POST" else None, visit=visit, staff=staff, zone=clinic.tz, now=timezone.now()
    )
    earlier, other = earlier_forms(request, staff.people.values())
    if request.method == "POST":
        if not is_sound(earlier):
            form.add_error(None, _("Nothing was saved. Mend when they could come earlier."))
        if form.is_valid() and (how := _how(request, visit)) != How.ONLY:
            return _with_the_rest(visit, form, how, clinic)
        answer = _move(request, visit, form, clinic) if form.is_valid() else Answer(form.sentence(), WRONG)
        if wants_json(request):
            return as_json(answer, visit.pk)
        if form.is_valid():
            tell(request, answer)
        if answer.is_done:
            visit.refresh_from_db()
            if earlier.is_wanted:
                wait_too(request, visit, earlier.wish(), form.cleaned_data["operation"], timezone.now())
            return redirect(day_of(visit, clinic))
    return _page(request, visit, form, staff, {"earlier": earlier, "earlier_other": other})


def _move(request: HttpRequest, visit: Appointment, form: MoveForm, clinic: Clinic) -> Answer:
    slot: Slot = form.cleaned_data["slot"]
    reason, now, actor = form.cleaned_data.get("reason", ""), timezone.now(), person(request)
    is_early, is_late = reasons_asked(visit, slot, now) if reason else (False, False)

    def said(operation: Operation) -> str:
        visit.refresh_from_db()
        values = {"name": visit.patient.full_name, "when": when(visit, clinic), "minutes": clinic.quiet_minutes}
        words = _("Moved: %(name)s, now %(when)s.")
        if visit.patient.email:
            words = _("Moved: %(name)s, now %(when)s. The patient hears of it in %(minutes)d minutes.")
        return told(words % values, operation, visit, clinic.tz, local_day(now, clinic.tz))

    return attempt(
        lambda: move_appointment(
            key=form.cleaned_data["operation"],
            appointment_id=visit.pk,
            slot=slot,
            early_reason=reason if is_early else "",
            late_reason=reason if is_late else "",
            version=form.cleaned_data["version"],
            actor=actor,
            now=now,
        ),
        said,
    )


def _how(request: HttpRequest, visit: Appointment) -> How:
    """Return how far the move goes: the form says it, or the address; alone for a visit outside a course."""
    how = request.POST.get("how") or request.GET.get("how", "")
    return How(how) if how in set(How) and visit.session_id else How.ONLY


def _with_the_rest(visit: Appointment, form: MoveForm, how: How, clinic: Clinic) -> HttpResponse:
    """Go on to the page that shows what becomes of the later visits; nothing is saved here."""
    wish = Wish(Act.MOVE, how, form.cleaned_data["slot"])
    return redirect(f"{reverse('appointment_rest', args=[visit.public_id])}?{wish.query(clinic.tz)}")


def _page(
    request: HttpRequest, visit: Appointment, form: MoveForm, staff: Staff, earlier: dict[str, EarlierForm]
) -> HttpResponse:
    now, how = timezone.now(), _how(request, visit)
    later = later_of(visit, now) if visit.session_id else []
    along = [other.pk for other in later] if how != How.ONLY else []
    move = Move(visit, now, along)
    context = {
        "visit": visit,
        "row": Row(visit, move.now),
        "move": move,
        "how": how,
        "later": len(later),
        "form": form,
        "operation": uuid4(),
        "who_note": staff.why_not(visit.clinician_id),
        "back": day_of(visit, move.context.clinic),
        "may_overrule": allows(request.user, Permission.BOOK_TOO_EARLY),
        "offered": running_offers(move.now),
        "may_book": True,
        **earlier,
    }
    return render(request, "scheduling/move.html", context, status=400 if form.errors else 200)
