"""The benchmark's own arithmetic: percentiles, the table, the plot. The measuring itself is no test."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.db import connection

from tests.bench import report
from tests.bench.figures import Act, Row, at, counted, measure, timed


def result(appointments: int, p95: float, rate: float) -> report.Result:
    day = Row("day", 10, p95, p95 + 5, 8, 7, "page", 3, 4)
    sweep = Row("sweep", floor="templates", rate=rate, floor_rate=1000, more={"raw_rate": 4000.0, "mails": 2000})
    return {"what": "", "appointments": appointments, "patients": 5, "rows": [day.as_dict(), sweep.as_dict()]}


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100), (0.001, 1)])
def test_percentiles_are_by_the_nearest_rank(share: float, value: int) -> None:
    assert at(share, [float(n) for n in range(100, 0, -1)]) == value
    assert at(share, [7.0]) == 7


def test_the_table_says_what_is_reached_and_by_how_much_not() -> None:
    table = report.table([result(10_000, 20, 750), result(1_000_000, 60, 500)])
    assert (
        "| day list of 300 visits, whole response | 10,000 | 10.0 | 20.0 | 25.0 | 8.0 | 7 | 3.0 / 4.0 | 40 ms | yes |"
        in table
    )
    assert "| 40 ms | **1.5 times** |" in table
    assert "2,000 reminders swept and sent: 750.0 a second" in table
    assert "1000 a second; 4000 of ready-made mails | 0.7 of the floor | yes, 0.75 |" in table
    assert "| **no**, 0.50 |" in table


def test_a_row_without_a_goal_is_neither_reached_nor_missed() -> None:
    month = Row("month", 10, 90, 95, 8, 7, "page", 3, 4)
    table = report.table([{"what": "", "appointments": 10_000, "patients": 5, "rows": [month.as_dict()]}])
    assert "| 7 | 3.0 / 4.0 | – | – |" in table
    assert report.plot([{"what": "", "appointments": 10_000, "patients": 5, "rows": [month.as_dict()]}])


def test_growth_compares_the_largest_book_with_the_smallest() -> None:
    growth = report.growth([result(10_000, 20, 750), result(1_000_000, 60, 500), {"what": "people", "rows": []}])
    assert "From 10,000 to 1,000,000 visits" in growth
    assert "| day list of 300 visits, whole response | 1.00 | 3.00 | 1.00 |" in growth
    assert "1.50 (by the rate)" in growth
    assert report.growth([result(10_000, 20, 750)]) == ""


def test_the_plot_is_a_picture_with_a_bar_for_each_size() -> None:
    picture = ElementTree.fromstring(report.plot([result(10_000, 20, 750), result(1_000_000, 60, 500)]))  # noqa: S314
    bars = [one for one in picture.iter() if one.get("height") == "7"]
    assert len(bars) == 2
    assert float(bars[0].get("width", 0)) < float(bars[1].get("width", 0))


def test_only_what_stands_between_the_marks_is_written(tmp_path: Path) -> None:
    (tmp_path / "img").mkdir()
    page = tmp_path / "performance.md"
    page.write_text(f"Before\n\n{report.BEGINS}\nold\n{report.ENDS}\n\nAfter\n")
    report.write([result(10_000, 20, 750)], "2 cores", tmp_path)
    words = page.read_text()
    assert words.startswith("Before\n\n")
    assert words.endswith("\n\nAfter\n")
    assert "old" not in words
    assert "2 cores" in words
    report.write([result(10_000, 20, 750)], "2 cores", tmp_path)
    assert page.read_text() == words


@pytest.mark.django_db
def test_what_makes_ready_is_outside_the_clock_and_each_act_is_done_once() -> None:
    done: list[str] = []

    def before() -> object:
        done.append("before")
        return lambda: done.append("act")

    acts = [Act(before) for _ in range(6)]  # type: ignore[arg-type]
    row = measure("save", acts, floor="page", bare=[connection.ensure_connection] * 4)
    assert done == ["before", "act"] * 6
    assert row.more == {"calls": 2}
    times, work = timed([lambda: None])
    assert len(times) == 1
    assert work >= 0


@pytest.mark.django_db
def test_statements_are_counted_without_savepoints() -> None:
    def two() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.execute("SELECT 2")

    assert counted(two) == 2
