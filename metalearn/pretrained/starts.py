"""Does it help to start from a learner that ships? Train it from there and from nothing on your data, and compare."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from metalearn._device import find_device
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.splits import Split, split
from metalearn.errors import MetalearnError
from metalearn.evaluation.accuracy import query_accuracies
from metalearn.evaluation.estimate import Estimate
from metalearn.learners.learner import Learner
from metalearn.pretrained.learners import load_learner
from metalearn.pretrained.recipes import RECIPES, find_recipe
from metalearn.pretrained.seen import count_seen
from metalearn.pretrained.train_recipe import check_sides
from metalearn.tasks.episodes import Episodes, fitting_episodes
from metalearn.training.outer_loop import train
from metalearn.training.schedule import Schedule

# The highest learning rate from each start. At ten times the lower one, a learner forgets what it knew.
RATES = {"nothing": 3e-3, "shipped": 3e-4}
META_STEPS = 300
TEST_TASKS = 200


def compare_starts(
    name: str,
    characters: CharacterSet,
    split_name: str,
    folder: Path,
    *,
    seed: int = 0,
    meta_steps: int | None = None,
    test_tasks: int = TEST_TASKS,
) -> dict[str, Any]:
    """Train a learner on your characters twice, from nothing and from the one that ships, and compare them.

    Both have the same tasks and as many meta-steps. They are saved in ``folder`` as ``NAME-from-nothing`` and
    ``NAME-from-shipped``, and answer the same test tasks; so does the one that ships, as it is.

    Parameters
    ----------
    name : str
        A learner that ships for the split, and that uses no task embedding.
    characters : CharacterSet
        Your characters: two or more with two drawings on each side of the split.
    split_name : str
        The split of your characters, and the one for which the learner ships.
    folder : Path
        Where the learners are saved. An interrupted run there goes on.
    seed, meta_steps, test_tasks : int
        Of everything random; how long each is trained (default 300); how many test tasks they answer.

    Returns
    -------
    dict
        The accuracy of each with its 95 % interval, by start; and ``gain``, by how much starting from what ships is
        better than from nothing, with the interval of the difference, task by task. The interval is over test tasks;
        another ``seed`` shows how far another training moves it.

    Raises
    ------
    MetalearnError
        For a learner that does not ship or uses an embedding, for too few characters, and where the learner that ships
        was trained on test characters.

    Examples
    --------
    >>> from pathlib import Path
    >>> import metalearn as ml
    >>> glyphs = ml.load_characters("glyphs")
    >>> found = ml.compare_starts("prototypes", glyphs, "lake", Path("runs"), meta_steps=100)  # doctest: +SKIP
    >>> found["gain"], found["gain_ci95"]  # doctest: +SKIP
    """
    shipped, sides = _check(name, characters, split_name)
    test = fitting_episodes(characters, sides.test, 5, 1, 5, batch_size=10, seed=seed + 2)
    steps, learners = meta_steps or META_STEPS, {"shipped_as_it_is": shipped}
    for start in RATES:
        learner = learners[f"from_{start}"] = _trained(name, start, characters, sides, folder, seed, steps)
        learner.save(folder / f"{name}-from-{start}")
    reached = {start: _accuracies(learner, test, test_tasks) for start, learner in learners.items()}
    gain = Estimate.of(reached["from_shipped"] - reached["from_nothing"])
    return {
        "learner": name,
        "data": characters.name,
        "split": split_name,
        "seed": seed,
        "meta_steps": steps,
        "test": f"{test_tasks} tasks, {test.ways}-way {test.shots}-shot, of {len(sides.test)} characters",
        **{start: _as_fields(Estimate.of(accuracies)) for start, accuracies in reached.items()},
        "gain": gain.mean,
        "gain_ci95": gain.ci95,
        "verdict": _verdict(gain),
        "saved": [str(folder / f"{name}-from-{start}") for start in RATES],
    }


def _check(name: str, characters: CharacterSet, split_name: str) -> tuple[Learner, Split]:
    """Return the learner that ships, and the sides of the split. Raises what :func:`compare_starts` raises."""
    usable = [known for known, recipe in RECIPES.items() if split_name in recipe.splits and recipe.twin is None]
    find_recipe(name)
    if name not in usable:
        raise MetalearnError(
            "{name} does not ship for the {split} split, or is told an embedding that was itself trained; compare the "
            "starts of one of these: {usable}",
            name=name,
            split=split_name,
            usable=", ".join(usable),
        )
    sides, shipped = split(characters, split_name), load_learner(name, split_name)
    check_sides(characters, sides)
    count_seen(shipped, name, characters, sides.test, allowed=False)
    return shipped, sides


def _trained(
    name: str, start: str, characters: CharacterSet, sides: Split, folder: Path, seed: int, meta_steps: int
) -> Learner:
    recipe = find_recipe(name)
    learner = load_learner(name, sides.name) if start == "shipped" else recipe.build(None, seed)
    held_out = fitting_episodes(characters, sides.validation, 5, 1, 5, batch_size=10, seed=seed + 1)
    train(
        learner.to(find_device()),
        recipe.practice(characters, sides, seed),
        validation=held_out,
        meta_steps=meta_steps,
        schedule=replace(Schedule(RATES[start]), validate_every=max(10, meta_steps // 8)),
        objective=recipe.objective,
        folder=folder / ".runs" / f"{name}-from-{start}-{sides.name}-{seed}",
        title=f"{name}, from {start}",
    )
    return learner.eval()


def _accuracies(learner: Learner, test: Episodes, tasks: int) -> np.ndarray:
    return query_accuracies(learner.to(find_device()), test.sample(tasks), every_query=False)[-1]


def _as_fields(found: Estimate) -> dict[str, float]:
    return {"accuracy": found.mean, "ci95": found.ci95}


def _verdict(gain: Estimate) -> str:
    if not abs(gain.mean) > gain.ci95:
        return "no difference that these test tasks can show"
    better, worse = ("what ships", "nothing") if gain.mean > 0 else ("nothing", "what ships")
    return f"starting from {better} is better here than starting from {worse}"
