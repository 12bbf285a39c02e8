"""The notes of a visit, on the patient's phone: a public page behind a link and a birth date (domain 8.4).

GET shows a form and changes nothing, whoever follows the link: mail scanners do. Only a wrong answer is counted.
"""

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from clinic.lib.locks import in_transaction
from clinic.lib.typed import typed_date
from clinic.models import Clinic
from patients.models import Link
from patients.services.outbox import links
from scheduling.messages import NOTES
from scheduling.models import Appointment
from treatments.aftercare import note_of


class BirthDateForm(forms.Form):
    """Asks for the one thing that the patient knows and a stranger with the link does not."""

    day = forms.IntegerField(label=_("Day"), min_value=1, max_value=31)
    month = forms.IntegerField(label=_("Month"), min_value=1, max_value=12)
    year = forms.IntegerField(label=_("Year"), min_value=1900, max_value=2200)

    def answer(self) -> str:
        """Return the date as typed, whether or not there is such a day."""
        return "{year:04d}-{month:02d}-{day:02d}".format(**self.cleaned_data)


@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def visit_notes(request: HttpRequest, token: str) -> HttpResponse:
    link = links.find(token, NOTES, now=timezone.now())
    if link is None:
        return gone_link(request)
    with translation.override(link.message.patient.language):
        return _answered(request, token) if request.method == "POST" else _ask(request, BirthDateForm())


visit_notes.public = True  # type: ignore[attr-defined]


def _answered(request: HttpRequest, token: str) -> HttpResponse:
    """Show the note for the right birth date; count a wrong one, one at a time."""
    form = BirthDateForm(request.POST)
    if not form.is_valid():
        form.wrong = _("Type the day, the month and the year as numbers.")  # type: ignore[attr-defined]
        return _ask(request, form)

    def look() -> HttpResponse | int:
        """Return the answer, or how many tries are left."""
        link = links.lock(token, NOTES, now=timezone.now())
        if link is None:
            return gone_link(request)
        if typed_date(form.answer()) == link.message.patient.birth_date:
            return _note(request, link)
        return links.spend_try(link)

    left = in_transaction(look)
    if isinstance(left, HttpResponse):
        return left
    if not left:
        return gone_link(request)
    form.wrong = ngettext(  # type: ignore[attr-defined]
        "That is not the date we have. You have %(count)d more try.",
        "That is not the date we have. You have %(count)d more tries.",
        left,
    ) % {"count": left}
    return _ask(request, form)


def _ask(request: HttpRequest, form: BirthDateForm) -> HttpResponse:
    # A wrong answer is a 200 too: Django logs the path of a refusal, and this path is a secret.
    # `no-referrer` would make browsers post with "Origin: null", which the CSRF check refuses; this one names no path.
    return private(render(request, "scheduling/visit_notes_ask.html", {"form": form}), "strict-origin")


def _note(request: HttpRequest, link: Link) -> HttpResponse:
    now = timezone.now()
    visit = Appointment.objects.select_related("session__plan__protocol").get(message_links__message=link.message)
    note = None
    if visit.session:
        note = note_of(
            visit.session.plan.protocol,
            language=link.message.patient.language,
            ended_at=visit.ends_at,
            now=now,
            zone=Clinic.objects.current().tz,
        )
    context = {"note": note, "called": link.message.patient.called, "until": link.expires_at}
    return private(render(request, "scheduling/visit_notes.html", context), "no-referrer")


def gone_link(request: HttpRequest) -> HttpResponse:
    """Answer alike for a link that never was, is too old, was taken back or has no tries left."""
    return private(render(request, "scheduling/visit_notes_gone.html", status=404), "no-referrer")


def private(response: HttpResponse, referrer: str) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store, private"
    response.headers["Referrer-Policy"] = referrer
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response
