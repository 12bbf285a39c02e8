"""The words and looks that the script of the board needs: every sentence is made here, so that it can be translated."""

from typing import Any

from django.utils.translation import gettext as _

from clinic.templatetags.pistor import STATUS_LOOKS
from scheduling.board.asked import View
from scheduling.models import AppointmentStatus


def steps(view: View) -> dict[str, str]:
    """Return how the arrows and the way back to now are called in a view."""
    return {
        View.DAY: {"before": _("The day before"), "after": _("The day after"), "now": _("Today")},
        View.WEEK: {"before": _("The week before"), "after": _("The week after"), "now": _("This week")},
        View.MONTH: {"before": _("The month before"), "after": _("The month after"), "now": _("This month")},
    }[view]


def words() -> dict[str, Any]:
    """Return them as a plain value for `json_script`. A name in braces is put in by the script."""
    return {
        "status": {
            value: {"word": str(label), "look": STATUS_LOOKS[value][0], "icon": STATUS_LOOKS[value][1]}
            for value, label in AppointmentStatus.choices
            if value != AppointmentStatus.UNDONE
        },
        "grid": _("The day in columns"),
        "card": _("{from} to {until}, {name}, {what}, {status}, {room}"),
        "flagged": _("{word}: {why}"),
        "slot": _("{time}, {column}: free. Enter books."),
        "slotOff": _("{time}, {column}: {why}. Enter books."),
        "slotSeen": _("{time}, {column}: free."),
        "off": _("outside the hours"),
        "born": _("Born {born}"),
        "file": _("File {file}"),
        "hereBy": _("here by {time}"),
        "with": _("{room} with {who}"),
        "noPhone": _("no phone"),
        "groups": {
            "waiting": _("Waiting"),
            "treatment": _("In treatment"),
            "due": _("To close"),
            "expected": _("Expected"),
            "visits": _("Visits"),
            "done": _("Done"),
            "offs": _("Did not take place"),
        },
        "for": _("for {time}"),
        "until": _("until {time}"),
        "since": _("since {time}"),
        "sum": {
            "visits": _("visits"),
            "done": _("done"),
            "waiting": _("waiting"),
            "missed": _("no-show"),
        },
        "nothing": _("No visits on this day."),
        "open": _("Open"),
        "more": _("More of {name}"),
        "close": _("Close"),
        "lost": _("We lost the connection. The board shows {time}; it goes on by itself when the connection is back."),
        "changed": _("Changed by another desk: {names}."),
    }
