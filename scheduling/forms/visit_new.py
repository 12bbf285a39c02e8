"""What is to be booked by itself: which kind, how long, with whom, from which day. All of it stands in the address."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, time, timedelta
from functools import cached_property
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.lib.fields import DayField, PlainSelect
from patients.models import Patient
from scheduling.booking import OpenCourse
from scheduling.forms.planner import AHEAD, clock_choices
from scheduling.forms.who import ANYONE, GONE, WhoField, read_who
from scheduling.models import AppointmentKind, VisitType
from scheduling.planning.single import Wanted
from scheduling.planning.types import Choices, Rhythm
from treatments.named import Staff

OPENS, CLOSES = time(7, 0), time(21, 0)
HALF_HOUR = 30
MINUTES = (5, 240)


class WantedForm(forms.Form):
    """Every field may be missing: then it is as the page opens. One that cannot be read says so beside it."""

    what = forms.Field(required=False)
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes"),
        required=False,
        min_value=MINUTES[0],
        max_value=MINUTES[1],
        widget=forms.NumberInput(attrs={"class": "form-control", "min": MINUTES[0], "max": MINUTES[1], "step": 5}),
        error_messages=dict.fromkeys(["min_value", "max_value", "invalid"], gettext_lazy("Enter 5 to 240 minutes.")),
    )
    minutes_of = forms.CharField(required=False, max_length=60)
    who = WhoField(
        label=gettext_lazy("With"),
        required=False,
        widget=PlainSelect(attrs={"class": "form-select"}),
        error_messages=GONE,
    )
    start_on = DayField(
        label=gettext_lazy("From the day"),
        required=False,
        error_messages={"invalid": gettext_lazy("Enter a day such as 1 Dec.")},
    )
    around = forms.TypedChoiceField(
        label=gettext_lazy("Around"),
        required=False,
        coerce=time.fromisoformat,
        empty_value=None,
        widget=PlainSelect(attrs={"class": "form-select"}),
        error_messages={"invalid_choice": gettext_lazy("Choose a time such as 14:00.")},
    )

    def __init__(
        self,
        data: Mapping[str, Any],
        *,
        patient: Patient,
        types: Sequence[VisitType],
        courses: Callable[[], Sequence[OpenCourse]],
        today: date,
    ) -> None:
        self.patient, self.today = patient, today
        self.types = {one.kind: one for one in types}
        self._read_courses = courses
        asked = data.get("what") or next(self._kinds(), "")
        self.course = None if asked in self.types else self.courses.get(asked)
        self.plan = self.course.plan if self.course else None
        self.kind = AppointmentKind.SESSION if self.plan else asked
        usual = self.types[self.kind].minutes if self.kind in self.types else None
        around = (self.plan.usual_time if self.plan else None) or time(10, 0)
        self.staff = Staff.of(self.plan)
        self.opens_who, self.opens_around = self._opens_who(), f"{around:%H:%M}"
        opens = {
            "what": asked,
            "minutes": usual,
            "who": self.opens_who,
            "start_on": self._first_day(),
            "around": self.opens_around,
        }
        given = {name: data[name] for name in self.base_fields if data.get(name)}
        if given.get("minutes_of") != asked:
            given.pop("minutes", None)  # they were those of another kind
        super().__init__(opens | given)
        self.fields["who"].offer(self.staff)  # type: ignore[attr-defined]
        self.fields["around"].choices = clock_choices(around, OPENS, CLOSES, HALF_HOUR)  # type: ignore[attr-defined]

    @cached_property
    def courses(self) -> dict[str, OpenCourse]:
        """The courses that lack visits: read when one is asked for, or when the page offers them."""
        return {f"plan-{one.plan.public_id}": one for one in self._read_courses()}

    def _kinds(self) -> Iterator[str]:
        yield from self.types
        yield from self.courses

    def _opens_who(self) -> str:
        """Return the course's own clinician, else anyone; who may not treat it is nobody's habit."""
        own = self.plan.clinician_id if self.plan else None
        return f"{own}+" if own in self.staff.may else ANYONE

    @property
    def who_note(self) -> str:
        """Why the course's own clinician is not offered, or that nobody is; nothing where all is as usual."""
        return self.staff.why_not(self.plan.clinician_id) if self.plan else ""

    def _first_day(self) -> date:
        """Return the first day on which the visit may fall: a session keeps its days from the last one booked."""
        if self.course is None or self.course.last_day is None:
            return self.today
        return max(self.today, self.course.last_day + timedelta(days=self.course.plan.interval_min))

    def clean_what(self) -> str:
        """Take a kind without asking for courses; they are read when a course is meant."""
        asked = str(self.cleaned_data["what"] or "")
        if asked and asked not in self.types and asked not in self.courses:
            raise forms.ValidationError(_("This can no longer be booked. Choose another visit."))
        return asked

    def clean_start_on(self) -> date:
        day = self.cleaned_data["start_on"]
        if not self.today <= day <= self.today + AHEAD:
            raise forms.ValidationError(_("Enter a day from today on, within the next two years."))
        return day

    @property
    def offered(self) -> list[tuple[str, str, str, bool]]:
        """The kinds to choose from: value, word, a quiet addition, and whether it is chosen."""
        types = [
            (key, str(one.get_kind_display()), _("%(n)d min") % {"n": one.minutes}) for key, one in self.types.items()
        ]
        courses = [
            (key, _("Session of %(name)s") % {"name": one.plan.name}, _("%(n)d to book") % {"n": one.to_book})
            for key, one in self.courses.items()
        ]
        return [(key, word, more, key == self["what"].value()) for key, word, more in types + courses]

    def wanted(self) -> Wanted | None:
        """Return what is to be booked; None when this clinic has nothing of the kind."""
        if self.kind not in self.types and self.plan is None:
            return None
        self.is_valid()
        minutes = self.cleaned_data.get("minutes") if self.plan is None else None
        return Wanted(self.kind, self.patient, self.plan, minutes)

    def choices(self) -> Choices:
        """Return the choices; what could not be read is as the page opens."""
        self.is_valid()
        given = self.cleaned_data
        clinician_id, else_anyone = read_who(given.get("who") or self.opens_who)
        day = given.get("start_on") or self._first_day()
        return Choices(
            start_on=day,
            weekdays=frozenset({day.weekday()}),
            around=given.get("around") or time.fromisoformat(self.opens_around),
            clinician_id=clinician_id,
            else_anyone=else_anyone,
            rhythm=Rhythm.BETWEEN,
            count=1,
        )
