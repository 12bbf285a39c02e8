"""Takes away what stands behind the locks: changes of state then write over whatever came between."""

from types import ModuleType
from typing import Any

import pytest
from django.db.models import F

from scheduling.models import Appointment
from scheduling.services import acting, courses, files, lengths, merging, numbering, placing, undo
from treatments.models import Session

WRITERS: list[ModuleType] = [acting, courses, files, lengths, merging, numbering, placing, undo]


def write_over(row: Any, *, same: Any, **fields: Any) -> None:
    """As compare_and_set, without the comparison."""
    type(row)._default_manager.filter(pk=row.pk).update(**fields)
    for name, value in fields.items():
        setattr(row, name, value)


def write_over_all(visits: list[Appointment], status: str, **fields: Any) -> None:
    """As change_status, without the comparison."""
    keys = [visit.pk for visit in visits]
    Appointment.objects.filter(pk__in=keys).update(status=status, version=F("version") + 1, **fields)
    for visit in visits:
        visit.status, visit.version = status, visit.version + 1


def write_over_states(sessions: list[Session], before: str, state: str) -> None:
    """As set_session_states, without the comparison."""
    Session.objects.filter(pk__in=[session.pk for session in sessions]).update(state=state)


def compare_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every service write by key alone."""
    for module in WRITERS:
        for name, careless in (
            ("compare_and_set", write_over),
            ("change_status", write_over_all),
            ("set_session_states", write_over_states),
        ):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, careless)
