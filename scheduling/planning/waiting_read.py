"""Reading who waits, and what is free at one time, for the ranking: a fixed number of statements, however many wait."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from clinic.lib.days import clock, local_day, wall_time
from clinic.models import Clinic, Clinician, Device, Room
from scheduling.models import HOLDING, Appointment, Offer, OfferState, VisitType, WaitingEntry
from scheduling.planning.facts import shortest_visit
from scheduling.planning.freetime import Visit, from_epoch, read, to_epoch
from scheduling.planning.others import HeldVisit, Places, held_by, kept_away, places_of
from scheduling.planning.stretches import Span
from scheduling.planning.waiting import Opening, Person, Ranking, rank
from scheduling.planning.windows import Rule
from treatments.models import Session, SessionState
from treatments.named import Named, bookable

MINUTE = timedelta(minutes=1)
A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Stretch:
    """A free time: whose, from when until when."""

    clinician_id: int
    starts_at: datetime
    ends_at: datetime

    @property
    def minutes(self) -> int:
        return int((self.ends_at - self.starts_at) / MINUTE)


@dataclass(frozen=True)
class Ranked:
    """The ranking of one stretch, with the entries that it speaks of by key."""

    opening: Opening
    ranking: Ranking
    entries: Mapping[int, WaitingEntry]
    is_free: bool = True


def ranked(stretch: Stretch, now: datetime, *, round_id: int | None = None) -> Ranked:
    """Rank all who wait for one stretch as the book stands. What they answered to `round_id` is remembered."""
    clinic, people = Clinic.objects.current(), bookable()
    entries = waiting_now(now)
    opening = _opening(stretch, clinic, people)
    persons = _persons(entries, stretch, people, clinic, _answers(round_id, clinic.tz))
    free = is_free(stretch, clinic.tz)
    return Ranked(opening, rank(opening, persons, now), {entry.pk: entry for entry in entries}, free)


def waiting_now(now: datetime) -> list[WaitingEntry]:
    """Return all who wait, the longest first, with what a line about them needs."""
    left = Session.objects.filter(plan=OuterRef("plan"), state=SessionState.PLANNED)
    found = WaitingEntry.objects.wanting(now).select_related(
        "patient", "plan", "clinician", "appointment__session", "appointment__room", "appointment__device"
    )
    return list(found.annotate(has_session_left=Exists(left)).order_by("since", "pk"))


def is_free(stretch: Stretch, zone: ZoneInfo) -> bool:
    """Say whether the clinician works and is free for the whole stretch, as the book stands."""
    day = local_day(stretch.starts_at, zone)
    free = clinicians_free([stretch.clinician_id], day, day, zone).get(stretch.clinician_id, [])
    since, until = to_epoch(stretch.starts_at), to_epoch(stretch.ends_at)
    return any(start <= since and until <= end for start, end in free)


def clinicians_free(clinicians: Iterable[int], first: date, last: date, zone: ZoneInfo) -> dict[int, list[Span]]:
    """Return when these clinicians work and are free, between two local days. One statement."""
    nobody = Visit(0, 1, 0, 0, 0, None)
    return read(nobody, first=first, last=last, clinicians=clinicians, zone=zone).clinicians


def _opening(stretch: Stretch, clinic: Clinic, people: Mapping[int, Clinician]) -> Opening:
    around = (stretch.starts_at - A_DAY, stretch.ends_at + A_DAY)
    held = Appointment.objects.starting(*around).filter(status__in=HOLDING)
    rooms, devices = defaultdict(list), defaultdict(list)
    for room_id, device_id, since, until in held.values_list("room_id", "device_id", "starts_at", "frees_at"):
        rooms[room_id].append((to_epoch(since), to_epoch(until)))
        devices[device_id].append((to_epoch(since), to_epoch(until)))
    whole = (to_epoch(around[0]), to_epoch(around[1]))
    return Opening(
        clinician_id=stretch.clinician_id,
        starts_at=stretch.starts_at,
        ends_at=stretch.ends_at,
        zone=clinic.tz,
        grid_minutes=clinic.grid_minutes,
        shortest=shortest_visit(),
        rooms=_by_kind(Room.objects.filter(is_active=True).values_list("pk", "kind_id"), rooms, whole),
        devices=_by_kind(Device.objects.filter(is_active=True).values_list("pk", "kind_id"), devices, whole),
        names={key: one.short_name for key, one in people.items()},
    )


def _by_kind(
    rows: Iterable[tuple[int, int]], held: Mapping[int, list[Span]], whole: Span
) -> dict[int, list[list[Span]]]:
    found: dict[int, list[list[Span]]] = {}
    for key, kind in rows:
        found.setdefault(kind, []).append(_without(whole, sorted(held.get(key, []))))
    return found


def _without(whole: Span, held: Sequence[Span]) -> list[Span]:
    """Return what is left of a stretch without these ones, sorted."""
    free, at = [], whole[0]
    for since, until in held:
        if since > at:
            free.append((at, since))
        at = max(at, until)
    return [*free, (at, whole[1])] if at < whole[1] else free


def _answers(round_id: int | None, zone: ZoneInfo) -> dict[int, str]:
    """Return what those who were offered this time said, by entry; whoever did not answer a call may be asked again."""
    if round_id is None:
        return {}
    said = {
        OfferState.DECLINED: _("Declined at %(time)s"),
        OfferState.LAPSED: _("Did not answer until %(time)s"),
        OfferState.WITHDRAWN: _("Taken back at %(time)s"),
    }
    rows = Offer.objects.filter(round=round_id, state__in=said).values_list("entry_id", "state", "ended_at")
    return {
        entry_id: said[OfferState(state)] % {"time": clock(wall_time(at, zone))}
        for entry_id, state, at in rows.order_by("ended_at")
        if at
    }


def _persons(
    entries: Sequence[WaitingEntry],
    stretch: Stretch,
    people: Mapping[int, Clinician],
    clinic: Clinic,
    answers: Mapping[int, str],
) -> list[Person]:
    patients = {entry.patient_id for entry in entries}
    held, places = held_by(patients), places_of(patients)
    kinds = {one.kind: one for one in VisitType.objects.all()}
    one = people.get(stretch.clinician_id)
    found = []
    for entry in entries:
        visit = _visit(entry, kinds)
        if visit is None:
            continue
        barred = _barred(entry, places, one, people)
        own = held[entry.patient_id]
        found.append(_person(entry, visit, own, places, stretch, clinic.tz, barred, answers.get(entry.pk, "")))
    return found


def _visit(entry: WaitingEntry, kinds: Mapping[str, VisitType]) -> Visit | None:
    """Return what the visit takes: as it is booked, as the course says, or as the clinic offers it."""
    if entry.appointment:
        return Visit.like(entry.appointment)
    if entry.plan:
        return Visit.of(entry.plan)
    return Visit.outside(kinds[entry.kind], entry.patient_id) if entry.kind in kinds else None


def _barred(entry: WaitingEntry, places: Places, one: Clinician | None, people: Mapping[int, Clinician]) -> str:
    """Say "Eyelids: Dr. Sandhu only" where this clinician may not treat the course; nothing where they may."""
    named = places.named(entry.plan_id) if entry.plan_id else Named()
    if one is None:
        return _("This clinician takes no visits now")
    barred = [name for name, keys in named.places if one.pk not in keys]
    if not barred:
        return ""
    may = [person.short_name for person in named.among(people).values()]
    if not may:
        return _("%(place)s: nobody is named yet") % {"place": barred[0]}
    return _("%(place)s: %(who)s only") % {"place": barred[0], "who": ", ".join(may)}


def _person(
    entry: WaitingEntry,
    visit: Visit,
    held: Sequence[HeldVisit],
    places: Places,
    stretch: Stretch,
    zone: ZoneInfo,
    barred: str,
    answered: str,
) -> Person:
    plan, booked = entry.plan, entry.appointment
    others = [one for one in held if one.pk != entry.appointment_id]
    near = (stretch.starts_at - A_DAY, stretch.ends_at + A_DAY)
    return Person(
        key=entry.pk,
        minutes=visit.minutes,
        numbing_minutes=visit.numbing_minutes,
        turnover_minutes=visit.turnover_minutes,
        room_kind_id=visit.room_kind_id,
        device_kind_id=visit.device_kind_id,
        since=entry.since,
        rule=Rule(plan.interval_min, plan.interval_ideal, plan.interval_max) if plan else None,
        own_days=tuple(local_day(one.starts_at, zone) for one in others if plan and one.plan_id == plan.pk),
        others=tuple(kept_away(plan, others, places, zone)) if plan else (),
        booked_at=booked.starts_at if booked else None,
        busy=tuple((one.arrives_at, one.ends_at) for one in others if near[0] < one.starts_at < near[1]),
        weekdays=frozenset(entry.weekdays),
        from_time=entry.from_time,
        until_time=entry.until_time,
        notice_hours=entry.notice_hours,
        clinician_id=entry.clinician_id,
        barred=barred,
        answered=answered,
        nothing_to_book=bool(plan and booked is None and not getattr(entry, "has_session_left", True)),
    )


def spans_of(stretch: Stretch) -> Span:
    return to_epoch(stretch.starts_at), to_epoch(stretch.ends_at)


def stretch_of(clinician_id: int, span: Span) -> Stretch:
    return Stretch(clinician_id, from_epoch(span[0]), from_epoch(span[1]))
