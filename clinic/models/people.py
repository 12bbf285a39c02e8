"""Who works here. A role is what a person may do; one person may have several."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    FRONT_DESK = "front_desk", _("Front desk")
    CLINICIAN = "clinician", _("Clinician")
    OWNER = "owner", _("Owner")


class Theme(models.TextChoices):
    DEVICE = "device", _("As the device")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class BoardRows(models.TextChoices):
    """How tall a quarter of an hour is on the board."""

    COMFORTABLE = "comfortable", _("Comfortable")
    COMPACT = "compact", _("Compact")


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a person who can sign in; without a password they must set one by e-mail first."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person who signs in with an e-mail address."""

    email = models.EmailField(_("e-mail"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=120)
    roles = ArrayField(models.CharField(max_length=20, choices=Role.choices), verbose_name=_("roles"), default=list)
    theme = models.CharField(_("light or dark"), max_length=10, choices=Theme.choices, default=Theme.DEVICE)
    single_keys = models.BooleanField(_("single keys"), default=True, help_text=_("B books, T is today."))
    board_rows = models.CharField(
        _("rows of the board"), max_length=11, choices=BoardRows.choices, default=BoardRows.COMPACT
    )
    is_active = models.BooleanField(_("may sign in"), default=True)
    created_at = models.DateTimeField(_("since"), auto_now_add=True)
    last_active_at = models.DateTimeField(_("last active"), null=True, blank=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_once",
                violation_error_message=_("Someone signs in with this address already."),
            ),
            models.CheckConstraint(condition=models.Q(roles__contained_by=Role.values), name="user_roles_are_known"),
        ]

    def __str__(self) -> str:
        return self.name

    def has_role(self, role: Role) -> bool:
        return role in self.roles

    @property
    def initials(self) -> str:
        parts = self.name.split()
        return "".join(part[0] for part in (parts[:1] + parts[-1:] if len(parts) > 1 else parts)).upper()

    @property
    def role_words(self) -> str:
        return ", ".join(str(Role(role).label) for role in self.roles)


class Clinician(models.Model):
    """Someone who treats patients, and whose time can be booked."""

    user = models.OneToOneField(User, models.PROTECT, related_name="clinician")
    name = models.CharField(_("name on the book"), max_length=120)
    short_name = models.CharField(_("short name"), max_length=40, help_text=_("Used in sentences: “Moira is away”."))
    licence_number = models.CharField(_("licence number"), max_length=40, blank=True)
    position = models.PositiveSmallIntegerField(_("place in lists"), default=0)
    is_active = models.BooleanField(_("can be booked"), default=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name
