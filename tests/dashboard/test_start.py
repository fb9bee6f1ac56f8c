"""The first page: a game in five scenes, learners that really answer, and nothing heavy before the first picture."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import game
from dashboard.state import SPLITS, unseen_by_all
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.glyphs import make_glyphs
from metalearn.characters.splits import split
from metalearn.errors import MetalearnError
from metalearn.pretrained.learners import load_learner
from metalearn.recognition.naming import predict
from tests.dashboard.conftest import APP, captions


def said(app: AppTest) -> list[str]:
    """What was said of each player."""
    return [text.value for text in app.markdown if text.value[0] in "✓✗"]


def test_it_opens_on_a_question_and_names_its_data(app: AppTest, characters: CharacterSet) -> None:
    app.run()
    assert not app.exception
    assert not app.error
    assert app.title[0].value == "Learning from a handful of examples"
    assert app.subheader[0].value == "1 · Which one is it?"
    assert [app.button(key=f"drawing-{i}").label for i in range(3)] == ["A", "B", "C"]
    assert said(app) == []
    assert f"**{characters.name}**, {characters.size}" in captions(app)
    assert characters.citation in captions(app)


def test_what_learners_said_is_what_they_answer_to_the_drawings_shown(app: AppTest, characters: CharacterSet) -> None:
    app.run()
    dealt = game.deal(characters, unseen_by_all(characters), 0)
    app.button(key=f"drawing-{dealt.answer}").click().run(timeout=120)
    assert not app.exception
    you, *learners = said(app)
    assert you == f"✓ **You**: {'ABC'[dealt.answer]}, right"
    support = {"ABC"[i]: [characters.images[c, dealt.support[i]]] for i, c in enumerate(dealt.classes)}
    query = characters.images[dealt.classes[dealt.answer], dealt.query]
    for name, line in zip(("scratch", "wide"), learners, strict=True):
        found = predict(load_learner(name, "lake"), support, [query])
        assert f"**: {found.names[0]}, " in line
        assert f"({found.probabilities.max():.0%} sure" in line
        assert line.startswith("✓") == (found.names[0] == "ABC"[dealt.answer])
    assert app.button(key="drawing-0").disabled


def test_games_are_counted_and_a_wrong_answer_is_put_right(app: AppTest) -> None:
    app.query_params["example"] = "4"
    app.query_params["pick"] = "0"
    app.run(timeout=120)
    first = said(app)[0]
    (again,) = [button for button in app.button if button.label == "Deal again"]
    again.click().run()
    assert said(app) == []
    assert app.query_params == {"example": "5"}
    app.button(key="drawing-1").click().run(timeout=120)
    wins = first.startswith("✓") + said(app)[0].startswith("✓")
    assert f"Right in 2 games: You {wins}, " in captions(app)


def test_five_scenes_stand_in_the_address_and_end_at_drawing(app: AppTest) -> None:
    app.run()
    titles = []
    for _ in range(5):
        assert not app.exception
        assert not app.error
        titles.append(app.subheader[0].value)
        assert app.query_params == ({"scene": titles[-1][0]} if len(titles) > 1 else {})
        app.button(key="next" if len(titles) < 5 else "draw your own").click().run(timeout=120)
    assert [title[0] for title in titles] == ["1", "2", "3", "4", "5"]
    assert app.title[0].value == "Draw"


def test_the_question_is_guessed(app: AppTest) -> None:
    app.query_params["scene"] = "2"
    app.run()
    assert said(app) == []
    guesses = {question: app.button(key=f"guess-{question}") for question in game.QUESTIONS}
    guesses["size"].click().run()
    (answer,) = said(app)
    assert app.query_params["guess"] == "size"
    titles = {button.label for button in guesses.values()}
    (right,) = [title for title in titles if f"**{title}**" in answer]
    assert answer.startswith("✓") == (right == guesses["size"].label)
    others = {caption.value.removeprefix("grouped by: ") for caption in app.caption if "grouped by" in caption.value}
    assert others == titles - {right}


def test_told_another_question_a_learner_falls(app: AppTest, omniglot: CharacterSet) -> None:
    app.query_params["scene"] = "5"
    app.run(timeout=120)
    (truth,) = app.metric
    app.segmented_control(key="hears").set_value("question").run()
    (wrong,) = app.metric
    fall = int(truth.value.strip("%")) - int(wrong.value.strip("%"))
    assert fall > 5
    assert abs(fall + float(wrong.delta.split()[0])) <= 1
    assert app.query_params == {"scene": "5", "hears": "question"}


@pytest.mark.parametrize("seed", range(6))
def test_no_learner_was_trained_on_what_is_dealt(omniglot: CharacterSet, seed: int) -> None:
    tests = [set(split(omniglot, name).test) for name in SPLITS]
    pool = np.array(sorted(set.intersection(*tests)))
    dealt = game.deal(omniglot, pool, seed)
    assert set(dealt.classes) <= set(pool.tolist())
    assert len(set(dealt.classes)) == game.WAYS
    assert len({omniglot.alphabets[c] for c in dealt.classes}) == 1
    assert dealt.query != dealt.support[dealt.answer]
    assert dealt == game.deal(omniglot, pool, seed)


def test_nine_drawings_are_the_same_whatever_is_asked() -> None:
    glyphs = make_glyphs()
    dealt = game.deal(glyphs, np.arange(len(glyphs)), 1)
    groups = {question: game.nine_drawings(glyphs, dealt, question) for question in game.QUESTIONS}
    together = {question: sorted(d.tobytes() for d in found.reshape(9, -1)) for question, found in groups.items()}
    assert together["character"] == together["drawer"] == together["size"]
    spans = [[np.ptp(np.nonzero(d.any(0))[0]) for d in group] for group in groups["size"]]
    assert np.mean(spans[0]) > np.mean(spans[1]) > np.mean(spans[2])


def test_data_without_a_game_say_so() -> None:
    with pytest.raises(MetalearnError, match="three characters"):
        game.deal(make_glyphs(), np.arange(2), 0)


def test_the_first_picture_waits_for_nothing_heavy(characters: CharacterSet) -> None:
    code = (
        "import sys\nfrom streamlit.testing.v1 import AppTest\n"
        f"app = AppTest.from_file({str(APP)!r}, default_timeout=60).run()\n"
        "assert not app.error and not app.exception\n"
        "heavy = {'torch', 'torchvision', 'sklearn', 'umap', 'scipy'}\n"
        "print((heavy | {'pandas', 'pyarrow', 'metalearn.characters.uploads'}) & set(sys.modules))\n"
        "app.switch_page('views/task_space.py').run()\n"
        "assert app.title[0].value == 'Task space' and not app.error and not app.exception\n"
        "print(heavy & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=APP.parent.parent, check=True
    )
    assert done.stdout.split() == ["set()", "set()"]


def test_a_missing_map_is_one_line_and_leaves_the_other_scenes(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("metalearn.artifacts.PRETRAINED", tmp_path)
    app.query_params["scene"] = "3"
    app.run()
    assert not app.exception
    assert "there is no artifact" in app.error[0].value
    (before,) = [button for button in app.button if button.label == "Before"]
    before.click().run()
    assert not app.error


def flat(node: Any) -> list[Any]:
    """An element, or all elements in a block, in the order of the page."""
    return [inner for child in node.children.values() for inner in flat(child)] if hasattr(node, "children") else [node]


def test_glyphs_in_place_of_omniglot_are_announced(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("METALEARN_DATA", raising=False)

    def unreachable(*args: object, **settings: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr("metalearn.characters.omniglot._ask", unreachable)
    monkeypatch.setattr("metalearn.characters.load._failure", None)
    app.run()
    assert "not Omniglot" in app.warning[0].value
    order = [element.type for element in app.main.children.values() for element in flat(element)]
    assert order.index("warning") < order.index("subheader")  # and not below the fold
    (again,) = [button for button in app.button if button.label == "Try again"]
    again.click().run()
    assert not app.exception
    assert "no route to host" in app.error[0].value
