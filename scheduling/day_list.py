"""One visit as the desk's pages show it: its words, and which acts its state and the hour allow."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from scheduling.models import Appointment, AppointmentStatus
from scheduling.services.appointments import RESTORABLE

OVER = {AppointmentStatus.COMPLETED}
OFF = {AppointmentStatus.NO_SHOW, AppointmentStatus.CANCELLED}


@dataclass(frozen=True)
class Row:
    """One visit of the day, and which acts its state and the hour allow."""

    visit: Appointment
    now: datetime
    notice_hours: int = 24

    @property
    def is_off(self) -> bool:
        return self.visit.status in OFF

    @property
    def is_over(self) -> bool:
        return self.visit.status in OVER

    @property
    def is_open(self) -> bool:
        return not (self.is_off or self.is_over)

    @property
    def may_complete(self) -> bool:
        return self.is_open and self.visit.arrives_at <= self.now

    @property
    def may_miss(self) -> bool:
        return self.visit.is_ahead and self.visit.starts_at <= self.now

    @property
    def may_cancel(self) -> bool:
        return self.is_open and self.visit.status != AppointmentStatus.IN_TREATMENT

    @property
    def may_move(self) -> bool:
        return self.visit.is_ahead

    @property
    def may_restore(self) -> bool:
        return self.visit.status in RESTORABLE

    @property
    def is_late_to_cancel(self) -> bool:
        """Say whether the clinic asks for more notice than is left."""
        return self.visit.starts_at - self.now < timedelta(hours=self.notice_hours)

    @property
    def what(self) -> str:
        """The treatment of a session, or what kind of visit it is."""
        session = self.visit.session
        return session.plan.name if session else self.visit.get_kind_display()

    @property
    def of_how_many(self) -> str:
        session = self.visit.session
        if session is None:
            return ""
        return _("%(number)d of %(count)d") % {"number": session.number, "count": session.plan.session_count}

    @property
    def title(self) -> str:
        """The visit by itself: "Session 7 of 10" or "Consultation"."""
        session = self.visit.session
        if session is None:
            return str(self.visit.get_kind_display())
        values = {"number": session.number, "count": session.plan.session_count}
        return _("Session %(number)d of %(count)d") % values

    @property
    def named(self) -> str:
        """How a question about this visit calls it: "session 7" or "the review"."""
        session = self.visit.session
        if session is None:
            return _("the %(kind)s") % {"kind": self.visit.get_kind_display().lower()}
        return _("session %(number)d") % {"number": session.number}
