"""The patient: names, birth date, how to reach them, and what they chose about it."""

import uuid
from datetime import date

import pghistory
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Func, Value
from django.db.models.functions import Coalesce, Concat, Lower
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from clinic.lib.days import age_on

from .search import PatientQuerySet


class Language(models.TextChoices):
    ENGLISH = "en-ca", _("English")
    FRENCH = "fr-ca", _("French")


class Normal(Func):
    """The text as search compares it: lower case, no accents, apostrophes or dots (`pistor_normal`, in SQL)."""

    function = "pistor_normal"
    output_field = models.TextField()


@pghistory.track(exclude=["search_text", "seen_at"])
class Patient(models.Model):
    """A person the clinic treats. `public_id` stands in addresses, `file_number` is what people say."""

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    file_number = models.PositiveIntegerField(
        _("file number"),
        unique=True,
        editable=False,
        db_default=Func(Value("patients_file_number"), function="nextval"),
    )
    first_name = models.CharField(_("legal first name"), max_length=80)
    last_name = models.CharField(_("legal last name"), max_length=80)
    preferred_name = models.CharField(_("goes by"), max_length=80, blank=True, help_text=_("Used in every message."))
    birth_date = models.DateField(_("birth date"))
    phone = PhoneNumberField(_("mobile phone"), blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(
        _("language of messages"), max_length=10, choices=Language.choices, default=Language.ENGLISH
    )
    reminders_by_email = models.BooleanField(_("reminders by e-mail"), default=True)
    marketing_ok = models.BooleanField(_("news and offers"), default=False)
    choices_at = models.DateTimeField(_("choices made at"), null=True, blank=True)
    choices_source = models.CharField(_("choices made how"), max_length=60, blank=True)
    street = models.CharField(_("street"), max_length=120, blank=True)
    town = models.CharField(_("town"), max_length=80, blank=True)
    province = models.CharField(_("province"), max_length=40, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=12, blank=True)
    emergency_name = models.CharField(_("in an emergency, call"), max_length=120, blank=True)
    emergency_phone = PhoneNumberField(_("phone of that person"), blank=True)
    emergency_relation = models.CharField(_("who that is"), max_length=40, blank=True)
    guardian_name = models.CharField(_("guardian"), max_length=120, blank=True)
    guardian_phone = PhoneNumberField(_("guardian's phone"), blank=True)
    guardian_relation = models.CharField(_("guardian is"), max_length=40, blank=True)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)
    archived_reason = models.CharField(_("why archived"), max_length=200, blank=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged_files")
    note = models.TextField(_("good to know"), blank=True, help_text=_("For the desk. Nothing clinical."))
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    seen_at = models.DateTimeField(
        null=True, editable=False, help_text="The start of the last visit that took place; the book's trigger keeps it."
    )
    search_text = models.GeneratedField(
        expression=Normal(
            Concat(
                F("preferred_name"),
                Value(" "),
                F("first_name"),
                Value(" "),
                F("last_name"),
                Value(" "),
                F("preferred_name"),
                output_field=models.TextField(),
            )
        ),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects = PatientQuerySet.as_manager()

    class Meta:
        ordering = ["last_name", "first_name", "id"]
        indexes = [
            GinIndex(OpClass("search_text", name="gin_trgm_ops"), name="patient_search_parts"),
            GinIndex(OpClass("phone", name="gin_trgm_ops"), name="patient_phone_parts"),
            GinIndex(OpClass(Lower("email"), name="gin_trgm_ops"), name="patient_email_parts"),
            models.Index(fields=["birth_date"], name="patient_birth_date"),
            models.Index(fields=["last_name", "first_name", "id"], name="patient_by_name"),
            # Walked from its front when what was typed is in many names: the first twenty are soon met.
            models.Index(
                Coalesce("seen_at", "created_at").desc(),
                "last_name",
                "first_name",
                "id",
                condition=models.Q(archived_at__isnull=True),
                name="patient_seen_lately",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(first_name="") & ~models.Q(last_name=""), name="patient_has_a_name"
            ),
            models.CheckConstraint(
                condition=models.Q(merged_into__isnull=True) | models.Q(archived_at__isnull=False),
                name="patient_merged_is_archived",
            ),
            models.CheckConstraint(condition=models.Q(language__in=Language.values), name="patient_language_is_known"),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def called(self) -> str:
        """The name the patient goes by; the only name that leaves the clinic in a message."""
        return self.preferred_name or self.first_name

    @property
    def full_name(self) -> str:
        return f"{self.called} {self.last_name}"

    @property
    def initials(self) -> str:
        return (self.called[:1] + self.last_name[:1]).upper()

    @property
    def file_label(self) -> str:
        """The file number as it is said and printed: at least four digits."""
        return f"{self.file_number:04d}"

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None

    @property
    def can_be_mailed(self) -> bool:
        return bool(self.email) and self.reminders_by_email

    def age_on(self, day: date) -> int:
        """Return the age in whole years on a local day."""
        return age_on(self.birth_date, day)
