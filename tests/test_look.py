"""What the look promises without a browser: fields tied to their words, pages that stop, one place for colours."""

import re
from pathlib import Path

import pytest
from crispy_forms.bootstrap import InlineRadios
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from crispy_forms.utils import render_crispy_form
from django import forms
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client

TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
PAGES = [path for path in TEMPLATES if "emails" not in path.parts]
"""Mail has no stylesheets: its styles stand in place."""
STYLES = [path for path in sorted((settings.BASE_DIR / "static/css").rglob("*.css")) if path.name != "tokens.css"]


class AskForm(forms.Form):
    days = forms.IntegerField(min_value=7, help_text="Between two visits")
    rhythm = forms.ChoiceField(choices=[("7", "Weekly"), ("14", "Two-weekly")], widget=forms.RadioSelect)
    note = forms.CharField(required=False)
    agreed = forms.BooleanField(label="I asked", help_text="By phone or here")


def drawn(data: dict[str, str] | None) -> str:
    form = AskForm(data)
    form.helper = FormHelper()
    form.helper.form_tag = False
    form.helper.layout = Layout("days", InlineRadios("rhythm"), "note", "agreed")
    return render_crispy_form(form)


def test_a_field_names_its_hint_and_its_error() -> None:
    html = drawn({"days": "5", "rhythm": "7", "agreed": "on"})
    assert re.search(r'<input[^>]*name="days"[^>]*aria-describedby="id_days_helptext id_days_error"', html)
    assert re.search(r'id="id_days_helptext"[^>]*>\s*Between two visits', html)
    assert re.search(r'id="id_days_error">.*greater than or equal to 7', html, re.S)
    assert 'aria-invalid="true"' in html


def test_the_error_of_a_group_of_choices_is_seen() -> None:
    """crispy-bootstrap5 puts it where Bootstrap hides it (`.invalid-feedback` that is no sibling of an input)."""
    html = drawn({"days": "7", "agreed": "on"})
    assert 'aria-describedby="id_rhythm_error"' in html
    assert re.search(r'id="id_rhythm_error">.*This field is required', html, re.S)
    assert "invalid-feedback" not in html


def test_optional_is_written_and_required_is_not() -> None:
    html = drawn(None)
    assert html.count("(optional)") == 1
    assert "asteriskField" not in html


def test_the_summary_counts_and_links_to_the_first_control_of_each_field() -> None:
    html = render_to_string("includes/form_errors.html", {"form": AskForm({})})
    assert "3 things to mend. Nothing was saved yet." in html
    assert re.findall(r'href="#([^"]+)"', html) == ["id_days", "id_rhythm_0", "id_agreed"]
    assert "One thing to mend" in render_to_string(
        "includes/form_errors.html", {"form": AskForm({"days": "7", "rhythm": "7"})}
    )
    assert not render_to_string("includes/form_errors.html", {"form": AskForm()}).strip()


def test_the_last_page_needs_no_database_and_no_request() -> None:
    """pytest-django refuses any query here: the test has no database."""
    html = render_to_string("500.html")
    assert "Something broke on our side" in html
    assert "Pistor" not in html


@pytest.mark.django_db
def test_a_stale_form_says_that_nothing_was_saved(clinic: object) -> None:
    response = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "a@b.example", "password": "x"})
    assert response.status_code == 403
    assert "Nothing was saved" in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("referer", "leads_to"),
    [
        ("http://testserver/waiting/?drift=past", "/waiting/?drift=past"),
        ("https://elsewhere.example/trap", "/me/theme/"),
        ("http://testserver/", "/me/theme/"),
        ("", "/me/theme/"),
    ],
)
def test_a_stale_form_leads_back_to_the_page_that_it_stood_on(clinic: object, referer: str, leads_to: str) -> None:
    headers = {"referer": referer} if referer else {}
    response = Client(enforce_csrf_checks=True).post("/me/theme/", {"theme": "dark"}, headers=headers)
    assert f'href="{leads_to}">Open the page again' in response.content.decode()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(settings.BASE_DIR).as_posix())
def test_no_template_styles_or_scripts_in_place(path: Path) -> None:
    html = path.read_text()
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=\"|hx-on", html)
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", html)
    assert len(html.splitlines()) <= 150


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_colours_are_named_in_the_tokens_only(path: Path) -> None:
    rules = re.sub(r"/\*.*?\*/|url\([^)]*\)", "", path.read_text(), flags=re.S)
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b(?=\s*[;,)}\s])|\brgba?\(|\bhsla?\(", rules)
