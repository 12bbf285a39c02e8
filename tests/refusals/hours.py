"""Refusals of hours, days of their own, absences and closures."""

import uuid
from datetime import date, timedelta
from typing import Any

from scheduling.models import Absence, Closure, HoursChange
from tests import factory
from tests.refusals.scene import Cases, Scene
from tests.scheduling.conftest import MONDAY

CASES = Cases()
shows = CASES.shows


def week(s: Scene, **typed: Any) -> None:
    days = {f"d{day}_work1_{end}": wall for day in range(5) for end, wall in (("from", "8"), ("until", "18"))}
    s.send("hours_week", s.moira.pk, **{"valid_from": "2026-12-07"} | days | typed)


@shows("This day has passed. Enter today or a later one.")
def week_from_the_past(s: Scene) -> None:
    week(s, valid_from="2026-11-20")


@shows("Enter a day within the next two years.")
def week_from_another_decade(s: Scene) -> None:
    week(s, valid_from="2036-11-20")


@shows("Enter the day from which they hold.")
def week_from_no_day(s: Scene) -> None:
    week(s, valid_from="")


@shows("Enter a day such as 1 Dec 2026.")
def week_from_a_day_that_is_none(s: Scene) -> None:
    week(s, valid_from="soon")


@shows("Enter a time such as 8:30.")
def week_at_no_time(s: Scene) -> None:
    week(s, d0_work1_from="early")


@shows("Enter both times, or neither.")
def week_without_an_end(s: Scene) -> None:
    week(s, d0_work1_until="")


@shows("Enter a time after 08:00.")
def week_that_ends_before_it_begins(s: Scene) -> None:
    week(s, d0_work1_until="7")


@shows("This overlaps 08:00 – 18:00.")
def week_twice_at_one_time(s: Scene) -> None:
    week(s, d0_work2_from="12", d0_work2_until="14")


@shows("The break lies outside the hours of this day.")
def week_with_a_break_in_the_night(s: Scene) -> None:
    week(s, d0_break1_from="20", d0_break1_until="21")


@shows("1 visit would stand where nobody works. Nothing was saved yet.")
def week_that_leaves_a_visit_outside(s: Scene) -> None:
    s.visit(date(2026, 12, 8))
    week(s, d1_work1_until="12")


@shows("This button was used before. Nothing more was saved. Look at the page again.")
def week_back_and_changed(s: Scene) -> None:
    key = str(uuid.uuid4())
    week(s, operation=key)
    week(s, operation=key, d0_work1_until="19")


@shows("Many people are saving at this moment. Nothing was saved. Try again.")
def week_in_a_crowd(s: Scene) -> None:
    s.crowd()
    week(s)


def day(s: Scene, **typed: Any) -> None:
    s.send("hours_change", s.moira.pk, **{"on": "2026-12-02", "works": "other"} | typed)


@shows("Enter the hours, or choose “Does not work”.")
def day_of_other_hours_without_any(s: Scene) -> None:
    day(s)


@shows("Enter the day.")
def day_without_a_day(s: Scene) -> None:
    day(s, on="", works="none")


@shows("Choose one.")
def day_of_neither(s: Scene) -> None:
    day(s, works="perhaps")


@shows("The two spans overlap.")
def day_twice_at_one_time(s: Scene) -> None:
    day(s, work1_from="8", work1_until="12", work2_from="11", work2_until="14")


@shows("The clocks skip 02:30 on Sun 14 Mar. Nothing was saved. Choose another time.")
def day_at_a_time_that_there_is_not(s: Scene) -> None:
    day(s, on="2027-03-14", work1_from="2:30", work1_until="8")


@shows("The clocks show 01:30 twice on Sun 7 Nov. Nothing was saved. Choose another time.")
def day_at_a_time_that_there_is_twice(s: Scene) -> None:
    day(s, on="2027-11-07", work1_from="1:30", work1_until="8")


@shows("This day has no hours of its own any more. Nothing was changed.")
def day_taken_away_twice(s: Scene) -> None:
    HoursChange.objects.create(clinician=s.moira, on=date(2026, 12, 2))
    for _ in range(2):
        s.send("hours_change_remove", s.moira.pk, "2026-12-02")


@shows("This day has passed: past hours stay as they were. Nothing was saved. Enter a later day.")
def day_of_the_past_taken_away(s: Scene) -> None:
    HoursChange.objects.create(clinician=s.moira, on=date(2026, 11, 20))
    s.send("hours_change_remove", s.moira.pk, "2026-11-20")


