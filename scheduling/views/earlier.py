"""An earlier time, on the patient's phone: a public page behind a link. GET shows and changes nothing; a button posts.

The link is good for one offer until the time itself comes; the offer for its minutes. After those, and when the time
was given away meanwhile, the page says so and what stands.
"""

import uuid
from datetime import datetime

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.http import require_http_methods

from clinic.lib.locks import Busy
from clinic.lib.operations import OperationReused
from clinic.models import Clinic
from patients.services.outbox import links
from scheduling.models import Offer, OfferState
from scheduling.planning.waiting_read import Stretch, is_free
from scheduling.services.errors import BookingError
from scheduling.services.offering import EARLIER_TIME
from scheduling.services.offers import accept_offer, decline_offer
from scheduling.views.visit_notes import gone_link, private

ANSWERS = {"take": accept_offer, "no": decline_offer}


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def earlier_time(request: HttpRequest, token: str) -> HttpResponse:
    """Show the time, or what became of it; take or decline it."""
    now = timezone.now()
    link = links.find(token, EARLIER_TIME, now=now)
    offers = Offer.objects.select_related("round", "entry__appointment", "entry__patient")
    offer = offers.filter(message=link.message).first() if link else None
    if offer is None:
        return gone_link(request)
    with translation.override(offer.entry.patient.language):
        if request.method == "POST":
            return _answered(request, offer, token, now)
        return _page(request, offer, _standing(offer, now))


earlier_time.public = True  # type: ignore[attr-defined]


def _answered(request: HttpRequest, offer: Offer, token: str, now: datetime) -> HttpResponse:
    """Do what was pressed and show what is now true. Pressed twice, the second press gives the first answer."""
    answer = request.POST.get("answer", "")
    if answer not in ANSWERS:
        return _page(request, offer, _standing(offer, now))
    key = uuid.uuid5(offer.public_id, answer)
    try:
        ANSWERS[answer](key=key, offer_id=offer.pk, actor=None, now=now)
    except (Busy, OperationReused):
        return _page(request, offer, "busy")
    except BookingError:
        offer.refresh_from_db(fields=["state"])
        stands = _standing(offer, now)
        return _page(request, offer, "taken" if stands == "open" else stands)
    return redirect("earlier_time", token)


def _standing(offer: Offer, now: datetime) -> str:
    """Say what the page shows: open, yours, declined, lapsed, or taken by somebody else."""
    if offer.state == OfferState.ACCEPTED:
        return "yours"
    if offer.state == OfferState.DECLINED:
        return "declined"
    if offer.state == OfferState.WITHDRAWN:
        return "taken"
    if offer.state == OfferState.LAPSED or (offer.expires_at and offer.expires_at <= now):
        return "lapsed"
    held = offer.round
    stretch = Stretch(held.clinician_id, held.starts_at, held.ends_at)
    return "open" if is_free(stretch, Clinic.objects.current().tz) else "taken"


def _page(request: HttpRequest, offer: Offer, standing: str) -> HttpResponse:
    booked = offer.entry.appointment
    context = {
        "offer": offer,
        "standing": standing,
        "booked": booked if booked and booked.is_ahead and standing != "yours" else None,
    }
    # Always 200: Django logs the path of a refusal, and this path is a secret. Why "strict-origin": visit_notes.
    return private(render(request, "scheduling/earlier_time.html", context), "strict-origin")
