"""Two files side by side: which words stay, what moves, and the merge itself."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from clinic.lib.access import Permission, requires
from clinic.lib.audit import log_reading
from clinic.lib.days import day_words
from clinic.lib.phones import phone_words
from clinic.lib.requests import person
from patients.archived import sent_on
from patients.facts import BOTH, FACTS, GONE, KEPT, Fact, differs, usual
from patients.models import Patient
from scheduling.services.merging import Pair, belongings, merge_patients, overlap, shared_places

from .files import file_of, key_of, refused

SHOWN = 20


@dataclass(frozen=True)
class Row:
    """One fact of both files. `choices` are what may stay, empty where the files agree."""

    fact: Fact
    kept: str
    gone: str
    choices: tuple[str, ...]
    chosen: str


@require_safe
@requires(Permission.MERGE_PATIENTS)
def patient_merge_find(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Find the other file of a person who has two."""
    patient = file_of(request, public_id)
    if kept := sent_on(request, patient, "patient_merge_find"):
        return kept
    query = request.GET.get("q", "").strip()[:100]
    files = Patient.objects.visible_to(person(request)).exclude(pk=patient.pk).filter(merged_into=None)
    others = files.likeliest(query, archived=True)[:SHOWN] if query else []
    return render(request, "desk/merge/find.html", {"patient": patient, "query": query, "others": others})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MERGE_PATIENTS)
def patient_merge(request: HttpRequest, public_id: UUID, other_id: UUID) -> HttpResponse:
    """Show both files, or make one of them: `public_id` stays, `other_id` goes."""
    if public_id == other_id:
        raise Http404
    kept, gone = file_of(request, public_id), file_of(request, other_id)
    for patient in (kept, gone):
        if patient.merged_into:
            # Also the second of a double click: the file is merged by now.
            return sent_on(request, patient, "patient_page") or redirect("patient_twin_list")
    if request.method == "POST":
        taken = {fact.name: _choice(fact, kept, gone, request.POST.get(f"take_{fact.name}", "")) for fact in FACTS}
        if not refused(request, lambda: _merge(request, kept, gone, taken)):
            words = _("The two files of %(name)s are one now: file %(file)s.")
            messages.success(request, words % {"name": kept.full_name, "file": kept.file_label})
            return redirect("patient_page", kept.public_id)
        return _page(request, kept, gone, taken, status=409)
    for patient in (kept, gone):
        log_reading(person(request), patient, "merge")
    return _page(request, kept, gone, {fact.name: usual(fact, kept, gone) for fact in FACTS})


def _merge(request: HttpRequest, kept: Patient, gone: Patient, taken: dict[str, str]) -> None:
    def version(name: str, patient: Patient) -> int:
        posted = request.POST.get(name, "")
        return int(posted) if posted.isdecimal() else patient.version

    merge_patients(
        key=key_of(request),
        pair=Pair(kept.pk, gone.pk, version("kept_version", kept), version("gone_version", gone)),
        take=taken,
        reason=request.POST.get("reason", ""),
        actor=person(request),
        now=timezone.now(),
    )


def _choice(fact: Fact, kept: Patient, gone: Patient, posted: str) -> str:
    return posted if posted in _choices(fact, kept, gone) else KEPT


def _choices(fact: Fact, kept: Patient, gone: Patient) -> tuple[str, ...]:
    if not differs(fact, kept, gone):
        return ()
    return (KEPT, GONE, BOTH) if fact.name == "note" and kept.note and gone.note else (KEPT, GONE)


def _page(
    request: HttpRequest, kept: Patient, gone: Patient, chosen: dict[str, str], status: int = 200
) -> HttpResponse:
    rows = [
        Row(fact, said(fact, kept), said(fact, gone), _choices(fact, kept, gone), chosen[fact.name]) for fact in FACTS
    ]
    shown = {
        "kept": kept,
        "gone": gone,
        "rows": [row for row in rows if row.kept or row.gone],
        "moves": moved_words({kind: len(keys) for kind, keys in belongings(gone).items()}),
        "overlap": overlap(kept, gone),
        "shared": shared_places(kept, gone),
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "desk/merge/page.html", shown, status=status)


def said(fact: Fact, patient: Patient) -> str:
    """Write a fact in words; empty where the file says nothing."""
    if fact.name == "language":
        return patient.get_language_display()
    if fact.name == "choices":
        mail = _("reminders by e-mail") if patient.reminders_by_email else _("no reminders by e-mail")
        news = _("news and offers") if patient.marketing_ok else _("no news or offers")
        told = (
            day_words(timezone.localtime(patient.choices_at).date(), timezone.localdate()) if patient.choices_at else ""
        )
        return ", ".join(part for part in (mail, news, told, patient.choices_source) if part)
    return ", ".join(_word(value) for value in fact.of(patient) if value)


def _word(value: Any) -> str:  # noqa: ANN401 - whatever a column holds
    return formats.date_format(value, "j F Y") if isinstance(value, date) else phone_words(value)


def moved_words(counts: dict[str, int]) -> list[str]:
    """Say what moves with a file: "2 courses", "14 visits"; nothing of what there is none of."""
    words = {
        "plans": lambda n: ngettext("%(n)d course", "%(n)d courses", n),
        "visits": lambda n: ngettext("%(n)d visit", "%(n)d visits", n),
        "messages": lambda n: ngettext("%(n)d message", "%(n)d messages", n),
        "links": lambda n: ngettext("%(n)d link in messages", "%(n)d links in messages", n),
        "files": lambda n: ngettext("%(n)d file merged before", "%(n)d files merged before", n),
        "waiting": lambda n: ngettext("%(n)d wish to come earlier", "%(n)d wishes to come earlier", n),
    }
    return [words[kind](n) % {"n": n} for kind, n in counts.items() if n]
