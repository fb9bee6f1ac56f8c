"""One path in a real browser: the game appears, characters are chosen, a learner adapts, the player plays."""

import re

from playwright.sync_api import Page, expect

SAID = ".metalearn-player [aria-live=polite]"


def test_choose_adapt_and_watch_it_learn(page: Page) -> None:
    expect(page.get_by_role("button", name="A", exact=True)).to_be_visible()
    page.get_by_test_id("stTopNav").get_by_role("link", name="Watch adaptation").click()
    page.get_by_role("button", name="5 characters of").click()
    page.get_by_role("button", name="5 at random").click()
    page.wait_for_url("**characters=**")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.locator(SAID)).to_contain_text("step 10 of 10")
    outcome = page.get_by_text("of the queries right before adapting").first.inner_text()
    before, after = re.findall(r"(\d+)%", outcome)
    assert int(after) > int(before) + 20
    assert f"{after}%" in page.locator(SAID).inner_text()
    assert page.locator("[data-testid=stException]").count() == 0
