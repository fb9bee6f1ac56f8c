"""The dashboard as ``metalearn dashboard`` starts it, and a browser that reaches nothing beyond this machine."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from metalearn.characters.character_set import CharacterSet

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
PATIENCE_MS = 180_000  # the first adaptation waits for torch to be imported, and the machine may be busy

Server = Callable[[], AbstractContextManager[str]]


@pytest.fixture(scope="session")
def server(characters: CharacterSet) -> Server:
    """Starts a dashboard of its own and says where it is; on leaving, it is ended."""

    @contextmanager
    def start() -> Iterator[str]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        environment = dict(os.environ)
        if characters.name == "glyphs":
            environment["METALEARN_DATA"] = "glyphs"
        command = [str(Path(sys.executable).with_name("metalearn")), "dashboard", "--no-browser", "--port", str(port)]
        running = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(300):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.2)
            yield f"http://localhost:{port}"
        finally:
            running.terminate()
            running.wait(20)

    return start


@pytest.fixture(scope="session")
def address(server: Server) -> Iterator[str]:
    """One dashboard for all tests."""
    with server() as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for the tests of one file."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium or Chrome on the PATH")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


LEFT: list[str] = []  # requests that would have left this machine
ERRORS: list[str] = []  # what went wrong in the browser


@pytest.fixture(autouse=True)
def nothing_leaves_this_machine_and_nothing_goes_wrong() -> Iterator[None]:
    """Fail a test whose pages ask for anything beyond this machine, or have an error in the browser's console."""
    LEFT.clear()
    ERRORS.clear()
    yield
    assert LEFT == []
    assert ERRORS == []


def new_page(browser: Browser, **options: object) -> Page:
    """Open a page of a visitor of its own. A request that would leave this machine is refused, and fails the test.

    So does an error in the browser's console.
    """

    def decide(route: Route) -> None:
        if urlsplit(route.request.url).hostname == "localhost":
            route.continue_()
        else:
            LEFT.append(route.request.url)
            route.abort()

    opened = browser.new_page(**{"viewport": {"width": 1280, "height": 1000}, **options})
    opened.route("**/*", decide)
    opened.on("pageerror", lambda error: ERRORS.append(str(error)))
    opened.on("console", lambda said: ERRORS.append(f"{said.text} ({said.location})") if said.type == "error" else None)
    opened.set_default_timeout(PATIENCE_MS)
    return opened


def rest(page: Page) -> None:
    """Wait until a page has been made, nothing on it is loading, and for half a second nothing has moved."""
    page.locator("h1").first.wait_for()
    page.wait_for_function(
        """() => {
          const made = document.querySelector("[data-testid=stApp]").dataset.testScriptState === "notRunning" &&
            !document.querySelector("[data-testid=stSkeleton], [data-testid=stSpinner], [data-stale=true]");
          const place = ({ x, y, width, height }) => [x, y, width, height].map(Math.round);
          const shown = [...document.querySelectorAll("[data-testid=stElementContainer]")];
          const places = made && shown.map((one) => place(one.getBoundingClientRect())).join(" ");
          if (places === false || window.places !== places) [window.places, window.since] = [places, performance.now()];
          return performance.now() - window.since > 500;
        }""",
        polling=100,
    )


def assert_soon(page: Page, check: Callable[[], None]) -> None:
    """Check again and again until it holds; after as long as a test is patient, fail as the check does."""
    give_up = time.monotonic() + PATIENCE_MS / 1000
    while time.monotonic() < give_up:
        with suppress(AssertionError):
            return check()
        page.wait_for_timeout(100)
    return check()


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Page:
    """The dashboard's first page, in a browser."""
    opened = new_page(browser)
    opened.goto(address)
    opened.get_by_role("heading", level=1).wait_for()
    return opened
