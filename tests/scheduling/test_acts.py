"""What can be done with a visit now: by its state, the hour and who asks. No database."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from clinic.lib.access import ROLE_PERMISSIONS
from scheduling.acts import Act, acts_of
from tests import factory

ZONE = ZoneInfo("America/St_Johns")
DAY = date(2026, 12, 1)
DESK = ROLE_PERMISSIONS["front_desk"]


NUMBED, START, END = (factory.at(DAY, wall) for wall in ("13:30", "14:00", "14:45"))
PUBLIC_ID = uuid4()


@dataclass
class One:
    """A visit at 14:00 on 1 December, with half an hour of numbing before it."""

    status: str = "booked"
    public_id: UUID = PUBLIC_ID
    arrives_at: datetime = NUMBED
    starts_at: datetime = START
    ends_at: datetime = END


def acts(status: str, wall: str, day: date = DAY, role: str = "front_desk") -> list[Act]:
    return acts_of(One(status), factory.at(day, wall), ZONE, ROLE_PERMISSIONS[role])


@pytest.mark.parametrize(
    ("status", "day", "wall", "verbs"),
    [
        ("booked", DAY - timedelta(days=1), "23:59", "confirm move cancel"),
        ("confirmed", DAY - timedelta(days=1), "23:59", "unconfirm move cancel"),
        ("booked", DAY, "00:00", "arrive start confirm move cancel"),
        ("booked", DAY, "13:30", "arrive start complete confirm move cancel"),
        ("confirmed", DAY, "14:00", "arrive start complete miss unconfirm move cancel"),
        ("booked", DAY, "14:45", "complete miss arrive start move cancel"),
        ("booked", DAY + timedelta(days=1), "00:00", "complete miss move cancel"),
        ("arrived", DAY, "13:40", "start complete step_back cancel"),
        ("in_treatment", DAY, "14:10", "complete step_back"),
        ("completed", DAY, "15:00", "take_back"),
        ("completed", DAY + timedelta(days=1), "00:00", "put_back"),
        ("no_show", DAY, "15:00", "take_back"),
        ("cancelled", DAY, "10:00", "take_back"),
        ("undone", DAY, "10:00", ""),
    ],
)
def test_the_state_and_the_hour_say_what_can_be_done_the_next_step_first(
    status: str, day: date, wall: str, verbs: str
) -> None:
    found = acts(status, wall, day)
    assert " ".join(act.verb for act in found) == verbs
    leads_on = {"confirm", "arrive", "start", "complete"}
    assert [act.verb for act in found if act.primary] == [verb for verb in verbs.split()[:1] if verb in leads_on]


@pytest.mark.parametrize("status", ["booked", "confirmed", "arrived", "in_treatment", "completed", "no_show"])
@pytest.mark.parametrize("wall", ["08:00", "13:30", "14:00", "14:45"])
def test_each_act_of_a_visit_has_a_key_of_its_own(status: str, wall: str) -> None:
    found = acts(status, wall)
    assert len({act.key for act in found}) == len(found)
    assert not {act.key for act in found} & set("bthz?/")  # keys of the pages on which they stand


def test_nobody_is_offered_what_they_may_not_do() -> None:
    assert acts("booked", "13:30", role="owner") == []
    assert [act.verb for act in acts("arrived", "13:40", role="clinician")] == [
        "start",
        "complete",
        "step_back",
        "cancel",
    ]


def test_an_act_names_its_address_and_what_is_asked_first() -> None:
    visit = One("booked")
    found = {act.verb: act for act in acts_of(visit, factory.at(DAY, "14:00"), ZONE, DESK)}
    assert found["arrive"].url == f"/appointments/{visit.public_id}/arrive/"
    assert (found["arrive"].label, found["arrive"].icon, found["arrive"].key) == ("Arrived", "geo-alt", "a")
    assert {verb for verb, act in found.items() if act.needs_reason} == {"cancel"}
    assert acts("completed", "15:00")[0].needs_reason
    assert found["move"].asks == "page"
