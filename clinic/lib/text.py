"""Text as search compares it: the twin in Python of the database's `pistor_normal` (clinic, migration 1).

The column that search reads is made by the database; what a person types is made here. A test proves the two alike for
every letter of European and Vietnamese names, and every mark that a keyboard or a phone puts into them.
"""

import unicodedata
from itertools import groupby

# Letters that no accent explains, as PostgreSQL's `unaccent` writes them.
_LETTERS = "æ=ae ð=d ø=o þ=th ß=ss đ=d ħ=h ı=i ĸ=q ŀ=l ł=l ŉ=n ŋ=n œ=oe ŧ=t"
_MARKS = {
    **dict.fromkeys("'’‘‚‛′.,", ""),
    **dict.fromkeys("-‐‑‒–—―", " "),
}
_PLAIN = dict(pair.split("=") for pair in _LETTERS.split()) | _MARKS


def _plain(character: str) -> str:
    if character in _PLAIN:
        return _PLAIN[character]
    if character.isalpha():
        character = unicodedata.normalize("NFKD", character)
    return "".join(part for part in character if not unicodedata.combining(part))


def normal(words: str) -> str:
    """Return the text in lower case, without accents, apostrophes, dots and commas; hyphens become spaces."""
    return "".join(_plain(character) for character in words.lower())


def digits(words: str) -> str:
    """Return the digits alone: "709-555-0118" is "7095550118"."""
    return "".join(character for character in words if character in "0123456789")


def split_hits(words: str, query: str) -> list[tuple[str, bool]]:
    """Cut `words` where the words of `query` are found in them: `[("Marguerite ", False), ("Penn", True), ...]`."""
    plain, origin = "", []
    for place, character in enumerate(words):
        made = normal(character)
        plain += made
        origin += [place] * len(made)
    hit = [False] * len(words)
    for part in normal(query).split():
        at = plain.find(part)
        while at >= 0:
            for place in origin[at : at + len(part)]:
                hit[place] = True
            at = plain.find(part, at + 1)
    pieces = groupby(zip(words, hit, strict=True), key=lambda pair: pair[1])
    return [("".join(character for character, _ in run), found) for found, run in pieces]


def joined(*parts: str) -> str:
    """Write the parts that say something in one line: "7 days · by the patient"."""
    return " · ".join(part for part in parts if part)
