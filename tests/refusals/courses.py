"""Refusals of a course: plan, pause, resume, stop, add, drop, and its dates in the planner."""

import re
import uuid
from datetime import date
from typing import Any

from django.urls import reverse

from clinic.lib.locks import Busy
from clinic.models import Clinician, Role
from patients.models import Patient
from scheduling.planning import planner
from scheduling.planning.types import SeriesRefused
from tests import factory
from tests.refusals.scene import YESTERDAY, Cases, Scene, on_file, shown, words_of
from tests.scheduling.helpers import choose
from treatments.models import Area, Session, TreatmentPlan

CASES = Cases()
shows = CASES.shows


@shows("Say why. Nothing was saved.")
def pause_without_a_reason(s: Scene) -> None:
    s.send("course_pause", s.plan.public_id, visits="keep")


@shows("Say what becomes of the visits ahead. Nothing was saved.")
def pause_without_a_word_about_the_visits(s: Scene) -> None:
    s.send("course_pause", s.plan.public_id, reason="Travels")


@shows("The reason is too long: 200 letters at most. Nothing was saved.")
def stop_with_a_novel(s: Scene) -> None:
    s.send("course_stop", s.plan.public_id, reason="x" * 201)


@shows("Choose who cancels. Nothing was saved.")
def stop_by_nobody(s: Scene) -> None:
    s.send("course_stop", s.plan.public_id, reason="Moves away", by="moon")


@shows("This course is paused already. Nothing was saved. Look at it again.")
def pause_what_somebody_paused_meanwhile(s: Scene) -> None:
    TreatmentPlan.objects.filter(pk=s.plan.pk).update(status="paused", version=2)
    s.send("course_pause", s.plan.public_id, reason="Travels", visits="keep")


@shows("This course is under way now. Nothing was saved. Look at it again.")
def resume_what_is_under_way(s: Scene) -> None:
    s.send("course_resume", s.plan.public_id)


@shows("This course is finished. Nothing was saved. Look at it again.")
def stop_what_is_finished(s: Scene) -> None:
    TreatmentPlan.objects.filter(pk=s.plan.pk).update(status="finished", version=2)
    s.send("course_stop", s.plan.public_id, reason="Moves away")


@shows("This course was stopped already. Nothing was saved. Look at it again.")
def pause_what_was_stopped(s: Scene) -> None:
    s.send("course_stop", s.plan.public_id, reason="Moves away")
    s.send("course_pause", s.plan.public_id, reason="Travels", visits="keep")


@shows("The visit of Sun 22 Nov, 14:00 is not settled. Nothing was saved. Complete it or note a no-show, then stop.")
def stop_while_a_visit_is_not_settled(s: Scene) -> None:
    s.course(1, first=YESTERDAY)
    s.send("course_stop", s.plan.public_id, reason="Moves away")


@shows("Enter how many sessions. Nothing was saved.")
def add_nobody_knows_how_many(s: Scene) -> None:
    s.send("course_add", s.plan.public_id)


@shows("Enter a number of sessions, such as 2. Nothing was saved.")
def add_some(s: Scene) -> None:
    s.send("course_add", s.plan.public_id, count="some")


@shows("Enter 1 or more. Nothing was saved.")
def add_none(s: Scene) -> None:
    s.send("course_add", s.plan.public_id, count="0")


@shows("Enter 30 at most. Nothing was saved.")
def add_ninety(s: Scene) -> None:
    s.send("course_add", s.plan.public_id, count="90")


@shows("16 is more than the 15 of a course. Nothing was saved. Say why it takes more.")
def add_beyond_fifteen_without_a_reason(s: Scene) -> None:
    s.send("course_add", s.plan.public_id, count="6")


@shows("Every session has a visit. Nothing was saved. Cancel visits first.")
def drop_what_is_booked(s: Scene) -> None:
    s.course()
    s.send("course_drop", s.plan.public_id, count="1")


@shows("Only 1 session has no visit. Nothing was saved. Cancel visits first, or drop fewer.")
def drop_more_than_are_free(s: Scene) -> None:
    s.course(9)
    s.send("course_drop", s.plan.public_id, count="2")


@shows("A course has 4 sessions at least. Nothing was saved. Drop fewer, or stop the course.")
def drop_below_four(s: Scene) -> None:
    s.send("course_drop", s.plan.public_id, count="7")


