"""The owner's catalogue: treatments, concerns, areas, aftercare texts. Nothing of it reaches a booked course."""

import re
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from clinic.models import Clinic, Operation, Role, Room, User
from scheduling.models import Appointment
from scheduling.planning.unnamed import visits_with_others
from tests import factory
from tests.scheduling.helpers import take
from treatments.aftercare import first_version
from treatments.catalogue import load_catalogue
from treatments.models import AftercareText, Area, Concern, PlanArea, Protocol, Session, TreatmentPlan

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def ruth(clinic: Clinic) -> User:
    return factory.make_user(Role.OWNER, name="Ruth Noseworthy")


@pytest.fixture
def owner(ruth: User, client: Client) -> Client:
    load_catalogue()
    AftercareText.objects.create(**first_version())
    client.force_login(ruth, BACKEND)
    return client


def url_of(key: str = "cellulite") -> str:
    return reverse("protocol_edit", args=[key])


def untouched(client: Client, url: str) -> dict[str, Any]:
    """Return what the form sends when nobody touches it."""
    form = client.get(url).context["form"]
    shown = {name: form[name].value() for name in form.fields}
    return {
        name: "on" if value is True else value
        for name, value in shown.items()
        if value is not None and value is not False
    }


def saved(client: Client, url: str, **asked: Any) -> str:
    """Send the form with some values changed and return the page that follows."""
    data = untouched(client, url) | asked
    answer = client.post(url, {name: value for name, value in data.items() if value is not None}, follow=True)
    return answer.content.decode()


def everything_booked() -> list[list[Any]]:
    return [list(model.objects.order_by("pk").values()) for model in (TreatmentPlan, PlanArea, Session, Appointment)]


def a_course(protocol: Protocol) -> TreatmentPlan:
    plan = factory.make_plan(protocol=protocol)
    day = date.today() + timedelta(days=7)  # noqa: DTZ011 - any day ahead
    take(
        factory.make_clinician(),
        factory.make_room(),
        day,
        "14:00",
        45,
        patient=plan.patient,
        session=plan.sessions.first(),
    )
    return plan


def test_changing_everything_of_a_treatment_changes_no_plan_and_no_visit(owner: Client) -> None:
    a_course(Protocol.objects.get(key="cellulite"))
    before = everything_booked()
    page = saved(
        owner,
        url_of(),
        name="Smooth legs",
        aliases="One\nTwo",
        areas=[str(Area.objects.get(key="knee").pk)],
        concerns=[],
        sessions_min="5",
        sessions_usual="6",
        sessions_max="7",
        interval_min="10",
        interval_ideal="11",
        interval_max="12",
        minutes="20",
        numbing_minutes="0",
        turnover_minutes="0",
        recovery_days="1",
        is_active=None,
    )
    assert "Smooth legs is up to date. Booked courses are unchanged." in page
    protocol = Protocol.objects.get(key="cellulite")
    assert (protocol.name, protocol.minutes, protocol.is_active, protocol.version) == ("Smooth legs", 20, False, 2)
    assert protocol.other_names == "One · Two"
    assert [area.key for area in protocol.areas.all()] == ["knee"]
    saved(owner, reverse("area_edit", args=[Area.objects.get(key="thigh").pk]), name="Upper leg", sided=None)
    saved(
        owner, reverse("concern_edit", args=[Concern.objects.get(key="cellulite").pk]), name="Dimples", is_active=None
    )
    assert everything_booked() == before


