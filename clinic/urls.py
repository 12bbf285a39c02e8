"""Every address of the clinic. A new one needs a line in the access matrix (tests/test_access.py)."""

from allauth.account import views as account
from django.urls import URLPattern, URLResolver, include, path, re_path

from clinic.desk import health

# Only what a closed clinic needs of allauth: there is no sign-up, and nobody changes an address alone.
ACCOUNT = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/sent/", account.password_reset_done, name="account_reset_password_done"),
    re_path(  # the key has a hyphen of its own: the first one parts it from the person
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("password/reset/done/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("livez", health.livez, name="livez"),
    path("healthz", health.healthz, name="healthz"),
    path("accounts/", include(ACCOUNT)),
    path("", include("clinic.desk.urls")),
    path("", include("clinic.desk.settings.urls")),
    path("", include("patients.urls")),
    path("", include("treatments.urls")),
    path("", include("scheduling.urls")),
]
