"""What is said of one who waits: why they stand at their place, what they asked for, what is in the way."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, time

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.days import clock, day_words
from scheduling.planning.checks import WEEKDAYS
from treatments.named import listed

NOON = time(12, 0)


@dataclass(frozen=True)
class Said:
    """A finding: its look (bad, warn, ok, info, due), an icon, and the sentence."""

    look: str
    icon: str
    words: str


def head(*, is_last: bool, past: int, gap: int | None, ideal: int | None, sooner: int | None, unused: int) -> Said:
    """Say first what decides the place: the window, then the gap, then how well it fits."""
    if past > 0:
        words = ngettext("%(n)d day past the window", "%(n)d days past the window", past)
        return Said("warn", "calendar-x", words % {"n": past})
    if is_last:
        return Said("warn", "calendar-x", _("Last day of the window"))
    if gap is not None:
        return Said("ok", "check2", _gap_words(gap, ideal, sooner))
    if unused:
        return Said("info", "info-circle", _("Leaves %(n)d min unused") % {"n": unused})
    return Said("ok", "check2", sooner_words(sooner) or _("Nothing is booked yet"))


def _gap_words(gap: int, ideal: int | None, sooner: int | None) -> str:
    if gap != ideal and ideal is not None:
        return _("Day %(gap)d, the best is %(ideal)d") % {"gap": gap, "ideal": ideal}
    said = sooner_words(sooner)
    if not said:
        return _("Day %(gap)d, the best") % {"gap": gap}
    return _("Day %(gap)d, %(sooner)s") % {"gap": gap, "sooner": said[0].lower() + said[1:]}


def sooner_words(days: int | None) -> str:
    """Return "A week sooner", "3 days sooner" or "Earlier the same day"; nothing when nothing is booked."""
    if days is None:
        return ""
    if days == 0:
        return _("Earlier the same day")
    if days == 7:
        return _("A week sooner")
    return ngettext("%(n)d day sooner", "%(n)d days sooner", days) % {"n": days}


def sub(
    *,
    too_late: int,
    weekdays: Collection[int],
    from_time: time | None,
    until_time: time | None,
    notice_hours: int,
    wished: str,
    since: date,
    today: date,
) -> str:
    """Return the quiet line below: how late the booked visit is, what was asked for, since when they wait."""
    parts = []
    if too_late > 0:
        parts.append(ngettext("booked %(n)d day too late", "booked %(n)d days too late", too_late) % {"n": too_late})
    asked = wish_words(weekdays, from_time, until_time)
    if asked:
        parts.append(asked[0].lower() + asked[1:] if not weekdays else asked)
    if notice_hours:
        parts.append(_("%(n)d h notice") % {"n": notice_hours})
    if wished:
        parts.append(_("asked for %(name)s") % {"name": wished})
    if len(parts) < 2:
        parts.append(_("waits since %(day)s") % {"day": day_words(since, today)})
    return "; ".join(parts)


def wish_words(weekdays: Collection[int], from_time: time | None, until_time: time | None) -> str:
    """Return "Any afternoon", "Wednesdays", "Any day after 13:00"; nothing when anything suits."""
    days = listed([str(WEEKDAYS[day]) for day in sorted(weekdays)]) if weekdays else ""
    if not days and until_time is None and from_time == NOON:
        return _("Any afternoon")
    if not days and from_time is None and until_time == NOON:
        return _("Any morning")
    hours = _hours(from_time, until_time)
    if not hours:
        return days
    return f"{days} {hours}" if days else _("Any day %(hours)s") % {"hours": hours}


def times_only(weekdays: Collection[int], from_time: time | None, until_time: time | None) -> str:
    """Return "Mornings only", "Tuesdays only" or "Only after 15:00"."""
    if weekdays:
        return _("%(days)s only") % {"days": listed([str(WEEKDAYS[day]) for day in sorted(weekdays)])}
    if from_time is None and until_time == NOON:
        return _("Mornings only")
    if until_time is None and from_time == NOON:
        return _("Afternoons only")
    return _("Only %(hours)s") % {"hours": _hours(from_time, until_time)}


def _hours(from_time: time | None, until_time: time | None) -> str:
    if from_time and until_time:
        return _("%(from)s to %(until)s") % {"from": clock(from_time), "until": clock(until_time)}
    if from_time:
        return _("after %(time)s") % {"time": clock(from_time)}
    return _("before %(time)s") % {"time": clock(until_time)} if until_time else ""
