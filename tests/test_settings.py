"""The settings as a process meets them: what production refuses, with the sentence that it says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

SAFE = {
    "DATABASE_URL": "postgresql://pistor:secret@db.clinic.example/pistor",
    "REDIS_URL": "redis://redis.clinic.example/0",
    "EMAIL_URL": "submission://user:secret@mail.clinic.example",
    "MAIL_FROM": "hello@clinic.example",
    "SECRET_KEY": "a-long-random-string-of-this-clinic-0123456789-abcdefghij",
    "ALLOWED_HOSTS": "book.clinic.example",
}
IMPORT = ["-c", "import clinic.settings as s; print(s.MODE, s.EMAIL_HOST, s.EMAIL_USE_TLS, s.BASE_URL)"]


def run(home: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "PISTOR_HOME": str(home), **variables}
    return subprocess.run(
        [sys.executable, *command], env=env, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=60
    )


def test_production_with_everything_set_starts(tmp_path: Path) -> None:
    done = run(tmp_path, *IMPORT, **SAFE)
    assert done.stdout == "production mail.clinic.example True https://book.clinic.example\n", done.stderr
    assert not list(tmp_path.iterdir()), "production keeps no secret of its own making"


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is a default or too short"),
        ({"SECRET_KEY": "x" * 60}, "SECRET_KEY is a default or too short"),
        ({"SECRET_KEY": "django-insecure-" + SAFE["SECRET_KEY"]}, "SECRET_KEY is a default or too short"),
        ({"DEBUG": "yes"}, "DEBUG is on"),
        ({"DEBUG": "perhaps"}, 'Environment variable "DEBUG" invalid'),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS must name"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must name"),
        ({"REDIS_URL": ""}, "REDIS_URL is not set"),
        ({"EMAIL_URL": ""}, "EMAIL_URL is not set"),
        ({"EMAIL_URL": "smtp+tls://mail.clinic.example"}, "EMAIL_URL must begin with"),
        ({"MAIL_FROM": ""}, "MAIL_FROM is not set"),
        ({"PORT": "http"}, 'Environment variable "PORT" invalid'),
        ({"PORT": "0"}, 'Environment variable "PORT" invalid'),
        ({"PISTOR_MODE": "staging"}, "PISTOR_MODE is 'staging'"),
    ],
)
def test_production_refuses_to_start_without(tmp_path: Path, variables: dict[str, str], sentence: str) -> None:
    done = run(tmp_path, *IMPORT, **(SAFE | variables))
    assert done.returncode == 1
    assert sentence in done.stderr.splitlines()[-1]


def test_a_wrong_url_is_named(tmp_path: Path) -> None:
    done = run(tmp_path, *IMPORT, **(SAFE | {"DATABASE_URL": "localhost/pistor"}))
    assert done.returncode == 1
    assert "DATABASE_URL" in done.stderr.splitlines()[-1]


def test_a_local_clinic_makes_its_secret_once_and_keeps_it_to_itself(tmp_path: Path) -> None:
    show = ["-c", "import clinic.settings as s; print(s.SECRET_KEY, s.DEBUG, s.ALLOWED_HOSTS)"]
    first, second = run(tmp_path / "var", *show), run(tmp_path / "var", *show)
    assert first.stdout == second.stdout, first.stderr
    assert "False ['localhost', '127.0.0.1']" in first.stdout
    assert (tmp_path / "var" / "secret_key").stat().st_mode & 0o777 == 0o600


def test_the_check_for_deployment_has_nothing_to_say(tmp_path: Path) -> None:
    done = run(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING", **SAFE)
    assert done.returncode == 0, done.stderr
    assert settings.SILENCED_SYSTEM_CHECKS == ["security.W005", "security.W021"]
    assert "2 silenced" in done.stdout + done.stderr


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=1)


def test_log_lines_carry_no_values_of_a_request() -> None:
    """A line has the level, the logger and its own words; requests, users and tracebacks' locals are not added."""
    assert settings.LOGGING["formatters"]["line"]["format"] == "%(levelname)s %(name)s %(message)s"
    assert settings.DEBUG is False
    assert not getattr(settings, "ADMINS", [])
