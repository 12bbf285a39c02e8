"""How addresses write a local day: 2026-12-01."""

from datetime import date


class DayConverter:
    """`<day:on>` in an address is a `date` in a view."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: date | str) -> str:
        return value if isinstance(value, str) else value.isoformat()
