"""Write the demo's plain values as rows, many at a time. The database's own rules have the last word."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pgtrigger
from django.db import connection
from django.db.models import F, OuterRef, Subquery, Value
from django.db.models.functions import Least

from clinic.models import Clinic, Clinician, Device, DeviceKind, Role, Room, RoomKind, User
from patients.models import Patient
from scheduling.models import (
    Absence,
    Appointment,
    AppointmentStatus,
    CancelledBy,
    Closure,
    HoursKind,
    VisitType,
    WeeklyHours,
)
from treatments.course import sides_of
from treatments.models import Area, PlanArea, Protocol, Session, TreatmentPlan

from . import house
from .courses import Course, Visit
from .days import Away, Closed
from .people import Someone

CONSULTATION_NOTICE = timedelta(days=9)


@dataclass
class House:
    """The rows that everything else refers to, in the order of the demo's lists."""

    clinic: Clinic
    clinicians: list[Clinician]
    rooms: list[Room]
    devices: list[Device]

    @property
    def tz(self) -> ZoneInfo:
        return self.clinic.tz

    def at(self, day: date, minute: int) -> datetime:
        """Return the instant of a minute of a local day, as UTC."""
        return datetime.combine(day, time(*divmod(minute, 60)), tzinfo=self.tz)


def new_id(rng: Random) -> uuid.UUID:
    return uuid.UUID(int=rng.getrandbits(128), version=4)


def keep_house(
    kinds: Sequence[RoomKind],
    *,
    people: Sequence[house.Person] = house.CLINICIANS,
    room_names: Sequence[str] = house.ROOMS,
    device_names: Sequence[str] = house.DEVICES,
    since: date = house.HOURS_SINCE,
) -> House:
    """Write the clinic, those who sign in, clinicians with their hours, and rooms: the last for each further kind."""
    clinic, _ = Clinic.objects.update_or_create(pk=1, defaults=house.CLINIC)
    clinic.refresh_from_db()
    User.objects.create_user(house.DESK[0], house.PASSWORD, name=house.DESK[1], roles=[Role.FRONT_DESK])
    User.objects.create_user(house.OWNER[0], house.PASSWORD, name=house.OWNER[1], roles=[Role.OWNER])
    clinicians = []
    for place, person in enumerate(people):
        password = house.PASSWORD if place == house.MOIRA else None
        user = User.objects.create_user(person.email, password, name=person.name, roles=[Role.CLINICIAN])
        clinicians.append(
            Clinician(
                user=user,
                name=person.name,
                short_name=person.short_name,
                licence_number=person.licence,
                position=place + 1,
            )
        )
    Clinician.objects.bulk_create(clinicians)
    for area in Area.objects.filter(restricted=True):
        physicians = [one for place, one in enumerate(clinicians) if place in house.PHYSICIANS]
        area.clinicians.set(physicians or clinicians[:1])  # a demo of one clinician has no other
    WeeklyHours.objects.bulk_create(
        WeeklyHours(
            clinician=clinician,
            kind=kind,
            weekday=weekday,
            starts=starts,
            ends=ends,
            valid_from=since,
        )
        for clinician, person in zip(clinicians, people, strict=True)
        for kind, spans in ((HoursKind.WORK, person.works), (HoursKind.BREAK, person.rests))
        for weekday, (starts, ends) in spans.items()
    )
    last_kinds = list(kinds[1:])
    rooms = [Room(name=name, kind=kinds[0], position=place + 1) for place, name in enumerate(room_names)]
    for room, kind in zip(reversed(rooms), last_kinds, strict=False):
        room.kind = kind
    for kind_of_talk, minutes in house.TALKS.items():
        facts = {"minutes": minutes, "turnover_minutes": house.TALK_TURNOVER, "room_kind": kinds[0]}
        VisitType.objects.update_or_create(kind=kind_of_talk, defaults=facts)
    return House(clinic, clinicians, Room.objects.bulk_create(rooms), _keep_devices(device_names))


def _keep_devices(names: Sequence[str]) -> list[Device]:
    """Write the devices and let the one protocol ask for their kind."""
    key, name = house.DEVICE_KIND
    kind = DeviceKind.objects.get_or_create(key=key, defaults={"name": name})[0]
    protocol = Protocol.objects.get(key=house.WITH_DEVICE)
    protocol.device_kind = kind
    protocol.save(update_fields=["device_kind"])
    devices = [Device(name=name, kind=kind, position=place + 1) for place, name in enumerate(names)]
    return Device.objects.bulk_create(devices)


def keep_days_off(rows: House, closed: Sequence[Closed], away: Sequence[Away]) -> None:
    Closure.objects.bulk_create(Closure(name=row.name, starts_on=row.first, ends_on=row.last) for row in closed)
    Absence.objects.bulk_create(
        Absence(
            clinician=rows.clinicians[row.clinician],
            starts_at=rows.at(row.first, 0),
            ends_at=rows.at(row.last + timedelta(days=1), 0),
            reason=row.reason,
        )
        for row in away
    )


