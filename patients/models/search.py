"""How people are found: by part of a name, of a phone or an e-mail, by birth date or file number."""

import json
import string
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Self, overload

from django.db import models
from django.db.models import Case, Func, Q, Value, When
from django.db.models.expressions import Combinable, CombinedExpression
from django.db.models.functions import Coalesce, Lower
from django.db.models.lookups import Contains

from clinic.lib.access import Permission, allows
from clinic.lib.text import digits, normal
from clinic.lib.typed import typed_dates
from clinic.models import User

if TYPE_CHECKING:
    from .people import Patient

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
    if _is_digits(word):
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


ELSEWHERE = 100
"""What a word that stands in no name weighs; one that stands within a name weighs 1, one that begins it nothing."""


def _names_first(words: list[str]) -> Combinable:
    """Rank by how each word is met: it begins a name, stands in one, or is found elsewhere, as in an e-mail."""
    rank: Combinable = Value(0)
    for word in words:
        rank = rank + Case(When(_starts(word), then=0), When(search_text__contains=word, then=1), default=ELSEWHERE)
    return rank


def _every(conditions: Iterable[Q]) -> Q:
    found = Q()
    for condition in conditions:
        found &= condition
    return found


def _is_number(text: str) -> bool:
    return bool(digits(text)) and not any(character.isalpha() for character in text)


def _tokens(text: str) -> list[Q]:
    return [found for found in (_token(token) for token in text.split()) if found is not None]


@dataclass(frozen=True)
class Stage:
    """One way in which a text matches. `rank` orders those who match in this way; without one they are equals.

    `few` says that never many match.
    """

    found: Q
    rank: Combinable | None = None
    few: bool = False


def _stages(text: str) -> list[Stage]:
    """Return the ways in which a text matches, the best first."""
    number = digits(text)
    if days := typed_dates(text):
        stages = [Stage(Q(birth_date=day), few=True) for day in days]
        by_phone = Stage(Q(phone__contains=number))
        return [*stages, by_phone] if text.isdecimal() else stages
    if _is_number(text):
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
    words = [word for token in tokens for word in _words(token)]
    matched = _every(found for found in map(_token, tokens) if found is not None)
    if not words:
        return [Stage(matched)]
    begins, stands = _every(map(_begins, tokens)), _every(map(_stands, tokens))
    several = _names_first(words) if len(words) > 1 else None
    return [Stage(begins), Stage(stands & ~_every(map(_starts, words)), several), Stage(matched & ~stands, several)]


def _begins(token: str) -> Q:
    """Match who has names that begin with each word of a token, and all else that the token asks."""
    return _beyond_names(token) & _every(map(_starts, _words(token)))


def _stands(token: str) -> Q:
    """Match who has each word of a token within a name, and all else that the token asks."""
    words = _words(token)
    if "@" not in token:
        words = [word for word in words if len(word) >= FEWEST_PART_LETTERS or _is_digits(word)]
        short = _every(_starts(word) for word in _words(token) if word not in words)
        return _beyond_names(token) & short & _every(Q(search_text__contains=word) for word in words)
    return _beyond_names(token) & _every(Q(search_text__contains=word) for word in words)


def _beyond_names(token: str) -> Q:
    """Match what a token asks of other facts than names: an address with an @, the numbers in it."""
    if "@" in token:
        return _mail(token.strip(MARKS_AROUND).lower())
    return _every(_number(word) for word in _words(token) if _is_digits(word))


def _is_digits(word: str) -> bool:
    return word.isdecimal() and word.isascii()


