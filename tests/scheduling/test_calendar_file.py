"""The calendar file holds what it should and nothing else, whatever stands in the clinic's name and address."""

import uuid
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from clinic.models import Clinic
from scheduling.models import Appointment
from scheduling.services.calendar_file import calendar_file

START = datetime(2026, 12, 1, 17, tzinfo=UTC)
OURS = {"UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "STATUS", "LOCATION"}
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
hostile = st.one_of(text, st.sampled_from(["a\r\nATTENDEE:x", "b\rEND:VEVENT\rBEGIN:VALARM", "c\\nd;e,f", "é" * 90]))


@given(name=hostile, address=hostile)
@settings(max_examples=150, deadline=None)
def test_nothing_can_be_smuggled_in(name: str, address: str) -> None:
    visit = Appointment(
        public_id=uuid.uuid4(), version=3, arrives_at=START, starts_at=START, ends_at=START + timedelta(minutes=45)
    )
    clinic = Clinic(name="C", short_name=name, address=address)
    file = calendar_file(visits=[visit], gone=[], clinic=clinic, summary=f"{name}: appointment", now=START)
    assert all(len(line.encode()) <= 75 for line in file.content.split("\r\n"))
    calendar = Calendar.from_ical(file.content)
    [event] = calendar.walk("VEVENT")
    assert [component.name for component in calendar.walk()] == ["VCALENDAR", "VEVENT"]
    assert set(event.keys()) <= OURS
    assert event["dtstart"].dt == START
    assert str(event["summary"]).endswith(": appointment")
