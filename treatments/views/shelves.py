"""Small tables of the catalogue: what patients come for, and the places on the body."""

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.lib.access import Permission
from clinic.lib.shelves import Column, RowForm, Shelf, Tab
from treatments.models import Area, Concern

GROUP = gettext_lazy("Catalogue")
TABS = (
    Tab("catalogue", gettext_lazy("Treatments"), ("catalogue", "protocol_")),
    Tab("concern_list", gettext_lazy("Concerns"), ("concern_",)),
    Tab("area_list", gettext_lazy("Areas"), ("area_",)),
    Tab("aftercare_list", gettext_lazy("Aftercare texts"), ("aftercare_",)),
)


class ConcernForm(RowForm):
    class Meta:
        model = Concern
        fields = ["name", "is_active"]
        labels = {"name": gettext_lazy("Name"), "is_active": gettext_lazy("In use")}
        help_texts = {
            "name": gettext_lazy("In the words of a patient: Wrinkles"),
            "is_active": gettext_lazy("Switched off, it is no longer offered for new treatments."),
        }


class AreaForm(RowForm):
    class Meta:
        model = Area
        fields = ["name", "sided", "restricted"]
        labels = {
            "name": gettext_lazy("Name"),
            "sided": gettext_lazy("Has a left and a right"),
            "restricted": gettext_lazy("Named clinicians only"),
        }
        help_texts = {
            "sided": gettext_lazy("A course then says which side, or both. Courses that are planned stay as they are."),
            "restricted": gettext_lazy("A course with this area needs a clinician by name: eyelids, for example."),
        }


def _concerns() -> QuerySet[Any]:
    return Concern.objects.annotate(offers=Count("protocols", filter=Q(protocols__is_active=True))).order_by("name")


def _areas() -> QuerySet[Any]:
    counted = Area.objects.annotate(offers=Count("protocols", filter=Q(protocols__is_active=True)))
    return counted.order_by("position", "pk")


def _sides(area: Area) -> str:
    return _("left and right") if area.sided else _("one place")


def _who(area: Area) -> str:
    return _("named clinicians only") if area.restricted else _("everyone")


OFFERS = Column(gettext_lazy("Treatments"), lambda row: str(row.offers), is_figure=True)

CONCERNS = Shelf(
    name="concern",
    model=Concern,
    form=ConcernForm,
    permission=Permission.MANAGE_CATALOGUE,
    group=GROUP,
    tabs=TABS,
    icon="chat-heart",
    title=gettext_lazy("Concerns"),
    hint=gettext_lazy("What patients come for. A treatment is found by its concerns too."),
    add=gettext_lazy("Add a concern"),
    empty=gettext_lazy("No concerns yet"),
    columns=(OFFERS,),
    rows=_concerns,
)

AREAS = Shelf(
    name="area",
    model=Area,
    form=AreaForm,
    permission=Permission.MANAGE_CATALOGUE,
    group=GROUP,
    tabs=TABS,
    icon="person-standing",
    title=gettext_lazy("Areas"),
    hint=gettext_lazy(
        "Places on the body, in the order of every list. The days between two visits belong to the area."
    ),
    add=gettext_lazy("Add an area"),
    empty=gettext_lazy("No areas yet"),
    columns=(Column(gettext_lazy("Sides"), _sides), Column(gettext_lazy("Who treats it"), _who), OFFERS),
    rows=_areas,
    is_ordered=True,
)
