"""Pages of a small table that the owner keeps: the list, and beside it the form of one row."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.lib.access import Permission, requires
from clinic.lib.locks import Busy
from clinic.lib.operations import OperationReused
from clinic.lib.requests import person
from clinic.lib.rows import Ahead, Check, RowChanged, RowRefused, fingerprint, no_check, shift_row, write_row

Words = str | Promise
AHEAD_SHOWN = 12


@dataclass(frozen=True)
class Tab:
    """A page of a group. `prefixes` begin the names of the addresses that count as being there."""

    name: str
    label: Words
    prefixes: tuple[str, ...]


@dataclass(frozen=True)
class Column:
    """One column of the list. `value` writes what a row shows; figures stand at the right."""

    label: Words
    value: Callable[[Any], Words]
    is_figure: bool = False


@dataclass(frozen=True)
class Note:
    """What a row means for the rest of the clinic, in a sentence; and a page that shows it, where there is one."""

    words: str
    href: str = ""
    act: str = ""


@dataclass(frozen=True)
class Shelf:
    """A small table. `name` begins the names of its addresses: room_list, room_new, room_edit, room_shift.

    `notes` say what a row on file means elsewhere: above its form, and after saving.
    """

    name: str
    model: type[models.Model]
    form: type["RowForm"]
    permission: Permission
    group: Words
    tabs: tuple[Tab, ...]
    icon: str
    title: Words
    hint: Words
    add: Words
    empty: Words
    columns: tuple[Column, ...]
    rows: Callable[[], "models.QuerySet[Any]"]
    check: Check = no_check
    notes: Callable[[Any, datetime], list[Note]] | None = None
    is_ordered: bool = False


def with_use(model: type[models.Model], held: str) -> "models.QuerySet[Any]":
    """Return the rows, each with how many in use hang on it as `in_use`; `held` names them from the row."""
    in_use = models.Count(held, filter=models.Q(**{f"{held}__is_active": True}))
    return model._default_manager.annotate(in_use=in_use)


def use_column(label: Words) -> Column:
    """Return the column that shows what `with_use` counts."""
    return Column(label, lambda row: str(row.in_use), is_figure=True)


class RowForm(forms.ModelForm):
    """The form of one row. `seen` is a fingerprint of what it showed, `operation` the key of this submit."""

    operation = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["seen"].initial = fingerprint(self.instance, self.names)
        self.fields["name"].widget.attrs["autocomplete"] = "off"
        self.fields["name"].error_messages["required"] = _("Enter a name.")
        if isinstance(kind := self.fields.get("kind"), forms.ModelChoiceField):
            kind.empty_label = _("Choose a kind")
            kind.error_messages["required"] = _("Choose a kind.")

    @property
    def names(self) -> list[str]:
        return list(self._meta.fields or [])

    def values(self) -> dict[str, Any]:
        """Return what was typed, as the service takes it."""
        return {name: self.cleaned_data[name] for name in self.names}

    def shown(self) -> list[forms.BoundField]:
        return [self[name] for name in self.names]

    def _post_clean(self) -> None:
        """Leave the instance as it is on file: the service writes, and checks under its lock."""


def tabs_at(request: HttpRequest, tabs: tuple[Tab, ...]) -> list[tuple[Tab, bool]]:
    """Return the pages of a group, each with whether it is the one that is open."""
    at = (request.resolver_match and request.resolver_match.url_name) or ""
    return [(tab, at.startswith(tab.prefixes)) for tab in tabs]


def shelf_urls(shelf: Shelf, at: str) -> list[URLPattern]:
    """Return the addresses of a table's pages under `at`, guarded by its permission."""
    guarded = requires(shelf.permission)
    read, write = require_safe, require_http_methods(["GET", "HEAD", "POST"])

    def listed(request: HttpRequest) -> HttpResponse:
        return _page(request, shelf)

    def new(request: HttpRequest) -> HttpResponse:
        return _row(request, shelf, shelf.model())

    def edit(request: HttpRequest, pk: int) -> HttpResponse:
        return _row(request, shelf, get_object_or_404(shelf.model, pk=pk))

    def shift(request: HttpRequest, pk: int) -> HttpResponse:
        return _shift(request, shelf, pk)

    found = [
        path(at, read(guarded(listed)), name=f"{shelf.name}_list"),
        path(f"{at}new/", write(guarded(new)), name=f"{shelf.name}_new"),
        path(f"{at}<int:pk>/", write(guarded(edit)), name=f"{shelf.name}_edit"),
    ]
    if shelf.is_ordered:
        found.append(path(f"{at}<int:pk>/shift/", require_POST(guarded(shift)), name=f"{shelf.name}_shift"))
    return found


