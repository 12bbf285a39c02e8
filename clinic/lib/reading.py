"""What is read once: a fact that a request, or one act in the shell or a task, asks for again and again.

Nothing outlives the block: the next request reads anew, so nothing here can be older than the request that asks.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

Read = TypeVar("Read")
_kept: ContextVar[dict[str, Any] | None] = ContextVar("kept", default=None)


@contextmanager
def reading_once() -> Iterator[None]:
    """Within this block each fact is read once. A block inside another shares what the outer one has read."""
    if _kept.get() is not None:
        yield
        return
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def read_once(name: str, read: Callable[[], Read]) -> Read:
    """Return what was read under this name, or read it. Outside a block it is read each time."""
    kept = _kept.get()
    if kept is None:
        return read()
    if name not in kept:
        kept[name] = read()
    return kept[name]


def read_again(name: str) -> None:
    """Forget a fact that was just changed, or whose row was just locked."""
    kept = _kept.get()
    if kept is not None:
        kept.pop(name, None)
