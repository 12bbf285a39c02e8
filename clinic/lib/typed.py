"""Dates as people type them: 1974-05-08, 8 May 1974, 08/05/1974 (the day first), 8.5.1974."""

import re
from datetime import date

from clinic.lib.text import normal

# By their first letters, in both official languages: "may", "mai", "jul", "juillet".
_MONTHS = {
    "jan": 1, "fev": 2, "feb": 2, "mar": 3, "avr": 4, "apr": 4, "mai": 5, "may": 5, "juin": 6, "jun": 6, "juil": 7,
    "jul": 7, "aou": 8, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_YEAR_FIRST = re.compile(r"(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})|(\d{4})(\d{2})(\d{2})")
_DAY_FIRST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})")
_DAY_AND_WORD = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er)? ?([a-z]{3,9}) ?(\d{4})")
_WORD_AND_DAY = re.compile(r"([a-z]{3,9}) ?(\d{1,2})(?:st|nd|rd|th)?,? (\d{4})")


def _month(word: str) -> int:
    return next((number for start, number in _MONTHS.items() if word.startswith(start)), 0)


def _parts(text: str) -> tuple[int, int, int] | None:
    """Return year, month and day as typed, whether or not there is such a day."""
    if found := _YEAR_FIRST.fullmatch(text):
        year, month, day = (part for part in found.groups() if part)
        return int(year), int(month), int(day)
    if found := _DAY_FIRST.fullmatch(text):
        return int(found[3]), int(found[2]), int(found[1])
    words = " ".join(normal(text).split())
    if found := _DAY_AND_WORD.fullmatch(words):
        return int(found[3]), _month(found[2]), int(found[1])
    if found := _WORD_AND_DAY.fullmatch(words):
        return int(found[3]), _month(found[1]), int(found[2])
    return None


def typed_date(text: str) -> date | None:
    """Return the day that was typed, or None when it is none. Numbers read day first, as Canada's clinics say them."""
    parts = _parts(text.strip())
    try:
        return date(*parts) if parts else None
    except ValueError:
        return None
