"""The browser fixtures themselves: a page that complains must fail its test."""

from playwright.sync_api import Page

from tests.browser.conftest import Complaints


def test_a_violation_of_the_policy_is_heard(page: Page, complaints: Complaints) -> None:
    complaints.expect("CSP violation: style-src-attr inline")
    complaints.expect("violates the following Content Security Policy")
    complaints.expect("status of 404")
    page.goto("/no-such-page/")
    assert not [text for text in complaints.heard if "CSP" in text]
    page.evaluate("() => document.body.setAttribute('style', 'color: red')")
    page.wait_for_timeout(100)
    assert any("CSP violation" in text for text in complaints.heard)
