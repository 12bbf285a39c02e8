"""Hours on the board: a panel for one day of one clinician, and one for the clinic's day. Each answers with its part
of the page; what was saved is told to the script, which paints the ground anew without leaving the board."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic.lib.access import Permission, requires
from clinic.lib.days import clock, day_words, local_day, span_words
from clinic.lib.requests import person
from clinic.models import Clinic, Clinician, Operation
from scheduling.board.asked import YEARS
from scheduling.forms.board_hours import AWAY, BREAK, WORKS, PaintForm
from scheduling.forms.hours import ClosureForm, HoursForm
from scheduling.hours_page import away_words, rows_of, spans_text
from scheduling.models import Absence, Closure
from scheduling.planning.workday import Hours, Workday
from scheduling.services import hours
from scheduling.services.hours_paint import paint_day
from scheduling.views.hours_saving import Outcome, listed_in, told, try_to
from scheduling.views.visit_names import name_of

METHODS = ["GET", "HEAD", "POST"]
WRONG = 422
Act = Callable[[list[int]], Operation]
Does = tuple[Act, str]
"""An act, given the visits that were listed, and what to say when it is done."""


@require_http_methods(METHODS)
@requires(Permission.MANAGE_HOURS)
def board_hours(request: HttpRequest, clinician_id: int, on: date) -> HttpResponse:
    """Show what a day of a clinician holds, and change it. `?from=` and `?until=` open with the span that was painted.

    POST answers 204 with the event `board:hours` when it is saved; otherwise the panel again with 422: what is wrong
    beside its field, or the visits that would be hit, before anything is saved.
    """
    clinician, clinic, now = get_object_or_404(Clinician, pk=clinician_id), Clinic.objects.current(), timezone.now()
    today = _in_range(on, local_day(now, clinic.tz))
    opens = {"what": AWAY, "since": request.GET.get("from", ""), "until": request.GET.get("until", "")}
    posted = request.POST if request.method == "POST" and "remove" not in request.POST else None
    form = PaintForm(posted, on=on, today=today, zone=clinic.tz, initial=opens)

    def painted() -> Does:
        return _painted(request, clinician, form, on, now)

    return _panel(
        request,
        form,
        painted,
        _removed(request, now, clinician, on),
        _day_context(clinician, clinic, on, today),
        "scheduling/board/hours/panel.html",
    )


@require_http_methods(METHODS)
@requires(Permission.MANAGE_HOURS)
def board_closure(request: HttpRequest, on: date) -> HttpResponse:
    """Close the clinic from a day on, or open it again; answers as `board_hours` does."""
    clinic, now = Clinic.objects.current(), timezone.now()
    today = _in_range(on, local_day(now, clinic.tz))
    posted = request.POST if request.method == "POST" and "remove" not in request.POST else None
    form = ClosureForm(posted, today=today, initial={"starts_on": on}, auto_id="hours-%s")

    def closed() -> Does:
        return _closed(request, form, now, today)

    closures = Closure.objects.filter(starts_on__lte=on, ends_on__gte=on)
    taken = [Taken(f"closure:{row.pk}", row.name, span_words(row.starts_on, row.ends_on, today)) for row in closures]
    context = {"on": on, "facts": formats.date_format(on, "l j F"), "taken": taken}
    return _panel(request, form, closed, _removed(request, now), context, "scheduling/board/hours/closure.html")


@dataclass(frozen=True)
class Taken:
    """Something that a day holds: what its Remove sends, its words and why."""

    value: str
    words: str
    why: str = ""

    @property
    def verb(self) -> str:
        return _("Open again") if self.value.startswith("closure") else _("Remove")


def _day_context(clinician: Clinician, clinic: Clinic, on: date, today: date) -> dict[str, Any]:
    day = Hours.read(on, on, clinic.tz).of(clinician.pk, on)
    works = spans_text(day.at_work) or _("not at work")
    if day.rests:
        works = _("%(spans)s, break %(rests)s") % {"spans": works, "rests": spans_text(day.rests)}
    facts = _("%(day)s · %(works)s") % {"day": formats.date_format(on, "D j M"), "works": works}
    return {"clinician": clinician, "on": on, "facts": facts, "taken": _taken(day, clinic, today)}


def _taken(day: Workday, clinic: Clinic, today: date) -> list[Taken]:
    """Return what can be taken away from a day: its closure, absences, and the hours of its own."""
    found = []
    if day.closure:
        words = _("Closed: %(name)s") % {"name": day.closure.name}
        span = span_words(day.closure.starts_on, day.closure.ends_on, today)
        found.append(Taken(f"closure:{day.closure.pk}", words, span))
    for row in day.absences:
        words = _("Away %(days)s") % {"days": away_words(row, clinic.tz, today)}
        found.append(Taken(f"absence:{row.pk}", words, row.reason))
    if day.changes:
        note = next((row.note for row in day.changes if row.note), "")
        words = _("This day only: %(spans)s") % {"spans": spans_text(day.work) or _("does not work")}
        found.append(Taken("day:", words, note))
    return found


def _in_range(on: date, today: date) -> date:
    if on.year not in YEARS:
        raise Http404
    return today


def _panel(
    request: HttpRequest,
    form: HoursForm,
    make: Callable[[], Does],
    removed: Does | None,
    context: dict[str, Any],
    template: str,
) -> HttpResponse:
    outcome, said = Outcome(), ""
    if request.method == "POST" and (removed or form.is_valid()):
        act, said = removed or make()
        outcome = try_to(lambda: act(listed_in(request)))
    if outcome.operation:
        response = HttpResponse(status=204)
        response["HX-Trigger"] = json.dumps({"board:hours": told(request, said, outcome.operation)})
        return response
    hits = _hits(request, outcome) if outcome.hit else []
    context |= {
        "form": form,
        "hits": hits,
        "listed": ",".join(str(row["public_id"]) for row in hits),
        "grew": bool(hits) and "confirm" in request.POST,
        "refused": "" if hits else outcome.words,
        "removes": request.POST.get("remove", ""),
        "operation": uuid4(),
    }
    return render(request, template, context, status=WRONG if request.method == "POST" else 200)


def _hits(request: HttpRequest, outcome: Outcome) -> list[dict[str, Any]]:
    """Return the visits that would be hit as this person may see them, on a screen that may hide names."""
    clinic, now = Clinic.objects.current(), timezone.now()
    today = local_day(now, clinic.tz)
    found = []
    for row in rows_of(person(request), outcome.hit, now, clinic.notice_hours):
        start = row.visit.starts_at
        found.append(
            {
                "public_id": row.visit.public_id,
                "day": day_words(local_day(start, clinic.tz), today),
                "time": clock(start.astimezone(clinic.tz).time()),
                "name": name_of(request, row.visit.patient),
                "what": f"{row.what} {row.of_how_many}".strip(),
                "who": row.visit.clinician.short_name,
            }
        )
    return found


def _key(request: HttpRequest) -> UUID:
    """Return the key of the form that was sent; another one where it was lost, so that the act is done once."""
    try:
        return UUID(request.POST.get("operation", ""))
    except ValueError:
        return uuid4()


# --- What is painted ---
def _painted(request: HttpRequest, clinician: Clinician, form: PaintForm, on: date, now: datetime) -> Does:
    sent, actor, zone = form.cleaned_data, person(request), form.zone
    if sent["what"] == AWAY:
        span = {"starts_at": sent["starts_at"], "ends_at": sent["ends_at"]}
        values = {"name": clinician.short_name, "days": away_words(Absence(**span), zone, form.today)}

        def away(listed: list[int]) -> Operation:
            return hours.add_absence(
                key=sent["operation"],
                clinician_id=clinician.pk,
                reason=sent["reason"],
                listed=listed,
                actor=actor,
                now=now,
                **span,
            )

        return away, _("%(name)s is away %(days)s.") % values

    works, note = sent["what"] == WORKS, sent["reason"]
    if sent["what"] == BREAK:
        note = note or _("Break")

    def paint(listed: list[int]) -> Operation:
        return paint_day(
            key=sent["operation"],
            clinician_id=clinician.pk,
            on=on,
            span=sent["span"],
            works=works,
            note=note,
            listed=listed,
            actor=actor,
            now=now,
        )

    return paint, _painted_words(clinician, sent, day_words(on, form.today))


def _painted_words(clinician: Clinician, sent: dict[str, Any], day: str) -> str:
    values = {"name": clinician.short_name, "day": day, "span": spans_text([sent["span"]])}
    if sent["whole"]:
        return _("%(name)s does not work on %(day)s.") % values
    if sent["what"] == WORKS:
        return _("%(name)s works %(span)s on %(day)s as well.") % values
    if sent["what"] == BREAK:
        return _("%(name)s has a break %(span)s on %(day)s.") % values
    return _("%(name)s does not work %(span)s on %(day)s.") % values


def _closed(request: HttpRequest, form: HoursForm, now: datetime, today: date) -> Does:
    sent, actor = form.cleaned_data, person(request)

    def close(listed: list[int]) -> Operation:
        return hours.add_closure(
            key=sent["operation"],
            name=sent["name"],
            starts_on=sent["starts_on"],
            ends_on=sent["ends_on"],
            listed=listed,
            actor=actor,
            now=now,
        )

    values = {"name": sent["name"], "days": span_words(sent["starts_on"], sent["ends_on"], today)}
    return close, _("The clinic is closed %(days)s: %(name)s.") % values


# --- What is taken away ---
def _removed(
    request: HttpRequest, now: datetime, clinician: Clinician | None = None, on: date | None = None
) -> Does | None:
    """Return what the Remove button asks for: an absence of this clinician, the day's own hours, or a closure."""
    what, _colon, number = request.POST.get("remove", "").partition(":")
    pk = int(number) if number.isascii() and number.isdigit() and len(number) <= 9 else 0
    key, actor = _key(request), person(request)
    if not what:
        return None
    if what == "closure":
        closure = get_object_or_404(Closure, pk=pk)
        words = _("The clinic is open again: %(name)s was taken away.") % {"name": closure.name}
        return lambda _listed: hours.remove_closure(key=key, closure_id=closure.pk, actor=actor, now=now), words
    if clinician and on and what == "day":
        values = {"name": clinician.short_name, "day": day_words(on, local_day(now, Clinic.objects.current().tz))}
        return lambda listed: hours.remove_change(
            key=key, clinician_id=clinician.pk, on=on, listed=listed, actor=actor, now=now
        ), _("On %(day)s %(name)s works as in other weeks.") % values
    if clinician and what == "absence":
        absence = get_object_or_404(Absence, pk=pk, clinician=clinician)
        words = _("%(name)s is back.") if absence.starts_at < now else _("%(name)s is not away then any more.")
        words %= {"name": clinician.short_name}
        return lambda _listed: hours.remove_absence(key=key, absence_id=absence.pk, actor=actor, now=now), words
    raise Http404
