"""What pages have in common is drawn once for each language; lists of choices as a template would write them."""

import re
from collections.abc import Iterator
from pathlib import Path

from django.template import Context, Template
from django.utils import translation

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


def test_what_stands_still_is_drawn_once_for_each_language() -> None:
    page = Template("{% load quick %}{% still %}{{ word }}{% endstill %} {{ word }}")
    assert page.render(Context({"word": "one"})) == "one one"
    assert page.render(Context({"word": "two"})) == "one two"
    with translation.override("fr-ca"):
        assert page.render(Context({"word": "deux"})) == "deux deux"
    assert page.render(Context({"word": "three"})) == "one three"


def test_choices_are_escaped_and_one_is_chosen() -> None:
    page = Template("{% load quick %}{% choices pairs 2 %}")
    written = page.render(Context({"pairs": [(1, "A & B"), (2, "<i>")]}))
    assert written == '<option value="1">A &amp; B</option>\n<option value="2" selected>&lt;i&gt;</option>'


def still_parts() -> Iterator[str]:
    """Yield what stands in each still part of a template, what it includes put in."""
    for page in TEMPLATES.rglob("*.html"):
        for part in re.findall(r"{% still %}(.*?){% endstill %}", page.read_text(), re.DOTALL):
            included = re.findall(r'{% include "([^"]+)" %}', part)
            yield part + "".join((TEMPLATES / name).read_text() for name in included)


def test_nothing_that_stands_still_depends_on_who_asks() -> None:
    """It is shown to everybody: the address of Find is the same for all who have it."""
    parts = list(still_parts())
    assert len(parts) >= 5
    for part in parts:
        assert set(re.findall(r"{{ *([^}|]+?) *[|}]", part)) <= {"nav.find"}
        assert not re.search(r"{% *(csrf_token|if|for|with|url)\b", part)
