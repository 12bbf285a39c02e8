"""Take the README's two pictures from a running clinic: `make screenshots` while `make run` runs elsewhere.

It plans a course for the demo's Devika Rao, takes the planner with its clashes, books them, and takes her page. Run it
on a new demo: it leaves the course behind, and undoes the booking only so that no mail goes out.
"""

import os
import re
import shutil
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ADDRESS = f"http://localhost:{os.environ.get('PORT', '8000')}"
FOLDER = Path(__file__).parent / "img"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]


def sign_in(page: Page) -> None:
    page.goto("/")
    page.get_by_label("E-mail", exact=True).fill("desk@demo.example")
    page.get_by_label("Password", exact=True).fill("pistor-demo")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/board/**")


def open_planner(page: Page) -> None:
    page.goto("/patients/?q=devika+rao")
    page.get_by_role("link", name=re.compile("Devika Rao")).first.click()
    page.get_by_role("link", name=re.compile("^Book")).first.click()
    page.wait_for_load_state()
    if "/plans/new/" in page.url:
        page.get_by_role("link", name=re.compile("Cellulite reduction")).first.click()
        page.get_by_label("With", exact=True).select_option(label="Moira Hynes")
        page.get_by_label("Around").select_option(label="14:00")
        page.get_by_text("Tu", exact=True).click()
        page.get_by_role("button", name=re.compile("Continue")).click()
    page.get_by_role("heading", name=re.compile("^Book .* sessions")).wait_for()


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_page(
            base_url=ADDRESS, viewport={"width": 1440, "height": 900}, locale="en-CA", timezone_id="America/St_Johns"
        )
        sign_in(page)
        open_planner(page)
        page.screenshot(path=FOLDER / "planner.png")
        page.get_by_role("button", name=re.compile("^Fix")).click()
        page.get_by_role("button", name=re.compile("^Book 10 sessions")).and_(page.locator(":enabled")).click()
        page.get_by_role("button", name=re.compile("^Undo")).wait_for()
        page.screenshot(path=FOLDER / "patient.png")
        page.get_by_role("button", name=re.compile("^Undo")).click()
        page.wait_for_load_state()
        browser.close()


if __name__ == "__main__":
    main()
