"""What happened with a patient, newest first: told from the history that the database keeps, not from a diary."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.days import clock, day_words, local_day, wall_time
from clinic.models import User
from patients.models import Message, MessageState, Patient
from patients.services.outbox.registry import kind
from scheduling.models import Appointment, AppointmentStatus
from treatments.models import Session, TreatmentPlan

from .call_stories import call_stories
from .file_stories import file_stories
from .plan_story import events_of, plan_stories

SHOWN = 24
READ = 200


@dataclass(frozen=True)
class Happening:
    """One line of the list."""

    at: datetime
    icon: str
    text: str
    detail: str = ""
    tone: str = ""
    href: str = ""


class Step(NamedTuple):
    """One change of one visit, as its event row tells it: `before` is None when it was made."""

    event: Any
    before: Any | None


class Told:
    """Turns event rows into sentences, in the clinic's zone."""

    def __init__(
        self,
        visits: list[Appointment],
        sessions: dict[int, Session],
        names: dict[int, str],
        zone: ZoneInfo,
        today: date,
    ) -> None:
        self.made = {visit.pk: visit.created_at for visit in visits}
        self.pages = {
            visit.pk: reverse("appointment", args=[visit.public_id])
            for visit in visits
            if visit.status != AppointmentStatus.UNDONE
        }
        self.sessions = sessions
        self.several = len({session.plan_id for session in sessions.values()}) > 1
        self.names = names
        self.zone = zone
        self.today = today

    def who(self, event: Any) -> str:  # noqa: ANN401 - a model that pghistory makes
        context = event.pgh_context
        return self.names.get(context.metadata.get("user"), "") if context else ""

    def what(self, event: Any) -> str:  # noqa: ANN401
        session = self.sessions.get(event.session_id)
        if session:
            return _("Session %(number)d") % {"number": session.number}
        return str(Appointment(kind=event.kind).get_kind_display())

    def course(self, event: Any) -> str:  # noqa: ANN401
        """Return the course's name where the patient has several: "Session 3" alone would not say of which."""
        session = self.sessions.get(event.session_id)
        return session.plan.name if session and self.several else ""

    def page(self, event: Any) -> str:  # noqa: ANN401
        """Return the page of the visit; what was undone has none."""
        return self.pages.get(event.pgh_obj_id, "")

    def page_of(self, visit: Appointment) -> str:
        return self.pages.get(visit.pk, "")

    def when(self, moment: datetime) -> str:
        day, wall = local_day(moment, self.zone), wall_time(moment, self.zone)
        return f"{day_words(day, self.today)}, {clock(wall)}"

    def change(self, step: Step) -> Happening | None:
        """Tell one change: a new state, or a new time; a new number alone is not told."""
        event, before = step
        if before is not None and event.starts_at != before.starts_at:
            return self.moved(event, before)
        if before is not None and event.status == before.status:
            return None
        icon, words, tone = _told_as(step)
        at = event.pgh_created_at if before is not None else event.ends_at
        text = str(words()) % {"what": self.what(event)}
        how = _how(step) or _by(event)
        said = _joined(self.course(event), how, _why(step), self.who(event), _late(event))
        return Happening(at, icon, text, said, tone, self.page(event))

    def moved(self, event: Any, before: Any) -> Happening:  # noqa: ANN401
        """Tell a new time; whoever had confirmed the old one has not confirmed this one."""
        text = _("%(what)s moved to %(when)s") % {"what": self.what(event), "when": self.when(event.starts_at)}
        detail = _("from %(when)s") % {"when": self.when(before.starts_at)}
        answer = ANSWERS.get((before.status, event.status), str)
        said = _joined(detail, answer(), self.course(event), self.who(event))
        return Happening(event.pgh_created_at, "arrow-left-right", text, said, href=self.page(event))

    def numbered(self, step: Step) -> Happening | None:
        """Tell that a visit bears another session now, because the numbers of a course follow its dates."""
        event, before = step
        if before is None or event.session_id == before.session_id or event.status != before.status:
            return None
        text = _("Now %(what)s") % {"what": self.what(event).lower()}
        return Happening(event.pgh_created_at, "list-ol", text, _("the numbers follow the dates"))

    def taken_back(self, steps: list[Step]) -> Happening:
        """Tell that one act took back several visits."""
        event, count = steps[0].event, len(steps)
        if event.status == AppointmentStatus.UNDONE:
            text = ngettext("%(count)d booking undone", "%(count)d bookings undone", count)
        else:
            text = ngettext("%(count)d visit cancelled", "%(count)d visits cancelled", count)
        icon = STATES[AppointmentStatus(event.status)][0]
        detail = _joined(_by(event), event.status_reason, self.who(event))
        return Happening(event.pgh_created_at, icon, text % {"count": count}, detail)

    def booked(self, steps: list[Step]) -> Happening:
        """Tell what one act booked: a whole course is one line."""
        event = steps[0].event
        first = min(step.event.starts_at for step in steps)
        count = len(steps)
        if count == 1:
            text = _("%(what)s booked for %(when)s") % {"what": self.what(event), "when": self.when(first)}
            after = _("entered afterwards: %(why)s") % {"why": event.entry_reason} if event.entry_reason else ""
            detail = _joined(self.course(event), after, self.who(event))
            return Happening(self.made[event.pgh_obj_id], "calendar-plus", text, detail, href=self.page(event))
        text = ngettext("%(count)d session booked", "%(count)d sessions booked", count) % {"count": count}
        detail = _("the first on %(when)s") % {"when": self.when(first)}
        return Happening(
            self.made[event.pgh_obj_id], "calendar-plus", text, _joined(self.course(event), detail, self.who(event))
        )


