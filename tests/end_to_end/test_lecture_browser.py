"""The lecture in a real browser, by keys alone. It passes every page, so that all are checked for accessibility too.

The checks are those of axe for WCAG 2.2, levels A and AA, in light and dark.
"""

import re
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from dashboard.lecture import VIEWS
from tests.end_to_end.conftest import new_page, rest

WCAG = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
}


# Addresses of what the lecture does not show, and what is clicked there.
OPENED = (
    ("?scene=1&pick=1", ""),
    ("?scene=2&guess=size", ""),
    ("?scene=5&hears=question", ""),
    ("task_space?compare=adaptation", "[data-testid=stSelectbox] input"),
    ("adaptation?step=1", ".st-key-words button"),
    ("draw?source=upload", ""),
)


def set_theme(page: Page, scheme: Literal["light", "dark"]) -> None:
    """Switch between light and dark, and wait until the page has."""
    page.emulate_media(color_scheme=scheme)
    page.wait_for_function(
        f"() => getComputedStyle(document.querySelector('[data-testid=stApp]')).colorScheme === '{scheme}'"
    )
    page.wait_for_timeout(300)


def violations(page: Page) -> list[str]:
    """What axe finds on a page: rule, element, and what is wrong."""
    return [
        f"{rule['id']}: {node['html'][:200]} ({(node['any'] or node['all'] or node['none'])[0]['message']})"
        for rule in Axe().run(page, options=WCAG).response["violations"]
        for node in rule["nodes"]
    ]


def test_every_view_of_the_lecture_opens_by_key_and_is_accessible(browser: Browser, address: str) -> None:
    page = new_page(browser, viewport={"width": 1280, "height": 1600})
    page.goto(f"{address}/?lecture=1&scene=1")
    for number in range(1, len(VIEWS) + 1):
        expect(page.get_by_text(f"{number} / {len(VIEWS)}")).to_be_visible()
        page.wait_for_url(re.compile(rf"lecture={number}&"))
        rest(page)
        assert page.get_by_text("This link asks for something").count() == 0, number
        assert page.get_by_test_id("stException").count() == 0, number
        assert violations(page) == [], number
        set_theme(page, "dark")
        assert violations(page) == [], number
        set_theme(page, "light")
        page.keyboard.press("ArrowRight" if number % 2 else "PageDown")
    page.close()


def test_what_opens_on_a_page_is_accessible_too(browser: Browser, address: str) -> None:
    page = new_page(browser, viewport={"width": 1280, "height": 1600})
    for path, opens in OPENED:
        page.goto(f"{address}/{path}")
        rest(page)
        if opens:
            page.locator(opens).first.click()
            page.wait_for_timeout(500)
            rest(page)
        assert violations(page) == [], path
    page.close()
