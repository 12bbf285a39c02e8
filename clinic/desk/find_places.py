"""Pages, days and acts that a person may open, found by their words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.lib.access import Permission, allows
from clinic.lib.context import PLACES
from clinic.lib.days import day_words
from clinic.lib.text import digits, normal
from clinic.lib.typed import typed_day
from clinic.models import User

from .find_people import Person

FURTHEST = 366 * 3
"""Days further off are birth dates, not days of the book."""
BOOKED_FOR = 1
"""For how many of the patients found booking is offered as a line: for the best match; for others it is a key."""


@dataclass(frozen=True)
class Line:
    """One line that leads somewhere."""

    label: str
    href: str
    icon: str
    detail: str = ""


@dataclass(frozen=True)
class Page:
    """A page beyond those of the navigation. `words` are what else people call it."""

    name: str
    label: str | Promise
    icon: str
    permission: Permission
    words: str | Promise = ""


WORDS: dict[str, str | Promise] = {
    "board": gettext_lazy("today day week calendar schedule appointments book columns"),
    "patient_list": gettext_lazy("people files list"),
    "message_list": gettext_lazy("e-mails mail reminders outbox"),
    "hours": gettext_lazy("opening working time absences closures away holidays staff"),
    "catalogue": gettext_lazy("treatments protocols concerns areas services"),
    "clinic_settings": gettext_lazy("clinic name address phone rooms devices"),
}
"""What else people call the pages of the navigation."""
MORE_PAGES = (
    Page(
        "day",
        gettext_lazy("Today as a list"),
        "list-ul",
        Permission.SEE_PATIENTS,
        gettext_lazy("day list appointments arrivals"),
    ),
    Page(
        "patient_twin_list",
        gettext_lazy("Files that look alike"),
        "people",
        Permission.MERGE_PATIENTS,
        gettext_lazy("twins duplicates double merge"),
    ),
    Page(
        "hours_outside",
        gettext_lazy("Visits outside the hours"),
        "calendar-x",
        Permission.MANAGE_HOURS,
        gettext_lazy("clash move absence closed"),
    ),
    Page(
        "aftercare_list",
        gettext_lazy("Aftercare texts"),
        "card-text",
        Permission.MANAGE_CATALOGUE,
        gettext_lazy("versions instructions notes"),
    ),
    Page(
        "visit_types",
        gettext_lazy("Kinds of visit"),
        "list-check",
        Permission.MANAGE_CLINIC,
        gettext_lazy("types lengths consultation review minutes"),
    ),
    Page(
        "offer_settings",
        gettext_lazy("Offers of free times"),
        "hourglass-split",
        Permission.MANAGE_CLINIC,
        gettext_lazy("waiting list minutes mail cap"),
    ),
    Page(
        "planning_settings",
        gettext_lazy("How courses are planned"),
        "sliders",
        Permission.MANAGE_CLINIC,
        gettext_lazy("weights planner proposals prices costs continuity"),
    ),
)
ACTS = (
    Page(
        "patient_new",
        gettext_lazy("Register a patient"),
        "person-plus",
        Permission.EDIT_PATIENTS,
        gettext_lazy("new add file create person"),
    ),
    Page(
        "hours_closure",
        gettext_lazy("Close the clinic for a day"),
        "door-closed",
        Permission.MANAGE_HOURS,
        gettext_lazy("closure closed holiday shut"),
    ),
    Page(
        "protocol_new",
        gettext_lazy("Add a treatment"),
        "journal-plus",
        Permission.MANAGE_CATALOGUE,
        gettext_lazy("new protocol catalogue"),
    ),
)


def pages(user: User, query: str) -> list[Line]:
    """Return the pages whose words begin with what was typed; all of them when nothing was."""
    known = [Page(one.name, one.label, one.icon, one.permission, WORDS.get(one.name, "")) for one in PLACES]
    return _lines(user, query, (*known, *MORE_PAGES))


def days(user: User, query: str, today: date) -> list[Line]:
    """Return the day of the book that was typed: "24 nov", "tomorrow", "friday"."""
    day = typed_day(query, today) if allows(user, Permission.SEE_PATIENTS) else None
    if day is None or abs((day - today).days) > FURTHEST:
        return []
    address = reverse("day", args=[day]) if day != today else reverse("day")
    words = {0: _("today"), 1: _("tomorrow"), -1: _("yesterday")}.get((day - today).days, "")
    return [Line(_("Day list of %(day)s") % {"day": day_words(day, today)}, address, "calendar-day", words)]


def acts(user: User, query: str, people: Sequence[Person], *, elsewhere: bool) -> list[Line]:
    """Return what can be done: book for who was found; register who was not, unless a page or day was meant."""
    found = [line for one in people[:BOOKED_FOR] if one.book and query for line in _books(one)]
    known = _lines(user, query, ACTS)
    nobody = query and not people and not known and not elsewhere and not digits(query) and "@" not in query
    if nobody and allows(user, Permission.EDIT_PATIENTS):
        address = f"{reverse('patient_new')}?{urlencode({'name': query})}"
        return [Line(_("Register “%(name)s”") % {"name": query}, address, "person-plus")]
    return found + known


def _lines(user: User, query: str, known: Sequence[Page]) -> list[Line]:
    return [
        Line(str(page.label), address, page.icon)
        for page in known
        if allows(user, page.permission) and _meant(page, query) and (address := _address(page.name))
    ]


def _meant(page: Page, query: str) -> bool:
    words = normal(f"{page.label} {page.words}").split()
    return all(any(word.startswith(part) for word in words) for part in normal(query).split())


def _address(name: str) -> str:
    """Return the address of a page, or nothing while it has none."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _books(one: Person) -> list[Line]:
    """Return the ways to book for one patient: their course, or a single visit."""
    name = {"name": one.patient.full_name}
    file = _("file %(number)s") % {"number": one.patient.file_label}
    single = reverse("visit_new", args=[one.patient.public_id])
    return [
        Line(_("Book for %(name)s") % name, one.book, "calendar-plus", file),
        Line(_("Book a single visit for %(name)s") % name, single, "calendar-event", file),
    ]
