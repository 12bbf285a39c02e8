"""Several courses of one patient planned together: one trip where both may share it, one press that books them all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID, uuid4

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from clinic.lib.access import Permission, allows, requires
from clinic.lib.audit import log_reading
from clinic.lib.days import clock, local_day
from clinic.lib.requests import person
from clinic.models import Clinic, Operation, Room
from patients.models import Patient
from scheduling.forms.planner import WEEKDAYS, Entry, Lines, Unreadable, read_token
from scheduling.forms.together import SharedForm, read_act, read_course
from scheduling.planning.loading import first_free_number
from scheduling.planning.planner import default_choices
from scheduling.planning.together import Asked, Together, judge_together, propose_together, shift_together
from scheduling.planning.types import Choices
from scheduling.services.together import Course, book_together
from scheduling.views.answers import CONFLICT, WRONG, Answer, attempt
from scheduling.views.planner_acts import Board, Desk
from scheduling.views.planner_rows import Names, Row, reason_errors, rows
from scheduling.views.planner_words import Sums, mail_words, sums
from treatments.models import PlanArea, PlanStatus, SessionState, TreatmentPlan
from treatments.named import Staff

SHIFTS = {"earlier": -1, "later": 1}


@dataclass(frozen=True)
class Side:
    """One course on the page: its lines as the planner writes them, and what its form fields begin with."""

    plan: TreatmentPlan
    first: int
    rows: Sequence[Row]
    sums: Sums
    shortfall: str
    problems: tuple[str, ...]


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.BOOK)
def plan_together(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Propose all courses of a patient that lack visits, work on their lines, and book them in one act."""
    patient = get_object_or_404(Patient.objects.visible_to(person(request)), public_id=public_id)
    page = Page(request, patient)
    if page.was_answered():
        messages.warning(request, _("That page had booked its sessions already, so nothing more was saved."))
        return redirect("patient_page", public_id)
    if len(page.plans) < 2:
        context = {"patient": patient, "plan": page.plans[0] if page.plans else None}
        return render(request, "scheduling/together/nothing.html", context, status=CONFLICT if page.posted else 200)
    if not page.posted:
        log_reading(person(request), patient, "plan_together")
    return page.answer()


def to_book_together(patient: Patient) -> list[TreatmentPlan]:
    """Return the courses under way of a patient in which a session has no visit, the oldest first."""
    areas = Prefetch("areas", PlanArea.objects.select_related("area"))
    found = TreatmentPlan.objects.filter(patient=patient, status=PlanStatus.ACTIVE).order_by("pk")
    plans = list(found.select_related("protocol", "patient").prefetch_related(areas, "sessions"))
    return [plan for plan in plans if _left(plan)]


def _left(plan: TreatmentPlan) -> int:
    return sum(session.state == SessionState.PLANNED for session in plan.sessions.all())