def _page(
    request: HttpRequest, shelf: Shelf, form: RowForm | None = None, ahead: list[Ahead] | None = None
) -> HttpResponse:
    rows = list(shelf.rows())
    shown = {
        "shelf": shelf,
        "tabs": tabs_at(request, shelf.tabs),
        "rows": [(row, [(column, column.value(row)) for column in shelf.columns]) for row in rows],
        "has_state": any(field.name == "is_active" for field in shelf.model._meta.fields),
        "form": form,
        "row": form.instance if form else None,
        "notes": _notes(shelf, form.instance) if form else [],
        "ahead": (ahead or [])[:AHEAD_SHOWN],
        "ahead_more": max(0, len(ahead or []) - AHEAD_SHOWN),
        "list_name": f"{shelf.name}_list",
        "new_name": f"{shelf.name}_new",
        "edit_name": f"{shelf.name}_edit",
        "shift_name": f"{shelf.name}_shift",
    }
    return render(request, "shelves/page.html", shown)


def _row(request: HttpRequest, shelf: Shelf, row: models.Model) -> HttpResponse:
    if request.method != "POST":
        return _page(request, shelf, shelf.form(instance=row))
    form = shelf.form(request.POST, instance=row)
    ahead: list[Ahead] = []
    if form.is_valid():
        try:
            saved = write_row(
                key=form.cleaned_data["operation"],
                model=shelf.model,
                pk=row.pk,
                values=form.values(),
                seen=form.cleaned_data["seen"],
                actor=person(request),
                now=timezone.now(),
                check=shelf.check,
            )
        except RowRefused as refused:
            ahead = refused.ahead
            for field, sentence in refused.problems.items():
                form.add_error(field or None, sentence)
        except RowChanged as changed:
            form = _again(request, shelf, changed.row)
        except Busy:
            form.add_error(None, _("Many people are saving at this moment. Nothing was saved. Try again."))
        except OperationReused:
            form.add_error(None, _("This form was saved before with other words. Nothing was saved now. Open it anew."))
        else:
            said = _("%(name)s is up to date.") if row.pk else _("%(name)s is added.")
            messages.success(request, said % {"name": saved})
            return redirect(_after(shelf, saved))
    return _page(request, shelf, form, ahead)


def _notes(shelf: Shelf, row: models.Model) -> list[Note]:
    return shelf.notes(row, timezone.now()) if shelf.notes and row.pk else []


def _after(shelf: Shelf, row: models.Model) -> str:
    """Return where to go after saving: to the list, or to the row where there is more to say of it."""
    if _notes(shelf, row):
        return reverse(f"{shelf.name}_edit", args=[row.pk])
    return reverse(f"{shelf.name}_list")


def _again(request: HttpRequest, shelf: Shelf, row: models.Model) -> RowForm:
    """Return the form as it was typed, over the row as someone else left it, and say what stands there now."""
    fresh = shelf.form(instance=row)
    data = request.POST.copy()
    data["seen"] = fresh.fields["seen"].initial
    data["operation"] = str(uuid.uuid4())
    form = shelf.form(data, instance=row)
    form.is_valid()
    facts = ", ".join(f"{field.label}: {_said(row, field.name)}" for field in fresh.shown())
    words = _(
        "Someone else changed this while you wrote. On file now: %(facts)s. Nothing was saved. "
        "Save again to keep your words."
    )
    form.add_error(None, words % {"facts": facts})
    return form


def _said(row: models.Model, name: str) -> str:
    value = getattr(row, name)
    if isinstance(value, models.Manager):
        return ", ".join(str(one) for one in value.all()) or _("nobody")
    return (_("yes") if value else _("no")) if isinstance(value, bool) else str(value)


def _shift(request: HttpRequest, shelf: Shelf, pk: int) -> HttpResponse:
    row = get_object_or_404(shelf.model, pk=pk)
    form = ShiftForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("This button was not complete. Nothing was saved. Load the page again."))
        return redirect(f"{shelf.name}_list")
    try:
        shift_row(
            key=form.cleaned_data["operation"],
            model=shelf.model,
            pk=pk,
            step=int(form.cleaned_data["step"]),
            actor=person(request),
            now=timezone.now(),
        )
    except Busy:
        messages.error(request, _("Many people are saving at this moment. Nothing was saved. Try again."))
    except OperationReused:
        messages.error(request, _("This button was used before. Nothing more was saved. Look at the list again."))
    else:
        messages.success(request, _("%(name)s moved one place.") % {"name": row})
    return redirect(f"{shelf.name}_list")


class ShiftForm(forms.Form):
    operation = forms.UUIDField()
    step = forms.ChoiceField(choices=[("-1", "up"), ("1", "down")])
