"""Each refusal that a person can meet, once on purpose: its sentence stands on the page, and nothing was saved."""

from importlib import import_module
from pkgutil import iter_modules

import pytest

from clinic.models import Role
from patients.models import NotTwins, Patient
from tests import factory, refusals
from tests.refusals import files
from tests.refusals.scene import Case, Scene
from tests.refusals.sentences import ROOT, SAYS_SO, longest_part, sentences

pytestmark = pytest.mark.django_db
PARTS_OF_THE_CLINIC = [import_module(f"{refusals.__name__}.{part.name}") for part in iter_modules(refusals.__path__)]
ALL = [case for part in PARTS_OF_THE_CLINIC for case in getattr(part, "CASES", [])]

BEHIND = {
    "The time until is not after the time from. Nothing was saved. Mend the times.": "This is not after the time",
    # A form, or a look before the act, gives another sentence first; this one is the service's own, for a script.
    "The absence ends before it begins. Nothing was saved. Mend the days or times.": "Enter the first day or a later",
    "The last day lies before the first. Nothing was saved. Mend the days.": "Enter the first day or a later",
    "%(what)s end before they begin. Nothing was saved. Mend the times.": "Enter a time after 08:00",
    "%(what)s overlap. Nothing was saved. Mend the times.": "The two spans overlap",
    "A break lies outside the hours of its day. Nothing was saved. Mend the times.": "The break lies outside the hours",
    "Visits would stand outside the new hours. Nothing was saved yet.": "1 visit would stand where nobody works",
    "%(protocol)s does not treat that place.": "This treatment does not treat that place",
    "Choose a size and a complexity from the list.": "Choose a size from the list",
    "Enter the first name as it is on their health card.": "Enter the first name.",
    "Enter the last name as it is on their health card.": "Enter the last name.",
}
ELSEWHERE = {
    "Not on the waiting list: many people are saving. Add them on the list.": (
        "tests/scheduling/test_waiting_screens.py"
    ),
    "%(why)s Nothing was saved. Mend it and save again.": "tests/treatments/test_catalogue_screens.py",
    "Why it is someone else was not kept: say it on the list of likely twins.": "tests/refusals/test_refusals.py",
}
PARTS = {"Book a new visit with somebody who does."}
"""What to do, put behind a sentence that says what happened and that nothing was saved."""
SEVERAL = "no page moves several visits in one act yet"
RACES = "behind the locks only rows that were written past them bring it about: tests/faults"
NO_SCREEN = {
    "No visit to move was chosen, or one twice. Nothing was saved. Look at the page again.": SEVERAL,
    "Someone took one of these times. Nothing was saved. Choose other times.": RACES,
    "Someone changed one of these visits meanwhile. Nothing was saved. Look at the day again.": RACES,
    "Someone changed one of these visits meanwhile. Nothing was saved.": "the page names the visits instead",
    "Choose device, light or dark.": "the menu offers these three; another word is a forged form",
    "Choose on or off.": "the menu offers these two",
    "Choose comfortable or compact.": "the menu offers these two",
    "This is one file already. Nothing was saved. Choose another.": "such an address has no page: 404",
}


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_it_stands_on_the_page_and_nothing_was_saved(case: Case, scene: Scene) -> None:
    scene.sign_in(case.role)
    case.act(scene)
    assert case.sentence in scene.page
    assert scene.before == scene.after
    assert SAYS_SO.search(scene.page) or not case.told, "the page does not say whether anything was saved"


def test_no_refusal_is_left_out() -> None:
    """A new sentence in the way of a person fails this until a case brings it about."""
    shown = [case.sentence for case in ALL]

    def is_shown(msgid: str) -> bool:
        part = longest_part(msgid)
        return any(part in one or (len(one) > 11 and one.strip(" .") in msgid) for one in shown)

    known = BEHIND.keys() | ELSEWHERE.keys() | NO_SCREEN.keys()
    found = sentences()
    assert {msgid: where for msgid, where in found.items() if msgid not in known and not is_shown(msgid)} == {}
    assert known <= found.keys(), "a sentence of these lists is not in the code any more"
    assert {first for first in BEHIND.values() if not any(first in one for one in shown)} == set()
    for msgid, where in ELSEWHERE.items():
        assert longest_part(msgid) in (ROOT / where).read_text(encoding="utf-8")


def test_each_page_note_says_whether_anything_was_saved() -> None:
    """What stands on top of a page has no field beside it: the sentence itself must say so."""
    told = {case.sentence for case in ALL if case.told}
    assert len(told) > 150
    assert not [
        msgid
        for msgid, where in sentences().items()
        if _is_note(where) and not SAYS_SO.search(msgid) and msgid not in PARTS
    ]


def _is_note(where: str) -> bool:
    """Services of the book and of messages raise only what a page shows on top."""
    notes = ("scheduling/services/", "patients/services/outbox/again", "patients/services/twins", "clinic/desk/files")
    return where.startswith(notes)


def test_a_file_is_opened_though_a_reason_beside_it_was_not_kept(scene: Scene) -> None:
    """The one refusal after which something was saved: the sentence names what was not."""
    scene.sign_in(Role.FRONT_DESK)
    twin = factory.make_patient(first_name="Marguerite", last_name="Penney", phone="+17095550118")
    count = Patient.objects.count()
    scene.crowd("patients.views.people.say_not_twins")
    page = scene.send("patient_new", **files.TYPED, **{f"other_{twin.public_id}": "Her mother"})
    assert "Why it is someone else was not kept: say it on the list of likely twins." in page
    assert (Patient.objects.count(), NotTwins.objects.count()) == (count + 1, 0)


def test_the_table_would_notice_a_row_that_was_saved(scene: Scene) -> None:
    """Control: an act that is not refused leaves other rows, and the comparison sees it."""
    scene.sign_in(Role.FRONT_DESK)
    scene.send("course_pause", scene.plan.public_id, reason="Travels", visits="keep")
    assert scene.before != scene.after
