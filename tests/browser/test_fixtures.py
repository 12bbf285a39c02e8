"""The browser fixtures themselves: a page that complains must fail its test."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from clinic.models import Role, User
from tests import factory
from tests.browser.conftest import Complaints, Sound


def test_a_violation_of_the_policy_is_heard(page: Page, complaints: Complaints) -> None:
    complaints.expect("CSP violation: style-src-attr inline")
    complaints.expect("violates the following Content Security Policy")
    complaints.expect("status of 404")
    page.goto("/no-such-page/")
    assert not [text for text in complaints.heard if "CSP" in text]
    page.evaluate("() => document.body.setAttribute('style', 'color: red')")
    page.wait_for_timeout(100)
    assert any("CSP violation" in text for text in complaints.heard)


def test_words_too_pale_for_the_dark_theme_are_found(page: Page, sound: Sound) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto("/accounts/login/")
    sound(page, "dark")
    page.evaluate("() => { document.querySelector('label').style.color = '#333' }")
    with pytest.raises(AssertionError, match="color-contrast"):
        sound(page, "dark")


def test_a_person_signs_in_by_the_form(
    page: Page, sign_in_by_form: Callable[[Page, User], None], assert_no_violations: Callable[[Page], None]
) -> None:
    page.goto("/accounts/login/")
    assert_no_violations(page)
    sign_in_by_form(page, factory.make_user(Role.FRONT_DESK))
    expect(page).not_to_have_url("/accounts/login/")
    assert "/accounts/" not in page.url
