"""The choices card of the series planner as its template draws it: what is chosen, and what else there is."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.days import clock, day_words, wall_time
from scheduling.forms.planner import WEEKDAYS, clock_choices, who_value
from scheduling.planning.types import RHYTHM_WORDS
from scheduling.views.planner_acts import Board
from scheduling.views.planner_request import Request


def choices_context(request: Request, count: int) -> dict[str, Any]:
    """Return the choices with what was typed kept, even where it cannot be read."""
    form, choices = request.form, request.choices
    opens, closes = request.opens_and_closes
    return {
        "errors": form.errors_by_field(),
        "start": _start(request),
        "today": request.today.isoformat(),
        "weekdays": _weekdays(request),
        "around": clock(choices.around),
        "times": clock_choices(choices.around, opens, closes, request.clinic.grid_minutes),
        "who": who_value(choices),
        "people": form.fields["who"].choices,  # type: ignore[attr-defined]
        "rhythm": choices.rhythm.value,
        "rhythms": list(RHYTHM_WORDS.items()),
        "count": count,
        "may_grow": count < request.left,
        "summary": _summary(request, count),
    }


def _start(request: Request) -> dict[str, str]:
    """Return the first day in words, or what was typed where that is no day, and as the picker wants it."""
    day, form = request.choices.start_on, request.form
    wrong = form.is_bound and form.has_error("start_on")
    said = form.data.get("start_on", "") if wrong else day_words(day, request.today)
    return {"words": said, "iso": day.isoformat()}


def pick_context(request: Request, board: Board) -> dict[str, Any]:
    """Return what stands in the fields under Pick: what was typed, or the line's own day, time and clinician."""
    line = next((line for line in board.proposal.lines if line.number == board.picking), None)
    if line is None:
        return {}
    names, starts_at = request.names, line.slot.starts_at
    own = (day_words(names.day(starts_at), names.today), names.time(starts_at), str(line.slot.clinician_id))
    day, wall, who = board.typed or own
    opens, closes = request.opens_and_closes
    shown = wall_time(starts_at, names.zone)
    times = clock_choices(shown, opens, closes, request.clinic.grid_minutes)
    return {"day": day, "iso": names.day(starts_at).isoformat(), "time": wall, "who": who, "times": times}


def _weekdays(request: Request) -> list[dict[str, Any]]:
    words = {number: (short, name) for number, short, name in WEEKDAYS}
    return [
        {"number": day, "short": words[day][0], "name": words[day][1], "on": day in request.choices.weekdays}
        for day in request.weekdays
    ]


def _summary(request: Request, count: int) -> tuple[str, str]:
    """Return the two lines that stand for the choices on a phone."""
    choices = request.choices
    short = [str(short) for number, short, _name in WEEKDAYS if number in choices.weekdays]
    days = _(" and ").join([", ".join(short[:-1]), short[-1]]) if len(short) > 1 else "".join(short)
    values = {"day": day_words(choices.start_on, request.today), "days": days, "time": clock(choices.around)}
    people = dict(request.form.fields["who"].choices)  # type: ignore[attr-defined]
    rest = [
        str(people.get(who_value(choices), "")),
        str(RHYTHM_WORDS[choices.rhythm]).lower(),
        ngettext("%(n)d session", "%(n)d sessions", count) % {"n": count},
    ]
    return _("From %(day)s, %(days)s around %(time)s") % values, " · ".join(rest)
