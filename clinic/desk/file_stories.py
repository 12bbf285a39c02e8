"""What happened with a file itself: opened, changed, put away, taken back, made one with another."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from patients.details import Details
from patients.models import Merge, Patient

from .merge import moved_words

Story = tuple[datetime, str, str, str]
"""When, an icon, what, and the details."""
Who = Callable[[Any], str]
CHOICES = ("reminders_by_email", "marketing_ok", "choices_at")


def file_stories(patient: Patient, edits: list[Any], who: Who) -> list[Story]:
    """Tell the changes of a file; `edits` are its event rows, the newest first."""
    before = [*edits[1:], None]
    stories = [_of_event(patient, event, earlier, who) for event, earlier in zip(edits, before, strict=True)]
    return [story for story in stories if story] + _of_merges(patient)


def _of_event(patient: Patient, event: Any, earlier: Any, who: Who) -> Story | None:  # noqa: ANN401 - pghistory's rows
    at, by = event.pgh_created_at, who(event)
    if event.pgh_label == "insert":
        return patient.created_at, "person-plus", _("Registered"), by
    if earlier is None:
        return at, "pencil", _("Details changed"), by
    if event.archived_at != earlier.archived_at:
        if event.archived_at:
            return at, "archive", _("File archived"), _joined(event.archived_reason, by)
        return at, "box-arrow-in-left", _("File taken back into use"), by
    if any(getattr(event, name) != getattr(earlier, name) for name in CHOICES):
        return at, "envelope-check", _("Choices about mail changed"), _joined(_choices(event), event.choices_source)
    if Details.of(event) != Details.of(earlier):
        return at, "pencil", _("Details changed"), by
    return None  # a merge, told from its own log


def _choices(event: Any) -> str:  # noqa: ANN401
    mail = _("reminders by e-mail") if event.reminders_by_email else _("no reminders by e-mail")
    return f"{mail}, {_('news and offers') if event.marketing_ok else _('no news or offers')}"


def _of_merges(patient: Patient) -> list[Story]:
    """Tell from the log which files became this one: also those that came with one that was merged before."""
    merges = Merge.objects.filter(gone__merged_into=patient).select_related("gone", "user")
    return [_of_merge(merge) for merge in merges]


def _of_merge(merge: Merge) -> Story:
    moved = moved_words({kind: len(keys) for kind, keys in merge.moved.items() if kind != "taken"})
    words = _("File %(file)s became part of this one") % {"file": merge.gone.file_label}
    what = _("%(what)s moved") % {"what": ", ".join(moved)} if moved else ""
    return (
        merge.at,
        "sign-merge-right",
        words,
        _joined(what, merge.reason, merge.user.name if merge.user else merge.actor),
    )


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
