"""The clinic's first catalogue, as domain 8.1 has it."""

import pytest

from clinic.models import RoomKind
from treatments.catalogue import load_catalogue
from treatments.models import Area, Concern, Protocol

pytestmark = pytest.mark.django_db


def test_the_eight_protocols_are_loaded_and_loading_again_changes_nothing() -> None:
    load_catalogue()
    counts = [model.objects.count() for model in (Protocol, Area, Concern, RoomKind)]
    before = list(Protocol.objects.order_by("key").values())
    load_catalogue()
    assert [model.objects.count() for model in (Protocol, Area, Concern, RoomKind)] == counts
    assert list(Protocol.objects.order_by("key").values()) == before
    assert counts[0] == 8


def test_loading_brings_a_changed_protocol_back() -> None:
    load_catalogue()
    Protocol.objects.filter(key="cellulite").update(minutes=20, is_active=False)
    assert load_catalogue().protocols["cellulite"].minutes == 45
    assert Protocol.objects.offered().filter(key="cellulite").exists()


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("cellulite removal", "cellulite"),
        ("Cellulite Removal Injections", "cellulite"),
        ("double chin", "under-chin"),
        ("mesolift", "meso-lift"),
        ("wrinkles", "meso-lift"),
        ("arm toning", "upper-arms"),
        ("tummy", "body-contour"),
    ],
)
def test_a_protocol_is_found_by_any_of_its_names_and_concerns(words: str, key: str) -> None:
    load_catalogue()
    assert [protocol.key for protocol in Protocol.objects.offered().called(words)] == [key]


def test_what_lies_outside_the_clinics_field_is_kept_but_not_offered() -> None:
    load_catalogue()
    assert set(Concern.objects.filter(is_active=False).values_list("key", flat=True)) == {"arthritis", "muscle-spasm"}


def test_eyelids_are_for_named_clinicians() -> None:
    load_catalogue()
    assert Area.objects.get(restricted=True).key == "eyelid"
