"""The messages to patients: what is due, what was sent, what needs a person."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages as toasts
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clinic.lib.access import Permission, allows, requires
from clinic.lib.audit import log_reading
from clinic.lib.back import back
from clinic.lib.locks import Busy, in_transaction
from clinic.lib.operations import OperationReused
from clinic.lib.requests import person
from patients import message_list as shown
from patients.message_filters import SPAN_WORDS, Filters, kind_choices
from patients.message_words import leaves_words
from patients.models import Message
from patients.services.outbox.again import CannotSendAgain, address_failed, send_again
from patients.services.outbox.looking import look
from patients.services.outbox.queue import NothingToTell, tell_by_phone


class OperationForm(forms.Form):
    """The key that a form carries, so that pressing twice acts once."""

    operation = forms.UUIDField()


@require_safe
@requires(Permission.SEE_MESSAGES)
def message_list(request: HttpRequest) -> HttpResponse:
    """All messages in groups, or those of one tab page by page; narrowed to a kind, a patient, some days."""
    now, wanted = timezone.now(), request.GET.get("state", "")
    tab = shown.Tab(wanted) if wanted in set(shown.Tab) else shown.Tab.ALL
    filters = Filters.read(request.GET.dict(), request.clinic.tz, now)  # type: ignore[attr-defined]
    tabs = shown.tabs(now, filters)
    context: dict[str, Any] = {
        "tabs": tabs,
        "tab": tab,
        "filters": filters,
        "kinds": kind_choices(),
        "spans": [(span.value, words) for span, words in SPAN_WORDS.items()],
        "may_tell": allows(request.user, Permission.BOOK),
    }
    counts = {name: count for name, _words, count in tabs}
    found = counts[shown.Tab.NEEDS] or 0
    needing = shown.needing(now) if filters.are_on else found
    context["messages_needing_a_person"] = needing  # the navigation asks no second time
    context["outside"] = needing - found
    if tab is shown.Tab.ALL:
        context["groups"] = shown.overview(now, filters, counts)
    else:
        context["page"], context["groups"] = shown.one_page(tab, request.GET.get("page"), now, filters)
        context["keep"] = f"state={tab}&{filters.query}" if filters.query else f"state={tab}"
    return render(request, "patients/message_list.html", context)


@require_safe
@requires(Permission.SEE_MESSAGES)
def message_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One message: as the patient sees it, to whom, and how it went."""
    return render(request, "patients/message_detail.html", _one(request, public_id, timezone.now()))


@require_safe
@requires(Permission.SEE_MESSAGES)
def message_seen(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The same beside the list: a fragment for the pane."""
    context = _one(request, public_id, timezone.now()) | {"in_pane": True}
    return render(request, "patients/messages/seen.html", context)


def _one(request: HttpRequest, public_id: UUID, now: datetime) -> dict[str, Any]:
    message = get_object_or_404(Message.objects.select_related("patient"), public_id=public_id)
    log_reading(person(request), message.patient, "message")
    [row] = shown.rows_of([message], now)
    seen = look(message, request.clinic, now)  # type: ignore[attr-defined]
    may_book = allows(request.user, Permission.BOOK)
    return {
        "row": row,
        "message": message,
        "seen": seen,
        "leaves": leaves_words(seen.leaves_at, now) if seen.leaves_at else "",
        "may_tell": may_book,
        "may_resend": may_book and row.may_go_again,
        "may_correct": allows(request.user, Permission.EDIT_PATIENTS) and address_failed(message),
    }


@require_POST
@requires(Permission.BOOK)
def message_resend(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Someone asked for a message once more."""
    message = get_object_or_404(Message.objects.select_related("patient"), public_id=public_id)
    actor, now = person(request), timezone.now()
    form = OperationForm(request.POST)
    returns = back(request, reverse("message_list" if allows(actor, Permission.SEE_MESSAGES) else "home"))
    if not form.is_valid():
        toasts.error(request, _("This button was not complete. Nothing was added. Load the page again."))
        return redirect(returns)
    try:
        done = send_again(key=form.cleaned_data["operation"], message_id=message.public_id, actor=actor, now=now)
    except CannotSendAgain as refused:
        toasts.error(request, refused.sentence)
    except Busy:
        toasts.error(request, _("Someone is working on the same visit. Nothing was saved. Try once more."))
    except OperationReused:
        toasts.error(request, _("This form was answered already. Nothing was added. Open the message again."))
    else:
        due = datetime.fromisoformat(str(done.result["due"]))
        told = {"name": message.patient.full_name, "when": leaves_words(due, now)}
        toasts.success(request, _("%(name)s gets it once more: it leaves %(when)s.") % told)
    return redirect(returns)


@require_POST
@requires(Permission.BOOK)
def message_told(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Someone told the patient by phone."""
    message = get_object_or_404(Message.objects.select_related("patient"), public_id=public_id)
    actor = person(request)
    try:
        in_transaction(lambda: tell_by_phone(message=message, actor=actor, now=timezone.now()))
    except NothingToTell:
        toasts.warning(request, _("This message needs no call any more. Nothing was changed."))
    else:
        toasts.success(request, _("Noted: %(name)s was told by phone.") % {"name": message.patient.full_name})
    return redirect("message_list" if allows(actor, Permission.SEE_MESSAGES) else "home")
