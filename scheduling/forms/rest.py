"""What "the rest of the course" is asked: in its address what is to happen, in its form the lines as they stand."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import QueryDict

from scheduling.forms.planner import Entry, Lines, Unreadable, read_lines, read_token
from scheduling.forms.visits import CancelForm, ReasonForm
from scheduling.planning.rest import Act, How
from scheduling.planning.types import Slot

MOST_LINES = 60
"""More lines than a course has: what comes beyond was not made by the page."""


@dataclass(frozen=True)
class Wish:
    """What is to happen: the act, how far it goes, where to, and who takes over."""

    act: Act
    how: How
    to: Slot | None = None
    clinician_id: int | None = None

    def query(self, zone: ZoneInfo, **other: Any) -> str:
        """Return the wish as an address says it, with some of it changed."""
        asked: dict[str, Any] = {"act": self.act, "how": self.how, "clinician": self.clinician_id}
        asked["to"] = Entry(self.to).token(zone) if self.to else None
        return urlencode({name: str(value) for name, value in (asked | other).items() if value is not None})


def read_wish(query: QueryDict, zone: ZoneInfo, today: date) -> Wish | None:
    """Read the address; None when it asks for nothing that exists. Raises Unreadable for a time that cannot be read."""
    act, how, who = query.get("act", ""), query.get("how", "respace"), query.get("clinician", "")
    if act not in set(Act) or how not in set(How):
        return None
    known = who.isascii() and who.isdigit() and len(who) <= 9
    token = query.get("to", "")
    to = read_token(token, zone, today).slot if token else None
    return Wish(Act(act), How(how), to, int(who) if known else None)


@dataclass(frozen=True)
class Posted:
    """The lines that came back: which visits, in which version, and where each is to stand."""

    first: int
    visits: tuple[str, ...]
    lines: Lines

    @property
    def entries(self) -> tuple[Entry, ...]:
        return self.lines.entries

    def at(self, number: int) -> int:
        """Return the index of a session's line, or raise Unreadable when there is none."""
        index = number - self.first
        if not 0 <= index < len(self.entries):
            raise Unreadable("")
        return index


def read_posted(data: QueryDict, zone: ZoneInfo, today: date) -> Posted:
    text = data.get("first", "")
    first = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 1
    lines = read_lines(data, "line", zone=zone, today=today, first=first, at_most=MOST_LINES)
    return Posted(first, tuple(data.getlist("visit")[:MOST_LINES]), lines)


def why_form(act: Act, data: QueryDict) -> CancelForm | ReasonForm:
    """Return the form of the reason for which a visit is lost."""
    return CancelForm(data) if act == Act.CANCEL else ReasonForm(data)
