"""The clinic's own catalogue as data (domain 8.1): what it offers from the first day, ready to be changed."""

from dataclasses import dataclass, field

from django.db import transaction

from clinic.models import RoomKind
from treatments.models import Area, Concern, Protocol

TURNOVER_MINUTES = 10
NUMBING_MINUTES = 30

ROOM_KIND = ("treatment", "Treatment room")

# Key, name, has a left and a right. The order is the one of lists: from head to foot.
AREAS = [
    ("face", "Face", False),
    ("eyelid", "Eyelids", True),
    ("submental", "Under the chin", False),
    ("neck", "Neck", False),
    ("upper_arm", "Upper arm", True),
    ("hand", "Hand", True),
    ("abdomen", "Abdomen", False),
    ("flank", "Flank", True),
    ("hip", "Hip", True),
    ("buttock", "Buttock", True),
    ("thigh", "Thigh", True),
    ("knee", "Knee", True),
    ("calf", "Calf", True),
]
RESTRICTED_AREAS = {"eyelid"}  # named clinicians only (domain 1, row 13)

# Key, name, offered. Arthritis and muscle spasms lie outside the aesthetic protocols (domain 1, rows 11 and 12).
CONCERNS = [
    ("cellulite", "Cellulite", True),
    ("sagging-ageing-skin", "Sagging and ageing skin", True),
    ("weight-contour", "Weight and contour", True),
    ("skin-revitalisation", "Skin of hands and neck", True),
    ("wrinkles", "Wrinkles", True),
    ("scars", "Scars", True),
    ("stretch-marks", "Stretch marks", True),
    ("local-fat", "Localised fat deposits", True),
    ("arthritis", "Arthritis", False),
    ("muscle-spasm", "Muscle spasm", False),
]


@dataclass(frozen=True)
class Offer:
    """A protocol as the clinic starts with it. `sessions` is fewest, usual, most; `days` least, best, most."""

    key: str
    name: str
    aliases: tuple[str, ...]
    concerns: tuple[str, ...]
    areas: tuple[str, ...]
    sessions: tuple[int, int, int]
    days: tuple[int, int, int]
    minutes: int = 30
    numbing: int = NUMBING_MINUTES
    massage_from_hours: int | None = None


OFFERS = [
    Offer(
        key="cellulite",
        name="Cellulite reduction",
        aliases=("Cellulite Removal", "Cellulite Reduction", "Cellulite Removal Injections"),
        concerns=("cellulite",),
        areas=("thigh", "buttock", "hip"),
        sessions=(8, 10, 15),
        days=(7, 7, 14),
        minutes=45,
        massage_from_hours=24,
    ),
    Offer(
        key="body-contour",
        name="Body contour: abdomen and hips",
        aliases=("Spot contour", "Tummy and hips"),
        concerns=("local-fat", "weight-contour"),
        areas=("abdomen", "flank", "hip"),
        sessions=(6, 8, 12),
        days=(7, 7, 14),
        minutes=45,
        massage_from_hours=24,
    ),
    Offer(
        key="under-chin",
        name="Under-chin contour",
        aliases=("Double chin", "Submental contour"),
        concerns=("local-fat", "sagging-ageing-skin"),
        areas=("submental",),
        sessions=(4, 4, 6),
        days=(14, 14, 14),
    ),
    Offer(
        key="upper-arms",
        name="Upper arm contour",
        aliases=("Arm toning",),
        concerns=("local-fat", "sagging-ageing-skin"),
        areas=("upper_arm",),
        sessions=(4, 6, 10),
        days=(7, 14, 14),
        massage_from_hours=24,
    ),
    Offer(
        key="legs",
        name="Legs: knees and calves",
        aliases=("Leg smoothing",),
        concerns=("cellulite", "local-fat"),
        areas=("knee", "calf"),
        sessions=(5, 6, 10),
        days=(7, 7, 14),
        massage_from_hours=24,
    ),
    Offer(
        key="meso-lift",
        name="Meso-lift (face and eyelids)",
        aliases=("Meso-lift", "Mesolift", "Facial mesotherapy"),
        concerns=("wrinkles", "sagging-ageing-skin"),
        areas=("face", "eyelid", "neck"),
        sessions=(4, 4, 6),
        days=(7, 14, 14),
    ),
    Offer(
        key="hand-neck",
        name="Hand and neck revitalisation",
        aliases=("Skin revitalisation",),
        concerns=("skin-revitalisation", "sagging-ageing-skin"),
        areas=("hand", "neck"),
        sessions=(4, 5, 8),
        days=(7, 14, 14),
        massage_from_hours=48,
    ),
    Offer(
        key="scars-stretch-marks",
        name="Scars and stretch marks",
        aliases=("Stretch mark care",),
        concerns=("scars", "stretch-marks"),
        areas=("abdomen", "thigh", "hip", "upper_arm"),
        sessions=(4, 6, 10),
        days=(14, 14, 14),
        numbing=0,
        massage_from_hours=48,
    ),
]


@dataclass
class Loaded:
    """What the catalogue holds after loading, by key."""

    areas: dict[str, Area] = field(default_factory=dict)
    concerns: dict[str, Concern] = field(default_factory=dict)
    protocols: dict[str, Protocol] = field(default_factory=dict)


@transaction.atomic
def load_catalogue() -> Loaded:
    """Write the catalogue, or bring it back to these values; loading twice changes nothing."""
    loaded = Loaded()
    room_kind = RoomKind.objects.update_or_create(key=ROOM_KIND[0], defaults={"name": ROOM_KIND[1]})[0]
    for position, (key, name, sided) in enumerate(AREAS):
        facts = {"name": name, "sided": sided, "restricted": key in RESTRICTED_AREAS, "position": position}
        loaded.areas[key] = Area.objects.update_or_create(key=key, defaults=facts)[0]
    for key, name, offered in CONCERNS:
        facts = {"name": name, "is_active": offered}
        loaded.concerns[key] = Concern.objects.update_or_create(key=key, defaults=facts)[0]
    for offer in OFFERS:
        loaded.protocols[offer.key] = _load(offer, room_kind, loaded)
    return loaded


def _load(offer: Offer, room_kind: RoomKind, loaded: Loaded) -> Protocol:
    facts = {
        "name": offer.name,
        "aliases": list(offer.aliases),
        "minutes": offer.minutes,
        "numbing_minutes": offer.numbing,
        "turnover_minutes": TURNOVER_MINUTES,
        "room_kind": room_kind,
        "massage_from_hours": offer.massage_from_hours,
        "is_active": True,
        **dict(zip(("sessions_min", "sessions_usual", "sessions_max"), offer.sessions, strict=True)),
        **dict(zip(("interval_min", "interval_ideal", "interval_max"), offer.days, strict=True)),
    }
    protocol = Protocol.objects.update_or_create(key=offer.key, defaults=facts)[0]
    protocol.areas.set([loaded.areas[key] for key in offer.areas])
    protocol.concerns.set([loaded.concerns[key] for key in offer.concerns])
    return protocol
