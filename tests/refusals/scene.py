"""A small clinic on a Monday, and the forms of its pages: each refusal is brought about on purpose and read there."""

import html
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import connection, models
from django.test import Client
from django.urls import reverse

from clinic.lib.locks import Busy
from clinic.models import Clinic, Clinician, Device, Operation, Role, Room, RoomKind, User
from patients.models import Merge, Message, NotTwins, Patient
from scheduling.models import (
    Absence,
    Appointment,
    Closure,
    HoursChange,
    Offer,
    OfferRound,
    OfferRules,
    VisitType,
    WaitingEntry,
    WeeklyHours,
)
from tests import factory
from tests.scheduling.helpers import take
from treatments.models import AftercareText, Area, Concern, PlanArea, Protocol, Session, TreatmentPlan

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
TUESDAY = date(2026, 12, 1)
YESTERDAY = date(2026, 11, 22)
KEPT: list[type[models.Model]] = [
    Clinic,
    Clinician,
    Device,
    Room,
    RoomKind,
    Operation,
    Patient,
    Merge,
    Message,
    NotTwins,
    Appointment,
    WeeklyHours,
    HoursChange,
    Absence,
    Closure,
    VisitType,
    TreatmentPlan,
    PlanArea,
    Session,
    Protocol,
    Area,
    Concern,
    AftercareText,
    WaitingEntry,
    OfferRound,
    Offer,
    OfferRules,
]
"""All that an act of a screen may write, but for the log of readings and drafts."""

Act = Callable[["Scene"], object]


@dataclass(frozen=True)
class Case:
    """One refusal: its sentence as it stands on the page, who meets it, and how."""

    sentence: str
    act: Act
    role: Role
    told: bool

    @property
    def name(self) -> str:
        return self.act.__name__


class Cases(list[Case]):
    """The refusals of one part of the clinic."""

    def shows(self, sentence: str, *, role: Role = Role.FRONT_DESK, told: bool = True) -> Callable[[Act], Act]:
        """Add the act that brings `sentence` about. `told=False`: a page that saves nothing need not say so."""

        def add(act: Act) -> Act:
            self.append(Case(sentence, act, role, told))
            return act

        return add


ON_FILE = " UNION ALL ".join(
    f"(SELECT '{model._meta.label}', t::text FROM {model._meta.db_table} t ORDER BY {model._meta.pk.column})"  # noqa: S608
    for model in KEPT
)


def on_file() -> list[tuple[str, str]]:
    """Return every row that counts, with its table, as it is on file."""
    with connection.cursor() as cursor:
        cursor.execute(ON_FILE)
        return cursor.fetchall()


def words_of(content: bytes) -> str:
    """Return what a page says, without its marks."""
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", text)))


@dataclass
class Scene:
    """Moira and Anika, two rooms, a patient with a course of ten. `send` presses a button and keeps what came."""

    client: Client
    patch: pytest.MonkeyPatch
    book: dict[str, Any]
    page: str = ""
    before: list[tuple[str, str]] = field(default_factory=list)
    after: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.moira: Clinician = self.book["moira"]
        self.anika: Clinician = self.book["anika"]
        self.rooms: list[Room] = self.book["rooms"]
        self.plan: TreatmentPlan = self.book["plan"]
        self.patient = self.plan.patient
        kind = RoomKind.objects.get()
        VisitType.objects.create(kind="consultation", minutes=30, turnover_minutes=5, room_kind=kind)

    def sign_in(self, role: Role, name: str = "Dana Rideout") -> User:
        user = factory.make_user(role, name=name)
        self.client.force_login(user, BACKEND)
        return user

    def visit(self, day: date = TUESDAY, wall: str = "14:00", **fields: Any) -> Appointment:
        """Put a consultation of the patient into the book."""
        fields.setdefault("patient", self.patient)
        return take(fields.pop("clinician", self.moira), fields.pop("room", self.rooms[0]), day, wall, 30, **fields)

    def course(self, count: int = 10, *, first: date = TUESDAY) -> list[Appointment]:
        """Book the first `count` sessions of the course weekly, at 14:00."""
        made = []
        for at, session in enumerate(self.plan.sessions.order_by("number")[:count]):
            Session.objects.filter(pk=session.pk).update(state="booked")
            day = first + timedelta(weeks=at)
            made.append(
                take(self.moira, self.rooms[0], day, "14:00", 45, patient=self.patient, session=session),
            )
        return made

    def go(self, url: str) -> str:
        """Open a page and keep what it says."""
        self.before = self.before or on_file()
        self.page, self.after = words_of(self.client.get(url, follow=True).content), on_file()
        return self.page

    def send(self, address: str, /, *args: Any, query: str = "", **data: Any) -> str:
        """Send a form and follow to the page that comes; `operation` is a new one unless it is given."""
        sent = {"operation": str(uuid.uuid4())} | {key: value for key, value in data.items() if value is not None}
        self.before = on_file()
        answer = self.client.post(reverse(address, args=args) + query, sent, follow=True)
        self.page, self.after = words_of(answer.content), on_file()
        return self.page

    def undo(self, *, of: str = "operation_undo") -> str:
        """Take the last act back."""
        done = Operation.objects.exclude(kind__startswith="undo").latest("at", "pk")
        return self.send(of, done.pk)

    def meanwhile(self, where: str, act: Callable[[], object]) -> None:
        """Let somebody else act once, at the moment when this function is first called."""
        module, _dot, name = where.rpartition(".")
        real = vars(import_module(module))[name]
        done: list[object] = []

        def first(*args: Any, **kwargs: Any) -> Any:
            if not done:
                done.append(act())
            return real(*args, **kwargs)

        self.patch.setattr(where, first)

    def crowd(self, where: str = "clinic.lib.operations.body_hash") -> None:
        """Let every act find the rows locked by others for three tries."""

        def busy(*_args: Any, **_kwargs: Any) -> None:
            raise Busy

        self.patch.setattr(where, busy)


def shown(url: str, client: Client) -> dict[str, Any]:
    """Return what a form of the page sends when nobody touches it."""
    form = client.get(url).context["form"]
    values = {name: form[name].value() for name in form.fields}
    return {
        name: "on" if value is True else value
        for name, value in values.items()
        if value is not None and value is not False
    }
