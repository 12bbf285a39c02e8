"""The series planner: a whole course, proposed date by date, mended, and booked in one step (design 4.7)."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from clinic.lib.access import Permission, requires
from clinic.lib.audit import log_reading
from clinic.lib.locks import Busy, StateRefused
from clinic.lib.operations import OperationReused
from clinic.models import Operation
from scheduling.models import Appointment
from scheduling.planning.types import Proposal, SeriesRefused
from scheduling.services.drafts import drop_draft
from scheduling.services.errors import BookingError, OutsideDueWindow
from scheduling.services.series import book_series
from scheduling.services.waiting import Wish
from scheduling.views import planner_words as words
from scheduling.views.earlier_too import wait_too
from scheduling.views.planner_acts import Board, judged, opened, perform, sessions_words
from scheduling.views.planner_choices import choices_context, pick_context
from scheduling.views.planner_draft import keep, kept_words, restored_words
from scheduling.views.planner_request import Request, read
from scheduling.views.planner_rows import reason_errors, rows
from scheduling.views.planner_strip import strip
from treatments.models import PlanStatus

PAGE = "scheduling/planner/page.html"
FRAGMENT = "scheduling/planner/fragment.html"
NOTHING = "scheduling/planner/nothing.html"


@require_safe
@requires(Permission.BOOK)
def series_planner(http: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Open the planner on the course as it is usually wished."""
    request = read(http, public_id)
    log_reading(http.user, request.plan.patient, "series_planner")  # type: ignore[arg-type]
    if request.plan.status != PlanStatus.ACTIVE or not request.left:
        return render(http, NOTHING, {"plan": request.plan})
    board = judged(request.desk) if request.desk.entries else opened(request.desk)
    kept = kept_words(request.draft, request) if request.kept else ""
    restored, together = restored_words(request, board), request.has_another_to_book
    return _show(request, board, kept=kept, restored=restored, together=together)


