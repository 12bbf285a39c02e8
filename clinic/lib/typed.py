"""Dates as people type them: 1974-05-08, 8 May 1974, 08/05/1974 (the day first), 8.5.1974."""

import re
from datetime import date, timedelta

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


# --- Finding: more forms than a form field takes, because a wrong guess only finds nobody ---------------------------

_TWO_DIGITS = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{2})")
_WORD_TWO_DIGITS = re.compile(r"(\d{1,2}) ?([a-z]{3,9}) ?(\d{2})|([a-z]{3,9}) ?(\d{1,2}),? (\d{2})")
_EIGHT = re.compile(r"(\d{2})(\d{2})(\d{4})")


def _real(parts: list[tuple[int, int, int]]) -> list[date]:
    """Return those of (year, month, day) that are days, each once, in their order."""
    days = []
    for year, month, day in parts:
        try:
            days.append(date(year, month, day))
        except ValueError:
            continue
    return list(dict.fromkeys(days))


def typed_dates(text: str) -> list[date]:
    """Return every day that may have been meant, the likeliest first: 05/08/1974 is 5 August, or 8 May."""
    text = " ".join(text.split())
    first = _parts(text)
    parts = [first] if first else []
    if (found := _DAY_FIRST.fullmatch(text)) or (found := _EIGHT.fullmatch(text)):
        one, two, year = (int(part) for part in found.groups())
        parts += [(year, two, one), (year, one, two)]
    elif found := _TWO_DIGITS.fullmatch(text):
        one, two, year = (int(part) for part in found.groups())
        parts += [(century + year, *pair) for pair in ((two, one), (one, two)) for century in (1900, 2000)]
    elif found := _WORD_TWO_DIGITS.fullmatch(normal(text)):
        day, word, short, word_2, day_2, short_2 = found.groups()
        month = _month(word or word_2)
        parts += [(century + int(short or short_2), month, int(day or day_2)) for century in (1900, 2000)]
    return _real(parts)


_NEAR = {
    "today": 0, "tomorrow": 1, "yesterday": -1, "tod": 0, "tom": 1,
    "aujourdhui": 0, "demain": 1, "hier": -1,
}  # fmt: skip
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_JOURS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_DAY_MONTH = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er)? ?([a-z]{3,9})|([a-z]{3,9}) ?(\d{1,2})(?:st|nd|rd|th)?")
_FEWEST_DAY_LETTERS = 3


def typed_day(text: str, today: date) -> date | None:
    """Return the day of the book that was typed: "tomorrow", "fri", "24 nov", "nov 24", or a date with its year.

    A day without its year is the nearest one, of the half year behind or what comes.
    """
    words = " ".join(normal(text).split())
    if words in _NEAR:
        return today + timedelta(days=_NEAR[words])
    if len(words) >= _FEWEST_DAY_LETTERS:
        for number, (name, jour) in enumerate(zip(_WEEKDAYS, _JOURS, strict=True)):
            if name.startswith(words) or jour == words:
                return today + timedelta(days=(number - today.weekday()) % 7)
    if found := _DAY_MONTH.fullmatch(words):
        month, day = _month(found[2] or found[3]), int(found[1] or found[4])
        near = _real([(year, month, day) for year in (today.year - 1, today.year, today.year + 1)])
        return min(near, key=lambda one: (abs((one - today).days - 91), one), default=None)
    return typed_date(text)
