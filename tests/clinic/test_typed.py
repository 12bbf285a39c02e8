from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.lib.typed import typed_date, typed_dates, typed_day

MAY_8 = date(1974, 5, 8)


@pytest.mark.parametrize(
    "text",
    [
        "1974-05-08", "1974/5/8", "19740508", "8 May 1974", "8 may 1974", "08/05/1974", "8.5.1974", "8-5-1974",
        "May 8, 1974", "May 8 1974", "8th May 1974", "8 mai 1974", " 8 MAY  1974 ", "8May1974",
    ],
)  # fmt: skip
def test_a_birth_date_is_read_in_its_usual_forms(text: str) -> None:
    assert typed_date(text) == MAY_8


@pytest.mark.parametrize(
    ("text", "day"),
    [("1er août 1980", date(1980, 8, 1)), ("3 juillet 1990", date(1990, 7, 3)), ("3 juin 1990", date(1990, 6, 3))],
)
def test_french_months_are_read(text: str, day: date) -> None:
    assert typed_date(text) == day


@pytest.mark.parametrize("text", ["", "penney", "31/02/1980", "8 May 74", "13/13/1974", "709-555-0118", "8 Foo 1974"])
def test_other_text_is_no_date(text: str) -> None:
    assert typed_date(text) is None


@given(st.dates(min_value=date(1900, 1, 1)))
def test_what_the_clinic_writes_it_can_read(day: date) -> None:
    for text in (
        day.isoformat(),
        f"{day:%d/%m/%Y}",
        f"{day.day}.{day.month}.{day.year}",
        f"{day.day} {day:%B} {day.year}",
    ):
        assert typed_date(text) == day


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("05/08/1974", [date(1974, 8, 5), MAY_8]),
        ("8/5/74", [MAY_8, date(2074, 5, 8), date(1974, 8, 5), date(2074, 8, 5)]),
        ("8 may 74", [MAY_8, date(2074, 5, 8)]),
        ("may 8 74", [MAY_8, date(2074, 5, 8)]),
        ("08051974", [MAY_8, date(1974, 8, 5)]),
        ("31/12/1980", [date(1980, 12, 31)]),
        ("12/31/1980", [date(1980, 12, 31)]),
        ("1974-05-08", [MAY_8]),
        ("penney", []),
        ("31/02/1980", []),
    ],
)
def test_a_search_reads_a_date_in_every_way_it_may_be_meant(text: str, days: list[date]) -> None:
    assert typed_dates(text) == days


TUESDAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", TUESDAY),
        ("Tomorrow", date(2026, 11, 25)),
        ("yesterday", date(2026, 11, 23)),
        ("demain", date(2026, 11, 25)),
        ("aujourd'hui", TUESDAY),
        ("tue", TUESDAY),
        ("friday", date(2026, 11, 27)),
        ("mon", date(2026, 11, 30)),
        ("mardi", TUESDAY),
        ("24 nov", TUESDAY),
        ("nov 24", TUESDAY),
        ("24 novembre", TUESDAY),
        ("5 jan", date(2027, 1, 5)),
        ("1 oct", date(2026, 10, 1)),
        ("29 feb", None),
        ("2026-12-01", date(2026, 12, 1)),
        ("pen", None),
        ("24", None),
        ("", None),
        ("mar", None),
    ],
)
def test_a_day_of_the_book_is_read_as_people_say_it(text: str, day: date | None) -> None:
    assert typed_day(text, TUESDAY) == day
