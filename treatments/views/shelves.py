"""The pages of the catalogue, and its small table of what patients come for. The places on the body: clinic.desk."""

from functools import partial

from django.utils.translation import gettext_lazy

from clinic.lib.access import Permission
from clinic.lib.shelves import RowForm, Shelf, Tab, use_column, with_use
from treatments.models import Concern

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


catalogue_shelf = partial(Shelf, permission=Permission.MANAGE_CATALOGUE, group=GROUP, tabs=TABS)
OFFERS = use_column(gettext_lazy("Treatments"))

CONCERNS = catalogue_shelf(
    name="concern",
    model=Concern,
    form=ConcernForm,
    icon="chat-heart",
    title=gettext_lazy("Concerns"),
    hint=gettext_lazy("What patients come for. A treatment is found by its concerns too."),
    add=gettext_lazy("Add a concern"),
    empty=gettext_lazy("No concerns yet"),
    columns=(OFFERS,),
    rows=lambda: with_use(Concern, "protocols").order_by("name"),
)
