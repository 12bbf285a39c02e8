"""What the desk does with a free time and with those who wait: offer, call, take back, say yes for them, take off."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clinic.lib.access import Permission, requires
from clinic.lib.back import back
from clinic.lib.days import clock, wall_time
from clinic.lib.requests import person
from clinic.models import Clinic, Operation
from scheduling.forms.visits import ActForm
from scheduling.forms.waiting import OfferForm, WithdrawForm, read_stretch
from scheduling.models import Appointment, Offer, OfferRound, OfferState, WaitingEntry
from scheduling.planning.waiting_read import Stretch
from scheduling.services.offers import accept_offer, note_offer_call, start_round, take_back, take_by_phone
from scheduling.services.waiting import withdraw_entry
from scheduling.views.answers import attempt, tell
from scheduling.views.visit_acts import when
from scheduling.waiting_page import address_of


@require_POST
@requires(Permission.BOOK)
def offer_start(request: HttpRequest) -> HttpResponse:
    """Offer a time by mail: to one who was chosen, or to the first of the ranking."""
    form, now, clinic = OfferForm(request.POST), timezone.now(), Clinic.objects.current()
    stretch = read_stretch(form.data.get("time", ""), clinic.tz, now)
    if not form.is_valid() or stretch is None:
        return _refused(request)
    chosen = _entry(form.cleaned_data["entry"]) if form.cleaned_data["entry"] else None

    def said(operation: Operation) -> str:
        entry = _entry(UUID(operation.result["entry"]))
        offer = Offer.objects.filter(entry=entry, state=OfferState.OPEN).first()
        if offer is None or offer.expires_at is None:
            return _("Offered from %(time)s on: nobody is written to before.") % {"time": clock(clinic.send_from)}
        values = {"name": entry.patient.full_name, "until": clock(wall_time(offer.expires_at, clinic.tz))}
        return _("Offered to %(name)s by e-mail, until %(until)s.") % values

    _tell_after(
        request,
        lambda: start_round(
            key=form.cleaned_data["operation"],
            stretch=stretch,
            entry_id=chosen.pk if chosen else None,
            actor=person(request),
            now=now,
        ),
        said,
        undoable=False,
    )
    return redirect(address_of(stretch, clinic))


@require_POST
@requires(Permission.BOOK)
def offer_call(request: HttpRequest) -> HttpResponse:
    """Note what came of a call: they take the time, they do not, or nobody answered."""
    form, now, clinic = OfferForm(request.POST), timezone.now(), Clinic.objects.current()
    stretch = read_stretch(form.data.get("time", ""), clinic.tz, now)
    if not form.is_valid() or stretch is None or not form.cleaned_data["entry"] or not form.cleaned_data["outcome"]:
        return _refused(request)
    given = form.cleaned_data
    entry, key, outcome = _entry(given["entry"]), given["operation"], given["outcome"]
    if outcome == "taken":
        done = _taken(
            request,
            lambda: take_by_phone(key=key, stretch=stretch, entry_id=entry.pk, actor=person(request), now=now),
            entry,
        )
        return redirect("waiting_list" if done else address_of(stretch, clinic))
    words = {
        OfferState.DECLINED: _("%(name)s does not want this time."),
        OfferState.NO_ANSWER: _("%(name)s did not answer."),
    }[OfferState(outcome)]
    _tell_after(
        request,
        lambda: note_offer_call(
            key=key,
            stretch=stretch,
            entry_id=entry.pk,
            outcome=OfferState(outcome),
            actor=person(request),
            now=now,
        ),
        lambda _operation: words % {"name": entry.patient.full_name},
        undoable=False,
    )
    return redirect(address_of(stretch, clinic))


@require_POST
@requires(Permission.BOOK)
def offer_accept(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say for somebody that they take the time that was offered to them."""
    offer, form, now = get_object_or_404(_offers(), public_id=public_id), ActForm(request.POST), timezone.now()
    if not form.is_valid():
        return _refused(request)
    key = form.cleaned_data["operation"]
    done = _taken(
        request, lambda: accept_offer(key=key, offer_id=offer.pk, actor=person(request), now=now), offer.entry
    )
    return redirect("waiting_list" if done else _of_round(offer.round))


@require_POST
@requires(Permission.BOOK)
def offer_stop(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take an offer back, and stop offering the time."""
    offer, form, now = get_object_or_404(_offers(), public_id=public_id), ActForm(request.POST), timezone.now()
    if not form.is_valid():
        return _refused(request)
    _tell_after(
        request,
        lambda: take_back(key=form.cleaned_data["operation"], round_id=offer.round_id, actor=person(request), now=now),
        lambda _operation: _("Taken back. Nobody is offered this time now."),
        undoable=False,
    )
    return redirect(_of_round(offer.round))


@require_POST
@requires(Permission.BOOK)
def waiting_withdraw(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take somebody off the list."""
    entry = get_object_or_404(WaitingEntry.objects.select_related("patient"), public_id=public_id)
    form, now = WithdrawForm(request.POST), timezone.now()
    if not form.is_valid():
        messages.error(request, form.sentence())
        return redirect(back(request, reverse("waiting_list")))
    _tell_after(
        request,
        lambda: withdraw_entry(
            key=form.cleaned_data["operation"],
            entry_id=entry.pk,
            reason=form.cleaned_data["reason"],
            actor=person(request),
            now=now,
        ),
        lambda _operation: _("%(name)s waits no more.") % {"name": entry.patient.full_name},
        undoable=False,
    )
    return redirect("waiting_list")


def _offers() -> QuerySet[Offer]:
    return Offer.objects.select_related("round", "entry__patient")


def _entry(public_id: UUID) -> WaitingEntry:
    return get_object_or_404(WaitingEntry.objects.select_related("patient"), public_id=public_id)


def _of_round(held: OfferRound) -> str:
    return address_of(Stretch(held.clinician_id, held.starts_at, held.ends_at), Clinic.objects.current())


def _taken(request: HttpRequest, act: Callable[[], Operation], entry: WaitingEntry) -> bool:
    """Book or move, and say what now stands, with Undo."""
    clinic = Clinic.objects.current()

    def said(operation: Operation) -> str:
        visit = Appointment.objects.get(public_id=operation.result["appointment"])
        values = {"name": entry.patient.full_name, "when": when(visit, clinic)}
        if operation.kind == "move_to_earlier":
            return _("%(name)s comes %(when)s now. The old time is free.") % values
        return _("Booked for %(name)s: %(when)s.") % values

    return _tell_after(request, act, said)


def _tell_after(
    request: HttpRequest, act: Callable[[], Operation], said: Callable[[Operation], str], *, undoable: bool = True
) -> bool:
    """Do an act and tell on the next page what is now true, or what stood in its way."""
    answer = attempt(act, said, undoable=undoable)
    tell(request, answer)
    return answer.is_done


def _refused(request: HttpRequest) -> HttpResponse:
    messages.error(request, _("This button was not complete. Nothing was saved. Load the page again."))
    return redirect(back(request, reverse("waiting_list")))
