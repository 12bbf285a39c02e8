"""Local days and wall times. A day may have 23 or 25 hours, an offset need not be whole hours (reliability 5)."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import formats


class NoSuchTime(ValueError):
    """The clocks skip this wall time on that day."""


class TwoSuchTimes(ValueError):
    """The clocks show this wall time twice on that day."""


def instant(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC) of a wall time on a local day.

    Raises NoSuchTime in the hour that spring skips and TwoSuchTimes in the one that autumn repeats: PostgreSQL and
    Python would each choose in silence, and not alike (reliability 0.10).
    """
    first = datetime.combine(day, wall, tzinfo=zone)
    moment = first.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != first.replace(tzinfo=None):
        raise NoSuchTime(f"{wall:%H:%M} on {day}")
    if first.replace(fold=1).utcoffset() != first.utcoffset():
        raise TwoSuchTimes(f"{wall:%H:%M} on {day}")
    return moment


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC) at which a local day begins."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def day_span(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the instants between which a local day lies, `[first, second)`."""
    return midnight(day, zone), midnight(day + timedelta(days=1), zone)


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """Return the local day on which an instant falls."""
    return moment.astimezone(zone).date()


def wall_time(moment: datetime, zone: ZoneInfo) -> time:
    """Return what the clinic's clock shows at an instant."""
    return moment.astimezone(zone).time()


def age_on(birth_date: date, day: date) -> int:
    """Return the age in whole years on a local day."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def day_words(day: date, today: date) -> str:
    """Return "Tue 24 Nov"; with the year when it is not this one."""
    return formats.date_format(day, "D j M" if day.year == today.year else "D j M Y")


def span_words(first: date, last: date, today: date) -> str:
    """Return "25 – 27 Jan", "25 Dec – 1 Jan" or "25 Dec" for local days, both included."""
    year = "" if last.year == today.year or (last - today).days < 300 else " Y"
    end = formats.date_format(last, f"j M{year}")
    if first == last:
        return end
    start = formats.date_format(first, "j" if (first.year, first.month) == (last.year, last.month) else "j M")
    return f"{start} – {end}"


def clock(wall: time) -> str:
    """Return "14:00"."""
    return f"{wall.hour:02d}:{wall.minute:02d}"  # strftime takes ten times as long, and a board asks for hundreds
