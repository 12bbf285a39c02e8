"""What a board shows, as one plain value: it is put into the page, and asked for again every few seconds."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from clinic.lib.access import Permission, allows
from clinic.lib.days import local_day, midnight
from clinic.models import Clinic, Clinician, User
from scheduling.board.asked import Asked, View
from scheduling.board.cards import Cards
from scheduling.board.columns import Column, columns_of, limits
from scheduling.board.offers import offers_on, on_ground, plain
from scheduling.board.reading import Ground, read_ground
from scheduling.day.flags import Measures
from scheduling.day.visits import DayVisit, day_visits
from scheduling.models import Appointment
from scheduling.running_offers import Running

PAINTED = range(7, 20)
"""Hours that a board shows at least while hours are painted on it, so that there is room beside those of the week."""


@dataclass
class Board:
    """One day or one week, read once: the ground in one query, the visits in another."""

    asked: Asked
    clinic: Clinic
    user: User
    now: datetime

    @property
    def today(self) -> date:
        return local_day(self.now, self.clinic.tz)

    @property
    def is_today(self) -> bool:
        return self.asked.view == View.DAY and self.asked.day == self.today

    @property
    def shows_today(self) -> bool:
        return self.asked.first <= self.today <= self.asked.last

    @property
    def title(self) -> str:
        """Return "Tuesday 24 November" or "23 – 29 November", with the year when it is not this one."""
        year = "" if self.asked.last.year == self.today.year else " Y"
        first, last = self.asked.first, self.asked.last
        if first == last:
            return formats.date_format(first, f"l j F{year}")
        if (first.year, first.month) == (last.year, last.month):
            return f"{first.day} – {formats.date_format(last, f'j F{year}')}"
        start = "" if first.year == last.year else " Y"
        return f"{formats.date_format(first, f'j F{start}')} – {formats.date_format(last, f'j F{year}')}"

    @property
    def people(self) -> list[Clinician]:
        """Whose weeks can be looked at."""
        return [one for one in self.ground.clinicians if one.is_active or one.pk == self.asked.clinician_id]

    @cached_property
    def ground(self) -> Ground:
        return read_ground(self.asked.first, self.asked.last, self.clinic.tz, self.now)

    @cached_property
    def chosen(self) -> Clinician | None:
        """The clinician of a week."""
        return next((one for one in self.ground.clinicians if one.pk == self.asked.clinician_id), None)

    @cached_property
    def visits(self) -> list[DayVisit]:
        """The visits that start on the days shown, be they of 23, 24 or 25 hours."""
        zone = self.clinic.tz
        since, until = midnight(self.asked.first, zone), midnight(self.asked.last + timedelta(days=1), zone)
        found = Appointment.objects.visible_to(self.user).on_the_board().starting(since, until)
        if self.asked.view == View.WEEK:
            found = found.filter(clinician_id=self.asked.clinician_id or 0)
        if self.asked.hides_off:
            found = found.holding()
        return day_visits(found.order_by("starts_at", "pk"))

    @cached_property
    def columns(self) -> list[Column]:
        found = columns_of(self.asked, self.ground, self.visits, tells_why=self.tells_why)
        return on_ground(found, self.offers, self.asked, self.clinic)

    @cached_property
    def offers(self) -> list[Running]:
        """What is offered by mail of the times shown: the desk that books there should know."""
        return offers_on(self.ground, self.asked, self.clinic, self.now)

    @property
    def tells_why(self) -> bool:
        """Say whether this person may read why somebody is away; a screen without names tells it to nobody."""
        return allows(self.user, Permission.MANAGE_HOURS) and not self.asked.hides_names

    def feed(self) -> dict[str, Any]:
        """Return all that the script draws. Times are wall times of the clinic, so that no browser shifts them."""
        first, last = limits(self.columns, self.visits, self.ground)
        if self.asked.paints:
            first, last = min(first, PAINTED.start), max(last, PAINTED.stop)
        measures = Measures.of(self.clinic, self.now, discreet=self.asked.hides_names)
        short_names = {one.pk: one.short_name for one in self.ground.clinicians}
        granted = frozenset(one for one in Permission if allows(self.user, one))
        cards = Cards(self.asked, measures, short_names, granted)
        offset = self.now.astimezone(self.clinic.tz).utcoffset() or timedelta()
        return {
            "view": self.asked.view,
            "by": self.asked.by,
            "day": self.asked.day.isoformat(),
            "today": self.today.isoformat(),
            "offset": int(offset.total_seconds() // 60),
            "opens": first,
            "closes": last,
            "columns": [column.plain() for column in self.columns],
            "cards": [cards.card(visit) for visit in self.visits],
            "offers": [plain(one) for one in self.offers],
        }


def as_text(feed: dict[str, Any]) -> str:
    return json.dumps(feed, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))


# What would end the script it stands in. Within JSON these letters stand in texts only.
ESCAPES = [(letter, f"\\u{ord(letter):04x}") for letter in "<>&\u2028\u2029"]


def in_script(key: str, text: str) -> SafeString:
    """Return JSON as a script that runs nothing, as `json_script` does, without writing the value out again."""
    for letter, escaped in ESCAPES:
        text = text.replace(letter, escaped)
    return format_html('<script id="{}" type="application/json">{}</script>', key, mark_safe(text))  # noqa: S308


def etag_of(text: str) -> str:
    """Return the mark of a feed: the same as long as it says the same."""
    return f'W/"{hashlib.blake2b(text.encode(), digest_size=16).hexdigest()}"'
