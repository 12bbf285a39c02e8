"""How people are found: by part of a name, of a phone, by birth date or file number."""

import string
from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Case, Q, Value, When
from django.db.models.expressions import Combinable

from clinic.lib.access import Permission, allows
from clinic.lib.text import digits, normal
from clinic.lib.typed import typed_date
from clinic.models import User

if TYPE_CHECKING:
    from .people import Patient  # noqa: F401 - named in a string below

FEWEST_PHONE_DIGITS = 3
FEWEST_PART_LETTERS = 3
LARGEST_FILE_NUMBER = 2**31 - 1


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


class PatientQuerySet(models.QuerySet["Patient"]):
    def visible_to(self, user: User) -> Self:
        """Return the patients that this person may know of: all, or none."""
        return self if allows(user, Permission.SEE_PATIENTS) else self.none()

    def on_file(self) -> Self:
        """Return the files in use: not those that were archived or merged into another."""
        return self.filter(archived_at=None)

    def matching(self, text: str, *, archived: bool = False) -> Self:
        """Return who is meant by what was typed, the likeliest first; archived files only when they are asked for.

        Parts of names in any order, without accents, apostrophes or hyphens ("penney marg"); any part of a phone or
        an e-mail; a birth date in its usual forms; a file number ("0932" or "932"), also the old one of a file that
        was merged. A name that begins so comes before one that only contains it, the file number before phones that
        contain it.
        """
        return (self if archived else self.on_file())._matching(text.strip())

    def _matching(self, text: str) -> Self:
        number = digits(text)
        if day := typed_date(text):
            found = Q(birth_date=day) | Q(phone__contains=number) if text.isdecimal() else Q(birth_date=day)
            return self._ranked(found, Case(When(birth_date=day, then=0), default=1))
        if "@" in text:
            return self._ranked(Q(email__icontains=text), Case(When(email__istartswith=text, then=0), default=1))
        if number and not any(character.isalpha() for character in text):
            exact = int(number) if int(number) <= LARGEST_FILE_NUMBER else 0
            merged = Q(pk__in=self.model._base_manager.filter(file_number=exact).values("merged_into"))
            return self._ranked(
                _number(number) | merged, Case(When(file_number=exact, then=0), When(merged, then=1), default=2)
            )
        words = [word for word in (part.strip(string.punctuation) for part in normal(text).split()) if word]
        if not words:
            return self.none()
        found = Q()
        rank: Combinable = Value(0)
        for word in words:
            found &= _word(word)
            rank = rank + Case(When(_starts(word), then=0), default=1)
        return self._ranked(found, rank)

    def maybe(self, *, birth_date: date | None, phone: str) -> Self:
        """Return who shares this birth date or this phone: the few among whom the same person may be."""
        found = Q(pk__in=[])
        if birth_date:
            found |= Q(birth_date=birth_date)
        if phone:
            found |= Q(phone=phone)
        return self.filter(found)

    def _ranked(self, found: Q, rank: Combinable) -> Self:
        return self.filter(found).order_by(rank, "last_name", "first_name", "id")
