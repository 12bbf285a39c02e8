"""How the messages about visits are composed.

Nothing clinical: a first name, days, arrival times, the clinic (domain 6.4). patients/apps.py finds this module by
`autodiscover_modules("messages")`. Each composer reads the truth anew and may answer that it is no longer true.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import Min, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.lib.days import local_day
from clinic.models import Clinic
from patients.models import Message, MessageState
from patients.services.outbox import links
from patients.services.outbox.letters import letter
from patients.services.outbox.registry import CallInstead, Composed, NoLongerTrue, NotNow, Outcome, Together, composer
from scheduling.mail_words import earlier_words, notes_words, reminder_words, series_words
from scheduling.models import (
    AHEAD,
    Appointment,
    AppointmentMessage,
    AppointmentStatus,
    Offer,
    OfferState,
    SeriesMessage,
    WaitingStatus,
)
from scheduling.planning.waiting_read import Stretch, is_free
from scheduling.services.asked_again import series_again, visit_again
from scheduling.services.calendar_file import calendar_file
from scheduling.services.notices import SERIES_SUMMARY, VISIT_NOTES, VISIT_SUMMARY
from scheduling.services.offering import EARLIER_TIME
from scheduling.services.reminding import DAYS_BEFORE, REMINDER_1_DAY, REMINDER_3_DAYS, next_civil_hour
from scheduling.services.told import Difference, difference, stamp

NOTES = "visit_notes"
"""The purpose of the link in the mail about a visit's notes."""
NOTES_LIVE_FOR = timedelta(days=14)
ABOUT_NOTHING = NoLongerTrue(gettext_lazy("What it was about is gone."))


def visit_of(keys: Sequence[int]) -> Mapping[int, datetime]:
    """Return when the visit is that each message speaks of."""
    found = AppointmentMessage.objects.filter(message__in=keys)
    return dict(found.values_list("message_id", "appointment__starts_at"))


def first_visit_of(keys: Sequence[int]) -> Mapping[int, datetime]:
    """Return the first visit that each message told; of those not written yet, the first that lies ahead."""
    ahead = Q(plan__sessions__appointments__status__in=AHEAD)
    links = SeriesMessage.objects.filter(message__in=keys).values_list("message_id", "told")
    found = links.annotate(first=Min("plan__sessions__appointments__starts_at", filter=ahead))
    return {key: _first(told) if told else first for key, told, first in found if told or first}


def _first(told: Sequence[tuple[int, str]]) -> datetime:
    return datetime.fromisoformat(min(start for _visit, start in told))


def _links(keys: Sequence[int]) -> Mapping[int, AppointmentMessage]:
    """Return what each message speaks about, with the visit."""
    found = AppointmentMessage.objects.select_related("appointment").filter(message__in=keys)
    return {link.message_id: link for link in found}


def _reminder(message: Message, now: datetime) -> Outcome:
    return _reminder_of(_links([message.pk]).get(message.pk), Clinic.objects.current(), message, now)


def _reminder_of(link: AppointmentMessage | None, clinic: Clinic, message: Message, now: datetime) -> Outcome:
    if link is None:
        return ABOUT_NOTHING
    visit, patient = link.appointment, message.patient
    if not visit.is_ahead:
        return NoLongerTrue(_("The visit is not ahead any more."))
    if not patient.reminders_by_email:
        return CallInstead(_("No reminders by e-mail."))
    days = (local_day(visit.starts_at, clinic.tz) - local_day(now, clinic.tz)).days
    if days > DAYS_BEFORE[link.kind]:
        return NoLongerTrue(_("The visit was moved."))
    later = next_civil_hour(now, clinic)
    if later > now:
        return NotNow(later)
    return letter(**vars(reminder_words(visit, clinic, now)), clinic=clinic, patient=patient)


for _kind, _label in (
    (REMINDER_3_DAYS, gettext_lazy("Reminder, 3 days")),
    (REMINDER_1_DAY, gettext_lazy("Reminder, 1 day")),
):
    composer(_kind, label=_label, visits=visit_of, again=visit_again, together=Together(_links, _reminder_of))(
        _reminder
    )


@composer(SERIES_SUMMARY, label=gettext_lazy("All dates"), visits=first_visit_of, again=series_again)
def series_summary(message: Message, now: datetime) -> Outcome:
    """Tell all dates that now stand, or that none does; nothing when they are as they were told.

    Closing the link in the transaction that writes the mail makes the next change a mail of its own.
    """
    link = SeriesMessage.objects.select_related("plan").filter(message=message).first()
    if link is None:
        return ABOUT_NOTHING
    change = difference(link.plan, now)
    if link.is_again and change.is_nothing:  # someone asked for the same dates once more
        change = Difference(told={}, current=change.current, gone=[])
    if change.is_nothing:
        return NoLongerTrue(_("The patient knows these dates."), keep=partial(_close, link, []))
    told = [[visit.pk, stamp(visit.starts_at)] for visit in change.current]
    return _series_letter(message, change, Clinic.objects.current(), now, keep=partial(_close, link, told))


