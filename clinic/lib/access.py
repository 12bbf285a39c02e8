"""Who may do what. Deny by default: a view without a permission or a public mark fails a test."""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse


class Permission(StrEnum):
    SIGNED_IN = "signed in"
    SEE_PATIENTS = "see patients"
    EDIT_PATIENTS = "edit patients"
    BOOK = "book"
    COMPLETE = "complete visits"
    BOOK_TOO_EARLY = "book too early"
    PLAN_FOR_MINORS = "plan for people under age"
    SEE_MESSAGES = "see messages"
    MERGE_PATIENTS = "merge files"
    STOP_COURSES = "pause and stop courses"
    MANAGE_HOURS = "manage hours"
    MANAGE_CATALOGUE = "manage the catalogue"
    MANAGE_CLINIC = "manage the clinic"


# Keys are the values of clinic.models.Role: models read this module, so it cannot read them.
ROLE_PERMISSIONS: dict[str, frozenset[Permission]] = {
    "front_desk": frozenset(
        {
            Permission.SIGNED_IN,
            Permission.SEE_PATIENTS,
            Permission.EDIT_PATIENTS,
            Permission.BOOK,
            Permission.COMPLETE,
            Permission.SEE_MESSAGES,
            Permission.MERGE_PATIENTS,
            Permission.STOP_COURSES,
            Permission.MANAGE_HOURS,
        }
    ),
    "clinician": frozenset(
        {
            Permission.SIGNED_IN,
            Permission.SEE_PATIENTS,
            Permission.BOOK,
            Permission.COMPLETE,
            Permission.BOOK_TOO_EARLY,
            Permission.PLAN_FOR_MINORS,
            Permission.STOP_COURSES,
        }
    ),
    "owner": frozenset(
        {
            Permission.SIGNED_IN,
            Permission.SEE_PATIENTS,
            Permission.SEE_MESSAGES,
            Permission.MANAGE_HOURS,
            Permission.MANAGE_CATALOGUE,
            Permission.MANAGE_CLINIC,
        }
    ),
}

View = Callable[..., HttpResponse]


def allows(user: Any, permission: Permission) -> bool:  # noqa: ANN401 - AnonymousUser and User share no type
    """Say whether this person has the permission through any of their roles."""
    if not getattr(user, "is_active", False) or not getattr(user, "is_authenticated", False):
        return False
    return any(permission in ROLE_PERMISSIONS.get(role, frozenset()) for role in user.roles)


def granted(user: Any) -> frozenset[Permission]:  # noqa: ANN401
    """Return all that this person may do."""
    return frozenset(permission for permission in Permission if allows(user, permission))


def requires(permission: Permission) -> Callable[[View], View]:
    """Let only people with the permission into a view; others get 403. The test of all URLs reads `view.permission`."""

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not allows(request.user, permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return wrap
