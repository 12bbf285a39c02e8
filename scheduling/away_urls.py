"""Addresses of the plan for an absence."""

from django.urls import URLPattern, path

from scheduling.views import away, away_acts


def patterns() -> list[URLPattern]:
    return [
        path("away/<int:clinician_id>/", away.away_span, name="away_span"),
        path("away/plans/<uuid:public_id>/", away.away_plan, name="away_plan"),
        path("away/plans/<uuid:public_id>/state/", away.away_state, name="away_state"),
        path("away/plans/<uuid:public_id>/look/", away_acts.away_look, name="away_look"),
        path("away/plans/<uuid:public_id>/stop/", away_acts.away_stop, name="away_stop"),
        path("away/plans/<uuid:public_id>/again/", away_acts.away_again, name="away_again"),
        path("away/plans/<uuid:public_id>/apply/", away_acts.away_apply, name="away_apply"),
        path("away/plans/<uuid:public_id>/rows/<uuid:visit_id>/", away_acts.away_row, name="away_row"),
        path("away/plans/<uuid:public_id>/rows/<uuid:visit_id>/pick/", away.away_pick, name="away_pick"),
    ]