def _close(link: SeriesMessage, told: list[list[Any]]) -> None:
    link.is_open, link.told = False, told
    link.save(update_fields=["is_open", "told"])


@composer(VISIT_SUMMARY, label=gettext_lazy("Date and time"), visits=visit_of, again=visit_again)
def visit_summary(message: Message, now: datetime) -> Outcome:
    """Tell when a visit outside a course is, that its time changed, or that it is cancelled; nothing when known."""
    link = AppointmentMessage.objects.select_related("appointment").filter(message=message).first()
    if link is None:
        return ABOUT_NOTHING
    visit = link.appointment
    before = AppointmentMessage.objects.filter(
        appointment=visit, kind=VISIT_SUMMARY, message__state=MessageState.SENT
    ).order_by("-message__settled_at")
    told = before.values_list("told", flat=True).first()
    current = [visit] if visit.is_ahead and visit.starts_at > now else []
    known = {visit.pk: stamp(told)} if told and told > now else {}
    change = Difference(told=known, current=current, gone=[pk for pk in known if not current])
    if link.again and change.is_nothing:
        change = Difference(told={}, current=current, gone=[])
    if change.is_nothing:
        return NoLongerTrue(_("There is nothing new to tell."))
    link.told = visit.starts_at if current else None
    keep = partial(link.save, update_fields=["told"])
    return _series_letter(message, change, Clinic.objects.current(), now, keep=keep)


def _series_letter(
    message: Message, change: Difference, clinic: Clinic, now: datetime, *, keep: Callable[[], None]
) -> Composed:
    gone = list(Appointment.objects.filter(pk__in=change.gone).order_by("starts_at"))
    summary = _("%(clinic)s: appointment") % {"clinic": clinic.short_name}
    return letter(
        **vars(series_words(change, gone, clinic)),
        clinic=clinic,
        patient=message.patient,
        attachments=(calendar_file(visits=change.current, gone=gone, clinic=clinic, summary=summary, now=now),),
        keep=keep,
    )


@composer(VISIT_NOTES, label=gettext_lazy("Visit notes ready"), visits=visit_of, again=visit_again)
def visit_notes(message: Message, now: datetime) -> Outcome:
    """Tell that the notes of a visit are ready, with the link to them."""
    link = AppointmentMessage.objects.select_related("appointment").filter(message=message).first()
    if link is None:
        return ABOUT_NOTHING
    if link.appointment.status != AppointmentStatus.COMPLETED:
        return NoLongerTrue(_("The visit is not completed any more."))
    promised = links.promised(message, NOTES, expires_at=now + NOTES_LIVE_FOR)
    return letter(
        **vars(notes_words(promised.token, promised.expires_at)),
        clinic=Clinic.objects.current(),
        patient=message.patient,
        secrets=(promised.token,),
        keep=partial(_mint, message, promised),
    )


def _mint(message: Message, promised: links.Minted) -> None:
    links.mint(message, NOTES, expires_at=promised.expires_at)


def time_offered(keys: Sequence[int]) -> Mapping[int, datetime]:
    """Return when the time is that each message offers."""
    return dict(Offer.objects.filter(message__in=keys).values_list("message_id", "starts_at"))


@composer(EARLIER_TIME, label=gettext_lazy("Earlier time"), visits=time_offered)
def earlier_time(message: Message, now: datetime) -> Outcome:
    """Tell that an earlier time is free, with the link to take it; nothing once it is not, or was answered."""
    offer = Offer.objects.select_related("round", "entry__appointment", "entry__plan").filter(message=message).first()
    if offer is None or offer.expires_at is None:
        return ABOUT_NOTHING
    entry, held, clinic = offer.entry, offer.round, Clinic.objects.current()
    if offer.expires_at <= now:
        return NoLongerTrue(_("Its time is over."))
    if offer.state != OfferState.OPEN or entry.status != WaitingStatus.ACTIVE:
        return NoLongerTrue(_("It was answered or taken back."))
    now_booked = entry.appointment
    if now_booked and not (now_booked.is_ahead and now_booked.starts_at > offer.starts_at):
        return NoLongerTrue(_("The visit that was to come earlier has changed."))
    if not is_free(Stretch(held.clinician_id, held.starts_at, held.ends_at), clinic.tz):
        return NoLongerTrue(_("The time is not free any more."))
    promised = links.promised(message, EARLIER_TIME, expires_at=offer.starts_at)
    return letter(
        **vars(earlier_words(offer, promised.token, clinic)),
        clinic=clinic,
        patient=message.patient,
        secrets=(promised.token,),
        keep=partial(_mint_earlier, message, promised),
    )


def _mint_earlier(message: Message, promised: links.Minted) -> None:
    """Keep the link until the time itself: after its minutes it says in kind words that it is too late."""
    links.mint(message, EARLIER_TIME, expires_at=promised.expires_at)
