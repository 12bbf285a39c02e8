"""Each refusal that a person can meet, once on purpose: its sentence stands on the page, and nothing was saved."""

import re

import pytest

from tests.refusals import courses, files, hours, owner, visits
from tests.refusals.scene import Case, Scene

pytestmark = pytest.mark.django_db
ALL = [case for part in (courses, files, hours, owner, visits) for case in part.CASES]
SAYS_SO = re.compile(r"[Nn]othing (more |new )?was ")


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_it_stands_on_the_page_and_nothing_was_saved(case: Case, scene: Scene) -> None:
    scene.sign_in(case.role)
    case.act(scene)
    assert case.sentence in scene.page
    assert scene.before == scene.after
    assert SAYS_SO.search(scene.page) or not case.told, "the page does not say whether anything was saved"
