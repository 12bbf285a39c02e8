"""The strip calendar in words: one sentence for those who do not see it, and where each line may fall."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.days import local_day, span_words
from scheduling.models import Closure
from scheduling.planning.ground import Ground
from scheduling.planning.types import Line, Mark, Proposal
from scheduling.views.planner_rows import Names


def closed_spans(closures: Iterable[Closure]) -> list[tuple[date, date]]:
    """Return the closed days as spans, joining those that touch."""
    spans: list[tuple[date, date]] = []
    for closure in sorted(closures, key=lambda one: one.starts_on):
        if spans and closure.starts_on <= spans[-1][1] + timedelta(days=1):
            spans[-1] = spans[-1][0], max(spans[-1][1], closure.ends_on)
        else:
            spans.append((closure.starts_on, closure.ends_on))
    return spans


def window_words(line: Line) -> str:
    """Say on which days a line may fall: "5 may fall 29 Dec to 5 Jan"."""
    window, values = line.window, {"number": line.number}
    if window is None:
        return ""
    first = formats.date_format(window.earliest, "j M")
    if window.latest is None:
        return _("%(number)d may fall from %(first)s on") % {**values, "first": first}
    if window.latest < window.earliest:
        return _("%(number)d has no day between its neighbours") % values
    last = formats.date_format(window.latest, "j M")
    if window.latest == window.earliest:
        return _("%(number)d may fall on %(last)s only") % {**values, "last": last}
    same_month = (window.earliest.year, window.earliest.month) == (window.latest.year, window.latest.month)
    since = formats.date_format(window.earliest, "j") if same_month else first
    return _("%(number)d may fall %(first)s to %(last)s") % {**values, "first": since, "last": last}


def sentence(proposal: Proposal, under: Ground, names: Names) -> str:
    """Say all that the strip shows: from when to when, which lines stand out and why, what is closed or away."""
    days = [names.day(line.slot.starts_at) for line in proposal.lines]
    count = len(days)
    values = {"n": count, "first": formats.date_format(days[0], "j F"), "last": formats.date_format(days[-1], "j F")}
    said = [ngettext("%(n)d session on %(first)s.", "%(n)d sessions from %(first)s to %(last)s.", count) % values]
    said += filter(None, (_clash(proposal), _early(proposal), _late(proposal), _moved(proposal)))
    for since, until in closed_spans(under.closures):
        said.append(_("The clinic is closed %(days)s.") % {"days": span_words(since, until, names.today)})
    for absence in under.absences:
        first = local_day(absence.starts_at, names.zone)
        last = local_day(absence.ends_at - timedelta(seconds=1), names.zone)
        values = {"name": names.short(absence.clinician_id), "days": span_words(first, last, names.today)}
        said.append(_("%(name)s is away %(days)s.") % values)
    return " ".join(said)


def _numbers(lines: Sequence[Line]) -> str:
    """Return "3", "3 and 8" or "1, 3 and 8"."""
    words = [str(line.number) for line in lines]
    return _(" and ").join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def _clash(proposal: Proposal) -> str:
    lines = [line for line in proposal.lines if line.stops]
    words = ngettext("Session %(numbers)s clashes.", "Sessions %(numbers)s clash.", len(lines))
    return words % {"numbers": _numbers(lines)} if lines else ""


def _early(proposal: Proposal) -> str:
    lines = [line for line in proposal.lines if line.mark == Mark.EARLY]
    words = ngettext("Session %(numbers)s is too early.", "Sessions %(numbers)s are too early.", len(lines))
    return words % {"numbers": _numbers(lines)} if lines else ""


def _late(proposal: Proposal) -> str:
    lines = [line for line in proposal.lines if line.mark == Mark.LATE]
    words = ngettext("Session %(numbers)s is late.", "Sessions %(numbers)s are late.", len(lines))
    return words % {"numbers": _numbers(lines)} if lines else ""


def _moved(proposal: Proposal) -> str:
    lines = [line for line in proposal.lines if line.mark == Mark.MOVED]
    words = ngettext(
        "Session %(numbers)s was moved from a closed day.",
        "Sessions %(numbers)s were moved from closed days.",
        len(lines),
    )
    return words % {"numbers": _numbers(lines)} if lines else ""
