"""The draft of a planner as its screen tells it: when it was kept, by whom, and what has changed since."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.days import clock, day_words, local_day, wall_time
from clinic.lib.locks import Busy
from clinic.lib.requests import person
from scheduling.forms.draft import written
from scheduling.models import PlannerDraft
from scheduling.services.drafts import keep_draft
from scheduling.views.planner_acts import Board
from scheduling.views.planner_request import Request


def keep(request: Request, board: Board) -> str:
    """Keep the lines as they stand after an act, and say so. Whoever cannot keep them says that, and goes on."""
    if not board.entries:
        return ""
    try:
        draft = keep_draft(
            plan_id=request.plan.pk,
            posted=written(request.choices, board.proposal, board.entries, request.clinic.tz),
            actor=person(request.http),
            now=request.now,
        )
    except Busy:
        return _("Draft not kept yet")
    return kept_words(draft, request)


def kept_words(draft: PlannerDraft | None, request: Request) -> str:
    """Return "Draft kept 10:42", with the day when it was not today."""
    if draft is None:
        return ""
    if local_day(draft.kept_at, request.clinic.tz) == request.today:
        return _("Draft kept %(time)s") % {"time": _time(draft.kept_at, request)}
    return _("Draft kept %(day)s") % {"day": _moment(draft.kept_at, request)}


def _time(moment: datetime, request: Request) -> str:
    return clock(wall_time(moment, request.clinic.tz))


def _moment(moment: datetime, request: Request) -> str:
    zone = request.clinic.tz
    return f"{day_words(local_day(moment, zone), request.today)}, {_time(moment, request)}"


def restored_words(request: Request, board: Board) -> str:
    """Say whose draft this is and what was taken since; or that it no longer fits, and these dates are new."""
    draft = request.draft
    if draft is None:
        return ""
    mine = draft.user_id == person(request.http).pk
    values = {"moment": _moment(draft.kept_at, request), "name": draft.user.name}
    whose = _("Your draft of %(moment)s.") if mine else _("Draft of %(moment)s, by %(name)s.")
    if request.kept is None:
        return _("%(whose)s The course changed since, so these dates are new.") % {"whose": whose % values}
    gone = [line.number for line in board.proposal.lines if line.stops and line.number not in request.kept.stopped]
    return " ".join([whose % values, _taken_words(len(gone))])


def _taken_words(count: int) -> str:
    if not count:
        return _("No date was taken meanwhile.")
    return ngettext("%(n)d date was taken meanwhile.", "%(n)d dates were taken meanwhile.", count) % {"n": count}
