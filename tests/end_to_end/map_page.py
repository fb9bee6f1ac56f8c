"""What tests do with the map of tasks in a browser: find a task on it, and click there."""

from typing import Any

from playwright.sync_api import Browser, Locator, Page

from tests.end_to_end.conftest import new_page, rest

JS_FIND = """
    const find = () => [...document.querySelectorAll("[data-testid=stMain] *")]
        .map((element) => element.shadowRoot?.querySelector("canvas.map")).find(Boolean);
"""


def open_map(browser: Browser, address: str, query: str = "", **options: object) -> Page:
    """Open the page, and wait until its drawings have come and nothing moves."""
    page = new_page(browser, **{"viewport": {"width": 1280, "height": 1300}, **options})
    page.goto(f"{address}/task_space?{query}")
    canvas(page).wait_for()
    wait_until(page, "find()?.view.ink && !find().map.from")
    rest(page)
    page.wait_for_timeout(1000)
    return page


def wait_until(page: Page, what: str) -> None:
    """Wait until something is true in the browser, where ``find()`` finds the first map."""
    page.wait_for_function(f"() => {{ {JS_FIND}; return {what}; }}")


def canvas(page: Page, number: int = 0) -> Locator:
    return page.locator("canvas.map").nth(number)


def of(found: Locator, what: str) -> Any:
    """Return what the map (``map``), or the page's state (``view``), is in the browser."""
    return found.evaluate(f"({{ map, view }}) => {what}")


def place(found: Locator, task: int) -> tuple[float, float]:
    """Return where a task stands in the window."""
    box = found.bounding_box()
    assert box is not None
    x, y = of(found, f"[map.screen[{2 * task}], map.screen[{2 * task + 1}]]")
    return box["x"] + x, box["y"] + y


def free_tasks(found: Locator) -> list[int]:
    """Return the tasks that no name covers, and to which none is too near to be told apart."""
    tasks: list[int] = of(
        found,
        """[...view.groups.keys()].filter((task) => {
            const [x, y] = [map.screen[2 * task], map.screen[2 * task + 1]];
            const near = (other) => Math.hypot(map.screen[2 * other] - x, map.screen[2 * other + 1] - y) < 6;
            return !map.labels.some((label) => Math.abs(label.y - y) < 14 && Math.abs(label.x - x) < label.half + 4)
                && [...view.groups.keys()].every((other) => other === task || !near(other));
        })""",
    )
    return tasks


def click_on(found: Locator, task: int, **options: Any) -> None:
    found.page.mouse.click(*place(found, task), **options)


def selected(found: Locator) -> list[int]:
    chosen: list[int] = of(found, "[...view.selected]")
    return chosen
