"""Find or go to: patients first, then pages, days and acts; only what the person may see; a fixed number of queries."""

import random
import re
import statistics
import time
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clinic.desk.find_people import SHOWN
from clinic.lib.audit import log_reading
from clinic.models import Clinic, Clinician, Role, Room, User
from patients.models import Patient
from scheduling.models import Appointment
from tests import factory
from tests.figures import say
from tests.race import sized
from tests.scheduling.helpers import take

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
TUESDAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
FIRST = [
    "Anne",
    "Brendan",
    "Chloé",
    "Devika",
    "Émile",
    "Fatima",
    "Gerald",
    "Hannah",
    "Isobel",
    "Joseph",
    "Kit",
    "Léa",
    "Marguerite",
    "Noor",
    "Owen",
    "Phyllis",
]
LAST = [
    "Abbott",
    "Boland",
    "O'Brien",
    "Côté",
    "Dawe",
    "Efford",
    "Fagan",
    "Gosse",
    "Hynes",
    "Ivany",
    "Janes",
    "King",
    "Le-Blanc",
    "Molloy",
    "Nguyễn",
    "Osmond",
]


@pytest.fixture
def at_noon(clinic: Clinic) -> object:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def desk(at_noon: object, client: Client) -> User:
    user = factory.make_user(Role.FRONT_DESK, name="Dana Rideout")
    client.force_login(user, BACKEND)
    return user


