"""Refusals of the page that plans several courses of one patient together."""

from datetime import date, timedelta
from typing import Any

from django.urls import reverse

from tests import factory
from tests.refusals.scene import Cases, Scene, on_file, words_of
from tests.scheduling.helpers import take
from tests.scheduling.test_together_page import form_of
from treatments.models import Area, Session, Side, TreatmentPlan

CASES = Cases()
shows = CASES.shows


def opened(s: Scene) -> tuple[str, dict[str, Any], TreatmentPlan]:
    """Give the patient a second course and open the page: its address, what its form sends, the second course."""
    area = Area.objects.get_or_create(key="face", defaults={"name": "Face"})[0]
    second = factory.make_plan(s.patient, s.plan.protocol, name="Glow", areas=[(area, Side.MIDLINE)])
    url = reverse("plan_together", args=[s.patient.public_id])
    return url, form_of(s.client.get(url)), second


def press(s: Scene, url: str, sent: dict[str, Any], act: str = "save", **more: Any) -> None:
    s.before = on_file()
    s.page = words_of(s.client.post(url, sent | {"act": act} | more, follow=True).content)
    s.after = on_file()


@shows("Courses are planned together when two of them lack visits. Nothing was saved.")
def only_one_course(s: Scene) -> None:
    s.go(reverse("plan_together", args=[s.patient.public_id]))


@shows("A time is no longer free. Nothing was saved in any course. Free times stand beside the line.")
def one_of_the_times_is_taken(s: Scene) -> None:
    url, sent, second = opened(s)
    wall = sent[f"line-{second.pk}"][0].split(",")[0]
    day, time = wall.split("T")
    take(s.moira, s.rooms[0], date.fromisoformat(day), time, 30, patient=factory.make_patient())
    press(s, url, sent)


@shows("One of the courses changed meanwhile. Nothing was saved. Look over the dates, then book again.")
def a_session_was_dropped(s: Scene) -> None:
    url, sent, second = opened(s)
    Session.objects.filter(plan=second, number=10).update(state="dropped")
    press(s, url, sent)


@shows("That page had booked its sessions already, so nothing more was saved.")
def the_same_page_twice(s: Scene) -> None:
    url, sent, _second = opened(s)
    press(s, url, sent)
    press(s, url, sent)


@shows("This page was not complete. Nothing was saved. Press Book once more.")
def a_page_without_its_key(s: Scene) -> None:
    url, sent, _second = opened(s)
    press(s, url, sent, operation="")


@shows("There is no such session here.", told=False)
def a_button_of_no_session(s: Scene) -> None:
    url, sent, second = opened(s)
    press(s, url, sent, f"{second.pk}:later-x")


@shows("Session 1 was left out: A line could not be read. The others are kept.", told=False)
def a_line_that_cannot_be_read(s: Scene) -> None:
    url, sent, second = opened(s)
    press(s, url, sent | {f"line-{second.pk}": ["x", *sent[f"line-{second.pk}"][1:]]}, "look")


@shows("This day has passed. Enter today or a later one.", told=False)
def a_start_that_has_passed(s: Scene) -> None:
    url, _sent, _second = opened(s)
    s.go(f"{url}?start_on=2026-11-02")


@shows("These courses cannot be booked in one act. Nothing was saved. Open the patient again.")
def the_second_course_goes_to_another_file_meanwhile(s: Scene) -> None:
    url, sent, second = opened(s)
    moved: list[tuple[str, str]] = []

    def meanwhile() -> None:
        TreatmentPlan.objects.filter(pk=second.pk).update(patient=factory.make_patient())
        moved.extend(on_file())

    s.meanwhile("scheduling.views.together.book_together", meanwhile)
    press(s, url, sent)
    s.before = moved


@shows("Write why. Nothing was saved.")
def a_late_session_without_its_reason(s: Scene) -> None:
    url, sent, second = opened(s)
    lines = sent[f"line-{second.pk}"]
    day, rest = lines[-1].split("T")
    later = (date.fromisoformat(day) + timedelta(weeks=3)).isoformat()
    press(s, url, sent | {f"line-{second.pk}": [*lines[:-1], f"{later}T{rest}"]})
