"""Who: the person, and the messages to them."""

from .messages import Channel, Link, Message, MessageState
from .people import Language, Patient

__all__ = ["Channel", "Language", "Link", "Message", "MessageState", "Patient"]
