"""One path in a real browser: the map appears, characters are chosen, a learner adapts, the player plays."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from metalearn.data import CharacterSet

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium or Chrome on the PATH")


@pytest.fixture(scope="module")
def address(characters: CharacterSet) -> Iterator[str]:
    """The dashboard as ``metalearn dashboard`` starts it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = dict(os.environ)
    if characters.name == "glyphs":
        environment["METALEARN_DATA"] = "glyphs"
    command = [str(Path(sys.executable).with_name("metalearn")), "dashboard", "--no-browser", "--port", str(port)]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        for _ in range(150):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture(scope="module")
def page(address: str) -> Iterator[Page]:
    expect.set_options(timeout=60_000)  # the first adaptation waits for torch to be imported
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        opened = browser.new_page(viewport={"width": 1280, "height": 1000})
        # Nothing beyond this machine is needed: a request that leaves it would be refused, and the test would see it.
        opened.route("**/*", lambda route: route.continue_() if "localhost" in route.request.url else route.abort())
        opened.set_default_timeout(60_000)
        opened.goto(address)
        yield opened
        browser.close()


def test_choose_adapt_and_watch_it_learn(page: Page) -> None:
    expect(page.locator(".js-plotly-plot .points path").first).to_be_visible()
    page.get_by_role("link", name="Watch adaptation").click()
    page.get_by_role("button", name="5 at random").click()
    player = page.locator(".js-plotly-plot")
    expect(player).to_be_visible()
    expect(page.get_by_text("of the queries right before adapting").first).to_be_visible()

    def shown() -> tuple[float, float]:
        """The step and the accuracy at which the first learner's dot stands."""
        return player.evaluate(
            "plot => { const dot = plot.data.filter(t => t.xaxis === 'x2' && t.mode === 'markers')[0];"
            " return [dot.x[0], dot.y[0]]; }"
        )

    assert shown()[0] == 0
    before = shown()[1]
    player.locator(".updatemenu-button", has_text="Play").click()
    page.wait_for_function(
        "() => document.querySelector('.js-plotly-plot').data"
        ".filter(t => t.xaxis === 'x2' && t.mode === 'markers')[0].x[0] === 10"
    )
    assert shown()[1] > before + 0.2
    player.locator(".slider-rail-touch-rect").click(position={"x": 5, "y": 5})
    page.wait_for_function(
        "() => document.querySelector('.js-plotly-plot').data"
        ".filter(t => t.xaxis === 'x2' && t.mode === 'markers')[0].x[0] < 10"
    )
    assert page.locator("[data-testid=stException]").count() == 0
