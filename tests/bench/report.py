"""Write what was measured: a table beside the goals, and a plot, both for docs/performance.md."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import log10
from pathlib import Path
from typing import Any

BEGINS, ENDS = "<!-- bench: from here on written by make bench -->", "<!-- bench: to here -->"
MOST_GROWTH = 1.5


@dataclass(frozen=True)
class Work:
    """One row: what people wait for, and what is to be reached: milliseconds, or a share of the floor.

    Nought where nobody has said what is to be reached: such a row is there to be compared with itself.
    """

    name: str
    goal: float
    floor: str
    is_rate: bool = False


WORKS = {
    "propose_one": Work("propose 15 sessions, one clinician", 30, "page"),
    "best_one": Work("the best 15 sessions, one clinician", 30, "page"),
    "propose_any": Work("the best 15 sessions, any of 20", 60, "page"),
    "save_series": Work("save that series", 60, "inserts"),
    "day": Work("day list of 300 visits, whole response", 40, "page"),
    "board": Work("board of 300 visits, whole response", 40, "page"),
    "board_feed": Work("board of 300 visits, something changed", 40, "page"),
    "board_same": Work("board of 300 visits, nothing new", 40, "page"),
    "month": Work("board: a month at a glance, whole response", 0, "page"),
    "rest": Work("a visit is lost: the rest spaced anew, whole response", 0, "page"),
    "drift": Work("courses that drift, four columns", 0, "page"),
    "waiting": Work("ranking 200 who would come earlier", 0, "page"),
    "search_letters": Work("search: 3 letters", 20, "twenty"),
    "search_phone": Work("search: part of a phone", 20, "twenty"),
    "search_born": Work("search: a birth date", 20, "twenty"),
    "find": Work("Find palette, 3 letters, whole response", 40, "page"),
    "book_http": Work("book one visit over HTTP", 0.5, "raw view", is_rate=True),
    "sweep": Work("10,000 reminders swept and sent", 0.7, "templates", is_rate=True),
}
FLOORS = {
    "page": "a signed-in view with one query",
    "twenty": "20 patients by their keys",
    "inserts": "15 bare inserts",
    "raw view": "a view that sends the same statements raw; and one that only inserts the same rows",
    "templates": "as many senders that write the same mails from the same templates, without a database",
}
Result = dict[str, Any]
"""What one size gave: `appointments`, `patients`, `rows`."""


def number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


def table(results: Sequence[Result]) -> str:
    """Return the table as Markdown: a line for each work and size, in the order of the goals."""
    lines = [
        "| work | size | p50 ms | p95 ms | p99 ms | processor ms | queries | floor p50 / p95 ms | goal | reached |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for key, work in WORKS.items():
        for result in results:
            row = next((row for row in result["rows"] if row["key"] == key), None)
            if row:
                lines.append(_line(work, result, row))
    return "\n".join(lines)


def size_of(result: Result) -> str:
    """Return a size as the table names it: by its visits, or by its patients where only they count."""
    if result.get("what") == "people":
        return f"{result['patients']:,} patients"
    return f"{result['appointments']:,}"


def _line(work: Work, result: Result, row: Result) -> str:
    if work.is_rate:
        return _rate_line(work, result, row)
    late = row["p95"] > work.goal
    goal, reached = f"{work.goal:g} ms", f"**{row['p95'] / work.goal:.1f} times**" if late and work.goal else "yes"
    if not work.goal:
        goal = reached = "–"
    cells = [work.name, size_of(result), *(number(row[name]) for name in ("p50", "p95", "p99", "work"))]
    cells += [str(row["queries"]), f"{number(row['floor_p50'])} / {number(row['floor_p95'])}"]
    return f"| {' | '.join(cells)} | {goal} | {reached} |"


def _rate_line(work: Work, result: Result, row: Result) -> str:
    share = row["rate"] / row["floor_rate"]
    times = [number(row[name]) if row[name] else "–" for name in ("p50", "p95", "p99")]
    floor = f"{row['floor_rate']:.0f} a second"
    if raw := row["more"].get("raw_rate"):
        floor += f"; {raw:.0f} of ready-made mails"
    if inserts := row["more"].get("insert_rate"):
        floor += f"; {inserts:.0f} of the inserts alone"
    name = work.name.replace("10,000", f"{row['more'].get('mails', 0):,}")
    cells = [f"{name}: {row['rate']:.1f} a second", size_of(result), *times, "–", "–", floor]
    reached = "yes" if share >= work.goal else "**no**"
    return f"| {' | '.join(cells)} | {work.goal:g} of the floor | {reached}, {share:.2f} |"


def growth(results: Sequence[Result]) -> str:
    """Return how much longer each takes in the largest book than in the smallest, by p50, p95 and processor."""
    books = [result for result in results if result.get("what") != "people"]
    if len(books) < 2:
        return ""
    small, large = ({row["key"]: row for row in result["rows"]} for result in (books[0], books[-1]))
    lines = ["| work | p50 | p95 | processor |", "|---|---|---|---|"]
    for key, work in WORKS.items():
        if key in small and key in large:
            lines.append(f"| {work.name} | {_growth(work, small[key], large[key])} |")
    few, many = books[0]["appointments"], books[-1]["appointments"]
    head = f"From {few:,} to {many:,} visits it takes so many times as long (goal: {MOST_GROWTH} at most):"
    return f"{head}\n\n" + "\n".join(lines)


def _growth(work: Work, small: Result, large: Result) -> str:
    if work.is_rate:
        return f"{small['rate'] / large['rate']:.2f} (by the rate) | – | –"
    return " | ".join(f"{large[name] / small[name]:.2f}" if small[name] else "–" for name in ("p50", "p95", "work"))


# --- The plot ---
WIDTH, LEFT, LINE, TOP = 860, 300, 44, 56
LOW, HIGH = 0.5, 1000.0
SHADES = ("#9fd3cf", "#3d9a94", "#005957", "#b26a00")


def _x(value: float) -> float:
    share = (log10(min(max(value, LOW), HIGH)) - log10(LOW)) / (log10(HIGH) - log10(LOW))
    return LEFT + share * (WIDTH - LEFT - 30)


def plot(results: Sequence[Result]) -> str:
    """Return an SVG: for each work a bar a size, to p95, on a scale of tens; the goal a line, the floor a dot."""
    keys = [key for key, work in WORKS.items() if not work.is_rate]
    keys = [key for key in keys if any(row["key"] == key for result in results for row in result["rows"])]
    height = TOP + LINE * len(keys) + 34
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        f'font-size="13" role="img" aria-label="Milliseconds within which 95 of 100 calls end">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
    ]
    for place, result in enumerate(results):
        x = LEFT + place * 135
        parts.append(f'<rect x="{x}" y="14" width="12" height="12" fill="{SHADES[place % len(SHADES)]}"/>')
        parts.append(f'<text x="{x + 17}" y="25" fill="#142121">{escape(size_of(result))}</text>')
    for tick in (1, 10, 100, 1000):
        x = _x(tick)
        parts.append(f'<line x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{height - 26}" stroke="#d8dedd"/>')
        parts.append(f'<text x="{x:.1f}" y="{height - 8}" text-anchor="middle" fill="#465353">{tick} ms</text>')
    for line, key in enumerate(keys):
        parts += _bars(key, TOP + line * LINE, results)
    return "\n".join([*parts, "</svg>", ""])


def _bars(key: str, top: int, results: Sequence[Result]) -> list[str]:
    work = WORKS[key]
    parts = [f'<text x="{LEFT - 10}" y="{top + 20}" text-anchor="end" fill="#142121">{escape(work.name)}</text>']
    for place, result in enumerate(results):
        row = next((row for row in result["rows"] if row["key"] == key), None)
        if row:
            y, shade = top + place * 9, SHADES[place % len(SHADES)]
            width = _x(row["p95"]) - LEFT
            parts.append(f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="7" fill="{shade}"/>')
            parts.append(f'<circle cx="{_x(row["floor_p95"]):.1f}" cy="{y + 3.5}" r="2.5" fill="#142121"/>')
    if not work.goal:
        return parts
    x = _x(work.goal)
    parts.append(f'<line x1="{x:.1f}" y1="{top - 3}" x2="{x:.1f}" y2="{top + 36}" stroke="#b3261e" stroke-width="2"/>')
    return parts


def work_names(floor: str) -> str:
    """Return which rows stand beside a floor."""
    return ", ".join(work.name for work in WORKS.values() if work.floor == floor)


def write(results: Sequence[Result], machine: str, docs: Path) -> None:
    """Put table, growth and plot into docs/performance.md, between the two marks; the words around them stay."""
    page = docs / "performance.md"
    before, _mark, rest = page.read_text().partition(BEGINS)
    _old, _mark, after = rest.partition(ENDS)
    floors = "; ".join(f"{words} ({work_names(key)})" for key, words in FLOORS.items() if work_names(key))
    parts = [
        BEGINS,
        machine,
        table(results),
        f"Floors: {floors}.",
        growth(results),
        "![p95 beside the goals](img/bench.svg)",
        ENDS,
    ]
    page.write_text(before + "\n\n".join(part for part in parts if part) + after)
    (docs / "img" / "bench.svg").write_text(plot(results))
