"""Refusals of one visit: complete, no-show, cancel, move, put back, book, undo."""

import uuid
from datetime import date

from django.urls import reverse

from clinic.lib.locks import StateRefused
from clinic.models import Operation, Role
from scheduling.models import Appointment
from scheduling.planning.types import Slot
from scheduling.services.appointments import move_appointment
from scheduling.services.taken import JustTaken
from tests import factory
from tests.refusals.scene import YESTERDAY, Cases, Scene
from treatments.models import Area, Session, TreatmentPlan

CASES = Cases()
shows = CASES.shows
TODAY = date(2026, 11, 23)


@shows("This visit lies ahead. Nothing was saved. It can be completed once it has begun.")
def complete_ahead(s: Scene) -> None:
    s.send("appointment_complete", s.visit().public_id)


@shows("This visit lies ahead. Nothing was saved. Cancel it if the patient will not come.")
def no_show_ahead(s: Scene) -> None:
    s.send("appointment_no_show", s.visit().public_id)


@shows("This visit is cancelled now. Nothing was saved. Look at the day again.")
def cancelled_by_someone_else_meanwhile(s: Scene) -> None:
    visit = s.visit(YESTERDAY)
    Appointment.objects.filter(pk=visit.pk).update(status="cancelled", version=2)
    s.send("appointment_complete", visit.public_id)


@shows("This visit is completed now. Nothing was saved. Look at the day again.")
def no_show_of_a_completed_one(s: Scene) -> None:
    visit = s.visit(YESTERDAY)
    s.send("appointment_complete", visit.public_id)
    s.send("appointment_no_show", visit.public_id)


@shows("Say why the visit is cancelled. Nothing was saved.")
def cancel_without_a_reason(s: Scene) -> None:
    s.send("appointment_cancel", s.visit().public_id, by="patient", why="other")


@shows("Choose a reason from the list. Nothing was saved.")
def cancel_for_a_reason_that_is_none(s: Scene) -> None:
    s.send("appointment_cancel", s.visit().public_id, by="patient", why="moon")


@shows("Choose who cancels. Nothing was saved.")
def cancel_by_nobody(s: Scene) -> None:
    s.send("appointment_cancel", s.visit().public_id, by="moon", why="ill")


@shows("The reason is too long: 160 letters at most. Nothing was saved.")
def cancel_with_a_novel(s: Scene) -> None:
    s.send("appointment_cancel", s.visit().public_id, by="patient", why="ill", reason="x" * 161)


@shows("This button was not complete. Nothing was saved. Load the page again.")
def complete_without_a_key(s: Scene) -> None:
    s.send("appointment_complete", s.visit(YESTERDAY).public_id, operation="")


@shows("This button was used before. Nothing more was saved. Look at the page again.")
def back_and_another_reason(s: Scene) -> None:
    visit, key = s.visit(), str(uuid.uuid4())
    s.send("appointment_cancel", visit.public_id, why="ill", operation=key)
    s.send("appointment_cancel", visit.public_id, why="weather", operation=key)


@shows("Many people are saving at this moment. Nothing was saved. Try again.")
def cancel_in_a_crowd(s: Scene) -> None:
    visit = s.visit()
    s.crowd()
    s.send("appointment_cancel", visit.public_id, why="ill")


@shows("“soon” is no day. Here is today. Write a day as 1 Dec or 2026-12-01.", told=False)
def jump_to_no_day(s: Scene) -> None:
    s.go(reverse("day") + "?date=soon")


# --- Move ---


def just_taken(*_asked: object, **_more: object) -> None:
    """Somebody had this time when it was looked at; by the time of the refusal they let go of it again."""
    raise JustTaken


def move(s: Scene, visit: Appointment, day: str, wall: str = "14:00", **more: object) -> None:
    s.send("appointment_move", visit.public_id, day=day, time=wall, clinician=s.moira.pk, **more)


@shows("Moira is with")
def move_where_somebody_else_is(s: Scene) -> None:
    s.visit(date(2026, 12, 2), patient=factory.make_patient())
    move(s, s.visit(), "2026-12-02")


@shows("Someone took this time a moment ago. Nothing was saved. Choose another time.")
def move_where_somebody_else_is_since_a_moment(s: Scene) -> None:
    visit = s.visit()
    s.patch.setattr("scheduling.services.placing.refuse_taken", just_taken)
    move(s, visit, "2026-12-02")


