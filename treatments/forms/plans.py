"""The form of a new plan. It converts; the limits are in treatments.course."""

import uuid
from datetime import time
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils import formats
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy as _

from clinic.lib.days import clock
from treatments.course import Course, sides_of
from treatments.models import Area, Complexity, Protocol, Side, Size, TreatmentPlan
from treatments.named import Named, bookable
from treatments.suggest import Range, Suggestion, suggest

ANY = "any"
SIDE_WORDS = {Side.LEFT: _("Left"), Side.RIGHT: _("Right"), Side.MIDLINE: _("Treat")}
HALF_HOURS = [time(hour, minute) for hour in range(7, 20) for minute in (0, 30)]


def _key(value: str) -> int | None:
    return None if value == ANY else int(value)


def _wall(value: str) -> time | None:
    return None if value == ANY else time.fromisoformat(value)


def _weekday_choices() -> list[tuple[int, Any]]:
    first = int(formats.get_format("FIRST_DAY_OF_WEEK") or 0)  # 0 is Sunday there, Monday here
    start = (first - 1) % 7 if first else 0
    return [(day % 7, WEEKDAYS_ABBR[day % 7]) for day in range(start, start + 7)]


class PlanForm(forms.Form):
    """A course made personal. It starts from the protocol, and from what this patient chose the last time."""

    operation = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    areas = forms.MultipleChoiceField(
        label=_("Areas"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose at least one area."),
            "invalid_choice": _("This treatment does not treat that place. Choose from the list."),
        },
    )
    clinician = forms.TypedChoiceField(label=_("With"), coerce=_key, choices=[])
    size = forms.ChoiceField(
        label=_("Size of the areas"),
        choices=Size.choices,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose a size from the list.")),
    )
    complexity = forms.ChoiceField(
        label=_("Complexity"),
        choices=Complexity.choices,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose a complexity from the list.")),
    )
    sessions = forms.IntegerField(label=_("Sessions"), min_value=1, max_value=99)
    interval_min = forms.IntegerField(label=_("Days between, at least"), min_value=1, max_value=99)
    interval_ideal = forms.IntegerField(label=_("Best"), min_value=1, max_value=99)
    interval_max = forms.IntegerField(label=_("At most"), min_value=1, max_value=99)
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Usual days"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    around = forms.TypedChoiceField(label=_("Around"), coerce=_wall, choices=[])
    many_sessions_reason = forms.CharField(label=_("Why more than 15 sessions"), max_length=200, required=False)
    long_gap_reason = forms.CharField(label=_("Why more than 14 days"), max_length=200, required=False)
    minor_reason = forms.CharField(label=_("Why under age"), max_length=200, required=False)

    def __init__(self, *args: Any, protocol: Protocol, last: TreatmentPlan | None = None, **kwargs: Any) -> None:
        course = Course.usual(protocol)
        kwargs["initial"] = {
            "areas": [f"{key}:{side}" for key, side in course.areas],
            "size": course.size,
            "complexity": course.complexity,
            "sessions": course.sessions,
            "long_gap_reason": course.long_gap_reason,
            "interval_min": course.interval_min,
            "interval_ideal": course.interval_ideal,
            "interval_max": course.interval_max,
            "clinician": last.clinician_id if last else ANY,
            "weekdays": last.usual_weekdays if last else [],
            "around": clock(last.usual_time) if last and last.usual_time else ANY,
        } | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self.protocol, self.people = protocol, bookable()
        choices = {
            "areas": [
                (f"{area.key}:{side}", SIDE_WORDS[side]) for area in protocol.areas.all() for side in sides_of(area)
            ],
            "weekdays": _weekday_choices(),
            "clinician": [(ANY, _("Anyone")), *((one.pk, one.name) for one in self.people.values())],
            "around": [(ANY, _("Any time")), *((clock(wall), clock(wall)) for wall in HALF_HOURS)],
        }
        for name, values in choices.items():
            cast(Any, self.fields[name]).choices = values
        for name in ("sessions", "interval_min", "interval_ideal", "interval_max"):
            self.fields[name].widget.attrs["inputmode"] = "numeric"

    @classmethod
    def as_typed(cls, posted: QueryDict, *, protocol: Protocol, **set_to: Any) -> "PlanForm":
        """Return a form that shows what was typed, unjudged, with some fields set to other values."""
        many = {"areas", "weekdays"}
        typed = {name: posted.getlist(name) if name in many else posted.get(name, "") for name in cls.base_fields}
        return cls(protocol=protocol, initial=typed | set_to)

    def suggestion(self) -> Suggestion:
        """Return how many sessions are suggested for the areas, the size and the complexity in the form."""
        places = {value.partition(":")[0] for value in self["areas"].value() or []}
        size, complexity = self["size"].value(), self["complexity"].value()
        return suggest(
            Range.of(self.protocol),
            len(places),
            Size(size) if size in Size.values else Size.MEDIUM,
            Complexity(complexity) if complexity in Complexity.values else Complexity.MEDIUM,
        )

    def area_rows(self) -> list[tuple[str, str, list[forms.boundfield.BoundWidget]]]:
        """Return each area's name, who alone treats it where it is restricted, and its side toggles."""
        toggles = {str(toggle.data["value"]): toggle for toggle in self["areas"]}
        return [
            (area.name, self._only(area), [toggles[f"{area.key}:{side}"] for side in sides_of(area)])
            for area in self.protocol.areas.all()
        ]

    def _only(self, area: Area) -> str:
        named = Named.of([area])
        if not named.places:
            return ""
        who = named.who(self.people)
        return str(_("only %(who)s") % {"who": who} if who else _("nobody is named for it yet"))

    def weekday_toggles(self) -> list[tuple[str, forms.boundfield.BoundWidget]]:
        """Return each day's full name and its toggle."""
        return [(str(WEEKDAYS[toggle.data["value"]]), toggle) for toggle in self["weekdays"]]

    def asks_why(self, name: str) -> bool:
        """Say whether the field for a reason must be seen: it was asked for, or was filled in."""
        return bool(self.errors.get(name) or self[name].value())

    def show_many_sessions_reason(self) -> bool:
        return self.asks_why("many_sessions_reason")

    def show_long_gap_reason(self) -> bool:
        return self.asks_why("long_gap_reason")

    def course(self) -> Course:
        """Return what was asked for, as the service takes it."""
        asked = self.cleaned_data
        areas = []
        for value in asked["areas"]:
            key, _colon, side = value.partition(":")
            areas.append((key, side))
        return Course(
            areas=tuple(areas),
            sessions=asked["sessions"],
            interval_min=asked["interval_min"],
            interval_ideal=asked["interval_ideal"],
            interval_max=asked["interval_max"],
            clinician_id=asked["clinician"],
            weekdays=tuple(asked["weekdays"]),
            around=asked["around"],
            many_sessions_reason=asked["many_sessions_reason"],
            long_gap_reason=asked["long_gap_reason"],
            size=asked["size"],
            complexity=asked["complexity"],
            minor_reason=asked["minor_reason"],
        )
