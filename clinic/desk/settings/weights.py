"""How courses are planned: the form of the clinic's own weights, and the services that write them."""

import uuid
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.lib.locks import in_transaction, lock_rows
from clinic.lib.operations import body_hash, once
from clinic.lib.rows import RowChanged, RowRefused
from clinic.models import Operation, User
from scheduling.models import PlanningWeights
from scheduling.models.weights import NAMES, USUAL, bounds
from scheduling.planning.cost import Weights

WORDS = {
    "quarter_hour": (
        gettext_lazy("A quarter of an hour from the usual time"),
        gettext_lazy("For each quarter between the time asked for and the time found. All others are measured by it."),
    ),
    "trip": (
        gettext_lazy("Another trip to the clinic"),
        gettext_lazy("For a day of its own, when the session could be joined to a visit of another course."),
    ),
    "hole": (
        gettext_lazy("A gap that no visit fits into"),
        gettext_lazy("For free minutes left beside the visit, fewer than your shortest visit takes."),
    ),
    "other_day": (
        gettext_lazy("Another weekday"),
        gettext_lazy("For a day that is none of the usual ones."),
    ),
    "gap_day": (
        gettext_lazy("A day more or less between sessions"),
        gettext_lazy("For each day away from the best number of days. Too few is never proposed, whatever it costs."),
    ),
    "late_day": (
        gettext_lazy("A day too late"),
        gettext_lazy("For each day beyond the longest gap. Such a date still asks for a reason."),
    ),
    "other_clinician": (
        gettext_lazy("Not the clinician asked for"),
        gettext_lazy("For each session with somebody else."),
    ),
    "change": (
        gettext_lazy("A change of clinician"),
        gettext_lazy("For somebody else than in the session before, whoever was asked for."),
    ),
    "early_sessions": (
        gettext_lazy("First sessions held firmly"),
        gettext_lazy("How many sessions at the start of a course: a habit is made or lost there. 0 for none."),
    ),
    "early_factor": (
        gettext_lazy("Times as firmly"),
        gettext_lazy("In those, the weekday, the days between and the clinician count so many times as much."),
    ),
    "moved": (
        gettext_lazy("Moving a date that stands"),
        gettext_lazy("For a date that is free where it is and moves all the same, so that another one can be mended."),
    ),
}
GROUPS = (
    (gettext_lazy("When"), ("quarter_hour", "hole", "trip", "other_day", "gap_day", "late_day")),
    (gettext_lazy("With whom"), ("other_clinician", "change")),
    (gettext_lazy("The course as a whole"), ("early_sessions", "early_factor", "moved")),
)


def usual_of(name: str) -> int:
    return int(getattr(USUAL, name))


def sentence_of(name: str) -> str:
    """Say between which numbers a value lies: "Enter 0 to 1000."."""
    least, most = bounds(name)
    return _("Enter a whole number from %(least)d to %(most)d.") % {"least": least, "most": most}


def problems(values: dict[str, int]) -> dict[str, str]:
    """Return what keeps these weights from being saved, by field."""
    within = {name: bounds(name) for name in NAMES}
    return {name: sentence_of(name) for name, (least, most) in within.items() if not least <= values[name] <= most}


def fingerprint_of(weights: Weights) -> str:
    return body_hash(asdict(weights))


class WeightsForm(forms.Form):
    """The clinic's own weights. `seen` is a fingerprint of what the form showed, `operation` the key of this submit."""

    operation = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, weights: Weights) -> None:  # noqa: ANN401 - a QueryDict, or nothing
        super().__init__(data, initial=asdict(weights) | {"seen": fingerprint_of(weights)})
        for name in NAMES:
            self.fields[name] = _number(name)

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return the fields under their heads, in the order of the page."""
        return [(str(head), [self[name] for name in names]) for head, names in GROUPS]

    def values(self) -> dict[str, int]:
        """Return what was typed, as the service takes it."""
        return {name: self.cleaned_data[name] for name in NAMES}

    def weights(self) -> Weights | None:
        """Return the weights that the form shows; None while one of them cannot be read."""
        if not self.is_bound:
            return Weights(**{name: self.initial[name] for name in NAMES})
        return Weights(**self.values()) if self.is_valid() else None


def _number(name: str) -> forms.IntegerField:
    (label, hint), (least, most) = WORDS[name], bounds(name)
    said = dict.fromkeys(("required", "min_value", "max_value", "invalid"), sentence_of(name))
    return forms.IntegerField(
        label=label,
        help_text=_("%(hint)s Usually %(usual)d.") % {"hint": hint, "usual": usual_of(name)},
        min_value=least,
        max_value=most,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "wt-number"}),
        error_messages=said,
    )


def write_weights(*, key: uuid.UUID, values: dict[str, int], seen: str, actor: User | None, now: datetime) -> None:
    """Have courses planned by these weights from now on. Raises RowRefused, RowChanged, OperationReused, Busy."""
    found = problems(values)
    if found:
        raise RowRefused(found)

    def act(operation: Operation) -> None:
        before = _locked(seen)
        PlanningWeights.objects.update_or_create(pk=1, defaults=values)
        operation.touched = [{"planningweights": 1, "before": before}]

    in_transaction(lambda: once(key=key, kind="write_weights", actor=actor, body=values, now=now, act=act))


def reset_weights(*, key: uuid.UUID, actor: User | None, now: datetime) -> None:
    """Have courses planned by the usual weights again: the clinic has none of its own. Raises OperationReused, Busy."""

    def act(operation: Operation) -> None:
        before = _locked(None)
        PlanningWeights.objects.all().delete()
        operation.touched = [{"planningweights": 1, "before": before}]

    in_transaction(lambda: once(key=key, kind="reset_weights", actor=actor, body={}, now=now, act=act))


def _locked(seen: str | None) -> dict[str, int]:
    """Lock the weights and return what they are now; raise RowChanged when the form showed others."""
    lock_rows(PlanningWeights, [1])
    now = PlanningWeights.objects.current()
    if seen is not None and seen != fingerprint_of(now):
        raise RowChanged(PlanningWeights(**asdict(now)))
    return asdict(now)
