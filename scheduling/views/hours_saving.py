"""Save a change of hours, or show the visits that it would hit before anything is saved."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import conditional_escape, escape, format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.access import Permission, allows
from clinic.lib.locks import Busy
from clinic.lib.operations import OperationReused
from clinic.lib.requests import person
from clinic.models import Clinic, Operation
from scheduling.forms.hours import HoursForm
from scheduling.hours_page import rows_of
from scheduling.models import Appointment
from scheduling.services.errors import BookingError, WouldHit
from scheduling.services.hours import UNDOABLE
from scheduling.views.answers import CONFLICT, wants_json

OURS = {"csrfmiddlewaretoken", "listed", "back", "confirm", "next"}
"""What the list of visits writes itself; all else of the form it carries on."""


@dataclass(frozen=True)
class Save:
    """A change: the act (given the visits that were listed), what to say when it is done, where to go, its name."""

    act: Callable[[list[int]], Operation]
    said: str
    done: str
    title: str


@dataclass(frozen=True)
class Outcome:
    """What came of a change: it is saved, or it would hit visits that were not shown yet, or why it cannot be."""

    operation: Operation | None = None
    hit: tuple[int, ...] = ()
    words: str = ""


def try_to(act: Callable[[], Operation]) -> Outcome:
    """Change hours, and return what came of it."""
    try:
        return Outcome(act())
    except WouldHit as hit:
        return Outcome(hit=tuple(hit.visits), words=hit.sentence)
    except BookingError as refused:
        return Outcome(words=refused.sentence)
    except Busy:
        return Outcome(words=_("Many people are saving at this moment. Nothing was saved. Try again."))
    except OperationReused:
        return Outcome(words=_("This button was used before. Nothing more was saved. Look at the page again."))


def save(request: HttpRequest, change: Save, form: HoursForm | None = None) -> HttpResponse | None:
    """Save and go on, or list what would be hit. None when refused: the sentence is in the form, or on the page.

    A script that asks for JSON is told instead, as `answers` says; `listed` names the visits that would be hit.
    """
    outcome = try_to(lambda: change.act(listed_in(request)))
    if wants_json(request):
        return _as_json(request, change, outcome)
    if outcome.operation:
        return _done(request, change, outcome.operation)
    if outcome.hit:
        return _list(request, change, list(outcome.hit), has_form=form is not None)
    if form is None:
        messages.error(request, outcome.words)
    else:
        form.add_error(None, outcome.words)
    return None


def told(request: HttpRequest, said: str, operation: Operation) -> dict[str, Any]:
    """Return what a script shows of a change that was saved: its sentence, what it hit and where to mend that, Undo."""
    hit, html = operation.result.get("hit", 0), conditional_escape(said)
    if hit:
        words = ngettext(
            "%(n)d visit stands outside the hours now.", "%(n)d visits stand outside the hours now.", hit
        ) % {"n": hit}
        said = f"{said} {words}"
        link = ngettext("Re-plan it", "Re-plan these", hit)
        html = format_html('{} <a href="{}">{}</a>', said, _mending(request, operation), link)
    undo = reverse("hours_undo", args=[operation.pk]) if operation.kind in UNDOABLE else None
    return {"ok": True, "said": said, "html": html, "undo_url": undo}


def _mending(request: HttpRequest, operation: Operation) -> str:
    """Return where what was hit is planned anew: all that an absence hit in one plan, else each on the list."""
    result = operation.result
    if result.get("absence") and result["hit"] > 1 and allows(request.user, Permission.BOOK):
        [clinician_id] = result["clinicians"]
        return f"{reverse('away_span', args=[clinician_id])}?absence={result['absence']}"
    return reverse("hours_outside")


def _as_json(request: HttpRequest, change: Save, outcome: Outcome) -> JsonResponse:
    if outcome.operation:
        return JsonResponse(told(request, change.said, outcome.operation))
    keys = Appointment.objects.filter(pk__in=outcome.hit).values_list("public_id", flat=True)
    answer = {"ok": False, "said": outcome.words, "html": escape(outcome.words), "listed": [str(key) for key in keys]}
    return JsonResponse(answer, status=CONFLICT)


def _done(request: HttpRequest, change: Save, operation: Operation) -> HttpResponse:
    hit = operation.result.get("hit", 0)
    words = ngettext("%(n)d visit is to be moved.", "%(n)d visits are to be moved.", hit) % {"n": hit} if hit else ""
    tag = f"undo-hours:{operation.pk}" if operation.kind in UNDOABLE else ""
    messages.success(request, f"{change.said} {words}".strip(), extra_tags=tag)
    return redirect(reverse("hours_outside") if hit else change.done)


def listed_in(request: HttpRequest) -> list[int]:
    """Return the visits that the page had shown when its button was pressed."""
    if "confirm" not in request.POST:
        return []
    named = set()
    for text in request.POST.get("listed", "").split(","):
        try:
            named.add(UUID(text))
        except ValueError:
            continue
    return list(Appointment.objects.filter(public_id__in=named).values_list("pk", flat=True))


def _list(request: HttpRequest, change: Save, keys: list[int], *, has_form: bool) -> HttpResponse:
    clinic = Clinic.objects.current()
    rows = rows_of(person(request), keys, timezone.now(), clinic.notice_hours)
    context = {
        "title": change.title,
        "rows": rows,
        "has_form": has_form,
        "done": change.done,
        "grew": "confirm" in request.POST,
        "listed": ",".join(str(row.visit.public_id) for row in rows),
        "kept": [(name, value) for name in request.POST if name not in OURS for value in request.POST.getlist(name)],
        "may_book": allows(request.user, Permission.BOOK),
    }
    return render(request, "scheduling/hours/hits.html", context)