@shows("Only a visit that lies ahead can be moved. Nothing was saved. Look at the visit again.")
def move_one_that_is_over(s: Scene) -> None:
    move(s, s.visit(YESTERDAY, status="completed"), "2026-12-02")


@shows("Only a visit that lies ahead can be moved. Nothing was saved. Look at the visit again.")
def move_one_that_was_cancelled_at_that_moment(s: Scene) -> None:
    visit = s.visit()
    change = Appointment.objects.filter(pk=visit.pk)
    s.meanwhile("scheduling.services.acting.lock_for_visits", lambda: change.update(status="cancelled", version=2))
    move(s, visit, "2026-12-02")


@shows("Nothing was saved. Choose a later day; only a clinician may overrule.")
def move_too_near(s: Scene) -> None:
    visits = s.course(3)
    move(s, visits[2], "2026-12-11")


@shows("Nothing was saved. Write why, or choose an earlier day.")
def move_too_far(s: Scene) -> None:
    visits = s.course(3)
    move(s, visits[2], "2027-01-19")


@shows("Enter a time such as 14:00.")
def move_to_no_time(s: Scene) -> None:
    move(s, s.visit(), "2026-12-02", "noon")


@shows("Enter a day such as 1 Dec.")
def move_to_no_day(s: Scene) -> None:
    move(s, s.visit(), "soon")


@shows("Enter a day from today on, within the next two years.")
def move_into_the_past(s: Scene) -> None:
    move(s, s.visit(), "2026-11-20")


@shows("This clinician takes no visits now. Choose another.")
def move_to_somebody_who_left(s: Scene) -> None:
    s.anika.is_active = False
    s.anika.save()
    s.send("appointment_move", s.visit().public_id, day="2026-12-02", time="14:00", clinician=s.anika.pk)


@shows("Many people are saving at this moment. Nothing was saved. Try again.")
def move_in_a_crowd(s: Scene) -> None:
    visit = s.visit()
    s.crowd()
    move(s, visit, "2026-12-02")


# --- On the way, and a step back ---


@shows("The time of this visit is over. Nothing was saved. Note whether the patient came.")
def confirm_what_is_over(s: Scene) -> None:
    s.send("appointment_confirm", s.visit(YESTERDAY).public_id)


@shows("This visit is on Tue 1 Dec. Nothing was saved. Note on that day that the patient is here.")
def arrive_on_another_day(s: Scene) -> None:
    s.send("appointment_arrive", s.visit().public_id)


@shows("This visit was on")
def start_what_was_yesterday(s: Scene) -> None:
    s.send("appointment_start", s.visit(YESTERDAY).public_id)


@shows("Nothing was saved. Complete it, or note that nobody came.")
def arrive_where_somebody_was_to_close_it(s: Scene) -> None:
    s.send("appointment_arrive", s.visit(YESTERDAY).public_id)


@shows("Write why this is taken back. Nothing was saved.")
def take_a_completion_back_without_a_reason(s: Scene) -> None:
    s.send("appointment_step_back", s.visit(YESTERDAY, status="completed").public_id)


@shows("The reason is too long: 200 letters at most. Nothing was saved.")
def take_a_completion_back_with_a_novel(s: Scene) -> None:
    s.send("appointment_step_back", s.visit(YESTERDAY, status="completed").public_id, reason="x" * 201)


@shows("This visit is booked now. Nothing was saved. Look at the day again.")
def step_back_from_the_first_step(s: Scene) -> None:
    s.send("appointment_step_back", s.visit().public_id)


def stale(s: Scene, status: str) -> None:
    """Press a button of a page that somebody else has made untrue meanwhile."""
    visit = s.visit()
    change = Appointment.objects.filter(pk=visit.pk)
    change.update(status=status, version=2)
    s.send("appointment_cancel", visit.public_id, why="ill", version=1)


@shows("marked this visit confirmed")
def cancel_what_was_confirmed_meanwhile(s: Scene) -> None:
    stale(s, "confirmed")


@shows("marked this visit arrived")
def cancel_who_arrived_meanwhile(s: Scene) -> None:
    stale(s, "arrived")


@shows("marked this visit in treatment")
def cancel_who_is_in_treatment_meanwhile(s: Scene) -> None:
    stale(s, "in_treatment")


@shows("marked this visit completed")
def cancel_what_was_completed_meanwhile(s: Scene) -> None:
    stale(s, "completed")


