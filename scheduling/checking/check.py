"""What one check of the book is: a name, and one statement over all of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """`statement` returns rows of (what, key, moment or null, words). Its parameters: scan.parameters."""

    name: str
    statement: str