STATES = {
    AppointmentStatus.BOOKED: ("calendar-plus", lambda: _("%(what)s stands again"), ""),
    AppointmentStatus.CONFIRMED: ("check-circle", lambda: _("%(what)s confirmed"), "acc"),
    AppointmentStatus.ARRIVED: ("geo-alt", lambda: _("Arrived for %(what)s"), ""),
    AppointmentStatus.IN_TREATMENT: ("record-circle", lambda: _("%(what)s began"), ""),
    AppointmentStatus.COMPLETED: ("check2-all", lambda: _("%(what)s completed"), "done"),
    AppointmentStatus.NO_SHOW: ("person-x", lambda: _("Did not come: %(what)s"), "bad"),
    AppointmentStatus.CANCELLED: ("x-lg", lambda: _("%(what)s cancelled"), ""),
    AppointmentStatus.UNDONE: ("arrow-counterclockwise", lambda: _("%(what)s: booking undone"), ""),
}


STEPPED_BACK = {
    AppointmentStatus.CONFIRMED: lambda: _("%(what)s: not confirmed any more"),
    AppointmentStatus.ARRIVED: lambda: _("%(what)s: not arrived after all"),
    AppointmentStatus.IN_TREATMENT: lambda: _("%(what)s: not begun after all"),
    AppointmentStatus.COMPLETED: lambda: _("%(what)s: not completed after all"),
}
"""By the state that was taken back."""
ON_THE_WAY: list[str] = list(STEPPED_BACK)
ANSWERS = {
    (AppointmentStatus.CONFIRMED, AppointmentStatus.BOOKED): lambda: _("not confirmed any more"),
    (AppointmentStatus.BOOKED, AppointmentStatus.CONFIRMED): lambda: _("confirmed as before"),
}
"""What became of the patient's yes when the time changed: the second when a move is undone."""
OFF = {AppointmentStatus.NO_SHOW, AppointmentStatus.CANCELLED}
TAKEN_BACK = {AppointmentStatus.UNDONE, AppointmentStatus.CANCELLED}


def _told_as(step: Step) -> tuple[str, Any, str]:
    """Return the sign, the words and the tone of a new state: on from the one before, or back."""
    event, before = step
    was: str = before.status if before is not None else ""
    earlier = ON_THE_WAY[: ON_THE_WAY.index(was)] if was in ON_THE_WAY else []
    if event.status in earlier or (was in ON_THE_WAY and event.status == AppointmentStatus.BOOKED):
        return "arrow-90deg-left", STEPPED_BACK[AppointmentStatus(was)], ""
    return STATES[AppointmentStatus(event.status)]


def _by(event: Any) -> str:  # noqa: ANN401
    """Return "by the patient" for a visit that was cancelled by somebody."""
    return _("by %(whom)s") % {"whom": event.get_cancelled_by_display()} if event.cancelled_by else ""


def _how(step: Step) -> str:
    """Return how a visit was confirmed by this change."""
    event, before = step
    is_new = before is None or event.confirmed_at != before.confirmed_at
    return str(event.get_confirmed_how_display()) if event.status == AppointmentStatus.CONFIRMED and is_new else ""


def _late(event: Any) -> str:  # noqa: ANN401
    return _("short notice") if event.status == AppointmentStatus.CANCELLED and event.cancelled_late else ""


def _why(step: Step) -> str:
    """Return the reason that was given with this change, not one that the visit bears from before."""
    event, before = step
    is_new = before is None or event.status_reason != before.status_reason or event.status in OFF
    return str(event.status_reason) if is_new else ""


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def happenings(
    patient: Patient, visits: list[Appointment], plans: Iterable[TreatmentPlan], zone: ZoneInfo, now: datetime
) -> list[tuple[date, list[Happening]]]:
    """Return what happened, by local day, the newest first."""
    steps = _steps(visits)
    edits = list(patient.events.select_related("pgh_context").order_by("-pgh_id")[:READ])  # type: ignore[attr-defined]
    sessions = {session.pk: session for plan in plans for session in plan.sessions.all()}
    changes = events_of(plans)
    told = Told(visits, sessions, _names([step.event for step in steps] + edits + changes), zone, local_day(now, zone))
    found = _of_visits(steps, told) + _of_calls(visits, told) + _of_messages(patient) + _of_file(patient, edits, told)
    found += [Happening(*story) for story in plan_stories(plans, changes, told.who)]
    return _by_day(_up_to(_clock(now, [step.event for step in steps] + edits + changes), found), zone)


