"""The rows of a plan for an absence as the database keeps them, and as the solver knows them."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from scheduling.models import Appointment
from scheduling.planning.away.candidates import Reading
from scheduling.planning.away.model import QUARTER, Place, Plan, Score
from scheduling.planning.freetime import from_epoch, to_epoch
from scheduling.planning.types import Slot

LOCKED, LEFT_OUT = "locked", "left out"


@dataclass(frozen=True)
class Kept:
    """One visit of a plan. Instants are seconds since 1970, days ordinals of local days.

    `to` is None where it is left over. `earliest` and `latest` bound the days on which it breaks no window; both None
    where there is no such day. `pinned` says that a person decided; `gone` that its time was taken meanwhile.
    """

    visit: int
    was: int
    was_who: int
    was_day: int
    to: int | None = None
    who: int = 0
    room: int | None = None
    device: int | None = None
    day: int = 0
    minutes: int = 0
    earliest: int | None = None
    latest: int | None = None
    pinned: str = ""
    gone: bool = False

    @property
    def is_left(self) -> bool:
        return self.to is None

    @property
    def keeps_time(self) -> bool:
        return self.to == self.was

    @property
    def days_off(self) -> int:
        return abs(self.day - self.was_day)

    @property
    def place(self) -> Place:
        """Where it is to be, as the solver knows it; where it stands when it is left over."""
        if self.to is None:
            return Place(self.was, self.was_who, self.was_day)
        return Place(self.to, self.who, self.day, self.minutes)

    @property
    def slot(self) -> Slot | None:
        return Slot(from_epoch(self.to), self.who, self.room, self.device) if self.to is not None else None

    @property
    def score(self) -> Score:
        if self.is_left:
            return Score(left=1)
        quarters, others = -(-self.minutes // QUARTER), int(self.who != self.was_who)
        return Score(moves=int(not self.keeps_time), days=self.days_off, quarters=quarters, others=others)

    def still(self, visit: Appointment) -> bool:
        """Say whether a visit stands where it stood when the plan was made, and can still be moved."""
        return visit.is_ahead and to_epoch(visit.starts_at) == self.was and visit.clinician_id == self.was_who


def read_rows(rows: Iterable[dict[str, Any]]) -> list[Kept]:
    return [Kept(**row) for row in rows]


def write_rows(rows: Iterable[Kept]) -> list[dict[str, Any]]:
    return [asdict(row) for row in rows]


def score_of(rows: Iterable[Kept]) -> Score:
    total = Score()
    for row in rows:
        total = total.plus(row.score)
    return total


def rows_of(reading: Reading, plan: Plan, before: Sequence[Kept] = ()) -> list[Kept]:
    """Return the rows that a plan makes; what a person pinned `before` stays pinned where it stays."""
    pins = {(row.visit, row.place): row.pinned for row in before}
    slots = reading.slots(plan)
    return [
        with_place(
            Kept(
                visit=job.key,
                was=job.own.start,
                was_who=job.own.clinician_id,
                was_day=job.own.day,
                earliest=_day(reading, job.key, "earliest"),
                latest=_day(reading, job.key, "latest"),
                pinned=pins.get((job.key, place), ""),
            ),
            place,
            slots.get(job.key),
        )
        for job, place in zip(reading.problem.jobs, plan, strict=True)
    ]


def _day(reading: Reading, key: int, which: str) -> int | None:
    window = reading.windows.get(key)
    day: date | None = getattr(window, which) if window and window.latest and window.latest >= window.earliest else None
    return day.toordinal() if day else None


def with_place(row: Kept, place: Place, slot: Slot | None) -> Kept:
    """Return the row with this place, or left over without a slot."""
    if slot is None:
        return replace(row, to=None, who=0, room=None, device=None, day=0, minutes=0, gone=False)
    return replace(
        row,
        to=place.start,
        who=place.clinician_id,
        room=slot.room_id,
        device=slot.device_id,
        day=place.day,
        minutes=place.minutes,
        gone=False,
    )


def moment(seconds: int) -> datetime:
    return from_epoch(seconds)
