"""Text as search compares it: the twin in Python of the database's `pistor_normal` (clinic, migration 1).

The column that search reads is made by the database; what a person types is made here. A test proves the two alike for
every letter of European and Vietnamese names, and every mark that a keyboard or a phone puts into them.
"""

import unicodedata

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
