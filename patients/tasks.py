"""Celery carries, it does not judge: each task calls one service."""

from celery import shared_task
from django.utils import timezone

from patients.services.outbox.sweep import sweep


@shared_task(name="patients.sweep_messages")
def sweep_messages() -> None:
    sweep(timezone.now())
