"""The lecture in a real browser, by keys alone. It passes every page, so that all are checked for accessibility too.

The checks are those of axe for WCAG 2.2, levels A and AA, in light and dark.
"""

import re
from functools import partial
from typing import Literal
from urllib.parse import urlencode

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

from dashboard.lecture import VIEWS
from dashboard.widgets import lecture_bar
from tests.end_to_end.conftest import assert_soon, new_page, rest

WCAG = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
}


PROJECTOR: ViewportSize = {"width": 1280, "height": 720}
HALL: ViewportSize = {"width": 1920, "height": 1080}
# What nothing may cut or cover in each view: it stands between the menu and the bar at the bottom.
SEEN = {
    "Which one is it?": ("h3", "[class*=st-key-drawing-] button"),
    "The same drawings, another question": ("h3", "[data-testid=stImage]", "[class*=st-key-guess-] button"),
    "A task becomes a point": ("h3", "[data-testid=stImage]", ".js-plotly-plot"),
    "All tasks on a map": (".map", ".task-canvas [data-tool]"),
    "Where to start, how to step, where to look": ("h3", ".js-plotly-plot"),
    "Two learners on the same task": (".metalearn-player canvas", ".metalearn-player button"),
    "Told the wrong question, it falls": ("h3", "[data-testid=stMetric]", "[data-testid=stImage]"),
    "Does it help?": ("h1", "[data-testid=stMarkdown] ul"),
    "Meta-training, live": ("h1", "[data-testid=stMain] [data-testid=stBaseButton-primary]"),
    "Your own characters": ("[aria-label='A sheet of cells to draw in']", "[data-testid=stAlert]"),
}
# Notes how large the letters are that are painted on a canvas, as they are seen, until it is painted anew.
NOTES_LETTERS = """
window.painted = new Map();
const { clearRect, fillText } = CanvasRenderingContext2D.prototype;
CanvasRenderingContext2D.prototype.clearRect = function (...place) {
  painted.delete(this.canvas);
  return clearRect.call(this, ...place);
};
CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
  const size = (parseFloat(this.font.match(/[\\d.]+px/)) * this.getTransform().a) / devicePixelRatio;
  if (!painted.has(this.canvas)) painted.set(this.canvas, new Map());
  painted.get(this.canvas).set(text, size);
  return fillText.call(this, text, ...place);
};
"""
SMALLEST = """() => {
  const sizes = [];
  const look = (root) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.shadowRoot) look(node.shadowRoot);
      if (painted.has(node)) sizes.push(...painted.get(node).values());
      if (node.nodeType !== Node.TEXT_NODE || !node.data.trim() || !node.parentElement.checkVisibility()) continue;
      sizes.push(parseFloat(getComputedStyle(node.parentElement).fontSize));
    }
  };
  look(document.body);
  return Math.min(...sizes);
}"""

# Addresses of what the lecture does not show, and what is clicked there.
OPENED = (
    ("?scene=1&pick=1", ""),
    ("?scene=2&guess=size", ""),
    ("?scene=5&hears=question", ""),
    ("task_space?compare=adaptation", "[data-testid=stSelectbox] input"),
    ("adaptation?step=1", ".st-key-words button"),
    ("draw?source=upload", ""),
)


def set_theme(page: Page, scheme: Literal["light", "dark"]) -> None:
    """Switch between light and dark, and wait until the page has."""
    page.emulate_media(color_scheme=scheme)
    page.wait_for_function(
        f"() => getComputedStyle(document.querySelector('[data-testid=stApp]')).colorScheme === '{scheme}'"
    )
    rest(page)


def assert_is_read(page: Page, title: str, screen: ViewportSize) -> None:
    """The smallest letters of a view can be read from the back of the room, and nothing cuts what it is about."""
    assert page.evaluate(SMALLEST) >= screen["height"] / 50, title  # of texts, figures and canvases
    for selector in SEEN[title]:
        assert_seen_whole(page, selector, screen["width"])


def assert_seen_whole(page: Page, selector: str, width: int) -> None:
    """What a selector finds is between the menu and the lecture's bar: neither cut nor covered."""
    low, high = page.evaluate(
        """() => [document.querySelector("[data-testid=stHeader]").getBoundingClientRect().bottom,
        document.querySelector(".st-key-lecture").getBoundingClientRect().top]"""
    )
    found = [box for one in page.locator(selector).all() if (box := one.bounding_box())]
    assert found, selector
    for box in found:
        assert low <= box["y"] + 1 < box["y"] + box["height"] <= high + 1, (selector, box, low, high)
        assert box["x"] >= 0, (selector, box)
        assert box["x"] + box["width"] <= width, (selector, box)


def violations(page: Page) -> list[str]:
    """What axe finds on a page: rule, element, and what is wrong."""
    return [
        f"{rule['id']}: {node['html'][:200]} ({(node['any'] or node['all'] or node['none'])[0]['message']})"
        for rule in Axe().run(page, options=WCAG).response["violations"]
        for node in rule["nodes"]
    ]


def test_every_view_of_the_lecture_opens_by_key_and_is_accessible(browser: Browser, address: str) -> None:
    page = new_page(browser, viewport=PROJECTOR)
    page.add_init_script(NOTES_LETTERS)
    page.goto(f"{address}/?lecture=1&scene=1")
    for number, view in enumerate(VIEWS, 1):
        expect(page.get_by_text(f"{number} / {len(VIEWS)}")).to_be_visible()
        page.wait_for_url(re.compile(rf"lecture={number}&"))
        rest(page)
        assert page.get_by_text("This link asks for something").count() == 0, number
        assert page.get_by_test_id("stException").count() == 0, number
        figures = page.get_by_test_id("stPlotlyChart")
        assert figures.evaluate_all("all => all.every(({ ariaLabel }) => ariaLabel?.length > 10)"), number
        if view.about:
            page.wait_for_function(f"document.querySelector('.st-key-{view.about}').getBoundingClientRect().top < 100")
        assert_soon(page, partial(assert_is_read, page, view.title, PROJECTOR))
        page.set_viewport_size({"width": PROJECTOR["width"], "height": 1600})
        rest(page)
        assert violations(page) == [], number
        set_theme(page, "dark")
        assert violations(page) == [], number
        set_theme(page, "light")
        page.set_viewport_size(PROJECTOR)
        page.keyboard.press("ArrowRight" if number % 2 else "PageDown")
    page.close()


def test_type_grows_with_the_screen(browser: Browser, address: str) -> None:
    page = new_page(browser, viewport=HALL)
    page.add_init_script(NOTES_LETTERS)
    for number in (4, 5):  # a map and a figure
        view = VIEWS[number - 1]
        page.goto(f"{address}/{'' if view.page == 'start' else view.page}?{urlencode(lecture_bar.link(number))}")
        assert_soon(page, partial(assert_is_read, page, view.title, HALL))  # the browser has said how large type is
    page.close()


def test_what_opens_on_a_page_is_accessible_too(browser: Browser, address: str) -> None:
    page = new_page(browser, viewport={"width": 1280, "height": 1600})
    for path, opens in OPENED:
        page.goto(f"{address}/{path}")
        rest(page)
        if opens:
            page.locator(opens).first.click()
            rest(page)
        assert violations(page) == [], path
    page.close()
