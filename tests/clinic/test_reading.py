import pytest
from django.test import Client
from django.urls import reverse

from clinic.lib.reading import read_again, read_once, reading_once
from clinic.models import Clinic, Role
from tests import factory


def test_a_fact_is_read_once_in_a_block_and_anew_in_the_next() -> None:
    facts = iter(range(9))
    for expected in ([0, 0, 0], [1, 1, 1]):
        with reading_once():
            found = [read_once("fact", lambda: next(facts))]
            with reading_once():  # an act within a request
                found.append(read_once("fact", lambda: next(facts)))
            found.append(read_once("fact", lambda: next(facts)))
        assert found == expected


def test_outside_a_block_it_is_read_each_time() -> None:
    facts = iter(range(9))
    assert [read_once("fact", lambda: next(facts)) for _ in range(3)] == [0, 1, 2]


def test_what_was_changed_is_read_again() -> None:
    facts = iter(range(9))
    with reading_once():
        first = read_once("fact", lambda: next(facts))
        read_again("fact")
        assert (first, read_once("fact", lambda: next(facts))) == (0, 1)


@pytest.mark.django_db
def test_the_next_request_knows_what_the_clinic_has_just_been_told(client: Client) -> None:
    """Someone else, in another process, changes the row between two requests of one worker."""
    factory.make_clinic()
    client.force_login(
        factory.make_user(Role.FRONT_DESK), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    client.get(reverse("patient_list"))
    Clinic.objects.update(name="Cape Spear Clinic")
    assert "Cape Spear Clinic" in client.get(reverse("patient_list")).content.decode()