@shows("This button was used before. Nothing more was saved. Look at the page again.")
def back_and_more_sessions(s: Scene) -> None:
    key = str(uuid.uuid4())
    s.send("course_add", s.plan.public_id, count="1", operation=key)
    s.send("course_add", s.plan.public_id, count="2", operation=key)


@shows("Many people are saving at this moment. Nothing was saved. Try again.")
def pause_in_a_crowd(s: Scene) -> None:
    s.crowd()
    s.send("course_pause", s.plan.public_id, reason="Travels", visits="keep")


# --- Plan a course ---


def plan(s: Scene, *, patient: Patient | None = None, **asked: Any) -> None:
    who = patient or s.patient
    query = f"?protocol={s.plan.protocol.key}"
    data = shown(reverse("plan_new", args=[who.public_id]) + query, s.client) | asked
    s.send("plan_new", who.public_id, query=query, **data)


@shows("16 is more than the 15 of a course. Enter 4 to 15, or say why it takes more.")
def plan_sixteen(s: Scene) -> None:
    plan(s, sessions="16")


@shows("3 is too few: a course has 4 to 15 sessions.")
def plan_three(s: Scene) -> None:
    plan(s, sessions="3")


@shows("21 days is long: 14 is the most. Enter up to 14, or say why it takes longer.")
def plan_three_weeks_apart(s: Scene) -> None:
    plan(s, interval_max="21")


@shows("5 days is too close: Cellulite reduction needs 7. Enter 7 to 14.")
def plan_too_near(s: Scene) -> None:
    plan(s, interval_min="5")


@shows("The best is at least the shortest: 9 or more.")
def plan_a_best_below_the_shortest(s: Scene) -> None:
    plan(s, interval_min="9", interval_ideal="8")


@shows("The longest is at least the best: 12 or more.")
def plan_a_longest_below_the_best(s: Scene) -> None:
    plan(s, interval_ideal="12", interval_max="11")


@shows("Choose at least one area.")
def plan_nowhere(s: Scene) -> None:
    plan(s, areas=[])


@shows("This treatment does not treat that place. Choose from the list.")
def plan_a_place_that_it_does_not_treat(s: Scene) -> None:
    plan(s, areas=["nose:left"])


@shows("Choose a size from the list.")
def plan_without_a_size(s: Scene) -> None:
    plan(s, size="")


@shows("Choose a complexity from the list.")
def plan_of_a_complexity_that_is_none(s: Scene) -> None:
    plan(s, complexity="x")


def guarded(*named: Clinician) -> None:
    """Let only these treat the thigh."""
    Area.objects.update(restricted=True)
    Area.objects.get().clinicians.add(*named)


@shows("Thigh: for named clinicians only. Choose Dr. Anika Sandhu.")
def plan_a_guarded_area_with_anyone(s: Scene) -> None:
    guarded(s.anika)
    plan(s, areas=["thigh:left"], clinician="any")


@shows("Moira does not treat thigh; Dr. Anika Sandhu does. Choose Dr. Anika Sandhu, or leave the place out.")
def plan_a_guarded_area_with_somebody_else(s: Scene) -> None:
    guarded(s.anika)
    plan(s, areas=["thigh:left"], clinician=str(s.moira.pk))


@shows(
    "Nobody is named for thigh yet: the owner names clinicians under Catalogue, Areas. Leave the place out until then."
)
def plan_a_guarded_area_that_nobody_treats(s: Scene) -> None:
    guarded()
    plan(s, areas=["thigh:left"])


@shows(
    "Devika is 17. Under 19 only a clinician can plan a course, with the reason. "
    "Nothing was saved. Ask one to plan it on this page."
)
def plan_for_somebody_under_age(s: Scene) -> None:
    plan(s, patient=factory.make_patient(birth_date=date(2009, 5, 1)), sessions="10")


@shows("Devika is 17. Under 19 a course needs a reason: say why.", role=Role.CLINICIAN)
def plan_for_somebody_under_age_without_a_reason(s: Scene) -> None:
    plan(s, patient=factory.make_patient(birth_date=date(2009, 5, 1)))


@shows("This file is archived. Nothing was saved. Take it back into use on its page first.")
def plan_for_a_file_put_away_at_that_moment(s: Scene) -> None:
    change = Patient.objects.filter(pk=s.patient.pk)
    s.meanwhile("treatments.services.plans.lock_rows", lambda: change.update(archived_at=factory.now()))
    plan(s)


