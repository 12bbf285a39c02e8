"""Celery carries, it does not judge: each task calls one service."""

from celery import shared_task
from django.utils import timezone

from scheduling.services.offer_sweep import advance


@shared_task(name="scheduling.advance_offers")
def advance_offers() -> None:
    advance(timezone.now())
