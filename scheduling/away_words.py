"""The sentences of a plan for an absence: how good it is, how it was found, what follows."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scheduling.away_page import AwayPage
from scheduling.planning.away.solve import LIMIT
from scheduling.planning.options import length


@dataclass(frozen=True)
class Said:
    """A sentence with its level and its icon (LOOK.md, Finding)."""

    level: str
    icon: str
    sentence: str


def claim(page: AwayPage) -> str:
    """Say how good the plan is known to be: never more than is proved."""
    if page.is_looking:
        return _("Looking for a better plan.")
    if page.by_hand:
        return _("Changed by hand since.")
    second = page.score.others if page.plan.same_person_first else page.score.moves
    if page.is_least:
        if not second and not page.score.left:
            return _("Nobody has to move.") if not page.plan.same_person_first else _("Nobody sees someone else.")
        words = (
            _("No plan sends fewer to someone else.") if page.plan.same_person_first else _("No plan can move fewer.")
        )
        return (
            _("With what you decided: %(words)s") % {"words": words[:1].lower() + words[1:]} if page.has_pins else words
        )
    left, least = page.least
    if left == page.score.left and least and not page.plan.same_person_first:
        return ngettext("At least %(n)d must move.", "At least %(n)d must move.", least) % {"n": least}
    return _("A better plan may exist.")


def facts(page: AwayPage) -> list[Said]:
    """Say what becomes of the visits, each kind in a sentence."""
    found = []
    keep, same, left = len(page.keep), page.same_day, page.left
    other = [line for line in page.move if line.other_day]
    if keep:
        words = ngettext("%(n)d keeps the time with someone else", "%(n)d keep their time with someone else", keep)
        found.append(Said("ok", "check2", words % {"n": keep}))
    if same:
        mean = length(round(sum(line.kept.minutes for line in same) / len(same)))
        words = ngettext(
            "%(n)d stays on the day, %(mean)s off", "%(n)d stay on their day, %(mean)s off on average", len(same)
        )
        found.append(Said("ok", "check2", words % {"n": len(same), "mean": mean}))
    if other:
        most = max(line.kept.days_off for line in other)
        days = ngettext("%(n)d day at most", "%(n)d days at most", most) % {"n": most}
        words = ngettext("%(n)d goes to another day, %(days)s", "%(n)d go to another day, %(days)s", len(other))
        found.append(Said("info", "arrow-return-right", words % {"n": len(other), "days": days}))
    if left:
        words = ngettext(
            "%(n)d is left over: no window is broken", "%(n)d are left over: no window is broken", len(left)
        )
        found.append(Said("warn", "exclamation-triangle", words % {"n": len(left)}))
    else:
        found.append(Said("ok", "check2", _("No due window broken, no one left over")))
    found.append(Said("ok", "check2", _("Nobody else in the book is touched")))
    return found


def how_found(page: AwayPage) -> str:
    """Say how long the search took, and whether more would help: "0.6 of 10 s: it cannot get better"."""
    history = page.plan.history
    values = {"s": f"{history[-1][0]:.1f}" if history else "0.0", "limit": f"{LIMIT:.0f}"}
    if page.is_looking:
        return _("%(s)s of %(limit)s s") % values
    if page.by_hand:
        return _("%(s)s of %(limit)s s, then changed by hand") % values
    if page.plan.is_best:
        return _("%(s)s of %(limit)s s: it cannot get better") % values
    if page.is_least:
        return _("%(s)s of %(limit)s s: as few as can be, perhaps not the nearest times") % values
    return _("%(s)s of %(limit)s s: stopped before the proof") % values


def one_by_one(page: AwayPage) -> str:
    """Say what going one by one would have come to."""
    score = page.one_by_one
    moved = ngettext("%(n)d moves", "%(n)d move", score.moves) % {"n": score.moves}
    left = ngettext("%(n)d is left over", "%(n)d are left over", score.left) % {"n": score.left}
    values = {"moved": moved, "left": left if score.left else _("no one is left over")}
    return _("One by one, the best time free for each: %(moved)s, %(left)s.") % values


def sums(page: AwayPage) -> list[Said]:
    keep, move, left = len(page.keep), len(page.move), len(page.left)
    return [
        Said("ok", "check2", ngettext("%(n)d same time", "%(n)d same time", keep) % {"n": keep}),
        Said("info", "arrow-return-right", ngettext("%(n)d moved", "%(n)d moved", move) % {"n": move}),
        Said(
            "warn" if left else "ok",
            "exclamation-triangle" if left else "check2",
            ngettext("%(n)d left over", "%(n)d left over", left) % {"n": left},
        ),
    ]


def told(page: AwayPage) -> str:
    """Say who hears of it, how and when."""
    counts = page.told
    parts = []
    if counts["mail"]:
        words = ngettext(
            "%(n)d gets one e-mail %(minutes)d minutes after.",
            "%(n)d get one e-mail %(minutes)d minutes after.",
            counts["mail"],
        )
        parts.append(words % {"n": counts["mail"], "minutes": page.clinic.quiet_minutes})
    if counts["call"]:
        words = ngettext(
            "%(n)d without e-mail goes on the call list.", "%(n)d without e-mail go on the call list.", counts["call"]
        )
        parts.append(words % {"n": counts["call"]})
    if page.keep and not parts:
        parts.append(_("Nobody is told: all keep their time, and mails name no clinician."))
    return " ".join([*parts, _("You can undo until then.") if counts["mail"] else _("You can undo.")])


def apply_words(page: AwayPage) -> str:
    count = len(page.keep) + len(page.move)
    if page.move:
        return ngettext("Apply and tell %(n)d", "Apply all and tell %(n)d", len(page.move)) % {
            "n": sum(page.told.values())
        }
    return ngettext("Apply %(n)d", "Apply all %(n)d", count) % {"n": count}
