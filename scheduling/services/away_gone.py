"""Which rows of a plan can no longer stand. Looked for after a refusal, when no lock is held any more."""

from collections.abc import Sequence
from datetime import datetime

from scheduling.away_rows import Kept
from scheduling.models import Appointment
from scheduling.planning.checks import early, place
from scheduling.planning.planner import move_context


def gone(rows: Sequence[Kept], now: datetime) -> dict[int, str]:
    """Return by key the names of those whose visit was changed, or whose time or day is free no longer."""
    found = Appointment.objects.filter(pk__in=[row.visit for row in rows]).order_by("starts_at", "pk")
    visits = list(found.select_related("patient", "session__plan__patient", "room", "device"))
    by_key = {row.visit: row for row in rows}
    moving = list(by_key)
    return {
        visit.pk: visit.patient.full_name
        for visit in visits
        if not by_key[visit.pk].still(visit) or not _stands(by_key[visit.pk], visit, moving, now)
    }


def _stands(row: Kept, visit: Appointment, moving: Sequence[int], now: datetime) -> bool:
    if row.slot is None:
        return True
    context, _here = move_context(visit, now, to=[row.slot], ignoring=moving)
    return place(context, row.slot) is not None and not early(context, context.day_of(row.slot), [])
