"""One direction: clinic.lib, clinic.models <- patients <- treatments <- scheduling <- assembly (design 3).

Reads the source, hidden imports inside functions too, the models' relations and the migrations' dependencies.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db.migrations.loader import MigrationLoader

BASE = Path(__file__).resolve().parent.parent
LAYERS = ["clinic", "patients", "treatments", "scheduling", "assembly"]
"""Lowest first. A module may import from its own layer and from those below it."""
CLINIC_BASE = ("clinic.lib", "clinic.models", "clinic.migrations", "clinic.templatetags")
"""What of `clinic` lies at the bottom; the rest of it is the assembly, at the top."""
INSIDE = ["models", "services", "rest"]
"""Inside an app: models <- services <- tasks, forms, views."""


def modules() -> Iterator[tuple[str, Path]]:
    """Yield every module of the project with its file, without tests."""
    for app in ("clinic", "patients", "treatments", "scheduling"):
        for path in sorted((BASE / app).rglob("*.py")):
            parts = path.relative_to(BASE).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def layer(module: str) -> int | None:
    """Return the layer of a module of ours; None for somebody else's."""
    app = module.partition(".")[0]
    if app == "clinic":
        below = any(module == base or module.startswith(f"{base}.") for base in CLINIC_BASE)
        return 0 if below else LAYERS.index("assembly")
    return LAYERS.index(app) if app in LAYERS else None


def imported(module: str, path: Path) -> Iterator[tuple[int, str]]:
    """Yield what a module imports, at its top or anywhere inside, as (line, full name)."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{source}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from ((node.lineno, str(name.value)) for name in node.args[:1] if isinstance(name, ast.Constant))


def all_imports() -> Iterator[tuple[str, Path, int, str]]:
    for module, path in modules():
        for line, name in imported(module, path):
            yield module, path, line, name


def kind(module: str) -> int | None:
    """Return what a module is inside its app: models, services, or the rest. None for packages and shared leaves."""
    parts = module.split(".")
    if len(parts) < 2 or parts[0] == "clinic":
        return None
    if parts[1] in {"models", "services"}:
        return INSIDE.index(parts[1])
    return INSIDE.index("rest") if parts[1] in {"tasks", "forms", "views", "admin", "urls"} else None


def where(path: Path, line: int) -> str:
    return f"{path.relative_to(BASE)}:{line}"


def test_imports_go_one_way_between_the_apps() -> None:
    wrong = [
        f"{where(path, line)}: {module} imports {name}"
        for module, path, line, name in all_imports()
        if (target := layer(name)) is not None and target > layer(module)  # type: ignore[operator]
    ]
    assert not wrong, "\n".join(wrong)


def test_models_never_import_services_and_services_never_import_tasks_or_views() -> None:
    wrong = [
        f"{where(path, line)}: {module} imports {name}"
        for module, path, line, name in all_imports()
        if module.partition(".")[0] == name.partition(".")[0]
        and (own := kind(module)) is not None
        and (target := kind(name)) is not None
        and target > own
    ]
    assert not wrong, "\n".join(wrong)


def test_nothing_is_imported_from_the_tests_or_from_a_module_called_core() -> None:
    wrong = [
        f"{where(path, line)}: {name}"
        for module, path, line, name in all_imports()
        if name.split(".")[0] == "tests" or (layer(name) is not None and "core" in name.split("."))
    ]
    assert not wrong, "\n".join(wrong)


def test_relations_of_models_go_the_same_way() -> None:
    wrong = []
    for model in apps.get_models():
        own = layer(model.__module__)
        for field in model._meta.get_fields():
            if own is None or not field.is_relation or field.auto_created or field.related_model is None:
                continue
            target = layer(field.related_model.__module__)  # type: ignore[union-attr]
            if target is not None and target > own:
                wrong.append(f"{model.__module__}.{model.__name__}.{field.name} -> {field.related_model}")
    assert not wrong, "\n".join(wrong)


def test_there_are_no_generic_foreign_keys() -> None:
    wrong = [path for module, path, line, name in all_imports() if "GenericForeignKey" in name]
    assert not wrong


def test_dependencies_of_migrations_go_the_same_way() -> None:
    order = {app: number for number, app in enumerate(LAYERS)}
    wrong = [
        f"{app}.{name} depends on {needed_app}.{needed}"
        for (app, name), migration in MigrationLoader(None).disk_migrations.items()
        for needed_app, needed in migration.dependencies
        if app in order and needed_app in order and order[needed_app] > order[app]
    ]
    assert not wrong, "\n".join(wrong)


def test_the_apps_do_not_talk_by_signals() -> None:
    """Celery's own `worker_ready` in clinic/tasks.py is not between apps."""
    wrong = [
        f"{where(path, line)}: {name}"
        for module, path, line, name in all_imports()
        if re.match(r"django\.(dispatch|db\.models\.signals|core\.signals|contrib\.auth\.signals)|blinker", name)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_module_outgrows_its_topic() -> None:
    long = {
        f"{path.relative_to(BASE)}": lines for _, path in modules() if (lines := len(path.open().readlines())) > 330
    }
    assert not {path for path in long if "/migrations/" not in path}, "make it a package by topic (design 3)"


def templates() -> list[Path]:
    return [path for path in sorted((BASE / "templates").rglob("*.html")) if "emails" not in path.parts]


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("a style attribute", r"<[^>]*\sstyle\s*="),
        ("a style element", r"<style\b"),
        ("a script without src", r"<script\b(?![^>]*\b(src=|type=\"application/json\"))"),
        ("an event attribute", r"<[^>]*\son[a-z]+\s*="),
        ("a javascript address", r"javascript:"),
        ("an hx-on attribute", r"\bhx-on\b"),
        ("something marked safe", r"\|\s*safe\b|autoescape\s+off"),
    ],
)
def test_no_template_holds_what_the_policy_forbids(what: str, pattern: str) -> None:
    """The strict content security policy refuses it in the browser; this says so at once. E-mails need their styles."""
    wrong = [
        f"{path.relative_to(BASE)}: {what}: {match[0][:80]}"
        for path in templates()
        for match in re.finditer(pattern, path.read_text(), re.IGNORECASE)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_reader_of_imports_sees_hidden_and_relative_ones(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(
        "from . import tasks\nfrom ..services.x import y\n"
        "def act():\n    import scheduling.models\n    importlib.import_module('treatments.tasks')\n"
    )
    names = [name for _, name in imported("patients.views.module", path)]
    assert names == ["patients.views.tasks", "patients.services.x.y", "scheduling.models", "treatments.tasks"]
