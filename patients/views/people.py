"""Pages about people: the list, finding one, registering, editing."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid5

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from phonenumber_field.phonenumber import to_python

from clinic.lib.access import Permission, allows, requires
from clinic.lib.audit import log_reading
from clinic.lib.locks import Busy
from clinic.lib.operations import OperationReused
from clinic.lib.requests import person
from patients.archived import sent_on
from patients.details import PHONES, Details, DetailsRefused
from patients.forms import PatientForm
from patients.models import Patient
from patients.services.people import StalePatient, edit_patient, register_patient
from patients.services.twins import say_not_twins
from patients.twins import find_twins

PAGE_SIZE = 50
LONGEST_QUERY = 100
TWINS_SHOWN = 2
SOMEONE_ELSE = "other_"
"""Begins the name of the field beside a likely twin; the twin's key ends it."""


def _listed(request: HttpRequest, query: str, number: str | None = None) -> dict[str, Any]:
    """Return what the list shows: one page of everybody, or of who matches."""
    patients, archived = Patient.objects.visible_to(person(request)), bool(request.GET.get("archived"))
    everybody = patients if archived else patients.on_file()
    meant = patients.likeliest(query, archived=archived) if query else everybody
    page = Paginator(meant, PAGE_SIZE).get_page(number)
    # Where a name leads: to the file, or on to a visit of who walked in. Every link of the list keeps it.
    then = {"then": "visit"} if request.GET.get("then") == "visit" else {}
    return {
        "page": page,
        "query": query,
        "archived": archived,
        "then": urlencode(then),
        "keep": urlencode(then | ({"q": query} if query else {}) | ({"archived": "1"} if archived else {})),
        "may_edit": allows(request.user, Permission.EDIT_PATIENTS),
        "may_merge": allows(request.user, Permission.MERGE_PATIENTS),
    }


@require_safe
@requires(Permission.SEE_PATIENTS)
def patient_list(request: HttpRequest) -> HttpResponse:
    """All patients by name, or those who match; the whole page, also where no script runs."""
    return render(request, "patients/list.html", _listed(request, _query(request), request.GET.get("page")))


@require_safe
@requires(Permission.SEE_PATIENTS)
def patient_find(request: HttpRequest) -> HttpResponse:
    """Who matches so far, as a part of the page, while someone types."""
    return render(request, "patients/results.html", _listed(request, _query(request)))


def _query(request: HttpRequest) -> str:
    return request.GET.get("q", "").strip()[:LONGEST_QUERY]


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.EDIT_PATIENTS)
def patient_new(request: HttpRequest) -> HttpResponse:
    """Register a person; what was typed into the search is kept as their name."""
    if request.method == "GET":
        first, _space, last = request.GET.get("name", "").strip().rpartition(" ")
        return _form_page(
            request, PatientForm(initial={"first_name": first or last, "last_name": last if first else ""})
        )
    form = PatientForm(request.POST)
    if form.is_valid():
        try:
            patient = register_patient(
                key=form.cleaned_data["operation"],
                details=form.details(),
                way=form.cleaned_data["way"],
                actor=person(request),
                now=timezone.now(),
            )
        except DetailsRefused as refused:
            _explain(form, refused)
        except Busy:
            form.add_error(None, _("Many people are saving at this moment. Nothing was saved. Try again."))
        except OperationReused:
            words = _("This form was saved before with other words. Nothing was saved now. Open a new one to register.")
            form.add_error(None, words)
        else:
            _say_someone_else(request, patient, form.cleaned_data["operation"])
            said = _("%(name)s is registered: file %(file)s.")
            messages.success(request, said % {"name": patient.full_name, "file": patient.file_label})
            return redirect("plan_new" if "book" in request.POST else "patient_page", patient.public_id)
    return _form_page(request, form)


@require_POST
@requires(Permission.EDIT_PATIENTS)
def patient_twins(request: HttpRequest) -> HttpResponse:
    """Who on file may be the person that is being typed; saves nothing. POST keeps what was typed out of addresses."""
    form = PatientForm(request.POST)
    form.full_clean()
    typed = form.cleaned_data
    twins = find_twins(typed)[:TWINS_SHOWN]
    names = [f"{SOMEONE_ELSE}{twin.patient.public_id}" for twin in twins]
    asked = [(twin, name, request.POST.get(name, "")) for twin, name in zip(twins, names, strict=True)]
    return render(request, "patients/twins.html", {"twins": asked, "typed": typed})


