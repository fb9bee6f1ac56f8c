"""Watch adaptation in a real browser: a link opens a task, it plays and is scrubbed, and a reload shows the same."""

from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from metalearn.characters.character_set import CharacterSet

PLAYER = "document.querySelector('.js-plotly-plot')"


def at(page: Page) -> tuple[int, float, str]:
    """The step of the slider, where the first learner's dot stands, and the classes of its plane's cells."""
    found: list[int | float | str] = page.evaluate(
        f"() => {{ const plot = {PLAYER};"
        " const dot = plot.data.filter(t => t.xaxis === 'x2' && t.mode === 'markers')[0];"
        " const regions = plot._fullData.filter(t => t.type === 'heatmap' && t.zmax === 2.5)[0];"
        " return [plot.layout.sliders[0].active, dot.y[0], regions.z.map(row => row.join('')).join(' ')]; }"
    )
    step, accuracy, regions = found
    return int(step), float(accuracy), str(regions)


def wait_for_step(page: Page, step: int) -> None:
    page.wait_for_function(
        f"() => {PLAYER} && {PLAYER}.data.filter(t => t.xaxis === 'x2' && t.mode === 'markers')[0]?.x[0] === {step}"
    )


def test_a_link_opens_a_task_that_plays_and_survives_a_reload(
    page: Page, address: str, characters: CharacterSet
) -> None:
    names = [characters.characters[i] for i in (7, 30, 60)]
    query = {"characters": names, "learners": ["preinit", "attention"], "shots": 2, "steps": 5, "step": 1}
    page.goto(f"{address}/adaptation?{urlencode(query, doseq=True)}")
    expect(page.get_by_text("of the queries right before adapting")).to_have_count(2, timeout=90_000)
    wait_for_step(page, 1)
    opened = at(page)
    assert opened[0] == 1

    player = page.locator(".js-plotly-plot")
    player.locator(".updatemenu-button", has_text="Play").click()
    wait_for_step(page, 5)
    assert at(page)[2] != opened[2]
    player.locator(".updatemenu-button", has_text="◀ Step").click()
    wait_for_step(page, 4)
    player.locator(".updatemenu-button", has_text="Step ▶").click()
    wait_for_step(page, 5)
    player.locator(".slider-rail-touch-rect").click(position={"x": 5, "y": 5})
    wait_for_step(page, 0)
    page.locator(".updatemenu-button", has_text="Step ▶").click()
    wait_for_step(page, 1)
    page.wait_for_url("**step=1**")

    page.reload()
    expect(page.get_by_text("of the queries right before adapting")).to_have_count(2, timeout=90_000)
    wait_for_step(page, 1)
    assert at(page) == opened
    assert page.locator("[data-testid=stException]").count() == 0


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wider_than_the_screen_and_controls_do_not_overlap(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 1000})
    page.locator(".updatemenu-button").first.wait_for()
    page.wait_for_function(f"() => document.querySelector('[data-testid=stMain]').scrollWidth <= {width}")
    buttons = page.locator(".updatemenu-container").last.bounding_box()
    slider = page.locator(".slider-rail-rect").bounding_box()
    assert buttons
    assert slider
    assert buttons["y"] + buttons["height"] <= slider["y"]
