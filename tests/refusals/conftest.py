"""Every refusal is met on a Monday at nine."""

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from tests.refusals.scene import Scene
from tests.scheduling.conftest import MONDAY, book

__all__ = ["book"]


@pytest.fixture
def scene(client: Client, book: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    with time_machine.travel(MONDAY, tick=True):
        yield Scene(client, monkeypatch, book)