class Page:
    """One request to the page, read once."""

    def __init__(self, request: HttpRequest, patient: Patient) -> None:
        self.request, self.patient = request, patient
        self.clinic, self.now = Clinic.objects.current(), timezone.now()
        self.zone, self.today = self.clinic.tz, local_day(self.now, self.clinic.tz)
        self.posted = request.method == "POST"
        self.plans = to_book_together(patient)
        self.shared = SharedForm(request.GET, today=self.today)
        self.may_overrule = allows(request.user, Permission.BOOK_TOO_EARLY)
        self.staff = [Staff.of(plan) for plan in self.plans]
        self.choices = self._choices()
        self.firsts = [first_free_number(plan) for plan in self.plans]

    def _choices(self) -> list[Choices]:
        """What each course opens with; the days and the hour of the first hold for all, or no trip could be shared."""
        asked = zip(self.plans, self.staff, strict=True)
        opening = [self.shared.over(default_choices(plan, self.now, staff)) for plan, staff in asked]
        return [replace(one, weekdays=opening[0].weekdays, around=opening[0].around) for one in opening]

    @property
    def key(self) -> UUID | None:
        try:
            return UUID(self.request.POST.get("operation", ""))
        except ValueError:
            return None

    def was_answered(self) -> bool:
        return self.posted and self.key is not None and Operation.objects.filter(pk=self.key).exists()

    def desks(self) -> list[Desk]:
        """Return what came for each course, as the planner's own acts take it."""
        return [
            self._desk(plan, choices, first, read_course(self.request.POST, plan.pk, first, self.zone, self.today))
            for plan, choices, first in zip(self.plans, self.choices, self.firsts, strict=True)
        ]

    def _desk(self, plan: TreatmentPlan, choices: Choices, first: int, lines: Lines) -> Desk:
        return Desk(plan, choices, lines, self.now, self.zone, _left(plan), first, self.request.POST)

    def answer(self) -> HttpResponse:
        """Propose, work on the lines, or book them."""
        desks = self.desks()
        if not self.posted or not any(desk.entries for desk in desks):
            found = propose_together(list(zip(self.plans, self.choices, strict=True)), self.now)
            status = WRONG if self.posted else 200
            return self.show(self._boards([replace(desk, lines=Lines(())) for desk in desks], found), status=status)
        if self.request.POST.get("seen") != self._seen():
            words = _("One of the courses changed meanwhile. Nothing was saved. Look over the dates, then book again.")
            return self.show(self._judged(desks), problem=words, status=CONFLICT)
        act = self.request.POST.get("act", "")
        if act == "save":
            return self.keep(desks)
        try:
            return self.show(self._judged(self._perform(desks, act)))
        except Unreadable as error:
            return self.show(self._judged(desks), problem=str(error), status=WRONG)

    def _seen(self) -> str:
        """Which sessions the lines are for: a visit booked or lost meanwhile changes it."""
        numbers = zip(self.plans, self.firsts, strict=True)
        return ",".join(f"{plan.pk}:{first}:{_left(plan)}" for plan, first in numbers)

    def _perform(self, desks: Sequence[Desk], act: str) -> list[Desk]:
        """Move one line of one course, the lines of the others staying where they are."""
        found, changed = read_act(act, [plan.pk for plan in self.plans]), list(desks)
        if found is None:
            return changed
        at, verb, argument = found
        number, _equals, token = argument.partition("=")
        if not (number.isascii() and number.isdigit() and len(number) < 4):
            raise Unreadable(_("There is no such session here."))
        line = desks[at].at(int(number))
        if verb in SHIFTS:
            slot = shift_together(self._asked(desks), at, line, SHIFTS[verb], self.now)
        else:
            slot = read_token(token, self.zone, self.today).slot if verb == "use" else None
        if slot is None:
            return changed
        entries = list(desks[at].entries)
        entries[line] = Entry(slot, by_hand=True, reason=entries[line].reason)
        changed[at] = replace(desks[at], lines=Lines(tuple(entries), desks[at].lines.problems))
        return changed

    def _asked(self, desks: Sequence[Desk]) -> list[Asked]:
        return [Asked(desk.plan, desk.choices, tuple(desk.slots)) for desk in desks]

    def _judged(self, desks: Sequence[Desk]) -> list[Board]:
        return self._boards(desks, judge_together(self._asked(desks), self.now))

    def _boards(self, desks: Sequence[Desk], found: Together) -> list[Board]:
        return [desk.board(proposal) for desk, proposal in zip(desks, found.proposals, strict=True)]

    def keep(self, desks: Sequence[Desk]) -> HttpResponse:
        """Book the lines of all courses as they stand, or say what stands in the way."""
        boards = self._judged(desks)
        errors = [reason_errors(board, may_overrule=self.may_overrule) for board in boards]
        if any(errors):
            return self.show(boards, errors=errors, status=WRONG)
        if self.key is None:
            words = _("This page was not complete. Nothing was saved. Press Book once more.")
            return self.show(boards, problem=words, status=WRONG)
        answer = attempt(lambda: self._book(boards), self._said)
        if not answer.is_done:
            return self.show(self._judged(desks), problem=answer.said, status=answer.status)
        self._tell(answer)
        return redirect("patient_page", self.patient.public_id)

    def _book(self, boards: Sequence[Board]) -> Operation:
        courses = []
        for plan, board, first in zip(self.plans, boards, self.firsts, strict=True):
            reasons = {number: entry.reason for number, entry in enumerate(board.entries, first) if entry.reason}
            if board.entries:  # one that found no place stays to book
                courses.append(Course(plan.pk, tuple(board.proposal.slots), reasons))
        return book_together(key=self.key or uuid4(), courses=courses, actor=person(self.request), now=self.now)

    def _said(self, operation: Operation) -> str:
        count = operation.result["count"]
        words = ngettext(
            "%(n)d session booked for %(name)s.",
            "%(n)d sessions of %(courses)d courses booked for %(name)s.",
            count,
        )
        courses = len(operation.result["plans"])
        return words % {"n": count, "courses": courses, "name": self.patient.full_name}

    def _tell(self, answer: Answer) -> None:
        if answer.operation:
            messages.success(self.request, answer.said, extra_tags=f"undo:{answer.operation.pk}")

    def show(
        self,
        boards: Sequence[Board],
        *,
        errors: Sequence[dict[int, str]] = (),
        problem: str = "",
        status: int = 200,
    ) -> HttpResponse:
        sides = self._sides(boards, errors or [{}] * len(boards))
        shared, total = _shared([side.rows for side in sides]), sum(len(side.rows) for side in sides)
        days = {row.day for side in sides for row in side.rows}
        opening = self.choices[0]
        context = {
            "patient": self.patient,
            "sides": sides,
            "shared": shared,
            "trips": len(days),
            "total": total,
            "problem": problem,
            "why_not": _why_not(sides),
            "mail": mail_words(self.plans[0], self.clinic.quiet_minutes),
            "form": self.shared,
            "start_on": min(choices.start_on for choices in self.choices),
            "around": clock(opening.around),
            "weekdays": [(number, word, name, number in opening.weekdays) for number, word, name in WEEKDAYS],
            "never": self._never(),
            "seen": self._seen(),
            "operation": uuid4() if status == CONFLICT else self.key or uuid4(),
            "here": self.request.get_full_path(),
        }
        return render(self.request, "scheduling/together/page.html", context, status=status)

    def _never(self) -> list[str]:
        """The courses that are not given on one day with another."""
        return [plan.name for plan in self.plans if not plan.shares_day]

    def _sides(self, boards: Sequence[Board], errors: Sequence[dict[int, str]]) -> list[Side]:
        rooms = {room.pk: room for room in Room.objects.all()}
        made = []
        for at, (plan, board) in enumerate(zip(self.plans, boards, strict=True)):
            names = Names(self.staff[at].people, rooms, self.zone, self.today)
            lines = rows(board, self.choices[at], names, may_overrule=self.may_overrule, errors=errors[at])
            summed = sums(board.proposal, names, may_overrule=self.may_overrule)
            missing = _missing_words(_left(plan) - len(lines))
            made.append(Side(plan, self.firsts[at], lines, summed, missing, board.problems))
        return made


def _why_not(sides: Sequence[Side]) -> str:
    """Say why nothing can be booked yet. A course without dates does not stop the others."""
    dated = [side for side in sides if side.rows] or sides
    return next((side.sums.why_not for side in dated if side.sums.why_not), "")


def _missing_words(count: int) -> str:
    """Say that sessions of a course found no place beside the others; nothing where all did."""
    if count <= 0:
        return ""
    words = ngettext(
        "%(n)d session finds no time beside the other course and stays to book.",
        "%(n)d sessions find no time beside the other course and stay to book.",
        count,
    )
    return words % {"n": count}


def _shared(lists: Sequence[Sequence[Row]]) -> set[date]:
    """Return the days on which sessions of more than one course stand: one trip."""
    days = [{row.day for row in lines} for lines in lists]
    return {day for at, own in enumerate(days) for other in days[at + 1 :] for day in own & other}