@shows("marked this visit a no-show")
def cancel_who_was_missed_meanwhile(s: Scene) -> None:
    stale(s, "no_show")


@shows("cancelled this visit")
def cancel_what_was_cancelled_meanwhile(s: Scene) -> None:
    stale(s, "cancelled")


@shows("took the booking of this visit back")
def cancel_what_was_undone_meanwhile(s: Scene) -> None:
    stale(s, "undone")


@shows("put this visit back to booked")
def step_back_from_what_somebody_put_back_meanwhile(s: Scene) -> None:
    visit = s.visit(status="confirmed")
    Appointment.objects.filter(pk=visit.pk).update(status="booked", version=2)
    s.send("appointment_unconfirm", visit.public_id, version=1)


@shows("Nothing was saved. Look at the visit as it is now.")
def cancel_what_was_moved_meanwhile(s: Scene) -> None:
    visit = s.visit()
    slot = Slot(factory.at(date(2026, 12, 2), "14:00"), s.moira.pk)
    move_appointment(key=uuid.uuid4(), appointment_id=visit.pk, slot=slot, actor=None, now=factory.at(TODAY, "09:00"))
    s.send("appointment_cancel", visit.public_id, why="ill", version=1)


# --- Put back ---


@shows("Write why the visit stands again. Nothing was saved.")
def put_back_without_a_reason(s: Scene) -> None:
    s.send("appointment_restore", s.visit(status="cancelled").public_id)


@shows("The reason is too long: 200 letters at most. Nothing was saved.")
def put_back_with_a_novel(s: Scene) -> None:
    s.send("appointment_restore", s.visit(status="cancelled").public_id, reason="x" * 201)


@shows("Moira has another visit at this time. Nothing was saved. Book another time instead.")
def put_back_where_somebody_else_is(s: Scene) -> None:
    visit = s.visit(status="cancelled")
    s.visit(patient=factory.make_patient(), room=s.rooms[1])
    s.send("appointment_restore", visit.public_id, reason="Well again")


@shows("This visit is booked now. Nothing was saved. Look at the day again.")
def put_back_what_stands(s: Scene) -> None:
    s.send("appointment_restore", s.visit().public_id, reason="Well again")


@shows("The course of this visit was stopped. Nothing was saved. Undo that, or plan a new course.")
def put_back_into_a_stopped_course(s: Scene) -> None:
    visits = s.course(2)
    s.send("course_stop", s.plan.public_id, reason="Moves away", by="patient")
    s.send("appointment_restore", visits[1].public_id, reason="Comes once more")


@shows("This file is archived. Nothing was saved. Take it back into use on its page first.")
def put_back_into_a_file_that_was_put_away(s: Scene) -> None:
    visit = s.visit(status="cancelled")
    s.send("patient_archive", s.patient.public_id, reason="Moved away")
    s.send("appointment_restore", visit.public_id, reason="Is back")


@shows("Many people are saving at this moment. Nothing was saved. Try again.")
def put_back_in_a_crowd(s: Scene) -> None:
    visit = s.visit(status="cancelled")
    s.crowd()
    s.send("appointment_restore", visit.public_id, reason="Well again")


@shows("Nothing was saved. Book a new visit with somebody who does.")
def put_back_with_somebody_who_no_longer_treats_the_place(s: Scene) -> None:
    visits = s.course(1)
    s.send("appointment_cancel", visits[0].public_id, why="ill")
    area = Area.objects.get()
    area.clinicians.add(s.anika)
    Area.objects.update(restricted=True)
    s.send("appointment_restore", visits[0].public_id, reason="Well again")


def cancelled_and_another_booked_near(s: Scene) -> Appointment:
    visits = s.course(2)
    s.send("appointment_cancel", visits[1].public_id, why="ill")
    session = Session.objects.get(plan=s.plan, number=2)
    Session.objects.filter(pk=session.pk).update(state="booked")
    s.visit(date(2026, 12, 10), session=session)
    return visits[1]


@shows("would be only 2 days apart; 7 are needed. Nothing was saved. Move the other visit first.")
def put_back_too_near_to_another(s: Scene) -> None:
    visit = cancelled_and_another_booked_near(s)
    s.send("appointment_restore", visit.public_id, reason="Well again")