def test_the_page_says_how_many_courses_keep_their_values(owner: Client) -> None:
    a_course(Protocol.objects.get(key="cellulite"))
    assert "1 open course keeps what it was booked with" in owner.get(url_of()).content.decode()
    a_course(Protocol.objects.get(key="cellulite"))
    assert "2 open courses keep what they were booked with" in owner.get(url_of()).content.decode()
    assert re.search(r'<td class="r">2<span class="cat-unit">', owner.get(reverse("catalogue")).content.decode())


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"sessions_min": "3"}, "3 is too few: a course has 4 to 15 sessions. Enter 4 or more."),
        ({"sessions_max": "16"}, "16 is too many: a course has 4 to 15 sessions. Enter 15 or fewer."),
        ({"sessions_max": "5"}, "The most cannot be fewer than the fewest: enter 8 or more."),
        ({"sessions_usual": "7"}, "The usual number lies between the fewest and the most: enter 8 to 15."),
        ({"interval_min": "6"}, "6 days is too close: the skin needs 7 at least. Enter 7 or more."),
        ({"interval_max": "5"}, "The longest cannot be below the shortest: enter 7 or more."),
        ({"interval_ideal": "15"}, "The best lies between the shortest and the longest: enter 7 to 14."),
        ({"interval_max": "28"}, "28 days is long: 1 to 2 weeks is the rule."),
        ({"interval_max": "28"}, "Write why more than 14 days lie between visits"),
        ({"minutes": "75"}, "75 minutes: nearly all treatments take 30, and none more than 60. Enter 5 to 60."),
        ({"numbing_minutes": "180"}, "Numbing takes 30 or 60 minutes, by the cream. Enter up to 120."),
        ({"turnover_minutes": "90"}, "Enter up to 60."),
        ({"minutes": "x"}, "Enter a whole number."),
        ({"name": ""}, "Enter the name that the desk looks for."),
        ({"name": "under-chin CONTOUR"}, "“under-chin CONTOUR” is there already."),
        ({"areas": []}, "Choose at least one area."),
        ({"aliases": "x" * 90}, "is too long: a name has 80 letters at most."),
    ],
)
def test_each_limit_answers_in_a_sentence_and_nothing_is_saved(
    owner: Client, asked: dict[str, Any], sentence: str
) -> None:
    before = list(Protocol.objects.values())
    page = saved(owner, url_of(), **asked)
    assert sentence in page
    assert "Nothing was saved" in page
    assert list(Protocol.objects.values()) == before
    assert not Operation.objects.exists()


def test_more_than_two_weeks_needs_to_say_where_it_comes_from(owner: Client) -> None:
    saved(owner, url_of(), interval_max="31", limits_reason="Label: no less than a month apart")
    assert Protocol.objects.get(key="cellulite").interval_max == 31


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        ({"interval_max": "28"}, "protocol_long_gap_has_a_reason"),
        ({"interval_min": "6"}, "protocol_days_in_order"),
        ({"sessions_max": "16"}, "protocol_sessions_4_to_15"),
    ],
)
def test_the_database_is_the_last_judge_of_a_treatment(
    owner: Client, monkeypatch: pytest.MonkeyPatch, asked: dict[str, str], rule: str
) -> None:
    """With our own check out of the way the constraint refuses, and its sentence stands on the page."""
    for ours in ("services", "forms"):
        monkeypatch.setattr(f"treatments.{ours}.catalogue.problems", lambda _offer: {})
    said = next(one.violation_error_message for one in Protocol._meta.constraints if one.name == rule)
    assert f"{said} Nothing was saved. Mend it and save again." in saved(owner, url_of(), **asked)
    assert not Operation.objects.exists()


def test_a_new_treatment_gets_a_key_and_is_found_by_its_other_names(owner: Client) -> None:
    url = reverse("protocol_new")
    area, room = Area.objects.get(key="neck"), Room.objects.first() or factory.make_room()
    asked = untouched(owner, url) | {
        "name": "Neck lines",
        "aliases": "Necklace lines\n\n necklace  LINES \nTech neck",
        "areas": [str(area.pk)],
        "room_kind": str(room.kind_id),
    }
    owner.post(url, asked)
    owner.post(url, asked)
    protocol = Protocol.objects.get(key="neck-lines")
    assert protocol.aliases == ["Necklace lines", "Tech neck"]
    assert list(Protocol.objects.offered().called("tech neck")) == [protocol]
    assert Operation.objects.count() == 1


