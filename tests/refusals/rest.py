"""Refusals of the page "the rest of the course": lines that cannot be read, a book that changed, an act used twice."""

from datetime import timedelta
from typing import Any

from django.urls import reverse

from scheduling.models import Appointment
from scheduling.planning.types import Slot
from tests.refusals.scene import Cases, Scene, on_file, words_of
from tests.scheduling.test_rest_page import form_of, token

CASES = Cases()
shows = CASES.shows
DAY = timedelta(days=1)


def opened(s: Scene, query: str = "act=cancel&how=respace", number: int = 2) -> tuple[str, dict[str, Any]]:
    """Book a course, and open the page on one of its sessions: its address, and what its form sends."""
    visit = s.course(4)[number - 1]
    url = f"{reverse('appointment_rest', args=[visit.public_id])}?{query}"
    return url, form_of(s.client.get(url))


def press(s: Scene, url: str, sent: dict[str, Any], act: str, **more: Any) -> None:
    s.before = on_file()
    s.page = words_of(s.client.post(url, sent | {"act": act} | more, follow=True).content)
    s.after = on_file()


def moving(s: Scene, by: timedelta) -> tuple[str, dict[str, Any]]:
    """Open the page on a move of the second session and the later ones."""
    visit = s.course(4)[1]
    to = token(Slot(visit.starts_at + by, s.moira.pk))
    url = f"{reverse('appointment_rest', args=[visit.public_id])}?act=move&how=later&to={to}"
    return url, form_of(s.client.get(url))


@shows("There is no session 9 here.", told=False)
def a_line_that_is_not_there(s: Scene) -> None:
    press(s, *opened(s), "later-9")


@shows("There is no such session here.", told=False)
def a_line_without_a_number(s: Scene) -> None:
    press(s, *opened(s), "pin-x")


@shows("Enter a day from today on, within the next two years.", told=False)
def another_time_on_no_day(s: Scene) -> None:
    press(s, *opened(s), "take-2", pick_day="soon", pick_time="10:00", pick_who=str(s.moira.pk))


@shows("Choose a time such as 14:00.", told=False)
def another_time_at_no_hour(s: Scene) -> None:
    press(s, *opened(s), "take-2", pick_day="15 Dec", pick_time="noon", pick_who=str(s.moira.pk))


@shows("Choose a clinician.", told=False)
def another_time_with_nobody(s: Scene) -> None:
    press(s, *opened(s), "take-2", pick_day="15 Dec", pick_time="10:00", pick_who="x")


@shows("A line could not be read. Nothing was saved.")
def an_address_with_no_time(s: Scene) -> None:
    visit = s.course(2)[0]
    s.go(f"{reverse('appointment_rest', args=[visit.public_id])}?act=move&to=soon")


@shows("Write why. Nothing was saved.")
def a_late_line_without_a_reason(s: Scene) -> None:
    press(s, *moving(s, timedelta(days=14)), "save")


@shows("Somebody changed session 4 meanwhile. Nothing was saved. The dates below are proposed anew.")
def one_of_the_later_ones_was_changed(s: Scene) -> None:
    url, sent = opened(s)
    Appointment.objects.filter(session__number=4).update(version=7)
    press(s, url, sent, "save", why="ill")


@shows("The course has other visits now. Nothing was saved. The dates below are proposed anew.")
def one_of_the_later_ones_is_gone(s: Scene) -> None:
    url, sent = opened(s)
    Appointment.objects.filter(session__number=4).update(status="cancelled")
    press(s, url, sent, "save", why="ill")


@shows("This visit is cancelled now, so this cannot be done with it. Nothing was saved.")
def the_visit_was_cancelled_meanwhile(s: Scene) -> None:
    url, sent = opened(s)
    Appointment.objects.filter(session__number=2).update(status="cancelled")
    press(s, url, sent, "save", why="ill")


@shows("That page had saved its changes already, so nothing more was saved.")
def the_same_page_twice(s: Scene) -> None:
    url, sent = moving(s, DAY)
    press(s, url, sent, "save")
    press(s, url, sent, "save")


@shows("Someone changed a visit of this course meanwhile. Nothing was saved. Look at the dates again.")
def the_later_one_begins_in_that_very_moment(s: Scene) -> None:
    url, sent = moving(s, DAY)

    def meanwhile() -> None:
        Appointment.objects.filter(session__number=4).delete()
        deleted.extend(on_file())

    deleted: list[tuple[str, str]] = []
    s.meanwhile("scheduling.views.rest.replan_rest", meanwhile)
    press(s, url, sent, "save")
    s.before = deleted
