"""The demo needs a database that counts as embedded."""

import pytest


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    """This run's own PostgreSQL, said to be the one that `manage.py up` started."""
    monkeypatch.setenv("PISTOR_EMBEDDED", "1")
