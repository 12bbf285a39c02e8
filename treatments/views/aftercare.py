"""The texts that patients read after a visit: their versions, one as the patient sees it, and a new one."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.lib.access import Permission, requires
from clinic.lib.locks import Busy
from clinic.lib.operations import OperationReused
from clinic.lib.requests import person
from clinic.lib.shelves import tabs_at
from clinic.models import Clinic
from patients.models import Language
from treatments.aftercare import first_version, note_of
from treatments.forms.aftercare import TextForms, UseForm
from treatments.models import AftercareText, Protocol
from treatments.services.aftercare import VersionExists, use_text, write_text
from treatments.views.shelves import GROUP, TABS

MASSAGE_HOURS = 24
"""What the preview takes for a treatment's hour of massage."""


@require_safe
@requires(Permission.MANAGE_CATALOGUE)
def aftercare_list(request: HttpRequest) -> HttpResponse:
    """Every version, the newest first, with the treatments that show it."""
    using: dict[int, list[str]] = {}
    for name, version in Protocol.objects.values_list("name", "aftercare_version"):
        using.setdefault(version, []).append(name)
    versions: dict[int, dict[str, Any]] = {}
    for text in AftercareText.objects.order_by("-version", "language"):
        row = versions.setdefault(text.version, {"number": text.version, "languages": [], "at": text.created_at})
        row["languages"].append(text.get_language_display())
        row["used_by"] = using.get(text.version, [])
    shown = {"versions": list(versions.values()), "tabs": tabs_at(request, TABS), "group": GROUP}
    return render(request, "treatments/catalogue/aftercare.html", shown)


@require_safe
@requires(Permission.MANAGE_CATALOGUE)
def aftercare_show(request: HttpRequest, version: int) -> HttpResponse:
    """Show one version as a patient reads it after a visit that ended now."""
    texts = {text.language: text for text in AftercareText.objects.filter(version=version)}
    if not texts:
        raise Http404
    language = request.GET.get("language", "")
    text = texts.get(language) or texts.get(Language.ENGLISH) or next(iter(texts.values()))
    now, zone = timezone.now(), Clinic.objects.current().tz
    like = Protocol(aftercare_version=version, massage_from_hours=MASSAGE_HOURS)
    with translation.override(text.language):
        note = note_of(like, language=text.language, ended_at=now, now=now, zone=zone)
    protocols = list(Protocol.objects.order_by("-is_active", "name"))
    shown = {
        "text": text,
        "note": note,
        "languages": [(Language(one), one == text.language) for one in texts],
        "lacking": [one for one in Language if one not in texts],
        "protocols": protocols,
        "all_show_it": all(protocol.aftercare_version == version for protocol in protocols),
        "massage_hours": MASSAGE_HOURS,
    }
    return render(request, "treatments/catalogue/aftercare_text.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_CATALOGUE)
def aftercare_new(request: HttpRequest) -> HttpResponse:
    """Write a new version from another (`from`), or a version in one more language (`into`, `language`)."""
    language = request.GET.get("language", "")
    language = language if language in Language.values else Language.ENGLISH.value
    into = _number(request.GET.get("into", ""))
    if into and not AftercareText.objects.filter(version=into).exists():
        raise Http404
    start = _start(_number(request.GET.get("from", "")) or into, language)
    forms = TextForms(request.POST or None, start, language=language, version=into)
    if request.method == "POST" and forms.is_valid():
        asked = forms.main.cleaned_data
        try:
            text = write_text(
                key=asked["operation"],
                version=into,
                language=language,
                content=forms.content(),
                actor=person(request),
                now=timezone.now(),
            )
        except VersionExists:
            forms.main.add_error(
                None, _("This version has a text in this language. Nothing was saved. Write a new version.")
            )
        except Busy:
            forms.main.add_error(None, _("Many people are saving at this moment. Nothing was saved. Try again."))
        except OperationReused:
            words = _("This form was saved before with other words. Nothing was saved now. Open it anew.")
            forms.main.add_error(None, words)
        else:
            said = _("Version %(number)d is written. No treatment shows it before you say so.")
            messages.success(request, said % {"number": text.version})
            return redirect("aftercare_show", text.version)
    shown = {
        "forms": forms,
        "language": Language(language),
        "into": into,
        "start": _number(request.GET.get("from", "")),
    }
    return render(request, "treatments/catalogue/aftercare_form.html", shown)


def _number(words: str) -> int | None:
    return int(words) if words.isdecimal() and len(words) < 5 else None


def _start(version: int | None, language: str) -> dict[str, Any]:
    """Return the parts of the text to start from, in this language where there is one."""
    texts = {text.language: text for text in AftercareText.objects.filter(version=version or 0)}
    text = texts.get(language) or texts.get(Language.ENGLISH) or next(iter(texts.values()), None)
    if text is None:
        return first_version()
    names = ("steps", "common", "same_day", "emergency", "months", "ahead")
    return {name: getattr(text, name) for name in names}


@require_POST
@requires(Permission.MANAGE_CATALOGUE)
def aftercare_use(request: HttpRequest, version: int) -> HttpResponse:
    """Let the ticked treatments show this version from now on."""
    if not AftercareText.objects.filter(version=version).exists():
        raise Http404
    form = UseForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Nothing was saved. Tick the treatments that show this text."))
        return redirect("aftercare_show", version)
    try:
        changed = use_text(
            key=form.cleaned_data["operation"],
            version=version,
            protocol_ids=[protocol.pk for protocol in form.cleaned_data["protocols"]],
            actor=person(request),
            now=timezone.now(),
        )
    except Busy:
        messages.error(request, _("Someone else is saving a treatment. Nothing was saved. Try again."))
    except OperationReused:
        messages.error(
            request, _("This form was saved before with other words. Nothing was saved now. Tick them again.")
        )
    else:
        said = ngettext(
            "%(count)d treatment shows version %(version)d now.",
            "%(count)d treatments show version %(version)d now.",
            len(changed),
        )
        messages.success(request, said % {"count": len(changed), "version": version})
    return redirect("aftercare_show", version)
