"""How quickly the planner answers on a full book: every press of a button judges the whole course again."""

import os
import re
from datetime import UTC, datetime
from statistics import median, quantiles
from time import perf_counter
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.demo.build import build
from clinic.models import Role
from tests import factory
from tests.figures import say
from treatments.models import PlanStatus, SessionState, TreatmentPlan

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 14, 12, tzinfo=UTC)
MOST_QUERIES = 34
"""What a press asks, whatever the length of the course. Seconds are said, not judged: they are the machine's."""
PRESSES = 20
ACTS = ["later-1", "earlier-1", "choose", "pick-1", "close-1", "fix", "propose"]


def fields(html: str) -> dict[str, Any]:
    """Return what the page would send: its lines, and the choices as they stand."""
    found: dict[str, Any] = {
        name: re.findall(rf'name="{name}"\s+value="([^"]*)"', html) for name in ("line", "first", "count")
    }
    found["weekdays"] = re.findall(r'name="weekdays"\s+value="(\d)"[^>]*\schecked', html)
    found["rhythm"] = re.findall(r'name="rhythm"\s+value="(\w+)"\s+checked', html)
    for name in ("around", "who"):
        select = re.search(rf'name="{name}".*?</select>', html, re.S)
        found[name] = re.findall(r'value="([^"]*)" selected', select[0] if select else "")
    found["start_on"] = re.findall(r'name="start_on"\s+value="([^"]*)"', html)
    return found


def timed(client: Client, address: str, form: dict[str, Any]) -> list[float]:
    """Press the planner's buttons one after the other, and return the seconds that each took."""
    took = []
    for press in range(PRESSES):
        act = ACTS[press % len(ACTS)]
        started = perf_counter()
        response = client.post(address, form | {"act": act}, headers={"HX-Request": "true"})
        took.append(perf_counter() - started)
        assert response.status_code == 200
        form |= {name: values for name, values in fields(response.content.decode()).items() if values}
    return took


def test_a_press_on_the_demo_asks_the_book_a_fixed_number_of_times(embedded: None, client: Client) -> None:
    build(MONDAY)
    plans = TreatmentPlan.objects.filter(status=PlanStatus.ACTIVE, sessions__state=SessionState.PLANNED)
    plan = max(plans.distinct(), key=lambda one: one.sessions.filter(state=SessionState.PLANNED).count())
    with time_machine.travel(MONDAY):
        client.force_login(
            factory.make_user(Role.FRONT_DESK), backend="allauth.account.auth_backends.AuthenticationBackend"
        )
        form = fields(client.get(reverse("series_planner", args=[plan.public_id])).content.decode())
        address = reverse("series_lines", args=[plan.public_id])
        client.post(address, form | {"act": "propose"}, headers={"HX-Request": "true"})  # reads the templates
        took = timed(client, address, form)
        with CaptureQueriesContext(connection) as caught:
            client.post(address, form | {"act": "later-1"}, headers={"HX-Request": "true"})
    p95 = quantiles(took, n=20)[-1]
    lines = len(form["line"])
    waiting = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    say(
        f"planner, {lines} sessions on the demo's book: a press answers in {median(took) * 1000:.0f} ms (median of "
        f"{PRESSES}), 95 of 100 within {p95 * 1000:.0f} ms, {len(caught)} queries, {waiting:.1f} at work for each core"
    )
    assert len(caught) <= MOST_QUERIES
