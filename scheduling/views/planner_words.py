"""The sums and facts of the series planner in words: span, counts, why Book waits, and who hears of it."""

from dataclasses import dataclass
from datetime import date

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scheduling.planning.types import Line, Mark, Proposal
from scheduling.views.planner_rows import LOOKS, Names, Said, gap_words
from treatments.models import TreatmentPlan


@dataclass(frozen=True)
class Sums:
    """The foot: span, counts, and whether Book may be pressed."""

    span: str
    counts: tuple[Said, ...]
    to_fix: int
    fix_words: str
    book_words: str
    why_not: str
    spoken: str


def sums(proposal: Proposal, names: Names, *, may_overrule: bool) -> Sums:
    """Count the lines and say whether, and if not why, they can be booked."""
    early = 0 if may_overrule else sum(_is_early(line) for line in proposal.lines)
    count = len(proposal.lines)
    counts = _counts(proposal)
    why_not = _why_not(proposal, early)
    return Sums(
        span=_span(proposal, names),
        counts=counts,
        to_fix=proposal.clashes + early,
        fix_words=_fix_words(proposal.clashes, early),
        book_words=ngettext("Book %(n)d session", "Book %(n)d sessions", count) % {"n": count},
        why_not=why_not,
        spoken=", ".join(said.sentence for said in counts),
    )


def _is_early(line: Line) -> bool:
    return not line.stops and line.mark == Mark.EARLY


def _counts(proposal: Proposal) -> tuple[Said, ...]:
    early = sum(_is_early(line) for line in proposal.lines)
    free, moved, late = (proposal.count(mark) for mark in (Mark.FREE, Mark.MOVED, Mark.LATE))
    found = [
        (Mark.FREE, free, ngettext("%(n)d free", "%(n)d free", free)),
        (Mark.MOVED, moved, ngettext("%(n)d moved", "%(n)d moved", moved)),
        (Mark.LATE, late, ngettext("%(n)d late", "%(n)d late", late)),
        (Mark.EARLY, early, ngettext("%(n)d too early", "%(n)d too early", early)),
        (Mark.CLASH, proposal.clashes, ngettext("%(n)d clashes", "%(n)d clash", proposal.clashes)),
    ]
    return tuple(Said(*LOOKS[mark], words % {"n": n}) for mark, n, words in found if n)


def _span(proposal: Proposal, names: Names) -> str:
    if not proposal.lines:
        return _("No dates yet")
    first, last = (names.day(line.slot.starts_at) for line in (proposal.lines[0], proposal.lines[-1]))
    weeks = ((last - first).days + 6) // 7
    if not weeks:
        return _short_day(first, names.today)
    values = {"first": _short_day(first, names.today), "last": _short_day(last, names.today), "n": weeks}
    return ngettext("%(first)s to %(last)s, %(n)d week", "%(first)s to %(last)s, %(n)d weeks", weeks) % values


def _short_day(day: date, today: date) -> str:
    """Write "9 Feb"; the year only where it could be mistaken."""
    return formats.date_format(day, "j M" if (day - today).days < 300 else "j M Y")


def _fix_words(clashes: int, early: int) -> str:
    if early:
        return ngettext("Fix %(n)d date", "Fix %(n)d dates", clashes + early) % {"n": clashes + early}
    if clashes == 2:
        return _("Fix both clashes")
    return ngettext("Fix the clash", "Fix %(n)d clashes", clashes) % {"n": clashes}


def _why_not(proposal: Proposal, early: int) -> str:
    if not proposal.lines:
        return _("There are no dates to book yet. Propose again.")
    if proposal.clashes:
        words = ngettext(
            "%(n)d session clashes. Fix it first.", "%(n)d sessions clash. Fix them first.", proposal.clashes
        )
        return words % {"n": proposal.clashes}
    if early:
        words = ngettext(
            "%(n)d session is too early. Fix it first.", "%(n)d sessions are too early. Fix them first.", early
        )
        return words % {"n": early}
    return ""


def plan_words(plan: TreatmentPlan) -> str:
    """Return "Cellulite reduction, thigh left and right"."""
    by_area: dict[str, list[str]] = {}
    for placed in plan.areas.all():
        by_area.setdefault(placed.area.name, []).append("" if placed.side == "midline" else placed.get_side_display())
    areas = []
    for area, sides in by_area.items():
        said = _(" and ").join(side for side in sides if side)
        areas.append(f"{area.lower()} {said}".strip())
    return ", ".join([plan.name, *areas])


def visit_words(plan: TreatmentPlan) -> str:
    words = _("%(n)d min") % {"n": plan.minutes}
    if plan.numbing_minutes:
        return _("%(length)s, arrive %(n)d min before") % {"length": words, "n": plan.numbing_minutes}
    return words


def interval_words(plan: TreatmentPlan) -> str:
    if plan.interval_min == plan.interval_max:
        return gap_words(plan.interval_min)
    values = {"least": plan.interval_min, "most": plan.interval_max, "best": plan.interval_ideal}
    return _("%(least)d to %(most)d, best %(best)d") % values


def recovery_words(plan: TreatmentPlan) -> str:
    days = plan.protocol.recovery_days
    if not days:
        return _("Nobody needs to rest")
    if days == 2:
        return _("Most people rest for a couple of days")
    words = ngettext("Most people rest for a day", "Most people rest for %(n)d days", days)
    return words % {"n": days}


def mail_words(plan: TreatmentPlan, quiet_minutes: int) -> str:
    """Say who hears of the dates, when, and until when they can be taken back."""
    patient = plan.patient
    values = {"name": patient.called, "n": quiet_minutes}
    if patient.can_be_mailed:
        words = ngettext(
            "One e-mail with all dates goes to %(name)s %(n)d minute after booking. You can undo until then.",
            "One e-mail with all dates goes to %(name)s %(n)d minutes after booking. You can undo until then.",
            quiet_minutes,
        )
        return words % values
    if patient.email:
        return _("%(name)s wants no e-mails: the dates go on the call list under Messages.") % values
    return _("%(name)s has no e-mail address: the dates go on the call list under Messages.") % values


def facts(plan: TreatmentPlan) -> list[tuple[str, str]]:
    """Return what the desk says on the phone about this course: heading and words."""
    return [
        (_("Plan"), plan_words(plan)),
        (_("Each visit"), visit_words(plan)),
        (_("Days between"), interval_words(plan)),
        (_("Recovery"), recovery_words(plan)),
    ]


def growth_words(plan: TreatmentPlan, more: int) -> str:
    """Say that more is to be booked than the plan has, or nothing."""
    if more <= 0:
        return ""
    words = ngettext(
        "%(n)d more than planned: the course grows to %(count)d sessions.",
        "%(n)d more than planned: the course grows to %(count)d sessions.",
        more,
    )
    return words % {"n": more, "count": plan.session_count + more}
