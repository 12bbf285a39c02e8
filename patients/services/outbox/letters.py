"""Write a mail from its two templates: MJML for those who see HTML, plain text for all others."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import mrml
from django.template.loader import render_to_string
from django.utils.translation import get_language

from clinic.models import Clinic
from patients.models import Patient

from .registry import Attachment, Composed, nothing

_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
"""Characters that no XML may hold; one pasted into a name must not stop the mail."""


def letter(
    template: str,
    *,
    subject: str,
    preview: str,
    clinic: Clinic,
    patient: Patient,
    context: Mapping[str, Any],
    attachments: tuple[Attachment, ...] = (),
    secrets: tuple[str, ...] = (),
    keep: Callable[[], None] = nothing,
) -> Composed:
    """Return the mail that `templates/emails/<template>` makes, in the active language and zone."""
    values = {
        **context,
        "subject": subject,
        "preview": preview,
        "clinic": clinic,
        "patient": patient,
        "LANGUAGE_CODE": get_language(),
    }
    text = render_to_string(f"emails/{template}.txt", values)
    html = mrml.to_html(_NO_XML.sub("", render_to_string(f"emails/{template}.mjml", values))).content
    return Composed(
        subject=subject,
        text=text.strip() + "\n",
        html=html,
        attachments=attachments,
        template=template,
        context=values,
        secrets=secrets,
        keep=keep,
    )
