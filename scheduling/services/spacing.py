"""Days between visits after the fact: what is put back must not stand too near to what was booked meanwhile."""

from collections.abc import Collection

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.days import local_day, span_words
from clinic.models import Clinic
from scheduling.models import HOLDING, Appointment
from treatments.models import TreatmentPlan


def too_near(plan: TreatmentPlan, placed: Collection[int]) -> str:
    """Return in a sentence which of these visits stands too near to another one, neither with a reason; else "".

    Read as it now stands, in this transaction: within the course, and across the patient's courses on the same area.
    """
    zone = Clinic.objects.current().tz
    courses = [plan, *TreatmentPlan.objects.on_the_same_area_as(plan)]
    least = {course.pk: max(course.interval_min, plan.interval_min) for course in courses}
    held = Appointment.objects.filter(session__plan__in=courses, status__in=HOLDING).order_by("starts_at", "pk")
    rows = list(held.values_list("pk", "session__plan", "starts_at", "early_reason"))
    for key, course, starts_at, reason in rows:
        if key not in placed or course != plan.pk or reason:
            continue
        day = local_day(starts_at, zone)
        for other, of_course, other_starts, other_reason in rows:
            beside = local_day(other_starts, zone)
            if other != key and not other_reason and abs((beside - day).days) < least[of_course]:
                days = span_words(min(day, beside), max(day, beside), day)
                return _words(days, abs((beside - day).days), least[of_course])
    return ""


def _words(days: str, between: int, least: int) -> str:
    words = ngettext(
        "%(days)s would be only %(n)d day apart; %(least)d are needed.",
        "%(days)s would be only %(n)d days apart; %(least)d are needed.",
        between,
    )
    return words % {"days": days, "n": between, "least": least}


def needed(sentence: str) -> str:
    """Return the sentence with what to do about it."""
    return _("%(why)s Nothing was saved. Move the other visit first.") % {"why": sentence}
