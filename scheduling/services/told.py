"""What a patient was told of a course, and what is true of it now."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import QuerySet

from patients.models import Channel, MessageState
from scheduling.models import HOLDING, Appointment, SeriesMessage
from treatments.models import TreatmentPlan

Told = dict[int, str]
"""Appointment keys and the starts that were told, as ISO in UTC."""


@dataclass(frozen=True)
class Difference:
    """How the course differs from what was told last. `told` is empty when nothing ever was."""

    told: Told
    current: list[Appointment]
    gone: list[int]

    @property
    def is_nothing(self) -> bool:
        return not self.gone and all(self.told.get(visit.pk) == stamp(visit.starts_at) for visit in self.current)

    def is_new(self, visit: Appointment) -> bool:
        return bool(self.told) and self.told.get(visit.pk) != stamp(visit.starts_at)


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def visits_ahead(plan: TreatmentPlan, now: datetime) -> QuerySet[Appointment]:
    """Return the visits of a course that hold their time and have not begun."""
    return Appointment.objects.filter(session__plan=plan, status__in=HOLDING, starts_at__gt=now).order_by("starts_at")


def last_told(plan: TreatmentPlan, now: datetime) -> Told:
    """Return what the last mail that left said of the visits that still lie ahead.

    What was told by phone does not count: it is in no mailbox and in no calendar.
    """
    mailed = {"message__state": MessageState.SENT, "message__channel": Channel.EMAIL}
    links = SeriesMessage.objects.filter(plan=plan, **mailed)
    link = links.order_by("-message__settled_at", "-pk").first()
    pairs = link.told if link else []
    return {pk: start for pk, start in pairs if datetime.fromisoformat(start) > now}


def difference(plan: TreatmentPlan, now: datetime, *, without: Collection[int] = ()) -> Difference:
    """Return what a mail would have to tell, `without` some appointments that are about to be undone."""
    told = last_told(plan, now)
    current = [visit for visit in visits_ahead(plan, now) if visit.pk not in without]
    still = {visit.pk for visit in current}
    return Difference(told=told, current=current, gone=[pk for pk in told if pk not in still])
