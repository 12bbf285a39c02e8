"""The page on which the owner says what the planner weighs."""

import uuid
from dataclasses import asdict
from typing import Any

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
from clinic.lib.rows import RowChanged, RowRefused
from clinic.lib.shelves import tabs_at
from scheduling.models import PlanningWeights
from scheduling.models.weights import NAMES, USUAL

from .places import GROUP, TABS
from .weighing import equals, ways
from .weights import WORDS, WeightsForm, fingerprint_of, reset_weights, write_weights


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_CLINIC)
def planning_settings(request: HttpRequest) -> HttpResponse:
    """Show the weights with what they mean; save them, try them without saving, or go back to the usual ones."""
    weights = PlanningWeights.objects.current()
    if request.method != "POST":
        return _page(request, WeightsForm(weights=weights))
    form, act = WeightsForm(request.POST, weights=weights), request.POST.get("act", "")
    if act == "try":
        return _page(request, form, tried=True)
    if (act == "reset" and _reset(request, form)) or (act != "reset" and form.is_valid() and _save(request, form)):
        return redirect("planning_settings")
    return _page(request, _over_others(request, form))


def _save(request: HttpRequest, form: WeightsForm) -> bool:
    """Save what was typed and say so, or put what stands in the way into the form."""
    given = form.cleaned_data
    try:
        write_weights(
            key=given["operation"],
            values=form.values(),
            seen=given["seen"],
            actor=person(request),
            now=timezone.now(),
        )
    except RowRefused as refused:
        for field, sentence in refused.problems.items():
            form.add_error(field or None, sentence)
    except RowChanged as changed:
        form.add_error(None, _changed_words(changed.row))
    except (Busy, OperationReused):
        form.add_error(None, _("Someone else is saving this. Nothing was saved. Try again."))
    else:
        messages.success(request, _("Courses are planned this way from now on. Booked ones stay as they are."))
        return True
    return False


def _reset(request: HttpRequest, form: WeightsForm) -> bool:
    form.is_valid()
    key = form.cleaned_data.get("operation") or uuid.uuid4()
    try:
        reset_weights(key=key, actor=person(request), now=timezone.now())
    except (Busy, OperationReused):
        form.add_error(None, _("Someone else is saving this. Nothing was saved. Try again."))
        return False
    messages.success(request, _("Courses are planned the usual way again. Booked ones stay as they are."))
    return True


def _changed_words(row: Any) -> str:  # noqa: ANN401 - a PlanningWeights
    facts = ", ".join(f"{WORDS[name][0]}: {getattr(row, name)}" for name in NAMES)
    words = _(
        "Someone else changed this while you wrote. On file now: %(facts)s. Nothing was saved. "
        "Save again to keep your numbers."
    )
    return words % {"facts": facts}


def _over_others(request: HttpRequest, form: WeightsForm) -> WeightsForm:
    """Return the form with a new key, over what is on file now: saving it once more keeps what was typed."""
    weights = PlanningWeights.objects.current()
    data = request.POST.copy()
    data["seen"], data["operation"] = fingerprint_of(weights), str(uuid.uuid4())
    again = WeightsForm(data, weights=weights)
    again.is_valid()
    for field, said in form.errors.items():
        if field not in again.errors:
            again.errors[field] = said
    return again


def _page(request: HttpRequest, form: WeightsForm, *, tried: bool = False) -> HttpResponse:
    weights = form.weights()
    shown = {
        "form": form,
        "tabs": tabs_at(request, TABS),
        "group": GROUP,
        "ways": ways(weights) if weights else [],
        "equals": equals(weights) if weights else [],
        "weights": weights,
        "firm": weights and weights.early_sessions and weights.early_factor > 1,
        "is_usual": PlanningWeights.objects.current() == USUAL,
        "tried": tried and weights is not None and asdict(weights) != asdict(PlanningWeights.objects.current()),
    }
    return render(request, "desk/settings/planning.html", shown)
