"""Any number of patients: names drawn from what Faker knows, numbers in the exchange 555 that nobody has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from faker import Faker

from clinic.demo.people import KNOWN, plain_name
from patients.models import Language

NAMES = 1500
"""How many first names and surnames are drawn from."""
AREA_CODES = (
    204, 226, 236, 249, 250, 289, 306, 343, 365, 403, 416, 418, 431, 437, 438, 450, 506, 514, 519, 548, 579, 581,
    587, 604, 613, 639, 647, 705, 709, 778, 780, 782, 807, 819, 825, 867, 873, 879, 902, 905,
)  # fmt: skip
ARCHIVED = 0.015
WITHOUT_MAIL = 0.09
DOUBLE = 0.06


@dataclass(frozen=True)
class Names:
    firsts: Sequence[str]
    lasts: Sequence[str]

    @classmethod
    def drawn(cls, rng: Random) -> "Names":
        """Draw the names, those that try a screen among them."""
        english, french = Faker("en_CA"), Faker("fr_CA")
        english.seed_instance(rng.getrandbits(32))
        french.seed_instance(rng.getrandbits(32))
        sources = [(english, 0.82), (french, 1.0)]
        firsts, lasts = dict.fromkeys(first for first, _ in KNOWN), dict.fromkeys(last for _, last in KNOWN)
        for _ in range(NAMES):
            chance = rng.random()
            source = next(source for source, until in sources if chance < until)
            firsts[source.first_name_female() if rng.random() < 0.85 else source.first_name_male()] = None
            lasts[source.last_name()] = None
        return cls(list(firsts), list(lasts))


@dataclass(frozen=True, slots=True)
class Someone:
    first: str
    last: str
    birth_date: date
    phone: str
    email: str
    language: str
    reminders: bool
    is_archived: bool


def someone(rng: Random, names: Names, place: int, today: date) -> Someone:
    """Return the patient of a place: never under age, most with an address."""
    first, last = rng.choice(names.firsts), rng.choice(names.lasts)
    if rng.random() < DOUBLE:
        last = f"{last}-{rng.choice(names.lasts)}"
    age = min(max(int(rng.gauss(46, 13)), 20), 84)
    return Someone(
        first,
        last,
        today - timedelta(days=age * 365 + age // 4 + 1 + rng.randrange(364)),
        f"+1{rng.choice(AREA_CODES)}555{rng.randrange(10_000):04d}",
        "" if rng.random() < WITHOUT_MAIL else f"{plain_name(first)}.{plain_name(last)}{place}@example.ca",
        Language.FRENCH.value if rng.random() < 0.09 else Language.ENGLISH.value,
        rng.random() < 0.95,
        rng.random() < ARCHIVED,
    )