def keep_patients(people: Sequence[Someone], rng: Random, rows: House, today: date) -> list[Patient]:
    """Write the patients, let the next file number follow theirs, and date each by how long the clinic knows them."""
    patients = [
        Patient(
            public_id=new_id(rng),
            file_number=someone.file_number,
            first_name=someone.first_name,
            last_name=someone.last_name,
            preferred_name=someone.preferred_name,
            birth_date=someone.birth_date,
            phone=someone.phone,
            email=someone.email,
            language=someone.language,
            reminders_by_email=someone.reminders_by_email,
            marketing_ok=someone.marketing_ok,
            choices_at=rows.at(today - timedelta(days=someone.days_known), 600),
            choices_source=someone.choices_source,
            note=someone.note,
            street=someone.place.street,
            town=someone.place.town,
            province=someone.place.province,
            postal_code=someone.place.postal_code,
            emergency_name=someone.emergency.name,
            emergency_phone=someone.emergency.phone,
            emergency_relation=someone.emergency.relation,
            guardian_name=someone.guardian.name,
            guardian_phone=someone.guardian.phone,
            guardian_relation=someone.guardian.relation,
            archived_at=rows.at(today - timedelta(days=20), 600) if someone.archived_reason else None,
            archived_reason=someone.archived_reason,
        )
        for someone in people
    ]
    Patient.objects.bulk_create(patients)
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('patients_file_number', %s)", [max(someone.file_number for someone in people)])
    with pgtrigger.ignore("patients.Patient:update_update"):
        Patient.objects.update(created_at=F("choices_at"), updated_at=F("choices_at"))
    return patients


def keep_courses(
    courses: Sequence[Course], patients: Sequence[Patient], rng: Random, rows: House, today: date
) -> list[list[Session]]:
    """Write plans with their areas and sessions; return the sessions of each course, in order of number."""
    protocols = {protocol.key: protocol for protocol in Protocol.objects.select_related("room_kind", "device_kind")}
    areas = {area.key: area for area in Area.objects.all()}
    plans = [_plan(course, protocols[course.offer.key], patients, rng, rows) for course in courses]
    TreatmentPlan.objects.bulk_create(plans)
    PlanArea.objects.bulk_create(
        PlanArea(plan=plan, area=areas[key], side=side)
        for plan, course in zip(plans, courses, strict=True)
        for key in course.areas
        for side in sides_of(areas[key])
    )
    sessions = [
        [Session(plan=plan, number=number, state=state) for number, state in enumerate(course.states(), start=1)]
        for plan, course in zip(plans, courses, strict=True)
    ]
    Session.objects.bulk_create(session for of_plan in sessions for session in of_plan)
    for place, (plan, course) in enumerate(zip(plans, courses, strict=True)):
        made_on = min(course.made_on, today - timedelta(days=1))
        plan.created_at = plan.updated_at = rows.at(made_on, 560 + place % 300)
    with pgtrigger.ignore("treatments.TreatmentPlan:update_update"):
        TreatmentPlan.objects.bulk_update(plans, ["created_at", "updated_at"])
    return sessions


def _plan(course: Course, protocol: Protocol, patients: Sequence[Patient], rng: Random, rows: House) -> TreatmentPlan:
    least, ideal, most = course.interval
    return TreatmentPlan(
        public_id=new_id(rng),
        patient=patients[course.patient],
        protocol=protocol,
        name=protocol.name,
        clinician=rows.clinicians[course.clinicians[0]],
        status=course.status,
        session_count=course.count,
        interval_min=least,
        interval_ideal=ideal,
        interval_max=most,
        minutes=protocol.minutes,
        numbing_minutes=protocol.numbing_minutes,
        turnover_minutes=protocol.turnover_minutes,
        room_kind=protocol.room_kind,
        device_kind=protocol.device_kind,
        usual_weekdays=[course.first.weekday()],
        usual_time=time(*divmod(course.around, 60)),
        long_gap_reason=course.reasons.long_gap,
        many_sessions_reason=course.reasons.many_sessions,
        minor_reason=course.reasons.minor,
        status_reason=course.reasons.status,
    )


def keep_visits(
    courses: Sequence[Course],
    sessions: Sequence[Sequence[Session]],
    others: Sequence[Visit],
    patients: Sequence[Patient],
    rng: Random,
    rows: House,
    today: date,
) -> int:
    """Write every visit, and date it by when it was made: with its plan, or some days before a consultation."""
    pairs: list[tuple[Visit, Session | None]] = [(visit, None) for visit in others]
    for course, of_plan in zip(courses, sessions, strict=True):
        pairs += [(visit, of_plan[visit.number - 1]) for visit in course.visits]
    visits = [_appointment(visit, session, patients, rng, rows) for visit, session in pairs]
    visits.sort(key=lambda visit: (visit.starts_at, visit.clinician.position))
    Appointment.objects.bulk_create(visits, batch_size=1000)
    made = Session.objects.filter(pk=OuterRef("session_id")).values("plan__created_at")
    with pgtrigger.ignore("scheduling.Appointment:update_update"):
        Appointment.objects.filter(session__isnull=False).update(created_at=Subquery(made))
        Appointment.objects.filter(session__isnull=True).update(
            created_at=Least(F("starts_at") - CONSULTATION_NOTICE, Value(rows.at(today, 0)))
        )
    return len(visits)


def _appointment(
    visit: Visit, session: Session | None, patients: Sequence[Patient], rng: Random, rows: House
) -> Appointment:
    seat, need = visit.seat, visit.need
    starts_at = rows.at(seat.day, seat.start)
    ends_at = starts_at + timedelta(minutes=need.minutes)
    return Appointment(
        public_id=new_id(rng),
        kind=visit.kind,
        patient=patients[visit.patient],
        session=session,
        clinician=rows.clinicians[seat.clinician],
        room=rows.rooms[seat.room],
        device=rows.devices[seat.device] if seat.device is not None else None,
        arrives_at=starts_at - timedelta(minutes=need.numbing),
        starts_at=starts_at,
        ends_at=ends_at,
        frees_at=ends_at + timedelta(minutes=need.turnover),
        wall_date=seat.day,
        wall_time=time(*divmod(seat.start, 60)),
        wall_zone=str(rows.tz),
        status=visit.status,
        late_reason=visit.late_reason,
        status_reason=visit.status_reason,
        cancelled_by=CancelledBy.PATIENT if visit.status == AppointmentStatus.CANCELLED else "",
    )
