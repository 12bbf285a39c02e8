"""What a text that someone typed asks of a patient's file, and in which ways a file can meet it."""

import string
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models
from django.db.models import Case, Func, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Lower
from django.db.models.lookups import Contains

from clinic.lib.text import digits, normal
from clinic.lib.typed import typed_dates

FEWEST_PHONE_DIGITS = 3
FEWEST_PART_LETTERS = 3
LARGEST_FILE_NUMBER = 2**31 - 1
MARKS_AROUND = "<>()[]{},;:'\"`"
"""What stands around an address that was copied from a mail."""


def starts(word: str) -> Q:
    """Match a word that one of the names begins with: the search text keeps a space before each."""
    return Q(search_text__contains=f" {word}")


def number_is(number: str) -> Q:
    """Match a file number as a whole, or a part of a phone."""
    found = Q(file_number=int(number)) if int(number) <= LARGEST_FILE_NUMBER else Q(pk__in=[])
    return found | Q(phone__contains=number) if len(number) >= FEWEST_PHONE_DIGITS else found


def _word(word: str) -> Q:
    if _is_digits(word):
        return number_is(word)
    # One or two letters are in nearly every name, and no index knows them: they must begin one.
    return Q(search_text__contains=word) if len(word) >= FEWEST_PART_LETTERS else starts(word)


def _mail(word: str) -> Q:
    """Match a part of what stands before the @, or of the whole address once the @ is typed.

    The first condition is for the index; only the second tells "gail@" from everybody at "@gailmail.example".
    """
    found = Q(Contains(Lower("email"), word))
    if "@" in word:
        return found
    local = Func(Lower("email"), Value("@"), Value(1), function="SPLIT_PART", output_field=models.TextField())
    return found & Q(Contains(local, word))


def words_of(text: str) -> list[str]:
    """Return the words as search compares them, without the marks around them."""
    return [word for word in (part.strip(string.punctuation) for part in normal(text).split()) if word]


def _token(token: str) -> Q | None:
    """Match what was typed between two spaces: its words as names or numbers, or all of it as part of an e-mail."""
    found = Q()
    words = words_of(token)
    for word in words:
        found &= _word(word)
    mail = token.strip(MARKS_AROUND).lower()
    if len(mail) < FEWEST_PART_LETTERS or not any(character.isalpha() for character in mail):
        return found if words else None
    if "@" in mail:
        return _mail(mail)
    return found | _mail(mail) if words else _mail(mail)


ELSEWHERE = 100
"""What a word that stands in no name weighs; one that stands within a name weighs 1, one that begins it nothing."""


def names_first(words: list[str]) -> Combinable:
    """Rank by how each word is met: it begins a name, stands in one, or is found elsewhere, as in an e-mail."""
    rank: Combinable = Value(0)
    for word in words:
        rank = rank + Case(When(starts(word), then=0), When(search_text__contains=word, then=1), default=ELSEWHERE)
    return rank


def every(conditions: Iterable[Q]) -> Q:
    found = Q()
    for condition in conditions:
        found &= condition
    return found


def is_number(text: str) -> bool:
    return bool(digits(text)) and not any(character.isalpha() for character in text)


def tokens_of(text: str) -> list[Q]:
    return [found for found in (_token(token) for token in text.split()) if found is not None]


@dataclass(frozen=True)
class Stage:
    """One way in which a text matches. `rank` orders those who match in this way; without one they are equals.

    `few` says that never many match.
    """

    found: Q
    rank: Combinable | None = None
    few: bool = False


def stages_of(text: str) -> list[Stage]:
    """Return the ways in which a text matches, the best first."""
    number = digits(text)
    if days := typed_dates(text):
        stages = [Stage(Q(birth_date=day), few=True) for day in days]
        by_phone = Stage(Q(phone__contains=number))
        return [*stages, by_phone] if text.isdecimal() else stages
    if is_number(text):
        return _number_stages(number)
    tokens = [token for token in text.split() if _token(token) is not None]
    return _word_stages(tokens) if tokens else []


def _number_stages(number: str) -> list[Stage]:
    """Return a file number as said, the file that took up one of this number, and a part of a phone."""
    exact = int(number) if int(number) <= LARGEST_FILE_NUMBER else 0
    file, merged = Q(file_number=exact), Q(merged_files__file_number=exact)
    stages = [Stage(file, few=True), Stage(merged, few=True)]
    return stages + [Stage(Q(phone__contains=number))] * (len(number) >= FEWEST_PHONE_DIGITS)


def _word_stages(tokens: list[str]) -> list[Stage]:
    """Return who has names that begin with all words, who has them in their names, and whom else they meet.

    The first two leave out what they imply: each condition more is one that the planner must guess at.
    """
    words = [word for token in tokens for word in words_of(token)]
    matched = every(found for found in map(_token, tokens) if found is not None)
    if not words:
        return [Stage(matched)]
    begins, stands = every(map(_begins, tokens)), every(map(_stands, tokens))
    several = names_first(words) if len(words) > 1 else None
    return [Stage(begins), Stage(stands & ~every(map(starts, words)), several), Stage(matched & ~stands, several)]


def _begins(token: str) -> Q:
    """Match who has names that begin with each word of a token, and all else that the token asks."""
    return _beyond_names(token) & every(map(starts, words_of(token)))


def _stands(token: str) -> Q:
    """Match who has each word of a token within a name, and all else that the token asks."""
    words = words_of(token)
    if "@" not in token:
        words = [word for word in words if len(word) >= FEWEST_PART_LETTERS or _is_digits(word)]
        short = every(starts(word) for word in words_of(token) if word not in words)
        return _beyond_names(token) & short & every(Q(search_text__contains=word) for word in words)
    return _beyond_names(token) & every(Q(search_text__contains=word) for word in words)


def _beyond_names(token: str) -> Q:
    """Match what a token asks of other facts than names: an address with an @, the numbers in it."""
    if "@" in token:
        return _mail(token.strip(MARKS_AROUND).lower())
    return every(number_is(word) for word in words_of(token) if _is_digits(word))


def _is_digits(word: str) -> bool:
    return word.isdecimal() and word.isascii()
