"""Who: the person, and the messages to them."""

from .files import Merge, NotTwins
from .messages import Channel, Link, Message, MessageState
from .people import Language, Patient

__all__ = ["Channel", "Language", "Link", "Merge", "Message", "MessageState", "NotTwins", "Patient"]
