"""Refusals of hours painted on the board."""

from datetime import date
from typing import Any

from tests.refusals.scene import Cases, Scene

CASES = Cases()
shows = CASES.shows
WEDNESDAY = date(2026, 12, 2)


def paint(s: Scene, **typed: Any) -> None:
    """Paint a span of a day on which Moira works from 8:00 until 18:00."""
    s.send("board_hours", WEDNESDAY, s.moira.pk, **{"what": "away", "since": "10:00", "until": "12:00"} | typed)


@shows("Moira works then already. Nothing was saved. Choose other times.")
def work_where_she_works(s: Scene) -> None:
    paint(s, what="works")


@shows("Moira does not work then anyway. Nothing was saved. Choose other times.")
def do_not_work_in_the_night(s: Scene) -> None:
    paint(s, what="off", since="20:00", until="21:00")


@shows("A break has a beginning and an end. Enter both, or choose “Does not work”.")
def a_break_of_a_whole_day(s: Scene) -> None:
    paint(s, what="break", whole="on")


@shows("Enter from when until when.")
def work_a_whole_day_as_well(s: Scene) -> None:
    paint(s, what="works", whole="on")


@shows("Enter a time, or choose the whole day.")
def away_without_an_end(s: Scene) -> None:
    paint(s, until="")


@shows("Enter this day or a later one.")
def away_until_the_day_before(s: Scene) -> None:
    paint(s, last="1 Dec 2026")
