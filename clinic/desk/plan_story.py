"""What happened with a course itself: planned, paused, resumed, stopped, longer, shorter. From its event rows."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.text import joined
from treatments.models import PlanStatus, TreatmentPlan

Story = tuple[datetime, str, str, str, str]
"""When, an icon, what, the details, and a tone."""
Who = Callable[[Any], str]

TURNS = {
    (PlanStatus.ACTIVE, PlanStatus.PAUSED): ("pause-circle", lambda: _("Course paused"), ""),
    (PlanStatus.PAUSED, PlanStatus.ACTIVE): ("play-circle", lambda: _("Course resumed"), "acc"),
    (PlanStatus.ACTIVE, PlanStatus.FINISHED): ("flag", lambda: _("Course finished"), "done"),
    (PlanStatus.FINISHED, PlanStatus.ACTIVE): ("play-circle", lambda: _("Course under way again"), ""),
    (PlanStatus.ACTIVE, PlanStatus.DISCONTINUED): ("stop-circle", lambda: _("Course stopped"), "bad"),
    (PlanStatus.PAUSED, PlanStatus.DISCONTINUED): ("stop-circle", lambda: _("Course stopped"), "bad"),
}
BACK = "arrow-counterclockwise"
UNDONE = {
    (PlanStatus.PAUSED, PlanStatus.ACTIVE): lambda: _("The pause was undone"),
    (PlanStatus.ACTIVE, PlanStatus.PAUSED): lambda: _("The resuming was undone: paused again"),
    # Only an undo leads back from a stop.
    (PlanStatus.DISCONTINUED, PlanStatus.ACTIVE): lambda: _("The stop was undone"),
    (PlanStatus.DISCONTINUED, PlanStatus.PAUSED): lambda: _("The stop was undone: paused again"),
}
"""What a change of state is when an act was taken back by it."""


def events_of(plans: Iterable[TreatmentPlan]) -> list[Any]:
    """Return every change of these courses, the oldest first, with who made it."""
    model = TreatmentPlan.pgh_event_model  # type: ignore[attr-defined]
    rows = model.objects.filter(pgh_obj_id__in=[plan.pk for plan in plans])
    return list(rows.select_related("pgh_context").order_by("pgh_id"))


def plan_stories(plans: Iterable[TreatmentPlan], events: list[Any], who: Who) -> list[Story]:
    """Tell what was done with these courses."""
    made = {plan.pk: plan for plan in plans}
    several = len(made) > 1
    before: dict[int, Any] = {}
    found = []
    for event in events:
        plan, earlier = made[event.pgh_obj_id], before.get(event.pgh_obj_id)
        about = plan.name if several else ""
        if earlier is None:
            found.append(_planned(plan, event, who(event)))
        else:
            found += _changed(earlier, event, joined(about, who(event)))
        before[event.pgh_obj_id] = event
    return found


def _planned(plan: TreatmentPlan, event: Any, by: str) -> Story:  # noqa: ANN401 - a model that pghistory makes
    text = _("Course planned: %(name)s") % {"name": event.name}
    count = ngettext("%(count)d session", "%(count)d sessions", event.session_count) % {"count": event.session_count}
    return plan.created_at, "signpost-split", text, joined(count, by), ""


def _changed(before: Any, event: Any, by: str) -> list[Story]:  # noqa: ANN401
    found = []
    way, undone = (before.status, event.status), _is_undo(event)
    turn = (BACK, UNDONE[way], "") if undone and way in UNDONE else TURNS.get(way)
    if turn:
        icon, words, tone = turn
        reason = event.status_reason if event.status_reason != before.status_reason else ""
        found.append((event.pgh_created_at, icon, str(words()), joined(reason, by), tone))
    more = event.session_count - before.session_count
    if more:
        total = _("%(total)d now") % {"total": event.session_count}
        reason = event.many_sessions_reason if event.many_sessions_reason != before.many_sessions_reason else ""
        icon = BACK if undone else "plus-circle" if more > 0 else "dash-circle"
        found.append((event.pgh_created_at, icon, _longer(more, undone=undone), joined(total, reason, by), ""))
    return found


def _is_undo(event: Any) -> bool:  # noqa: ANN401
    return bool(event.pgh_context and "undoes" in event.pgh_context.metadata)


def _longer(more: int, *, undone: bool) -> str:
    """Say that a course got `more` sessions (fewer when below 0), by an act or by the undo of one."""
    if undone:
        said = (
            ngettext("%(count)d dropped session is back", "%(count)d dropped sessions are back", more)
            if more > 0
            else ngettext("%(count)d added session was undone", "%(count)d added sessions were undone", -more)
        )
    else:
        said = (
            ngettext("%(count)d session added", "%(count)d sessions added", more)
            if more > 0
            else ngettext("%(count)d session dropped", "%(count)d sessions dropped", -more)
        )
    return said % {"count": abs(more)}
