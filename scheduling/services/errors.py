"""What can stand in the way of a booking, each with a sentence for the person at the screen."""

from django.utils.translation import gettext as _

from scheduling.planning.single import Verdict


class BookingError(Exception):
    """Nothing was saved. `sentence` says what happened and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class SlotTaken(BookingError):
    """Something that the visit uses up is not free at that time. `verdict` knows what is free beside it."""

    def __init__(self, sentence: str, verdict: Verdict | None = None) -> None:
        super().__init__(sentence)
        self.verdict = verdict


class NotNamed(SlotTaken):
    """The course treats a restricted area, and the clinician is not named for it."""

    def __init__(self, why: str, what_to_do: str = "") -> None:
        values = {"why": why.rstrip("."), "do": what_to_do or _("Choose another clinician.")}
        super().__init__(_("%(why)s. Nothing was saved. %(do)s") % values)


class OutsideDueWindow(BookingError):
    """The day is too near to, or too far from, another session, and no reason was given that lifts it."""


class PlanNotOpen(BookingError):
    """The course takes no visits: it is paused, finished or stopped."""

    def __init__(self) -> None:
        super().__init__(_("This course takes no visits now. Nothing was saved. Open the course and resume it first."))


class CourseStopped(BookingError):
    """The course was stopped: no visit of it may stand."""

    def __init__(self) -> None:
        super().__init__(_("The course of this visit was stopped. Nothing was saved. Undo that, or plan a new course."))


class StaleCourse(BookingError):
    """The course is no longer in a state from which this act is possible."""


class TooManySessions(BookingError):
    """More sessions were asked for than a course may have."""


class TooFewSessions(BookingError):
    """Fewer sessions would be left than a course has, or than have a visit."""


class ReasonMissing(BookingError):
    """The act needs to be told why."""


class StaleAppointment(BookingError):
    """The visit is no longer in a state from which this act is possible."""


class UndoRefused(BookingError):
    """What the act made was changed since, so it cannot be taken back as a whole."""


class HoursRefused(BookingError):
    """Hours, an absence or a closure cannot be as they were asked for."""


class WouldHit(BookingError):
    """Nothing was saved: these visits (their keys) would stand outside the hours, and were not shown before."""

    def __init__(self, visits: list[int]) -> None:
        super().__init__(_("Visits would stand outside the new hours. Nothing was saved yet."))
        self.visits = visits


class WaitingRefused(BookingError):
    """Nobody was put on the waiting list, changed there or taken off."""


class OfferRefused(BookingError):
    """The time was not offered, not taken, or not taken back."""


class OfferGone(OfferRefused):
    """The offer is over: taken, declined, lapsed or taken back."""


class AwayRefused(BookingError):
    """A plan for an absence cannot be made or applied. `visits` are those that can no longer go where it says."""

    def __init__(self, sentence: str, visits: list[int] | None = None) -> None:
        super().__init__(sentence)
        self.visits = visits or []
