"""Drafts of the series planner: what a desk had planned and not booked. One a plan; the newest stays."""

from datetime import datetime
from typing import Any

from clinic.lib.locks import in_transaction
from clinic.models import User
from scheduling.models import PlannerDraft


def keep_draft(*, plan_id: int, posted: dict[str, Any], actor: User, now: datetime) -> PlannerDraft:
    """Keep this draft in place of the one before. Raises Busy when the row is held too long.

    No Operation: a draft promises nothing to anybody, and the same one kept twice is the same.
    """
    draft = PlannerDraft(plan_id=plan_id, user=actor, posted=posted, kept_at=now)

    def act() -> None:
        PlannerDraft.objects.bulk_create(
            [draft], update_conflicts=True, unique_fields=["plan"], update_fields=["user", "posted", "kept_at"]
        )

    in_transaction(act)
    return draft


def drop_draft(*, plan_id: int) -> None:
    """Let go of a plan's draft, if there is one: it was booked, or is not wanted any more."""
    PlannerDraft.objects.filter(plan_id=plan_id).delete()
