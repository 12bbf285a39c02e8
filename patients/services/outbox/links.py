"""Links in mails: 256 bits, one purpose, expiring, never stored in clear (reliability 3.3).

A token is an HMAC over the purpose and the message's nonce under a key derived from SECRET_KEY. A retry of a mail makes
the same link again, and the stored copy of a mail can have it struck out, without the token ever lying in the database.
"""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F
from django.utils.crypto import salted_hmac

from patients.models import Link, Message

SALT = "patients.outbox.links"
STRUCK_OUT = "…"


def token_for(message: Message, purpose: str) -> str:
    digest = salted_hmac(SALT, f"{purpose}|{message.nonce}", algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True)
class Minted:
    token: str
    expires_at: datetime


def mint(message: Message, purpose: str, *, expires_at: datetime) -> Minted:
    """Return the link of this message for this purpose; made again, it keeps its expiry and its spent tries."""
    token = token_for(message, purpose)
    link, made = Link.objects.get_or_create(
        message=message, purpose=purpose, defaults={"token_hash": hashed(token), "expires_at": expires_at}
    )
    if not made and link.token_hash != hashed(token):  # SECRET_KEY was changed between two tries
        link.token_hash = hashed(token)
        link.save(update_fields=["token_hash"])
    return Minted(token, link.expires_at)


def promised(message: Message, purpose: str, *, expires_at: datetime) -> Minted:
    """Return the link that `mint` would make now, without making it."""
    link = Link.objects.filter(message=message, purpose=purpose).first()
    return Minted(token_for(message, purpose), link.expires_at if link else expires_at)


def find(token: str, purpose: str, *, now: datetime) -> Link | None:
    """Return the live link of a token: known, of this purpose, not expired, not revoked, with tries left."""
    return (
        Link.objects.select_related("message__patient")
        .filter(token_hash=hashed(token), purpose=purpose, expires_at__gt=now, revoked_at=None, tries_left__gt=0)
        .first()
    )


def lock(token: str, purpose: str, *, now: datetime) -> Link | None:
    """Return the live link with its row locked, so that tries made at once are counted one by one."""
    found = find(token, purpose, now=now)
    if found is None:
        return None
    Link.objects.select_for_update(no_key=True).get(pk=found.pk)
    return find(token, purpose, now=now)


def spend_try(link: Link) -> int:
    """Count a wrong answer and return how many are left; at none the link is dead."""
    Link.objects.filter(pk=link.pk, tries_left__gt=0).update(tries_left=F("tries_left") - 1)
    link.refresh_from_db(fields=["tries_left"])
    return link.tries_left


def redacted(message: Message, text: str) -> str:
    """Return a text as it may be stored: every link of this message struck out."""
    for purpose in message.links.values_list("purpose", flat=True):
        text = text.replace(token_for(message, purpose), STRUCK_OUT)
    return text
