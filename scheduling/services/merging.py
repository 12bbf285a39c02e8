"""Make one file of two that belong to one person: what each app keeps of the one moves to the other, with a log."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pghistory
from django.db.models import Prefetch
from django.utils.translation import gettext as _

from clinic.lib.days import clock, day_words, local_day, wall_time
from clinic.lib.locks import Busy, StateRefused, Taken, compare_and_set, in_transaction, lock_rows
from clinic.lib.operations import once
from clinic.models import Clinic, Operation, User
from patients.details import Details, e164, problems
from patients.facts import together
from patients.models import Link, Merge, Message, Patient
from scheduling.models import HOLDING, Appointment, WaitingEntry
from scheduling.services.errors import BookingError
from scheduling.services.locks import lock_book
from treatments.models import PlanArea, TreatmentPlan

TRIES = 3


class MergeRefused(BookingError):
    """The two files cannot be made one as they stand."""


class _Grown(Exception):
    """A course was planned between the look and the lock: look again."""


@dataclass(frozen=True)
class Pair:
    """Which file stays and which goes, as the person saw them: each with its version."""

    kept_id: int
    gone_id: int
    kept_version: int
    gone_version: int


def merge_patients(
    *, key: uuid.UUID, pair: Pair, take: Mapping[str, str], reason: str, actor: User | None, now: datetime
) -> Operation:
    """Move all that one file has to the other, put it away, and write down what moved. It is not taken back.

    `take` says by fact whose words stay (patients.facts). The result: `patient` (the kept one), `moved` (counts).
    Raises MergeRefused when two of their visits overlap, when a file changed since it was shown, or when one of them is
    not in use; OperationReused, Busy.
    """
    body = {"kept": pair.kept_id, "gone": pair.gone_id, "take": dict(take), "reason": reason}

    def act(operation: Operation) -> None:
        _merge(operation, pair, take, reason.strip()[:200], actor, now)

    def attempt() -> Operation:
        with pghistory.context(user=actor.pk if actor else None):
            return once(key=key, kind="merge_patients", actor=actor, body=body, now=now, act=act)

    for _attempt in range(TRIES):
        try:
            return in_transaction(attempt)
        except _Grown:
            continue
        except StateRefused as error:
            words = _("Someone changed one of the files meanwhile. Nothing was saved. Look at both again.")
            raise MergeRefused(words) from error
        except Taken as error:
            raise MergeRefused(
                _("Both files have a visit at one time. Nothing was saved. Move one of them.")
            ) from error
    raise Busy


def _merge(
    operation: Operation, pair: Pair, take: Mapping[str, str], reason: str, actor: User | None, now: datetime
) -> None:
    kept, gone = _lock(pair)
    _check(pair, kept, gone, reason, now)
    values = together(kept, gone, take)
    _check_values(values, now)
    moved = _move(kept, gone)
    Patient.objects.filter(merged_into=gone).update(merged_into=kept)
    compare_and_set(
        gone,
        same=("merged_into_id", "version"),
        archived_at=now,
        merged_into=kept,
        archived_reason=_("Merged into file %(file)s") % {"file": kept.file_label},
        version=gone.version + 1,
    )
    for name, value in values.items():
        setattr(kept, name, value)
    kept.version += 1
    kept.save()
    Merge.objects.create(
        kept=kept,
        gone=gone,
        reason=reason,
        actor=operation.actor,
        user=actor,
        moved=moved | {"taken": dict(take)},
        at=now,
    )
    operation.result = {
        "patient": str(kept.public_id),
        "moved": {kind: len(keys) for kind, keys in moved.items()},
    }


def _lock(pair: Pair) -> tuple[Patient, Patient]:
    """Lock both files, their courses and all that their visits use up, in the one order."""
    both = [pair.kept_id, pair.gone_id]
    plans = set(TreatmentPlan.objects.filter(patient__in=both).values_list("pk", flat=True))
    visits = list(Appointment.objects.filter(patient__in=both))
    lock_book(
        plans=plans,
        patients=both,
        clinicians=[visit.clinician_id for visit in visits],
        rooms=[visit.room_id for visit in visits],
        devices=[visit.device_id for visit in visits],
    )
    # Courses are planned under the patient's lock: from here on there are no more.
    if plans != set(TreatmentPlan.objects.filter(patient__in=both).values_list("pk", flat=True)):
        raise _Grown
    found = Patient.objects.select_related("merged_into").in_bulk(both)
    return found[pair.kept_id], found[pair.gone_id]


def _check(pair: Pair, kept: Patient, gone: Patient, reason: str, now: datetime) -> None:
    if not reason:
        raise MergeRefused(_("Write how you know that they are one person. Nothing was saved."))
    if kept.pk == gone.pk:
        raise MergeRefused(_("This is one file already. Nothing was saved. Choose another."))
    for patient in (kept, gone):
        if patient.merged_into:
            words = _("File %(old)s was merged into file %(file)s meanwhile. Nothing was saved. Go on in that one.")
            raise MergeRefused(words % {"old": patient.file_label, "file": patient.merged_into.file_label})
    if kept.is_archived:
        raise MergeRefused(_("The file that stays is archived. Nothing was saved. Take it back into use first."))
    if (kept.version, gone.version) != (pair.kept_version, pair.gone_version):
        raise MergeRefused(_("Someone changed one of the files meanwhile. Nothing was saved. Look at both again."))
    if moment := overlap(kept, gone):
        zone = Clinic.objects.current().tz
        day = day_words(local_day(moment, zone), local_day(now, zone))
        words = _(
            "Both files have a visit on %(day)s at %(time)s. Nothing was saved. Cancel or move one of them first."
        )
        raise MergeRefused(words % {"day": day, "time": clock(wall_time(moment, zone))})


def overlap(kept: Patient, gone: Patient) -> datetime | None:
    """Return when the first two visits of these files overlap: one person cannot have been at both."""
    visits = Appointment.objects.filter(patient__in=[kept, gone], status__in=HOLDING).order_by("arrives_at")
    last: Appointment | None = None
    for visit in visits:
        if last is not None and visit.arrives_at < last.ends_at:
            return visit.starts_at
        last = visit if last is None or visit.ends_at > last.ends_at else last
    return None


@dataclass(frozen=True)
class Shared:
    """Two open courses, one of each file, that treat a place in common."""

    kept: TreatmentPlan
    gone: TreatmentPlan
    places: tuple[PlanArea, ...]


def shared_places(kept: Patient, gone: Patient) -> list[Shared]:
    """Return the open courses that would treat one place of one body. The midline touches both sides."""
    places = Prefetch("areas", PlanArea.objects.select_related("area"))
    plans = list(TreatmentPlan.objects.open().filter(patient__in=[kept, gone]).prefetch_related(places))
    of_kept, of_gone = ([plan for plan in plans if plan.patient_id == one.pk] for one in (kept, gone))
    pairs = [(one, other, _common(one, other)) for one in of_kept for other in of_gone]
    return [Shared(*pair) for pair in pairs if pair[2]]


def _common(one: TreatmentPlan, other: TreatmentPlan) -> tuple[PlanArea, ...]:
    theirs = list(other.areas.all())
    return tuple(place for place in one.areas.all() if any(place.touches(there) for there in theirs))


def _check_values(values: dict[str, Any], now: datetime) -> None:
    clinic = Clinic.objects.current()
    names = Details.__dataclass_fields__
    facts: dict[str, Any] = {
        name: e164(value) if name.endswith("phone") else value for name, value in values.items() if name in names
    }
    found = problems(Details(**facts), local_day(now, clinic.tz), clinic.age_of_majority)
    if found:
        raise MergeRefused(_("%(why)s Nothing was saved.") % {"why": " ".join(found.values())})


def belongings(patient: Patient) -> dict[str, list[int]]:
    """Return the keys of all that would move with a file, by kind."""
    return {
        "plans": list(patient.plans.values_list("pk", flat=True)),
        "visits": list(patient.appointments.values_list("pk", flat=True)),
        "messages": list(patient.messages.values_list("pk", flat=True)),
        "links": list(Link.objects.filter(message__patient=patient).values_list("pk", flat=True)),
        "files": list(patient.merged_files.values_list("pk", flat=True)),
        "waiting": list(patient.waiting_entries.values_list("pk", flat=True)),
    }


def _move(kept: Patient, gone: Patient) -> dict[str, list[int]]:
    """Move every row; links go with their messages. What a visit is and its version stay, so that undo still works."""
    lock_rows(Message, gone.messages.values_list("pk", flat=True))
    moved = belongings(gone)
    TreatmentPlan.objects.filter(patient=gone).update(patient=kept)
    Appointment.objects.filter(patient=gone).update(patient=kept)
    Message.objects.filter(patient=gone).update(patient=kept)
    WaitingEntry.objects.filter(patient=gone).update(patient=kept)
    return moved
