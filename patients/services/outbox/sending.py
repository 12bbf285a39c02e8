"""Hand one mail to the SMTP server, and say what its answer means."""

import smtplib
from dataclasses import dataclass
from datetime import timedelta
from email.utils import formataddr
from enum import StrEnum
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.translation import gettext as _

from clinic.models import Clinic
from patients.models import Message

from .registry import Composed

WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
"""How long to wait after the first, second, … try."""
MOST_TRIES = len(WAITS) + 1


class Verdict(StrEnum):
    SENT = "sent"
    LATER = "later"  # this mail may pass another time
    NEVER = "never"  # the server refuses this recipient or this mail for good
    DOWN = "down"  # the server or the way to it: no other mail would pass now


@dataclass(frozen=True)
class Answer:
    verdict: Verdict
    reason: str = ""


def message_id(message: Message) -> str:
    """Return the same id for every try of a message: a receiver may drop what it has already."""
    return f"<{message.public_id.hex}@{urlsplit(settings.BASE_URL).hostname or 'localhost'}>"


def one_line(words: str) -> str:
    """Return words fit for a header or a reason: no line breaks, no control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())


def envelope(message: Message, composed: Composed, clinic: Clinic) -> EmailMultiAlternatives:
    """Return the whole mail: neutral sender, one recipient, text before HTML."""
    mail = EmailMultiAlternatives(
        subject=one_line(composed.subject),
        body=composed.text,
        from_email=formataddr((one_line(clinic.short_name), clinic.sender_email or settings.DEFAULT_FROM_EMAIL)),
        to=[message.to_address],
        headers={"Message-ID": message.message_id, "Auto-Submitted": "auto-generated"},
        alternatives=[(composed.html, "text/html")],
    )
    for attachment in composed.attachments:
        mail.attach(attachment.name, attachment.content, attachment.mimetype)
    return mail


def hand_over(mail: EmailMultiAlternatives, server: BaseEmailBackend) -> Answer:
    """Send one mail over an open connection. Only the server's own answer makes it sent."""
    mail.connection = server
    try:
        server.open()  # a connection that is open already stays as it is, one opened here outlives this mail
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()))
        return Answer(Verdict.NEVER if code >= 500 else Verdict.LATER, _said(code, words))
    except smtplib.SMTPDataError as error:
        return Answer(
            Verdict.NEVER if error.smtp_code >= 500 else Verdict.LATER, _said(error.smtp_code, error.smtp_error)
        )
    except smtplib.SMTPResponseException as error:
        return Answer(Verdict.DOWN, _said(error.smtp_code, error.smtp_error))
    except (smtplib.SMTPException, OSError) as error:
        return Answer(Verdict.DOWN, _("No answer from the mail server: %(what)s") % {"what": type(error).__name__})
    except ValueError as error:  # an address or header that no mail can carry
        return Answer(Verdict.NEVER, _("The mail cannot be written: %(what)s") % {"what": type(error).__name__})
    return Answer(Verdict.SENT)


def _said(code: int, words: bytes | str) -> str:
    said = words.decode(errors="replace") if isinstance(words, bytes) else words
    return one_line(f"{code} {said}")[:200]
