"""An SMTP server for tests: real SMTP over a socket, and what arrived as parsed messages."""

from collections import deque
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from clinic.stack.mail import serve


class Sink:
    """Gathers `messages` in the order they arrived.

    `answers` holds replies to give instead of 250, first come first served: `sink.answers.append("451 try later")`.
    `recipient_answers` does the same at RCPT TO. A refused mail is not in `messages`.
    """

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.answers: deque[str] = deque()
        self.recipient_answers: deque[str] = deque()
        self.controller = serve(self)

    @property
    def port(self) -> int:
        return int(self.controller.port)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def to(self, address: str) -> list[EmailMessage]:
        """Return the messages that this address received."""
        return [message for message in self.messages if address in message["X-Envelope-To"]]

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if self.recipient_answers:
            return self.recipient_answers.popleft()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answers:
            return self.answers.popleft()
        message = message_from_bytes(envelope.original_content, policy=policy.default)
        message["X-Envelope-To"] = ", ".join(envelope.rcpt_tos)
        self.messages.append(message)
        return "250 Message accepted for delivery"

    def stop(self) -> None:
        self.controller.stop()
