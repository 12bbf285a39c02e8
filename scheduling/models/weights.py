"""What the clinic has the planner weigh: its own prices for each difference from a wished course."""

from dataclasses import fields

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from scheduling.planning.cost import Weights

USUAL = Weights()
NAMES = tuple(field.name for field in fields(Weights))
LEAST, MOST = 0, 1000
RANGES = {"early_sessions": (0, 15), "early_factor": (1, 10)}
"""Between which two numbers a value lies; a weight between LEAST and MOST."""


def bounds(name: str) -> tuple[int, int]:
    """Return the least and the most that a value may be."""
    return RANGES.get(name, (LEAST, MOST))


def _within(name: str) -> models.CheckConstraint:
    least, most = bounds(name)
    return models.CheckConstraint(
        condition=Q(**{f"{name}__gte": least, f"{name}__lte": most}), name=f"weight_of_{name}_within_bounds"
    )


class WeightsManager(models.Manager["PlanningWeights"]):
    def current(self) -> Weights:
        """Return the clinic's own weights; the usual ones before anybody has set others. One query."""
        row = self.first()
        return row.weights if row else USUAL


class PlanningWeights(models.Model):
    """One row, one clinic a database. The columns are those of `cost.Weights`; what each means stands there."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    quarter_hour = models.PositiveSmallIntegerField(_("a quarter of an hour"), default=USUAL.quarter_hour)
    other_day = models.PositiveSmallIntegerField(_("another weekday"), default=USUAL.other_day)
    gap_day = models.PositiveSmallIntegerField(_("a day more or less between"), default=USUAL.gap_day)
    other_clinician = models.PositiveSmallIntegerField(_("not the clinician asked for"), default=USUAL.other_clinician)
    change = models.PositiveSmallIntegerField(_("a change of clinician"), default=USUAL.change)
    trip = models.PositiveSmallIntegerField(_("another trip"), default=USUAL.trip)
    hole = models.PositiveSmallIntegerField(_("a gap that nobody can use"), default=USUAL.hole)
    early_sessions = models.PositiveSmallIntegerField(_("first sessions"), default=USUAL.early_sessions)
    early_factor = models.PositiveSmallIntegerField(_("how much more they cost"), default=USUAL.early_factor)
    moved = models.PositiveSmallIntegerField(_("leaving a time that stood"), default=USUAL.moved)
    late_day = models.PositiveSmallIntegerField(_("a day too late"), default=USUAL.late_day)

    objects = WeightsManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="planning_weights_are_one"),
            *(_within(name) for name in NAMES),
        ]

    def __str__(self) -> str:
        return "planning weights"

    @property
    def weights(self) -> Weights:
        return Weights(**{name: getattr(self, name) for name in NAMES})
