"""A span that was painted on one day of a clinician: works then as well, or does not work then."""

import uuid
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from django.utils.translation import gettext as _

from clinic.models import Clinic, Clinician, Operation, User
from scheduling.planning.workday import Hours, united, without
from scheduling.services.errors import HoursRefused
from scheduling.services.hours import give_day, save_hours
from scheduling.services.hours_rules import Walls, exists, in_order, not_past
from scheduling.services.journal import Journal


def paint_day(
    *,
    key: uuid.UUID,
    clinician_id: int,
    on: date,
    span: Walls,
    works: bool,
    note: str = "",
    listed: Iterable[int] = (),
    actor: User | None,
    now: datetime,
) -> Operation:
    """Let a clinician also work for a span of one local day, or not work in it; the rest of the day stays as it is.

    The day is read under the lock, so that of two desks that paint the same day neither loses what the other did.
    Without a `note` that of the day stays.
    """
    body = {"clinician": clinician_id, "on": on, "span": list(span), "works": works, "note": note}

    def write(journal: Journal, clinic: Clinic) -> dict[str, Any]:
        not_past(on, now, clinic.tz)
        in_order([span], _("The hours"))
        for wall in span:
            if wall not in (time.min, time.max):
                exists(on, wall, clinic.tz)
        day = Hours.read(on, on, clinic.tz).of(clinician_id, on)
        painted = united([*day.work, span]) if works else without(day.work, [span])
        if painted == united(day.work):
            raise HoursRefused(_says_so_already(clinician_id, works=works))
        kept = next((row.note for row in day.changes if row.note), "")
        give_day(journal, clinician_id, on, painted, note or kept)
        return {"on": on}

    return save_hours("change_day", key, body, [clinician_id], listed, actor, now, write)


def _says_so_already(clinician_id: int, *, works: bool) -> str:
    name = Clinician.objects.get(pk=clinician_id).short_name
    words = _("%(name)s works then already. Nothing was saved. Choose other times.")
    if not works:
        words = _("%(name)s does not work then anyway. Nothing was saved. Choose other times.")
    return words % {"name": name}
