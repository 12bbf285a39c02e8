"""The demo's book without a database, for a process of its own (test_build.py)."""

import hashlib
import os
from datetime import date
from random import Random

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
django.setup()

from clinic.demo.build import SEED, reckon  # noqa: E402 - needs the apps
from clinic.demo.courses import Offer  # noqa: E402
from clinic.demo.people import patients  # noqa: E402
from treatments.catalogue import OFFERS, RESTRICTED_AREAS  # noqa: E402

TODAY = date(2026, 11, 23)


def digest() -> str:
    """Return a hash of everything that is reckoned."""
    offers = [
        Offer(
            offer.key,
            offer.sessions,
            offer.days,
            offer.minutes,
            offer.numbing,
            10,
            0,
            tuple((area, True, area in RESTRICTED_AREAS) for area in offer.areas),
        )
        for offer in OFFERS
    ]
    rng = Random(SEED)
    people = patients(rng, TODAY)
    _, story = reckon(TODAY, offers, [0, 0, 0], rng)
    return hashlib.sha256(repr((people, story)).encode()).hexdigest()