@shows("would be only 2 days apart; 7 are needed. Nothing was undone. Move the other visit first.")
def undo_too_near_to_another(s: Scene) -> None:
    cancelled_and_another_booked_near(s)
    s.undo()


@shows("Every session of the course has its visit. Nothing was saved. Add a session first.")
def put_back_when_the_course_became_shorter(s: Scene) -> None:
    visits = s.course(10)
    s.send("appointment_cancel", visits[3].public_id, why="ill")
    s.send("course_drop", s.plan.public_id, count="1")
    s.send("appointment_restore", visits[3].public_id, reason="Well again")


@shows("This button was used before. Nothing more was saved. Look at the page again.")
def put_back_by_the_same_form_for_another_reason(s: Scene) -> None:
    visit, key = s.visit(status="cancelled"), str(uuid.uuid4())
    s.send("appointment_restore", visit.public_id, reason="Well again", operation=key)
    s.send("appointment_cancel", visit.public_id, why="ill")
    s.send("appointment_restore", visit.public_id, reason="Has time", operation=key)


# --- Undo ---


@shows("This was undone already. Nothing more was changed. Look at the page again.")
def undo_twice(s: Scene) -> None:
    s.send("appointment_cancel", s.visit().public_id, why="ill")
    s.undo()
    s.undo()


@shows("This act cannot be undone here. Nothing was changed. Open its page instead.")
def undo_what_has_no_undo(s: Scene) -> None:
    s.send("patient_archive", s.patient.public_id, reason="Moved away")
    s.undo()


@shows("Someone changed a visit since. Nothing was undone. Open the visit to change it.")
def undo_after_somebody_else_acted(s: Scene) -> None:
    visit = s.visit(YESTERDAY)
    s.send("appointment_no_show", visit.public_id)
    Appointment.objects.filter(pk=visit.pk).update(status="booked", version=3)
    s.undo()


@shows("Someone changed the course since. Nothing was undone. Open the course to change it.")
def undo_a_pause_after_the_course_grew(s: Scene) -> None:
    s.send("course_pause", s.plan.public_id, reason="Travels", visits="keep")
    TreatmentPlan.objects.filter(pk=s.plan.pk).update(version=9)
    s.undo()


@shows("The time was given to someone else meanwhile. Nothing was undone. Book another time instead.")
def undo_when_the_time_is_gone(s: Scene) -> None:
    s.send("appointment_cancel", s.visit().public_id, why="ill")
    s.visit(patient=factory.make_patient())
    s.undo()


@shows("The sessions that were added are booked by now. Nothing was undone. Cancel those first.")
def undo_added_sessions_that_are_booked(s: Scene) -> None:
    s.course()
    s.send("course_add", s.plan.public_id, count="1")
    session = Session.objects.get(plan=s.plan, number=11)
    Session.objects.filter(pk=session.pk).update(state="booked")
    s.visit(date(2027, 2, 9), session=session)
    s.undo()


@shows("This file is archived. Nothing was saved. Take it back into use on its page first.")
def undo_into_a_file_that_was_put_away(s: Scene) -> None:
    s.send("appointment_cancel", s.visit().public_id, why="ill")
    done = Operation.objects.latest("at")
    s.send("patient_archive", s.patient.public_id, reason="Moved away")
    s.send("operation_undo", done.pk)


@shows("This button was not complete. Nothing was saved. Load the page again.")
def undo_without_a_key(s: Scene) -> None:
    s.send("appointment_cancel", s.visit().public_id, why="ill")
    s.send("operation_undo", Operation.objects.get().pk, operation="x")


# --- Book one ---


def book(s: Scene, day: str = "2026-12-02", wall: str = "14:00", *, what: str = "consultation", **more: object) -> None:
    sent = {"day": day, "time": wall, "clinician": s.moira.pk} | more
    s.send("visit_new", s.patient.public_id, query=f"?what={what}", **sent)


@shows("This day has passed. Nothing was saved. Write why the visit is entered afterwards.")
def enter_an_older_day_without_a_reason(s: Scene) -> None:
    book(s, "2026-11-20")


@shows("Nothing was saved. Choose another time.")
def book_where_somebody_else_is(s: Scene) -> None:
    s.visit(date(2026, 12, 2), patient=factory.make_patient())
    book(s)


@shows("Someone took this time a moment ago. Nothing was saved. Choose another time.")
def book_where_somebody_else_is_since_a_moment(s: Scene) -> None:
    s.patch.setattr("scheduling.services.single.refuse_taken", just_taken)
    book(s)


