"""What a patient reads after a visit: one version of the text, with its times reckoned from the visit's end.

The words are our own (domain 8.3). They name no treatment, product or place on the body.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import gettext as _

from clinic.lib.days import clock, local_day
from patients.models import Language
from treatments.models import AftercareText, Protocol

MONTHS = 3
FOUR_WEEKS = 28
CHART_WIDTH = 262
"""Units of the drawing that four weeks take."""


def first_version() -> dict[str, Any]:
    """Return the fields of the text that a new clinic starts with."""
    return {
        "version": 1,
        "language": Language.ENGLISH,
        "steps": [
            {
                "icon": "droplet",
                "title": "Keep it clean and dry",
                "text": "No cream or make-up on the area. Loose clothes feel best.",
                "until_hours": 8,
            },
            {
                "icon": "cup-hot",
                "title": "Take it easy",
                "text": "Light days. No hard exercise, no alcohol. Most people rest for a couple of days.",
                "until_hours": 48,
            },
            {
                "icon": "water",
                "title": "No hot baths, saunas or pools",
                "text": "Stay out of the sun and tanning beds until any bruise fades.",
                "until_hours": 72,
            },
            {
                "icon": "hand-index-thumb",
                "title": "Gentle massage",
                "text": "A few minutes, twice a day, with clean hands. It can ease soreness. Stop if it hurts.",
                "from": "massage",
            },
        ],
        "common": [
            {"title": "Soreness", "words": "a day or two", "days": 3},
            {"title": "Bruises", "words": "about a week", "days": 7},
            {"title": "Small knots", "words": "a few weeks", "days": 19},
            {
                "text": "For pain, ask us what suits you. Please do not start or stop a prescribed medicine without "
                "asking."
            },
        ],
        "same_day": [
            "redness or warmth that spreads",
            "pus, a blister or an open sore",
            "fever or chills",
            "pain that gets worse after day 3",
            "skin that turns pale, grey or dark",
            "an uneven smile, or trouble swallowing",
        ],
        "emergency": "for trouble breathing, swelling of the face, lips or tongue, or fainting.",
        "months": "Until {until}, tell us about any new lump, or one that grows, drains or comes back. It is rare, and "
        "it can show up weeks later.",
        "ahead": "Results differ from person to person. When they come, they often last a year or more. Gaining weight "
        "can change them; steady healthy habits help.",
    }


@dataclass(frozen=True)
class Step:
    """One thing to do, with its moment in words: "until tomorrow 14:30"."""

    icon: str
    title: str
    text: str
    words: str
    is_now: bool


@dataclass(frozen=True)
class Common:
    """One thing that is common and settles, with the length of its bar."""

    title: str
    words: str
    width: int
    top: int

    @property
    def baseline(self) -> int:
        return self.top + 9

    @property
    def words_left(self) -> int:
        return self.width + 6


@dataclass(frozen=True)
class Note:
    """The whole note of one visit, ready to be shown."""

    steps: list[Step]
    last_day: str
    common: list[Common]
    common_words: str
    common_text: list[str]
    same_day: list[str]
    emergency: str
    months: str
    ahead: str


def note_of(protocol: Protocol, *, language: str, ended_at: datetime, now: datetime, zone: ZoneInfo) -> Note | None:
    """Return the note of a visit, in the patient's language where there is one; None without a text."""
    texts = {text.language: text for text in AftercareText.objects.filter(version=protocol.aftercare_version)}
    text = texts.get(language) or texts.get(Language.ENGLISH)
    if text is None:
        return None
    moments = [(step, _moment(step, protocol, ended_at, zone)) for step in text.steps]
    shown = [(step, moment) for step, moment in moments if moment is not None]
    untils = [moment for step, moment in shown if "until_hours" in step]
    now_until = min((moment for moment in untils if moment > now), default=None)
    bars = [item for item in text.common if "days" in item]
    return Note(
        steps=[_step(step, moment, now, zone, is_now=moment == now_until) for step, moment in shown],
        last_day=_weekday(max(untils, default=now), zone),
        common=[_bar(item, top=8 + 24 * place) for place, item in enumerate(bars)],
        common_words=" ".join(f"{item['title']}: {item['words']}." for item in bars),
        common_text=[item["text"] for item in text.common if "text" in item],
        same_day=text.same_day,
        emergency=text.emergency,
        months=text.months.replace("{until}", formats.date_format(_in_months(local_day(ended_at, zone)), "j F")),
        ahead=text.ahead,
    )


def _moment(step: Mapping[str, Any], protocol: Protocol, ended_at: datetime, zone: ZoneInfo) -> datetime | None:
    """Return when a step ends or begins. Whole days go by the wall clock, hours by the time that passes."""
    hours = step.get("until_hours") or (protocol.massage_from_hours if step.get("from") == "massage" else None)
    if not hours:
        return None
    days, hours = divmod(hours, 24)
    wall = ended_at.astimezone(zone) + timedelta(days=days)
    return wall.astimezone(UTC) + timedelta(hours=hours)


def _step(step: Mapping[str, Any], moment: datetime, now: datetime, zone: ZoneInfo, *, is_now: bool) -> Step:
    when = _when(moment, now, zone)
    words = _("until %(when)s") if "until_hours" in step else _("from %(when)s")
    return Step(step["icon"], step["title"], step["text"], words % {"when": when}, is_now and "until_hours" in step)


def _when(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Return a moment as a person says it: "22:30 tonight", "tomorrow 14:30", "Thursday 14:30", "24 November 14:30"."""
    local = moment.astimezone(zone)
    away = (local.date() - local_day(now, zone)).days
    values = {"time": clock(local.time()), "day": formats.date_format(local, "l" if 0 < away < 7 else "l j F")}
    if away == 0:
        return (_("%(time)s tonight") if local.hour >= 18 else _("%(time)s today")) % values
    return (_("tomorrow %(time)s") if away == 1 else _("%(day)s %(time)s")) % values


def _weekday(moment: datetime, zone: ZoneInfo) -> str:
    return formats.date_format(moment.astimezone(zone), "l")


def _bar(item: Mapping[str, Any], *, top: int) -> Common:
    width = round(min(int(item["days"]), FOUR_WEEKS) / FOUR_WEEKS * CHART_WIDTH)
    return Common(item["title"], item["words"], width, top)


def _in_months(day: date, months: int = MONTHS) -> date:
    """Return the same day some months later, or that month's last."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month, min(day.day, last))
