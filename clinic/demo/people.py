"""The patients of the demo: invented names, fictional numbers (555-01xx), addresses at example domains."""

import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from faker import Faker

from patients.models import Language

COUNT = 400
FIRST_FILE, LAST_FILE = 318, 2041
DEVIKA, JOANNE, FATIMA = 0, 1, 2
"""Places in the list: the patient of the planner’s demonstration, the one who stands in her way, the longest name."""

# Names that try a screen: accents, apostrophes, double surnames, scripts of one letter, one very long.
CHOSEN = [
    ("Devika", "Rao"),
    ("Joanne", "Tizzard"),
    ("Fatima Zahra", "Idrissi-Noseworthy"),
    ("Siobhán", "O’Dea"),
    ("Thérèse", "Benoît-Gallant"),
    ("Nguyễn Thị", "Bảo-Trân"),
    ("Zoë", "D’Arcy"),
    ("Mary-Margaret", "St. Croix"),
    ("Aoife", "O’Neill"),
    ("Åsa", "Lindqvist"),
    ("François", "Côté"),
    ("Mei-Ling", "Chau"),
    ("Ngozi", "Eze"),
    ("Gwen", "Stuckless"),
    ("Wanda", "Oake"),
    ("Harpreet", "Sohi"),
    ("Marguerite", "Penney"),
    ("Łucja", "Wójcik"),
    ("Carol Anne", "Dwyer"),
    ("Xóchitl", "Núñez García"),
    ("Bernadette", "Fudge"),
    ("Calvin", "Puddister"),
    ("Doreen", "Puddister"),
    ("Jo", "Li"),
]
# Twenty of one name, Marguerite among them: a list that a desk must still find its way in.
PENNEYS = [
    (first, "Penney")
    for first in (
        "Margaret", "Marjorie", "Mary", "Marie-Claire", "Agnes", "Bride", "Clara", "Dulcie", "Effie", "Gerald",
        "Hubert", "Ida", "Jessie", "Leo", "Minnie", "Rita", "Selby", "Una", "Walter",
    )
]  # fmt: skip
TWINS = [("Katherine", "Hollett"), ("Catherine", "Hollett")]
YOUNG = [("Ella", "Barrington"), ("Noah", "Kieley")]
KNOWN = CHOSEN + PENNEYS + TWINS + YOUNG
TWO_FILES = (len(CHOSEN + PENNEYS), len(CHOSEN + PENNEYS) + 1)
"""Two files that look like one person: the same birthday, nearly the same name."""
UNDER_AGE = {len(KNOWN) - 2: 17, len(KNOWN) - 1: 16}
"""Place in the list, and age."""
ARCHIVED = {
    COUNT - 1: "Moved to Alberta",
    COUNT - 2: "Asked us to close her file",
    COUNT - 3: "No visit for five years",
    COUNT - 4: "Moved to Ontario",
    COUNT - 5: "Moved to Nova Scotia",
    COUNT - 6: "No visit for five years",
}
COUPLE = (21, 22)
GO_BY = {7: "Peggy", 16: "Margie", 21: "Cal"}
NOTES = {
    2: "Bring the stool: the high bed is hard for her.",
    13: "Needs the ramp entrance.",
    16: "Tuesdays after 13:00 only, she works mornings.",
    20: "Hard of hearing on the phone: write instead.",
    22: "Shares an e-mail address with Cal. Say whose visit it is.",
}
ASKED = ["Form at the desk", "On the phone", "By e-mail"]
AREA_CODES = ["709", "879", "902", "506", "782"]
STREETS = ["Gannet Lane", "Kittiwake Road", "Crowberry Street", "Capelin Row", "Juniper Hill", "Tern Place"]
TOWNS = [("St. John’s", "A1C"), ("St. John’s", "A1E"), ("Mount Pearl", "A1N"), ("Paradise", "A1L"), ("Torbay", "A1K")]
RELATIONS = ["husband", "sister", "mother", "daughter", "friend", "partner"]


@dataclass(frozen=True)
class Someone:
    file_number: int
    first_name: str
    last_name: str
    preferred_name: str
    birth_date: date
    phone: str
    email: str
    language: str
    reminders_by_email: bool
    marketing_ok: bool
    choices_source: str
    note: str
    days_known: int
    place: "Place"
    emergency: "Contact"
    guardian: "Contact"
    archived_reason: str


@dataclass(frozen=True)
class Place:
    """A mailing address; empty where none is on file."""

    street: str = ""
    town: str = ""
    postal_code: str = ""

    @property
    def province(self) -> str:
        return "NL" if self.town else ""


@dataclass(frozen=True)
class Contact:
    """Somebody to call; empty where nobody is on file."""

    name: str = ""
    phone: str = ""
    relation: str = ""


