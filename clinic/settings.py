"""All settings, read from the environment by readers that fail loudly.

Two modes. `local` (no DATABASE_URL): the embedded servers of `manage.py up`, plain http on localhost, secrets made on
first use under `var/`. `production` (DATABASE_URL is set): nothing has a default that could be unsafe, and what is
missing stops the start with a sentence that names the variable.
"""

import json
import logging
import os
import secrets
import sys
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from environs import Env, validate

env = Env()
BASE_DIR = Path(__file__).resolve().parent.parent
HOME = Path(env.str("PISTOR_HOME", str(BASE_DIR / "var"))).resolve()
MODE = env.str("PISTOR_MODE", "production" if env.str("DATABASE_URL", "") else "local")
if MODE not in {"local", "production"}:
    raise ImproperlyConfigured(f"PISTOR_MODE is {MODE!r}. Use 'local' or 'production'.")
PRODUCTION = MODE == "production"
STARTS_THE_STACK = sys.argv[1:2] == ["up"]
"""`manage.py up` starts the servers that no URL names, and hands their addresses to its children."""


def _needed(name: str, why: str) -> str:
    """Return a variable that production cannot do without, or stop with a sentence that names it."""
    value = env.str(name, "")
    if not value and PRODUCTION:
        raise ImproperlyConfigured(f"{name} is not set. {why}")
    return value


def _local_secret() -> str:
    """Return the secret of a local clinic, made on first use and kept readable by its owner only."""
    path = HOME / "secret_key"
    if not path.exists():
        HOME.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        os.write(descriptor, secrets.token_urlsafe(64).encode())
        os.close(descriptor)
    return path.read_text()


def _stack() -> dict[str, Any]:
    """Return the addresses that a running `manage.py up` wrote down, so that other commands find its servers."""
    path = HOME / "stack.json"
    return json.loads(path.read_text()) if path.exists() else {}


# --- Safety of a production start -------------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", False)
SECRET_KEY = _needed("SECRET_KEY", "Give a random string of 50 characters or more.") or _local_secret()
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", [] if PRODUCTION else ["localhost", "127.0.0.1"])
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured(
        "DEBUG is on. It shows patients' data on error pages: unset it, or set PISTOR_MODE=local."
    )
if PRODUCTION and (
    len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 5 or "change-me" in SECRET_KEY or "insecure" in SECRET_KEY
):
    raise ImproperlyConfigured("SECRET_KEY is a default or too short. Give a random string of 50 characters or more.")
if PRODUCTION and (not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS):
    raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts of this clinic, such as 'book.example.ca'.")

# --- Servers ----------------------------------------------------------------------------------------------------------
GIVEN_URLS = {name: env.str(name, "") for name in ("DATABASE_URL", "REDIS_URL", "EMAIL_URL")}
STACK = {} if PRODUCTION else _stack()
DATABASES = {
    "default": env.dj_db_url(
        "DATABASE_URL",
        STACK.get("DATABASE_URL", "postgresql://pistor@localhost:1/start-the-clinic-with-make-run"),
        conn_max_age=600,
        conn_health_checks=True,
    )
}
DATABASES["default"]["TEST"] = {"TEMPLATE": "template0"}
REDIS_URL = _needed("REDIS_URL", "Name the Redis server, such as 'redis://localhost:6379/0'.") or STACK.get(
    "REDIS_URL", "redis://localhost:1/0"
)
if not STARTS_THE_STACK:
    _needed("EMAIL_URL", "Name the SMTP server, such as 'submission://user:password@mail.example.ca'.")
if GIVEN_URLS["EMAIL_URL"].partition("://")[0] not in {"", "smtp", "submission"}:  # any other would go without TLS
    raise ImproperlyConfigured("EMAIL_URL must begin with submission:// (TLS) or smtp:// (?ssl=True for SMTPS).")
