"""What starting from a learner that ships is worth on data of one's own; and the least that can be trained on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import metalearn as ml
from metalearn import cli
from metalearn.characters.character_set import CharacterSet
from metalearn.pretrained.starts import compare_starts
from metalearn.pretrained.train_recipe import train_own


@pytest.fixture(scope="module")
def little(cache: Path) -> CharacterSet:
    """Twelve glyphs of four scripts, four drawings each."""
    glyphs = ml.load_characters("glyphs")
    chosen = np.concatenate([np.flatnonzero(glyphs.alphabet_ids == script)[:3] for script in (3, 13, 23, 33)])
    return part(glyphs, chosen, 4)


def part(characters: CharacterSet, chosen: np.ndarray, drawings: int) -> CharacterSet:
    return replace(
        characters,
        name="little",
        images=characters.images[chosen, :drawings],
        characters=tuple(characters.characters[i] for i in chosen),
        drawers=characters.drawers[:drawings],
        counts=np.full(len(chosen), drawings),
    )


def test_starting_from_what_ships_is_compared_with_starting_from_nothing(little: CharacterSet, tmp_path: Path) -> None:
    found = compare_starts("prototypes", little, "article", tmp_path, meta_steps=1, test_tasks=20)
    nothing, shipped, as_it_is = (found[name] for name in ("from_nothing", "from_shipped", "shipped_as_it_is"))
    assert found["gain"] == pytest.approx(shipped["accuracy"] - nothing["accuracy"], abs=1e-6)
    assert shipped["accuracy"] > 0.8
    assert as_it_is["accuracy"] > 0.8
    # One meta-step from nothing is not enough; and the interval says that this is no accident.
    assert found["gain"] > found["gain_ci95"] > 0
    assert found["verdict"].startswith("starting from what ships is better")
    sides = ml.split(little, "article")
    own = {little.characters[i] for i in (*sides.train, *sides.validation)}
    assert ml.load_learner(found["saved"][0]).trained_on == own
    from_shipped = ml.load_learner(found["saved"][1]).trained_on
    assert from_shipped is not None
    assert from_shipped - own == ml.load_learner("prototypes", "article").trained_on


@pytest.mark.parametrize(
    ("name", "message"), [("preinit", "told an embedding"), ("maml", "does not ship"), ("nobody", "unknown learner")]
)
def test_starts_that_cannot_be_compared(name: str, message: str, little: CharacterSet, tmp_path: Path) -> None:
    with pytest.raises(ml.MetalearnError, match=message):
        compare_starts(name, little, "lake", tmp_path)


def test_a_learner_that_has_seen_the_test_is_refused(little: CharacterSet, tmp_path: Path) -> None:
    seen = ml.load_learner("prototypes", "article").trained_on
    assert seen is not None
    as_omniglot = replace(little, characters=tuple(sorted(seen))[: len(little)])
    with pytest.raises(ml.MetalearnError, match="was trained or validated on"):
        compare_starts("prototypes", as_omniglot, "article", tmp_path)


@pytest.mark.parametrize(("count", "drawings", "missing"), [(2, 2, 4), (5, 4, 1), (6, 1, 6)])
def test_too_few_to_train_on_says_how_many_are_missing(
    little: CharacterSet, count: int, drawings: int, missing: int, tmp_path: Path
) -> None:
    learner = ml.Learner(ml.Backbone(widths=(8,), groups=4, pools=(2,)), ml.PrototypeInit(), ml.SGD(0.1), steps=0)
    with pytest.raises(ml.MetalearnError, match=rf"little is too small to train on: .*: {missing} more$"):
        train_own(learner, part(little, np.arange(count), drawings), "article", tmp_path / "mine")


@pytest.mark.parametrize(
    ("count", "drawings", "tasks"), [(6, 2, "2-way 1-shot, 1 queries"), (12, 4, "5-way 1-shot, 3")]
)
def test_tasks_are_as_large_as_the_collection_allows(
    little: CharacterSet, count: int, drawings: int, tasks: str, tmp_path: Path
) -> None:
    learner = ml.Learner(ml.Backbone(widths=(8,), groups=4, pools=(2,)), ml.PrototypeInit(), ml.SGD(0.1), steps=0)
    found = train_own(learner, part(little, np.arange(count), drawings), "article", tmp_path / "mine", meta_steps=1)
    assert found["tasks"].startswith(tasks)
    assert found["validation_tasks"].startswith("2-way 1-shot")


def test_options_that_do_not_go_with_both_starts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = ["train", "--start", "both", "--output", str(tmp_path)]
    for other in (["--learner", "prototypes", "--world", "mixed"], ["--embedding", "gradient"], ["--recipe", "all"]):
        assert cli.main([*both, *other]) == 2
        assert "nothing would read it" in capsys.readouterr().err