def test_two_at_one_treatment_see_each_others_words(owner: Client, ruth: User) -> None:
    mine = untouched(owner, url_of()) | {"name": "Smooth", "minutes": "40"}
    other = Client()
    other.force_login(factory.make_user(Role.OWNER, name="Sam Power"), BACKEND)
    saved(other, url_of(), minutes="30", aliases="New name")
    page = owner.post(url_of(), mine)
    words = page.content.decode()
    assert "Sam Power changed this treatment while you wrote" in words
    assert Protocol.objects.get(key="cellulite").name == "Cellulite reduction"
    form = page.context["form"]
    assert (form["name"].value(), form["minutes"].value(), form["aliases"].value()) == ("Smooth", "40", "New name")
    again = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    owner.post(url_of(), again)
    protocol = Protocol.objects.get(key="cellulite")
    assert (protocol.name, protocol.minutes, protocol.aliases) == ("Smooth", 40, ["New name"])


def test_what_was_changed_is_told_with_who_and_from_what(owner: Client) -> None:
    saved(owner, url_of(), minutes="40")
    page = owner.get(url_of()).content.decode()
    assert "Minutes of a visit: 40, was 45" in page
    assert "Ruth Noseworthy" in page


def test_an_area_moves_one_place_and_keeps_its_key(owner: Client) -> None:
    neck = Area.objects.get(key="neck")
    before = list(Area.objects.values_list("key", flat=True))
    owner.post(reverse("area_shift", args=[neck.pk]), {"operation": str(uuid.uuid4()), "step": "1"})
    after = list(Area.objects.values_list("key", flat=True))
    at = before.index("neck")
    assert after == [*before[:at], before[at + 1], "neck", *before[at + 2 :]]
    saved(owner, reverse("area_edit", args=[neck.pk]), name="Throat")
    neck.refresh_from_db()
    assert (neck.key, neck.name) == ("neck", "Throat")


def test_two_at_one_area_do_not_overwrite_each_other(owner: Client) -> None:
    neck = Area.objects.get(key="neck")
    url = reverse("area_edit", args=[neck.pk])
    mine = untouched(owner, url) | {"name": "Throat"}
    Area.objects.filter(pk=neck.pk).update(restricted=True)
    page = owner.post(url, mine).content.decode()
    assert "Someone else changed this while you wrote. On file now: Name: Neck" in page
    assert Area.objects.get(key="neck").name == "Neck"


# --- Areas that only named clinicians treat -----------------------------------------------------------------------


@pytest.fixture
def eyelids(owner: Client) -> Area:
    return Area.objects.get(key="eyelid")


def edit_of(area: Area) -> str:
    return reverse("area_edit", args=[area.pk])


def test_the_owner_names_who_treats_an_area_and_the_list_shows_them(owner: Client, eyelids: Area) -> None:
    anika, folake = factory.make_clinician("Dr. Anika Sandhu"), factory.make_clinician("Dr. Folake Adeyemi")
    assert "nobody yet" in owner.get(reverse("area_list")).content.decode()
    page = saved(owner, edit_of(eyelids), clinicians=[str(anika.pk), str(folake.pk)])
    assert "Eyelids is up to date." in page
    assert "Dr. Anika Sandhu, Dr. Folake Adeyemi" in page
    assert set(eyelids.clinicians.all()) == {anika, folake}
    operation = Operation.objects.get()
    assert operation.touched == [
        {"area": eyelids.pk, "before": {"name": "Eyelids", "sided": True, "restricted": True, "clinicians": []}}
    ]


def test_a_restricted_area_with_nobody_named_says_that_nobody_may_treat_it(owner: Client, eyelids: Area) -> None:
    page = saved(owner, edit_of(eyelids), name="Eyelids")
    assert "Nobody is named for eyelids: nobody may treat it until you tick somebody below." in page
    anika = factory.make_clinician("Dr. Anika Sandhu")
    assert "Nobody is named" not in saved(owner, edit_of(eyelids), clinicians=[str(anika.pk)])
    anika.is_active = False
    anika.save()
    page = owner.get(edit_of(eyelids)).content.decode()
    assert "Nobody is named for eyelids" in page
    assert "Dr. Anika Sandhu" in page
    assert "Nobody is named" not in saved(owner, edit_of(eyelids), restricted=None)


