"""Refusals of the waiting list and of offers."""

import uuid
from datetime import date, timedelta

from django.urls import reverse

from clinic.lib.locks import Taken
from clinic.models import Role
from scheduling.models import Offer, OfferRules, WaitingEntry
from scheduling.planning.waiting_read import Stretch
from scheduling.services.offers import start_round, take_back
from scheduling.services.waiting import Wish, add_entry
from tests import factory
from tests.refusals.scene import TUESDAY, Cases, Scene
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take
from treatments.models import TreatmentPlan

CASES = Cases()
shows = CASES.shows
WEDNESDAY = date(2026, 11, 25)
START = factory.at(WEDNESDAY, "14:00")


def stretch(s: Scene) -> Stretch:
    return Stretch(s.moira.pk, START, START + timedelta(minutes=45))


def token(s: Scene) -> str:
    return f"{s.moira.pk},2026-11-25T14:00,45"


def entry(s: Scene, **asked: object) -> WaitingEntry:
    """Put the patient on the list for a consultation."""
    values: dict[str, object] = {"patient_id": s.patient.pk, "kind": "consultation"} | asked
    done = add_entry(key=uuid.uuid4(), actor=None, now=MONDAY, **values)  # type: ignore[arg-type]
    return WaitingEntry.objects.get(public_id=done.result["entry"])


def offer(s: Scene) -> Offer:
    start_round(key=uuid.uuid4(), stretch=stretch(s), entry_id=entry(s).pk, actor=None, now=MONDAY)
    return Offer.objects.get()


def add(s: Scene, **data: object) -> None:
    s.send("waiting_new", s.patient.public_id, **{"what": "kind-consultation"} | data)


@shows("Enter a time such as 13:00.", told=False)
def from_a_time_that_is_none(s: Scene) -> None:
    add(s, from_time="noon")


@shows("Enter a time such as 16:00.", told=False)
def until_a_time_that_is_none(s: Scene) -> None:
    add(s, until_time="noon")


@shows("This is not after the time before it. Nothing was saved. Mend the times.")
def until_before_from(s: Scene) -> None:
    add(s, from_time="14:00", until_time="13:00")


@shows("Choose the notice from the list.", told=False)
def a_notice_that_is_not_offered(s: Scene) -> None:
    add(s, notice_hours="7")


@shows("This is not to be waited for any more. Choose another.", told=False)
def waiting_for_nothing(s: Scene) -> None:
    add(s, what="visit-gone")


@shows("Choose what it is for.", told=False)
def waiting_for_what(s: Scene) -> None:
    add(s, what="")


@shows("They wait for this already. Nothing more was saved. Change the entry on the list.")
def waiting_twice(s: Scene) -> None:
    entry(s)
    add(s)


@shows("Only a visit that lies ahead can come earlier. Nothing was saved. Look at the visit.")
def waiting_for_a_visit_that_was_cancelled_meanwhile(s: Scene) -> None:
    visit = s.visit(TUESDAY)
    s.meanwhile("scheduling.views.waiting.add_entry", lambda: type(visit).objects.update(status="cancelled"))
    s.send("waiting_new", s.patient.public_id, what=f"visit-{visit.public_id}")
    s.before = s.after  # what somebody else cancelled is theirs


@shows("This course takes no visits now. Nothing was saved. Open the course and resume it first.")
def waiting_for_a_course_that_was_paused_meanwhile(s: Scene) -> None:
    s.meanwhile("scheduling.views.waiting.add_entry", lambda: TreatmentPlan.objects.update(status="paused"))
    s.send("waiting_new", s.patient.public_id, what=f"plan-{s.plan.public_id}")
    s.before = s.after  # what somebody else paused is theirs


@shows("Someone changed this entry meanwhile. Nothing was saved. Look at it again.")
def changing_what_somebody_changed(s: Scene) -> None:
    one = entry(s)
    s.send("waiting_edit", one.public_id, version=one.version + 1)


@shows("This entry is not on the list any more. Nothing was saved. Look at the list again.")
def changing_what_is_off_the_list(s: Scene) -> None:
    one = entry(s)
    WaitingEntry.objects.update(status="withdrawn", ended_at=MONDAY)
    s.send("waiting_edit", one.public_id, version=one.version)


@shows("Write why they wait no more. Nothing was saved.")
def taking_off_without_a_reason(s: Scene) -> None:
    s.send("waiting_withdraw", entry(s).public_id)


@shows("The reason is too long: 200 letters at most. Nothing was saved.")
def taking_off_for_a_long_reason(s: Scene) -> None:
    s.send("waiting_withdraw", entry(s).public_id, reason="x" * 201)


