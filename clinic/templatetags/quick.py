"""What pages have in common, drawn once, and long lists, drawn in one go: a template is slow at both."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.template.base import NodeList, Parser, Token
from django.template.context import Context
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

register = template.Library()
CHOSEN = mark_safe(" selected")


class StillNode(template.Node):
    """The part of a template that is drawn once for each language, and kept as long as the process."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist
        self._kept: dict[str | None, SafeString] = {}

    def render(self, context: Context) -> SafeString:
        language = get_language()
        if language not in self._kept:
            self._kept[language] = self.nodelist.render(context)
        return self._kept[language]


@register.tag
def still(parser: Parser, token: Token) -> StillNode:  # noqa: ARG001 - a tag's signature
    """Keep what stands up to `endstill`: addresses of files, fixed words. Nothing in it may depend on the request."""
    nodelist = parser.parse(["endstill"])
    parser.delete_first_token()
    return StillNode(nodelist)


@register.simple_tag
def choices(pairs: Iterable[tuple[Any, Any]], chosen: Any) -> SafeString:  # noqa: ANN401 - whatever a field holds
    """Write the options of a list, value and word each."""
    return format_html_join(
        "\n",
        '<option value="{}"{}>{}</option>',
        ((value, CHOSEN if value == chosen else "", word) for value, word in pairs),
    )
