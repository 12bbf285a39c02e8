"""Addresses of the hours screens."""

from django.urls import URLPattern, path

from scheduling.views import hours, hours_acts


def patterns() -> list[URLPattern]:
    """Return them; the converters that they name must be registered by then."""
    return [
        path("hours/", hours.hours, name="hours"),
        path("hours/outside/", hours.hours_outside, name="hours_outside"),
        path("hours/closure/", hours_acts.hours_closure, name="hours_closure"),
        path("hours/<int:clinician_id>/", hours.hours_of, name="hours_of"),
        path("hours/<int:clinician_id>/week/", hours_acts.hours_week, name="hours_week"),
        path("hours/<int:clinician_id>/change/", hours_acts.hours_change, name="hours_change"),
        path("hours/<int:clinician_id>/absence/", hours_acts.hours_absence, name="hours_absence"),
        path(
            "hours/<int:clinician_id>/change/<day:on>/remove/",
            hours_acts.hours_change_remove,
            name="hours_change_remove",
        ),
        path("hours/absences/<int:absence_id>/remove/", hours_acts.hours_absence_remove, name="hours_absence_remove"),
        path("hours/closures/<int:closure_id>/remove/", hours_acts.hours_closure_remove, name="hours_closure_remove"),
        path("hours/undo/<uuid:operation_id>/", hours_acts.hours_undo, name="hours_undo"),
    ]
