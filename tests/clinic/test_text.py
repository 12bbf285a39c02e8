"""The two makers of search text agree: Python's for what is typed, PostgreSQL's for what is stored."""

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.lib.text import digits, normal

# Western, Central and Northern Europe, Welsh and Vietnamese (1E00 to 1E99 and 1EA0 to 1EF9), pinyin, Romanian.
BLOCKS = (range(0xC0, 0x180), range(0x1E00, 0x1E9A), range(0x1EA0, 0x1EFA), range(0x1CD, 0x1DD), range(0x218, 0x21C))
LETTERS = [chr(code) for block in BLOCKS for code in block if chr(code).isalpha()] + list("ƠơƯưẞ")
MARKS = list("-‐‑‒–—―'’‘‚‛′.,") + [chr(code) for code in range(0x300, 0x345)]
ASCII = [chr(code) for code in range(0x20, 0x7F)]


def stored(words: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pistor_normal(%s)", [words])
        return cursor.fetchone()[0]


@pytest.mark.django_db
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.sampled_from(LETTERS + MARKS + ASCII), max_size=40))
def test_python_and_postgresql_make_the_same_search_text(words: str) -> None:
    assert normal(words) == stored(words)


@pytest.mark.django_db
def test_every_latin_letter_is_read_alike() -> None:
    for letter in LETTERS + MARKS + ASCII:
        assert normal(letter) == stored(letter), letter


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("Élise O’Brien-Tremblay", "elise obrien tremblay"),
        ("Nguyễn Thị", "nguyen thi"),
        ("St. John's", "st johns"),
        ("Łukasz Bjørn Æsa", "lukasz bjorn aesa"),
    ],
)
def test_names_lose_accents_and_marks(typed: str, plain: str) -> None:
    assert normal(typed) == plain


def test_digits_are_kept_alone() -> None:
    assert digits("+1 (709) 555-0118") == "17095550118"
