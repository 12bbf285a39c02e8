"""The lines of the day list as markup. A day has hundreds: what they share is worked out once, the rest is filled in.

Written out here and not in a template, because a template of twenty values a line took twenty times as long.
"""

from collections.abc import Iterable
from dataclasses import InitVar, dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from html import escape
from uuid import uuid4

from django.utils.dates import MONTHS
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from clinic.lib.access import Permission, allows
from clinic.models import Clinician, User
from clinic.templatetags.pistor import status
from scheduling.acts import ANY, VERBS, in_line, pattern
from scheduling.day.flags import Flag, Measures, flags_of
from scheduling.day.visits import DayVisit
from scheduling.models import AppointmentStatus

LINE = (
    '<tr class="day-row" id="visit-{key}" data-version="{version}">'
    '<td class="r day-t"><a class="day-at medium" href="{visit}" aria-label="{of}">{at}</a>{starts}</td>'
    '<td class="day-p"><a class="row-name row-cover" href="{patient}">{name}</a>{born}</td>'
    '<td class="day-w"><span>{what}</span>{number}</td>'
    '<td class="quiet day-c">{clinician}</td>'
    '<td class="quiet day-r">{room}</td>'
    '<td class="day-s">{status}{flags}{reason}</td>'
    '<td class="r act day-a">{acts}</td>'
    "</tr>"
)
SUB = '<span class="row-sub">{}</span>'
DEVICE = '<span class="row-sub day-dev">{}</span>'
WITH = '<span class="day-full">{}</span><span class="day-short">{}</span>'
FLAG = (
    '<span class="flag-{}" title="{}"><i class="bi bi-{}" aria-hidden="true"></i>'
    '<span class="visually-hidden">{} </span></span>'
)
FLAGS = '<span class="flags" data-more-of>{}</span>'
BUTTON = (
    '<button class="btn btn-sm btn-{}" form="act" formaction="{}" data-act="{}" name="operation" value="{}"'
    ' aria-label="{word}: {name}">{word}</button>'
)
MORE = (
    '<a class="btn btn-ghost btn-sm btn-icon day-more" href="{}" data-more aria-label="{}">'
    '<i class="bi bi-three-dots"></i></a>'
)
CLOSED = {AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW, AppointmentStatus.CANCELLED}
"""A line that asks for nothing has its state without the box."""


def line_name(visit: DayVisit, *, discreet: bool) -> str:
    """Return how a line calls its patient: by name, or by initials and file number where passers-by can read it."""
    if not discreet:
        return visit.patient_name
    return _("%(initials)s, file %(file)s") % {"initials": visit.initials, "file": visit.file_label}


@dataclass
class Lines:
    """Writes the lines of one page for one person. Each visit costs a fill-in and no query.

    Keys, moments and addresses are ours; words that somebody wrote are escaped where they are filled in.
    """

    user: User
    at: Measures
    clinicians: InitVar[dict[int, Clinician]]

    def __post_init__(self, clinicians: dict[int, Clinician]) -> None:
        self._granted = {one for one in Permission if allows(self.user, one)}
        self._acts = {verb: (_holed(how.name), how.key, escape(str(how.word))) for verb, how in VERBS.items()}
        self._has_menu = bool(self._granted & {Permission.BOOK, Permission.COMPLETE})
        self._with = {one.pk: WITH.format(escape(one.name), escape(one.short_name)) for one in clinicians.values()}
        self._visit, self._patient = _holed("appointment"), _holed("patient_page")
        self._months = [""] + [str(MONTHS[month]) for month in range(1, 13)]
        self._of, self._more = escape(_("%(time)s, the visit of %(name)s")), escape(_("More for %(name)s"))
        self._for, self._file = escape(_("for %(time)s")), escape(_("Born %(born)s · File %(file)s"))
        self._here = escape(_("since %(time)s"))
        self._number = escape(_("%(number)d of %(count)d"))

    def of(self, visits: Iterable[DayVisit]) -> SafeString:
        """Return the rows of these visits."""
        return SafeString("".join(map(self.line, visits)))

    def line(self, visit: DayVisit) -> SafeString:
        """Return one row of the table."""
        name, address = escape(line_name(visit, discreet=self.at.discreet)), self._visit.format(visit.public_id)
        arrives = self._clock(visit.arrives_at)
        return SafeString(
            LINE.format(
                key=visit.public_id,
                version=visit.version,
                visit=address,
                patient=self._patient.format(visit.patient_public_id),
                at=arrives,
                of=self._of % {"time": arrives, "name": name},
                starts=self._starts(visit),
                name=name,
                born=self._born(visit),
                what=escape(visit.what),
                number=self._of_how_many(visit),
                clinician=self._with[visit.clinician_id],
                room=_room(visit.room_name, visit.device_name),
                status=self._states[visit.status],
                flags=self._flags(visit),
                reason=self._since(visit) or ("" if self.at.discreet else _sub(visit.status_reason)),
                acts=self._buttons(visit, name, address) if self._has_menu else "",
            )
        )

    def _starts(self, visit: DayVisit) -> str:
        if visit.arrives_at == visit.starts_at:
            return ""
        return SUB.format(self._for % {"time": self._clock(visit.starts_at)})

    def _since(self, visit: DayVisit) -> str:
        """Return since when somebody waits."""
        if visit.status != AppointmentStatus.ARRIVED or visit.arrived_at is None:
            return ""
        return SUB.format(self._here % {"time": self._clock(visit.arrived_at)})

    def _born(self, visit: DayVisit) -> str:
        if self.at.discreet:
            return ""
        day = visit.birth_date
        born = f"{day.day} {self._months[day.month]} {day.year}"
        return SUB.format(self._file % {"born": born, "file": visit.file_label})

    def _of_how_many(self, visit: DayVisit) -> str:
        device = DEVICE.format(escape(visit.device_name)) if visit.device_name else ""
        if visit.number is None:
            return device
        return SUB.format(self._number % {"number": visit.number, "count": visit.session_count}) + device

    def _buttons(self, visit: DayVisit, name: str, address: str) -> str:
        found = ""
        for verb in in_line(visit, self.at.now, self.at.zone, self._granted):
            to, key, word = self._acts[verb]
            look = "ghost" if found else "secondary"
            found += BUTTON.format(look, to.format(visit.public_id), key, uuid4(), word=word, name=name)
        return found + MORE.format(address, self._more % {"name": name})

    def _flags(self, visit: DayVisit) -> str:
        """Return the marks; a click on them opens the line, as its button does."""
        flags = flags_of(visit, self.at)
        return FLAGS.format("".join(map(_flag, flags))) if flags else ""

    @cached_property
    def _states(self) -> dict[str, str]:
        """Every state as it is drawn, once a page: the words are in the language of who looks."""
        return {one.value: status(one, one.label, "plain" if one in CLOSED else "") for one in AppointmentStatus}

    def _clock(self, moment: datetime) -> str:
        wall = moment.astimezone(self.at.zone)
        return f"{wall.hour:02d}:{wall.minute:02d}"


def _holed(name: str) -> str:
    return pattern(name).replace(ANY, "{}")


def _sub(words: str) -> str:
    return SUB.format(escape(words)) if words else ""


# What many lines have in common is written once in the life of the process: it is the same whoever asks.
@lru_cache(maxsize=256)
def _room(room: str, device: str | None) -> str:
    return f"<span>{escape(room)}</span>{_sub(device or '')}"


@lru_cache(maxsize=256)
def _flag(flag: Flag) -> str:
    return FLAG.format(flag.tone, escape(flag.sentence), flag.icon, escape(flag.word))
