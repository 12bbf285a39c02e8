"""The pages of the clinic's own facts and of visits outside a course."""

import uuid

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic.lib.access import Permission, requires
from clinic.lib.locks import Busy
from clinic.lib.operations import OperationReused
from clinic.lib.requests import person
from clinic.lib.rows import Ahead, RowChanged, RowRefused
from clinic.lib.shelves import AHEAD_SHOWN, tabs_at
from clinic.models import Clinic, RoomKind

from .facts import ClinicForm, fingerprint_of, write_clinic
from .places import GROUP, TABS
from .visits import KINDS, forms_of, write_visit_types


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_CLINIC)
def clinic_settings(request: HttpRequest) -> HttpResponse:
    """What the clinic says about itself."""
    clinic = Clinic.objects.anew()
    if request.method != "POST":
        return _settings_page(request, ClinicForm(instance=clinic))
    form = ClinicForm(request.POST, instance=clinic)
    ahead: list[Ahead] = []
    if form.is_valid():
        try:
            write_clinic(
                key=form.cleaned_data["operation"],
                values=form.values(),
                seen=form.cleaned_data["seen"],
                actor=person(request),
                now=timezone.now(),
            )
        except RowRefused as refused:
            ahead = refused.ahead
            for field, sentence in refused.problems.items():
                form.add_error(field or None, sentence)
        except RowChanged:
            form = _again(request)
        except Busy:
            form.add_error(None, _("Many people are saving at this moment. Nothing was saved. Try again."))
        except OperationReused:
            form.add_error(None, _("This form was saved before with other words. Nothing was saved now. Open it anew."))
        else:
            messages.success(request, _("The settings are up to date. Messages use them from now on."))
            return redirect("clinic_settings")
    return _settings_page(request, form, ahead)


def _again(request: HttpRequest) -> ClinicForm:
    """Return the form as it was typed, over the facts as someone else left them, and say where the two differ."""
    clinic = Clinic.objects.anew()
    fresh = ClinicForm(instance=clinic)
    data = request.POST.copy()
    data["seen"], data["operation"] = fingerprint_of(clinic), str(uuid.uuid4())
    form = ClinicForm(data, instance=clinic)
    form.is_valid()
    differs = [
        f"{fresh[name].label}: {fresh[name].value()}" for name in ClinicForm.Meta.fields if name in form.changed_data
    ]
    words = _("Someone else changed the settings while you wrote. Nothing was saved. Save again to keep your words.")
    form.add_error(None, words)
    if differs:
        form.add_error(None, _("On file now: %(facts)s") % {"facts": "; ".join(differs)})
    return form


def _settings_page(request: HttpRequest, form: ClinicForm, ahead: list[Ahead] | None = None) -> HttpResponse:
    found = ahead or []
    shown = {
        "form": form,
        "tabs": tabs_at(request, TABS),
        "group": GROUP,
        "ahead": found[:AHEAD_SHOWN],
        "ahead_more": max(0, len(found) - AHEAD_SHOWN),
    }
    return render(request, "desk/settings/clinic.html", shown)


class _KeyForm(forms.Form):
    operation = forms.UUIDField()


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_CLINIC)
def visit_types(request: HttpRequest) -> HttpResponse:
    """What a consultation and a review take."""
    found = forms_of(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        submit = _KeyForm(request.POST)
        every = [form.is_valid() for form in found]
        if all(every) and submit.is_valid():
            values = {kind.value: form.cleaned_data for kind, form in zip(KINDS, found, strict=True)}
            try:
                write_visit_types(
                    key=submit.cleaned_data["operation"], values=values, actor=person(request), now=timezone.now()
                )
            except Busy:
                messages.error(request, _("Someone else is saving this. Nothing was saved. Try again."))
            except OperationReused:
                words = _("This form was saved before with other words. Nothing was saved now. Open it anew.")
                messages.error(request, words)
            else:
                messages.success(request, _("Other visits are up to date. Booked ones keep their times."))
                return redirect("visit_types")
        elif not submit.is_valid():
            messages.error(request, _("This form was not complete. Nothing was saved. Load the page again."))
    shown = {
        "forms": list(zip(KINDS, found, strict=True)),
        "wrong": [field for form in found for field in form if field.errors],
        "tabs": tabs_at(request, TABS),
        "group": GROUP,
        "has_kinds": RoomKind.objects.exists(),
    }
    return render(request, "desk/settings/visits.html", shown)
