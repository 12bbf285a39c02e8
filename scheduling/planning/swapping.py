"""Which visits could exchange their times with one visit, and what an exchange of two means. Reads only.

The list asks the same number of questions for two visits and for two hundred; a pair is judged as the services do.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.days import local_day, midnight
from clinic.models import Clinic, Device, Room
from scheduling.models import AHEAD, HOLDING, Appointment
from scheduling.planning.checks import early, explain, late, not_at_work, not_this_one, place
from scheduling.planning.context import Context, Own
from scheduling.planning.freetime import FreeTime, Visit, to_epoch
from scheduling.planning.judge import due_window
from scheduling.planning.loading import ANY_DAY
from scheduling.planning.others import HeldVisit, Places, held_by, kept_away, places_of
from scheduling.planning.planner import move_context
from scheduling.planning.stretches import Span, edges, gaps, spans
from scheduling.planning.types import Finding, Mark, Slot
from scheduling.planning.windows import Rule, neighbours
from treatments.named import Named

A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Candidate:
    """A visit that one might exchange its time with: what stands in the way, or what needs a reason, in words."""

    visit: Appointment
    bars: str = ""
    asks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Half:
    """One of two visits that exchange their times: where it would stand, and what that meets.

    `gaps` are the local days to the session before and to the one after, now and then; None where there is none.
    """

    visit: Appointment
    slot: Slot
    before: tuple[int | None, int | None]
    after: tuple[int | None, int | None]
    clash: Finding | None = None
    early: Finding | None = None
    late: Finding | None = None

    @property
    def counts_gaps(self) -> bool:
        return self.visit.session_id is not None


def place_of(visit: Appointment) -> Slot:
    """Return the slot that a visit has."""
    return Slot(visit.starts_at, visit.clinician_id, visit.room_id, visit.device_id)


def swap_halves(visit: Appointment, other: Appointment, now: datetime) -> tuple[Half, Half]:
    """Judge an exchange of two visits, each as the services will: with both out of the way."""
    mine, theirs = _half(visit, other, now), _half(other, visit, now)
    if theirs.clash is None and (words := _in_each_others_way(visit, other)):
        theirs = replace(theirs, clash=Finding(Mark.CLASH, words))
    return mine, theirs


def _in_each_others_way(visit: Appointment, other: Appointment) -> str:
    """Say that two visits of unlike length would overlap where each stood; nothing when they would not."""
    shares = visit.clinician_id == other.clinician_id or visit.room_id == other.room_id
    here, there = other.starts_at, visit.starts_at
    if (
        shares
        and here < there + (other.frees_at - other.starts_at)
        and there < here + (visit.frees_at - visit.starts_at)
    ):
        return _("They are of unlike length: the two would overlap")
    return ""


def _half(visit: Appointment, other: Appointment, now: datetime) -> Half:
    slot = place_of(other)
    context, _here = move_context(visit, now, to=[slot], ignoring=[other.pk])
    placed = place(context, slot)
    clash = None
    if placed is None:
        book = [one for one in context.overlapping([slot]) if one.pk not in {visit.pk, other.pk}]
        clash = explain(context, slot, book)
    day = context.day_of(slot)
    after = _gaps(context, day)
    return Half(
        visit,
        placed or slot,
        _gaps(context, visit.wall_date),
        after,
        clash,
        early(context, day, []),
        _late(context, day),
    )


def _gaps(context: Context, day: date) -> tuple[int | None, int | None]:
    previous, following = neighbours(context.own_days, day)
    return (day - previous).days if previous else None, (following - day).days if following else None


def _late(context: Context, day: date) -> Finding | None:
    _due, previous = due_window(context, day, [])
    return late(context, (day - previous).days if previous else None)


# --- The list ---


def swap_candidates(
    visit: Appointment, first: date, last: date, now: datetime, clinician_id: int | None = None
) -> list[Candidate]:
    """Return the visits ahead between two local days that this one might exchange with, the nearest first.

    Those of the same patient are no exchange. `clinician_id`: those of one clinician alone.
    """
    visits = _ahead(visit, first, last, now, clinician_id)
    if not visits:
        return []
    context, slot = move_context(visit, now, to=[place_of(visits[0]), place_of(visits[-1])])
    book = _Book(visit, visits, context)
    found = [_candidate(context, book, other, slot) for other in visits]
    return sorted(found, key=lambda one: (abs(one.visit.starts_at - visit.starts_at), one.visit.pk))


def _ahead(visit: Appointment, first: date, last: date, now: datetime, clinician_id: int | None) -> list[Appointment]:
    zone = Clinic.objects.current().tz
    since, until = max(now, midnight(first, zone)), midnight(last + A_DAY, zone)
    found = Appointment.objects.filter(status__in=AHEAD, starts_at__gte=since, starts_at__lt=until)
    found = found.exclude(patient=visit.patient_id)
    if clinician_id is not None:
        found = found.filter(clinician=clinician_id)
    return list(found.with_names().order_by("starts_at", "pk"))


def _candidate(context: Context, book: "_Book", other: Appointment, slot: Slot) -> Candidate:
    here = _meets(_beside(context, other), place_of(other))
    if here[0]:
        return Candidate(other, here[0])
    there = _meets(book.context_of(other), slot)
    return Candidate(
        other,
        there[0] or _in_each_others_way(book.visit, other),
        tuple(words for words in (here[1], there[1]) if words),
    )


def _meets(context: Context, slot: Slot) -> tuple[str, str]:
    """Return what bars a visit from a slot, and what about it needs a reason."""
    day = context.day_of(slot)
    if barred := not_this_one(context, slot.clinician_id):
        return barred, ""
    if too_early := early(context, day, []):
        return _for(context, too_early.sentence), ""
    if off := not_at_work(context, slot):  # the other one may stand outside the hours itself
        return off.sentence, ""
    if lacks := _lacks(context, slot):
        return lacks, ""
    too_late = _late(context, day)
    return "", _for(context, too_late.sentence) if too_late else ""


def _for(context: Context, sentence: str) -> str:
    """Say of whom a sentence speaks: two patients are on the page."""
    return _("%(name)s: %(what)s") % {"name": context.patient.called, "what": sentence[:1].lower() + sentence[1:]}


def _lacks(context: Context, slot: Slot) -> str:
    """Say what is not free for a visit in the other's place; nothing when all is."""
    free, start, visit = context.free, to_epoch(slot.starts_at), context.visit
    if not free.clinician_free(slot.clinician_id, start):
        room = _minutes_from(free.clinicians.get(slot.clinician_id, []), start)
        words = ngettext(
            "%(name)s needs %(n)d minutes; %(free)d minute is free there",
            "%(name)s needs %(n)d minutes; %(free)d minutes are free there",
            room,
        )
        return words % {"name": context.patient.called, "n": visit.minutes, "free": room}
    if not free.patient_free(start):
        return _("%(name)s has another visit at that time") % {"name": context.patient.called}
    if free.place(slot.clinician_id, start, like=slot) is None:
        return _("No room or device of the kind is free for %(name)s then") % {"name": context.patient.called}
    return ""


