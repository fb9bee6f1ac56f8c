"""How long a visitor of the dashboard waits, in a real browser. Run alone: python -m pytest tests/benchmarks"""

from collections.abc import Callable, Iterator
from itertools import count
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page
from pytest_benchmark.fixture import BenchmarkFixture

from metalearn.characters.character_set import CharacterSet
from tests.end_to_end.conftest import Server, address, browser, new_page, server
from tests.end_to_end.map_page import JS_FIND, canvas, free_tasks, place, selected

__all__ = ["address", "browser", "server"]  # fixtures

MARKS = "[...find().view.selected].join()"
PICTURES = "[...document.querySelectorAll('[data-testid=stImage] img')].map(image => image.src).join()"
QUERIES = "document.querySelector('[data-testid=stMain] .st-key-player [data-testid^=stBidi] *')?.innerText"


@pytest.fixture
def visitor_page(browser: Browser) -> Iterator[Page]:
    page = new_page(browser)
    yield page
    page.close()


def until_new(page: Page, what: str, act: Callable[[], None]) -> None:
    """Do something and wait until what is seen on the page has become something else, and not nothing."""
    before = page.evaluate(f"() => {{ {JS_FIND}; return {what}; }}")
    act()
    page.wait_for_function(f"before => {{ {JS_FIND}; const now = {what}; return now && now !== before; }}", arg=before)


def test_from_the_start_of_a_server_to_the_first_picture(
    benchmark: BenchmarkFixture, server: Server, browser: Browser
) -> None:
    def start() -> None:
        with server() as address:
            page = new_page(browser)
            page.goto(address)
            page.get_by_role("button", name="A", exact=True).wait_for()
            assert page.locator("[data-testid=stException]").count() == 0
            page.close()

    benchmark.pedantic(start, rounds=3)


@pytest.mark.parametrize("maps", ["", "?beside=pca-2d"], ids=["one map", "two maps"])
@pytest.mark.parametrize("what", [MARKS, PICTURES], ids=["marked", "neighbours shown"])
def test_a_click_on_the_map(
    benchmark: BenchmarkFixture, address: str, visitor_page: Page, maps: str, what: str
) -> None:
    visitor_page.goto(f"{address}/task_space{maps}")
    shown = canvas(visitor_page)
    shown.wait_for()
    visitor_page.wait_for_timeout(4000)
    number = count(37, step=61)

    def next_task() -> tuple[tuple[int, float, float], dict[str, object]]:
        visitor_page.wait_for_timeout(1500)
        tasks = free_tasks(shown)
        task = tasks[next(number) % len(tasks)]
        return (task, *place(shown, task)), {}

    def click(task: int, x: float, y: float) -> int:
        until_new(visitor_page, what, lambda: visitor_page.mouse.click(x, y))
        return task

    assert [benchmark.pedantic(click, setup=next_task, rounds=12)] == selected(shown)
    assert visitor_page.locator("[data-testid=stException]").count() == 0


def test_other_drawings_adapted_to(
    benchmark: BenchmarkFixture, address: str, visitor_page: Page, characters: CharacterSet
) -> None:
    chosen = urlencode([("characters", characters.characters[i]) for i in (10, 200, 400, 500, 600)])
    visitor_page.goto(f"{address}/adaptation?learners=preinit&shots=5&steps=10&{chosen}")
    visitor_page.locator(".js-plotly-plot").wait_for()

    def other_seed() -> None:
        until_new(visitor_page, LOSSES, visitor_page.locator(".st-key-seed [data-testid=stNumberInputStepUp]").click)

    benchmark.pedantic(other_seed, setup=lambda: visitor_page.wait_for_timeout(1500), rounds=8, warmup_rounds=1)
    assert visitor_page.locator("[data-testid=stException]").count() == 0
