"""What the desk asks of a course, and the limits that it must keep (domain 1, rows 37 and 38; design 4.5)."""

from dataclasses import asdict, dataclass
from datetime import time
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from treatments.models import Area, Complexity, Protocol, Side, Size
from treatments.named import Named, bookable, listed

FEWEST_SESSIONS, MOST_SESSIONS = 4, 15
SHORTEST_DAYS, LONGEST_DAYS = 7, 14


@dataclass(frozen=True)
class Course:
    """A course as it was asked for. `areas` are keys with a side; `weekdays` count from Monday, 0."""

    areas: tuple[tuple[str, str], ...]
    sessions: int
    interval_min: int
    interval_ideal: int
    interval_max: int
    clinician_id: int | None = None
    weekdays: tuple[int, ...] = ()
    around: time | None = None
    many_sessions_reason: str = ""
    long_gap_reason: str = ""
    size: str = ""
    complexity: str = ""
    minor_reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def usual(cls, protocol: Protocol) -> "Course":
        """Return the course as the catalogue has it: its usual values, both sides of every area open to all."""
        return cls(
            areas=tuple(
                (area.key, side) for area in protocol.areas.all() if not area.restricted for side in sides_of(area)
            ),
            sessions=protocol.sessions_usual,
            interval_min=protocol.interval_min,
            interval_ideal=protocol.interval_ideal,
            interval_max=protocol.interval_max,
            long_gap_reason=protocol.limits_reason if protocol.interval_max > LONGEST_DAYS else "",
            size=Size.MEDIUM,
            complexity=Complexity.MEDIUM,
        )


class PlanRefused(Exception):
    """This plan is not made. `problems` says why, in a sentence for each field ("" for the whole)."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = problems


def sides_of(area: Area) -> tuple[Side, ...]:
    """Return the sides on which an area can be treated."""
    return (Side.LEFT, Side.RIGHT) if area.sided else (Side.MIDLINE,)


def problems(course: Course, protocol: Protocol) -> dict[str, str]:
    """Return what keeps this course from being planned, by field; an empty dictionary when nothing does."""
    found = _session_problems(course) | _day_problems(course, protocol) | _area_problems(course, protocol)
    if course.size not in {"", *Size.values} or course.complexity not in {"", *Complexity.values}:
        found["size"] = _("Choose a size and a complexity from the list.")
    if any(not 0 <= weekday <= 6 for weekday in course.weekdays):
        found["weekdays"] = _("Choose days of the week.")
    return found


def minor_problems(*, name: str, age: int, majority: int, reason: str, by_clinician: bool) -> dict[str, str]:
    """Return what keeps a course from being planned for somebody under age: a clinician's reason (design 9)."""
    if age >= majority or (by_clinician and reason.strip()):
        return {}
    values = {"name": name, "age": age, "majority": majority}
    if by_clinician:
        return {"minor_reason": _("%(name)s is %(age)d. Under %(majority)d a course needs a reason: say why.") % values}
    words = _(
        "%(name)s is %(age)d. Under %(majority)d only a clinician can plan a course, with the reason. "
        "Nothing was saved. Ask one to plan it on this page."
    )
    return {"": words % values}


def _session_problems(course: Course) -> dict[str, str]:
    if course.sessions < FEWEST_SESSIONS:
        said = _("%(count)d is too few: a course has 4 to 15 sessions.")
        return {"sessions": said % {"count": course.sessions}}
    if course.sessions > MOST_SESSIONS and not course.many_sessions_reason.strip():
        said = _("%(count)d is more than the 15 of a course. Enter 4 to 15, or say why it takes more.")
        return {"sessions": said % {"count": course.sessions}, "many_sessions_reason": _("Say why.")}
    return {}


def _day_problems(course: Course, protocol: Protocol) -> dict[str, str]:
    least = max(SHORTEST_DAYS, protocol.interval_min)
    if course.interval_min < least:
        said = ngettext(
            "%(days)d day is too close: %(protocol)s needs %(least)d. %(enter)s",
            "%(days)d days is too close: %(protocol)s needs %(least)d. %(enter)s",
            course.interval_min,
        )
        words = {"days": course.interval_min, "protocol": protocol.name, "least": least, "enter": _enter(least)}
        return {"interval_min": said % words}
    if course.interval_ideal < course.interval_min:
        return {
            "interval_ideal": _("The best is at least the shortest: %(days)d or more.") % {"days": course.interval_min}
        }
    if course.interval_max < course.interval_ideal:
        return {
            "interval_max": _("The longest is at least the best: %(days)d or more.") % {"days": course.interval_ideal}
        }
    if course.interval_max > LONGEST_DAYS and not course.long_gap_reason.strip():
        said = _("%(days)d days is long: 14 is the most. Enter up to 14, or say why it takes longer.")
        return {"interval_max": said % {"days": course.interval_max}, "long_gap_reason": _("Say why.")}
    return {}


def _enter(least: int) -> str:
    if least >= LONGEST_DAYS:
        return _("Enter %(least)d.") % {"least": least}
    return _("Enter %(least)d to %(most)d.") % {"least": least, "most": LONGEST_DAYS}


def _area_problems(course: Course, protocol: Protocol) -> dict[str, str]:
    known = {area.key: area for area in protocol.areas.all()}
    if not course.areas:
        return {"areas": _("Choose at least one area.")}
    for key, side in course.areas:
        if key not in known or side not in sides_of(known[key]):
            return {"areas": _("%(protocol)s does not treat that place.") % {"protocol": protocol.name}}
    return _named_problems(course, Named.of(known[key] for key in dict(course.areas)))


def _named_problems(course: Course, named: Named) -> dict[str, str]:
    """Say what a restricted area lacks: somebody named, or one of those named as the course's own clinician."""
    if not named.places:
        return {}
    people = bookable()
    places, who = listed([name for name, _keys in named.places]), named.who(people, _("or"))
    if nobody := named.nobody(people):
        return {"areas": _("%(why)s. Leave the place out until then.") % {"why": nobody}}
    if course.clinician_id is None:
        return {"clinician": _("%(area)s: for named clinicians only. Choose %(who)s.") % {"area": places, "who": who}}
    one = people.get(course.clinician_id)
    if one and (why := named.why_not(one, people)):
        return {"clinician": _("%(why)s. Choose %(who)s, or leave the place out.") % {"why": why, "who": who}}
    return {}
