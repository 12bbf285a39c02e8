"""Save a change of hours, or show the visits that it would hit before anything is saved."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
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

OURS = {"csrfmiddlewaretoken", "listed", "back", "confirm", "next"}
"""What the list of visits writes itself; all else of the form it carries on."""


@dataclass(frozen=True)
class Save:
    """A change: the act (given the visits that were listed), what to say when it is done, where to go, its name."""

    act: Callable[[list[int]], Operation]
    said: str
    done: str
    title: str


def save(request: HttpRequest, change: Save, form: HoursForm | None = None) -> HttpResponse | None:
    """Save and go on, or list what would be hit. None when refused: the sentence is in the form, or on the page."""
    try:
        operation = change.act(_listed(request))
    except WouldHit as hit:
        return _list(request, change, hit.visits, has_form=form is not None)
    except BookingError as refused:
        words = refused.sentence
    except Busy:
        words = _("Many people are saving at this moment. Nothing was saved. Try again.")
    except OperationReused:
        words = _("This button was used before. Nothing more was saved. Look at the page again.")
    else:
        return _done(request, change, operation)
    if form is None:
        messages.error(request, words)
    else:
        form.add_error(None, words)
    return None


def _done(request: HttpRequest, change: Save, operation: Operation) -> HttpResponse:
    hit = operation.result.get("hit", 0)
    words = ngettext("%(n)d visit is to be moved.", "%(n)d visits are to be moved.", hit) % {"n": hit} if hit else ""
    tag = f"undo-hours:{operation.pk}" if operation.kind in UNDOABLE else ""
    messages.success(request, f"{change.said} {words}".strip(), extra_tags=tag)
    return redirect(reverse("hours_outside") if hit else change.done)


def _listed(request: HttpRequest) -> list[int]:
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