@shows("This button was not complete. Nothing was saved. Load the page again.")
def offering_nothing(s: Scene) -> None:
    s.send("waiting_offer", time="x")


@shows("The clinic offers no times by mail. Nothing was sent. Call them instead.")
def offering_where_it_is_off(s: Scene) -> None:
    entry(s)
    OfferRules.objects.create(is_on=False)
    s.send("waiting_offer", time=token(s))


@shows("This time is not free any more. Nothing was sent. Look at the list again.")
def offering_what_is_taken(s: Scene) -> None:
    entry(s)
    take(s.moira, s.rooms[0], WEDNESDAY, "14:15", 30)
    s.send("waiting_offer", time=token(s))


@shows("This time is offered to somebody already. Nothing was sent. Take that back first.")
def offering_what_is_offered(s: Scene) -> None:
    offer(s)
    s.send("waiting_offer", time=token(s))


@shows("Somebody else offers this time at this moment. Nothing was saved. Look at the list again.")
def offering_at_the_same_moment(s: Scene) -> None:
    entry(s)

    def taken(*_args: object) -> None:
        raise Taken("round_once_a_time")

    s.patch.setattr("scheduling.services.offers._round_for", taken)
    s.send("waiting_offer", time=token(s))


@shows("Nobody on the list can be mailed for this time. Nothing was sent. Call them instead.")
def offering_to_nobody(s: Scene) -> None:
    s.send("waiting_offer", time=token(s))


@shows("This time does not suit them: Mornings only. Nothing was saved. Choose somebody else.")
def offering_to_whom_it_does_not_suit(s: Scene) -> None:
    one = entry(s, wish=Wish(until_time=factory.at(WEDNESDAY, "12:00").time()))
    s.send("waiting_offer", time=token(s), entry=one.public_id)


@shows("They do not wait any more. Nothing was saved. Look at the list again.")
def calling_who_waits_no_more(s: Scene) -> None:
    one = entry(s)
    WaitingEntry.objects.update(status="withdrawn", ended_at=MONDAY)
    s.send("waiting_call", time=token(s), entry=one.public_id, outcome="declined")


@shows("This offer is over. Nothing was saved. Look at the list again.")
def saying_yes_to_what_is_over(s: Scene) -> None:
    one = offer(s)
    take_back(key=uuid.uuid4(), round_id=one.round_id, actor=None, now=MONDAY)
    s.send("waiting_accept", one.public_id)


@shows("This time is not offered any more: the desk stopped it. Nothing was saved. Look at the list again.")
def taking_back_twice(s: Scene) -> None:
    one = offer(s)
    take_back(key=uuid.uuid4(), round_id=one.round_id, actor=None, now=MONDAY)
    s.send("waiting_stop", one.public_id)


@shows("The visit that is booked was changed. Nothing was saved. Look at the list again.")
def saying_yes_for_a_visit_that_was_cancelled(s: Scene) -> None:
    visit = s.visit(TUESDAY)
    one = entry(s, appointment_id=visit.pk)
    start_round(key=uuid.uuid4(), stretch=stretch(s), entry_id=one.pk, actor=None, now=MONDAY)
    type(visit).objects.filter(pk=visit.pk).update(status="cancelled")
    s.send("waiting_accept", Offer.objects.get().public_id)


@shows("Enter a time such as 14:00.", told=False)
def looking_at_no_time(s: Scene) -> None:
    s.go(f"{reverse('waiting_list')}?day=1+Dec&at=x&minutes=45&clinician={s.moira.pk}")


@shows("Enter 10 to 600 minutes.", told=False)
def looking_at_no_minutes(s: Scene) -> None:
    s.go(f"{reverse('waiting_list')}?day=1+Dec&at=10:00&minutes=5&clinician={s.moira.pk}")


@shows("Enter a time that is still to come, within twenty weeks.", told=False)
def looking_at_a_time_that_has_passed(s: Scene) -> None:
    s.go(f"{reverse('waiting_list')}?day=23+Nov+2026&at=8:00&minutes=45&clinician={s.moira.pk}")


@shows("Enter 1 to 20 mails.", role=Role.OWNER, told=False)
def offers_without_end(s: Scene) -> None:
    s.send("offer_settings", minutes="30", most="21")


@shows("Nothing was saved. Mend when they could come earlier.")
def booking_with_a_time_that_is_none(s: Scene) -> None:
    asked = {"earlier-wanted": "on", "earlier-from_time": "noon"}
    s.send("visit_new", s.patient.public_id, to=f"2026-12-03T10:00,{s.moira.pk},,,", **asked)
