"""Watch adaptation in a real browser: an example, a link to a task, playing it, and a reload that shows the same."""

from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from metalearn.characters.character_set import CharacterSet
from tests.end_to_end.conftest import new_page, rest

SAID = ".metalearn-player [aria-live=polite]"


def said(page: Page) -> str:
    return page.locator(SAID).inner_text()


def wait_for_step(page: Page, step: int) -> None:
    expect(page.locator(SAID)).to_contain_text(f"step {step} of")


def plane(page: Page) -> str:
    page.wait_for_timeout(200)
    found: str = page.locator(".metalearn-player .plane canvas").first.evaluate("canvas => canvas.toDataURL()")
    return found


def test_a_link_opens_a_task_that_plays_and_survives_a_reload(
    page: Page, address: str, characters: CharacterSet
) -> None:
    names = [characters.characters[i] for i in (7, 30, 60)]
    query = {"characters": names, "learners": ["preinit", "attention"], "shots": 2, "steps": 5, "step": 1}
    page.goto(f"{address}/adaptation?{urlencode(query, doseq=True)}")
    wait_for_step(page, 1)
    first, opened = plane(page), said(page)

    page.get_by_role("button", name="Play", exact=True).click()
    wait_for_step(page, 5)
    assert plane(page) != first
    page.get_by_role("button", name="One step back").click()
    wait_for_step(page, 4)
    page.keyboard.press("Home")
    wait_for_step(page, 0)
    page.keyboard.press("ArrowRight")
    wait_for_step(page, 1)
    page.wait_for_url("**step=1**")

    page.reload()
    wait_for_step(page, 1)
    assert said(page) == opened
    assert plane(page) == first
    assert page.locator("[data-testid=stException]").count() == 0


@pytest.mark.parametrize("learners", [["preinit"], ["preinit", "scratch"], ["all-three", "step-sizes", "attention"]])
def test_the_whole_player_is_on_the_first_screen(browser: Browser, address: str, learners: list[str]) -> None:
    page = new_page(browser, viewport={"width": 1280, "height": 720})
    page.goto(f"{address}/adaptation?{urlencode({'learners': learners}, doseq=True)}")
    wait_for_step(page, 0)
    rest(page)
    for found in page.locator(".metalearn-player canvas, .metalearn-player button, .metalearn-player input").all():
        box = found.bounding_box()
        assert box
        assert 0 < box["y"] < box["y"] + box["height"] <= 720
        assert 0 <= box["x"] < box["x"] + box["width"] <= 1280
    for phrase in page.locator(".st-key-words button").all():
        assert phrase.inner_text().strip()
    page.close()


def test_on_a_phone_the_controls_stay_at_the_bottom(browser: Browser, address: str) -> None:
    page = new_page(browser, viewport={"width": 390, "height": 800})
    page.goto(f"{address}/adaptation?step=0")
    wait_for_step(page, 0)
    page.locator(".metalearn-player .queries").first.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    box = page.locator(".metalearn-player .controls").bounding_box()
    assert box
    assert 700 < box["y"] < box["y"] + box["height"] <= 800
    page.get_by_role("button", name="One step forward").click()
    wait_for_step(page, 1)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    page.close()


def test_it_opens_on_an_example_that_plays_and_leaves_the_address_alone(browser: Browser, address: str) -> None:
    page = new_page(browser)
    page.goto(f"{address}/adaptation")
    wait_for_step(page, 10)
    page.wait_for_timeout(500)
    assert page.url == f"{address}/adaptation"
    page.close()
    still = new_page(browser, reduced_motion="reduce")
    still.goto(f"{address}/adaptation")
    expect(still.get_by_role("button", name="Play", exact=True)).to_be_visible()
    still.wait_for_timeout(1000)
    wait_for_step(still, 0)
    expect(still.get_by_role("button", name="Play", exact=True)).to_be_visible()
    still.close()


def test_it_stands_where_it_stood_after_another_page(browser: Browser, address: str) -> None:
    page = new_page(browser)
    page.goto(f"{address}/adaptation?steps=5")
    wait_for_step(page, 0)
    page.get_by_role("slider", name="Step").focus()
    page.keyboard.press("End")
    page.wait_for_url("**step=5")
    menu = page.get_by_test_id("stTopNav")
    menu.get_by_role("link", name="Train").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Train")
    menu.get_by_role("link", name="Watch adaptation").click()
    wait_for_step(page, 5)
    page.close()


def test_a_phrase_opens_where_it_can_be_changed(browser: Browser, address: str) -> None:
    page = new_page(browser, viewport={"width": 1280, "height": 720})
    page.goto(f"{address}/adaptation?step=2")
    wait_for_step(page, 2)
    page.get_by_role("button", name="1 each to learn from").click()
    page.get_by_role("spinbutton", name="Shots").fill("3")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="3 each to learn from")).to_be_visible()
    expect(page.get_by_text("5-way 3-shot")).to_be_attached()
    wait_for_step(page, 2)
    page.close()
