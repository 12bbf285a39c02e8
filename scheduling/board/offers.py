"""What is offered by mail at this moment, as a board shows it: ground of the free time, and a line beside the day."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from clinic.lib.days import local_day, wall_time
from clinic.models import Clinic
from scheduling.board.asked import Asked, View
from scheduling.board.columns import Block, Column
from scheduling.board.reading import Ground
from scheduling.running_offers import Running


def offers_on(ground: Ground, asked: Asked, clinic: Clinic, now: datetime) -> list[Running]:
    """Return what is offered of the days that are shown; of a week, of its clinician."""
    people = {one.pk: one for one in ground.clinicians}
    of_week = asked.view == View.WEEK
    wanted = (row for row in ground.offers if not of_week or row["clinician_id"] == asked.clinician_id)
    return [Running.of(row, people[row["clinician_id"]], clinic, now, discreet=asked.hides_names) for row in wanted]


def on_ground(columns: Iterable[Column], offers: list[Running], asked: Asked, clinic: Clinic) -> list[Column]:
    """Return the columns with the times that are offered, under their clinician: the room is chosen with the yes."""
    return [
        replace(
            column,
            ground=(*column.ground, *(_block(one, clinic) for one in offers if _is_in(column, one, asked, clinic))),
        )
        for column in columns
    ]


def _is_in(column: Column, one: Running, asked: Asked, clinic: Clinic) -> bool:
    day = local_day(one.stretch.starts_at, clinic.tz)
    return column.clinician_id == one.stretch.clinician_id and (column.day or asked.day) == day


def _block(one: Running, clinic: Clinic) -> Block:
    since, until = (wall_time(moment, clinic.tz) for moment in (one.stretch.starts_at, one.stretch.ends_at))
    return Block(
        "offer", since, until, _("Offered to %(name)s until %(until)s") % {"name": one.name, "until": one.until}
    )


def plain(one: Running) -> dict[str, str]:
    """Return a line of the list beside the board."""
    about = _("until %(until)s, with %(who)s") % {"until": one.until, "who": one.who}
    return {"time": one.starts, "name": one.name, "about": about, "href": one.href}
