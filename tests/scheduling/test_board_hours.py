"""Hours on the board: what a painted stretch makes of a day, each refusal at its field, and the visits shown first."""

import json
import re
import uuid
from datetime import date, time
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.models import Clinician, Operation, Role, Room
from scheduling.models import Absence, Appointment, Closure, HoursChange
from scheduling.planning.workday import united
from scheduling.services import hours
from scheduling.services.errors import HoursRefused, WouldHit
from scheduling.services.hours_paint import paint_day
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take

pytestmark = pytest.mark.django_db
TUESDAY = date(2026, 12, 1)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def desk(client: Client, book: dict[str, object]) -> Client:
    client.force_login(factory.make_user(Role.FRONT_DESK, last_active_at=MONDAY), BACKEND)
    return client


@pytest.fixture
def visit(moira: Clinician, book: dict[str, object]) -> Appointment:
    return take(moira, Room.objects.first() or factory.make_room(), TUESDAY, "14:00", 45)


def paint(clinician: Clinician, since: str, until: str, *, works: bool, **fields: Any) -> Operation:
    span = time.fromisoformat(since), time.fromisoformat(until)
    asked = {"key": uuid.uuid4(), "on": TUESDAY, "actor": None, "now": MONDAY} | fields
    return paint_day(clinician_id=clinician.pk, span=span, works=works, **asked)


def spans(clinician: Clinician) -> list[str]:
    rows = HoursChange.objects.filter(clinician=clinician, on=TUESDAY).order_by("starts")
    return [f"{row.starts:%H:%M}-{row.ends:%H:%M}" if row.starts and row.ends else "off" for row in rows]


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode()))


def send(client: Client, clinician: Clinician, **data: Any) -> Any:
    sent = {"operation": str(uuid.uuid4()), "what": "away", **data}
    return client.post(reverse("board_hours", args=[TUESDAY, clinician.pk]), sent)


def told(response: Any) -> dict[str, Any]:
    assert response.status_code == 204, words(response)
    found: dict[str, Any] = json.loads(response["HX-Trigger"])["board:hours"]
    return found


# --- What a stretch makes of a day ---


def test_spans_that_touch_are_one() -> None:
    nine, ten, noon, one = time(9), time(10), time(12), time(13)
    assert united([(noon, one), (nine, ten), (ten, noon)]) == [(nine, one)]
    assert united([(noon, one), (nine, ten)]) == [(nine, ten), (noon, one)]


def test_work_that_is_painted_beside_the_days_own_lengthens_them(moira: Clinician) -> None:
    paint(moira, "18:00", "19:00", works=True)
    assert spans(moira) == ["08:00-19:00"]
    paint(moira, "06:00", "07:00", works=True)
    assert spans(moira) == ["06:00-07:00", "08:00-19:00"]


def test_a_stretch_without_work_leaves_the_rest_and_the_note(moira: Clinician) -> None:
    paint(moira, "12:00", "13:00", works=False, note="Dentist")
    assert spans(moira) == ["08:00-12:00", "13:00-18:00"]
    paint(moira, "15:00", "18:00", works=False)
    assert spans(moira) == ["08:00-12:00", "13:00-15:00"]
    assert set(HoursChange.objects.values_list("note", flat=True)) == {"Dentist"}
    paint(moira, "00:00", "23:59", works=False)
    assert spans(moira) == ["off"]


def test_nothing_is_written_where_the_day_says_so_already(moira: Clinician) -> None:
    with pytest.raises(HoursRefused, match=r"Moira works then already\. Nothing was saved"):
        paint(moira, "10:00", "11:00", works=True)
    with pytest.raises(HoursRefused, match=r"Moira does not work then anyway\. Nothing was saved"):
        paint(moira, "18:00", "19:00", works=False)
    with pytest.raises(HoursRefused, match="This day has passed"):
        paint(moira, "18:00", "19:00", works=True, on=date(2026, 11, 20))
    assert not HoursChange.objects.exists()


