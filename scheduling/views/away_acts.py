"""What the desk does with a plan for an absence, one address each. Only applying it changes the book."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from clinic.lib.access import Permission, allows, requires
from clinic.lib.days import local_day
from clinic.lib.locks import Busy
from clinic.lib.operations import OperationReused
from clinic.lib.requests import person
from clinic.models import Clinic, Operation
from scheduling.away_rows import read_rows
from scheduling.forms.planner import Unreadable, read_token
from scheduling.forms.visits import ActForm
from scheduling.models import Appointment, AwayPlan
from scheduling.planning.freetime import to_epoch
from scheduling.services.away import look, look_again, stop_looking
from scheduling.services.away_apply import apply_plan
from scheduling.services.away_by_hand import leave_out, pin_row, step_row, take_place
from scheduling.services.errors import AwayRefused
from scheduling.views.after import tell
from scheduling.views.away import answer, plan_of


def _shown(request: HttpRequest, public_id: UUID, act: Callable[[], None]) -> HttpResponse:
    """Do an act on the draft, and show the plan as it is then, with what stood in the way."""
    refused = ""
    try:
        act()
    except AwayRefused as error:
        refused = error.sentence
    except Busy:
        refused = _("Many people are saving at this moment. Nothing was saved. Try again.")
    if request.headers.get("HX-Request"):
        return answer(request, plan_of(public_id), part=True, refused=refused)
    if refused:
        messages.error(request, refused)
    return redirect("away_plan", public_id)


@require_POST
@requires(Permission.BOOK)
def away_look(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Look for the best plan, in this request: HiGHS lets the other threads of the process run meanwhile.

    Nothing has to be published, so nothing is lost with Redis; a page that is closed leaves the best so far in the row.
    """
    look(plan_id=plan_of(public_id).pk, now=timezone.now())
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204)
    return redirect("away_plan", public_id)


@require_POST
@requires(Permission.BOOK)
def away_stop(request: HttpRequest, public_id: UUID) -> HttpResponse:
    plan = plan_of(public_id)
    return _shown(request, public_id, lambda: stop_looking(plan_id=plan.pk))


@require_POST
@requires(Permission.BOOK)
def away_again(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Look once more, with what matters now; `only=gone` for those alone whose time was taken meanwhile."""
    plan = plan_of(public_id)
    only = [row.visit for row in read_rows(plan.rows) if row.gone] if request.POST.get("only") == "gone" else []
    return _shown(
        request,
        public_id,
        lambda: look_again(
            plan_id=plan.pk,
            other_days="other_days" in request.POST,
            same_person_first="same_person_first" in request.POST,
            only=only,
        ),
    )


@require_POST
@requires(Permission.BOOK)
def away_row(request: HttpRequest, public_id: UUID, visit_id: UUID) -> HttpResponse:
    """Change one row: earlier, later, another time (`to`), locked or not, left out."""
    plan = plan_of(public_id)
    visit, version = get_object_or_404(Appointment, public_id=visit_id), _version(request)
    asked, now = request.POST.get("act", ""), timezone.now()
    row = {"plan_id": plan.pk, "version": version, "visit_id": visit.pk}
    acts: dict[str, Callable[[], None]] = {
        "earlier": lambda: step_row(**row, step=-1, now=now),
        "later": lambda: step_row(**row, step=1, now=now),
        "lock": lambda: pin_row(**row, locked=True),
        "unlock": lambda: pin_row(**row, locked=False),
        "leave": lambda: leave_out(**row),
        "take": lambda: _take(request, row),
    }
    name = "take" if "to" in request.POST else asked
    return _shown(request, public_id, acts.get(name, _unknown))


def _unknown() -> None:
    raise AwayRefused(_("This button is not known here. Nothing was saved. Look at the page again."))


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _take(request: HttpRequest, row: dict[str, int]) -> None:
    clinic, now = Clinic.objects.current(), timezone.now()
    try:
        slot = read_token(request.POST["to"], clinic.tz, local_day(now, clinic.tz)).slot
    except Unreadable as error:
        raise AwayRefused(_("This time could not be read. Nothing was saved. Choose another one.")) from error
    take_place(**row, start=to_epoch(slot.starts_at), clinician_id=slot.clinician_id, now=now)


@require_POST
@requires(Permission.BOOK)
def away_apply(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Move every visit of the plan, or none."""
    plan, form, noted = plan_of(public_id), ActForm(request.POST), "note_absence" in request.POST
    again = reverse("away_plan", args=[public_id]) + ("" if noted else "?note=off")
    if not form.is_valid():
        messages.error(request, form.sentence())
        return redirect(again)
    try:
        operation = apply_plan(
            key=form.cleaned_data["operation"],
            plan_id=plan.pk,
            version=_version(request),
            note_absence=noted and allows(request.user, Permission.MANAGE_HOURS),
            actor=person(request),
            now=timezone.now(),
        )
    except AwayRefused as refused:
        messages.error(request, refused.sentence)
    except Busy:
        messages.error(request, _("Many people are saving at this moment. Nothing was saved. Try again."))
    except OperationReused:
        messages.error(request, _("This button was used before. Nothing more was saved. Look at the page again."))
    else:
        tell(request, operation, _said(plan, operation))
        return redirect("away_plan", public_id)
    return redirect(again)


def _said(plan: AwayPlan, operation: Operation) -> str:
    result, values = operation.result, {"name": plan.clinician.short_name}
    parts = []
    if result["kept_time"]:
        words = ngettext(
            "%(n)d keeps the time with someone else", "%(n)d keep their time with someone else", result["kept_time"]
        )
        parts.append(words % {"n": result["kept_time"]})
    if result["moved"]:
        parts.append(ngettext("%(n)d moved", "%(n)d moved", result["moved"]) % {"n": result["moved"]})
    if result["left"]:
        parts.append(ngettext("%(n)d left over", "%(n)d left over", result["left"]) % {"n": result["left"]})
    return _("Applied for %(name)s: %(what)s.") % {**values, "what": ", ".join(parts)}
