"""Look at a message as the patient does: what was sent, or what would leave if the book stayed as it is.

The same composer writes both. Here nothing is sent, claimed or stored, and every link is struck out.
"""

from dataclasses import dataclass
from datetime import datetime

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from clinic.models import Clinic
from patients.models import Channel, Message, MessageState

from . import registry
from .links import STRUCK_OUT
from .sweep import compose


@dataclass(frozen=True)
class Letter:
    """What the patient reads. `drawn` is the mail as markup of our own; without it the text is all that is kept."""

    subject: str
    text: str
    drawn: str = ""
    files: tuple[str, ...] = ()

    @property
    def paragraphs(self) -> list[str]:
        """The text before the sender's own lines, paragraph by paragraph."""
        return [part for part in self.text.partition("\n-- \n")[0].strip().split("\n\n") if part.strip()]

    @property
    def sender_lines(self) -> str:
        return self.text.partition("\n-- \n")[2].strip()


@dataclass(frozen=True)
class Seen:
    """A message as it is looked at: a letter, or why there is none (`why_not`, a sentence)."""

    letter: Letter | None = None
    why_not: str = ""
    is_ahead: bool = False
    leaves_at: datetime | None = None


def look(message: Message, clinic: Clinic, now: datetime) -> Seen:
    """Return what was written last, or what would be written when the message is due."""
    if message.state == MessageState.WAITING and message.channel == Channel.EMAIL:
        return _ahead(message, clinic, max(now, message.due_at))
    if message.body:
        return Seen(Letter(message.subject, message.body))
    return Seen(why_not=_why_never_written(message))


def _ahead(message: Message, clinic: Clinic, at: datetime) -> Seen:
    outcome = compose(message, clinic, at)
    if isinstance(outcome, registry.NotNow) and _in_time(message, outcome.until):
        at = outcome.until
        outcome = compose(message, clinic, at)
    match outcome:
        case registry.Composed():
            return Seen(_letter(message, outcome, clinic), is_ahead=True, leaves_at=at)
        case registry.NoLongerTrue(reason) | registry.CallInstead(reason):
            return Seen(why_not=str(reason), is_ahead=True)
    return Seen(why_not=_("It would come too late to be of use."), is_ahead=True)


def _in_time(message: Message, moment: datetime) -> bool:
    return message.not_after is None or moment < message.not_after


def _letter(message: Message, mail: registry.Composed, clinic: Clinic) -> Letter:
    text = mail.text
    for secret in mail.secrets:
        text = text.replace(secret, STRUCK_OUT)
    with translation.override(message.patient.language), timezone.override(clinic.tz):
        drawn = render_to_string(f"patients/letters/{mail.template}.html", dict(mail.context)) if mail.template else ""
    return Letter(mail.subject, text, drawn, tuple(file.name for file in mail.attachments))


def _why_never_written(message: Message) -> str:
    if message.channel == Channel.PHONE:
        return _("No mail is written: a person tells it by phone.")
    match MessageState(message.state):
        case MessageState.CLAIMED:
            return _("It is being written at this moment.")
        case MessageState.WITHDRAWN:
            return _("It was taken back before it was written.")
        case MessageState.EXPIRED:
            return _("Its time had passed before it was written.")
    return _("No text was kept.")
