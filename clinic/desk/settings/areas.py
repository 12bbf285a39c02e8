"""The places on the body, who treats those that only named clinicians treat, and the visits that others still hold."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from clinic.lib.access import Permission, allows, requires
from clinic.lib.requests import person
from clinic.lib.shelves import Column, Note, RowForm, with_use
from clinic.models import Clinic, Clinician
from scheduling.day_list import Row
from scheduling.forms.visits import REASONS
from scheduling.planning.unnamed import visits_with_others
from treatments.models import Area
from treatments.named import Named, bookable
from treatments.views.shelves import OFFERS, catalogue_shelf

SHOWN = 200
"""Visits that the page lists; the next ones come up as these are moved."""


class AreaForm(RowForm):
    clinicians = forms.ModelMultipleChoiceField(
        Clinician.objects.none(),
        label=gettext_lazy("Who treats it"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "Counts while “Named clinicians only” is ticked. With nobody named, nobody may treat it: no course with it "
            "can be planned or booked."
        ),
    )

    class Meta:
        model = Area
        fields = ["name", "sided", "restricted", "clinicians"]
        labels = {
            "name": gettext_lazy("Name"),
            "sided": gettext_lazy("Has a left and a right"),
            "restricted": gettext_lazy("Named clinicians only"),
        }
        help_texts = {
            "sided": gettext_lazy("A course then says which side, or both. Courses that are planned stay as they are."),
            "restricted": gettext_lazy(
                "Only those named below treat it: eyelids, for example. Visits that are booked stay as they are."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Somebody who was named and takes no visits now stays in the list: saving must not drop a name unseen.
        named = Q(named_for=self.instance) if self.instance.pk else Q()
        self.fields["clinicians"].queryset = Clinician.objects.filter(Q(is_active=True) | named).distinct()  # type: ignore[attr-defined]


def _areas() -> QuerySet[Any]:
    return with_use(Area, "protocols").prefetch_related("clinicians").order_by("position", "pk")


def _sides(area: Area) -> str:
    return _("left and right") if area.sided else _("one place")


def _who(area: Area) -> str:
    if not area.restricted:
        return _("everyone")
    named = [one.name for one in area.clinicians.all() if one.is_active]
    return ", ".join(named) if named else _("nobody yet")


def area_notes(area: Area, now: datetime) -> list[Note]:
    """Say that nobody may treat a restricted area, and how many visits ahead are with somebody not named."""
    found = []
    if Named.of([area]).nobody(bookable()):
        words = _("Nobody is named for %(name)s: nobody may treat it until you tick somebody below.")
        found.append(Note(words % {"name": area.name.lower()}))
    held = visits_with_others(area, now).count()
    if held:
        words = ngettext(
            "%(n)d visit that lies ahead is with somebody not named. It stays as it was booked.",
            "%(n)d visits that lie ahead are with somebody not named. They stay as they were booked.",
            held,
        )
        act = ngettext("See it", "See them", held)
        found.append(Note(words % {"n": held}, reverse("area_visits", args=[area.pk]), act))
    return found


AREAS = catalogue_shelf(
    name="area",
    model=Area,
    form=AreaForm,
    icon="person-standing",
    title=gettext_lazy("Areas"),
    hint=gettext_lazy(
        "Places on the body, in the order of every list. The days between two visits belong to the area."
    ),
    add=gettext_lazy("Add an area"),
    empty=gettext_lazy("No areas yet"),
    columns=(Column(gettext_lazy("Sides"), _sides), Column(gettext_lazy("Who treats it"), _who), OFFERS),
    rows=_areas,
    notes=area_notes,
    is_ordered=True,
)


@dataclass(frozen=True)
class OtherRow(Row):
    """A visit with somebody who is not named for its area, and why that is told."""

    why: str = ""


@require_safe
@requires(Permission.MANAGE_CATALOGUE)
def area_visits(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the visits ahead that treat a restricted area with somebody not named for it, the next one first."""
    area, now, notice = get_object_or_404(Area, pk=pk), timezone.now(), Clinic.objects.current().notice_hours
    people, named = bookable(), Named.of([area])
    held = visits_with_others(area, now).visible_to(person(request))
    visits = held.with_names().order_by("starts_at", "pk")[:SHOWN]
    rows = [OtherRow(visit, now, notice, named.why_not(visit.clinician, people)) for visit in visits]
    count = held.count()
    shown = {
        "area": area,
        "rows": rows,
        "count": count,
        "is_part": count > SHOWN,
        "shown": SHOWN,
        "may_book": allows(request.user, Permission.BOOK),
        "reasons": REASONS,
    }
    return render(request, "desk/settings/area_visits.html", shown)
