"""Figures that tests measure: said at the end of the run, whatever pytest captures (tests/conftest.py)."""

SAID: list[str] = []


def say(words: str) -> None:
    SAID.append(words)
