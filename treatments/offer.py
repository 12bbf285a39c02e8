"""What the clinic says of a treatment that it offers, and the limits that this must keep (domain 1, rows 33 to 38)."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from django.utils.translation import gettext as _

from treatments.course import FEWEST_SESSIONS, LONGEST_DAYS, MOST_SESSIONS, SHORTEST_DAYS

LONGEST_MINUTES = 60
MOST_ALIASES = 20
LONGEST_ALIAS = 80


@dataclass(frozen=True)
class Offer:
    """A treatment as the owner gives it. `concerns` and `areas` are primary keys, in their order."""

    name: str
    areas: tuple[int, ...]
    sessions_min: int
    sessions_usual: int
    sessions_max: int
    interval_min: int
    interval_ideal: int
    interval_max: int
    minutes: int
    room_kind_id: int
    aliases: tuple[str, ...] = ()
    concerns: tuple[int, ...] = ()
    numbing_minutes: int = 0
    turnover_minutes: int = 0
    shares_day: bool = True
    device_kind_id: int | None = None
    massage_from_hours: int | None = None
    recovery_days: int = 2
    aftercare_version: int = 1
    limits_reason: str = ""
    is_active: bool = True

    @classmethod
    def of(cls, protocol: Any, areas: tuple[int, ...] = (), concerns: tuple[int, ...] = ()) -> Self:  # noqa: ANN401
        """Return what is on file, of a Protocol or of an event row that pghistory keeps of one."""
        plain = {field.name for field in fields(cls)} - {"areas", "concerns", "aliases"}
        values = {name: getattr(protocol, name) for name in plain}
        return cls(**values, aliases=tuple(protocol.aliases), areas=areas, concerns=concerns)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def columns(self) -> dict[str, Any]:
        """Return the values of the row itself."""
        values = {name: value for name, value in self.as_dict().items() if name not in {"areas", "concerns"}}
        return values | {"aliases": list(self.aliases)}


class OfferRefused(Exception):
    """This treatment is not saved. `problems` says why, in a sentence for each field ("" for the whole)."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = problems


def problems(offer: Offer) -> dict[str, str]:
    """Return what keeps this treatment from being saved, by field; an empty dictionary when nothing does."""
    found = _session_problems(offer) | _day_problems(offer) | _visit_problems(offer)
    if not offer.name.strip():
        found["name"] = _("Enter the name that the desk looks for.")
    if not offer.areas:
        found["areas"] = _("Choose at least one area.")
    if long := next((alias for alias in offer.aliases if len(alias) > LONGEST_ALIAS), None):
        found["aliases"] = _("“%(start)s…” is too long: a name has 80 letters at most.") % {"start": long[:24]}
    if len(offer.aliases) > MOST_ALIASES:
        found["aliases"] = _("%(count)d names are too many: keep the 20 that people use.") % {
            "count": len(offer.aliases)
        }
    return found


def _session_problems(offer: Offer) -> dict[str, str]:
    found = {}
    if offer.sessions_min < FEWEST_SESSIONS:
        words = _("%(count)d is too few: a course has 4 to 15 sessions. Enter 4 or more.")
        found["sessions_min"] = words % {"count": offer.sessions_min}
    if offer.sessions_max > MOST_SESSIONS:
        words = _("%(count)d is too many: a course has 4 to 15 sessions. Enter 15 or fewer.")
        found["sessions_max"] = words % {"count": offer.sessions_max}
    if offer.sessions_max < offer.sessions_min:
        words = _("The most cannot be fewer than the fewest: enter %(count)d or more.")
        found.setdefault("sessions_max", words % {"count": offer.sessions_min})
    elif not offer.sessions_min <= offer.sessions_usual <= offer.sessions_max:
        words = _("The usual number lies between the fewest and the most: enter %(least)d to %(most)d.")
        found["sessions_usual"] = words % {"least": offer.sessions_min, "most": offer.sessions_max}
    return found


def _day_problems(offer: Offer) -> dict[str, str]:
    found = {}
    if offer.interval_min < SHORTEST_DAYS:
        words = _("%(days)d days is too close: the skin needs 7 at least. Enter 7 or more.")
        found["interval_min"] = words % {"days": offer.interval_min}
    if offer.interval_max < offer.interval_min:
        words = _("The longest cannot be below the shortest: enter %(days)d or more.")
        found["interval_max"] = words % {"days": offer.interval_min}
    elif not offer.interval_min <= offer.interval_ideal <= offer.interval_max:
        words = _("The best lies between the shortest and the longest: enter %(least)d to %(most)d.")
        found["interval_ideal"] = words % {"least": offer.interval_min, "most": offer.interval_max}
    if offer.interval_max > LONGEST_DAYS and not offer.limits_reason.strip():
        words = _("%(days)d days is long: 1 to 2 weeks is the rule. Enter up to 14, or write where it comes from.")
        found.setdefault("interval_max", words % {"days": offer.interval_max})
        found["limits_reason"] = _("Write why more than 14 days lie between visits: a label, a study, who decided.")
    return found


def _visit_problems(offer: Offer) -> dict[str, str]:
    found = {}
    if not 1 <= offer.minutes <= LONGEST_MINUTES:
        words = _("%(count)d minutes: nearly all treatments take 30, and none more than 60. Enter 5 to 60.")
        found["minutes"] = words % {"count": offer.minutes}
    if offer.numbing_minutes > 120:
        found["numbing_minutes"] = _("Numbing takes 30 or 60 minutes, by the cream. Enter up to 120.")
    if offer.turnover_minutes > 60:
        found["turnover_minutes"] = _("Making a room ready takes up to 60 minutes here. Enter up to 60.")
    return found


def tidy_aliases(text: str) -> tuple[str, ...]:
    """Return the names typed one a line, without empty ones and without one twice."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        if name := " ".join(line.split()):
            found.setdefault(name.lower(), name)
    return tuple(found.values())
