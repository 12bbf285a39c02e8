"""What a line of a course meets, in sentences for the desk. The book's free time decides; these explain."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clinic.lib.days import clock, day_words, local_day, span_words, wall_time
from scheduling.planning.context import Context, Taken
from scheduling.planning.freetime import to_epoch
from scheduling.planning.shortage import shortage
from scheduling.planning.types import Finding, Mark, Slot
from scheduling.planning.windows import too_near

WEEKDAYS = [
    gettext_lazy("Mondays"),
    gettext_lazy("Tuesdays"),
    gettext_lazy("Wednesdays"),
    gettext_lazy("Thursdays"),
    gettext_lazy("Fridays"),
    gettext_lazy("Saturdays"),
    gettext_lazy("Sundays"),
]


def place(context: Context, slot: Slot) -> Slot | None:
    """Return the slot as it can be booked (another free room of the kind if need be), or None when it cannot."""
    if slot.clinician_id not in context.clinicians or slot.starts_at < context.earliest:
        return None
    return context.free.place(slot.clinician_id, to_epoch(slot.starts_at), like=slot)


def explain(context: Context, slot: Slot, book: Sequence[Taken]) -> Finding:
    """Say why a slot cannot be booked. `book` holds the appointments around it, with names."""
    day = context.day_of(slot)
    if slot.starts_at < context.earliest:
        return Finding(Mark.CLASH, _("This time has passed."))
    if context.closure_on(day):
        return Finding(Mark.CLOSED, closed_words(context, day))
    clinician = context.clinicians.get(slot.clinician_id)
    if clinician is None:
        return Finding(Mark.CLASH, not_this_one(context, slot.clinician_id))
    return (
        not_at_work(context, slot)
        or _taken(context, slot, clinician.short_name, book)
        or Finding(Mark.CLASH, _("Something this visit needs is taken."))
    )


def not_at_work(context: Context, slot: Slot) -> Finding | None:
    """Say why nobody works at a slot: the clinic is closed, its clinician is away, or it lies outside their hours."""
    day, name = context.day_of(slot), context.clinicians[slot.clinician_id].short_name
    if context.closure_on(day):
        return Finding(Mark.CLOSED, closed_words(context, day))
    return _away(context, slot, name) or _off_hours(context, slot, name)


def not_this_one(context: Context, clinician_id: int) -> str:
    """Say why a clinician takes no visits of this kind; nothing when they do."""
    if clinician_id in context.clinicians:
        return ""
    one, gone = context.people.get(clinician_id), _("This clinician no longer takes visits.")
    return context.named.why_not(one, context.people) if one else context.named.nobody(context.people) or gone


def closed_words(context: Context, day: date) -> str:
    """Return "Clinic closed 25 Dec – 1 Jan", joining closures that touch."""
    first = last = day
    while context.closure_on(first - timedelta(days=1)):
        first = context.closure_on(first - timedelta(days=1)).starts_on  # type: ignore[union-attr]
    closure = context.closure_on(day)
    first = min(first, closure.starts_on) if closure else first
    while context.closure_on(last):
        last = context.closure_on(last).ends_on + timedelta(days=1)  # type: ignore[union-attr]
    last -= timedelta(days=1)
    return _("Clinic closed %(days)s") % {"days": span_words(first, last, context.today)}


def _ends(context: Context, slot: Slot) -> datetime:
    return slot.starts_at + timedelta(minutes=context.visit.minutes)


def _away(context: Context, slot: Slot, name: str) -> Finding | None:
    ends = _ends(context, slot)
    for absence in context.facts.absences:
        if absence.clinician_id == slot.clinician_id and absence.starts_at < ends and slot.starts_at < absence.ends_at:
            first = local_day(absence.starts_at, context.zone)
            last = local_day(absence.ends_at - timedelta(seconds=1), context.zone)
            days = span_words(first, last, context.today)
            return Finding(Mark.CLASH, _("%(name)s is away %(days)s") % {"name": name, "days": days})
    return None


def _off_hours(context: Context, slot: Slot, name: str) -> Finding | None:
    day = context.day_of(slot)
    start, end = wall_time(slot.starts_at, context.zone), wall_time(_ends(context, slot), context.zone)
    work = context.work_on(slot.clinician_id, day)
    if not work:
        if context.has_own_hours(slot.clinician_id, day):
            values = {"name": name, "day": day_words(day, context.today)}
            return Finding(Mark.CLASH, _("%(name)s does not work on %(day)s") % values)
        return Finding(
            Mark.CLASH, _("%(name)s does not work %(days)s") % {"name": name, "days": WEEKDAYS[day.weekday()]}
        )
    for since, until in context.breaks_on(slot.clinician_id, day):
        if since < end and start < until:
            values = {"name": name, "from": clock(since), "until": clock(until)}
            return Finding(Mark.CLASH, _("%(name)s has a break from %(from)s to %(until)s") % values)
    if not any(since <= start and end <= until for since, until in work):
        spans = ", ".join(f"{clock(since)} – {clock(until)}" for since, until in work)
        if context.has_own_hours(slot.clinician_id, day):
            values = {"name": name, "spans": spans, "day": day_words(day, context.today)}
            return Finding(Mark.CLASH, _("%(name)s works %(spans)s on %(day)s") % values)
        values = {"name": name, "spans": spans, "days": str(WEEKDAYS[day.weekday()])}
        return Finding(Mark.CLASH, _("%(name)s works %(spans)s on %(days)s") % values)
    return None


def _taken(context: Context, slot: Slot, name: str, book: Sequence[Taken]) -> Finding | None:
    ends = _ends(context, slot)
    arrives = slot.starts_at - timedelta(minutes=context.visit.numbing_minutes)
    for other in book:
        until = clock(wall_time(other.ends_at, context.zone))
        if other.clinician_id == slot.clinician_id and other.starts_at < ends and slot.starts_at < other.ends_at:
            values = {"name": name, "patient": other.name, "until": until}
            return Finding(Mark.CLASH, _("%(name)s is with %(patient)s until %(until)s") % values)
        if other.patient_id == context.patient.pk and other.arrives_at < ends and arrives < other.ends_at:
            values = {"patient": context.patient.called, "until": until}
            return Finding(Mark.CLASH, _("%(patient)s has another visit until %(until)s") % values)
    lacking = shortage(context, slot)
    return Finding(Mark.CLASH, lacking) if lacking else None


def early(context: Context, day: date, lines: Sequence[date]) -> Finding | None:
    """Say that a day is too near to an earlier line, a held visit of the course, or another one on the same area."""
    least = context.rule.least
    nearest = min((abs((other - day).days) for other in [*lines, *context.own_days]), default=least)
    if nearest < least:
        words = ngettext(
            "Only %(days)d day from the session beside it; this course needs %(least)d",
            "Only %(days)d days from the session beside it; this course needs %(least)d",
            nearest,
        )
        return Finding(Mark.EARLY, words % {"days": nearest, "least": least})
    other = too_near(context.others, day)
    if other and not other.same_area:
        return Finding(
            Mark.EARLY, _("%(name)s is on the same day; these two are not given together") % {"name": other.words}
        )
    other = too_near(context.others, day)
    if other:
        values: dict[str, Any] = {
            "days": abs((other.day - day).days),
            "name": other.words,
            "least": other.least,
            "day": day_words(other.day, context.today),
        }
        words = ngettext(
            "%(name)s treats the same area on %(day)s: %(days)d day apart, %(least)d needed",
            "%(name)s treats the same area on %(day)s: %(days)d days apart, %(least)d needed",
            values["days"],
        )
        if other.day < context.today:
            words = ngettext(
                "%(name)s treated the same area on %(day)s: %(days)d day apart, %(least)d needed",
                "%(name)s treated the same area on %(day)s: %(days)d days apart, %(least)d needed",
                values["days"],
            )
        return Finding(Mark.EARLY, words % values)
    return None


def late(context: Context, gap: int | None) -> Finding | None:
    if gap is None or gap <= context.rule.most:
        return None
    words = ngettext(
        "%(days)d day since the session before, at most %(most)d",
        "%(days)d days since the session before, at most %(most)d",
        gap,
    )
    return Finding(Mark.LATE, words % {"days": gap, "most": context.rule.most})
