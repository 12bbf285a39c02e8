"""The book of one small clinic: who stands where, what each act would change, and what it would be refused for.

Every `may_…` returns the errors of which one must come (none: the act must succeed); every other verb changes the book.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from scheduling.planning.types import SeriesRefused
from scheduling.services.errors import (
    CourseStopped,
    OutsideDueWindow,
    PlanNotOpen,
    SlotTaken,
    StaleAppointment,
    StaleCourse,
    TooFewSessions,
    TooManySessions,
)
from tests.scheduling.plain.hours import Hours, Refused
from tests.scheduling.plain.mail import AHEAD, HOLDS, Course, Mail, Visit

ENDS = {
    "cancelled": {"booked", "confirmed", "arrived"},
    "no_show": {"booked", "confirmed"},
    "completed": {"booked", "confirmed", "arrived", "in_treatment"},
}
"""From where a visit may come to its end."""
FEWEST, MOST = 4, 15
"""Sessions of a course."""
ENDED = {"cancelled", "no_show", "completed"}


class Book:
    def __init__(self, hours: Hours, mail: Mail, rooms: list[int], devices: list[int]) -> None:
        self.hours, self.mail, self.rooms, self.devices = hours, mail, rooms, devices
        self.visits: list[Visit] = []
        self.courses: list[Course] = []
        self.now = datetime.fromtimestamp(0, UTC)

    # What is

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.hours.zone).date()

    def standing(self, course: Course | None = None) -> list[Visit]:
        """Return the visits that hold their time, of one course or of all, by time."""
        held = [v for v in self.visits if v["status"] in HOLDS and (course is None or v["course"] is course)]
        return sorted(held, key=lambda visit: visit["start"])

    def free_sessions(self, course: Course) -> int:
        return int(course["open"]) - len(self.standing(course))

    def outside(self) -> set[int]:
        """Return the visits ahead that stand where nobody works."""
        waiting = [v for v in self.standing() if v["start"] >= self.now and v["status"] in AHEAD | {"arrived"}]
        return {
            v["key"]
            for v in waiting
            if not self.hours.works(v["clinician"], v["start"], v["start"] + v["takes"]["minutes"])
        }

    def clashes(self, one: Visit) -> bool:
        """Say whether clinician, patient, or every room or device is taken by others at this visit's time."""
        others = [v for v in self.standing() if v is not one]
        met = [v for v in others if overlap(span(v, "held"), span(one, "held")) and v["clinician"] == one["clinician"]]
        met += [v for v in others if overlap(span(v, "there"), span(one, "there")) and v["patient"] == one["patient"]]
        used = [v for v in others if overlap(span(v, "room"), span(one, "room"))]
        rooms = {v["room"] for v in used}
        devices = {v["device"] for v in used if v["device"]}
        if one.get("room"):  # it stands in a room already
            return bool(met) or one["room"] in rooms or bool(one["device"] and one["device"] in devices)
        no_device = one["takes"]["device"] and devices >= set(self.devices)
        return bool(met) or rooms >= set(self.rooms) or no_device

    def least_between(self, one: Course | None, other: Course | None) -> int:
        """Return the days to keep between visits of these courses; 0 when they do not share an area."""
        if one is None or other is None or one["area"] != other["area"]:
            return 0
        return int(max(one["least"], other["least"]))

    def too_near(self, one: Visit, *, excused: bool = False) -> bool:
        """Say whether another visit on the same area is too near; `excused`: and neither of the two has a reason."""
        day = self.day(one["start"])
        return any(
            abs((self.day(v["start"]) - day).days) < self.least_between(one["course"], v["course"])
            and not (excused and (one["early"] or v["early"]))
            for v in self.standing()
            if v is not one
        )

    def too_late(self, one: Visit, also: Iterable[date] = ()) -> bool:
        if one["course"] is None:
            return False
        day = self.day(one["start"])
        own = [self.day(v["start"]) for v in self.standing(one["course"]) if v is not one]
        before = [other for other in [*own, *also] if other < day]
        return bool(before) and (day - max(before)).days > one["course"]["most"]

    # Placing

    def may_stand(self, one: Visit, asked: dict[str, Any], *, also: Iterable[date] = (), past: bool = False) -> Refused:
        """Return what speaks against a visit at this time: taken, or too early or too late without the reason it takes.

        `also` are days of visits of its course that are placed with it, before it.
        """
        refused: Refused = set()
        end = one["start"] + one["takes"]["minutes"]
        over = one["start"] < self.now and not past
        if over or not self.hours.works(one["clinician"], one["start"], end) or self.clashes(one):
            refused.add(SlotTaken)
        if self.is_early(one, also) and not (asked["early"] and asked["by_clinician"]):
            refused.add(OutsideDueWindow)
        if self.too_late(one, also) and not asked["late"]:
            refused.add(OutsideDueWindow)
        return refused

    def is_early(self, one: Visit, also: Iterable[date] = ()) -> bool:
        day = self.day(one["start"])
        return self.too_near(one) or any(abs((day - other).days) < one["course"]["least"] for other in also)

    def may_move(self, wished: list[tuple[Visit, Visit]], asked: dict[str, Any]) -> Refused:
        """Return what speaks against these moves, by time; each wished visit learns whether it is early."""
        moved = [visit for visit, _wished in wished]
        refused: Refused = {StaleAppointment} if any(v["status"] not in AHEAD for v in moved) else set()
        rest = Book(self.hours, self.mail, self.rooms, self.devices)
        rest.now, rest.visits = self.now, [v for v in self.visits if all(v is not one for one in moved)]
        days = [self.day(one["start"]) for _visit, one in wished]
        for at, (_visit, one) in enumerate(wished):
            refused |= rest.may_stand(one, asked, also=days[:at])
            one["early"] = bool(asked["early"]) and rest.is_early(one, days[:at])
        return refused

    def may_book(self, one: Visit, asked: dict[str, Any]) -> Refused:
        refused = self.may_stand(one, asked, past=True)
        course = one["course"]
        if course and course["status"] != "active":
            refused.add(PlanNotOpen)
        elif course and self.free_sessions(course) < 1:
            refused.add(TooManySessions)
        if self.day(one["start"]) < self.day(self.now) and not asked["entry"]:
            refused.add(SlotTaken)
        return refused

    def may_book_series(self, course: Course, visits: list[Visit], asked: dict[str, Any]) -> Refused:
        """Return what speaks against these visits, which stand in the order of time."""
        refused: Refused = set() if course["status"] == "active" else {PlanNotOpen}
        more = len(visits) - self.free_sessions(course)
        if more > 0 and course["count"] + more > MOST and not course["many"]:
            refused.add(TooManySessions)
        days = [self.day(visit["start"]) for visit in visits]
        found = [self.may_stand(visit, asked, also=days[:at]) for at, visit in enumerate(visits)]
        return refused | {SeriesRefused if error is SlotTaken else error for errors in found for error in errors}

    def renumber(self, course: Course | None) -> None:
        """Number visits by their dates; a course is finished when nothing of it is left."""
        if course is None:
            return
        standing = self.standing(course)
        for number, visit in enumerate(standing, 1):
            if visit["number"] != number:
                visit["number"] = number
                visit["stamp"] += 1
        done = bool(course["open"]) and sum(v["status"] == "completed" for v in standing) == course["open"]
        change = {("active", True): "finished", ("finished", False): "active"}.get((course["status"], done))
        if change:
            course["status"] = change
            course["stamp"] += 1

    def tell(self, visit: Visit | None, course: Course | None) -> None:
        self.mail.tell(visit, course, self.now)

    # Ending and restoring

    def may_end(self, visit: Visit, how: str) -> Refused:
        arrives = visit["start"] - visit["takes"]["numbing"]
        ahead = {
            "completed": arrives > self.now and visit["status"] in AHEAD,
            "no_show": visit["start"] > self.now,
        }.get(how, False)
        return {StaleAppointment} if ahead or visit["status"] not in ENDS[how] else set()

    def end(self, visit: Visit, how: str) -> None:
        visit["status"] = how
        visit["stamp"] += 1
        self.mail.forget(visit)
        self.renumber(visit["course"])
        if how == "completed":
            self.mail.notes(visit, self.now)
        if how == "cancelled":
            self.tell(visit, visit["course"])

    def wrong(self, visits: Iterable[Visit]) -> Refused:
        """Return which rules these visits break where they stand now."""
        refused: Refused = set()
        for visit in (v for v in visits if v["status"] in HOLDS):
            if self.clashes(visit):
                refused.add(SlotTaken)
            if self.too_near(visit, excused=True):
                refused.add(OutsideDueWindow)
            if visit["course"] and self.free_sessions(visit["course"]) < 0:
                refused.add(TooManySessions)
        for course in self.courses:
            standing = self.standing(course)
            if course["status"] == "discontinued" and any(v["status"] != "completed" for v in standing):
                refused.add(CourseStopped)
        return refused

    def may_restore(self, visit: Visit) -> Refused:
        if visit["status"] not in ENDED:
            return {StaleAppointment}
        was = visit["status"]
        visit["status"] = "booked"
        refused = self.wrong([visit])
        visit["status"] = was
        return refused | self.paused(visit)

    def restore(self, visit: Visit) -> None:
        visit |= {"status": "booked", "confirmed": False, "stamp": visit["stamp"] + 1}
        self.renumber(visit["course"])
        self.mail.remind(visit, self.now)
        self.tell(visit, visit["course"])

    def paused(self, visit: Visit) -> Refused:
        """A paused course takes no visit ahead that it does not hold already."""
        course = visit["course"]
        stops = course and course["status"] == "paused" and visit["status"] not in HOLDS and visit["start"] > self.now
        return {PlanNotOpen} if stops else set()

    # Courses

    def unsettled(self, course: Course) -> bool:
        """Say whether a visit has begun and nobody has said how it ended."""
        begun = [v for v in self.standing(course) if v["status"] != "completed"]
        return any(v["status"] not in AHEAD or v["start"] <= self.now for v in begun)

    def may_change(self, course: Course, act: str, count: int, *, reason: bool) -> Refused:
        from_where = {
            "pause": {"active"},
            "resume": {"paused"},
            "stop": {"active", "paused"},
            "add": {"active", "paused", "finished"},
            "drop": {"active", "paused"},
        }[act]
        if course["status"] not in from_where or (act == "stop" and self.unsettled(course)):
            return {StaleCourse}
        if act == "add" and course["count"] + count > MOST and not (reason or course["many"]):
            return {TooManySessions}
        if act == "drop" and (count > self.free_sessions(course) or course["count"] - count < FEWEST):
            return {TooFewSessions}
        return set()

    def release(self, course: Course) -> list[Visit]:
        """Cancel what lies ahead."""
        ahead = [v for v in self.standing(course) if v["status"] in AHEAD and v["start"] > self.now]
        for visit in ahead:
            visit["status"] = "cancelled"
            visit["stamp"] += 1
            self.mail.forget(visit)
        return ahead


def span(visit: Visit, what: str) -> tuple[datetime, datetime]:
    """Return when a visit holds its clinician (`held`), its room (`room`) and its patient (`there`)."""
    takes = visit["takes"]
    start, end = visit["start"], visit["start"] + takes["minutes"]
    if what == "room":
        return start, end + takes["turnover"]
    if what == "there":
        return start - takes["numbing"], end
    return start, end


def overlap(one: tuple[datetime, datetime], other: tuple[datetime, datetime]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def minutes(n: int) -> timedelta:
    return timedelta(minutes=n)
