"""The messages to patients: what is due, what was sent, what needs a person."""

from typing import Any
from uuid import UUID

from django.contrib import messages as toasts
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clinic.lib.access import Permission, allows, requires
from clinic.lib.audit import log_reading
from clinic.lib.locks import in_transaction
from clinic.lib.requests import person
from patients import message_list as shown
from patients.models import Message
from patients.services.outbox.queue import NothingToTell, tell_by_phone


@require_safe
@requires(Permission.SEE_MESSAGES)
def message_list(request: HttpRequest) -> HttpResponse:
    """All messages in groups, or those of one tab page by page."""
    now, wanted = timezone.now(), request.GET.get("state", "")
    tab = shown.Tab(wanted) if wanted in set(shown.Tab) else shown.Tab.ALL
    tabs = shown.tabs(now)
    context: dict[str, Any] = {"tabs": tabs, "tab": tab, "may_tell": allows(request.user, Permission.BOOK)}
    if tab is shown.Tab.ALL:
        context["groups"] = shown.overview(now, {name: count for name, _words, count in tabs})
    else:
        context["page"], context["groups"] = shown.one_page(tab, request.GET.get("page"), now)
    return render(request, "patients/message_list.html", context)


@require_safe
@requires(Permission.SEE_MESSAGES)
def message_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One message: what was sent, to whom, and how it went."""
    message = get_object_or_404(Message.objects.select_related("patient"), public_id=public_id)
    log_reading(person(request), message.patient, "message")
    [row] = shown.rows_of([message], timezone.now())
    context = {"row": row, "message": message, "may_tell": allows(request.user, Permission.BOOK)}
    return render(request, "patients/message_detail.html", context)


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
