"""How free times are offered by mail: whether, for how many minutes, to how many at most."""

import uuid
from datetime import datetime

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from clinic.lib.access import Permission, requires
from clinic.lib.locks import Busy, in_transaction, lock_rows
from clinic.lib.operations import OperationReused, once
from clinic.lib.requests import person
from clinic.lib.shelves import tabs_at
from clinic.models import Operation, User
from scheduling.models import OfferRules

from .places import GROUP, TABS

NAMES = ("is_on", "minutes", "most")
NUMBER = {"inputmode": "numeric", "autocomplete": "off", "class": "form-control"}
FIVE_TO_240 = gettext_lazy("Enter 5 to 240 minutes.")
ONE_TO_20 = gettext_lazy("Enter 1 to 20 mails.")


class OfferRulesForm(forms.Form):
    """The rules; `operation` is the key of this submit."""

    operation = forms.UUIDField(widget=forms.HiddenInput)
    is_on = forms.BooleanField(
        label=gettext_lazy("Offer free times by e-mail"),
        required=False,
        help_text=gettext_lazy("Switched off, the desk calls those who wait."),
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes that each has"),
        min_value=5,
        max_value=240,
        help_text=gettext_lazy("After them the next is written to. Usually 30."),
        widget=forms.TextInput(attrs=NUMBER),
        error_messages=dict.fromkeys(("required", "min_value", "max_value", "invalid"), FIVE_TO_240),
    )
    most = forms.IntegerField(
        label=gettext_lazy("Mails for one time, at most"),
        min_value=1,
        max_value=20,
        help_text=gettext_lazy("Then it is left to the desk. Usually 4."),
        widget=forms.TextInput(attrs=NUMBER),
        error_messages=dict.fromkeys(("required", "min_value", "max_value", "invalid"), ONE_TO_20),
    )


def write_offer_rules(*, key: uuid.UUID, values: dict[str, int], actor: User | None, now: datetime) -> None:
    """Offer times by these rules from now on; what is being offered keeps its own. Raises OperationReused, Busy."""

    def act(operation: Operation) -> None:
        lock_rows(OfferRules, [1])
        rules = OfferRules.objects.current()
        before = {name: getattr(rules, name) for name in NAMES}
        OfferRules.objects.update_or_create(pk=1, defaults=values)
        operation.touched = [{"offerrules": 1, "before": before}]

    in_transaction(lambda: once(key=key, kind="write_offer_rules", actor=actor, body=values, now=now, act=act))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_CLINIC)
def offer_settings(request: HttpRequest) -> HttpResponse:
    """Show the rules of offers, or save them."""
    rules = OfferRules.objects.current()
    form = OfferRulesForm(request.POST or None, initial={name: getattr(rules, name) for name in NAMES})
    if request.method == "POST" and form.is_valid():
        values = {name: form.cleaned_data[name] for name in NAMES}
        try:
            write_offer_rules(
                key=form.cleaned_data["operation"], values=values, actor=person(request), now=timezone.now()
            )
        except (Busy, OperationReused):
            form.add_error(None, _("Someone else is saving this. Nothing was saved. Try again."))
        else:
            messages.success(request, _("Free times are offered this way from now on."))
            return redirect("offer_settings")
    context = {"form": form, "tabs": tabs_at(request, TABS), "group": GROUP}
    return render(request, "desk/settings/offers.html", context, status=400 if form.errors else 200)
