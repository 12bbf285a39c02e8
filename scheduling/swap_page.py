"""Two visits that exchange their times, as the page shows them: before, after, and what that meets in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.models import Room
from scheduling.day_list import Row
from scheduling.models import Appointment
from scheduling.planning.swapping import Half, swap_halves
from scheduling.planning.types import Finding
from scheduling.services.single import Reasons

NAMES = ("reason", "other_reason")
"""The fields of the form in which each of the two says why it may stand too early or too late."""


@dataclass(frozen=True)
class Said:
    """A finding as the page draws it."""

    level: str
    icon: str
    sentence: str


@dataclass(frozen=True)
class Side:
    """One of the two before and after. `asks`: why a reason is needed; `reason` and `error` of its field."""

    half: Half
    other: Appointment
    row: Row
    room: str
    field: str
    may_overrule: bool
    reason: str = ""
    error: str = ""

    @property
    def visit(self) -> Appointment:
        return self.half.visit

    @property
    def stops(self) -> bool:
        """Whether no reason of this person lifts what stands in the way."""
        return bool(self.half.clash or (self.half.early and not self.may_overrule))

    @property
    def asks(self) -> str:
        """The question before the reason; nothing where none is asked for, or none would help."""
        if self.stops:
            return ""
        if self.half.early:
            return _("Why so early?")
        return _("Why so late?") if self.half.late else ""

    @property
    def said(self) -> list[Said]:
        """What the new place meets, worst first; that all is well where it meets nothing."""
        found = [Said("bad", "x-octagon-fill", _sentence(one)) for one in (self.half.clash, self.half.early) if one]
        if self.half.late:
            found.append(Said("warn", "exclamation-triangle-fill", _sentence(self.half.late)))
        if self.half.visit.status == "confirmed" and self.half.visit.starts_at != self.other.starts_at:
            found.append(Said("info", "info-circle", _("The old time was confirmed; the new one is not yet")))
        return found or [Said("ok", "check-lg", _("Free"))]

    @property
    def gaps_before(self) -> str:
        """The days to the sessions beside it as the visit stands now: "7 days before, 7 days after"."""
        return _gap_words(*self.half.before)

    @property
    def gaps_after(self) -> str:
        return _gap_words(*self.half.after)

    @property
    def given(self) -> Reasons:
        return Reasons(
            early=self.reason if self.half.early and self.asks else "",
            late=self.reason if self.half.late and self.asks else "",
        )


def _gap_words(previous: int | None, following: int | None) -> str:
    parts = []
    if previous is not None:
        parts.append(ngettext("%(n)d day before", "%(n)d days before", previous) % {"n": previous})
    if following is not None:
        parts.append(ngettext("%(n)d day after", "%(n)d days after", following) % {"n": following})
    return ", ".join(parts) or _("the only session")


def _sentence(finding: Finding) -> str:
    return finding.sentence.rstrip(".")


def sides_of(
    visit: Appointment,
    other: Appointment,
    now: datetime,
    *,
    may_overrule: bool,
    reasons: Mapping[str, str],
    errors: Mapping[str, str],
) -> list[Side]:
    """Return both visits before and after, with what was typed for them."""
    halves = swap_halves(visit, other, now)
    rooms = Room.objects.in_bulk([half.slot.room_id for half in halves if half.slot.room_id])
    return [
        Side(
            half=half,
            other=its_place,
            row=Row(half.visit, now),
            room=rooms[half.slot.room_id].name if half.slot.room_id else "",
            field=name,
            may_overrule=may_overrule,
            reason=reasons.get(name, ""),
            error=errors.get(name, ""),
        )
        for half, its_place, name in zip(halves, (other, visit), NAMES, strict=True)
    ]