BY_NAME = ("last_name", "first_name", "id")
MANY = 4000
"""From so many matches on, walking past others is quicker than sorting them: measured at 1,000,000 patients."""


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
        if _is_number(text):
            exact = int(number) if int(number) <= LARGEST_FILE_NUMBER else 0
            merged = Q(pk__in=self.model._base_manager.filter(file_number=exact).values("merged_into"))
            rank = Case(When(file_number=exact, then=0), When(merged, then=1), default=2)
            return self._ranked(_number(number) | merged, rank)
        tokens = _tokens(text)
        if not tokens:
            return self._ranked(Q(pk__in=[]), Value(0))
        return self._ranked(_every(tokens), _names_first(_words(text)))

    def likeliest(self, text: str, *, archived: bool = False) -> "Likeliest":
        """Return the same people as `matching`, the best match first, among equals who was here last.

        Archived files, when they are asked for, come after all others. Read it by slices: it asks the database for one
        way of matching after another, and only for as many as are wanted.
        """
        text = text.replace("\x00", " ").strip()
        stages = _stages(text)
        shelves = [self.on_file(), self.filter(archived_at__isnull=False)] if archived else [self.on_file()]
        stages = _stages(text)
        return Likeliest([(shelf, stage) for shelf in shelves for stage in stages])

    def maybe(self, *, birth_date: date | None, phone: str) -> Self:
        """Return who shares this birth date or this phone: the few among whom the same person may be."""
        found = Q(pk__in=[])
        if birth_date:
            found |= Q(birth_date=birth_date)
        if phone:
            found |= Q(phone=phone)
        return self.filter(found)

    def in_order(self, stage: Stage) -> Self:
        """Return who matches in one way, in the order of lists.

        Where a text is in many names, the index on who was here lately is walked until enough are met; where it is in
        few, they are gathered by their own index and sorted. The planner counts on the walk far too often, because a
        page that lies in memory costs it as much as one on the disk: the choice is made here, by its guess of rows.
        """
        found, lately = self.filter(stage.found), Coalesce("seen_at", "created_at")
        if stage.rank is not None:
            return found.order_by(stage.rank, lately.desc(), *BY_NAME)
        if stage.few or found._guess() > MANY:
            return found.order_by(lately.desc(), *BY_NAME)
        no_index = CombinedExpression(lately, "+", Value(timedelta(0)), output_field=models.DateTimeField())
        return found.order_by(no_index.desc(), *BY_NAME)

    def _guess(self) -> int:
        """Return how many rows the planner expects."""
        plan = json.loads(self.order_by().explain(format="json"))
        return int(plan[0]["Plan"]["Plan Rows"])

    def _ranked(self, found: Q, rank: Combinable) -> Self:
        ranked = self.filter(found).annotate(match_rank=rank)
        return ranked.order_by("match_rank", "last_name", "first_name", "id")


COUNTED = 200
"""Where counting stops: nobody reads on past two hundred, and counting all would cost more than finding them."""
AT_FIRST = 51
"""How many are read at least: a page of the list, and one more to know whether it was the last."""


class Likeliest:
    """Those who match, read by slices: `found[:20]`. A list page and the palette show the same order.

    It holds what it has read. A stage that is met again by the same patient counts them once.
    """

    def __init__(self, stages: Sequence[tuple[PatientQuerySet, Stage]]) -> None:
        self._left = list(stages)
        self._read: list[Patient] = []
        self._counted: int | None = None

    def _read_on(self, until: int) -> None:
        """Ask one stage after another until so many are read, or nobody is left."""
        while self._left and len(self._read) < until:
            wanted = until - len(self._read)
            shelf, stage = self._left[0]
            found = list(self._beyond(shelf).in_order(stage)[:wanted])
            self._read += found
            if len(found) < wanted:
                self._left.pop(0)

    def _beyond(self, shelf: PatientQuerySet) -> PatientQuerySet:
        """Return who of a shelf has not been read."""
        return shelf.exclude(pk__in=[one.pk for one in self._read]) if self._read else shelf

    @property
    def is_cut(self) -> bool:
        """Say whether there are more than were counted."""
        return self._count_on() > COUNTED

    def count(self) -> int:
        """Return how many there are, two hundred at most."""
        return min(self._count_on(), COUNTED)

    def __len__(self) -> int:
        return self.count()

    def __iter__(self) -> Iterator["Patient"]:
        return iter(self[:COUNTED])

    def _count_on(self) -> int:
        if self._counted is None:
            self._read_on(AT_FIRST if not self._read else len(self._read))
            self._counted = len(self._read)
            for shelf, stage in self._left:
                left = COUNTED + 1 - self._counted
                found = self._beyond(shelf).filter(stage.found)
                self._counted += found.order_by()[:left].count() if left > 0 else 0
        return self._counted

    @overload
    def __getitem__(self, part: int) -> "Patient": ...
    @overload
    def __getitem__(self, part: slice) -> list["Patient"]: ...
    def __getitem__(self, part: int | slice) -> "Patient | list[Patient]":
        """Return these, the likeliest first."""
        if isinstance(part, int):
            return self[part : part + 1][0]
        self._read_on(part.stop)
        return self._read[part]
