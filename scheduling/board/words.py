"""The words and looks that the script of the board needs: every sentence is made here, so that it can be translated."""

from datetime import date
from functools import lru_cache
from typing import Any

from django.urls import reverse
from django.utils.html import json_script
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from clinic.templatetags.pistor import STATUS_LOOKS
from scheduling.acts import ANY, VERBS
from scheduling.board.asked import View
from scheduling.models import AppointmentStatus

LEADS_ON = {"confirm", "arrive", "start", "complete"}
"""What brings a visit further; all else is no next step."""


def steps(view: View) -> dict[str, str]:
    """Return how the arrows and the way back to now are called in a view."""
    return {
        View.DAY: {"before": _("The day before"), "after": _("The day after"), "now": _("Today")},
        View.WEEK: {"before": _("The week before"), "after": _("The week after"), "now": _("This week")},
        View.MONTH: {"before": _("The month before"), "after": _("The month after"), "now": _("This month")},
    }[view]


def words_script() -> SafeString:
    """Return them as a script that runs nothing. They are the same for all boards in one language."""
    return _script(get_language())


@lru_cache(maxsize=8)
def _script(_language: str) -> SafeString:
    return json_script(words(), "board-words")


def words() -> dict[str, Any]:
    """Return them as a plain value. A name in braces is put in by the script."""
    return {
        "status": _statuses(),
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
        "groups": _groups(),
        "for": _("for {time}"),
        "until": _("until {time}"),
        "since": _("since {time}"),
        "sum": {
            "visits": _("visits"),
            "done": _("done"),
            "waiting": _("waiting"),
            "missed": _("no-show"),
        },
        "acts": _acts(),
        "pages": _pages(),
        "placeUrl": _pattern("appointment_place"),
        "undo": _("Undo"),
        "saved": _("Saved."),
        "cancelTitle": _("Cancel {what} of {name}?"),
        "cancelVerb": _("Cancel {what}"),
        "cancelWhen": _("{when}, {time}, {who}"),
        "session": _("session {n}"),
        "theVisit": _("the visit"),
        "refused": _("Not saved"),
        "freeNear": _("Free nearby"),
        "reason": _("Why"),
        "saveSo": _("Move it all the same"),
        "back": _("Leave it where it was"),
        "lostAct": _(
            "We lost the connection. It may not have been saved: the board shows it when the connection is back."
        ),
        "ghost": _("{time} with {column}. Enter saves, Esc leaves it where it was."),
        "ghostLeft": _("Left where it was."),
        "mover": _mover(),
        "moving": _("Move mode: Alt and the arrows move it, Enter saves, Esc leaves."),
        "hoursUrl": _hours_pattern(),
        "hoursOf": _("Change hours: {name}"),
        "hoursSpan": _("{from} to {until}, {column}. Enter opens the panel, Esc lets go."),
        "nothing": _("No visits on this day."),
        **_offers(),
        "open": _("Open"),
        "more": _("More of {name}"),
        "close": _("Close"),
        "lost": _("We lost the connection. The board shows {time}; it goes on by itself when the connection is back."),
        "changed": _("Changed by another desk: {names}."),
    }


def _offers() -> dict[str, str]:
    """Return what is said of a time that is being offered."""
    return {
        "offered": _("Offered by e-mail"),
        "offerAct": _("Book or stop"),
        "offerActOf": _("Book for {name}, or stop offering {time}"),
    }


def _statuses() -> dict[str, Any]:
    """Return how each state of a visit is said and drawn."""
    return {
        value: {"word": str(label), "look": STATUS_LOOKS[value][0], "icon": STATUS_LOOKS[value][1]}
        for value, label in AppointmentStatus.choices
        if value != AppointmentStatus.UNDONE
    }


def _groups() -> dict[str, Any]:
    """Return the heads of the list beside the board."""
    return {
        "waiting": _("Waiting"),
        "treatment": _("In treatment"),
        "due": _("To close"),
        "expected": _("Expected"),
        "visits": _("Visits"),
        "done": _("Done"),
        "offs": _("Did not take place"),
    }


def _acts() -> dict[str, Any]:
    """Return what a card's buttons say, and where they send."""
    return {
        verb: {
            "word": str(how.word),
            "icon": how.icon,
            "key": how.key,
            "url": _pattern(how.name),
            "asks": how.asks,
            "leads": verb in LEADS_ON,
        }
        for verb, how in VERBS.items()
    }


def _pages() -> list[dict[str, Any]]:
    """Return what a card's menu leads to: pages that show before and after. `ofCourse`: for a session alone."""
    return [
        {"word": _("Move the rest…"), "url": f"{_pattern('appointment_move')}?how=later", "ofCourse": True},
        {"word": _("Swap with another visit…"), "url": _pattern("appointment_swap"), "ofCourse": False},
    ]


def _mover() -> dict[str, Any]:
    """Return the words of the bar that moves a card by clicks."""
    return {
        "title": _("Move {name}"),
        "left": _("One column to the left"),
        "right": _("One column to the right"),
        "earlier": _("Earlier"),
        "later": _("Later"),
        "shorter": _("Shorter"),
        "longer": _("Longer"),
        "save": _("Save"),
        "leave": _("Leave"),
        "other": _("Another day"),
    }


def _pattern(name: str) -> str:
    """Return an address with `{id}` where the visit's own part stands."""
    return reverse(name, args=[ANY]).replace(ANY, "{id}")


def _hours_pattern() -> str:
    """Return the address of the panel of hours, with `{day}` and `{clinician}` where those stand."""
    made = reverse("board_hours", kwargs={"on": date(2000, 1, 1), "clinician_id": 0})
    return made.replace("2000-01-01", "{day}").replace("/0/", "/{clinician}/")
