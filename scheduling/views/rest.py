"""The rest of a course: one visit is moved, lost or given away, and what becomes of the later ones, before and after.

The address says what is to happen (`act`, `how`, `to`, `clinician`). Opening it proposes; a post works on the lines
that it carries, and saves them as they stand when the button is Save.
"""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from clinic.lib.access import Permission, allows, requires
from clinic.lib.audit import log_reading
from clinic.lib.days import local_day
from clinic.lib.requests import person
from clinic.models import Clinic, Operation, Room
from scheduling.day_list import Row
from scheduling.forms.planner import Unreadable
from scheduling.forms.rest import Wish, read_posted, read_wish, why_form
from scheduling.forms.visits import REASONS
from scheduling.models import Appointment, AppointmentStatus
from scheduling.planning.rest import LOSES, Act, How, Rest
from scheduling.planning.types import Mark
from scheduling.services.moves import Move
from scheduling.services.resting import Lost, replan_rest
from scheduling.services.single import Reasons
from scheduling.views.after import told
from scheduling.views.answers import CONFLICT, Answer, attempt, respond
from scheduling.views.planner_rows import Names
from scheduling.views.rest_desk import Desk, Sheet, mark_of, perform, proposed
from scheduling.views.rest_rows import foot, pick_fields, rest_rows, ways
from scheduling.views.visit_acts import day_of, visit_of, when
from treatments.named import Staff

