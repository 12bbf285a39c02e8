"""What waits to be told and what was told, as the rules say (design 6 and 9)."""

from collections import Counter
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

QUIET, HOLD = timedelta(minutes=3), timedelta(minutes=15)
SINCE, UNTIL = time(8, 0), time(20, 30)
AHEAD = {"booked", "confirmed"}
HOLDS = {"booked", "confirmed", "arrived", "in_treatment", "completed"}
Visit = dict[str, Any]
Course = dict[str, Any]


class Mail:
    """Waiting messages by (kind, key of the visit or course), and how often each left."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.waiting: dict[tuple[str, int], dict[str, Any]] = {}
        self.told_course: dict[int, dict[int, datetime]] = {}
        self.told_visit: dict[int, datetime | None] = {}
        self.left: set[int] = set()
        """Visits of which a mail has spoken."""
        self.sent: Counter[tuple[str, int]] = Counter()

    def remind(self, visit: Visit, now: datetime) -> None:
        """Let what was to be said be forgotten, and the reminders of the visit as it stands wait."""
        self.forget(visit)
        if visit["status"] not in AHEAD:
            return
        wall = visit["start"].astimezone(self.zone)
        ahead = (wall.date() - now.astimezone(self.zone).date()).days
        clock = min(max(wall.time(), SINCE), UNTIL)
        three, one = (datetime.combine(wall.date() - timedelta(days=days), clock, tzinfo=self.zone) for days in (3, 1))
        arrives = visit["start"] - visit["takes"]["numbing"]
        for kind, due, useless, fewest in (("reminder_3_days", three, one, 4), ("reminder_1_day", one, arrives, 1)):
            if ahead >= fewest and now < due < useless:
                self._wait(kind, visit, due, useless)

    def forget(self, visit: Visit) -> None:
        for kind in ("reminder_3_days", "reminder_1_day", "visit_summary", "visit_notes"):
            self.waiting.pop((kind, visit["key"]), None)

    def notes(self, visit: Visit, now: datetime) -> None:
        self.forget(visit)
        end = visit["start"] + visit["takes"]["minutes"]
        self._wait("visit_notes", visit, now + QUIET, max(end, now) + timedelta(days=3))

    def tell(self, visit: Visit | None, course: Course | None, now: datetime) -> None:
        """Let what now stands be told once it has rested: of the course, or of one visit outside any."""
        if course is None:
            assert visit is not None
            self._wait("visit_summary", visit, now + QUIET, None)
            return
        before = self.waiting.get(("series_summary", course["key"]))
        if before:
            before["due"] = min(now + QUIET, max(before["hold"], now))
        else:
            self._wait("series_summary", course, now + QUIET, None)
            self.waiting["series_summary", course["key"]]["hold"] = now + HOLD

    def _wait(self, kind: str, about: dict[str, Any], due: datetime, useless: datetime | None) -> None:
        self.waiting[kind, about["key"]] = {"due": due, "useless": useless, "about": about}

    def nothing_to_tell(self, course: Course, visits: list[Visit], now: datetime) -> bool:
        return self._known(course, now) == self._ahead(course, visits, now)

    def _known(self, course: Course, now: datetime) -> dict[int, datetime]:
        told = self.told_course.get(course["key"], {})
        return {key: start for key, start in told.items() if start > now}

    def _ahead(self, course: Course, visits: list[Visit], now: datetime) -> dict[int, datetime]:
        mine = [visit for visit in visits if visit["course"] is course and visit["status"] in HOLDS]
        return {visit["key"]: visit["start"] for visit in mine if visit["start"] > now}

    def sweep(self, visits: list[Visit], now: datetime) -> None:
        """Let what is due leave, and what is of no more use go."""
        for key, message in list(self.waiting.items()):
            if message["useless"] and message["useless"] <= now:
                del self.waiting[key]
            elif message["due"] <= now and message["about"]["by_mail"]:
                self._leave(key, message, visits, now)

    def _leave(self, key: tuple[str, int], message: dict[str, Any], visits: list[Visit], now: datetime) -> None:
        kind, about = key[0], message["about"]
        wall = now.astimezone(self.zone)
        if kind.startswith("reminder") and about["status"] not in AHEAD:
            del self.waiting[key]
            return
        if kind.startswith("reminder") and not SINCE <= wall.time() <= UNTIL:
            self._not_at_night(key, message, wall)
            return
        del self.waiting[key]
        if kind == "series_summary":
            if self.nothing_to_tell(about, visits, now):
                return
            self.told_course[about["key"]] = self._ahead(about, visits, now)
            self.left |= set(self.told_course[about["key"]])
        elif kind == "visit_summary":
            told = self.told_visit.get(about["key"])
            known = told if told and told > now else None
            stands = about["start"] if about["status"] in AHEAD and about["start"] > now else None
            if known == stands:
                return
            self.told_visit[about["key"]] = stands
        if kind != "series_summary":
            self.left.add(about["key"])
        self.sent[key] += 1

    def _not_at_night(self, key: tuple[str, int], message: dict[str, Any], wall: datetime) -> None:
        day = wall.date() + timedelta(days=wall.time() > UNTIL)
        morning = datetime.combine(day, SINCE, tzinfo=self.zone)
        if morning < message["useless"]:
            message["due"] = morning
        else:
            del self.waiting[key]