def test_a_painted_day_is_undone_as_a_whole(moira: Clinician) -> None:
    paint(moira, "12:00", "13:00", works=False)
    later = paint(moira, "18:00", "19:00", works=True)
    hours.undo_hours(key=uuid.uuid4(), operation_id=later.pk, actor=None, now=MONDAY)
    assert spans(moira) == ["08:00-12:00", "13:00-18:00"]


def test_visits_are_shown_before_a_stretch_is_painted_over_them(moira: Clinician, visit: Appointment) -> None:
    with pytest.raises(WouldHit) as hit:
        paint(moira, "14:00", "15:00", works=False)
    assert hit.value.visits == [visit.pk]
    assert not HoursChange.objects.exists()
    assert paint(moira, "14:00", "15:00", works=False, listed=[visit.pk]).result["hit"] == 1


# --- The panel ---


def test_the_panel_opens_with_what_was_painted_and_what_the_day_holds(desk: Client, moira: Clinician) -> None:
    starts, ends = factory.at(TUESDAY, "10:00"), factory.at(TUESDAY, "12:00")
    Absence.objects.create(clinician=moira, starts_at=starts, ends_at=ends, reason="Dentist")
    page = desk.get(reverse("board_hours", args=[TUESDAY, moira.pk]), {"from": "14:00", "until": "15:30"})
    assert 'value="14:00"' in page.content.decode()
    assert 'value="15:30"' in page.content.decode()
    assert "Tue 1 Dec · 08:00 – 10:00, 12:00 – 18:00" in words(page)
    assert "Away Tue 1 Dec, 10:00 – 12:00 Dentist" in words(page)


def test_an_absence_shows_its_visits_first_and_then_where_to_mend_them(
    desk: Client, moira: Clinician, visit: Appointment
) -> None:
    first = send(desk, moira, since="13:00", until="16:00", reason="Ill")
    assert first.status_code == 422
    assert "1 visit would stand where nobody works. Nothing is saved yet." in words(first)
    assert visit.patient.full_name in words(first)
    assert not Absence.objects.exists()
    listed = re.search(r'name="listed" value="([^"]+)"', first.content.decode())
    assert listed and listed[1] == str(visit.public_id)
    answer = told(send(desk, moira, since="13:00", until="16:00", reason="Ill", listed=listed[1], confirm="1"))
    assert answer["said"] == "Moira is away Tue 1 Dec, 13:00 – 16:00. 1 visit stands outside the hours now."
    assert f'<a href="{reverse("hours_outside")}">Re-plan it</a>' in answer["html"]
    undone = desk.post(answer["undo_url"], {"operation": str(uuid.uuid4())}, headers={"accept": "application/json"})
    assert undone.json()["ok"] is True
    assert not Absence.objects.exists()


def test_several_visits_of_an_absence_lead_straight_to_one_plan(
    desk: Client, moira: Clinician, visit: Appointment
) -> None:
    take(moira, visit.room, TUESDAY, "15:00", 30)
    first = send(desk, moira, since="13:00", until="16:00")
    listed = re.search(r'name="listed" value="([^"]+)"', first.content.decode())
    assert listed
    answer = told(send(desk, moira, since="13:00", until="16:00", listed=listed[1], confirm="1"))
    url = f"{reverse('away_span', args=[moira.pk])}?absence={Absence.objects.get().pk}"
    assert f'<a href="{url}">Re-plan these</a>' in answer["html"]


def test_a_screen_without_names_lists_the_visits_by_initials(
    desk: Client, moira: Clinician, visit: Appointment
) -> None:
    desk.post(reverse("set_screen"), {"names": "hidden"})
    page = words(send(desk, moira, whole="on"))
    assert visit.patient.last_name not in page
    assert f"{visit.patient.initials}, file {visit.patient.file_label}" in page


