"""What is asked under the locks reads a day of the book, not all that a clinician ever had: it stays as quick."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection

from clinic.models import Clinician
from scheduling.models import HOLDING, Appointment
from scheduling.planning.context import OVERLAPPING
from scheduling.services.taken import STATEMENT
from tests import factory
from tests.scheduling.helpers import take

pytestmark = pytest.mark.django_db
DAY, ROWS = date(2026, 12, 1), 6_000
"""How many rows a statement for fifteen times may look at: a day of five clinicians has a hundred and twenty."""


def book_of(clinicians: int, visits: int) -> Clinician:
    """Let each clinician have had a visit at every hour before the first of December; return one of them."""
    people = [factory.make_clinician(f"Clinician {n}") for n in range(clinicians)]
    for n, one in enumerate(people):
        take(one, factory.make_room(f"Room {n}"), DAY, "09:00", 30)
    _fill(visits)
    return people[-1]


def _fill(visits: int) -> None:
    moved = {"starts_at", "arrives_at", "ends_at", "frees_at"}
    names = [field.column for field in Appointment._meta.concrete_fields if field.column != "id"]
    shown = {name: f"{name} - n * interval '1 hour'" for name in moved} | {"public_id": "gen_random_uuid()"}
    columns, values = ", ".join(names), ", ".join(shown.get(name, name) for name in names)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no history: it is not what is asked about
        cursor.execute(
            f"INSERT INTO scheduling_appointment ({columns}) SELECT {values}"  # noqa: S608 - our own columns
            f" FROM scheduling_appointment, generate_series(1, {visits}) n"
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
        cursor.execute("ANALYZE scheduling_appointment")


def rows_read(statement: str, values: dict[str, object]) -> int:
    """Return how many rows the statement looked at, those that it threw away among them.

    Plain index scans are off: in a book this small they hide what PostgreSQL chooses in a large one.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_indexscan = off")
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values)
        (plan,) = cursor.fetchone()[0]
    return _looked_at(plan["Plan"])


def _looked_at(node: dict[str, Any]) -> int:
    each = node["Actual Rows"] + sum(node[name] for name in node if name.startswith("Rows Removed by"))
    return round(each * node["Actual Loops"]) + sum(_looked_at(below) for below in node.get("Plans", []))


STARTS = [factory.at(DAY + timedelta(weeks=week), "10:00") for week in range(15)]


def test_whether_a_time_was_just_taken_is_read_by_that_time(clinic: object) -> None:
    moira = book_of(1, visits=12_000)
    asked = {
        "clinicians": [moira.pk] * len(STARTS),
        "starts": STARTS,
        "length": timedelta(minutes=30),
        "holding": HOLDING,
        "ignoring": [],
        "unless": None,
    }
    assert rows_read(STATEMENT, asked) < ROWS


def test_what_stands_in_the_way_is_read_by_the_times_of_the_course(clinic: object) -> None:
    moira = book_of(5, visits=6_000)
    asked = {
        "since": STARTS,
        "until": [start + timedelta(hours=1) for start in STARTS],
        "clinicians": [moira.pk],
        "patient": 0,
        "holding": HOLDING,
    }
    assert rows_read(OVERLAPPING, asked) < ROWS
