"""Who changed a visit since it was looked at: what a desk is told that acts on a card which is no longer true."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from clinic.lib.days import clock, day_words, local_day, wall_time
from clinic.models import Clinic, Operation, User
from scheduling.models import Appointment, AppointmentStatus, ConfirmedHow

SHOWN = ("status", "starts_at", "ends_at", "clinician_id", "room_id", "device_id", "patient_id")
"""What a card shows of a visit. A new number alone is no change of it: numbers follow dates."""


class Change(NamedTuple):
    """One change of a visit, as the history keeps it: the row after it, and what it was before."""

    event: Any
    before: Any


def who_changed(visit: Appointment, *, now: datetime, since: int | None = None) -> str:
    """Say who changed the visit last, what and when: "Dana marked this visit arrived at 14:02. Nothing was saved. ...".

    `since` is the version that a page showed: empty when the visit is the same to whoever looks at it, such as when
    only its number followed the dates, or when a change was taken back. Days and times are the clinic's.
    """
    changes, seen = _changes(visit, since)
    if not changes or (seen is not None and _same(seen, visit)):
        return ""
    last = changes[-1]
    actor, at = _who_and_when(visit, last)
    values = {"who": actor, "what": "", "at": _at(at, now)} | _to_where(last, now)
    return " ".join([_words(last) % values, _("Nothing was saved. Look at the visit as it is now.")])


def _changes(visit: Appointment, since: int | None) -> tuple[list[Change], Any]:
    """Return the changes that a page would show, after this version, and the visit as it was in that version."""
    rows = Appointment.pgh_event_model.objects.filter(pgh_obj_id=visit.pk)  # type: ignore[attr-defined]
    events = list(rows.select_related("pgh_context").order_by("pgh_id"))
    old = [event for event in events if since is not None and event.version <= since]
    seen = old[-1] if old else None
    pairs = [Change(event, before) for before, event in pairwise(events)]
    told = [pair for pair in pairs if not _same(pair.before, pair.event)]
    return [pair for pair in told if since is None or pair.event.version > since], seen


def _same(one: Any, other: Any) -> bool:  # noqa: ANN401 - a visit, or a row of a model that pghistory makes
    return all(getattr(one, name) == getattr(other, name) for name in SHOWN)


def _who_and_when(visit: Appointment, change: Change) -> tuple[str, datetime]:
    """Return who made the change, as the operation keeps it: it outlives the account; otherwise from the history."""
    acts = Operation.objects.filter(
        at__gte=visit.created_at - timedelta(days=1), touched__contains=[{"appointment": visit.pk}]
    )
    at_or_after = [(version, act) for act in acts if (version := _version(act, visit.pk)) >= change.event.version]
    if at_or_after:
        act = min(at_or_after, key=lambda found: (found[0], -found[1].at.timestamp()))[1]
        return _name(act, change), act.at
    context = change.event.pgh_context
    person = User.objects.filter(pk=context.metadata.get("user")).first() if context else None
    return person.name if person else _("Somebody"), change.event.pgh_created_at


def _version(act: Operation, pk: int) -> int:
    return next(int(entry["version"]) for entry in act.touched if entry.get("appointment") == pk)


def _name(act: Operation, change: Change) -> str:
    by_link = change.event.status == AppointmentStatus.CONFIRMED and change.event.confirmed_how == ConfirmedHow.LINK
    if act.actor == "system":
        return _("The patient") if by_link else _("The program")
    return act.actor.rsplit(" <", 1)[0]


def _at(moment: datetime, now: datetime) -> str:
    """Return "at 14:02", with the day when that is not today."""
    zone = Clinic.objects.current().tz
    day, today = local_day(moment, zone), local_day(now, zone)
    values = {"day": day_words(day, today), "time": clock(wall_time(moment, zone))}
    return _("at %(time)s") % values if day == today else _("on %(day)s at %(time)s") % values


def _to_where(change: Change, now: datetime) -> dict[str, str]:
    zone = Clinic.objects.current().tz
    start = change.event.starts_at
    words = f"{day_words(local_day(start, zone), local_day(now, zone))}, {clock(wall_time(start, zone))}"
    return {"when": words}


def _words(change: Change) -> str:
    event, before = change
    if event.starts_at != before.starts_at:  # what was confirmed is then booked again: the move is what happened
        return _("%(who)s moved this visit to %(when)s %(at)s.")
    if event.status != before.status:
        return {
            AppointmentStatus.BOOKED: _("%(who)s put this visit back to booked %(at)s."),
            AppointmentStatus.CONFIRMED: _("%(who)s marked this visit confirmed %(at)s."),
            AppointmentStatus.ARRIVED: _("%(who)s marked this visit arrived %(at)s."),
            AppointmentStatus.IN_TREATMENT: _("%(who)s marked this visit in treatment %(at)s."),
            AppointmentStatus.COMPLETED: _("%(who)s marked this visit completed %(at)s."),
            AppointmentStatus.NO_SHOW: _("%(who)s marked this visit a no-show %(at)s."),
            AppointmentStatus.CANCELLED: _("%(who)s cancelled this visit %(at)s."),
            AppointmentStatus.UNDONE: _("%(who)s took the booking of this visit back %(at)s."),
        }[AppointmentStatus(event.status)]
    if event.clinician_id != before.clinician_id:
        return _("%(who)s gave this visit to another clinician %(at)s.")
    if event.room_id != before.room_id or event.device_id != before.device_id:
        return _("%(who)s put this visit into another room %(at)s.")
    if event.patient_id != before.patient_id:
        return _("%(who)s put this visit into another file %(at)s.")
    return _("%(who)s made this visit longer or shorter %(at)s.")
