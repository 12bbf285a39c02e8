"""Visits that stand outside the hours, gathered by what hit them: each group can be planned anew in one go."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _

from clinic.lib.days import clock, day_words, local_day, span_words, wall_time
from scheduling.hours_page import OutsideRow


@dataclass(frozen=True)
class Replan:
    """A group: of whom and when in words, why, how many visits, and the page that plans them anew."""

    words: str
    why: str
    count: int
    url: str


def replans(rows: Sequence[OutsideRow], zone: ZoneInfo, today: date) -> list[Replan]:
    """Gather visits by clinician and by the absence, the closure or the day that hit them, in the order of time.

    One visit leads to its own move; several to a plan for all of them. The span of a plan reaches from the first to
    the last visit that was hit, so that what stands within the hours of another day stays out of it.
    """

    def key(row: OutsideRow) -> tuple[Hashable, ...]:
        return (row.visit.clinician_id, row.cause or local_day(row.visit.starts_at, zone).isoformat())

    ordered = sorted(rows, key=lambda row: (*map(str, key(row)), row.visit.starts_at))
    groups = [list(group) for _key, group in groupby(ordered, key=key)]
    groups.sort(key=lambda group: (group[0].visit.starts_at, group[0].visit.pk))
    return [_replan(group, zone, today) for group in groups]


def _replan(group: Sequence[OutsideRow], zone: ZoneInfo, today: date) -> Replan:
    first, last = group[0].visit, max((row.visit for row in group), key=lambda visit: visit.ends_at)
    days = local_day(first.starts_at, zone), local_day(last.ends_at, zone)
    when = day_words(days[0], today) if days[0] == days[1] else span_words(*days, today)
    words = _("%(who)s, %(when)s") % {"who": first.clinician.name, "when": when}
    if len(group) == 1:
        at = clock(wall_time(first.starts_at, zone))
        words = _("%(who)s, %(when)s, %(at)s") % {"who": first.clinician.name, "when": when, "at": at}
        return Replan(words, group[0].why, 1, reverse("appointment_move", args=[first.public_id]))
    kind, _colon, number = group[0].cause.partition(":")
    if kind == "absence":
        asked = {"absence": number}
    else:
        ends = (first.starts_at, last.ends_at)
        asked = dict(zip(("since", "until"), (f"{at.astimezone(zone):%Y-%m-%dT%H:%M}" for at in ends), strict=True))
    url = f"{reverse('away_span', args=[first.clinician_id])}?{urlencode(asked)}"
    return Replan(words, group[0].why, len(group), url)
