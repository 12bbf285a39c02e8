"""When somebody works, looked up five minutes at a time."""

from copy import deepcopy
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from scheduling.services.errors import HoursRefused, UndoRefused

TICK = timedelta(minutes=5)
Row = dict[str, Any]
Refused = set[type[Exception]]
ids = count(-1, -1)


class Hours:
    """Rows by key: `week`, `day`, `away`, `closed`, as somebody would note them on paper."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.rows: dict[int, Row] = {}
        self.keys: dict[tuple[str, int], int] = {}

    def some(self, what: str, **fields: Any) -> list[int]:
        return [
            key
            for key, row in self.rows.items()
            if row["what"] == what and all(row[name] == value for name, value in fields.items())
        ]

    def works(self, clinician: int, start: datetime, end: datetime) -> bool:
        """Say whether somebody is there for all of `[start, end)`."""
        ticks = int((end - start) / TICK)
        return all(self._there(clinician, start + n * TICK) for n in range(ticks))

    def _there(self, clinician: int, moment: datetime) -> bool:
        wall = moment.astimezone(self.zone)
        day, clock = wall.date(), wall.time()
        week = [row for row in self.rows.values() if row["what"] == "week" and self._is_of(row, clinician, day)]
        own = [self.rows[key] for key in self.some("day", clinician=clinician, on=day)]
        work = own or [row for row in week if not row["rest"]]
        return (
            any(row["from"] is not None and row["from"] <= clock < row["until"] for row in work)
            and not any(row["rest"] and row["from"] <= clock < row["until"] for row in week)
            and not any(self._away(key, clinician, moment) for key in self.some("away"))
            and not any(self.rows[key]["from"] <= day <= self.rows[key]["until"] for key in self.some("closed"))
        )

    def _is_of(self, row: Row, clinician: int, day: date) -> bool:
        valid = row["since"] <= day and (row["last"] is None or day <= row["last"])
        return row["clinician"] == clinician and valid and row["weekday"] == day.weekday()

    def _away(self, key: int, clinician: int, moment: datetime) -> bool:
        row = self.rows[key]
        return row["clinician"] == clinician and row["from"] <= moment < row["until"]

    def add(self, what: str, key: int | None = None, **fields: Any) -> None:
        self.rows[next(ids) if key is None else key] = {"what": what, **fields}

    def add_week(self, clinician: int, since: date, spans: list[tuple[int, time, time, bool]]) -> None:
        for weekday, start, end, rest in spans:
            self.add(
                "week",
                clinician=clinician,
                weekday=weekday,
                rest=rest,
                since=since,
                last=None,
                until=end,
                **{"from": start},
            )

    def named(self, what: str, pk: int | None) -> None:
        """Write down under which key the database keeps the newest row."""
        if pk is not None:
            self.keys[what, pk] = min(self.rows)

    def pk(self, key: int) -> int:
        """Return the key of a row in the database."""
        return next(pk for (_what, pk), row in self.keys.items() if row == key)


def changes(before: dict[int, Row], after: dict[int, Row]) -> dict[int, tuple[Row | None, Row | None]]:
    """Return the rows that changed, by key: each as it was and as it is."""
    return {
        key: (before.get(key), deepcopy(after.get(key)))
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key)
    }


def absence_refused(hours: Hours, clinician: int, start: datetime, end: datetime, now: datetime) -> Refused:
    others = [hours.rows[key] for key in hours.some("away", clinician=clinician)]
    overlaps = any(row["from"] < end and start < row["until"] for row in others)
    return {HoursRefused} if end <= now or overlaps else set()


def absence_ends(hours: Hours, key: int, now: datetime) -> None:
    if hours.rows[key]["from"] < now:
        hours.rows[key]["until"] = now
    else:
        del hours.rows[key]


def closure_ends(hours: Hours, key: int, today: date) -> None:
    if hours.rows[key]["from"] < today:
        hours.rows[key]["until"] = today - timedelta(days=1)
    else:
        del hours.rows[key]


def new_week(hours: Hours, clinician: int, since: date, spans: list[tuple[int, time, time, bool]]) -> None:
    for key in hours.some("week", clinician=clinician):
        row = hours.rows[key]
        if row["since"] >= since:
            del hours.rows[key]
        elif row["last"] is None or row["last"] >= since:
            row["last"] = since - timedelta(days=1)
    hours.add_week(clinician, since, spans)


def new_day(hours: Hours, clinician: int, on: date, spans: list[tuple[time, time]]) -> None:
    for key in hours.some("day", clinician=clinician, on=on):
        del hours.rows[key]
    for start, end in spans or [(None, None)]:
        hours.add("day", clinician=clinician, on=on, until=end, **{"from": start})


def _speaks_of(row: Row, what: str, clinician: int, day: date) -> bool:
    """Say whether a row is about the same day, or about weeks from the same day on."""
    if (row["what"], row.get("clinician")) != (what, clinician):
        return False
    return bool(row["on"] == day if what == "day" else row["last"] is None or row["last"] >= day)


def put_back(
    hours: Hours, done: dict[int, tuple[Row | None, Row | None]], scope: tuple[str, int, date] | None
) -> Refused:
    """Give every row what it was before, unless one is not as it was left or others took its place meanwhile."""
    if any(hours.rows.get(key) != after for key, (_before, after) in done.items()):
        return {UndoRefused}
    if scope and any(key not in done and _speaks_of(row, *scope) for key, row in hours.rows.items()):
        return {UndoRefused}
    for key, (before, _after) in done.items():
        if before is None:
            del hours.rows[key]
        else:
            hours.rows[key] = deepcopy(before)
    return {UndoRefused} if _contradicts_itself(hours) else set()


def _contradicts_itself(hours: Hours) -> bool:
    """Say whether two rows speak of one moment of one clinician, each in its own way."""
    return any(
        one["what"] == other["what"] and one["what"] != "closed" and _same_moment(one, other)
        for key, one in hours.rows.items()
        for other_key, other in hours.rows.items()
        if key < other_key
    )


def _same_moment(one: Row, other: Row) -> bool:
    if one["clinician"] != other["clinician"]:
        return False
    if one["what"] == "away":
        return bool(one["from"] < other["until"] and other["from"] < one["until"])
    if one["what"] == "day":
        same = one["on"] == other["on"]
        return same and (None in {one["from"], other["from"]} or _meet(one, other))
    if (one["weekday"], one["rest"]) != (other["weekday"], other["rest"]):
        return False
    last = min(row["last"] or date.max for row in (one, other))
    return max(one["since"], other["since"]) <= last and _meet(one, other)


def _meet(one: Row, other: Row) -> bool:
    return bool(one["from"] < other["until"] and other["from"] < one["until"])