@shows("This button was not complete. Nothing was saved. Load the page again.")
def day_taken_away_without_a_key(s: Scene) -> None:
    HoursChange.objects.create(clinician=s.moira, on=date(2026, 12, 2))
    s.send("hours_change_remove", s.moira.pk, "2026-12-02", operation="")


def absence(s: Scene, **typed: Any) -> None:
    s.send("hours_absence", s.moira.pk, **{"first": "2026-12-02"} | typed)


@shows("Enter the first day.")
def absence_without_a_day(s: Scene) -> None:
    absence(s, first="")


@shows("Enter the first day or a later one.")
def absence_that_ends_before_it_begins(s: Scene) -> None:
    absence(s, last="2026-12-01")


@shows("Enter a time after the one it begins at.")
def absence_of_no_time(s: Scene) -> None:
    absence(s, first_time="14", last_time="13")


@shows("This day has passed. Enter the last day too: today or a later one.")
def absence_of_the_past(s: Scene) -> None:
    absence(s, first="2026-11-20")


@shows("The clocks skip 02:30 on 2027-03-14. Choose another time.")
def absence_from_a_time_that_there_is_not(s: Scene) -> None:
    absence(s, first="2027-03-14", first_time="2:30")


@shows("Moira is away from Wed 2 Dec to Wed 2 Dec already. Nothing was saved. Change the days.")
def absence_twice(s: Scene) -> None:
    for _ in range(2):
        absence(s)


@shows("This absence overlaps another one of the same clinician. Nothing was saved. Look at both.")
def absence_twice_seen_by_the_book_alone(s: Scene) -> None:
    s.patch.setattr("scheduling.services.hours.not_twice", lambda *_asked: None)
    for reason in ("Course", "Holiday"):
        absence(s, reason=reason)


@shows("1 visit would stand where nobody works. Nothing was saved yet.")
def absence_over_a_visit(s: Scene) -> None:
    s.visit(date(2026, 12, 2))
    absence(s)


@shows("This absence is over or was removed already. Nothing was changed.")
def absence_taken_away_when_over(s: Scene) -> None:
    over = Absence.objects.create(
        clinician=s.moira, starts_at=MONDAY - timedelta(days=3), ends_at=MONDAY - timedelta(days=2)
    )
    s.send("hours_absence_remove", over.pk)


@shows("This absence is over already. Nothing was saved. Enter one that ends later.")
def absence_of_this_morning(s: Scene) -> None:
    absence(s, first="2026-11-23", first_time="8", last_time="8:30")


def closure(s: Scene, **typed: Any) -> None:
    s.send("hours_closure", **{"name": "Christmas", "starts_on": "2026-12-25"} | typed)


@shows("Enter a name, such as Christmas.")
def closure_without_a_name(s: Scene) -> None:
    closure(s, name="")


@shows("Enter the first day.")
def closure_without_a_day(s: Scene) -> None:
    closure(s, starts_on="")


@shows("Enter the first day or a later one.")
def closure_that_ends_before_it_begins(s: Scene) -> None:
    closure(s, ends_on="2026-12-24")


@shows("1 visit would stand where nobody works. Nothing was saved yet.")
def closure_over_a_visit(s: Scene) -> None:
    s.visit(date(2026, 12, 25))
    closure(s)


@shows("This closure is over or was removed already. Nothing was changed.")
def closure_taken_away_when_over(s: Scene) -> None:
    over = Closure.objects.create(name="Storm", starts_on=date(2026, 11, 2), ends_on=date(2026, 11, 3))
    s.send("hours_closure_remove", over.pk)


@shows("This was undone already. Nothing more was changed. Look at the page again.")
def undo_hours_twice(s: Scene) -> None:
    absence(s)
    for _ in range(2):
        s.undo(of="hours_undo")


@shows("This act cannot be undone here. Nothing was changed. Open its page instead.")
def undo_as_hours_what_is_none(s: Scene) -> None:
    s.send("patient_archive", s.patient.public_id, reason="Moved away")
    s.undo(of="hours_undo")


@shows("1 visit was booked there since. Nothing was undone. Move it first, or change the hours again.")
def undo_hours_in_which_a_visit_was_booked(s: Scene) -> None:
    day(s, on="2026-12-05", work1_from="9", work1_until="12")
    s.visit(date(2026, 12, 5), "09:00", patient=factory.make_patient())
    s.undo(of="hours_undo")


@shows("The hours were changed since. Nothing was undone. Change them again instead.")
def undo_hours_that_were_changed(s: Scene) -> None:
    absence(s)
    Absence.objects.update(reason="Course")
    s.undo(of="hours_undo")
