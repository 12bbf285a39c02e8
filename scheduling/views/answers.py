"""How an act answers: a toast on the page where it was pressed, or JSON to a script that asks for it.

A script sends `Accept: application/json` and gets `{ok, said, html, undo_url, version}`, or `{ok: false, said, html}`
with 409 (taken, or changed by somebody else), 422 (the form is wrong) or 503 (too many people at once). `said` is
plain text; `html` is the same with its link, escaped.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import conditional_escape, strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from clinic.lib.back import back
from clinic.lib.locks import Busy
from clinic.lib.operations import OperationReused
from clinic.models import Operation
from scheduling.models import Appointment
from scheduling.services.errors import BookingError

CONFLICT, WRONG, TRY_AGAIN = 409, 422, 503


@dataclass(frozen=True)
class Answer:
    """What came of an act, in a sentence. `status` is what a script is told; `undoable`: with an Undo beside it."""

    said: str
    status: int = 200
    operation: Operation | None = None
    undoable: bool = True

    @property
    def is_done(self) -> bool:
        return self.operation is not None

    @property
    def undo(self) -> Operation | None:
        return self.operation if self.undoable else None


def attempt(act: Callable[[], Operation], said: Callable[[Operation], str], *, undoable: bool = True) -> Answer:
    """Do an act and return what is now true, or what stood in its way."""
    try:
        operation = act()
    except BookingError as refused:
        return Answer(refused.sentence, CONFLICT)
    except Busy:
        return Answer(_("Many people are saving at this moment. Nothing was saved. Try again."), TRY_AGAIN)
    except OperationReused:
        return Answer(_("This button was used before. Nothing more was saved. Look at the page again."), CONFLICT)
    return Answer(said(operation), operation=operation, undoable=undoable)


def wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def tell(request: HttpRequest, answer: Answer) -> None:
    """Put what came of an act into the toast of the next page, with Undo."""
    if answer.is_done:
        messages.success(request, answer.said, extra_tags=f"undo:{answer.undo.pk}" if answer.undo else "")
    else:
        messages.error(request, answer.said)


def as_json(answer: Answer, visit_pk: int | None = None) -> JsonResponse:
    """Return the answer for a script. `version` is that of the visit as it is now: the next act sends it back."""
    is_html = isinstance(answer.said, SafeString)
    told = {"ok": answer.is_done, "said": strip_tags(answer.said) if is_html else answer.said}
    told["html"] = conditional_escape(answer.said)
    if answer.is_done:
        told["undo_url"] = reverse("operation_undo", args=[answer.undo.pk]) if answer.undo else None
        told["version"] = _version(visit_pk) if visit_pk else None
    return JsonResponse(told, status=answer.status)


def _version(visit_pk: int) -> int:
    return Appointment.objects.values_list("version", flat=True).get(pk=visit_pk)


def respond(
    request: HttpRequest, answer: Answer, otherwise: str, visit_pk: int | None = None, *, is_gone: bool = False
) -> HttpResponse:
    """Answer in the page's own way: JSON, or a toast on the page that the form names, else on `otherwise`.

    `is_gone`: the page on which the button stood is there no more.
    """
    if wants_json(request):
        return as_json(answer, visit_pk)
    tell(request, answer)
    return redirect(otherwise if is_gone else back(request, otherwise))
