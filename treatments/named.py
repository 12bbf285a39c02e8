"""Who may treat a place that only named clinicians treat, and the sentences that say so (domain 1, row 13).

The rule is read when dates are proposed or booked. A visit that stands keeps its clinician, whoever is named later.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.reading import read_again, read_once
from clinic.models import Clinician
from treatments.models import Area, TreatmentPlan

NAMES_SAID = 4
"""More names than these make no sentence: the rest is counted."""
EVERYBODY = "everybody who can be booked"
People = Mapping[int, Clinician]
"""Clinicians who can be booked, by their key."""


@dataclass(frozen=True)
class Named:
    """The restricted places of a course, each with the keys of the clinicians named for it. None: open to everybody."""

    places: tuple[tuple[str, frozenset[int]], ...] = ()

    @classmethod
    def of(cls, areas: Iterable[Area]) -> "Named":
        """Return what these places ask for. Reads each one's clinicians: prefetch them."""
        return cls(
            tuple((area.name, frozenset(one.pk for one in area.clinicians.all())) for area in areas if area.restricted)
        )

    @property
    def clinicians(self) -> set[int] | None:
        """The keys of those named for every restricted place; None when everybody may."""
        return set(frozenset.intersection(*(keys for _name, keys in self.places))) if self.places else None

    def among(self, people: People) -> dict[int, Clinician]:
        """Return those of these people who may treat the course, in their order."""
        may = self.clinicians
        return {key: one for key, one in people.items() if may is None or key in may}

    def who(self, people: People, last: str = "") -> str:
        """Return "Dr. Anika Sandhu and Dr. Folake Adeyemi", or nothing when nobody may; `last` may be "or"."""
        return listed([one.name for one in self.among(people).values()], last)

    def why_not(self, one: Clinician, people: People) -> str:
        """Say why a clinician may not treat the course, and who may. Nothing when they may."""
        barred = [name.lower() for name, keys in self.places if one.pk not in keys]
        if not barred:
            return ""
        may = self.among(people)
        if not may:
            return self.nobody(people)
        values = {"name": one.short_name, "places": listed(barred), "who": self.who(people)}
        words = ngettext(
            "%(name)s does not treat %(places)s; %(who)s does",
            "%(name)s does not treat %(places)s; %(who)s do",
            len(may),
        )
        return words % values

    def nobody(self, people: People) -> str:
        """Say for which place nobody is named; nothing when somebody may treat the course."""
        if not self.places or self.among(people):
            return ""
        empty = [name.lower() for name, keys in self.places if not keys & set(people)]
        if empty:
            words = _("Nobody is named for %(places)s yet: the owner names clinicians under Catalogue, Areas")
            return words % {"places": listed(empty)}
        words = _("Nobody is named for all of %(places)s: the owner names clinicians under Catalogue, Areas")
        return words % {"places": listed([name.lower() for name, _keys in self.places])}


def bookable(among: Iterable[int] | None = None) -> dict[int, Clinician]:
    """Return everybody who can be booked, in the order of lists; of some only those `among` them. One query."""
    people = Clinician.objects.filter(is_active=True)
    return {one.pk: one for one in (people if among is None else people.filter(pk__in=list(among)))}


@dataclass(frozen=True)
class Staff:
    """Who can be booked for a visit: those who may treat it, and why the others may not."""

    people: dict[int, Clinician] = field(default_factory=dict)
    named: Named = Named()

    @classmethod
    def of(cls, plan: TreatmentPlan | None) -> "Staff":
        """Return who may treat a plan; of a visit outside a course everybody. Two queries at most, once a request."""
        everybody = read_once(EVERYBODY, bookable)
        return cls(everybody, read_once(_of_plan(plan.pk), partial(named_for, plan)) if plan else Named())

    @cached_property
    def may(self) -> dict[int, Clinician]:
        return self.named.among(self.people)

    def why_not(self, clinician_id: int | None) -> str:
        """Say why somebody may not treat, or that nobody may; nothing when they may, or when nobody was meant."""
        one = self.people.get(clinician_id or 0)
        return (self.named.why_not(one, self.people) if one else "") or self.named.nobody(self.people)


def _of_plan(plan_id: int) -> str:
    return f"named for plan {plan_id}"


def read_staff_again(plans: Iterable[int | None]) -> None:
    """Forget who may be booked, and who is named for these plans: what is locked now may have waited for a change."""
    read_again(EVERYBODY)
    for plan_id in plans:
        if plan_id is not None:
            read_again(_of_plan(plan_id))


def know_open(plan: TreatmentPlan, areas: Iterable[Area]) -> None:
    """Keep for this request that everybody may treat a plan, where none of its areas, just read, is restricted."""
    if not any(area.restricted for area in areas):
        read_once(_of_plan(plan.pk), Named)


def named_for(plan: TreatmentPlan) -> Named:
    """Return whom the restricted places of a plan ask for, as the catalogue says now. One query."""
    rows = plan.areas.filter(area__restricted=True).order_by("area__position", "area_id")
    names: dict[int, str] = {}
    keys: dict[int, set[int]] = {}
    for area_id, name, clinician_id in rows.values_list("area_id", "area__name", "area__clinicians"):
        names[area_id] = name
        keys.setdefault(area_id, set()).update({clinician_id} - {None})
    return Named(tuple((names[area_id], frozenset(found)) for area_id, found in keys.items()))


def clinicians_for(plan: TreatmentPlan) -> set[int] | None:
    """Return the keys of those who may treat every place of a plan; None when everybody may, empty when nobody."""
    return named_for(plan).clinicians


def listed(names: list[str], last: str = "") -> str:
    """Return "A, B and C"; of many names the first few and a count. `last` is another word before the last one."""
    word = last or _("and")
    if len(names) <= NAMES_SAID:
        return get_text_list(names, word)
    rest = len(names) - NAMES_SAID + 1
    more = ngettext("%(n)d other", "%(n)d others", rest) % {"n": rest}
    return get_text_list([*names[: NAMES_SAID - 1], more], word)