@shows("Someone changed this course meanwhile. Nothing was saved. Look at it again.")
def book_a_session_of_a_course_that_changed_at_that_moment(s: Scene) -> None:
    def changed(_plan: TreatmentPlan, _visits: object) -> None:
        raise StateRefused

    s.patch.setattr("scheduling.services.single.renumber", changed)
    book(s, what=f"plan-{s.plan.public_id}")


@shows("Enter a day within two years of today.")
def book_in_ten_years(s: Scene) -> None:
    book(s, "2036-12-02")


@shows("Choose a day, a time and a clinician.")
def book_no_time(s: Scene) -> None:
    book(s, wall="")


@shows("The clocks skip 02:30 on 2027-03-14. Choose another time. Nothing was saved.")
def book_a_time_that_there_is_not(s: Scene) -> None:
    book(s, "2027-03-14", "02:30")


@shows("The clocks show 01:30 twice on 2027-11-07. Choose another time.")
def book_a_time_that_there_is_twice(s: Scene) -> None:
    book(s, "2027-11-07", "01:30")


@shows("A line could not be read. Nothing was saved. Choose another time.")
def book_by_a_button_that_was_changed(s: Scene) -> None:
    book(s, to="never")


@shows("A line lies too far away.")
def book_by_a_button_of_another_century(s: Scene) -> None:
    book(s, to=f"2126-12-02T14:00,{s.moira.pk},,,")


@shows("Nothing was saved. Mend what is marked above first.")
def book_what_cannot_be_booked(s: Scene) -> None:
    book(s, what="massage")


@shows("This can no longer be booked. Choose another visit.")
def book_a_kind_of_visit_that_is_none(s: Scene) -> None:
    book(s, what="massage")


@shows("This course takes no visits now. Nothing was saved. Open the course and resume it first.")
def book_a_session_of_a_course_paused_at_that_moment(s: Scene) -> None:
    change = TreatmentPlan.objects.filter(pk=s.plan.pk)
    s.meanwhile("scheduling.services.single.lock_for_visits", lambda: change.update(status="paused", version=2))
    book(s, what=f"plan-{s.plan.public_id}")


@shows("Every session of this course has its visit. Nothing was saved. Add a session first.")
def book_a_session_when_the_last_was_booked_at_that_moment(s: Scene) -> None:
    change = s.plan.sessions.all()
    s.meanwhile("scheduling.services.single.lock_for_visits", lambda: change.update(state="booked"))
    book(s, what=f"plan-{s.plan.public_id}")


@shows("Nothing was saved. Choose a later day; only a clinician may overrule.")
def book_a_session_too_near(s: Scene) -> None:
    s.course(1)
    book(s, "2026-12-04", what=f"plan-{s.plan.public_id}")


@shows("Nothing was saved. Write why, or choose an earlier day.")
def book_a_session_too_far(s: Scene) -> None:
    s.course(1)
    book(s, "2027-01-06", what=f"plan-{s.plan.public_id}")


@shows("This file is archived. Nothing was saved. Take it back into use on its page first.")
def book_for_a_file_that_was_put_away(s: Scene) -> None:
    s.send("patient_archive", s.patient.public_id, reason="Moved away")
    book(s)


@shows("This button was used before. Nothing more was saved. Look at the day again.")
def back_and_another_time(s: Scene) -> None:
    key = str(uuid.uuid4())
    book(s, operation=key)
    book(s, "2026-12-03", operation=key)


@shows("Many people are saving at this moment. Nothing was saved. Try again.")
def book_in_a_crowd(s: Scene) -> None:
    s.crowd()
    book(s)


@shows("This page is not part of your role", role=Role.OWNER)
def book_as_somebody_who_may_not(s: Scene) -> None:
    book(s)


@shows("You were signed out meanwhile. Nothing was saved. Sign in and do it once more.")
def act_after_the_session_ended(s: Scene) -> None:
    visit = s.visit()
    s.client.logout()
    s.send("appointment_cancel", visit.public_id, why="ill")


@shows("Nothing was saved. The page had stood open for too long")
def act_on_a_page_that_stood_open_too_long(s: Scene) -> None:
    visit = s.visit()
    s.client.handler.enforce_csrf_checks = True
    s.send("appointment_cancel", visit.public_id, why="ill")