def test_two_owners_who_name_different_people_see_each_other(owner: Client, eyelids: Area) -> None:
    anika, folake = factory.make_clinician("Dr. Anika Sandhu"), factory.make_clinician("Dr. Folake Adeyemi")
    mine = untouched(owner, edit_of(eyelids)) | {"clinicians": [str(folake.pk)]}
    eyelids.clinicians.set([anika])
    page = owner.post(edit_of(eyelids), mine).content.decode()
    assert "Someone else changed this while you wrote." in page
    assert "Who treats it: Dr. Anika Sandhu" in page
    assert set(eyelids.clinicians.all()) == {anika}
    saved(owner, edit_of(eyelids), clinicians=[str(folake.pk)])
    assert set(eyelids.clinicians.all()) == {folake}


def test_restricting_an_area_changes_no_visit_and_shows_those_with_others(owner: Client) -> None:
    plan = a_course(Protocol.objects.get(key="cellulite"))
    visit, before = Appointment.objects.get(), everything_booked()
    hip, anika = Area.objects.get(key="hip"), factory.make_clinician("Dr. Anika Sandhu")
    page = saved(owner, edit_of(hip), restricted="on", clinicians=[str(anika.pk)])
    assert "1 visit that lies ahead is with somebody not named. It stays as it was booked." in page
    listing = reverse("area_visits", args=[hip.pk])
    assert f'href="{listing}"' in page
    assert everything_booked() == before
    shown = owner.get(listing).content.decode()
    assert plan.patient.full_name in shown
    assert "Moira does not treat hip; Dr. Anika Sandhu does" in shown
    assert reverse("appointment_move", args=[visit.public_id]) not in shown
    saved(owner, edit_of(hip), clinicians=[str(anika.pk), str(visit.clinician_id)])
    assert "Every visit ahead is with somebody who may treat it" in owner.get(listing).content.decode()


def test_visits_that_are_over_or_off_or_of_another_area_are_not_shown(owner: Client) -> None:
    a_course(Protocol.objects.get(key="cellulite"))
    Area.objects.update(restricted=True)
    hip, knee = Area.objects.get(key="hip"), Area.objects.get(key="knee")
    now = factory.now()
    assert visits_with_others(hip, now).count() == 1
    assert not visits_with_others(knee, now).exists()
    assert not visits_with_others(hip, now + timedelta(days=30)).exists()
    Appointment.objects.update(status="cancelled")
    assert not visits_with_others(hip, now).exists()


def test_the_list_of_visits_with_others_asks_a_fixed_number_of_questions(
    owner: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Area.objects.filter(key="hip").update(restricted=True)
    listing = reverse("area_visits", args=[Area.objects.get(key="hip").pk])
    owner.get(listing)
    room, protocol = factory.make_room(), Protocol.objects.get(key="cellulite")
    for count in (1, 30):
        for number in range(count):
            plan = factory.make_plan(protocol=protocol)
            day = date.today() + timedelta(days=7 + count + number)  # noqa: DTZ011 - any day ahead
            who = {"patient": plan.patient, "session": plan.sessions.first()}
            take(factory.make_clinician(), room, day, "14:00", 45, **who)
        with django_assert_num_queries(9):
            owner.get(listing)


# --- Aftercare ----------------------------------------------------------------------------------------------------


def text_form(client: Client, url: str) -> dict[str, Any]:
    forms = client.get(url).context["forms"]
    sent: dict[str, Any] = {}
    for form in (forms.main, *forms.steps, *forms.common):
        for field in form:
            if (value := field.value()) not in (None, False):
                sent[field.html_name] = "on" if value is True else value
    return sent


def test_the_form_untouched_makes_the_same_text_as_the_next_version(owner: Client) -> None:
    url = reverse("aftercare_new") + "?from=1"
    answer = owner.post(url, text_form(owner, url))
    assert answer.headers["Location"] == reverse("aftercare_show", args=[2])
    first, second = AftercareText.objects.get(version=1), AftercareText.objects.get(version=2)
    for name in ("steps", "common", "same_day", "emergency", "months", "ahead"):
        assert getattr(second, name) == getattr(first, name), name


def test_a_version_that_exists_stays_and_another_is_made(owner: Client) -> None:
    before = AftercareText.objects.values().get()
    url = reverse("aftercare_new") + "?from=1"
    owner.post(
        url,
        text_form(owner, url) | {"step0-title": "Keep it dry", "step1-title": "", "step1-text": "", "step1-hours": ""},
    )
    assert AftercareText.objects.filter(version=1).values().get() == before
    assert [step["title"] for step in AftercareText.objects.get(version=2).steps][:2] == [
        "Keep it dry",
        "No hot baths, saunas or pools",
    ]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"months": "Tell us."}, "Keep {until} in it"),
        ({"same_day": ""}, "Write at least one sign that must not wait."),
        ({"emergency": ""}, "Write when to call 911."),
        ({"step0-hours": ""}, "Say until how many hours after the visit"),
        ({"step0-title": ""}, "Write what to do, or empty the row."),
        ({"common0-days": ""}, "Enter days: 7."),
        ({"ahead": "Your mesotherapy lasts."}, "“mesotherapy” tells what the clinic does."),
        ({"ahead": "Cellulite reduction lasts."}, "“Cellulite” tells what the clinic does."),
    ],
)
def test_a_text_that_lacks_something_is_not_saved(owner: Client, asked: dict[str, str], sentence: str) -> None:
    url = reverse("aftercare_new") + "?from=1"
    page = owner.post(url, text_form(owner, url) | asked).content.decode()
    assert sentence in page
    assert "Nothing was saved yet." in page
    assert AftercareText.objects.count() == 1


