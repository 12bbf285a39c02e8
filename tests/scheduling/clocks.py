"""Zones, their transitions, and zone rules that change, for the tests of time."""

import shutil
import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

ZONES = ["America/St_Johns", "America/Toronto", "Australia/Lord_Howe", "UTC"]
FIRST, LAST = datetime(2010, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
AROUND, TICK = timedelta(hours=2), timedelta(minutes=5)


def transitions(name: str) -> list[datetime]:
    """Return every instant from 2010 to 2030 at which the offset of a zone changes."""
    zone, found, moment = ZoneInfo(name), [], FIRST
    while moment < LAST:
        following = moment + timedelta(days=1)
        if _offset(moment, zone) != _offset(following, zone):
            found.append(_between(moment, following, zone))
        moment = following
    return found


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()


def _between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        middle = middle.replace(microsecond=0)
        before, after = (middle, after) if _offset(middle, zone) == _offset(before, zone) else (before, middle)
    return after


TRANSITIONS = [(name, moment) for name in ZONES for moment in transitions(name)]
"""126: two a year in three zones. Newfoundland changed at 00:01 until 2011; Lord Howe changes by half an hour."""


def transitions_of(name: str) -> list[datetime]:
    return [moment for zone_name, moment in TRANSITIONS if zone_name == name]


def around(moment: datetime, reach: timedelta = AROUND) -> list[datetime]:
    """Return the instants from so long before until so long after, five minutes apart."""
    return [moment + n * TICK for n in range(int(-reach / TICK), int(reach / TICK) + 1)]


@contextmanager
def other_rules(name: str, folder: Path, rule: str) -> Iterator[None]:
    """Let a zone follow another POSIX rule from its last known transition on, as an update of its rules would."""
    path = folder.joinpath(*name.split("/"))
    path.parent.mkdir(parents=True)
    source = resources.files("tzdata.zoneinfo").joinpath(*name.split("/"))
    data = source.read_bytes()
    head, _rule, _end = data.rsplit(b"\n", 2)
    path.write_bytes(head + b"\n" + rule.encode() + b"\n")
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath([str(folder), *before])
    ZoneInfo.clear_cache()
    try:
        yield
    finally:
        zoneinfo.reset_tzpath(list(before))
        ZoneInfo.clear_cache()
        shutil.rmtree(folder / name.split("/")[0])
