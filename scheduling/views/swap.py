"""Two visits exchange their times: which ones could, what it means for both, and one act that saves it."""

from collections.abc import Mapping
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic.lib.access import Permission, allows, requires
from clinic.lib.audit import log_reading
from clinic.lib.days import local_day
from clinic.lib.requests import person
from clinic.models import Clinic, Operation
from scheduling.day_list import Row
from scheduling.forms.swap import Among, SwapForm, read_among, read_other
from scheduling.models import Appointment
from scheduling.planning.swapping import swap_candidates
from scheduling.services.moves import swap_appointments
from scheduling.swap_page import NAMES, Side, sides_of
from scheduling.views.after import told
from scheduling.views.answers import CONFLICT, WRONG, Answer, attempt, respond
from scheduling.views.visit_acts import day_of, visit_of, when

MOST_BARRED = 40
"""So many of those that cannot are listed; of the rest only the number is said."""


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.BOOK)
def appointment_swap(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """List the visits that one could exchange its time with; show what the chosen one means, and save it."""
    visit, clinic = visit_of(request, public_id), Clinic.objects.current()
    if not _lies_ahead(visit):
        words = _("Only a visit that lies ahead can be swapped. Nothing was saved. Look at the visit again.")
        return respond(request, Answer(words, CONFLICT), day_of(visit, clinic))
    among, other_id = read_among(request.GET), read_other(request.GET)
    if other_id is None:
        log_reading(person(request), visit.patient, "swap")
        return _list(request, visit, among, clinic)
    other = visit_of(request, other_id)
    if not _lies_ahead(other) or other.patient_id == visit.patient_id:
        words = _("%(name)s, %(when)s: this visit cannot be swapped now. Nothing was saved. Choose another.")
        messages.error(request, words % {"name": other.patient.full_name, "when": when(other, clinic)})
        return redirect(f"{request.path}?{among.query()}")
    if request.method != "POST":
        for one in (visit, other):
            log_reading(person(request), one.patient, "swap")
    return Pair(request, visit, other, clinic).answer()


def _lies_ahead(visit: Appointment) -> bool:
    """Say whether a visit is open and has not begun: an hour that has passed is no place for another."""
    return visit.is_ahead and visit.starts_at > timezone.now()


def _with_patient(visit: Appointment) -> None:
    """Give the course the patient that was read with the visit: it is not asked for again."""
    if visit.session:
        visit.session.plan.patient = visit.patient


def _list(request: HttpRequest, visit: Appointment, among: Among, clinic: Clinic) -> HttpResponse:
    now = timezone.now()
    _with_patient(visit)
    today, own = local_day(now, clinic.tz), local_day(visit.starts_at, clinic.tz)
    first, last = among.days(own)
    who = visit.clinician_id if among.same_clinician else None
    found = swap_candidates(visit, max(first, today), last, now, who)
    barred = [one for one in found if one.bars]
    context = {
        "visit": visit,
        "row": Row(visit, now),
        "among": among,
        "choices": [(Among(week, among.same_clinician), week) for week in (False, True)],
        "people": [(Among(among.week, same), same) for same in (False, True)],
        "fits": [(one, Row(one.visit, now), among.query(one.visit.public_id)) for one in found if not one.bars],
        "barred": [(one, Row(one.visit, now)) for one in barred[:MOST_BARRED]],
        "barred_count": len(barred),
        "back": day_of(visit, clinic),
    }
    return render(request, "scheduling/swap/list.html", context)


class Pair:
    """Two visits that are to exchange their times: one request, read once."""

    def __init__(self, request: HttpRequest, visit: Appointment, other: Appointment, clinic: Clinic) -> None:
        self.request, self.visit, self.other, self.clinic = request, visit, other, clinic
        self.now = timezone.now()
        self.form = SwapForm(request.POST if request.method == "POST" else None)
        for one in (visit, other):
            _with_patient(one)

    def answer(self) -> HttpResponse:
        """Show both before and after; save them when Save was pressed and nothing stands in the way."""
        if self.request.method != "POST":
            return self._show()
        if not self.form.is_valid():
            fields = {name: str(errors[0]) for name, errors in self.form.errors.items()}
            refused = "" if set(fields) <= set(NAMES) else self.form.sentence()
            return self._show(fields, refused, WRONG)
        lacking = {
            side.field: _("Write why. Nothing was saved.") for side in self._sides({}) if side.asks and not side.reason
        }
        if lacking:
            return self._show(lacking, status=WRONG)
        answer = attempt(self._swap, self._said)
        if not answer.is_done:
            for one in (self.visit, self.other):
                one.refresh_from_db()
            if not (_lies_ahead(self.visit) and _lies_ahead(self.other)):
                return respond(self.request, answer, day_of(self.visit, self.clinic))
            return self._show(refused=answer.said, status=answer.status)
        messages.success(self.request, answer.said, extra_tags=f"undo:{answer.operation.pk}")  # type: ignore[union-attr]
        return redirect(day_of(self.visit, self.clinic))

    def _sides(self, errors: Mapping[str, str]) -> list[Side]:
        may_overrule = allows(self.request.user, Permission.BOOK_TOO_EARLY)
        reasons = {name: self.request.POST.get(name, "").strip() for name in NAMES}
        return sides_of(self.visit, self.other, self.now, may_overrule=may_overrule, reasons=reasons, errors=errors)

    def _swap(self) -> Operation:
        sent = self.form.cleaned_data
        shown = {self.visit.pk: sent["version"], self.other.pk: sent["other_version"]}
        return swap_appointments(
            key=sent["operation"],
            appointment_id=self.visit.pk,
            other_id=self.other.pk,
            reasons={side.visit.pk: side.given for side in self._sides({})},
            versions={pk: version for pk, version in shown.items() if version is not None},
            actor=person(self.request),
            now=self.now,
        )

    def _said(self, operation: Operation) -> str:
        for one in (self.visit, self.other):
            one.refresh_from_db()
        names = {"name": self.visit.patient.full_name, "other": self.other.patient.full_name}
        values = names | {"when": when(self.visit, self.clinic), "then": when(self.other, self.clinic)}
        sentence = _("Swapped: %(name)s, now %(when)s, and %(other)s, now %(then)s.") % values
        return told(sentence, operation, self.visit, self.clinic.tz, local_day(self.now, self.clinic.tz))

    def _show(self, errors: Mapping[str, str] = {}, refused: str = "", status: int = 200) -> HttpResponse:
        pair, sides = (self.visit, self.other), self._sides(errors)
        context = {
            "visit": self.visit,
            "other": self.other,
            "sides": sides,
            "stops": any(side.stops for side in sides),
            "errors": [(side, side.error) for side in sides if side.error],
            "refused": refused,
            "by_mail": [one.patient.full_name for one in pair if one.patient.email],
            "by_phone": [one.patient for one in pair if not one.patient.email],
            "operation": uuid4(),
            "others": f"?{read_among(self.request.GET).query()}",
            "back": day_of(self.visit, self.clinic),
        }
        return render(self.request, "scheduling/swap/pair.html", context, status=status)
