"""Words that tell what the clinic does. They may stand in nothing that a passer-by can read (domain 6.4)."""

import re
from collections.abc import Iterable

from clinic.lib.text import normal

# Beginnings of words, in both languages, as `normal` writes them.
_TELLING = (
    "meso", "cellulit", "inject", "liposuc", "lipoly", "lipo", "needle", "aiguille", "seringue", "syringe", "botox",
    "botulin", "filler", "fat", "graisse", "pistor",
)  # fmt: skip
_HINTING = (
    "slim", "minceur", "amaigr", "weight", "poids", "wrinkle", "ride", "scar", "vergeture", "stretch mark", "therap",
    "treatment", "traitement", "dermat", "aesthet", "esthet", "cosmet",
)  # fmt: skip
_WHOLE = {"fat", "ride", "slim", "scar", "lipo"}
"""Short ones count as whole words only, with or without an s."""


def telling_word(text: str, names: Iterable[str] = (), *, hints: bool = True) -> str:
    """Return the first word of a text that tells what the clinic does, or "".

    `names` are the clinic's own terms; `hints` counts words too that only point there ("weight").
    """
    plain = normal(text)
    for word in _TELLING + (_HINTING if hints else ()):
        end = r"s?\b" if word in _WHOLE else ""
        pattern = re.compile(rf"\b{re.escape(word)}{end}")
        if pattern.search(plain):
            return next((typed.strip(".,;:()") for typed in text.split() if pattern.search(normal(typed))), word)
    for name in names:
        term = normal(name)
        if len(term) > 2 and re.search(rf"\b{re.escape(term)}s?\b", plain):
            return name
    return ""