def course_history(
    plan: TreatmentPlan, visits: list[Appointment], zone: ZoneInfo, now: datetime
) -> list[tuple[date, list[Happening]]]:
    """Return what happened with one course, by local day, the newest first: the course itself, and all its visits."""
    steps, changes = _steps(visits), events_of([plan])
    sessions = {session.pk: session for session in plan.sessions.all()}
    told = Told(visits, sessions, _names([step.event for step in steps] + changes), zone, local_day(now, zone))
    found = _of_visits(steps, told) + _of_calls(visits, told)
    found += [Happening(*story) for story in plan_stories([plan], changes, told.who)]
    return _by_day(_up_to(_clock(now, [step.event for step in steps] + changes), found), zone, at_most=READ)


def history_of(visit: Appointment, zone: ZoneInfo, now: datetime) -> list[tuple[date, list[Happening]]]:
    """Return what happened with one visit, by local day, the newest first: who, when, what, and each new number."""
    steps = _steps([visit])
    keys = {step.event.session_id for step in steps}
    sessions = {one.pk: one for one in Session.objects.filter(pk__in=keys - {None}).select_related("plan")}
    told = Told([visit], sessions, _names([step.event for step in steps]), zone, local_day(now, zone))
    found = _of_visits(steps, told) + _of_calls([visit], told)
    found += [one for step in steps if (one := told.numbered(step))]
    return _by_day(found, zone)


def _clock(now: datetime, events: list[Any]) -> datetime:
    """Return the later of our clock and the database's, which stamps the events: what it wrote down has happened."""
    return max([now, *(event.pgh_created_at for event in events)])


def _up_to(until: datetime, found: list[Happening]) -> list[Happening]:
    """Leave out what is told of a time to come: a visit ahead that was made confirmed is told at its end."""
    return [one for one in found if one.at <= until]


def _by_day(found: list[Happening], zone: ZoneInfo, at_most: int = SHOWN) -> list[tuple[date, list[Happening]]]:
    newest = sorted(found, key=lambda one: one.at, reverse=True)[:at_most]
    return [(day, list(ones)) for day, ones in groupby(newest, key=lambda one: local_day(one.at, zone))]


def _steps(visits: list[Appointment]) -> list[Step]:
    """Return every change of these visits, each beside the state before it."""
    rows = Appointment.pgh_event_model.objects.filter(  # type: ignore[attr-defined]
        pgh_obj_id__in=[visit.pk for visit in visits]
    )
    before: dict[int, Any] = {}
    steps = []
    for event in rows.select_related("pgh_context").order_by("pgh_id"):
        steps.append(Step(event, before.get(event.pgh_obj_id)))
        before[event.pgh_obj_id] = event
    return steps


def _names(events: list[Any]) -> dict[int, str]:
    keys = {event.pgh_context.metadata.get("user") for event in events if event.pgh_context}
    return dict(User.objects.filter(pk__in=keys - {None}).values_list("pk", "name"))


def _of_visits(steps: list[Step], told: Told) -> list[Happening]:
    """Tell the changes of visits. What one act made is told together; a visit made completed was written down later."""
    acts: dict[Any, list[Step]] = {}
    for step in steps:
        if step.before is None:
            act = step.event.pgh_context_id or told.made[step.event.pgh_obj_id]
            acts.setdefault((act, step.event.kind), []).append(step)
    found = [told.booked(together) for together in acts.values()]
    later = [step for step in steps if step.before is not None or step.event.status != AppointmentStatus.BOOKED]
    together: dict[Any, list[Step]] = {}
    for step in later:
        wholesale = step.event.status in TAKEN_BACK and step.event.pgh_context_id
        together.setdefault((step.event.pgh_context_id, step.event.status) if wholesale else step, []).append(step)
    for same in together.values():
        one = told.change(same[0]) if len(same) == 1 else told.taken_back(same)
        found += [one] if one else []
    return found


def _of_calls(visits: list[Appointment], told: Told) -> list[Happening]:
    return [Happening(*story, href=told.page_of(visit)) for story, visit in call_stories(visits, told.what)]


def _of_messages(patient: Patient) -> list[Happening]:
    sent = patient.messages.filter(state__in=[MessageState.SENT, MessageState.FAILED]).order_by("-settled_at")[:READ]
    return [_of_message(message) for message in sent]


def _of_message(message: Message) -> Happening:
    known = kind(message.kind)
    label = str(known.label) if known else message.kind
    at = message.settled_at or message.due_at
    if message.state == MessageState.FAILED:
        return Happening(at, "envelope-x", _("%(message)s: not delivered") % {"message": label}, message.reason, "bad")
    return Happening(at, "envelope", _("%(message)s: sent") % {"message": label}, message.to_address)


def _of_file(patient: Patient, edits: list[Any], told: Told) -> list[Happening]:
    return [Happening(*story) for story in file_stories(patient, edits, told.who)]
