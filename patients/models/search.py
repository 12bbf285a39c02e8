"""How people are found: by part of a name, of a phone or an e-mail, by birth date or file number."""

import json
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Self, overload

from django.db import models
from django.db.models import Case, Q, Value, When
from django.db.models.expressions import Combinable, CombinedExpression
from django.db.models.functions import Coalesce

from clinic.lib.access import Permission, allows
from clinic.lib.text import digits
from clinic.lib.typed import typed_dates
from clinic.models import User

from .asked import LARGEST_FILE_NUMBER, Stage, every, is_number, names_first, number_is, stages_of, tokens_of, words_of

if TYPE_CHECKING:
    from .people import Patient

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
        if is_number(text):
            exact = int(number) if int(number) <= LARGEST_FILE_NUMBER else 0
            merged = Q(pk__in=self.model._base_manager.filter(file_number=exact).values("merged_into"))
            rank = Case(When(file_number=exact, then=0), When(merged, then=1), default=2)
            return self._ranked(number_is(number) | merged, rank)
        tokens = tokens_of(text)
        if not tokens:
            return self._ranked(Q(pk__in=[]), Value(0))
        return self._ranked(every(tokens), names_first(words_of(text)))

    def likeliest(self, text: str, *, archived: bool = False) -> "Likeliest":
        """Return the same people as `matching`, the best match first, among equals who was here last.

        Archived files, when they are asked for, come after all others. Read it by slices: it asks the database for one
        way of matching after another, and only for as many as are wanted.
        """
        text = text.replace("\x00", " ").strip()
        stages = stages_of(text)
        shelves = [self.on_file(), self.filter(archived_at__isnull=False)] if archived else [self.on_file()]
        stages = stages_of(text)
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
