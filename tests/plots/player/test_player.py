"""The player can be shown in a notebook, kept as a page or a picture, and needs nothing from elsewhere."""

import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from metalearn.errors import MetalearnError
from metalearn.plots.player import NO_ANSWER, RIGHT, WRONG, Player, make_scene
from metalearn.plots.player.scene import SPOTLIGHT
from tests.plots.player.scenes import ANSWERS, STEPS, WAYS, full, on_map, recorded, view, without_answers

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def player() -> Player:
    return Player(make_scene(recorded([without_answers(full("one")), view("</script><b>other")], on_map())), start=2)


def test_a_page_holds_the_scene_and_asks_for_nothing(player: Player) -> None:
    page = player.to_html()
    found = re.search(r'play\(document\.getElementById\("(.+)"\), (\{.+\}), \{ step: (\d) \}\);', page)
    assert found
    assert json.loads(found[2]) == player.scene
    assert found[3] == "2"
    assert page.count(f'id="{found[1]}"') == 1
    assert player.film_strip() in page
    assert set(re.findall(r"\w+://[^\s\"']+", page)) == {"http://www.w3.org/2000/svg"}  # a name, not an address
    assert "import" not in page
    assert page.count("</script>") == 1  # a name does not end the script


@pytest.mark.parametrize(("start", "opened"), [(-3, 0), (1, 1), (99, STEPS - 1)])
def test_it_opens_at_a_step_that_there_is(start: int, opened: int) -> None:
    assert Player(make_scene(recorded([view("one")])), start).start == opened


def test_it_is_saved_as_a_page_or_a_film_strip_and_as_nothing_else(player: Player, tmp_path: Path) -> None:
    player.save(tmp_path / "new" / "a.html")
    player.save(str(tmp_path / "a.svg"))
    assert (tmp_path / "new" / "a.html").read_text("utf-8") == player.to_html()
    assert (tmp_path / "a.svg").read_text("utf-8") == player.film_strip()
    with pytest.raises(MetalearnError, match=r"a\.png should end in \.html .* or \.svg"):
        player.save(tmp_path / "a.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.svg", "new"]


def test_a_notebook_gets_a_film_strip_and_a_widget_in_its_place(player: Player, shown: list[Any]) -> None:
    pytest.importorskip("anywidget", reason="needs the extra 'notebooks'")
    player._ipython_display_()
    still, widget = shown
    assert still["image/svg+xml"] == player.film_strip()
    assert still["text/plain"] == repr(player) == "<Player: one, </script><b>other, 3-way, 3 steps>"
    assert f'<img class="{widget.still}"' in still["text/html"]
    assert (widget.scene, widget.step) == (player.scene, 2)


def test_without_the_extra_for_notebooks_there_is_the_film_strip(
    player: Player, shown: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "metalearn.plots.player.widget", None)
    player._ipython_display_()
    assert [found["text/plain"] for found in shown] == [repr(player)]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What a notebook is given to show."""
    pytest.importorskip("IPython", reason="needs the extra 'notebooks'")
    found: list[Any] = []
    monkeypatch.setattr("IPython.display.display", lambda what, raw=False: found.append(what))
    return found


def test_outside_a_notebook_it_opens_in_a_browser(player: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    player.show()
    page = Path(opened[0].removeprefix("file://"))
    assert page.read_text("utf-8") == player.to_html()
    page.unlink()


def test_a_film_strip_shows_each_query_at_each_step(player: Player) -> None:
    strip = ElementTree.fromstring(player.film_strip((0, 1, 50)))
    frames = list(strip.iter(f"{SVG}rect"))[1:]  # the first is the paper
    shown = (0, 1, STEPS - 1)  # the last step is always there, and none that was not taken
    colours = []
    for learner in player.scene["learners"]:
        for step in shown:
            guesses = zip(learner["guesses"][step], ANSWERS, strict=True)
            colours += [None if g == NO_ANSWER else RIGHT if g == answer else WRONG for g, answer in guesses]
    assert len(frames) == len(colours)
    for frame, colour in zip(frames, colours, strict=True):
        assert (frame.get("stroke-dasharray") is not None) == (colour is None)
        assert colour in (None, frame.get("stroke"))
    texts = [text.text for text in strip.iter(f"{SVG}text")]
    assert texts.count("step 1") == 1
    assert "no answer yet" in texts
    assert "100%" in texts
    drawings = list(strip.iter(f"{SVG}use"))
    assert len(drawings) == 2 * (WAYS + len(shown) * len(ANSWERS))


def test_light_lies_below_what_a_learner_attends_to() -> None:
    lit = replace(view("one"), spotlight=np.array([[1, 0.25], [0.5, 0.25]]))
    strip = Player(make_scene(recorded([lit, view("two")]))).film_strip(steps=[0])
    shares = re.findall(rf'fill="{SPOTLIGHT}" fill-opacity="(.+?)"', strip)
    drawings = WAYS + 2 * len(ANSWERS)  # at the first step and, as always, at the last
    assert shares == ["0.41", "0.00", "0.14", "0.00"] * drawings


def test_strips_on_one_page_do_not_share_their_drawings() -> None:
    strips = [
        Player(make_scene(recorded([view("one")]))).film_strip(),
        Player(make_scene(recorded([view("one")]))).film_strip(),
    ]
    other = recorded([view("one")])
    other.support[:] = 255 - other.support
    strips.append(Player(make_scene(other)).film_strip())
    other.support[:] = 255 - other.support
    names = [re.findall(r'<image id="([^"]+)"', strip)[0] for strip in strips]
    assert names[0] == names[1] != names[2]