def test_an_absence_may_last_for_days(desk: Client, moira: Clinician) -> None:
    answer = told(send(desk, moira, whole="on", last="2026-12-03", reason="Course"))
    assert answer["said"] == "Moira is away 1 – 3 Dec."
    row = Absence.objects.get()
    assert (row.starts_at, row.ends_at) == (factory.at(TUESDAY, "00:00"), factory.at(date(2026, 12, 4), "00:00"))


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"what": "works", "since": "18:00", "until": "18:30"}, "Moira works 18:00 – 18:30 on Tue 1 Dec as well."),
        ({"what": "off", "since": "9:00", "until": "10:00"}, "Moira does not work 09:00 – 10:00 on Tue 1 Dec."),
        ({"what": "off", "whole": "on"}, "Moira does not work on Tue 1 Dec."),
        ({"what": "break", "since": "12:00", "until": "12:30"}, "Moira has a break 12:00 – 12:30 on Tue 1 Dec."),
    ],
)
def test_what_is_painted_is_told_in_a_sentence(desk: Client, moira: Clinician, sent: dict[str, str], said: str) -> None:
    answer = told(send(desk, moira, **sent))
    assert answer["said"] == said
    assert answer["undo_url"]


@pytest.mark.parametrize(
    ("sent", "field", "sentence"),
    [
        ({"since": "", "until": "15:00"}, "since", "Enter a time, or choose the whole day."),
        ({"since": "15:00", "until": "14:00"}, "until", "Enter a time after 15:00."),
        ({"since": "25:00", "until": "26:00"}, "since", "Enter a time such as 8:30."),
        ({"whole": "on", "last": "2026-11-30"}, "last", "Enter this day or a later one."),
        ({"what": "works", "whole": "on"}, "whole", "Enter from when until when."),
        ({"what": "break", "whole": "on"}, "whole", "A break has a beginning and an end."),
        ({"what": "works", "since": "10:00", "until": "11:00"}, "", "Moira works then already. Nothing was saved."),
        ({"what": "off", "since": "19:00", "until": "20:00"}, "", "Moira does not work then anyway."),
        ({"what": "sleeps", "whole": "on"}, "what", "Choose one."),
    ],
)
def test_each_refusal_stands_beside_its_field(
    desk: Client, moira: Clinician, sent: dict[str, str], field: str, sentence: str
) -> None:
    page = send(desk, moira, **sent)
    assert page.status_code == 422
    assert sentence in words(page)
    if field:
        beside = page.content.decode().partition(f'id="hours-{field}_error"')[2]
        assert sentence in beside[:300]
    assert not Absence.objects.exists() and not HoursChange.objects.exists()


def test_a_day_that_has_passed_keeps_its_hours(desk: Client, moira: Clinician) -> None:
    to = reverse("board_hours", args=[date(2026, 11, 20), moira.pk])
    page = desk.post(to, {"operation": str(uuid.uuid4()), "what": "off", "whole": "on"})
    assert "This day has passed: past hours stay as they were." in words(page)
    assert desk.get(reverse("board_hours", args=[date(1990, 1, 1), moira.pk])).status_code == 404


def test_what_the_panel_does_not_show_is_no_matter(desk: Client, moira: Clinician) -> None:
    told(send(desk, moira, what="off", since="noon", until="", whole="on", last="never"))
    assert spans(moira) == ["off"]


def test_what_a_day_holds_is_removed_in_the_panel(desk: Client, moira: Clinician, anika: Clinician) -> None:
    paint(moira, "12:00", "13:00", works=False)
    told(send(desk, moira, remove="day:"))
    assert spans(moira) == []
    told(send(desk, moira, whole="on"))
    absence = Absence.objects.get()
    assert send(desk, anika, remove=f"absence:{absence.pk}").status_code == 404
    assert told(send(desk, moira, remove=f"absence:{absence.pk}"))["said"] == "Moira is not away then any more."
    assert send(desk, moira, remove="shelf:1").status_code == 404
    assert send(desk, moira, remove="absence:x").status_code == 404


def test_a_day_of_its_own_that_visits_need_shows_them_before_it_is_removed(desk: Client, moira: Clinician) -> None:
    paint(moira, "18:00", "19:00", works=True)
    late = take(moira, Room.objects.first() or factory.make_room(), TUESDAY, "18:00", 30)
    page = send(desk, moira, remove="day:")
    assert page.status_code == 422
    assert late.patient.full_name in words(page)
    assert "Remove, and I re-plan them" in words(page)
    told(send(desk, moira, remove="day:", listed=str(late.public_id), confirm="1"))
    assert spans(moira) == []


