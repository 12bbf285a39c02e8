"""Plain values of a large demo as the rows that the services would have written."""

from datetime import date, datetime, time
from random import Random
from zoneinfo import ZoneInfo

from django.db import connection

from clinic.demo.courses import Offer
from clinic.demo.keep import House
from patients.models import Patient
from scheduling.models import Appointment
from treatments.course import sides_of
from treatments.models import Area, PlanArea, Protocol, Session, TreatmentPlan

from .book import LargeBook, Place
from .courses import Course, Visit
from .people import Names, someone
from .tables import NULL, Table, new_uuid, plain

MINUTES = [f"{minute // 60:02d}:{minute % 60:02d}:00" for minute in range(24 * 60)]
MADE_BEFORE = 6
"""Days before its first visit on which a course was booked."""
FIRST_FILE = 318
PATIENT = (
    "id", "public_id", "file_number", "first_name", "last_name", "preferred_name", "birth_date", "phone", "email",
    "language", "reminders_by_email", "marketing_ok", "choices_at", "choices_source", "street", "town", "province",
    "postal_code", "emergency_name", "emergency_phone", "emergency_relation", "guardian_name", "guardian_phone",
    "guardian_relation", "archived_at", "archived_reason", "note", "version", "created_at", "updated_at", "seen_at",
)  # fmt: skip
PLAN = (
    "id", "public_id", "patient_id", "protocol_id", "name", "clinician_id", "status", "session_count", "interval_min",
    "interval_ideal", "interval_max", "minutes", "numbing_minutes", "turnover_minutes", "room_kind_id",
    "device_kind_id", "usual_weekdays", "usual_time", "size", "complexity", "minor_reason", "status_reason",
    "many_sessions_reason", "long_gap_reason", "version", "created_at", "updated_at",
)  # fmt: skip
VISIT = (
    "id", "public_id", "kind", "patient_id", "session_id", "clinician_id", "room_id", "device_id", "arrives_at",
    "starts_at", "ends_at", "frees_at", "wall_date", "wall_time", "wall_zone", "status", "early_reason", "late_reason",
    "entry_reason", "cancelled_by", "status_reason", "version", "created_at", "updated_at",
)  # fmt: skip


class Days:
    """Instants of the book's days as text. The clocks change at night, so that a day of visits has one offset."""

    def __init__(self, book: LargeBook, zone: ZoneInfo) -> None:
        self.dates = [book.date_of(number).isoformat() for number in range(book.days)]
        self.offsets = [self._offset(book.date_of(number), zone) for number in range(book.days)]

    @staticmethod
    def _offset(day: date, zone: ZoneInfo) -> str:
        return datetime.combine(day, time(12), tzinfo=zone).strftime("%z")

    def at(self, number: int, minute: int) -> str:
        """Return the instant of a minute of a local day; days before the first count as the first."""
        number = max(number, 0)
        return f"{self.dates[number]} {MINUTES[minute]}{self.offsets[number]}"


