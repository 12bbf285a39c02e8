"""The day list and search: whole responses in this process, and the service behind the search."""

import random
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial

from django.db.models import Count
from django.test import Client
from django.urls import reverse

from clinic.lib.text import normal
from clinic.models import Clinic, Clinician, Room
from patients.models import Patient
from scheduling.models import Appointment
from tests.bench.figures import Row, measure

VISITS = 300
CALLS, SEARCHES = 30, 200
STAY = timedelta(minutes=15)
FOREMOST = 20


def day_row(client: Client, bare: Sequence[Callable[[], object]]) -> Row:
    """Measure the page of a day of 300 visits."""
    day = full_day()
    address = reverse("day", args=[day])
    assert client.get(address).status_code == 200
    row = measure("day", [partial(client.get, address)] * CALLS, floor="page", bare=bare)
    row.more["visits"] = Appointment.objects.filter(wall_date=day).count()
    return row


def board_rows(client: Client, bare: Sequence[Callable[[], object]]) -> list[Row]:
    """Measure the board of that day: the page, what a browser asks for every few seconds, and when nothing changed."""
    day = full_day()
    page, feed = reverse("board", args=[day]), reverse("board_day_feed", args=[day])
    mark = client.get(feed).headers["ETag"]
    asked = {
        "board": partial(client.get, page),
        "board_feed": partial(client.get, feed),
        "board_same": partial(client.get, feed, headers={"If-None-Match": mark}),
    }
    rows = []
    for key, ask in asked.items():
        assert ask().status_code in {200, 304}
        row = measure(key, [ask] * CALLS, floor="page", bare=bare)
        row.more["visits"] = Appointment.objects.filter(wall_date=day).count()
        rows.append(row)
    return rows


def full_day() -> date:
    """Return the fullest day ahead, filled up to 300 visits by short talks before opening and after closing."""
    clinic, ahead = Clinic.objects.current(), Appointment.objects.filter(status="booked")
    busiest = ahead.values("wall_date").annotate(count=Count("pk")).order_by("-count")[0]
    day, missing = busiest["wall_date"], VISITS - busiest["count"]
    patients = iter(Patient.objects.on_file().exclude(appointments__wall_date=day).order_by("pk")[: max(missing, 0)])
    pairs = list(zip(Clinician.objects.all(), Room.objects.all(), strict=False))
    starts = [datetime(day.year, day.month, day.day, hour, minute, tzinfo=clinic.tz) for hour, minute in _quarters()]
    Appointment.objects.bulk_create(
        Appointment(
            kind="consultation",
            patient=patient,
            clinician=clinician,
            room=room,
            arrives_at=start,
            starts_at=start,
            ends_at=start + STAY,
            frees_at=start + STAY,
            wall_date=day,
            wall_time=start.time(),
            wall_zone=str(clinic.tz),
        )
        for start, (clinician, room) in _places(starts, pairs)
        if (patient := next(patients, None))
    )
    return day


def _quarters() -> list[tuple[int, int]]:
    hours = [5, 6, 7, 21, 22]
    return [(hour, minute) for hour in hours for minute in (0, 15, 30)]


def _places(
    starts: Sequence[datetime], pairs: Sequence[tuple[Clinician, Room]]
) -> list[tuple[datetime, tuple[Clinician, Room]]]:
    return [(start, pair) for start in starts for pair in pairs]


def _three_letters(patient: Patient, dice: random.Random) -> str:
    name = normal(dice.choice([patient.last_name, patient.last_name, patient.first_name])).split()[0].ljust(3, "a")
    at = 0 if dice.random() < 0.7 else dice.randrange(len(name) - 2)
    return name[at : at + 3]


def _part_of_phone(patient: Patient, dice: random.Random) -> str:
    number = str(patient.phone.as_e164)
    return number[-4:] if dice.random() < 0.5 else f"{number[-7:-4]}-{number[-4:-2]}"


def _birth_date(patient: Patient, dice: random.Random) -> str:
    return patient.birth_date.isoformat() if dice.random() < 0.5 else f"{patient.birth_date:%d/%m/%Y}"


ASKED: dict[str, Callable[[Patient, random.Random], str]] = {
    "search_letters": _three_letters,
    "search_phone": _part_of_phone,
    "search_born": _birth_date,
}


def search_rows() -> list[Row]:
    """Measure finding the twenty likeliest and how many there are, for texts drawn from the patients themselves."""
    dice = random.Random(5)
    keys = list(Patient.objects.on_file().order_by("pk").values_list("pk", flat=True))
    some = list(Patient.objects.filter(pk__in=dice.sample(keys, min(SEARCHES, len(keys)))))
    bare = [partial(_twenty, [one.pk for one in some[at : at + FOREMOST]]) for at in range(0, len(some), 4)]
    rows = []
    for key, words in ASKED.items():
        acts = [partial(_find, words(patient, dice)) for patient in some]
        rows.append(measure(key, acts, floor="twenty", bare=bare))
    return rows


def _find(text: str) -> None:
    found = Patient.objects.likeliest(text)
    if len(found[:FOREMOST]) == FOREMOST:
        found.count()


def _twenty(keys: Sequence[int]) -> None:
    list(Patient.objects.filter(pk__in=keys))


def find_row(client: Client, bare: Sequence[Callable[[], object]]) -> Row:
    """Measure the palette's whole answer to three letters."""
    dice = random.Random(6)
    some = Patient.objects.on_file().order_by("pk")[: CALLS * 5 : 5]
    address, htmx = reverse("find"), {"HX-Request": "true"}
    acts = [partial(client.get, address, {"q": _three_letters(one, dice)}, headers=htmx) for one in some]
    return measure("find", acts, floor="page", bare=bare)