def plain_name(name: str) -> str:
    """Return a name as it would stand in an e-mail address."""
    ascii_only = (
        unicodedata.normalize("NFKD", name.replace("ł", "l").replace("Ł", "L")).encode("ascii", "ignore").decode()
    )
    return "".join(letter for letter in ascii_only.lower() if letter.isalnum())


def _names(rng: Random) -> list[tuple[str, str, str]]:
    """Return as many names as there are patients, each with its language, no two alike."""
    english, french = Faker("en_CA"), Faker("fr_CA")
    english.seed_instance(rng.getrandbits(32))
    french.seed_instance(rng.getrandbits(32))
    names = [(first, last, Language.ENGLISH.value) for first, last in KNOWN]
    taken = set(KNOWN)
    while len(names) < COUNT:
        in_french = rng.random() < 0.18
        source = french if in_french else english
        first = source.first_name_female() if rng.random() < 0.85 else source.first_name_male()
        last = source.last_name()
        if not in_french and rng.random() < 0.06:
            last = f"{last}-{english.last_name()}"
        if (first, last) not in taken:
            taken.add((first, last))
            language = Language.FRENCH if in_french and rng.random() < 0.5 else Language.ENGLISH
            names.append((first, last, language.value))
    return names


def _birth_date(rng: Random, place: int, today: date) -> date:
    if place == DEVIKA:
        return date(1986, 9, 2)
    if place in TWO_FILES:
        return date(1979, 3, 14)
    if place in UNDER_AGE:
        return today - timedelta(days=UNDER_AGE[place] * 365 + 120)
    age = min(max(int(rng.gauss(46, 13)), 20), 84)
    return today - timedelta(days=age * 365 + age // 4 + 1 + rng.randrange(364))


def _file_numbers(rng: Random) -> list[int]:
    """Return rising file numbers; Devika's is the newest, as in the planner's picture."""
    rest = sorted(rng.sample(range(FIRST_FILE, LAST_FILE), COUNT - 1))
    order = list(range(1, COUNT))
    rng.shuffle(order)
    numbers = dict(zip(order, rest, strict=True)) | {DEVIKA: LAST_FILE}
    return [numbers[place] for place in range(COUNT)]


def _emails(rng: Random, names: list[tuple[str, str, str]]) -> list[str]:
    """Return an address for each name; about one in eleven has none, and a couple shares one."""
    found: list[str] = []
    for place, (first, last, _) in enumerate(names):
        base = (
            f"{plain_name(first)[:1]}.{plain_name(last)}"
            if rng.random() < 0.4
            else f"{plain_name(first)}.{plain_name(last)}"
        )
        address = f"{base}@{'example.ca' if rng.random() < 0.7 else 'example.com'}"
        if address in found:
            address = f"{place}.{address}"
        found.append("" if place >= len(CHOSEN) and rng.random() < 0.09 else address)
    found[COUPLE[1]] = found[COUPLE[0]] = "puddister.home@example.ca"
    return found


def patients(rng: Random, today: date) -> list[Someone]:
    """Return the patients of the demo, Devika and Joanne first."""
    names, numbers = _names(rng), _file_numbers(rng)
    emails = _emails(rng, names)
    lines = [f"+1{area}55501{line:02d}" for area in AREA_CODES for line in range(1, 100)]
    found = []
    for place, (first, last, language) in enumerate(names):
        found.append(
            Someone(
                file_number=numbers[place],
                first_name=first,
                last_name=last,
                preferred_name=GO_BY.get(place, ""),
                birth_date=_birth_date(rng, place, today),
                phone=lines[place] if place != COUPLE[1] else lines[COUPLE[0]],
                email=emails[place],
                language=language,
                reminders_by_email=place < len(CHOSEN) or rng.random() < 0.95,
                marketing_ok=rng.random() < 0.3,
                choices_source=rng.choice(ASKED),
                note=NOTES.get(place, ""),
                days_known=3 if place == DEVIKA else 30 + (LAST_FILE - numbers[place]) // 2,
                place=_place(rng),
                emergency=_contact(rng, last, lines) if rng.random() < 0.6 else Contact(),
                guardian=Contact(f"Paula {last}", rng.choice(lines), "mother") if place in UNDER_AGE else Contact(),
                archived_reason=ARCHIVED.get(place, ""),
            )
        )
    return found


def _place(rng: Random) -> Place:
    """Return an address in an invented street; one in ten gave none."""
    if rng.random() < 0.1:
        return Place()
    town, code = rng.choice(TOWNS)
    return Place(
        f"{rng.randint(2, 180)} {rng.choice(STREETS)}", town, f"{code} {rng.randint(1, 9)}X{rng.randint(0, 9)}"
    )


def _contact(rng: Random, last: str, lines: list[str]) -> Contact:
    relation = rng.choice(RELATIONS)
    first = rng.choice(["Pat", "Robin", "Sam", "Lee", "Chris", "Terry"])
    return Contact(f"{first} {last if relation != 'friend' else 'Snow'}", rng.choice(lines), relation)