@require_POST
@requires(Permission.BOOK)
def series_lines(http: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Do one act on the lines and show them again. Only a draft is kept; the book stays as it is."""
    request = read(http, public_id)
    if request.plan.status != PlanStatus.ACTIVE or not request.left:
        return _nothing_left(request)
    board = perform(request.desk, http.POST.get("act", ""))
    kept = keep(request, board)
    if http.POST.get("act") == "leave":
        return redirect("patient_page", request.plan.patient.public_id)
    return _show(request, board, kept=kept)


@require_POST
@requires(Permission.BOOK)
def series_anew(http: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Let go of what was kept, and open the planner on the course as it is usually wished."""
    request = read(http, public_id)
    drop_draft(plan_id=request.plan.pk)
    return redirect("series_planner", request.plan.public_id)


@require_POST
@requires(Permission.BOOK)
def series_book(http: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Book the lines as they stand, all or none. The same form gives the same answer again."""
    request = read(http, public_id)
    unready = _unready(request)
    if unready and not request.was_answered():
        return unready()
    try:
        return _booked(request, _book(request))
    except SeriesRefused as refused:
        return _refused(request, refused.proposal)
    except OutsideDueWindow as error:
        return _out_of_window(request, error)
    except BookingError as error:
        return _problem(request, error.sentence, status=422)
    except (Busy, StateRefused):
        return _problem(request, _("Others are booking at this moment. Nothing was saved. Press Book once more."), 409)
    except OperationReused:
        messages.warning(http, _("That page had booked its sessions already, so nothing more was saved."))
        return _go(request, "patient_page", request.plan.patient.public_id)


def _book(request: Request) -> Operation:
    desk = request.desk
    reasons = {number: entry.reason for number, entry in enumerate(desk.entries, desk.shown_first) if entry.reason}
    return book_series(
        key=request.key,
        plan_id=request.plan.pk,
        choices=request.choices,
        slots=desk.slots,
        reasons=reasons,
        actor=request.http.user,  # type: ignore[arg-type]
        now=request.now,
        unlocked=request.plan,
    )


def _booked(request: Request, operation: Operation) -> HttpResponse:
    patient, count = request.plan.patient, operation.result.get("count", 0)
    said = ngettext("%(n)d session booked for %(name)s.", "%(n)d sessions booked for %(name)s.", count)
    messages.success(request.http, said % {"n": count, "name": patient.full_name}, extra_tags=f"undo:{operation.pk}")
    if request.http.POST.get("earlier") and (first := operation.result.get("appointments")):
        visit = Appointment.objects.select_related("session").get(public_id=first[0])
        wait_too(request.http, visit, Wish(), request.key, request.now)
    return _go(request, "patient_page", patient.public_id)


def _go(request: Request, name: str, key: uuid.UUID) -> HttpResponse:
    """Send the browser on to another page: the whole of it, also where htmx asked for a part."""
    if _asks_for_a_part(request):
        return HttpResponseClientRedirect(reverse(name, args=[key]))
    return redirect(name, key)


def _asks_for_a_part(request: Request) -> bool:
    return bool(getattr(request.http, "htmx", False))


def _nothing_left(request: Request) -> HttpResponse:
    """Say that no session of the course is left to book: a page of its own."""
    if _asks_for_a_part(request):
        return _go(request, "series_planner", request.plan.public_id)
    return render(request.http, NOTHING, {"plan": request.plan}, status=409)


def _unready(request: Request) -> Callable[[], HttpResponse] | None:
    """Return what shows the page that says what is missing before the book is asked, or None."""
    desk = request.desk
    if request.plan.status != PlanStatus.ACTIVE or not request.left:
        return lambda: _nothing_left(request)
    if not desk.entries:
        return lambda: _show(request, perform(desk, "propose"), status=422)
    if desk.lines.problems or not request.form.is_valid():
        sentence = _("Nothing was saved yet: something above the dates needs mending.")
        return partial(_problem, request, sentence, status=422)
    if request.shown_first != request.first:
        sentence = _("This course changed meanwhile. Nothing was saved. Look over the dates, then book again.")
        return partial(_problem, request, sentence, status=409)
    return None


def _out_of_window(request: Request, error: OutsideDueWindow) -> HttpResponse:
    """Say beside each line which reason it lacks, or above them all why none can help."""
    board = judged(request.desk)
    errors = reason_errors(board, may_overrule=request.may_overrule)
    if not errors:
        return _show(request, replace(board, problems=(error.sentence,)), status=422)
    return _show(request, replace(board, focus=f"reason-{min(errors)}"), errors=errors, status=422)


def _problem(request: Request, sentence: str, status: int) -> HttpResponse:
    board = judged(request.desk)
    return _show(request, replace(board, problems=(*board.problems, sentence)), status=status)


def _refused(request: Request, proposal: Proposal) -> HttpResponse:
    """Show the lines as they now stand: nothing was saved, and each that clashes has free times under it."""
    numbers = [line.number for line in proposal.lines if line.stops]
    return _show(request, request.desk.board(proposal, problems=(_refusal(numbers),)), status=409)


def _refusal(numbers: Sequence[int]) -> str:
    if not numbers:
        return _("Someone booked at the same moment. Nothing was saved. All dates are free now: press Book once more.")
    words = ngettext(
        "%(sessions)s is no longer free. Nothing was saved. Free times stand under it.",
        "%(sessions)s are no longer free. Nothing was saved. Free times stand under them.",
        len(numbers),
    )
    return words % {"sessions": sessions_words(numbers)}


def _show(
    request: Request,
    board: Board,
    *,
    errors: dict[int, str] | None = None,
    status: int = 200,
    kept: str = "",
    restored: str = "",
    together: bool = False,
) -> HttpResponse:
    """Answer with the whole page, or with what changed when htmx asks."""
    request.ground = board.proposal.ground
    context = _context(request, board, errors or {}) | {"kept": kept, "restored": restored, "together": together}
    return render(request.http, FRAGMENT if _asks_for_a_part(request) else PAGE, context, status=status)


def _context(request: Request, board: Board, errors: dict[int, str]) -> dict[str, Any]:
    plan, names = request.plan, request.names
    lines = rows(board, request.choices, names, may_overrule=request.may_overrule, errors=errors)
    count = len(lines)
    return {
        "plan": plan,
        "patient": plan.patient,
        "facts": words.facts(plan),
        "board": board,
        "rows": lines,
        "current": board.current,
        "strip": strip(board.proposal, request.choices, names, request.clinic),
        "first": lines[0].number if lines else request.shown_first,
        "sums": words.sums(board.proposal, names, may_overrule=request.may_overrule),
        "former": [entry.token(request.clinic.tz) for entry in board.former],
        "title": ngettext("Book %(n)d session", "Book %(n)d sessions", count) % {"n": count},
        "mail": words.mail_words(plan, request.clinic.quiet_minutes),
        "operation": request.key,
        "clinicians": request.clinicians,
        "who_note": request.who_note,
        "lines_url": reverse("series_lines", args=[plan.public_id]),
        "book_url": reverse("series_book", args=[plan.public_id]),
        "anew_url": reverse("series_anew", args=[plan.public_id]),
        "pick": pick_context(request, board),
        "grows": words.growth_words(plan, count - request.planned),
        **choices_context(request, count),
    }
