"""Days and times as people type them into a form, and how a form writes them."""

from datetime import date, time

import pytest
import time_machine
from django import forms
from pytest_django.asserts import assertHTMLEqual as assert_html_equal

from clinic.lib.fields import ClockField, DayField, PlainSelect, read_day, typeable

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("typed", "coming", "nearest"),
    [
        ("2026-12-01", date(2026, 12, 1), date(2026, 12, 1)),
        ("Tue 1 Dec", date(2026, 12, 1), date(2026, 12, 1)),
        ("Dec 1", date(2026, 12, 1), date(2026, 12, 1)),
        ("20 Nov", date(2027, 11, 20), date(2026, 11, 20)),
        ("Fri 20 Nov 2026", date(2026, 11, 20), date(2026, 11, 20)),
        ("1 Feb", date(2027, 2, 1), date(2027, 2, 1)),
        ("mer. 2 déc.", date(2026, 12, 2), date(2026, 12, 2)),
        ("yesterday", None, date(2026, 11, 23)),
        ("31 Nov", None, None),
        ("soon", None, None),
    ],
)
def test_a_day_is_read_as_it_was_meant(typed: str, coming: date | None, nearest: date | None) -> None:
    assert read_day(typed, TODAY) == coming
    assert read_day(typed, TODAY, nearest=True) == nearest


@pytest.mark.parametrize("nearest", [True, False])
def test_what_a_form_writes_it_reads_again(nearest: bool) -> None:
    for days in range(-700, 701):
        day = date.fromordinal(TODAY.toordinal() + days)
        assert read_day(typeable(day, TODAY, nearest=nearest), TODAY, nearest=nearest) == day


def test_the_year_stands_only_where_it_is_needed() -> None:
    assert typeable(date(2026, 12, 1), TODAY) == "Tue 1 Dec"
    assert typeable(date(2026, 11, 3), TODAY) == "Tue 3 Nov 2026"
    assert typeable(date(2026, 11, 3), TODAY, nearest=True) == "Tue 3 Nov"
    assert typeable(date(2027, 1, 5), TODAY) == "Tue 5 Jan 2027"


class Form(forms.Form):
    day = DayField(nearest=True)
    time = ClockField()


@time_machine.travel("2026-11-24T12:00:00Z", tick=False)
def test_a_form_shows_the_day_that_was_read_and_keeps_words_that_are_none() -> None:
    form = Form({"day": "2026-11-20", "time": "930"})
    assert form.is_valid()
    assert form.cleaned_data == {"day": date(2026, 11, 20), "time": time(9, 30)}
    assert 'value="Fri 20 Nov"' in str(form["day"])
    assert 'value="2026-11-20"' in str(form["day"])  # the calendar opens there
    wrong = Form({"day": "<soon>", "time": "25:00"})
    assert set(wrong.errors) == {"day", "time"}
    assert 'value="&lt;soon&gt;"' in str(wrong["day"])


@pytest.mark.parametrize("chosen", ["2", 2, None, "gone", '"'])
def test_a_plain_list_is_written_as_django_writes_it(chosen: object) -> None:
    offered = [("", "Anyone"), (2, "O’Neil & <Sons>"), ('"', "Quote")]
    attrs = {"id": "id_who", "required": True, "disabled": False, "aria-describedby": "why"}
    plain, usual = (
        kind(attrs={"class": "form-select"}, choices=offered).render("who", chosen, attrs)
        for kind in (PlainSelect, forms.Select)
    )
    assert_html_equal(plain, usual)
