"""The worker's sign of life: a row written by a task, so that broker, worker and database all had to work for it."""

from typing import Any

from celery import shared_task
from celery.signals import worker_ready
from django.utils import timezone

from clinic.models import Heartbeat

WORKER = "worker"


@shared_task(name="clinic.beat_heart")
def beat_heart() -> None:
    Heartbeat.objects.update_or_create(name=WORKER, defaults={"at": timezone.now()})


@worker_ready.connect
def beat_at_once(**kwargs: Any) -> None:  # noqa: ARG001 - Celery's signature
    """Ask for a first beat when the worker is ready, so that `/healthz` does not wait a minute for beat's."""
    beat_heart.apply_async(expires=60)
