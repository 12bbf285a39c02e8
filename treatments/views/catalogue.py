"""The treatments that the clinic offers: their list, and the page of one."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clinic.lib.access import Permission, requires
from clinic.lib.locks import Busy
from clinic.lib.operations import OperationReused
from clinic.lib.requests import person
from clinic.lib.shelves import tabs_at
from clinic.models import Room
from treatments.forms.catalogue import ProtocolForm, new_protocol
from treatments.history import Told, history_of
from treatments.models import PlanStatus, Protocol
from treatments.offer import OfferRefused
from treatments.services.catalogue import StaleProtocol, write_protocol
from treatments.views.shelves import GROUP, TABS

OPEN = Q(plans__status__in=[PlanStatus.ACTIVE, PlanStatus.PAUSED])
LABELS = {name: field.label or "" for name, field in ProtocolForm.base_fields.items()}


@require_safe
@requires(Permission.MANAGE_CATALOGUE)
def catalogue(request: HttpRequest) -> HttpResponse:
    """Every treatment: those that are offered, then those that are not."""
    counted = Protocol.objects.annotate(open_courses=Count("plans", filter=OPEN))
    rows = counted.select_related("room_kind", "device_kind").order_by("name")
    offered = [row for row in rows if row.is_active]
    others = [row for row in rows if not row.is_active]
    groups = [(_("Offered"), offered), (_("Not offered"), others)]
    shown = {
        "groups": [(words, found) for words, found in groups if found],
        "tabs": tabs_at(request, TABS),
        "group": GROUP,
    }
    return render(request, "treatments/catalogue/list.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_CATALOGUE)
def protocol_new(request: HttpRequest) -> HttpResponse:
    return _protocol(request, new_protocol())


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_CATALOGUE)
def protocol_edit(request: HttpRequest, key: str) -> HttpResponse:
    """Change a treatment; courses keep what they were planned with. If someone else did meanwhile, show both."""
    return _protocol(request, get_object_or_404(Protocol, key=key))


def _protocol(request: HttpRequest, protocol: Protocol) -> HttpResponse:
    if request.method != "POST":
        return _page(request, ProtocolForm(protocol=protocol))
    form = ProtocolForm(request.POST, protocol=protocol)
    if form.is_valid():
        try:
            saved = write_protocol(
                key=form.cleaned_data["operation"],
                protocol_id=protocol.pk,
                version=form.cleaned_data["version"] or 0,
                offer=form.offer(),
                actor=person(request),
                now=timezone.now(),
            )
        except OfferRefused as refused:
            for field, sentence in refused.problems.items():
                form.add_error(field or None, sentence)
        except Busy:
            form.add_error(None, _("Someone else is saving this treatment. Nothing was saved. Try again."))
        except OperationReused:
            form.add_error(None, _("This form was saved before with other words. Nothing was saved now. Open it anew."))
        except StaleProtocol as stale:
            merge = Merge.of(request.POST, form, stale)
            form = ProtocolForm(merge.data, protocol=stale.protocol)
            form.is_valid()
            return _page(request, form, merge=merge, stale=stale)
        else:
            messages.success(request, _said(saved, is_new=protocol.pk is None))
            return redirect("catalogue")
    return _page(request, form)


def _said(protocol: Protocol, *, is_new: bool) -> str:
    words = _("%(name)s is in the catalogue.") if is_new else _("%(name)s is up to date. Booked courses are unchanged.")
    return words % {"name": protocol.name}


def _page(request: HttpRequest, form: ProtocolForm, **shown: Any) -> HttpResponse:
    protocol = form.protocol
    shown |= {"form": form, "protocol": protocol, "tabs": tabs_at(request, TABS), "group": GROUP}
    if protocol.pk:
        shown["open_courses"] = protocol.plans.open().count()
        shown["history"] = history_of(protocol, Told(LABELS))
        shown["no_room"] = not Room.objects.filter(kind_id=protocol.room_kind_id, is_active=True).exists()
    return render(request, "treatments/catalogue/protocol.html", shown)


@dataclass(frozen=True)
class Both:
    """One value that someone else changed: what stands now, and whether other words of the form were kept."""

    label: str
    now: str
    typed: str
    kept: bool


@dataclass(frozen=True)
class Merge:
    """What two people typed, put together: nobody's words are lost."""

    data: QueryDict
    facts: list[Both]

    @classmethod
    def of(cls, posted: QueryDict, form: ProtocolForm, stale: StaleProtocol) -> "Merge":
        """Take over what only the other changed; keep what was typed here, and show where both differ."""
        typed, told = form.offer().columns(), Told(LABELS)
        data, facts = posted.copy(), []
        data["version"] = str(stale.protocol.version)
        for change in stale.changes:
            mine = typed[change.field]
            kept = mine != change.was
            if not kept:
                _take_over(data, change.field, change.now)
            facts.append(
                Both(
                    told.label(change.field),
                    told.value(change.field, change.now),
                    told.value(change.field, mine),
                    kept and mine != change.now,
                )
            )
        return cls(data, facts)


def _take_over(data: QueryDict, column: str, value: Any) -> None:  # noqa: ANN401 - whatever a column holds
    name = column.removesuffix("_id")
    if value is False:
        data.pop(name, None)
    elif value is True:
        data[name] = "on"
    else:
        data[name] = "\n".join(value) if isinstance(value, list) else "" if value is None else str(value)
