"""How large a demo is asked for, and what of it cannot be."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from clinic.demo.guard import DemoRefused


@dataclass(frozen=True)
class Size:
    """A clinic to be made. `fill` is the part of the working minutes that visits take, of the past and of this week;
    ahead it falls evenly to nothing on the last of `days_ahead`.
    """

    patients: int = 1000
    clinicians: int = 4
    rooms: int = 4
    days_back: int = 42
    days_ahead: int = 84
    fill: float = 0.6
    seed: int = 1952

    def __post_init__(self) -> None:
        for name, (least, most) in LIMITS.items():
            if not least <= getattr(self, name) <= most:
                raise DemoRefused(
                    _("--%(name)s goes from %(least)s to %(most)s. Nothing was changed.")
                    % {"name": name.replace("_", "-"), "least": least, "most": most}
                )
        if self.days_back + self.days_ahead < 7:
            raise DemoRefused(_("The demo needs a week at least, before today or after. Nothing was changed."))

    @classmethod
    def of(cls, given: dict[str, Any]) -> "Size | None":
        """Return the size that the options ask for; None when none of them is given. Raises DemoRefused."""
        asked = {name: given[name] for name in cls.__dataclass_fields__ if given.get(name) is not None}
        if "clinicians" in asked:
            asked.setdefault("rooms", asked["clinicians"])
        return cls(**asked) if asked else None


LIMITS: dict[str, tuple[float, float]] = {
    "patients": (10, 5_000_000),
    "clinicians": (1, 200),
    "rooms": (1, 200),
    "days_back": (0, 10_000),
    "days_ahead": (0, 365),
    "fill": (0.05, 1.0),
}
"""Names of options, and the least and the most that each may be."""
