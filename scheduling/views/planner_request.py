"""One request to the series planner, read once: who asks, the plan, and what the form says."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property

from django.db.models import Exists, OuterRef, Prefetch
from django.http import HttpRequest, QueryDict
from django.shortcuts import get_object_or_404
from django.utils import timezone

from clinic.lib.access import Permission, allows
from clinic.lib.days import local_day
from clinic.models import Clinic, Clinician, Operation, Room
from scheduling.forms.draft import Kept, read_draft
from scheduling.forms.planner import ChoicesForm, Lines, read_lines
from scheduling.models import HoursKind, PlannerDraft, WeeklyHours
from scheduling.planning import planner
from scheduling.planning.ground import Ground
from scheduling.planning.types import Choices
from scheduling.services.series import MOST_SESSIONS
from scheduling.views.planner_acts import Desk
from scheduling.views.planner_rows import Names
from treatments.models import PlanArea, PlanStatus, Session, SessionState, TreatmentPlan
from treatments.named import Staff, know_open

MOST_LINES = 40
"""More lines than any course has: what comes beyond was not made by the page."""
DAY = (time(8, 0), time(18, 0))
"""Between which a course can be asked for where nobody has hours yet."""
WORKDAYS = set(range(5))


@dataclass
class Request:
    """What a view of the planner needs of its request; each part is read when first asked for."""

    http: HttpRequest
    plan: TreatmentPlan
    clinic: Clinic
    now: datetime
    ground: Ground | None = None
    """What lies under the course, once it was read to judge it."""

    @property
    def today(self) -> date:
        return local_day(self.now, self.clinic.tz)

    @cached_property
    def planned(self) -> int:
        """How many sessions of the plan have no visit yet."""
        return sum(session.state == SessionState.PLANNED for session in self.plan.sessions.all())

    @property
    def has_another_to_book(self) -> bool:
        """Whether another course of the patient lacks visits as well: both can be planned together."""
        return bool(getattr(self.plan, "has_another", False))

    @cached_property
    def left(self) -> int:
        """How many may be booked: the planned ones, and those by which the course may still grow."""
        return self.planned + max(0, MOST_SESSIONS - self.plan.session_count) if self.planned else 0

    @cached_property
    def may_overrule(self) -> bool:
        return allows(self.http.user, Permission.BOOK_TOO_EARLY)

    @cached_property
    def staff(self) -> Staff:
        """Who may treat this course: nobody else can be chosen. A line may still name somebody who may not."""
        return Staff.of(self.plan)

    @property
    def clinicians(self) -> list[Clinician]:
        return list(self.staff.may.values())

    @property
    def who_note(self) -> str:
        """Why the plan's own clinician is not offered, or that nobody is; nothing where all is as usual."""
        return self.staff.why_not(self.plan.clinician_id)

    @cached_property
    def names(self) -> Names:
        rooms = {room.pk: room for room in Room.objects.all()}
        return Names(self.staff.people, rooms, self.clinic.tz, self.today)

    @cached_property
    def hours(self) -> set[tuple[int, time, time]]:
        """When anybody works in the week. Where everybody may treat the course, that was read to judge it."""
        if self.ground and not self.staff.named.places:
            rows = (row for row in self.ground.hours if row.kind == HoursKind.WORK)
            return {(row.weekday, row.starts, row.ends) for row in rows}
        work = WeeklyHours.objects.filter(kind=HoursKind.WORK, clinician__is_active=True)
        return set(work.order_by().values_list("weekday", "starts", "ends").distinct())

    @property
    def weekdays(self) -> list[int]:
        """Monday to Friday, and the other days on which anybody works or the choices ask for."""
        return sorted(WORKDAYS | {weekday for weekday, *_times in self.hours} | self.choices.weekdays)

    @property
    def opens_and_closes(self) -> tuple[time, time]:
        if not self.hours:
            return DAY
        return min(starts for _day, starts, _ends in self.hours), max(ends for _day, _starts, ends in self.hours)

    @cached_property
    def opening(self) -> Choices:
        return planner.default_choices(self.plan, self.now, self.staff)

    @property
    def draft(self) -> PlannerDraft | None:
        """What somebody left half planned. A form that is posted goes before it."""
        return None if self.http.method == "POST" else getattr(self.plan, "planner_draft", None)

    @cached_property
    def kept(self) -> Kept | None:
        """The draft read back, where it still fits the sessions that are left to book."""
        kept = read_draft(self.draft.posted, self.today) if self.draft else None
        return kept if kept and kept.first == self.first and len(kept.form.getlist("line")) <= self.left else None

    @cached_property
    def data(self) -> QueryDict | None:
        """The form's fields: as posted, or as they were kept. None where the planner opens anew."""
        if self.http.method == "POST":
            return self.http.POST
        return self.kept.form if self.kept else None

    @cached_property
    def form(self) -> ChoicesForm:
        return ChoicesForm(self.data, opening=lambda: self.opening, staff=self.staff, today=self.today, left=self.left)

    @cached_property
    def choices(self) -> Choices:
        return self.form.choices()

    @cached_property
    def first(self) -> int:
        """The number of the first session without a visit."""
        held = {SessionState.BOOKED, SessionState.COMPLETED}
        return 1 + sum(session.state in held for session in self.plan.sessions.all())

    @cached_property
    def shown_first(self) -> int:
        """The number of the first line as the person saw it; it may have changed since."""
        text = self.data.get("first", "") if self.data is not None else ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else self.first

    @cached_property
    def desk(self) -> Desk:
        return Desk(
            plan=self.plan,
            choices=self.choices,
            lines=Lines(()) if self.data is None else self._lines(self.data),
            now=self.now,
            zone=self.clinic.tz,
            left=self.left,
            shown_first=self.shown_first,
            data=self.http.POST,
        )

    def _lines(self, data: QueryDict) -> Lines:
        name = "former" if data.get("act") == "restore" else "line"
        first = self.shown_first
        return read_lines(data, name, zone=self.clinic.tz, today=self.today, first=first, at_most=MOST_LINES)

    @cached_property
    def key(self) -> uuid.UUID:
        """The form's operation; a new one when none came, or none that can be read."""
        try:
            return uuid.UUID(self.http.POST.get("operation", ""))
        except ValueError:
            return uuid.uuid4()

    def was_answered(self) -> bool:
        """Say whether this form was booked before: a double click, a reload, Back."""
        return Operation.objects.filter(pk=self.key).exists()


def read(http: HttpRequest, public_id: uuid.UUID) -> Request:
    """Read the request for a plan that this person may see, or answer 404."""
    plans = TreatmentPlan.objects.visible_to(http.user).select_related("patient", "protocol")  # type: ignore[arg-type]
    if http.method != "POST":
        left = TreatmentPlan.objects.filter(status=PlanStatus.ACTIVE, sessions__state=SessionState.PLANNED)
        another = left.filter(patient=OuterRef("patient")).exclude(pk=OuterRef("pk"))
        plans = plans.select_related("planner_draft__user").annotate(has_another=Exists(another))
    areas = Prefetch("areas", PlanArea.objects.select_related("area"))
    sessions = Prefetch("sessions", Session.objects.order_by("number"))  # as usual would join the plans to order them
    plan = get_object_or_404(plans.prefetch_related(areas, sessions), public_id=public_id)
    know_open(plan, [placed.area for placed in plan.areas.all()])
    return Request(http, plan, http.clinic, timezone.now())  # type: ignore[attr-defined]
