"""Many desks post the planner's real form to a real gunicorn at one moment: one books, the others are told kindly.

The server is started as `manage.py up` starts it, on this run's database; each desk has a session of its own.
"""

import http.client
import os
import re
import subprocess
import sys
import urllib.parse
import uuid
from collections import Counter
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.models import Operation, Role
from clinic.stack.runner import WEB
from scheduling.models import Appointment
from scheduling.services.undo import undo_operation
from tests import factory
from tests.race import FAULTS, RACERS, ROUNDS, Outcome, deadlocks, race, report, without_constraints
from tests.up.running import free_port
from treatments.models import TreatmentPlan

pytestmark = FAULTS
BASE = Path(__file__).resolve().parent.parent.parent
SIGNED_IN_BY = "allauth.account.auth_backends.AuthenticationBackend"
PATIENCE = 60


class Form(HTMLParser):
    """What a browser would send of the planner's form, as it stands when Book is pressed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sent: list[tuple[str, str]] = []
        self.inside, self.select = False, ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "form":
            self.inside = (given.get("action") or "").endswith("/lines/")
        elif not self.inside:
            return
        elif tag == "select":
            self.select = name
        elif tag == "option" and "selected" in given:
            self.sent.append((self.select, value))
        elif tag == "input" and name and (given.get("type") not in {"checkbox", "radio"} or "checked" in given):
            self.sent.append((name, value))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False

    def body(self) -> str:
        """Return the body of one submit: each press of Book carries a key of its own."""
        kept = [(name, value) for name, value in self.sent if name != "operation"]
        return urllib.parse.urlencode([*kept, ("operation", str(uuid.uuid4()))])


@dataclass
class Answer:
    status: int
    page: str
    where: str


class Refused(Exception):
    """The server answered the lines again, with what stood in the way."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Desk:
    """One person at one browser: a session, the planner open on one course."""

    def __init__(self, port: int, plan: TreatmentPlan) -> None:
        self.port, self.plan = port, plan
        client = Client()
        client.force_login(factory.make_user(Role.FRONT_DESK), backend=SIGNED_IN_BY)
        self.cookies = {name: morsel.value for name, morsel in client.cookies.items()}
        page = self.ask("GET", reverse("series_planner", args=[plan.public_id]))
        assert page.status == 200, page
        self.form = Form(page.page)

    def ask(self, method: str, path: str, body: str = "") -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
        if method == "POST":
            headers["HX-Request"] = "true"  # as the browser presses Book
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            for name, value in re.findall(r"(\w+)=([^;]+);", "".join(response.headers.get_all("Set-Cookie") or [])):
                self.cookies[name] = value
            return Answer(response.status, response.read().decode(), response.headers.get("HX-Redirect", ""))
        finally:
            connection.close()

    def book(self) -> Answer:
        """Press Book. Raises Refused when the lines come again."""
        answer = self.ask("POST", reverse("series_book", args=[self.plan.public_id]), self.form.body())
        if not answer.where:
            raise Refused(answer)
        return answer


class Server:
    """A gunicorn as the clinic's own, on the test's database. What it says is kept: it must not have failed."""

    def __init__(self, home: Path, *more: str) -> None:
        self.port, self.log = free_port(), home / "gunicorn.log"
        told = urllib.parse.urlsplit(os.environ["DATABASE_URL"])
        database = told._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
        here = {"DATABASE_URL": database, "PISTOR_HOME": str(home), "SECRET_KEY": settings.SECRET_KEY}
        self.env = {**os.environ, **here}
        bind = f"127.0.0.1:{self.port}"
        self.process = self.run("-m", "gunicorn", "clinic.wsgi", "--bind", bind, *WEB.split(), *more)

    def run(self, *arguments: str) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            return subprocess.Popen([sys.executable, *arguments], env=self.env, cwd=BASE, stdout=log, stderr=log)

    def __enter__(self) -> "Server":
        wait_until_live(self.port)
        return self

    def __exit__(self, *error: object) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the static files that a clinic has: pages name them by their hashes."""
    folder = tmp_path_factory.mktemp("clinic")
    env = {**os.environ, "PISTOR_HOME": str(folder)}
    collect = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    subprocess.run(collect, env=env, cwd=BASE, check=True, timeout=PATIENCE)
    return folder


def wait_until_live(port: int) -> None:
    for _try in range(PATIENCE * 1000):
        try:
            probe = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            probe.request("GET", "/livez")
            if probe.getresponse().status == 200:
                return
        except OSError:
            continue
    raise AssertionError("the server does not open")


def open_planners(port: int) -> list[Desk]:
    factory.make_clinic()
    moira = factory.make_clinician()
    for _ in range(4):
        factory.make_room()
    protocol = factory.make_protocol()
    plans = [factory.make_plan(protocol=protocol, clinician=moira, session_count=4) for _ in range(RACERS)]
    return [Desk(port, plan) for plan in plans]


def take_back() -> None:
    """Undo what the round before booked. To truncate instead would let every server process forget what it knows."""
    for booked in Operation.objects.filter(kind="book_series", undone_by=None):
        undo_operation(key=uuid.uuid4(), operation_id=booked.pk, actor=None, now=timezone.now())


def rounds(desks: list[Desk], count: int) -> list[Outcome]:
    outcomes = []
    for _ in range(count):
        take_back()
        outcomes.append(race([desk.book for desk in desks], connects=False))
    return outcomes


@pytest.mark.usefixtures("transactional_db")
def test_many_desks_press_book_one_books_and_the_others_see_other_times(home: Path) -> None:
    before = deadlocks()
    with Server(home) as server:
        outcomes = rounds(open_planners(server.port), ROUNDS)
    report("HTTP, the planner's form", outcomes, before)
    assert [outcome.winners for outcome in outcomes] == [1] * ROUNDS
    refused = [error.answer for outcome in outcomes for error in outcome.errors]  # type: ignore[attr-defined]
    assert Counter(answer.status for answer in refused) == {409: (RACERS - 1) * ROUNDS}
    for answer in refused:
        assert "no longer free. Nothing was saved. Free times stand under them." in answer.page
        assert len(re.findall(r'id="use-[1-4]"', answer.page)) == 4, "each line has a free time to take"
    assert Appointment.objects.holding().count() == 4
    assert "Traceback" not in server.log.read_text()
    assert deadlocks() == before


@pytest.mark.usefixtures("transactional_db")
def test_control_without_guards_several_desks_book_one_time(home: Path) -> None:
    with Server(home, "--config", str(BASE / "tests" / "faults" / "unguarded.py")) as server:
        desks = open_planners(server.port)
        before = deadlocks()
        with without_constraints():
            outcomes = rounds(desks, 1)
    report("HTTP, no guards", outcomes, before)
    assert outcomes[0].winners > 1
