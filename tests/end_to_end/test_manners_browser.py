"""What every page owes its visitor in a real browser: addresses, languages, the dark, and the width of a phone."""

import pytest
from playwright.sync_api import Browser, Page, expect

from metalearn.characters.character_set import CharacterSet
from tests.end_to_end.conftest import Server, new_page

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


def test_a_point_that_is_clicked_is_marked_on_both_maps_and_stands_in_the_address(
    browser: Browser, address: str, characters: CharacterSet
) -> None:
    page = new_page(browser)
    page.goto(f"{address}/task_space?beside=pca-2d")
    click_on_point(page, 700)
    expect(page.get_by_text("1 selected", exact=True)).to_be_visible()
    expect(page.locator(".marks circle")).to_have_count(2)
    page.wait_for_url("**tasks=**")
    again = new_page(browser)
    again.goto(page.url)
    expect(again.get_by_text("1 selected", exact=True)).to_be_visible()
    expect(again.locator(".marks circle")).to_have_count(2)
    page.close()
    again.close()


def test_a_map_that_was_moved_stays_where_it_is_and_marks_move_with_it(browser: Browser, address: str) -> None:
    page = new_page(browser)
    page.goto(f"{address}/task_space")
    click_on_point(page, 700)
    expect(page.locator(".marks text")).not_to_be_empty()
    mark, chart = page.locator(".marks circle"), page.locator(".js-plotly-plot").bounding_box()
    assert chart is not None
    before = float(mark.get_attribute("cx") or "nan")
    page.mouse.move(chart["x"] + 300, chart["y"] + 300)
    page.mouse.down()
    page.mouse.move(chart["x"] + 340, chart["y"] + 300, steps=4)
    page.mouse.up()
    assert float(mark.get_attribute("cx") or "nan") == pytest.approx(before + 40, abs=1)
    left = "() => document.querySelector('.js-plotly-plot').layout.xaxis.range[0]"
    moved = page.evaluate(left)
    click_on_point(page, 300)
    page.wait_for_timeout(1500)
    assert page.evaluate(left) == moved
    page.close()


def test_a_lasso_selects_and_so_does_a_click_afterwards(browser: Browser, address: str) -> None:
    page = new_page(browser)
    page.goto(f"{address}/task_space?beside=pca-2d")
    click_on_point(page, 700)
    expect(page.get_by_text("1 selected", exact=True)).to_be_visible()
    second = page.locator(".js-plotly-plot").nth(1)
    second.hover()
    second.locator("[data-title='Lasso Select']").click()
    chart = second.bounding_box()
    assert chart is not None
    x, y = chart["x"] + chart["width"] / 2, chart["y"] + chart["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for right, down in ((70, 0), (70, 70), (0, 70), (0, 0)):  # it ends where it began, and is no click for that
        page.mouse.move(x + right, y + down, steps=5)
    page.mouse.up()
    expect(page.get_by_text("1 selected", exact=True)).to_be_hidden()
    expect(page.locator(".marks circle").nth(2)).to_be_attached()
    click_on_point(page, 700)  # the same as before the lasso
    expect(page.get_by_text("1 selected", exact=True)).to_be_visible()
    page.close()


def test_a_point_of_a_map_in_3d_is_marked_where_it_is_clicked_and_the_camera_stays(
    browser: Browser, address: str
) -> None:
    page = new_page(browser)
    page.goto(f"{address}/task_space?map=pca-3d")
    page.locator(".js-plotly-plot canvas").first.wait_for()
    page.locator(".marks").wait_for(state="attached")
    page.wait_for_timeout(2500)  # until the page has come to rest
    chart = page.locator(".js-plotly-plot").bounding_box()
    assert chart is not None
    camera = "document.querySelector('.js-plotly-plot')._fullLayout.scene._scene.getCamera().eye"
    begins = page.evaluate(camera)
    x, y = chart["x"] + chart["width"] / 2, chart["y"] + chart["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for share in (0.2, 0.6, 1):
        page.mouse.move(x + 60 * share, y)
        page.wait_for_timeout(300)  # a scene turns once a frame
    page.mouse.up()
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(1500)
    turned = page.evaluate(camera)
    assert turned != pytest.approx(begins, rel=0.1)
    hovered = "() => document.querySelector('.js-plotly-plot').under ?? null"
    for step in range(100):
        x = chart["x"] + chart["width"] * (0.3 + 0.004 * step)
        page.mouse.move(x, y)
        page.wait_for_timeout(100)
        if page.evaluate(hovered) is not None:
            break
    page.mouse.down()
    page.mouse.up()
    expect(page.get_by_text("1 selected", exact=True)).to_be_visible()
    page.wait_for_timeout(1000)
    mark = page.evaluate("document.querySelector('.marks circle').getBoundingClientRect().toJSON()")
    assert abs(mark["x"] + mark["width"] / 2 - x) < 12
    assert abs(mark["y"] + mark["height"] / 2 - y) < 12
    assert page.evaluate(camera) == pytest.approx(turned)
    page.close()


def click_on_point(page: Page, number: int) -> None:
    """Click in the middle of a point of the first map, once the page has come to rest."""
    point = page.locator(".js-plotly-plot").first.locator(".points path").nth(number)
    point.wait_for()
    page.locator(".marks").first.wait_for(state="attached")
    page.wait_for_timeout(1500)
    box = point.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


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
    page.get_by_role("heading", level=1).wait_for()
    page.wait_for_timeout(2000)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    background = page.evaluate("getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor")
    assert sum(map(int, background.removeprefix("rgb(").rstrip(")").split(","))) < 150
    assert page.locator("[data-testid=stException]").count() == 0
    page.close()
