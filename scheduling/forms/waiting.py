"""When somebody could come earlier, and which free time is looked at. All of it may be missing."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.lib.days import local_day
from clinic.lib.fields import ClockField, DayField, PlainSelect
from clinic.models import Clinician
from scheduling.forms.planner import WEEKDAYS, Unreadable, read_token, wall_instant
from scheduling.forms.visits import NO_DAY, ActForm
from scheduling.models import OfferState, WaitingEntry
from scheduling.planning.freed import DAYS_AHEAD
from scheduling.planning.waiting_read import Stretch
from scheduling.services.waiting import REASON_LENGTH, Wish

NOTICE = [
    (0, gettext_lazy("none")),
    (1, gettext_lazy("1 hour")),
    (2, gettext_lazy("2 hours")),
    (4, gettext_lazy("4 hours")),
    (24, gettext_lazy("a day")),
    (48, gettext_lazy("two days")),
]
MINUTES = (10, 600)
ANYTIME = {"class": "form-control", "autocomplete": "off", "maxlength": "8", "placeholder": gettext_lazy("any time")}


class WishForm(forms.Form):
    """When somebody could come: any day and any time as it opens."""

    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Days"),
        coerce=int,
        required=False,
        choices=[(number, name) for number, _word, name in WEEKDAYS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": gettext_lazy("Choose days of the week.")},
    )
    from_time = ClockField(
        label=gettext_lazy("Not before"),
        required=False,
        widget=forms.TextInput(attrs=ANYTIME),
        error_messages={"invalid": gettext_lazy("Enter a time such as 13:00.")},
    )
    until_time = ClockField(
        label=gettext_lazy("Done by"),
        required=False,
        widget=forms.TextInput(attrs=ANYTIME),
        error_messages={"invalid": gettext_lazy("Enter a time such as 16:00.")},
    )
    notice_hours = forms.TypedChoiceField(
        label=gettext_lazy("Notice needed"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=NOTICE,
        widget=PlainSelect(attrs={"class": "form-select"}),
        error_messages={"invalid_choice": gettext_lazy("Choose the notice from the list.")},
    )
    clinician = forms.TypedChoiceField(
        label=gettext_lazy("With"),
        required=False,
        coerce=int,
        empty_value=None,
        widget=PlainSelect(attrs={"class": "form-select"}),
        error_messages={"invalid_choice": gettext_lazy("This clinician takes no visits now. Choose another.")},
    )
    note = forms.CharField(
        label=gettext_lazy("Note (optional)"),
        required=False,
        max_length=REASON_LENGTH,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, people: Iterable[Clinician], **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"notice_hours": 2})
        super().__init__(data, **kwargs)
        anyone = [("", _("anyone"))]
        self.fields["clinician"].choices = [*anyone, *((one.pk, one.name) for one in people)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        since, until = found.get("from_time"), found.get("until_time")
        if since and until and since >= until:
            self.add_error("until_time", _("This is not after the time before it. Nothing was saved. Mend the times."))
        return found

    def wish(self) -> Wish:
        given = self.cleaned_data
        return Wish(
            weekdays=tuple(given["weekdays"]),
            from_time=given["from_time"],
            until_time=given["until_time"],
            notice_hours=Wish.notice_hours if given["notice_hours"] is None else given["notice_hours"],
            clinician_id=given["clinician"],
            note=given["note"],
        )

    @property
    def short(self) -> list[forms.BoundField]:
        """The fields after the days, in their order."""
        return [self[name] for name in ("from_time", "until_time", "notice_hours", "clinician", "note")]


class EarlierForm(WishForm):
    """Earlier if possible, inside another form: what is asked counts only when `wanted` is checked."""

    wanted = forms.BooleanField(label=gettext_lazy("Earlier if possible"), required=False)

    def __init__(self, data: Mapping[str, Any] | None = None, *, people: Iterable[Clinician], place: str = "") -> None:
        super().__init__(data, people=people, prefix="earlier", auto_id=f"{place}%s")
        # The form around it asks "With" too.
        self.fields["clinician"].label = _("Earlier with")

    @property
    def is_wanted(self) -> bool:
        return bool(self.is_bound and self.data.get(self.add_prefix("wanted")))


class EntryForm(WishForm, ActForm):
    """An entry of the list: what it is for where it is new, and which version was changed where it is not."""

    what = forms.ChoiceField(
        label=gettext_lazy("For"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose what it is for."),
            "invalid_choice": gettext_lazy("This is not to be waited for any more. Choose another."),
        },
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        people: Iterable[Clinician],
        offered: list[tuple[str, str]] | None = None,
        entry: WaitingEntry | None = None,
    ) -> None:
        initial: dict[str, Any] = {"notice_hours": 2}
        if entry:
            names = asdict(Wish())
            initial = {name: getattr(entry, name) for name in names} | {"version": entry.version}
            initial["clinician"] = entry.clinician_id
        elif offered:
            initial["what"] = offered[0][0]
        super().__init__(data, people=people, initial=initial)
        if offered is None:
            del self.fields["what"]
        else:
            self.fields["what"].choices = offered  # type: ignore[attr-defined]


class TimeForm(forms.Form):
    """Any free time, chosen by hand."""

    day = DayField(label=gettext_lazy("Day"), error_messages={"required": NO_DAY, "invalid": NO_DAY})
    at = ClockField(
        label=gettext_lazy("From"),
        error_messages={
            "required": gettext_lazy("Enter a time such as 14:00."),
            "invalid": gettext_lazy("Enter a time such as 14:00."),
        },
    )
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes"),
        min_value=MINUTES[0],
        max_value=MINUTES[1],
        initial=45,
        widget=forms.TextInput(attrs={"class": "form-control", "inputmode": "numeric", "autocomplete": "off"}),
        error_messages=dict.fromkeys(
            ["required", "invalid", "min_value", "max_value"], gettext_lazy("Enter 10 to 600 minutes.")
        ),
    )
    clinician = forms.TypedChoiceField(
        label=gettext_lazy("With"),
        coerce=int,
        widget=PlainSelect(attrs={"class": "form-select"}),
        error_messages={"invalid_choice": gettext_lazy("This clinician takes no visits now. Choose another.")},
    )

    def __init__(
        self, data: Mapping[str, Any] | None, *, people: Iterable[Clinician], zone: ZoneInfo, now: datetime
    ) -> None:
        super().__init__(data)
        self.zone, self.now = zone, now
        self.fields["clinician"].choices = [(one.pk, one.name) for one in people]  # type: ignore[attr-defined]

    def stretch(self) -> Stretch | None:
        """Return the time, or None with what is wrong beside its field."""
        if not self.is_valid():
            return None
        given = self.cleaned_data
        today = local_day(self.now, self.zone)
        try:
            start = wall_instant(given["day"], given["at"], self.zone)
        except Unreadable as error:
            self.add_error("at", str(error))
            return None
        if start <= self.now or given["day"] > today + timedelta(days=10 * DAYS_AHEAD):
            self.add_error("day", _("Enter a time that is still to come, within twenty weeks."))
            return None
        return Stretch(given["clinician"], start, start + timedelta(minutes=given["minutes"]))


def token_of(stretch: Stretch, zone: ZoneInfo) -> str:
    """Write a time for an address: whose, its wall time, its minutes."""
    return f"{stretch.clinician_id},{stretch.starts_at.astimezone(zone):%Y-%m-%dT%H:%M},{stretch.minutes}"


def read_stretch(token: str, zone: ZoneInfo, now: datetime) -> Stretch | None:
    """Read what `token_of` wrote; None for what nobody could have pressed."""
    who, _comma, rest = token.partition(",")
    wall, _comma, minutes = rest.partition(",")
    if not (minutes.isascii() and minutes.isdigit() and MINUTES[0] <= int(minutes[:4]) <= MINUTES[1]):
        return None
    try:
        slot = read_token(f"{wall},{who},,,", zone, local_day(now, zone)).slot
    except Unreadable:
        return None
    return Stretch(slot.clinician_id, slot.starts_at, slot.starts_at + timedelta(minutes=int(minutes[:4])))


class OfferForm(ActForm):
    """To whom a time is offered, or what came of a call."""

    time = forms.CharField(max_length=60)
    entry = forms.UUIDField(required=False)
    outcome = forms.ChoiceField(
        required=False, choices=[("taken", ""), (OfferState.DECLINED, ""), (OfferState.NO_ANSWER, "")]
    )


class WithdrawForm(ActForm):
    """Why somebody waits no more."""

    reason = forms.CharField(
        max_length=REASON_LENGTH,
        error_messages={
            "required": gettext_lazy("Write why they wait no more. Nothing was saved."),
            "max_length": gettext_lazy("The reason is too long: 200 letters at most. Nothing was saved."),
        },
    )