_mail = env.dj_email_url("EMAIL_URL", STACK.get("EMAIL_URL", "smtp://localhost:1"))
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = _mail["EMAIL_HOST"]
EMAIL_PORT = _mail["EMAIL_PORT"] or 25
EMAIL_HOST_USER = _mail["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS = _mail["EMAIL_USE_TLS"]
EMAIL_USE_SSL = _mail["EMAIL_USE_SSL"]
EMAIL_TIMEOUT = 20  # seconds; must stay below the outbox's lease
DEFAULT_FROM_EMAIL = _needed("MAIL_FROM", "Give the address that mails come from.") or "clinic@localhost"
SERVER_EMAIL = DEFAULT_FROM_EMAIL
DEMO = env.bool("PISTOR_DEMO", True)  # into an embedded, empty database only
LISTEN = env.str("LISTEN", "127.0.0.1")
PORT = env.int("PORT", 8000, validate=validate.Range(1, 65535))
_address = f"https://{ALLOWED_HOSTS[0].lstrip('.')}" if PRODUCTION else f"http://localhost:{PORT}"
BASE_URL = env.str("BASE_URL", _address).rstrip("/")

# --- What is installed ------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "clinic",
    "patients",
    "treatments",
    "scheduling",
    "clinic.desk",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django.forms",
    "allauth",
    "allauth.account",
    "axes",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_htmx",
    "pgtrigger",
    "pghistory",
    "phonenumber_field",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "clinic.lib.middleware.SignedOutMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "clinic.lib.middleware.ClinicMiddleware",
    "pghistory.middleware.HistoryMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "clinic.urls"
WSGI_APPLICATION = "clinic.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "clinic.lib.context.shell",
                "clinic.desk.attention.attention",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"

# --- Who may come in --------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "clinic.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "clinic.accounts.ClosedAccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_RATE_LIMITS = {"login_failed": None}  # axes counts these, by address and place: one cannot lock out another
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if env.bool("BEHIND_PROXY", False) else 0
AXES_USERNAME_CALLABLE = "clinic.accounts.tried_name"
AXES_CLIENT_IP_CALLABLE = "clinic.accounts.client_address"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "account/locked.html"
AXES_HTTP_RESPONSE_CODE = 429
AXES_RESET_ON_SUCCESS = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- Sessions, cookies, headers ---------------------------------------------------------------------------------------
# Sessions and cache lie in PostgreSQL: a limit that falls when Redis falls is no limit.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 8 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "clinic_cache"}}
SESSION_COOKIE_NAME = "__Host-session" if PRODUCTION else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if PRODUCTION else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [BASE_URL]
CSRF_FAILURE_VIEW = "clinic.desk.views.form_refused"
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^healthz$"]
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
# The clinic shares its domain with other sites of its own: neither is ours to decide (design 9).
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", False) else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}

# --- Words, numbers, time ---------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-ca"
LANGUAGES = [("en-ca", _("English")), ("fr-ca", _("French"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"  # the clinic's own zone is a row; the middleware activates it
PHONENUMBER_DEFAULT_REGION = "CA"
PHONENUMBER_DEFAULT_FORMAT = "NATIONAL"
PHONENUMBER_DB_FORMAT = "E164"

# --- Files ------------------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = HOME / "media"

# --- Courier ----------------------------------------------------------------------------------------------------------
# The rows in PostgreSQL are the truth; Celery only carries. No results, no ETAs, ids only (design 6).
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300
CELERY_ENABLE_UTC = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(HOME / "beat-schedule")
MESSAGES_LATE_MINUTES = env.int("MESSAGES_LATE_MINUTES", 15)  # `/healthz` says so from then on
SWEEP_SECONDS = env.float("SWEEP_SECONDS", 60.0)  # design 6: every minute
CELERY_BEAT_SCHEDULE = {
    "sweep-messages": {
        "task": "patients.sweep_messages",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": SWEEP_SECONDS},
    },
    "advance-offers": {
        "task": "scheduling.advance_offers",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": SWEEP_SECONDS},
    },
    "heartbeat": {"task": "clinic.beat_heart", "schedule": 60.0, "options": {"expires": 60.0}},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.log_level("LOG_LEVEL", logging.WARNING)},
}
