"""Addresses in a real browser: Back goes back, one entry of history for each thing that a visitor does."""

import base64
import http.client
import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from metalearn.characters.character_set import CharacterSet
from tests.end_to_end.conftest import new_page
from tests.end_to_end.map_page import canvas, open_map

SAID = ".metalearn-player [aria-live=polite]"


def entries(page: Page) -> int:
    """How many entries the browser's history has, once the page has come to rest."""
    page.wait_for_timeout(1500)
    return int(page.evaluate("history.length"))


def menu(page: Page, name: str) -> None:
    page.get_by_test_id("stTopNav").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def test_back_goes_back_one_thing_at_a_time(browser: Browser, address: str) -> None:
    page = new_page(browser)
    page.goto(address)
    again = page.get_by_role("button", name="Deal again")
    again.click()
    page.wait_for_url("**example=1")
    menu(page, "Task space")
    canvas(page).wait_for()
    began = entries(page)
    page.get_by_text("Lines to true neighbours").click()
    page.wait_for_url("**lines=yes")
    assert entries(page) == began + 1
    menu(page, "Train")
    expect(page.get_by_role("heading", level=1)).to_have_text("Train")
    menu(page, "Task space")  # what was chosen is still chosen, and the entry of the click has it
    page.wait_for_url("**lines=yes")
    assert entries(page) == began + 3
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Train")
    page.go_back()
    page.wait_for_url("**/task_space?lines=yes")
    expect(page.get_by_role("switch", name="Lines to true neighbours")).to_be_checked()
    page.go_back()
    page.wait_for_url("**/task_space")
    expect(page.get_by_role("switch", name="Lines to true neighbours")).not_to_be_checked()
    page.go_back()
    page.wait_for_url("**example=1")
    page.go_back()
    page.wait_for_url(f"{address}/")
    assert entries(page) == began + 3
    page.close()


def test_a_second_click_before_a_page_has_come_changes_nothing(browser: Browser, address: str) -> None:
    page = new_page(browser)
    page.goto(f"{address}/task_space?lines=yes&map=pca-2d")
    canvas(page).wait_for()
    links = page.get_by_test_id("stTopNav")
    menu(page, "Train")
    links.get_by_role("link", name="Task space").dblclick()
    expect(page.get_by_role("switch", name="Lines to true neighbours")).to_be_checked()
    page.wait_for_url("**/task_space?map=pca-2d&lines=yes")
    for pause in (0, 100, 200, 300):
        menu(page, "Train")
        links.get_by_role("link", name="Task space").click()
        page.wait_for_timeout(pause)
        links.get_by_role("link", name="Draw").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Draw")
        page.wait_for_url("**/draw")
    page.close()


def test_the_players_step_is_in_the_address_and_kept(browser: Browser, address: str, characters: CharacterSet) -> None:
    page = new_page(browser)
    names = "&".join(f"characters={characters.characters[i]}" for i in (7, 30, 60))
    page.goto(f"{address}/adaptation?{names}&learners=preinit")
    expect(page.locator(SAID)).to_contain_text("step 0 of 10")
    began = entries(page)
    page.get_by_role("slider", name="Step").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.wait_for_url("**step=4")
    page.get_by_role("button", name="1 each to learn from").click()
    page.locator("input[aria-label=Shots]").fill("2")
    page.keyboard.press("Enter")
    page.wait_for_url("**shots=2**step=4")
    expect(page.get_by_text("3-way 2-shot")).to_be_attached()
    expect(page.locator(SAID)).to_contain_text("step 4 of 10")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_url("**step=10")
    assert entries(page) == began + 3
    page.go_back()
    page.wait_for_url("**step=4")
    expect(page.locator(SAID)).to_contain_text("step 4 of 10")
    page.close()


def test_a_browser_in_chinese_gets_chinese(browser: Browser, address: str) -> None:
    page = new_page(browser, locale="zh-CN")
    page.goto(f"{address}/train")
    expect(page.get_by_role("heading", level=1)).to_have_text("训练")
    expect(page.locator("html")).to_have_attribute("lang", "zh")
    page.get_by_text("English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Train")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.wait_for_url("**lang=en")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("训练")
    page.close()


def test_a_box_around_many_says_and_keeps_how_many(browser: Browser, address: str, characters: CharacterSet) -> None:
    page = open_map(browser, address)
    page.get_by_role("button", name="Box").click()
    box = canvas(page).bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.1 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.75 * box["height"], steps=8)
    page.mouse.up()
    page.wait_for_url("**many=**")
    said = page.get_by_role("heading", level=3).first.inner_text()
    count = int(said.split()[0])
    assert 60 < count < len(characters)
    again = new_page(browser)
    again.goto(page.url)
    expect(again.get_by_role("heading", level=3).first).to_have_text(said)
    with again.expect_download() as download:
        again.get_by_role("button", name="Selection (CSV)").click()
    assert len(Path(download.value.path()).read_text().splitlines()) == count + 1
    page.close()
    again.close()


@pytest.mark.parametrize("origin", ["http://example.org", "http://192.0.2.1:8501"])
def test_a_page_of_another_origin_is_refused_and_nobody_is_asked(address: str, origin: str) -> None:
    """The server would take seconds to ask in vain; on a machine with a network it would tell others that it runs."""
    host = address.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=20)
    key = base64.b64encode(os.urandom(16)).decode()
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13"}
    connection.request("GET", "/_stcore/stream", headers={"Origin": origin, **upgrade})
    assert connection.getresponse().status == 403


def test_the_server_knows_no_address_of_its_own_on_the_internet(monkeypatch: pytest.MonkeyPatch) -> None:
    from streamlit import net_util
    from streamlit.web import cli, server

    from dashboard import __main__ as start

    asked: list[str] = []
    monkeypatch.setattr(net_util, "_make_blocking_http_get", lambda url, timeout: asked.append(url))
    monkeypatch.setattr(net_util, "get_external_ip", net_util.get_external_ip)  # put back after the test
    monkeypatch.setattr(cli, "main", lambda prog_name: None)
    monkeypatch.setattr("sys.argv", ["dashboard"])
    start.main()
    assert not server.server_util.is_url_from_allowed_origins("http://example.org")
    assert asked == []
