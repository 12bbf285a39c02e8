"""The day list: one local day of the book, for the desk's screen all day long."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clinic.lib.access import Permission, allows, requires
from clinic.lib.days import local_day
from clinic.lib.fields import LONGEST, DayInput, read_day
from clinic.lib.requests import person
from clinic.lib.screen import is_hidden
from clinic.models import Clinic
from scheduling.acts import acts_of, in_line
from scheduling.day.flags import Measures, flags_of
from scheduling.day.lines import Lines, line_name
from scheduling.day.listing import DayList, Group
from scheduling.day.visits import day_visits
from scheduling.day_list import Row
from scheduling.forms.visits import REASONS
from scheduling.models import Appointment
from scheduling.planning.outside import outside_hours
from scheduling.views.visit_acts import visit_of

YEARS = range(2000, 2101)
"""Days further off were typed wrong."""
NEAR = timedelta(weeks=4)
"""Visits outside the hours are pointed out on the day list when they are so near; the page of hours lists all."""


@require_safe
@requires(Permission.SEE_PATIENTS)
def day(request: HttpRequest, on: date | None = None) -> HttpResponse:
    """Show a local day by time, of everybody or of one clinician; `?date=` jumps to another day."""
    clinic, now = Clinic.objects.current(), timezone.now()
    clinician_id = _clinician(request)
    today = local_day(now, clinic.tz)
    jump = request.GET.get("date")
    if jump is not None:
        return redirect(_address(_jumped(request, jump, today), clinician_id))
    shown = on or today
    if shown.year not in YEARS:
        raise Http404
    listed = DayList(shown, clinic.tz, now, person(request), clinician_id)
    if clinician_id is not None and listed.chosen is None:
        raise Http404
    outside = _outside(request, now, clinic)
    names_hidden = is_hidden(request, "names")
    measures = Measures.of(clinic, now, outside=outside, discreet=names_hidden)
    context = {
        "list": listed,
        "groups": _drawn(listed, Lines(person(request), measures, listed.everybody), is_hidden(request, "off")),
        "names_hidden": names_hidden,
        "jump": _jump_field(shown),
        "before": _address(shown - timedelta(days=1), clinician_id),
        "after": _address(shown + timedelta(days=1), clinician_id),
        "today_url": _address(None, clinician_id),
        "everyone_url": _address(on, None),
        "may_book": allows(request.user, Permission.BOOK),
        "may_complete": allows(request.user, Permission.COMPLETE),
        "reasons": REASONS,
        "outside": len(outside),
        "offered": listed.offered(clinic, discreet=names_hidden),
    }
    return render(request, "scheduling/day.html", context)


@require_safe
@requires(Permission.SEE_PATIENTS)
def visit_menu(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Answer what a line of the day can open: why the visit is flagged, and all that can be done with it now."""
    visit, clinic, now = visit_of(request, public_id), Clinic.objects.current(), timezone.now()
    discreet = is_hidden(request, "names")
    [line] = day_visits(Appointment.objects.filter(pk=visit.pk))
    outside = _outside(request, now, clinic, [visit.clinician_id])
    granted = {one for one in Permission if allows(request.user, one)}
    stands = in_line(line, now, clinic.tz, granted)
    context = {
        "visit": visit,
        "row": Row(visit, now, clinic.notice_hours),
        "line": line,
        "name": line_name(line, discreet=discreet),
        "names_hidden": discreet,
        "flags": flags_of(line, Measures.of(clinic, now, outside=outside, discreet=discreet)),
        "acts": [act for act in acts_of(line, now, clinic.tz, granted) if act.verb not in stands],
        "may_move": Permission.BOOK in granted and visit.is_ahead and visit.starts_at > now,
    }
    return render(request, "scheduling/day/menu.html", context)


def _drawn(listed: DayList, lines: Lines, off_hidden: bool) -> list[tuple[Group, SafeString, bool]]:
    """Return each group with its lines, and whether they are left out as the screen was told to."""
    groups = [(group, off_hidden and group.look == "off") for group in listed.groups]
    return [(group, lines.of([] if hidden else group.visits), hidden) for group, hidden in groups]


def _outside(request: HttpRequest, now: datetime, clinic: Clinic, clinicians: Iterable[int] | None = None) -> set[int]:
    """Return the visits that stand where nobody works, for the people who mend that."""
    may_mend = allows(request.user, Permission.MANAGE_HOURS)
    return outside_hours(now=now, zone=clinic.tz, clinicians=clinicians, until=now + NEAR) if may_mend else set()


def _clinician(request: HttpRequest) -> int | None:
    text = request.GET.get("clinician", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Http404
    return int(text)


def _jumped(request: HttpRequest, text: str, today: date) -> date | None:
    """Read the day of the jump; None, which is today, where there is no such day, and that is said."""
    found = read_day(text, today, nearest=True)
    if found and found.year in YEARS:
        return found
    if text.strip():
        messages.warning(
            request,
            _("“%(text)s” is no day. Here is today. Write a day as 1 Dec or 2026-12-01.") % {"text": text[:LONGEST]},
        )
    return None


def _jump_field(shown: date) -> str:
    """Return the field that leads to another day; it is read as the nearest day of that name."""
    field = DayInput({"id": "day-jump", "aria-label": _("Go to the day"), "required": True})
    field.nearest = True
    return field.render("date", shown)


def _address(day: date | None, clinician_id: int | None) -> str:
    path = reverse("day", args=[day]) if day else reverse("day")
    return f"{path}?{urlencode({'clinician': clinician_id})}" if clinician_id is not None else path
