"""Plain makers of a small clinic for tests. Every value has a default; say only what the test is about."""

import itertools
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from clinic.models import Clinic, Clinician, Role, Room, RoomKind, User
from patients.models import Patient
from scheduling.models import HoursKind, WeeklyHours
from treatments.models import Area, PlanArea, Protocol, Session, Side, TreatmentPlan

ST_JOHNS = ZoneInfo("America/St_Johns")
PASSWORD = "correct-horse-battery"
_count = itertools.count(1)


def at(day: date, wall: str, zone: ZoneInfo = ST_JOHNS) -> datetime:
    """Return the instant of a wall time ("14:00") on a local day."""
    return datetime.combine(day, time.fromisoformat(wall), tzinfo=zone)


def local_day(moment: datetime, zone: ZoneInfo = ST_JOHNS) -> date:
    return moment.astimezone(zone).date()


def make_clinic(**fields: Any) -> Clinic:
    values = {
        "name": "Harbourlight Clinic",
        "short_name": "Harbourlight Clinic",
        "address": "12 Gannet Lane, St. John's NL  A1C 0X0",
        "phone": "+17095550100",
        "sender_email": "hello@harbourlight.example",
    }
    return Clinic.objects.update_or_create(pk=1, defaults=values | fields)[0]


def make_user(*roles: Role, **fields: Any) -> User:
    n = next(_count)
    fields.setdefault("email", f"person{n}@harbourlight.example")
    fields.setdefault("name", f"Person {n}")
    return User.objects.create_user(password=fields.pop("password", PASSWORD), roles=list(roles), **fields)


def make_clinician(
    name: str = "Moira Hynes", *, works: tuple[str, str] | None = ("08:00", "18:00"), **fields: Any
) -> Clinician:
    """Make a clinician who works Monday to Friday; `works=None` gives no hours."""
    clinician = Clinician.objects.create(
        user=fields.pop("user", None) or make_user(Role.CLINICIAN, name=name),
        name=name,
        short_name=fields.pop("short_name", name.split()[0]),
        position=next(_count),
        **fields,
    )
    for weekday in range(5 if works else 0):
        give_hours(clinician, weekday, *works)  # type: ignore[misc]
    return clinician


def give_hours(
    clinician: Clinician, weekday: int, starts: str, ends: str, kind: str = HoursKind.WORK, **fields: Any
) -> WeeklyHours:
    fields.setdefault("valid_from", date(2020, 1, 1))
    return WeeklyHours.objects.create(
        clinician=clinician,
        weekday=weekday,
        starts=time.fromisoformat(starts),
        ends=time.fromisoformat(ends),
        kind=kind,
        **fields,
    )


def make_room(name: str = "", **fields: Any) -> Room:
    kind = (
        fields.pop("kind", None)
        or RoomKind.objects.get_or_create(key="treatment", defaults={"name": "Treatment room"})[0]
    )
    n = next(_count)
    return Room.objects.create(name=name or f"Room {n}", kind=kind, position=n, **fields)


def make_patient(**fields: Any) -> Patient:
    n = next(_count)
    values = {
        "first_name": "Devika",
        "last_name": f"Rao{n}",
        "birth_date": date(1986, 9, 2),
        "phone": f"+1709555{n % 10000:04d}",
        "email": f"patient{n}@example.ca",
    }
    patient = Patient.objects.create(**(values | fields))
    patient.refresh_from_db()
    return patient


def make_protocol(**fields: Any) -> Protocol:
    n = next(_count)
    kind = (
        fields.pop("room_kind", None)
        or RoomKind.objects.get_or_create(key="treatment", defaults={"name": "Treatment room"})[0]
    )
    area = Area.objects.get_or_create(key="thigh", defaults={"name": "Thigh"})[0]
    values = {
        "key": f"protocol-{n}",
        "name": "Cellulite reduction",
        "aliases": ["Cellulite Removal"],
        "sessions_min": 4,
        "sessions_usual": 10,
        "sessions_max": 15,
        "interval_min": 7,
        "interval_ideal": 7,
        "interval_max": 14,
        "minutes": 45,
        "room_kind": kind,
    }
    protocol = Protocol.objects.create(**(values | fields))
    protocol.areas.add(area)
    return protocol


def make_plan(patient: Patient | None = None, protocol: Protocol | None = None, **fields: Any) -> TreatmentPlan:
    """Make a plan with its sessions planned; `areas` is a list of (Area, side)."""
    protocol = protocol or make_protocol()
    areas = fields.pop("areas", None)
    values = {
        "name": protocol.name,
        "session_count": protocol.sessions_usual,
        "room_kind": protocol.room_kind,
        **{
            name: getattr(protocol, name)
            for name in (
                "interval_min",
                "interval_ideal",
                "interval_max",
                "minutes",
                "numbing_minutes",
                "turnover_minutes",
                "device_kind",
            )
        },
    }
    plan = TreatmentPlan.objects.create(patient=patient or make_patient(), protocol=protocol, **(values | fields))
    for area, side in areas or [(protocol.areas.first(), Side.LEFT)]:
        PlanArea.objects.create(plan=plan, area=area, side=side)
    Session.objects.bulk_create(Session(plan=plan, number=number) for number in range(1, plan.session_count + 1))
    return plan


def now() -> datetime:
    return timezone.now()
