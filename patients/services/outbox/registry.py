"""How each kind of message is composed. Upper apps register their kinds in their `messages.py` (patients/apps.py)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.functional import Promise

from clinic.models import Clinic, Operation
from patients.models import Message


def nothing() -> None:
    """Store nothing."""


@dataclass(frozen=True)
class Attachment:
    name: str
    content: str
    mimetype: str


@dataclass(frozen=True)
class Composed:
    """A mail as it is true at this moment.

    Composing changes nothing, so that the desk may look at a mail before it leaves. `keep` stores what belongs to the
    mail: its links, what it told. It runs in the transaction that writes the mail. `secrets` are the tokens in its
    text; `template` and `context` draw the same words on the desk's screen.
    """

    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()
    template: str = ""
    context: Mapping[str, Any] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    keep: Callable[[], None] = field(default=nothing, repr=False)


@dataclass(frozen=True)
class NoLongerTrue:
    """There is nothing to say any more; the message is withdrawn with this reason, and `keep` is run."""

    reason: str | Promise
    keep: Callable[[], None] = field(default=nothing, repr=False)


@dataclass(frozen=True)
class CallInstead:
    """It is still true, but the patient cannot be mailed any more: it goes on the call list."""

    reason: str


@dataclass(frozen=True)
class NotNow:
    """It is still true, but this is no hour to write at. When `until` is too late, it expires at once."""

    until: datetime


Outcome = Composed | NoLongerTrue | CallInstead | NotNow
Composer = Callable[[Message, datetime], Outcome]
Again = Callable[[Message, Operation, datetime], Message]
Visits = Callable[[Sequence[int]], Mapping[int, datetime]]


@dataclass(frozen=True)
class Together:
    """How many messages of a kind are composed at once.

    `read` returns what each speaks about, by the message's key, in one query; `compose` takes it (None where there is
    nothing), the clinic, the message and now, asks the database nothing and stores nothing.
    """

    read: Callable[[Sequence[int]], Mapping[int, Any]]
    compose: Callable[[Any, Clinic, Message, datetime], Outcome]


@dataclass(frozen=True)
class Kind:
    """A kind of message: what people call it, how it is composed, and which visit each message speaks of.

    `visits` answers for a page of messages at once, so that a list costs one query a group of kinds. `again` puts a
    second message about the same subject into the outbox.
    """

    name: str
    label: str | Promise
    compose: Composer = field(repr=False)
    visits: Visits = field(repr=False)
    again: Again | None = field(default=None, repr=False)
    together: Together | None = field(default=None, repr=False)


_kinds: dict[str, Kind] = {}


def composer(
    name: str,
    *,
    label: str | Promise,
    visits: Visits,
    again: Again | None = None,
    together: Together | None = None,
) -> Callable[[Composer], Composer]:
    """Register how messages of a kind are composed.

    The composer runs in the transaction that hands the mail to the sender, with the message's row locked, in the
    patient's language and the clinic's zone. It reads the truth anew and changes nothing.
    """

    def register(compose: Composer) -> Composer:
        _kinds[name] = Kind(name, label, compose, visits, again, together)
        return compose

    return register


def kind(name: str) -> Kind | None:
    return _kinds.get(name)


def kinds() -> list[Kind]:
    return list(_kinds.values())