@shows("This course was planned before with other values. Nothing was saved now. Open a new form.")
def plan_back_and_changed(s: Scene) -> None:
    key = str(uuid.uuid4())
    plan(s, operation=key)
    plan(s, operation=key, sessions="9")


@shows("Many people are saving at this moment. Nothing was saved. Try again.")
def plan_in_a_crowd(s: Scene) -> None:
    s.crowd()
    plan(s)


# --- The dates of a course ---


def lines(s: Scene, act: str = "propose", **asked: Any) -> dict[str, Any]:
    """Press a button of the planner and return the form that came."""
    url = reverse("series_lines", args=[s.plan.public_id])
    chosen = {"start_on": "2026-12-01", "weekdays": ["1"], "around": "14:00", "rhythm": "weekly", "count": "10"}
    sent = chosen | {"who": f"{s.moira.pk}+", "act": act} | asked
    s.before = on_file()
    html = s.client.post(url, sent).content.decode()
    s.page, s.after = words_of(html.encode()), on_file()
    return sent | {name: re.findall(rf'name="{name}"\s+value="([^"]*)"', html) for name in ("line", "first")}


def book(s: Scene, form: dict[str, Any], **asked: Any) -> None:
    s.send("series_book", s.plan.public_id, **form | asked)


@shows("Session 2 is no longer free. Nothing was saved. Free times stand under it.")
def book_when_somebody_was_quicker(s: Scene) -> None:
    form = lines(s)
    for clinician, room in zip((s.moira, s.anika), s.rooms, strict=True):
        s.visit(date(2026, 12, 8), patient=factory.make_patient(), clinician=clinician, room=room)
    book(s, form)


@shows("Someone booked at the same moment. Nothing was saved. All dates are free now: press Book once more.")
def book_when_somebody_was_quicker_and_undid_it(s: Scene) -> None:
    form = lines(s)
    stands = planner.propose(s.plan, choose(s.moira), factory.now())

    def refuse(**_asked: Any) -> None:
        raise SeriesRefused(stands)

    s.patch.setattr("scheduling.views.planner.book_series", refuse)
    book(s, form)


@shows("Others are booking at this moment. Nothing was saved. Press Book once more.")
def book_dates_in_a_crowd(s: Scene) -> None:
    form = lines(s)

    def refuse(**_asked: Any) -> None:
        raise Busy

    s.patch.setattr("scheduling.views.planner.book_series", refuse)
    book(s, form)


@shows("Nothing was saved yet: something above the dates needs mending.")
def book_dates_under_a_choice_that_is_wrong(s: Scene) -> None:
    book(s, lines(s), start_on="soon")


@shows("This plan has 1 session left to book.", told=False)
def book_more_than_a_course_has(s: Scene) -> None:
    TreatmentPlan.objects.filter(pk=s.plan.pk).update(session_count=15)
    Session.objects.filter(plan=s.plan, number__lte=9).update(state="booked")
    form = lines(s, count="1")
    lines(s, "choose", line=form["line"], first=form["first"], count="2")


@shows("This course changed meanwhile. Nothing was saved. Look over the dates, then book again.")
def book_dates_of_a_course_that_changed(s: Scene) -> None:
    form = lines(s)
    s.course(1)
    book(s, form)


@shows("A course has 15 sessions at most. Nothing was saved. Book 4 or fewer.")
def book_dates_of_a_course_that_somebody_made_longer_at_that_moment(s: Scene) -> None:
    form = lines(s)

    def longer() -> None:
        TreatmentPlan.objects.filter(pk=s.plan.pk).update(session_count=15)
        Session.objects.filter(plan=s.plan, number__lte=6).update(state="booked")

    s.meanwhile("scheduling.services.series.lock_for_visits", longer)
    book(s, form)


@shows("This course takes no visits now. Nothing was saved. Open the course and resume it first.")
def book_dates_of_a_course_paused_at_that_moment(s: Scene) -> None:
    form = lines(s)
    change = TreatmentPlan.objects.filter(pk=s.plan.pk)
    s.meanwhile("scheduling.services.series.lock_for_visits", lambda: change.update(status="paused", version=2))
    book(s, form)


