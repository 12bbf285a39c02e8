from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.lib.typed import typed_date

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