def _minutes_from(spans: Sequence[Span], start: int) -> int:
    """Return the minutes that stay free from an instant on."""
    at = bisect_right(spans, (start, 1 << 62)) - 1
    return max(0, spans[at][1] - start) // 60 if at >= 0 else 0


def _beside(context: Context, other: Appointment) -> Context:
    """Return the context with another visit out of the way too."""
    return replace(context, free=_without(context.free, other))


def _without(free: FreeTime, other: Appointment) -> FreeTime:
    treats = (to_epoch(other.starts_at), to_epoch(other.ends_at))
    keeps = (treats[0], to_epoch(other.frees_at))
    return replace(
        free,
        clinicians=free.clinicians | {other.clinician_id: _joined(free.clinicians.get(other.clinician_id, []), treats)},
        rooms=_given_back(free.rooms, other.room_id, keeps),
        devices=_given_back(free.devices, other.device_id, keeps),
    )


def _given_back(free: Mapping[int, list[Span]], key: int | None, span: Span) -> Mapping[int, list[Span]]:
    return free if key is None or key not in free else {**free, key: _joined(free[key], span)}


def _joined(spans: Sequence[Span], span: Span) -> list[Span]:
    """Return free stretches with one more, those that touch made one."""
    found: list[Span] = []
    for since, until in sorted([*spans, span]):
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], until))
        else:
            found.append((since, until))
    return found