@shows("Write why. Nothing was saved.")
def book_a_late_date_without_a_reason(s: Scene) -> None:
    form = lines(s)
    form["line"][1] = f"2026-12-17T14:00,{s.moira.pk},,,hand"
    form["line"] = form["line"][:2]
    book(s, form)


@shows("Session 2 is late. Nothing was saved. Write why beside it, or choose an earlier day.")
def book_a_late_date_that_no_line_tells(s: Scene) -> None:
    s.patch.setattr("scheduling.views.planner.reason_errors", lambda *_args, **_kwargs: {})
    book_a_late_date_without_a_reason(s)


@shows("Session 2 is too early. Nothing was saved. Choose a later day; only a clinician may overrule.")
def book_an_early_date_that_no_line_tells(s: Scene) -> None:
    s.patch.setattr("scheduling.views.planner.reason_errors", lambda *_args, **_kwargs: {})
    form = lines(s)
    form["line"] = [form["line"][0], f"2026-12-04T14:00,{s.moira.pk},,,hand"]
    book(s, form)


@shows("A course has 4 sessions at least, and this one is shorter now. Nothing was undone. Cancel the visits.")
def undo_dates_of_a_course_that_became_shorter(s: Scene) -> None:
    form = lines(s, count="12")
    book(s, form)
    TreatmentPlan.objects.filter(pk=s.plan.pk).update(session_count=5)
    s.undo()


@shows("That page had booked its sessions already, so nothing more was saved.")
def book_back_and_other_dates(s: Scene) -> None:
    form, key = lines(s), str(uuid.uuid4())
    book(s, form, operation=key)
    book(s, form | {"line": form["line"][:3]}, operation=key)


@shows("Session 1 was left out: A line could not be read. The others are kept.", told=False)
def press_with_a_line_that_was_changed(s: Scene) -> None:
    form = lines(s)
    lines(s, "later-2", line=["never", *form["line"][1:]], first=form["first"])


@shows("Session 1 was left out: A line lies too far away. The others are kept.", told=False)
def press_with_a_line_of_another_century(s: Scene) -> None:
    form = lines(s)
    lines(s, "later-2", line=[f"2126-12-01T14:00,{s.moira.pk},,,", *form["line"][1:]], first=form["first"])


@shows("There is no session 99 here.", told=False)
def press_a_line_that_is_not_there(s: Scene) -> None:
    form = lines(s)
    lines(s, "later-99", line=form["line"], first=form["first"])


@shows("There is no such way out here.", told=False)
def press_a_way_out_that_was_not_offered(s: Scene) -> None:
    form = lines(s)
    lines(s, "lift-magic", line=form["line"], first=form["first"])


@shows("There is no such session here.", told=False)
def press_a_line_that_is_no_number(s: Scene) -> None:
    form = lines(s)
    lines(s, "later-x", line=form["line"], first=form["first"])


CHOICES: dict[str, dict[str, Any]] = {
    "Choose a time such as 14:00.": {"around": "noon"},
    "Choose one day at least.": {"weekdays": []},
    "Choose days of the week.": {"weekdays": ["9"]},
    "Choose a rhythm.": {"rhythm": "waltz"},
    "Choose a time.": {"around": ""},
    "Enter the day to start from.": {"start_on": ""},
    "This clinician takes no visits now. Choose another.": {"who": "999999"},
}
PICKED = {
    "Enter a day such as 15 Dec 2026.": {"pick_day": "soon"},
    "Enter a day from today on, within three years.": {"pick_day": "1 Dec 2036"},
    "Choose a clinician.": {"pick_who": ""},
    "The clocks skip 02:30 on 2027-03-14. Choose another time.": {"pick_day": "14 Mar 2027", "pick_time": "02:30"},
}


def choose_wrongly(sentence: str, act: str, asked: dict[str, Any]) -> None:
    def press(s: Scene) -> None:
        form = lines(s)
        lines(s, act, line=form["line"], first=form["first"], **asked)

    press.__name__ = f"{act}_{'_'.join(asked)}"
    shows(sentence, told=False)(press)


for said, typed in CHOICES.items():
    choose_wrongly(said, "choose", typed)
for said, typed in PICKED.items():
    choose_wrongly(said, "take-2", {"pick_day": "15 Dec 2026", "pick_time": "14:00", "pick_who": "1"} | typed)