class Rows:
    """Writes courses and, at the end, the patients: by then it is known when each was first and last here."""

    def __init__(self, book: LargeBook, house: House, rng: Random, today: int) -> None:
        self.book, self.house, self.rng, self.today = book, house, rng, today
        self.days = Days(book, house.tz)
        self.patients, self.plans = Table(Patient, PATIENT), Table(TreatmentPlan, PLAN)
        self.areas = Table(PlanArea, ("id", "plan_id", "area_id", "side"))
        self.sessions = Table(Session, ("id", "plan_id", "number", "state"))
        self.visits = Table(Appointment, VISIT)
        self.first_patient = self.patients.first
        self.protocols = {protocol.key: protocol for protocol in Protocol.objects.all()}
        self.area_rows = {area.key: area for area in Area.objects.all()}
        self.met: dict[int, int] = {}
        self.seen: dict[int, tuple[int, str]] = {}

    def course(self, course: Course) -> None:
        """Write a plan, its areas, its sessions, and all their visits."""
        made_on = min(course.visits[0].place.day - MADE_BEFORE, self.today - 1)
        made = self.days.at(made_on, 9 * 60 + 20 + self.plans.count % 300)
        first_met = min([made_on, *(visit.place.day - 9 for visit in course.outside)])
        self.met[course.patient] = min(self.met.get(course.patient, first_met), first_met)
        plan = self.plans.key()
        self.plans.add(*self._plan(course, plan, made))
        for key in course.areas:
            area = self.area_rows[key]
            for side in sides_of(area):
                self.areas.add(str(self.areas.key()), str(plan), str(area.pk), side.value)
        keys = []
        for number, state in enumerate(course.states(), start=1):
            keys.append(self.sessions.key())
            self.sessions.add(str(keys[-1]), str(plan), str(number), state)
        for visit in course.visits:
            self._visit(course, visit, str(keys[visit.number - 1]), made)
        for visit in course.outside:
            noticed = self.days.at(min(visit.place.day - 9, self.today - 1), 10 * 60)
            self._visit(course, visit, NULL, noticed)

    def _plan(self, course: Course, key: int, made: str) -> tuple[str, ...]:
        offer: Offer = course.offer
        protocol = self.protocols[offer.key]
        least, ideal, most = offer.interval
        facts = (course.count, least, ideal, most, offer.minutes, offer.numbing, offer.turnover, protocol.room_kind_id)
        return (
            str(key),
            new_uuid(self.rng),
            str(self.first_patient + course.patient),
            str(protocol.pk),
            plain(protocol.name),
            str(self.house.clinicians[course.clinician].pk),
            course.status,
            *map(str, facts),
            plain(protocol.device_kind_id),
            f"{{{self.book.weekday(course.first)}}}",
            MINUTES[course.around],
            *("", "", ""),
            plain(course.status_reason),
            *("", "", "1"),
            made,
            made,
        )

    def _visit(self, course: Course, visit: Visit, session: str, made: str) -> None:
        place, stay, house = visit.place, visit.stay, self.house
        end = place.start + stay.minutes
        starts = self.days.at(place.day, place.start)
        self.visits.add(
            str(self.visits.key()),
            new_uuid(self.rng),
            visit.kind,
            str(self.first_patient + course.patient),
            session,
            str(house.clinicians[course.clinician].pk),
            str(house.rooms[place.room].pk),
            str(house.devices[place.device].pk) if place.device is not None else NULL,
            self.days.at(place.day, place.start - stay.numbing),
            starts,
            self.days.at(place.day, end),
            self.days.at(place.day, end + stay.turnover),
            self.days.dates[place.day],
            MINUTES[place.start],
            str(house.tz),
            visit.status,
            "",
            visit.late_reason,
            "",
            "patient" if visit.status == "cancelled" else "",
            visit.status_reason,
            "1",
            made,
            made,
        )
        if visit.status == "completed":
            self._see(course.patient, place, starts)

    def _see(self, patient: int, place: Place, starts: str) -> None:
        last = self.seen.get(patient)
        if last is None or last[0] < place.day:
            self.seen[patient] = place.day, starts

    def person(self, place: int, names: Names, today: date) -> None:
        """Write a patient. Archived are only those who have no course and were met long ago."""
        one, rng = someone(self.rng, names, place, today), self.rng
        has_come = place in self.met
        met = self.days.at(self.met[place] if has_come else rng.randrange(-30, max(self.today, 1)), 10 * 60)
        archived = one.is_archived and not has_come
        last = self.seen.get(place)
        self.patients.add(
            str(self.first_patient + place),
            new_uuid(rng),
            str(FIRST_FILE + place),
            plain(one.first),
            plain(one.last),
            "",
            one.birth_date.isoformat(),
            one.phone,
            one.email,
            one.language,
            "t" if one.reminders else "f",
            "f",
            met,
            "Form at the desk",
            *[""] * 10,
            self.days.at(max(self.today - 20, 0), 10 * 60) if archived else NULL,
            "Moved away" if archived else "",
            "",
            "1",
            met,
            met,
            last[1] if last else NULL,
        )

    def close(self) -> None:
        """Write what is left, and let keys and file numbers go on after the last."""
        for table in (self.plans, self.areas, self.sessions, self.visits, self.patients):
            table.close()
        with connection.cursor() as cursor:
            cursor.execute("SELECT setval('patients_file_number', %s)", [FIRST_FILE + self.patients.count])
