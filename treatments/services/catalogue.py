"""Writing a treatment of the catalogue. Courses keep the values that they copied: nothing of them is touched here."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pghistory
from django.db import IntegrityError
from django.utils.translation import gettext as _

from clinic.lib.locks import broken_rule, in_transaction, lock_rows
from clinic.lib.operations import once
from clinic.lib.rows import free_key
from clinic.models import Operation, User
from treatments.models import Protocol
from treatments.offer import Offer, OfferRefused, problems


@dataclass(frozen=True)
class Change:
    """One value that someone else changed meanwhile."""

    field: str
    was: Any
    now: Any


class StaleProtocol(Exception):
    """Someone else saved this treatment after the form was opened. Nothing was saved."""

    def __init__(self, protocol: Protocol, changes: list[Change], by: str) -> None:
        super().__init__("stale protocol")
        self.protocol = protocol
        self.changes = changes
        self.by = by


def current_offer(protocol: Protocol) -> Offer:
    """Return the treatment as it is on file, with its areas and concerns."""
    return Offer.of(
        protocol,
        areas=tuple(area.pk for area in protocol.areas.all()),
        concerns=tuple(concern.pk for concern in protocol.concerns.all()),
    )


def write_protocol(
    *, key: uuid.UUID, protocol_id: int | None, version: int, offer: Offer, actor: User | None, now: datetime
) -> Protocol:
    """Make a treatment, or change it if it still is what the form showed. Raises OfferRefused, StaleProtocol."""
    found = problems(offer)
    if found:
        raise OfferRefused(found)

    def act(operation: Operation) -> None:
        protocol = _make(offer) if protocol_id is None else _edit(protocol_id, version, offer)
        operation.touched = [{"protocol": protocol.pk, "version": protocol.version}]
        operation.result = {"protocol": protocol.pk}

    def save() -> Protocol:
        with pghistory.context(user=actor.pk if actor else None):
            body = offer.as_dict() | {"protocol": protocol_id, "version": version}
            operation = once(key=key, kind="write_protocol", actor=actor, body=body, now=now, act=act)
            return Protocol.objects.get(pk=operation.result["protocol"])

    try:
        return in_transaction(save)
    except IntegrityError as error:
        if sentence := broken_rule(error, Protocol):
            raise OfferRefused({"": sentence}) from error
        raise


def _refuse_a_second(offer: Offer, protocol_id: int | None) -> None:
    others = Protocol.objects.filter(name__iexact=offer.name)
    if (others.exclude(pk=protocol_id) if protocol_id else others).exists():
        words = _("“%(name)s” is there already. Choose a name that tells the two apart.")
        raise OfferRefused({"name": words % {"name": offer.name}})


def _make(offer: Offer) -> Protocol:
    _refuse_a_second(offer, None)
    protocol = Protocol.objects.create(key=free_key(Protocol, offer.name), **offer.columns())
    protocol.areas.set(offer.areas)
    protocol.concerns.set(offer.concerns)
    return protocol


def _edit(protocol_id: int, version: int, offer: Offer) -> Protocol:
    lock_rows(Protocol, [protocol_id])
    protocol = Protocol.objects.get(pk=protocol_id)
    on_file = current_offer(protocol)
    if _sorted(offer) == _sorted(on_file):
        return protocol
    if protocol.version != version:
        raise _stale(protocol, version)
    _refuse_a_second(offer, protocol_id)
    for name, value in offer.columns().items():
        setattr(protocol, name, value)
    protocol.version += 1
    protocol.save()
    protocol.areas.set(offer.areas)
    protocol.concerns.set(offer.concerns)
    return protocol


def _sorted(offer: Offer) -> Offer:
    return replace(offer, areas=tuple(sorted(offer.areas)), concerns=tuple(sorted(offer.concerns)))


def _stale(protocol: Protocol, version: int) -> StaleProtocol:
    """Return what changed since this version, and who changed it last. Areas and concerns keep no history of theirs."""
    events = protocol.events.order_by("pgh_id")  # type: ignore[attr-defined]  # made by pghistory
    seen = events.filter(version=version).last()
    last = events.select_related("pgh_context").last()
    was = Offer.of(seen).columns() if seen else {}
    now = Offer.of(protocol).columns()
    changes = [Change(name, was[name], now[name]) for name in was if was[name] != now[name]]
    user = last and last.pgh_context and last.pgh_context.metadata.get("user")
    by = User.objects.filter(pk=user).values_list("name", flat=True).first() if user else None
    return StaleProtocol(protocol, changes, by or "")
