"""What the message list is narrowed to: a kind, a patient, a day or a span of days. All of it stands in the address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.lib.days import day_words, local_day, midnight
from clinic.lib.fields import LONGEST, DayInput, read_day
from patients.models import Patient
from patients.models.messages import MessageQuerySet
from patients.services.outbox import registry

LONGEST_QUERY = 80


class Span(StrEnum):
    ANY = ""
    TODAY = "today"
    TOMORROW = "tomorrow"
    NEXT_WEEK = "next7"
    LAST_WEEK = "last7"
    LAST_MONTH = "last30"


SPAN_WORDS: dict[Span, str | Promise] = {
    Span.ANY: gettext_lazy("Any day"),
    Span.TODAY: gettext_lazy("Today"),
    Span.TOMORROW: gettext_lazy("Tomorrow"),
    Span.NEXT_WEEK: gettext_lazy("Next 7 days"),
    Span.LAST_WEEK: gettext_lazy("Last 7 days"),
    Span.LAST_MONTH: gettext_lazy("Last 30 days"),
}
SPANS = {
    Span.TODAY: (0, 0),
    Span.TOMORROW: (1, 1),
    Span.NEXT_WEEK: (0, 6),
    Span.LAST_WEEK: (-6, 0),
    Span.LAST_MONTH: (-29, 0),
}
"""First and last day of each, counted from today. A message belongs to the day on which it is or was due."""


@dataclass(frozen=True)
class Filters:
    """What the list is narrowed to. `on` is one day and goes before `span`; `misread` was typed for it and is none."""

    zone: ZoneInfo
    today: date
    kind: str = ""
    q: str = ""
    span: Span = Span.ANY
    on: date | None = None
    misread: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str], zone: ZoneInfo, now: datetime) -> "Filters":
        """Read the filters from an address; what nobody could have chosen counts as not chosen."""
        kind, span, today = query.get("kind", ""), query.get("when", ""), local_day(now, zone)
        typed = query.get("on", "").replace("\x00", "").strip()[:LONGEST]
        on = read_day(typed, today, nearest=True)
        return cls(
            zone=zone,
            today=today,
            kind=kind if registry.kind(kind) else "",
            q=query.get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY],
            span=Span(span) if span in set(Span) and on is None else Span.ANY,
            on=on,
            misread="" if on else typed,
        )

    @property
    def are_on(self) -> bool:
        return bool(self.kind or self.q or self.span or self.on)

    @property
    def query(self) -> str:
        """The part of an address that keeps these filters, or nothing."""
        chosen = {"kind": self.kind, "q": self.q, "when": self.span, "on": self.on.isoformat() if self.on else ""}
        return urlencode({name: value for name, value in chosen.items() if value})

    @property
    def day_field(self) -> str:
        """The control of the one day, with what was typed where that is none."""
        field = DayInput({"id": "f-on", "placeholder": _("One day")})
        field.nearest = True
        told = {"aria-invalid": "true", "aria-describedby": "f-on-error"} if self.misread else {}
        return field.render("on", self.on or self.misread, told)

    @property
    def words(self) -> str:
        """What the list is narrowed to, to be said where nothing is found."""
        known = registry.kind(self.kind)
        parts = [
            str(known.label) if known else "",
            _("“%(words)s”") % {"words": self.q} if self.q else "",
            str(SPAN_WORDS[self.span]).lower() if self.span else "",
            day_words(self.on, self.today) if self.on else "",
        ]
        return ", ".join(part for part in parts if part)

    def narrow(self, messages: MessageQuerySet) -> MessageQuerySet:
        """Return those of the messages that the filters leave."""
        if self.kind:
            messages = messages.filter(kind=self.kind)
        if self.q:
            messages = messages.filter(patient__in=Patient.objects.matching(self.q).order_by().values("pk"))
        if self.on or self.span:
            first, last = (self.on, self.on) if self.on else self._days()
            messages = messages.filter(
                due_at__gte=midnight(first, self.zone), due_at__lt=midnight(last + timedelta(days=1), self.zone)
            )
        return messages

    def _days(self) -> tuple[date, date]:
        first, last = SPANS[self.span]
        return self.today + timedelta(days=first), self.today + timedelta(days=last)


def kind_choices() -> list[tuple[str, str | Promise]]:
    return [("", _("Any kind")), *((kind.name, kind.label) for kind in registry.kinds())]
