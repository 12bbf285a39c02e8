"""A planner's form as it is kept, and read back. What was kept is trusted no more than what is posted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict

from clinic.lib.days import clock
from clinic.lib.fields import read_day
from scheduling.forms.planner import Entry, who_value
from scheduling.planning.types import Choices, Proposal

FIELDS = ("start_on", "around", "who", "rhythm")
LONGEST = 200
MOST = 40


@dataclass(frozen=True)
class Kept:
    """A draft read back: the form it was, and which of its lines could not stand even then."""

    form: QueryDict
    first: int
    stopped: frozenset[int]


def written(choices: Choices, proposal: Proposal, entries: Sequence[Entry], zone: ZoneInfo) -> dict[str, Any]:
    """Write the choices and lines down as their form would post them."""
    numbered = list(zip(proposal.lines, entries, strict=True))
    return {
        "start_on": choices.start_on.isoformat(),
        "weekdays": sorted(choices.weekdays),
        "around": clock(choices.around),
        "who": who_value(choices),
        "rhythm": choices.rhythm.value,
        "first": proposal.lines[0].number,
        "line": [entry.token(zone) for entry in entries],
        "reasons": {str(line.number): entry.reason for line, entry in numbered if entry.reason},
        "stopped": [line.number for line in proposal.lines if line.stops],
    }


def read_draft(posted: object, today: date) -> Kept | None:
    """Read what `written` wrote, or return None for anything else. A first day that has passed becomes today."""
    if not isinstance(posted, dict):
        return None
    lines, first = _texts(posted.get("line")), posted.get("first")
    if not lines or not isinstance(first, int) or not 1 <= first < 1000:
        return None
    form = QueryDict(mutable=True)
    for name in FIELDS:
        form[name] = str(posted.get(name, ""))[:LONGEST]
    start_on = read_day(str(form["start_on"]), today)
    form["start_on"] = max(start_on, today).isoformat() if start_on else today.isoformat()
    form["first"], form["count"] = str(first), str(len(lines))
    form.setlist("weekdays", _texts(posted.get("weekdays")))
    form.setlist("line", lines)
    reasons = posted.get("reasons")
    for number, reason in reasons.items() if isinstance(reasons, dict) else ():
        form[f"reason-{number}"] = str(reason)[:LONGEST]
    return Kept(form, first, frozenset(_numbers(posted.get("stopped"))))


def _texts(values: object) -> list[str]:
    return [str(value)[:LONGEST] for value in values[:MOST]] if isinstance(values, list) else []


def _numbers(values: object) -> Iterable[int]:
    return [value for value in values[:MOST] if isinstance(value, int)] if isinstance(values, list) else []