def ask(client: Client, query: str = "") -> str:
    """Return the answer to the palette, its blanks made one."""
    response = client.get(reverse("find"), {"q": query}, headers={"HX-Request": "true"})
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def plain(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", html).split())


def names(html: str) -> list[str]:
    """Return the patients in their order, as the lines name them."""
    lines = re.findall(r'id="palette-person-\d+".*?<span class="palette-name">(.*?)</span>', html)
    return [plain(line) for line in lines]


def make_crowd(count: int, penneys: int = 25) -> list[Patient]:
    """Make many patients at once; the last of them share a surname."""
    dice = random.Random(count)
    people = [
        Patient(
            first_name=dice.choice(FIRST),
            last_name=f"{dice.choice(LAST)}" if n >= penneys else "Penney",
            birth_date=date(1940, 1, 1) + timedelta(days=dice.randrange(24_000)),
            phone=f"+1709{dice.randrange(2_000_000, 9_999_999)}",
            email=f"someone{n}@example.ca",
        )
        for n in range(count)
    ]
    return Patient.objects.bulk_create(people, batch_size=2000)


def test_a_line_has_two_identifiers_and_the_next_visit(desk: User, client: Client) -> None:
    moira, room = factory.make_clinician(), factory.make_room()
    marguerite = factory.make_patient(
        first_name="Marguerite", last_name="Penney", preferred_name="Maggie", birth_date=date(1974, 5, 8)
    )
    take(moira, room, TUESDAY, "13:45", 30, patient=marguerite)
    take(moira, room, date(2026, 12, 3), "10:00", 30, patient=marguerite)
    html = ask(client, "penn")
    assert "Maggie <mark>Penn</mark>ey" in html
    assert f"(Marguerite) 8 May 1974 file {marguerite.file_label} today 13:45" in plain(html)
    Appointment.objects.filter(wall_date=TUESDAY).update(status="completed")
    assert "Thu 3 Dec 10:00" in plain(ask(client, "penn"))
    Appointment.objects.filter(status="booked").update(status="cancelled")
    assert "no visit ahead" in plain(ask(client, "penn"))


@pytest.mark.parametrize(
    ("query", "marked"),
    [
        ("0118", "709-555-<mark>0118</mark>"),
        ("555-01", "709-<mark>555-01</mark>18"),
        ("marg.p@", "<mark>marg.p@</mark>example.ca"),
        ("8 may 1974", "<mark>8 May 1974</mark>"),
        ("maggie", "<mark>Maggie</mark> Penney"),
    ],
)
def test_what_was_asked_for_is_marked(desk: User, client: Client, query: str, marked: str) -> None:
    factory.make_patient(
        first_name="Marguerite",
        last_name="Penney",
        preferred_name="Maggie",
        birth_date=date(1974, 5, 8),
        phone="+17095550118",
        email="marg.p@example.ca",
    )
    assert marked in ask(client, query)


def test_the_file_number_is_marked(desk: User, client: Client) -> None:
    patient = factory.make_patient()
    assert f"file <mark>{patient.file_label}</mark>" in ask(client, patient.file_label)


def test_of_equals_who_was_here_last_comes_first(desk: User, client: Client) -> None:
    moira, room = factory.make_clinician(), factory.make_room()
    old, lately, never = (factory.make_patient(first_name=name, last_name="Penney") for name in ("Ann", "Zoe", "Mia"))
    take(moira, room, date(2026, 3, 3), "10:00", 30, patient=old, status="completed")
    take(moira, room, date(2026, 11, 20), "10:00", 30, patient=lately, status="completed")
    Patient.objects.filter(pk=never.pk).update(created_at=NOW - timedelta(days=900))
    assert names(ask(client, "penney")) == ["Zoe Penney", "Ann Penney", "Mia Penney"]


def test_twenty_five_of_one_surname_stay_usable(desk: User, client: Client) -> None:
    make_crowd(2000)
    html = ask(client, "penney")
    assert len(names(html)) == SHOWN
    assert "5 more in the list of patients" in plain(html)
    assert 'href="/patients/?q=penney"' in html
    assert "25 patients" in plain(html)
    one = Patient.objects.filter(last_name="Penney").first()
    assert one
    narrowed = names(ask(client, f"penney {one.first_name[:3]}"))
    assert 0 < len(narrowed) < 10
    assert narrowed[0].startswith(one.first_name[:3])


def test_archived_files_are_left_out_unless_nobody_else_matches(desk: User, client: Client) -> None:
    kept = factory.make_patient(first_name="Ann", last_name="Penney")
    away = factory.make_patient(first_name="Zoe", last_name="Penney", archived_at=NOW)
    assert names(ask(client, "penney")) == ["Ann Penney"]
    html = ask(client, "zoe penney")
    assert names(html) == ["Zoe Penney"]
    assert "archived" in plain(html)
    assert "data-book" not in html
    Patient.objects.filter(pk=away.pk).update(merged_into=kept)
    assert f"archived: merged into {kept.file_label}" in plain(ask(client, "zoe penney"))


def test_with_nothing_typed_it_offers_who_was_opened_last_and_every_page(desk: User, client: Client) -> None:
    first, second = factory.make_patient(first_name="Ann"), factory.make_patient(first_name="Zoe")
    for patient in (first, second, first):
        log_reading(desk, patient, "patient")
    log_reading(factory.make_user(Role.OWNER), factory.make_patient(first_name="Ruth"), "patient")
    html = ask(client)
    assert [name.split()[0] for name in names(html)] == ["Ann", "Zoe"]
    for words in ("Opened lately", "Today", "Patients", "Messages", "Register a patient"):
        assert words in plain(html)


@pytest.mark.parametrize(
    ("query", "label", "href"),
    [
        ("mess", "Messages", "/messages/"),
        ("reminders", "Messages", "/messages/"),
        ("calendar", "Board", "/board/"),
        ("register", "Register a patient", "/patients/new/"),
        ("24 nov", "Day list of Tue 24 Nov", "/day/"),
        ("tomorrow", "Day list of Wed 25 Nov", "/day/2026-11-25/"),
        ("dec 1", "Day list of Tue 1 Dec", "/day/2026-12-01/"),
        ("friday", "Day list of Fri 27 Nov", "/day/2026-11-27/"),
        ("2027-01-05", "Day list of Tue 5 Jan 2027", "/day/2027-01-05/"),
    ],
)
def test_pages_acts_and_days_are_found(desk: User, client: Client, query: str, label: str, href: str) -> None:
    html = ask(client, query)
    assert label in plain(html)
    assert f'href="{href}"' in html


def test_a_birth_date_is_no_day_of_the_book(desk: User, client: Client) -> None:
    assert "Day list" not in ask(client, "8 May 1974")


def test_booking_leads_to_the_dates_of_the_course_that_lacks_some(desk: User, client: Client) -> None:
    plan = factory.make_plan(factory.make_patient(first_name="Zoe", last_name="Penney"))
    other = factory.make_patient(first_name="Ann", last_name="Stone")
    html = ask(client, "penney")
    assert "Book for Zoe Penney" in plain(html)
    assert html.count(reverse("series_planner", args=[plan.public_id])) == 2
    assert reverse("plan_new", args=[other.public_id]) in ask(client, "stone")


def test_a_single_visit_can_be_booked_too(desk: User, client: Client) -> None:
    patient = factory.make_patient(first_name="Zoe", last_name="Penney")
    html = ask(client, "penney")
    assert "Book a single visit for Zoe Penney" in plain(html)
    assert reverse("visit_new", args=[patient.public_id]) in html


def test_the_owner_is_led_to_their_pages(at_noon: object, client: Client) -> None:
    client.force_login(factory.make_user(Role.OWNER), BACKEND)
    for query, label in (("treatments", "Catalogue"), ("rooms", "Settings"), ("holiday", "Close the clinic for a day")):
        assert label in plain(ask(client, query))
    assert "Files that look alike" not in plain(ask(client, "alike"))


def test_nobody_is_found_and_the_desk_may_register_them(desk: User, client: Client) -> None:
    html = ask(client, "Zeb Quill")
    assert "No patient matches “Zeb Quill”." in plain(html)
    assert "Register “Zeb Quill”" in plain(html)
    assert "/patients/new/?name=Zeb+Quill" in html
    assert "Register" not in ask(client, "8829911")


def test_a_person_is_offered_only_what_they_may_open(at_noon: object, client: Client) -> None:
    factory.make_patient(first_name="Zoe", last_name="Penney")
    client.force_login(factory.make_user(Role.CLINICIAN), BACKEND)
    assert "Messages" not in ask(client)
    assert "Register" not in ask(client) + ask(client, "nobody at all")
    assert "Book for Zoe Penney" in plain(ask(client, "penney"))
    client.force_login(factory.make_user(Role.OWNER), BACKEND)
    html = ask(client, "penney")
    assert names(html) == ["Zoe Penney"]
    assert "Book for" not in html
    assert "data-book" not in html


def test_the_page_needs_no_script(desk: User, client: Client) -> None:
    patient = factory.make_patient(first_name="Zoe", last_name="Penney")
    html = client.get(reverse("find"), {"q": "penney"}).content.decode()
    assert f'href="/patients/{patient.public_id}/"' in html
    assert "<h1>" in html
    assert "Book for Zoe Penney" in plain(html)


@pytest.mark.parametrize("query", ["\x00", "%", "'", "<script>", "x" * 300, "📅", "0" * 40, "@", "@@@"])
def test_whatever_is_typed_it_answers(desk: User, client: Client, query: str) -> None:
    assert "<script>" not in ask(client, query)


def counted(client: Client, query: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        ask(client, query)
    return len(caught)


def test_the_number_of_queries_does_not_grow(desk: User, client: Client) -> None:
    factory.make_patient(first_name="Zoe", last_name="Penney")
    one = counted(client, "penney")
    people = make_crowd(60)
    take(factory.make_clinician(), factory.make_room(), date(2026, 12, 1), "10:00", 30, patient=people[0])
    assert counted(client, "penney") <= one + 1  # past twenty it asks how many there are in all
    assert counted(client, "8 may 1974") <= one
    for patient in people[:12]:
        log_reading(desk, patient, "patient")
    assert counted(client, "") <= one + 1
    say(f"find: {one} queries, {one + 1} past {SHOWN} patients")


def fill_book(people: list[Patient], moira: Clinician, room: Room, each: int) -> None:
    """Give each of many patients visits, past all constraints on time: of other years, one after the other."""
    start = timezone.now() - timedelta(days=400)
    visits = []
    for n in range(each * len(people)):
        starts = start + timedelta(minutes=20 * n)
        visits.append(
            Appointment(
                kind="consultation",
                patient=people[n % len(people)],
                clinician=moira,
                room=room,
                arrives_at=starts,
                starts_at=starts,
                ends_at=starts + timedelta(minutes=20),
                frees_at=starts + timedelta(minutes=20),
                wall_date=starts.date(),
                wall_time=starts.time(),
                wall_zone="America/St_Johns",
            )
        )
    Appointment.objects.bulk_create(visits, batch_size=3000)


@pytest.mark.faults
def test_finding_among_ten_thousand_is_quick(clinic: Clinic, client: Client) -> None:
    client.force_login(factory.make_user(Role.FRONT_DESK), BACKEND)
    each = sized(1, full=3)  # what takes long is to put them into the book
    fill_book(make_crowd(10_000), factory.make_clinician(), factory.make_room(), each)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    queries = ["p", "pe", "pen", "penney", "penney ma", "o'brien", "someone42", "someone42@example.ca", "0118", "709"]
    queries += ["8 may 1974", "1960-02-03", "0932", "nguyen", "le blanc anne", "tomorrow", "mess", "zzzz", "", "ann"]
    took: dict[str, float] = {}
    every: list[float] = []
    for query in queries:
        times = []
        for _again in range(5):
            before = time.perf_counter()
            ask(client, query)
            times.append((time.perf_counter() - before) * 1000)
        took[query] = statistics.median(times)
        every += times
    median, p95 = statistics.median(every), statistics.quantiles(every, n=20)[18]
    slowest = max(took, key=lambda query: took[query])
    say(
        f"find at 10,000 patients and {each * 10_000:,} visits: median {median:.0f} ms, p95 {p95:.0f} ms, "
        f"slowest “{slowest}” {took[slowest]:.0f} ms"
    )
    assert median < 500  # quiet: 36 ms; the machine of a run may be shared
    assert p95 < 2000


def test_single_keys_can_be_switched_off(desk: User, client: Client) -> None:
    address = reverse("set_keys")
    assert client.post(address, {"keys": "off"}, headers={"HX-Request": "true"}).status_code == 204
    desk.refresh_from_db()
    assert desk.single_keys is False
    assert 'data-single-keys="off"' in client.get(reverse("find")).content.decode()
    response = client.post(address, {"keys": "on", "next": "/patients/"})
    assert response.headers["Location"] == "/patients/"
    assert client.post(address, {"keys": "on", "next": "https://evil.example/"}).headers["Location"] == "/"
    assert client.post(address, {"keys": "perhaps"}).status_code == 400
    assert client.post(address, {}).status_code == 400