TITLES = {
    Act.MOVE: gettext_lazy("Move session %(n)d of %(count)d, and the rest"),
    Act.CANCEL: gettext_lazy("Cancel session %(n)d of %(count)d, and the rest"),
    Act.NO_SHOW: gettext_lazy("Session %(n)d of %(count)d was missed: the rest"),
    Act.CLINICIAN: gettext_lazy("Another clinician from session %(n)d of %(count)d on"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.BOOK)
def appointment_rest(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Propose what becomes of the rest of a course, work on the lines, and save them."""
    visit, clinic, now = visit_of(request, public_id), Clinic.objects.current(), timezone.now()
    try:
        wish = read_wish(request.GET, clinic.tz, local_day(now, clinic.tz))
    except Unreadable as error:
        return respond(
            request, Answer(_("%(why)s Nothing was saved.") % {"why": error}, CONFLICT), day_of(visit, clinic)
        )
    if wish is None or visit.session is None:
        return redirect("appointment", public_id)
    if wish.act == Act.MOVE and wish.to is None:
        return redirect("appointment_move", public_id)
    if wish.act == Act.NO_SHOW and not allows(request.user, Permission.COMPLETE):
        raise PermissionDenied
    page = Page(request, visit, wish, clinic)
    if _was_answered(request):
        messages.warning(request, _("That page had saved its changes already, so nothing more was saved."))
        return redirect("course", page.plan.public_id)
    if not visit.is_ahead or (wish.act == Act.NO_SHOW and visit.starts_at > now):
        words = _("This visit is %(status)s now, so this cannot be done with it. Nothing was saved.")
        said = words % {"status": visit.get_status_display().lower()}
        return respond(request, Answer(said, CONFLICT), reverse("appointment", args=[public_id]))
    return page.answer()


def _was_answered(request: HttpRequest) -> bool:
    try:
        key = UUID(request.POST.get("operation", ""))
    except ValueError:
        return False
    return Operation.objects.filter(pk=key).exists()


class Page:
    """One request to the page, read once."""

    def __init__(self, request: HttpRequest, visit: Appointment, wish: Wish, clinic: Clinic) -> None:
        self.request, self.visit, self.clinic, self.now = request, visit, clinic, timezone.now()
        self.plan = visit.session.plan  # type: ignore[union-attr]  # only sessions come here
        self.plan.patient = visit.patient
        self.staff = Staff.of(self.plan)
        asked = wish.clinician_id if wish.clinician_id in self.staff.may else None
        self.wish = replace(wish, clinician_id=asked if wish.act == Act.CLINICIAN else None)
        self.today = local_day(self.now, clinic.tz)
        self.may_overrule = allows(request.user, Permission.BOOK_TOO_EARLY)
        rest = Rest(visit, wish.act, self.now, self.wish.clinician_id)
        posted = read_posted(request.POST, clinic.tz, self.today) if request.method == "POST" else None
        self.desk = Desk(rest, self.wish, posted, request.POST, clinic.tz, self.now)

    @property
    def rest(self) -> Rest:
        return self.desk.rest

    @property
    def waits_for_choice(self) -> bool:
        """Whether a clinician has to be chosen before anything can be proposed."""
        return self.wish.act == Act.CLINICIAN and self.wish.clinician_id is None

    def answer(self) -> HttpResponse:
        """Propose, work on the lines, or save them."""
        if self.request.method != "POST":
            log_reading(person(self.request), self.visit.patient, "rest")
        if self.waits_for_choice:
            return self.show(Sheet(self.rest.judged({}), {}))
        if self.desk.posted is None:
            return self.show(proposed(self.desk))
        if not self.desk.is_true or self._seen_is_old():
            return self.show(proposed(self.desk, problems=(self._changed(),)), status=CONFLICT)
        act = self.request.POST.get("act", "")
        return self.keep() if act == "save" else self.show(perform(self.desk, act))

    def _seen_is_old(self) -> bool:
        return self.request.POST.get("seen", mark_of(self.visit)) != mark_of(self.visit)

    def _changed(self) -> str:
        """Say that the book is not what the lines were made from, and which dates are others now."""
        shown = set(self.desk.posted.visits) if self.desk.posted else set()
        numbers = [was.number for pk, was in self.rest.before.items() if self._mark(pk) not in shown | {self._seen()}]
        if not numbers:
            return _("The course has other visits now. Nothing was saved. The dates below are proposed anew.")
        words = ngettext(
            "Somebody changed session %(numbers)s meanwhile. Nothing was saved. The dates below are proposed anew.",
            "Somebody changed sessions %(numbers)s meanwhile. Nothing was saved. The dates below are proposed anew.",
            len(numbers),
        )
        return words % {"numbers": ", ".join(map(str, numbers))}

    def _seen(self) -> str:
        return self.request.POST.get("seen", "")

    def _mark(self, pk: int) -> str:
        return next((mark_of(visit) for visit in [self.visit, *self.rest.later] if visit.pk == pk), "")

    def keep(self) -> HttpResponse:
        """Save the lines as they stand, or say what stands in the way."""
        sheet = perform(self.desk, "look") if self.desk.is_true else Sheet(self.rest.judged({}), {})
        lost = None
        if self.wish.act in LOSES:
            form = why_form(self.wish.act, self.request.POST)
            if not form.is_valid():
                return self.show(replace(sheet, problems=(form.sentence(),)), status=422)
            lost = self._lost(form.cleaned_data)
        errors = self._lacking(sheet)
        if errors:
            return self.show(replace(sheet, errors=errors, focus=f"reason-{min(errors)}"), status=422)
        answer = attempt(lambda: self._save(sheet, lost), self._said)
        if not answer.is_done:
            return self.show(replace(sheet, problems=(answer.said,)), status=answer.status)
        messages.success(self.request, answer.said, extra_tags=f"undo:{answer.operation.pk}")  # type: ignore[union-attr]
        return redirect("course", self.plan.public_id)

    def _lost(self, given: dict[str, Any]) -> Lost:
        status = AppointmentStatus.CANCELLED if self.wish.act == Act.CANCEL else AppointmentStatus.NO_SHOW
        also = tuple(visit.pk for visit in self.rest.later) if self.wish.how == How.LATER else ()
        return Lost(self.visit.pk, status, given.get("reason", ""), given.get("by", ""), also)

    def _save(self, sheet: Sheet, lost: Lost | None) -> Operation:
        moves = []
        for stand in sheet.plan.moved:
            reason = sheet.entries[stand.visit.pk].reason
            is_early, is_late = (stand.line.found(mark) is not None for mark in (Mark.EARLY, Mark.LATE))
            reasons = Reasons(early=reason if is_early else "", late=reason if is_late else "")
            moves.append(Move(stand.visit.pk, stand.line.slot, reasons))
        return replan_rest(
            key=UUID(self.request.POST["operation"]),
            plan_id=self.plan.pk,
            lost=lost,
            moves=moves,
            versions={visit.pk: visit.version for visit in [self.visit, *self.rest.later]},
            actor=person(self.request),
            now=self.now,
        )

    def _lacking(self, sheet: Sheet) -> dict[int, str]:
        """Return a sentence for each line that asks for a reason and has none."""
        made = rest_rows(self.rest, sheet, self.names, may_overrule=self.may_overrule)
        lacking = [one.row.number for one in made if one.row.asks and not one.row.reason]
        return dict.fromkeys(lacking, _("Write why. Nothing was saved."))

    def _said(self, operation: Operation) -> str:
        name, moved = self.visit.patient.full_name, operation.result.get("moved", 0)
        values = {"name": name, "when": when(self.visit, self.clinic), "n": moved}
        head = {
            Act.MOVE: "",
            Act.CANCEL: _("Cancelled: %(name)s, %(when)s."),
            Act.NO_SHOW: _("%(name)s: noted as a no-show."),
            Act.CLINICIAN: "",
        }[self.wish.act]
        tail = ngettext("%(n)d visit of %(name)s moved.", "%(n)d visits of %(name)s moved.", moved) if moved else ""
        sentence = " ".join(part % values for part in (head, tail) if part)
        return told(sentence, operation, self.visit, self.clinic.tz, self.today)

    @property
    def names(self) -> Names:
        rooms = {room.pk: room for room in Room.objects.all()}
        return Names(self.staff.people, rooms, self.clinic.tz, self.today)

    def show(self, sheet: Sheet, status: int = 200) -> HttpResponse:
        names, visit, number = self.names, self.visit, self.visit.session.number  # type: ignore[union-attr]
        made = rest_rows(self.rest, sheet, names, may_overrule=self.may_overrule)
        loses = self.wish.act in LOSES
        context = {
            "visit": visit,
            "plan": self.plan,
            "patient": visit.patient,
            "row": Row(visit, self.now),
            "title": str(TITLES[self.wish.act]) % {"n": number, "count": self.plan.session_count},
            "wish": self.wish,
            "sheet": sheet,
            "rows": made,
            "loses": loses,
            "all_go": self.desk.all_go,
            "later": [(visit, mark_of(visit)) for visit in self.rest.later],
            "before": self.rest.before,
            "ways": [] if self.waits_for_choice else ways(self.rest, self.wish, names),
            "foot": foot(self.rest, self.wish, sheet.plan, may_overrule=self.may_overrule),
            "first": made[0].row.number if made else self.rest.context.first_number,
            "seen": mark_of(visit),
            "posted": self.request.POST,
            "reasons": REASONS,
            "operation": self.request.POST.get("operation") or uuid4(),
            "clinicians": list(self.staff.may.values()),
            "pick": pick_fields(self.rest, sheet, names),
            "today": self.today,
            "lines_url": f"{self.request.path}?{self.wish.query(self.clinic.tz)}",
            "back": day_of(visit, self.clinic),
            "waits": self.waits_for_choice,
        }
        return render(self.request, "scheduling/rest.html", context, status=status)
