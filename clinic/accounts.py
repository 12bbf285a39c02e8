"""Sign-in rules that allauth and axes ask us for."""

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class ClosedAccountAdapter(DefaultAccountAdapter):
    """Nobody signs up: the owner invites. Errors say what happened and what to do."""

    error_messages: ClassVar[dict[str, str | Promise]] = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": _("This account is closed. Ask the owner to open it again."),
        "email_password_mismatch": _(
            "That e-mail and password do not match. Check both and try again. After 5 tries we wait 15 minutes."
        ),
        "too_many_login_attempts": _("Too many tries. Wait 15 minutes and try again."),
        "rate_limited": _("Too many tries in a short time. Wait a few minutes and try again."),
        "enter_current_password": _("Enter the password that you use now."),
        "incorrect_password": _("That is not the password that you use now."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's signature
        return False


def tried_name(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """Return the address that someone tries to sign in with, in one spelling: its tries are counted together."""
    asked = (credentials or {}).get("email") or request.POST.get("login") or ""
    return asked.strip().lower()


def client_address(request: HttpRequest) -> str | None:
    """Return where a request comes from; a forwarded address counts only behind the clinic's own proxy.

    None for a sign-in that came by no connection: a command's or a test's.
    """
    if "REMOTE_ADDR" not in request.META:
        return None
    return get_adapter(request).get_client_ip(request)
