"""Write a mail from its two templates: MJML for those who see HTML, plain text for all others."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import mrml
from django.template.loader import render_to_string
from django.utils.translation import get_language

from clinic.models import Clinic
from patients.models import Patient

from .registry import Attachment, Composed, nothing

_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
"""Characters that no XML may hold; one pasted into a name must not stop the mail."""


@dataclass(frozen=True)
class Words:
    """What a mail says: its two templates, and the values in them."""

    template: str
    subject: str
    preview: str
    context: Mapping[str, Any]


def text_of(words: Words, *, clinic: Clinic, patient: Patient) -> str:
    """Return the text of a mail in the active language and zone, as `letter` writes it beside the HTML."""
    return _text(words.template, {**words.context, "clinic": clinic, "patient": patient})


def _text(template: str, values: Mapping[str, Any]) -> str:
    return render_to_string(f"emails/{template}.txt", dict(values)).strip() + "\n"


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
    html = mrml.to_html(_NO_XML.sub("", render_to_string(f"emails/{template}.mjml", values))).content
    return Composed(
        subject=subject,
        text=_text(template, values),
        html=html,
        attachments=attachments,
        template=template,
        context=values,
        secrets=secrets,
        keep=keep,
    )
