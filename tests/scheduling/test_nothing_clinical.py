"""Nothing clinical in any mail: every kind is composed, every part searched (domain 6.4)."""

import re
import uuid
from datetime import date, datetime, timedelta
from email.message import EmailMessage

import pytest

from patients.models import Language
from patients.services.outbox import registry
from patients.services.outbox.sweep import sweep
from scheduling.planning.waiting_read import Stretch
from scheduling.services import notices
from scheduling.services.offers import start_round
from scheduling.services.reminding import REMINDER_1_DAY, REMINDER_3_DAYS
from scheduling.services.waiting import add_entry
from tests import factory
from tests.scheduling.helpers import take
from tests.scheduling.mailing import MINUTE, MONDAY, Course
from tests.smtp import Sink
from treatments.models import Area

pytestmark = pytest.mark.django_db
FORBIDDEN = [
    "mesotherap", "meso-lift", "cellulite", "inject", r"\bfat\b", "treatment", "therapy", "thigh", "buttock", "abdomen",
    "needle", "dose", "lot ", "product", "allerg", "pregnan", "weight", "measure", "photo", "diagnos",
    "chin", "balance", "session", "course", "massage", "numbing", "aftercare", "pistor",
]  # fmt: skip
STYLES = re.compile(r'<style.*?</style>|style="[^"]*"', re.DOTALL)
"""How a mail looks is not what it says ("font-weight")."""
PROMOTION = ["offer", "price", r"\$", "discount", "book more", "facebook", "instagram", "review us"]


def everything(mail: EmailMessage) -> str:
    """Return all that a mail says, decoded: headers, both bodies, the calendar file, and the names of its files."""
    parts = [str(value) for name, value in mail.items() if not name.startswith("X-Envelope")]
    for part in mail.walk():
        if not part.is_multipart():
            parts += [str(part.get_content()), part.get_filename() or ""]
    return STYLES.sub(" ", "\n".join(parts))


def earlier_time_for(course: Course, now: datetime) -> None:
    """Offer a free time to the patient, who has no visit ahead in the course any more."""
    asked = {"patient_id": course.patient.pk, "kind": "session", "plan_id": course.plan.pk}
    add_entry(key=uuid.uuid4(), actor=None, now=now, **asked)
    start = factory.at(date(2026, 12, 10), "14:00")
    stretch = Stretch(course.moira.pk, start, start + 45 * MINUTE)
    start_round(key=uuid.uuid4(), stretch=stretch, actor=None, now=now)
    sweep(now)


@pytest.fixture
def mails(smtp: Sink) -> list[EmailMessage]:
    """One mail of every kind, in each shape that it takes."""
    course = Course()
    Area.objects.filter(key="thigh").update(name="Zzthigh")
    visits = course.book(*[date(2026, 12, 1) + timedelta(days=7 * n) for n in range(3)])
    sweep(MONDAY + 3 * MINUTE)
    course.move(visits[2], date(2026, 12, 16), "10:00", MONDAY + 60 * MINUTE)
    course.cancel(visits[1], MONDAY + 60 * MINUTE)
    sweep(MONDAY + 70 * MINUTE)
    for before in (3, 1):
        sweep(factory.at(date(2026, 12, 1) - timedelta(days=before), "14:00"))
    course.complete(visits[0], visits[0].ends_at)
    sweep(visits[0].ends_at + 3 * MINUTE)
    course.cancel(visits[2], visits[0].ends_at + 10 * MINUTE)
    visit = take(course.moira, course.room, date(2026, 12, 11), "10:00", 30, patient=course.patient)
    operation = course.operate("book_visit", [visit], visits[0].ends_at)
    notices.changed(appointment=visit, plan=None, operation=operation, now=visits[0].ends_at)
    sweep(visits[0].ends_at + 30 * MINUTE)
    earlier_time_for(course, visits[0].ends_at + 40 * MINUTE)
    kinds = set(course.patient.messages.filter(state="sent").values_list("kind", flat=True))
    assert kinds == {kind.name for kind in registry.kinds()}, "a new kind needs a mail in this test"
    return smtp.messages


def test_no_mail_tells_what_the_clinic_does_or_who_this_is(mails: list[EmailMessage]) -> None:
    assert len(mails) == 8
    for mail in mails:
        said = everything(mail)
        for word in [*FORBIDDEN, *PROMOTION, "quenneville", "1986", "zzthigh", "moira", "hynes", "src="]:
            assert not re.search(word, said, re.IGNORECASE), f"{mail['Subject']}: {word}"


def test_each_mail_says_who_writes_and_how_to_answer(mails: list[EmailMessage]) -> None:
    for mail in mails:
        for kind in ("plain", "html"):
            text = mail.get_body((kind,)).get_content()  # type: ignore[union-attr]
            assert "12 Gannet Lane" in text
            assert "709-555-0100" in text
            assert "You get this because" in text
        assert mail["To"].count("@") == 1
        assert mail["Cc"] is mail["Bcc"] is None


def test_html_stands_without_images_and_knows_the_dark(mails: list[EmailMessage]) -> None:
    for mail in mails:
        html = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
        assert "<img" not in html
        assert "prefers-color-scheme: dark" in html
        assert 'lang="en-ca"' in html
        assert len(html.encode()) < 40_000


def test_a_french_patient_gets_a_mail_too(smtp: Sink) -> None:
    course = Course(language=Language.FRENCH)
    course.book(date(2026, 12, 1))
    assert str(sweep(MONDAY + 3 * MINUTE)) == "1 sent"
    assert 'lang="fr-ca"' in smtp.messages[0].get_body(("html",)).get_content()  # type: ignore[union-attr]


def test_the_reminders_are_two() -> None:
    assert {REMINDER_1_DAY, REMINDER_3_DAYS} <= {kind.name for kind in registry.kinds()}