def test_a_version_gets_a_second_language_once(owner: Client) -> None:
    url = reverse("aftercare_new") + "?into=1&language=fr-ca"
    owner.post(url, text_form(owner, url) | {"step0-title": "Gardez au sec"})
    french = AftercareText.objects.get(language="fr-ca")
    assert (french.version, french.steps[0]["title"]) == (1, "Gardez au sec")
    again = text_form(owner, url) | {"operation": str(uuid.uuid4())}
    assert "has a text in this language" in owner.post(url, again).content.decode()
    shown = owner.get(reverse("aftercare_show", args=[1]) + "?language=fr-ca").content.decode()
    assert "Gardez au sec" in shown


def test_treatments_show_a_version_when_the_owner_says_so(owner: Client) -> None:
    url = reverse("aftercare_new") + "?from=1"
    owner.post(url, text_form(owner, url))
    chin = Protocol.objects.get(key="under-chin")
    use = reverse("aftercare_use", args=[2])
    page = owner.post(use, {"operation": str(uuid.uuid4()), "protocols": [chin.pk]}, follow=True).content.decode()
    assert "1 treatment shows version 2 now." in page
    chin.refresh_from_db()
    assert (chin.aftercare_version, chin.version) == (2, 2)
    assert Protocol.objects.filter(aftercare_version=1).count() == 7
    nothing = owner.post(use, {"operation": str(uuid.uuid4())}, follow=True).content.decode()
    assert "Nothing was saved. Tick the treatments that show this text." in nothing


def test_a_clinic_without_a_text_starts_from_ours(ruth: User, client: Client) -> None:
    client.force_login(ruth, BACKEND)
    assert "No text yet" in client.get(reverse("aftercare_list")).content.decode()
    url = reverse("aftercare_new")
    client.post(url, text_form(client, url))
    assert AftercareText.objects.get().steps == first_version()["steps"]


def test_queries_do_not_grow_with_the_catalogue(
    owner: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    owner.get(reverse("catalogue"))
    with django_assert_num_queries(5):
        owner.get(reverse("catalogue"))
    for _number in range(300):
        factory.make_protocol()
    with django_assert_num_queries(5):
        owner.get(reverse("catalogue"))


def test_lists_are_in_their_order(owner: Client) -> None:
    """An aggregate drops the order of the model: each list must name its own."""
    names = [row.name for _words, rows in owner.get(reverse("catalogue")).context["groups"] for row in rows]
    assert names == sorted(names)
    concerns = [row.name for row, _cells in owner.get(reverse("concern_list")).context["rows"]]
    assert concerns == sorted(concerns)
    areas = [row.key for row, _cells in owner.get(reverse("area_list")).context["rows"]]
    assert areas == list(Area.objects.values_list("key", flat=True))
