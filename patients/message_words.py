"""How a message stands, and why it did not leave, in words for the desk."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.lib import days
from patients.models import Channel, Message, MessageState

_CODE = re.compile(r"(\d{3})\b")
REFUSALS: dict[str, str | Promise] = {
    "510": gettext_lazy("the address is not written as one"),
    "511": gettext_lazy("the address does not exist"),
    "512": gettext_lazy("the part after the @ does not exist"),
    "550": gettext_lazy("the address does not exist, or takes no mail"),
    "551": gettext_lazy("the address has moved"),
    "552": gettext_lazy("the mailbox is full"),
    "553": gettext_lazy("the address is not written as one"),
    "554": gettext_lazy("their mail server refused the mail"),
    "556": gettext_lazy("the part after the @ takes no mail"),
}
"""What a mail server means by its answer (RFC 5321, 4.2.3)."""


@dataclass(frozen=True)
class Standing:
    """How a message stands: the look of a finding, an icon and words."""

    look: str
    icon: str
    words: str


def when_words(moment: datetime, now: datetime) -> str:
    """Return "14:12", or "Tue 24 Nov 14:12" on another day."""
    local, today = timezone.localtime(moment), timezone.localtime(now).date()
    wall = days.clock(local.time())
    if local.date() == today:
        return wall
    return f"{days.day_words(local.date(), today)} {wall}"


def visit_words(moment: datetime, now: datetime) -> str:
    """Return "today 14:12", or "Tue 24 Nov 14:12" on another day: beside a column of times the day is said."""
    words = when_words(moment, now)
    is_today = timezone.localtime(moment).date() == timezone.localtime(now).date()
    return _("today %(time)s") % {"time": words} if is_today else words


def leaves_words(moment: datetime, now: datetime) -> str:
    """Return "within a minute", "at 14:12" or "on Tue 24 Nov at 14:12": when something leaves."""
    local = timezone.localtime(moment)
    if moment <= now:
        return _("within a minute")
    if local.date() == timezone.localtime(now).date():
        return _("at %(time)s") % {"time": days.clock(local.time())}
    values = {"day": days.day_words(local.date(), timezone.localtime(now).date()), "time": days.clock(local.time())}
    return _("on %(day)s at %(time)s") % values


def why(message: Message) -> str:
    """Say in words why a message did not leave; empty where there is nothing to explain."""
    match MessageState(message.state):
        case MessageState.FAILED:
            return failure_words(message.reason)
        case MessageState.EXPIRED if message.attempts:
            return _("tried until it was of no use any more")
        case MessageState.EXPIRED if message.channel == Channel.PHONE:
            return _("nobody had called before the visit")
        case MessageState.EXPIRED:
            return _("it could not leave before it was of no use")
        case MessageState.WITHDRAWN:
            return message.reason
    return ""


def failure_words(reason: str) -> str:
    """Return a mail server's answer in words; what is in words already stays."""
    code = _CODE.match(reason)
    if code is None:
        return reason or _("no reason was given")
    return str(REFUSALS.get(code[1]) or _("their mail server did not take it"))


def standing(message: Message, now: datetime) -> Standing:
    """Say how a message stands."""
    values = {"why": why(message)}
    match MessageState(message.state):
        case MessageState.SENT if message.channel == Channel.PHONE:
            return Standing("ok", "telephone", message.reason or _("Told by phone"))
        case MessageState.SENT:
            return Standing("ok", "check2", _("Sent"))
        case MessageState.FAILED:
            return Standing("bad", "exclamation-octagon-fill", _("Failed: %(why)s") % values)
        case MessageState.EXPIRED:
            return Standing("warn", "clock-history", _("Not in time: %(why)s") % values)
        case MessageState.WITHDRAWN:
            return Standing("due", "x-lg", _("Withdrawn: %(why)s") % values)
        case MessageState.CLAIMED:
            return Standing("info", "send", _("Being sent"))
    return _waiting(message, now)


def _waiting(message: Message, now: datetime) -> Standing:
    values = {"why": failure_words(message.reason), "when": when_words(message.due_at, now)}
    if message.channel == Channel.PHONE:
        return Standing("info", "telephone", message.reason or _("Call instead: no e-mail"))
    if message.attempts:
        return Standing("warn", "arrow-repeat", _("Again at %(when)s: %(why)s") % values)
    if message.hold_until and message.due_at > now:
        return Standing("info", "hourglass-split", _("Held until %(when)s for Undo") % values)
    return Standing("due", "clock", _("Due"))
