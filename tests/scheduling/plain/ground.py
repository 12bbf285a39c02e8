"""The small clinic that every run begins with: its rows, and the same in plain Python."""

from datetime import date, time
from typing import Any

from clinic.models import DeviceKind, Role, RoomKind
from scheduling.models import VisitType
from tests import factory
from tests.scheduling.plain.book import Book, minutes
from tests.scheduling.plain.hours import Hours
from tests.scheduling.plain.mail import Course, Mail

ZONE = factory.ST_JOHNS
BEGIN = date(2026, 10, 26)
"""A Monday; the clocks go back on the Sunday after it."""
NINE, TEN, ELEVEN, NOON = time(9), time(10), time(11), time(12)
QUARTER = time(10, 15)
Span = tuple[int, time, time, bool]
"""Weekday, from, until, and whether it is a break."""
WEEKS: list[list[Span]] = [
    [(weekday, NINE, NOON, False) for weekday in range(5)],
    [span for weekday in range(5) for span in ((weekday, NINE, NOON, False), (weekday, TEN, QUARTER, True))],
    [(weekday, TEN, NOON, False) for weekday in (1, 2, 3)],
    [],
]
DAYS: list[list[tuple[time, time]]] = [[], [(NINE, TEN)], [(NINE, QUARTER), (ELEVEN, NOON)]]
CONSULTATION = {"minutes": minutes(30), "numbing": minutes(0), "turnover": minutes(5), "device": False}


class Ground:
    """Two clinicians who work nine to noon, two rooms, one device, two patients, three courses.

    Two of the courses treat one area of one patient. The other patient has no e-mail.
    """

    def __init__(self) -> None:
        factory.make_clinic()
        names = ("Moira Hynes", "Anika Sandhu")
        self.people = [factory.make_clinician(name, works=("09:00", "12:00")) for name in names]
        self.rooms = [factory.make_room("Room 1"), factory.make_room("Room 2")]
        laser = DeviceKind.objects.create(key="laser", name="Laser")
        self.devices = [laser.devices.create(name="Laser 1")]
        VisitType.objects.create(
            kind="consultation", minutes=30, turnover_minutes=5, room_kind=RoomKind.objects.get(key="treatment")
        )
        self.desk, self.doctor = factory.make_user(Role.FRONT_DESK), factory.make_user(Role.CLINICIAN)
        self.patients = [factory.make_patient(), factory.make_patient(email="")]
        one, other = self.patients
        thigh = factory.make_protocol()
        self.plans = [
            factory.make_plan(one, thigh, session_count=6, numbing_minutes=15, turnover_minutes=10),
            factory.make_plan(
                one, thigh, session_count=5, minutes=30, device_kind=laser, interval_min=10, interval_ideal=10
            ),
            factory.make_plan(other, thigh, session_count=5, device_kind=laser),
        ]

    def book(self) -> Book:
        """Return the same clinic in plain Python, its book empty."""
        hours = Hours(ZONE)
        for clinician in self.people:
            hours.add_week(clinician.pk, date(2020, 1, 1), WEEKS[0])
        rooms, devices = [room.pk for room in self.rooms], [device.pk for device in self.devices]
        book = Book(hours, Mail(ZONE), rooms, devices)
        book.courses = [self._course(at) for at in range(len(self.plans))]
        book.now = factory.at(BEGIN, "09:00")
        return book

    def by_mail(self, patient: int) -> bool:
        return any(one.pk == patient and one.email for one in self.patients)

    def _course(self, at: int) -> Course:
        plan = self.plans[at]
        takes: dict[str, Any] = {
            "minutes": minutes(plan.minutes),
            "numbing": minutes(plan.numbing_minutes),
            "turnover": minutes(plan.turnover_minutes),
            "device": plan.device_kind_id is not None,
        }
        return {
            "key": plan.pk,
            "patient": plan.patient_id,
            "area": plan.patient_id,  # all courses treat the left thigh
            "by_mail": self.by_mail(plan.patient_id),
            "least": plan.interval_min,
            "most": plan.interval_max,
            "takes": takes,
            "status": "active",
            "count": plan.session_count,
            "open": plan.session_count,
            "many": False,
            "stamp": 0,
        }
