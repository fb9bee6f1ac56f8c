"""The player in a real browser, as a page of its own and as a notebook's widget: what is seen, keys, phone, theme."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from metalearn.plots.player import (
    NO_ANSWER,
    PLAYER_CSS,
    PLAYER_JS,
    AdaptationView,
    Plane,
    Player,
    Recording,
    make_scene,
)
from tests.end_to_end.conftest import new_page
from tests.plots.player.scenes import ANSWERS, full, on_map, recorded, view, without_answers

LONG = "From the prototypical network: learned step sizes (another question's embedding)"


def tasks() -> dict[str, Recording]:
    """Recordings that need much room, and little."""
    rng = np.random.default_rng(3)
    many = Recording(
        [crowded(name, rng) for name in (LONG, "b", "c")],
        rng.integers(0, 256, (100, 28, 28)).astype(np.uint8),
        np.repeat(np.arange(10), 10),
        rng.integers(0, 256, (100, 28, 28)).astype(np.uint8),
        np.repeat(np.arange(10), 10),
        [f"Alphabet of the Magi {i:02d}" for i in range(10)],
        on_map(),
    )
    return {
        "one": recorded([view("one")]),
        "two": recorded([without_answers(full("one")), replace(view("two"), plane=full("").plane)], on_map()),
        "three": recorded([full(LONG), full("b", layers=12), view("c")], on_map()),
        "many": many,
    }


def crowded(name: str, rng: np.random.Generator) -> AdaptationView:
    probabilities = rng.dirichlet(np.ones(10), (4, 100))
    grid = np.linspace(-1, 1, 40)
    places = rng.uniform(-1, 1, (2, 4, 100, 2))
    plane = Plane(grid, grid, rng.integers(0, 10, (4, 40, 40)).astype(np.int8), *places)
    guesses = probabilities.argmax(-1)
    return replace(
        full(name),
        probabilities=probabilities,
        guesses=guesses,
        query_accuracy=(guesses == np.repeat(np.arange(10), 10)).mean(1),
        plane=plane,
    )


def opened(browser: Browser, recording: Recording, start: int = 0, **options: object) -> Page:
    page = new_page(browser, viewport={"width": 1280, "height": 720}, **options)
    page.set_content(Player(make_scene(recording), start).to_html())
    return page


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    found = opened(browser, tasks()["two"])
    yield found
    found.close()


def said(page: Page) -> str:
    return page.locator("[aria-live=polite]").inner_text()


def pictures(page: Page) -> list[str]:
    page.wait_for_timeout(100)  # the next picture of the screen
    return page.locator("canvas").evaluate_all("all => all.map(canvas => canvas.toDataURL())")


def uncut(page: Page) -> bool:
    """Whether all names of learners and panels can be read to their ends."""
    found: bool = page.locator(".name, figcaption").evaluate_all(
        "all => all.every((one) => one.scrollWidth <= one.clientWidth && one.scrollHeight <= one.clientHeight + 1)"
    )
    return found


def boxes(found: Locator) -> Sequence[dict[str, float]]:
    return found.evaluate_all("all => all.map(one => one.getBoundingClientRect().toJSON())")


@pytest.mark.parametrize("name", ["one", "two", "three", "many"])
@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
def test_all_of_it_is_seen_without_scrolling(browser: Browser, name: str, size: tuple[int, int]) -> None:
    page = opened(browser, tasks()[name])
    page.set_viewport_size({"width": size[0], "height": size[1]})
    assert_all_is_seen(page, size)
    page.close()


@pytest.mark.parametrize("name", ["one", "two"])
def test_all_of_it_is_seen_in_large_type(browser: Browser, name: str) -> None:
    page = opened(browser, tasks()[name])
    usual = pictures(page)
    page.evaluate("document.body.style.setProperty('--metalearn-type', '20px')")  # as in a lecture
    assert_all_is_seen(page, (1280, 720))
    assert all(one != other for one, other in zip(usual, pictures(page), strict=True))
    place = page.locator(".accuracy canvas").bounding_box()
    assert place
    page.mouse.click(place["x"] + place["width"] - 14, place["y"] + 20)  # where the last step is painted
    assert "step 3 of 3" in said(page)
    page.close()


def assert_all_is_seen(page: Page, size: tuple[int, int]) -> None:
    page.wait_for_timeout(200)
    assert page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == list(size)
    found = boxes(page.locator("canvas, button, input"))
    assert all(box["width"] > 25 and box["height"] > 18 for box in found)
    assert all(box["left"] >= 0 and box["right"] <= size[0] and box["bottom"] <= size[1] for box in found)
    panels = boxes(page.locator("figure"))
    for i, one in enumerate(panels):
        for other in panels[i + 1 :]:
            apart = one["right"] <= other["left"] or other["right"] <= one["left"]
            assert apart or one["bottom"] <= other["top"] + 1 or other["bottom"] <= one["top"] + 1
    assert uncut(page)
    blank = page.locator("canvas").evaluate_all(
        "all => all.filter(c => !c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v)).length"
    )
    assert blank == 0


def test_what_has_nothing_to_say_has_no_panel(browser: Browser) -> None:
    page = opened(browser, tasks()["one"])
    assert page.locator("figcaption").all_inner_texts() == ["support", "queries", "support loss", "query accuracy"]
    page.close()


def test_keys_go_from_step_to_step_and_play(page: Page) -> None:
    assert said(page) == "step 0 of 3: one no answer yet, two 33%"
    pictured = [pictures(page)]
    page.keyboard.press("Tab")  # the first thing that has the focus is the button that plays
    expect(page.get_by_role("button", name="Play")).to_be_focused()
    assert page.locator(".play").evaluate("button => getComputedStyle(button).outlineStyle") == "solid"
    pressed = {"ArrowRight": 1, "ArrowUp": 2, "ArrowLeft": 1, "End": 3, "ArrowDown": 2, "Home": 0}
    for key, step in pressed.items():
        page.keyboard.press(key)
        assert said(page).startswith(f"step {step} of 3: ")
        expect(page.get_by_role("slider")).to_have_value(str(step))
        expect(page.get_by_role("slider")).to_have_attribute("aria-valuetext", f"step {step} of 3")
    page.keyboard.press("ArrowRight")
    pictured.append(pictures(page))
    assert pictured[0] != pictured[1]
    page.get_by_role("slider").focus()
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.keyboard.press(" ")
    expect(page.locator("[aria-live=polite]")).to_have_text("step 3 of 3: one 100%, two 100%")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.get_by_role("button", name="Play").click()  # at the end it begins anew
    assert said(page).startswith("step 0 of 3")


def test_it_is_scrubbed_by_the_slider_the_buttons_and_the_curves(page: Page) -> None:
    page.get_by_role("slider").fill("2")
    assert said(page).startswith("step 2")
    page.get_by_role("button", name="One step back").click()
    assert said(page).startswith("step 1")
    page.get_by_role("button", name="One step forward").click()
    assert said(page).startswith("step 2")
    curve = page.get_by_role("img", name="query accuracy").bounding_box()
    assert curve
    page.mouse.click(curve["x"] + curve["width"] - 12, curve["y"] + 20)
    assert said(page).startswith("step 3")
    page.keyboard.press("ArrowLeft")  # a click gives it the keys
    assert said(page).startswith("step 2")


def test_a_query_says_what_it_is_and_what_it_is_taken_for(page: Page) -> None:
    queries = page.get_by_role("img", name="two: queries")
    box = queries.bounding_box()
    assert box
    found = set()
    for x in np.linspace(25, box["width"] - 10, 8):
        for y in np.linspace(10, box["height"] - 10, 12):
            page.mouse.move(box["x"] + x, box["y"] + y)
            found.add(queries.get_attribute("title"))
    assert "is Latin 05, taken for Greek 01, 93%" in found


@pytest.mark.parametrize("name", ["one", "two", "three", "many"])
def test_a_phone_has_one_column_and_the_controls_at_its_bottom(browser: Browser, name: str) -> None:
    page = opened(browser, tasks()[name])
    page.set_viewport_size({"width": 390, "height": 800})
    page.wait_for_timeout(200)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert uncut(page)
    assert {round(box["left"]) for box in boxes(page.locator(".learner"))} == {16}
    controls = page.locator(".controls")
    for scrolled in (0, 300):
        page.evaluate(f"scrollTo(0, {scrolled})")
        page.wait_for_timeout(50)
        box = controls.bounding_box()
        assert box
        assert box["y"] + box["height"] <= 800
        assert box["y"] > 700 or page.evaluate("document.documentElement.scrollHeight") < 850
    assert all(box["height"] >= 44 for box in boxes(page.locator("button")))
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_can_be_read_on_its_ground(browser: Browser, scheme: str) -> None:
    page = opened(browser, tasks()["many"], start=2, color_scheme=scheme)
    page.wait_for_timeout(200)
    drawn = page.get_by_role("img", name="support", exact=True).evaluate(
        "c => { const {data} = c.getContext('2d').getImageData(0, 0, c.width, c.height); let [sum, n] = [0, 0];"
        " for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200) { sum += data[i]; n++ } return sum / n; }"
    )
    assert drawn > 150 if scheme == "dark" else drawn < 120
    painted = pictures(page)
    page.emulate_media(color_scheme="light" if scheme == "dark" else "dark")
    page.wait_for_function(  # painted again, with nobody's help
        "was => document.querySelector('canvas').toDataURL() !== was", arg=painted[0]
    )
    page.close()


def test_without_scripts_there_is_the_film_strip(browser: Browser) -> None:
    page = opened(browser, tasks()["two"], java_script_enabled=False)
    expect(page.get_by_role("img", name=re.compile("step 3: one 100%, two 100%"))).to_be_visible()
    expect(page.get_by_text("step 1", exact=True)).to_be_visible()
    page.close()


def test_a_learner_without_any_answer_and_a_task_without_steps(browser: Browser) -> None:
    shown = view("one")
    silent = replace(shown, guesses=np.full_like(shown.guesses, NO_ANSWER))
    page = opened(browser, recorded([silent]))
    assert said(page) == "step 0 of 3: one no answer yet"
    page.close()
    unmoved = AdaptationView(
        "one", shown.support_loss[:1], shown.query_accuracy[:1], shown.probabilities[:1], shown.guesses[:1]
    )
    page = opened(browser, recorded([unmoved]))
    assert said(page) == "one 33%"
    assert page.locator("figcaption").all_inner_texts() == ["support", "queries"]
    assert page.get_by_role("button").count() == 0
    page.close()


def test_told_otherwise_the_answers_fall_and_the_light_moves_before_ones_eyes(browser: Browser) -> None:
    weights, light, sure = np.array([[0.1, 0.9]]), np.array([[0.2, 1.0]]), np.eye(3)[ANSWERS][None]
    right = AdaptationView("one", np.zeros(1), np.ones(1), sure, ANSWERS[None], attention=weights, spotlight=light)
    fooled = replace(right, query_accuracy=np.zeros(1), guesses=(ANSWERS[None] + 1) % 3)
    wrong = replace(fooled, attention=weights[:, ::-1], spotlight=light[:, ::-1])
    page = new_page(browser, viewport={"width": 1280, "height": 720})
    page.set_content(
        f"<style>{PLAYER_CSS}</style><div id=player></div><script type=module>{PLAYER_JS}"
        f"window.player = play(document.getElementById('player'), {json.dumps(make_scene(recorded([right])))}, {{}});"
        "</script>"
    )
    page.wait_for_timeout(200)
    settled = pictures(page)
    page.evaluate(
        """scene => {
          const seen = (window.seen = new Set());
          const share = () => { seen.add(document.querySelector(".share").textContent); requestAnimationFrame(share); };
          share();
          window.player.show(scene);
        }""",
        make_scene(recorded([wrong])),
    )
    expect(page.locator(".share")).to_have_text("0%")
    assert said(page) == "one 0%"
    page.wait_for_timeout(300)
    fallen = pictures(page)
    assert all(before != after for before, after in zip(settled, fallen, strict=True))  # drawings, queries, attention
    assert len(page.evaluate("[...window.seen]")) > 3  # it counted down
    page.emulate_media(reduced_motion="reduce")
    page.evaluate("scene => window.player.show(scene)", make_scene(recorded([right])))
    page.wait_for_timeout(100)
    assert page.locator(".share").inner_text() == "100%"
    assert pictures(page) == settled
    page.close()


def test_a_notebooks_widget_plays_and_keeps_its_step_with_the_kernel(browser: Browser) -> None:
    pytest.importorskip("anywidget", reason="needs the extra 'notebooks'")
    from metalearn.plots.player.widget import PlayerWidget

    made = Player(make_scene(tasks()["two"]), 1)
    widget = PlayerWidget(scene=made.scene, step=made.start)
    page = new_page(browser, viewport={"width": 900, "height": 720})
    page.set_content(f"<style>{PLAYER_CSS}</style><img class='still'><div id='cell'></div>")
    page.evaluate(
        """([code, state]) => import("data:text/javascript," + encodeURIComponent(code)).then((module) => {
          const heard = [];
          window.model = {
            state, saved: [], get: (name) => state[name], set: (name, value) => (state[name] = value),
            save_changes() { this.saved.push(state.step) }, on: (event, does) => heard.push(does),
            kernelSays(step) { state.step = step; heard.forEach((does) => does()) },
          };
          module.default.render({ model: window.model, el: document.getElementById("cell") });
        })""",
        [str(widget._esm), {"scene": made.scene, "step": 1, "still": "still"}],
    )
    assert said(page).startswith("step 1 of 3")
    assert not page.locator(".still").is_visible()
    page.get_by_role("slider").focus()
    page.keyboard.press("End")
    page.wait_for_function("window.model.saved.at(-1) === 3")
    page.evaluate("window.model.kernelSays(2)")
    assert said(page).startswith("step 2 of 3")
    assert PLAYER_JS in str(widget._esm)
    page.close()
