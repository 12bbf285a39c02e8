"""How people are found: by part of a name, of a phone or an e-mail, by birth date or file number."""

import string
from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Case, Func, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Lower
from django.db.models.lookups import Contains

from clinic.lib.access import Permission, allows
from clinic.lib.text import digits, normal
from clinic.lib.typed import typed_dates
from clinic.models import User

if TYPE_CHECKING:
    from .people import Patient  # noqa: F401 - named in a string below

FEWEST_PHONE_DIGITS = 3
FEWEST_PART_LETTERS = 3
LARGEST_FILE_NUMBER = 2**31 - 1
MARKS_AROUND = "<>()[]{},;:'\"`"
"""What stands around an address that was copied from a mail."""


def _starts(word: str) -> Q:
    """Match a word that one of the names begins with: the search text keeps a space before each."""
    return Q(search_text__contains=f" {word}")


def _number(number: str) -> Q:
    """Match a file number as a whole, or a part of a phone."""
    found = Q(file_number=int(number)) if int(number) <= LARGEST_FILE_NUMBER else Q(pk__in=[])
    return found | Q(phone__contains=number) if len(number) >= FEWEST_PHONE_DIGITS else found


def _word(word: str) -> Q:
    if word.isdecimal() and word.isascii():
        return _number(word)
    # One or two letters are in nearly every name, and no index knows them: they must begin one.
    return Q(search_text__contains=word) if len(word) >= FEWEST_PART_LETTERS else _starts(word)


def _mail(word: str) -> Q:
    """Match a part of what stands before the @, or of the whole address once the @ is typed.

    The first condition is for the index; only the second tells "gail@" from everybody at "@gailmail.example".
    """
    found = Q(Contains(Lower("email"), word))
    if "@" in word:
        return found
    local = Func(Lower("email"), Value("@"), Value(1), function="SPLIT_PART", output_field=models.TextField())
    return found & Q(Contains(local, word))


def _words(text: str) -> list[str]:
    """Return the words as search compares them, without the marks around them."""
    return [word for word in (part.strip(string.punctuation) for part in normal(text).split()) if word]


def _token(token: str) -> Q | None:
    """Match what was typed between two spaces: its words as names or numbers, or all of it as part of an e-mail."""
    found = Q()
    words = _words(token)
    for word in words:
        found &= _word(word)
    mail = token.strip(MARKS_AROUND).lower()
    if len(mail) < FEWEST_PART_LETTERS or not any(character.isalpha() for character in mail):
        return found if words else None
    if "@" in mail:
        return _mail(mail)
    return found | _mail(mail) if words else _mail(mail)


def _names_first(words: list[str]) -> Combinable:
    """Rank by how each word is met: 0 begins a name, 1 stands in one, 2 elsewhere, as in an e-mail."""
    rank: Combinable = Value(0)
    for word in words:
        rank = rank + Case(When(_starts(word), then=0), When(search_text__contains=word, then=1), default=2)
    return rank


class PatientQuerySet(models.QuerySet["Patient"]):
    def visible_to(self, user: User) -> Self:
        """Return the patients that this person may know of: all, or none."""
        return self if allows(user, Permission.SEE_PATIENTS) else self.none()

    def on_file(self) -> Self:
        """Return the files in use: not those that were archived or merged into another."""
        return self.filter(archived_at=None)

    def matching(self, text: str, *, archived: bool = False) -> Self:
        """Return who is meant by what was typed, the likeliest first; archived files only when they are asked for.

        Parts of names in any order, without accents, apostrophes or hyphens ("penney marg"); any part of a phone; a
        birth date in its usual forms; a file number ("0932" or "932"), also the old one of a file that was merged; an
        e-mail or a part before its @. A name that begins so comes before one that only contains it, names before
        e-mails, the file number before phones. `match_rank` says how well each matches.
        """
        return (self if archived else self.on_file())._matching(text.replace("\x00", " ").strip())

    def _matching(self, text: str) -> Self:
        number = digits(text)
        if days := typed_dates(text):
            found = Q(birth_date__in=days) | Q(phone__contains=number) if text.isdecimal() else Q(birth_date__in=days)
            likeliest = [When(birth_date=day, then=place) for place, day in enumerate(days)]
            return self._ranked(found, Case(*likeliest, default=len(days)))
        if number and not any(character.isalpha() for character in text):
            exact = int(number) if int(number) <= LARGEST_FILE_NUMBER else 0
            merged = Q(pk__in=self.model._base_manager.filter(file_number=exact).values("merged_into"))
            rank = Case(When(file_number=exact, then=0), When(merged, then=1), default=2)
            return self._ranked(_number(number) | merged, rank)
        tokens = [found for found in (_token(token) for token in text.split()) if found is not None]
        if not tokens:
            return self._ranked(Q(pk__in=[]), Value(0))
        matched = Q()
        for found in tokens:
            matched &= found
        return self._ranked(matched, _names_first(_words(text)))

    def maybe(self, *, birth_date: date | None, phone: str) -> Self:
        """Return who shares this birth date or this phone: the few among whom the same person may be."""
        found = Q(pk__in=[])
        if birth_date:
            found |= Q(birth_date=birth_date)
        if phone:
            found |= Q(phone=phone)
        return self.filter(found)

    def _ranked(self, found: Q, rank: Combinable) -> Self:
        ranked = self.filter(found).annotate(match_rank=rank)
        return ranked.order_by("match_rank", "last_name", "first_name", "id")
