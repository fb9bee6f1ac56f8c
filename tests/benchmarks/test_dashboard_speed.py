"""How long a visitor of the dashboard waits, in a real browser. Run alone: python -m pytest tests/benchmarks"""

import base64
from collections.abc import Callable, Iterator
from itertools import count
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import Browser, Page
from pytest_benchmark.fixture import BenchmarkFixture

from dashboard.widgets import task_canvas
from metalearn.characters.character_set import CharacterSet
from metalearn.plots import PALETTE, STRESSED, SYMBOLS
from tests.end_to_end.conftest import Server, address, browser, new_page, server
from tests.end_to_end.map_page import JS_FIND, canvas, free_tasks, place, selected

__all__ = ["address", "browser", "server"]  # fixtures

MAP_FILES = (".css", ".html", "_space.js", "_paint.js", ".js")
MARKS = "[...find().view.selected].join()"
PICTURES = "[...document.querySelectorAll('[data-testid=stImage] img')].map(image => image.src).join()"
QUERIES = """[...document.querySelectorAll("[data-testid=stMain] *")]
    .map((element) => element.shadowRoot?.querySelector(".queries canvas")).find(Boolean)?.toDataURL()"""
FRAMES = 30
# Moves a map by a pixel and paints it, again and again, and waits until it is painted.
MOVE = """frames => {
    const { view, map } = document.querySelector("canvas.map");
    for (let frame = 0; frame < frames; frame++) {
        window.pan(map, 1, 0);
        window.paint(view, map);
        map.pen.getImageData(0, 0, 1, 1);
    }
}"""


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


@pytest.mark.parametrize("tasks", [1623, 100_000])
def test_a_frame_of_the_map(benchmark: BenchmarkFixture, browser: Browser, tasks: int) -> None:
    files = {name: (task_canvas.FOLDER / f"task_canvas{name}").read_text("utf-8") for name in MAP_FILES}
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_content(f"<style>{files['.css']}</style><div id='here' style='width: 720px'>{files['.html']}</div>")
    script = "\n".join(code for name, code in files.items() if name.endswith("js"))
    script = script.replace("export default function", "window.show = function")
    page.add_script_tag(type="module", content=f"{script}; Object.assign(window, {{ pan, paint }});")
    page.wait_for_function("Boolean(window.show)")
    rng = np.random.default_rng(0)
    data = {
        "maps": [{"title": "", "flat": True, "axes": ["", ""], "summary": "", "places": packed(rng, tasks, 3, "<i2")}],
        "groups": [f"group {i}" for i in range(50)],
        "groupOf": packed(rng, tasks, 1, "<u2"),
        "colours": [PALETTE[i % len(PALETTE)] for i in range(50)],
        "symbols": [SYMBOLS[i % len(SYMBOLS)] for i in range(50)],
        "sheet": "",
        "stressed": STRESSED,
        "selected": [],
        "only": -1,
        "lines": False,
        "drawings": False,
        "texts": {},
    }
    page.evaluate("data => show({ parentElement: here, data, setTriggerValue() {} })", data)
    page.wait_for_timeout(1500)
    benchmark.pedantic(page.evaluate, args=(MOVE, FRAMES), rounds=5, warmup_rounds=1)
    benchmark.extra_info["frames a second"] = FRAMES / benchmark.stats["median"]
    assert page.evaluate("document.querySelector('canvas.map').map.screen.length") == 2 * tasks
    page.close()


def packed(rng: np.random.Generator, tasks: int, each: int, kind: str) -> str:
    """Random places, or numbers of groups, as the browser is sent them."""
    drawn = rng.normal(scale=9000, size=(tasks, each)).clip(-32767, 32767) if each > 1 else rng.integers(0, 50, tasks)
    return base64.b64encode(drawn.astype(kind).tobytes()).decode()


def test_other_drawings_adapted_to(
    benchmark: BenchmarkFixture, address: str, visitor_page: Page, characters: CharacterSet
) -> None:
    chosen = urlencode([("characters", characters.characters[i]) for i in (10, 200, 400, 500, 600)])
    visitor_page.goto(f"{address}/adaptation?learners=preinit&shots=5&steps=10&{chosen}")
    visitor_page.locator(".metalearn-player .queries canvas").wait_for()
    visitor_page.locator(".st-key-drawings button").click()  # the phrase that opens where drawings are chosen

    def other_seed() -> None:
        until_new(visitor_page, QUERIES, visitor_page.locator(".st-key-seed [data-testid=stNumberInputStepUp]").click)

    benchmark.pedantic(other_seed, setup=lambda: visitor_page.wait_for_timeout(1500), rounds=8, warmup_rounds=1)
    assert visitor_page.locator("[data-testid=stException]").count() == 0
