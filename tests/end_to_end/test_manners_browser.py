"""What every page owes its visitor in a real browser: addresses, languages, the dark, and the width of a phone."""

import pytest
from playwright.sync_api import Browser, expect

from tests.end_to_end.conftest import Server, new_page, rest

PAGES = ("", "task_space", "adaptation", "draw", "does_it_help", "train")


def test_a_link_to_a_page_is_the_first_thing_a_server_is_asked(server: Server, browser: Browser) -> None:
    with server() as address:
        page = new_page(browser)
        page.goto(f"{address}/task_space?map=pca-2d&lang=zh")
        expect(page.get_by_role("heading", level=1)).to_have_text("任务空间")
        expect(page.get_by_role("link", name="观看适应")).to_be_visible()  # the menu, and not Streamlit's own
        page.close()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_nobody_but_its_own_server(browser: Browser, address: str, path: str) -> None:
    page, asked = new_page(browser), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/{path}")
    page.get_by_role("heading", level=1).wait_for()
    page.wait_for_load_state("networkidle")
    # A browser without a window does not fetch a page's icon, so ask where it would come from.
    icons = page.locator("link[rel~=icon]").evaluate_all("links => links.map(link => link.href)")
    page.close()
    assert icons
    assert [url for url in asked + icons if not url.startswith((address, "data:", "blob:"))] == []


def test_the_language_is_switched_and_stays(browser: Browser, address: str) -> None:
    page = new_page(browser)
    page.goto(address)
    page.get_by_text("简体中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("从少量样本中学习")
    page.get_by_role("link", name="训练").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("训练")
    page.close()


@pytest.mark.parametrize("path", PAGES)
def test_a_phone_in_the_dark_shows_all_of_it(browser: Browser, address: str, path: str) -> None:
    page = new_page(browser, viewport={"width": 390, "height": 800}, color_scheme="dark")
    page.goto(f"{address}/{path}")
    rest(page)
    page.wait_for_timeout(500)  # figures take the page's width
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    background = page.evaluate("getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor")
    assert sum(map(int, background.removeprefix("rgb(").rstrip(")").split(","))) < 150
    assert page.locator("[data-testid=stException]").count() == 0
    page.close()