class _Book:
    """What the other visits need to stand in the place of one: read once for all of them."""

    def __init__(self, visit: Appointment, others: Sequence[Appointment], context: Context) -> None:
        patients = {other.patient_id for other in others}
        self.visit, self.zone, self.context = visit, context.zone, context
        self.held: Mapping[int, Sequence[HeldVisit]] = held_by(patients)
        self.places: Places = places_of(patients)
        self.rooms = _by_kind(Room.objects.filter(is_active=True).values_list("kind_id", "pk"))
        self.devices = _by_kind(Device.objects.filter(is_active=True).values_list("kind_id", "pk"))
        near = (visit.starts_at - A_DAY, visit.starts_at + A_DAY)
        self.whole = (to_epoch(near[0]), to_epoch(near[1]))
        rows = Appointment.objects.starting(near[0] - A_DAY, near[1]).filter(status__in=HOLDING).exclude(pk=visit.pk)
        self.taken = list(rows.values_list("room_id", "device_id", "starts_at", "frees_at"))

    @cached_property
    def free_rooms(self) -> dict[int, list[Span]]:
        keys = [key for of_kind in self.rooms.values() for key in of_kind]
        return self._free(keys, [(room, since, until) for room, _device, since, until in self.taken])

    @cached_property
    def free_devices(self) -> dict[int, list[Span]]:
        keys = [key for of_kind in self.devices.values() for key in of_kind]
        return self._free(keys, [(device, since, until) for _room, device, since, until in self.taken])

    def _free(
        self, keys: Iterable[int], taken: Iterable[tuple[int | None, datetime, datetime]]
    ) -> dict[int, list[Span]]:
        held: dict[int | None, list[Span]] = defaultdict(list)
        for key, since, until in taken:
            held[key].append((to_epoch(since), to_epoch(until)))
        return {key: _left(held[key], self.whole) for key in keys}

    def context_of(self, other: Appointment) -> Context:
        """Return what the planner would know of another visit that comes to stand where the first one is."""
        shape, plan = Visit.like(other), other.session.plan if other.session else None
        held = [one for one in self.held[other.patient_id] if one.pk != other.pk]
        named = self.places.named(plan.pk) if plan else Named()
        busy = [(to_epoch(one.arrives_at), to_epoch(one.ends_at)) for one in held]
        free = FreeTime(
            shape,
            self.context.free.clinicians,
            {key: self.free_rooms[key] for key in self.rooms[shape.room_kind_id]},
            {key: self.free_devices[key] for key in self.devices[shape.device_kind_id or 0]},
            _left([span for span in busy if span[0] < self.whole[1] and self.whole[0] < span[1]], self.whole),
        )
        return replace(
            self.context,
            visit=shape,
            patient=other.patient,
            rule=Rule(plan.interval_min, plan.interval_ideal, plan.interval_max) if plan else ANY_DAY,
            free=_without(free, other),
            clinicians=named.among(self.context.people),
            named=named,
            own=_own(plan.pk if plan else None, held, self.zone),
            others=list(kept_away(plan, held, self.places, self.zone)) if plan else [],
        )


def _own(plan_id: int | None, held: Iterable[HeldVisit], zone: ZoneInfo) -> list[Own]:
    return [Own(local_day(one.starts_at, zone), 0) for one in held if plan_id and one.plan_id == plan_id]


def _by_kind(rows: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for kind, key in rows:
        found[kind].append(key)
    return found


def _left(held: Sequence[Span], whole: Span) -> list[Span]:
    """Return what these stretches leave of a whole one."""
    inside = [(max(since, whole[0]), min(until, whole[1])) for since, until in held]
    return spans(gaps(whole, edges(inside)))