def test_the_day_is_closed_and_opened_again(desk: Client, moira: Clinician, visit: Appointment) -> None:
    to = reverse("board_closure", args=[TUESDAY])
    sent = {"operation": str(uuid.uuid4()), "name": "Storm", "starts_on": "2026-12-01"}
    first = desk.post(to, sent)
    assert first.status_code == 422
    assert visit.patient.full_name in words(first)
    answer = told(desk.post(to, sent | {"listed": str(visit.public_id), "confirm": "1"}))
    assert answer["said"] == "The clinic is closed 1 Dec: Storm. 1 visit stands outside the hours now."
    assert "Closed: Storm" in words(desk.get(reverse("board_hours", args=[TUESDAY, moira.pk])))
    closure = Closure.objects.get()
    opened = told(desk.post(to, {"operation": str(uuid.uuid4()), "remove": f"closure:{closure.pk}"}))
    assert opened["said"] == "The clinic is open again: Storm was taken away."
    nameless = desk.post(to, {"operation": str(uuid.uuid4()), "starts_on": "2026-12-01"})
    assert "Enter a name, such as Christmas." in words(nameless)


# --- The board in that mode ---


def test_the_board_shows_everybody_and_longer_days_while_hours_are_painted(
    desk: Client, moira: Clinician, anika: Clinician
) -> None:
    paint(moira, "00:00", "23:59", works=False)
    to = reverse("board_day_feed", args=[TUESDAY])
    before, painted = desk.get(to).json(), desk.get(to, {"hours": "1"}).json()
    assert f"c{moira.pk}" not in {one["key"] for one in before["columns"]}
    assert f"c{moira.pk}" in {one["key"] for one in painted["columns"]}
    assert (painted["opens"], painted["closes"]) == (7, 20)


def test_a_gap_that_was_painted_says_why_to_those_who_may_know(desk: Client, moira: Clinician) -> None:
    paint(moira, "12:00", "13:00", works=False, note="Dentist")
    to = reverse("board_day_feed", args=[TUESDAY])

    def ground(**query: str) -> list[list[str]]:
        columns = desk.get(to, query).json()["columns"]
        found: list[list[str]] = next(one["ground"] for one in columns if one["key"] == f"c{moira.pk}")
        return found

    assert ["off", "12:00", "13:00", "Dentist"] in ground()
    assert ["off", "12:00", "13:00", ""] in ground(names="off")
    assert all(label != "Dentist" for _kind, since, _until, label in ground() if since != "12:00")


def test_only_those_who_keep_the_hours_see_the_mode(client: Client, desk: Client, book: dict[str, object]) -> None:
    to = reverse("board", args=[TUESDAY])
    assert "data-paints" in desk.get(to, {"hours": "1"}).content.decode()
    assert "data-paints" not in desk.get(to).content.decode()
    assert "data-paints" not in desk.get(to, {"hours": "1", "by": "rooms"}).content.decode()
    client.force_login(factory.make_user(Role.CLINICIAN, last_active_at=MONDAY), BACKEND)
    assert "data-paints" not in client.get(to, {"hours": "1"}).content.decode()


# --- The forms, asked by a script ---


def test_the_forms_answer_a_script_in_json(desk: Client, moira: Clinician, visit: Appointment) -> None:
    to, asks = reverse("hours_absence", args=[moira.pk]), {"accept": "application/json"}
    wrong = desk.post(to, {"operation": str(uuid.uuid4())}, headers=asks)
    assert (wrong.status_code, wrong.json()["errors"]["first"]) == (422, ["Enter the first day."])
    sent = {"operation": str(uuid.uuid4()), "first": "2026-12-01"}
    hit = desk.post(to, sent, headers=asks)
    assert (hit.status_code, hit.json()["listed"]) == (409, [str(visit.public_id)])
    saved = desk.post(to, sent | {"listed": str(visit.public_id), "confirm": "1"}, headers=asks).json()
    assert saved["ok"] is True
    assert saved["undo_url"]
    twice = desk.post(saved["undo_url"], {"operation": "no key"}, headers=asks)
    assert (twice.status_code, twice.json()["ok"]) == (422, False)
