"""What pages have in common is drawn once for each language; lists of choices as a template would write them."""

from django.template import Context, Template
from django.utils import translation


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
