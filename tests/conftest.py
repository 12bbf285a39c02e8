"""What every test may ask for. The servers of the run: tests/stack.py; the browser: tests/browser/conftest.py."""

from collections.abc import Iterator

import pytest
from django.test import TransactionTestCase, override_settings
from pytest_django import Settings

from clinic.models import Clinic
from tests import factory
from tests.emptying import empty_the_database
from tests.figures import Collector
from tests.smtp import Sink


@pytest.fixture(scope="session", autouse=True)
def quick_settings() -> Iterator[None]:
    """Static files as they lie (no collectstatic), and a hash that costs nothing: neither is what tests are about."""
    with override_settings(
        STORAGES={
            "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        },
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ):
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_emptying() -> Iterator[None]:
    """What pytest-django does after a test that may commit, done in a fortieth of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: empty_the_database())
        yield


@pytest.fixture
def clinic(db: None) -> Clinic:
    """The clinic's own row: Harbourlight, St. John's."""
    return factory.make_clinic()


@pytest.fixture
def smtp(settings: Settings) -> Iterator[Sink]:
    """A real SMTP server that Django's mail goes to during this test."""
    sink = Sink()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
    yield sink
    sink.stop()


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Collector())
