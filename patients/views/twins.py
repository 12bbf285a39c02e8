"""Files that may be one person's: the list of them."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clinic.lib.access import Permission, requires
from patients.twins import PAIRS, alike_on_file

PAGE_SIZE = 50


@require_safe
@requires(Permission.MERGE_PATIENTS)
def patient_twin_list(request: HttpRequest) -> HttpResponse:
    """Every pair of files that look alike, the likeliest first."""
    page = Paginator(alike_on_file(), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "patients/twin_list.html", {"page": page, "most": PAIRS})
