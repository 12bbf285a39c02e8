"""The refusals that the code holds, read from its text: which sentences can stand in a person's way."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
APPS = ("clinic", "patients", "treatments", "scheduling")
NOT_SCREENS = {"migrations", "demo", "stack", "management"}
WORDS = {"_", "gettext", "gettext_lazy", "ngettext"}
REFUSING = {"add_error", "error", "warning", "ValidationError", "Unreadable", "HttpResponseBadRequest"}
SAYS_SO = re.compile(r"[Nn]othing (more )?was ")
PLACE = re.compile(r"%\(\w+\)[sd]")


def sentences() -> dict[str, str]:
    """Return each refusal (a msgid) with the module that holds it."""
    found = {}
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if not NOT_SCREENS & set(path.parts):
                tree = ast.parse(path.read_text(encoding="utf-8"))
                found |= dict.fromkeys(_refusals(tree), str(path.relative_to(ROOT)))
    return found


def longest_part(msgid: str) -> str:
    """Return the longest piece of a sentence that stands on the page as it is written."""
    return max((part.strip(" .") for part in PLACE.split(msgid)), key=len)


def _refusals(tree: ast.Module) -> set[str]:
    """Return the sentences that are raised, set beside a field or told as an error, and all that say what was saved."""
    places = [node for node in ast.walk(tree) if _refuses(node)]
    names = {one.id for node in places for one in ast.walk(node) if isinstance(one, ast.Name)}
    assigned = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in names
    ]
    found = {words for node in [*places, *assigned] for words in _words(node)}
    found |= {words for words in _words(tree) if SAYS_SO.search(words)}
    return {words for words in found if words.endswith((".", "?", "!"))}


def _refuses(node: ast.AST) -> bool:
    if isinstance(node, ast.Raise):
        return True
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
        return name in REFUSING or name.endswith("Refused")
    if isinstance(node, ast.keyword):
        return node.arg == "error_messages"
    if isinstance(node, ast.FunctionDef):
        return "problem" in node.name
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).startswith(("found[", "error_messages"))


def _words(node: ast.AST) -> Iterator[str]:
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in WORDS and call.args:
            first = call.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value