def _say_someone_else(request: HttpRequest, patient: Patient, key: UUID) -> None:
    """Keep what was said beside a likely twin: why that one is somebody else. Asked once, not on the list again."""
    reasons = {name.removeprefix(SOMEONE_ELSE): str(why) for name, why in request.POST.items() if str(why).strip()}
    alike = {str(twin.patient.public_id): twin.patient for twin in find_twins(Details.of(patient).as_dict())}
    for other in alike.keys() & reasons.keys():
        try:
            say_not_twins(
                key=uuid5(key, other + reasons[other]),
                one_id=patient.pk,
                other_id=alike[other].pk,
                reason=reasons[other],
                actor=person(request),
                now=timezone.now(),
            )
        except Busy:
            messages.warning(request, _("Why it is someone else was not kept: say it on the list of likely twins."))


@require_POST
@requires(Permission.EDIT_PATIENTS)
def patient_guardian(request: HttpRequest) -> HttpResponse:
    """The fields of a guardian, when the birth date that is typed asks for one; saves nothing."""
    shown = {"form": PatientForm(initial=request.POST.dict()), "is_part": True}
    return render(request, "patients/guardian.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.EDIT_PATIENTS)
def patient_edit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Change what is on file. If someone else did meanwhile, show both and save nothing."""
    files = Patient.objects.visible_to(person(request)).select_related("merged_into")
    patient = get_object_or_404(files, public_id=public_id)
    if kept := sent_on(request, patient, "patient_edit"):
        return kept
    if request.method == "GET":
        log_reading(person(request), patient, "edit")
        return _form_page(request, PatientForm(instance=patient))
    form = PatientForm(request.POST, instance=patient)
    if form.is_valid():
        try:
            saved = edit_patient(
                patient_id=patient.pk,
                version=form.cleaned_data["version"] or 0,
                details=form.details(),
                way=form.cleaned_data["way"],
                actor=person(request),
                now=timezone.now(),
            )
        except DetailsRefused as refused:
            _explain(form, refused)
        except Busy:
            form.add_error(None, _("Someone else is saving this file. Nothing was saved. Try again."))
        except StalePatient as stale:
            merged = Merge.of(request.POST, form, stale)
            form = PatientForm(merged.data, instance=stale.patient)
            form.is_valid()
            return _form_page(request, form, merged=merged, stale=stale)
        else:
            messages.success(request, _("%(name)s is up to date.") % {"name": saved.full_name})
            return redirect("patient_page", saved.public_id)
    return _form_page(request, form)


@dataclass(frozen=True)
class Both:
    """One fact that someone else changed: what the file says now, and whether other words of the form were kept."""

    label: str
    now: Any
    typed: Any
    kept: bool


@dataclass(frozen=True)
class Merge:
    """What two people typed, put together: nobody's words are lost."""

    data: QueryDict
    facts: list[Both]

    @classmethod
    def of(cls, posted: QueryDict, form: PatientForm, stale: StalePatient) -> "Merge":
        """Take over what only the other changed; keep what was typed here, and show where both differ."""
        typed = Details.as_dict(form.details())
        data, facts = posted.copy(), []
        data["version"] = str(stale.patient.version)
        for change in stale.changes:
            mine, kept = typed[change.field], typed[change.field] != change.was
            if not kept:
                data[change.field] = "on" if change.now is True else str(change.now or "")
                if change.now is False:
                    del data[change.field]
            said = to_python if change.field in PHONES else _as_it_is
            label = str(form.fields[change.field].label)
            facts.append(Both(label, said(change.now), said(mine), kept and mine != change.now))
        return cls(data, facts)


def _as_it_is(value: Any) -> Any:  # noqa: ANN401
    return value


def _explain(form: PatientForm, refused: DetailsRefused) -> None:
    for field, sentence in refused.problems.items():
        form.add_error(field, sentence)


def _form_page(request: HttpRequest, form: PatientForm, **shown: Any) -> HttpResponse:
    return render(request, "patients/form.html", shown | {"form": form, "patient": form.instance})
