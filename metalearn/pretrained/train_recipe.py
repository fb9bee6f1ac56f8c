"""How the named learners are trained and validated, and what is written about it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.pipeline import Pipeline

from metalearn import artifacts
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.splits import Split, split
from metalearn.learners.backbone import Params, side_by_side
from metalearn.learners.learner import Learner
from metalearn.pretrained.embedders import (
    EMBEDDING_SIZE,
    EPISODE_EMBEDDER,
    base_parameters,
    fit_embedder,
    load_embedder,
)
from metalearn.pretrained.names import artifact_folder
from metalearn.pretrained.recipes import Recipe, find_recipe
from metalearn.tasks.episodes import Episodes
from metalearn.tasks.mixed_questions import MixedQuestions
from metalearn.tasks.sampler import Sampler
from metalearn.training import distributed
from metalearn.training.outer_loop import mean_accuracy, train
from metalearn.training.schedule import Progress, Schedule


def make_learner(
    name: str,
    characters: CharacterSet,
    split_name: str,
    root: Path,
    *,
    seed: int = 0,
    meta_steps: int | None = None,
    questions: str = "character",
) -> dict[str, Any]:
    """Train the learner called ``name`` and write it below ``root``, in the folder of its split and questions.

    An interrupted run goes on where it was. A learner that uses the task embedding needs the episode embedder beside
    it, which is made if it is missing. Returns the artifact's description. The validation accuracy in it was measured
    before the finish, which trains on the validation characters too.
    """
    recipe = find_recipe(name)
    sides, folder = split(characters, split_name), root / artifact_folder(split_name, questions)
    embedder = _episode_embedder(characters, split_name, questions, root, seed) if recipe.twin else None
    base, base_sha256 = base_parameters(split_name, root) if recipe.warm_start else ({}, None)
    steps = meta_steps or recipe.meta_steps
    last_steps = recipe.finish * steps // max(1, recipe.meta_steps)  # a shorter training has a shorter finish too
    schedule, last = _schedule(recipe, questions, steps), _finish(recipe, questions, last_steps)
    held_out = _validation(characters, sides, questions, seed + 1)
    count = recipe.backbone.copies
    run = name if seed == 0 else f"{name}-seed{seed}"  # a run with another seed is another run
    runs = [folder / ".runs" / (run if count == 1 else f"{run}-{copy + 1}") for copy in range(count)]
    trainings = [
        _Training(recipe, characters, sides, questions, held_out, seed + copy, run) for copy, run in enumerate(runs)
    ]
    copies = [training.start(embedder, base) for training in trainings]
    courses = [training.run(learner, steps, schedule) for training, learner in zip(trainings, copies, strict=True)]
    validation = mean_accuracy(_together(recipe, copies, seed), list(held_out.sample(100)))
    finishes = [training.finish(learner, last_steps, last) for training, learner in zip(trainings, copies, strict=True)]
    learner = _together(recipe, copies, seed)
    description = {
        "kind": "learner",
        "learner": name,
        "title": recipe.title,
        "data": characters.name,
        "split": split_name,
        "questions": questions,
        "seed": seed,
        "backbone": asdict(recipe.backbone),
        "inner_steps": learner.steps,
        "base_sha256": base_sha256,
        "schedule": {"meta_steps": steps, **asdict(schedule)},
        "finish": {"meta_steps": last_steps, **asdict(last)},
        "validation": validation,
        "validation_curve": [found for course in courses for found in course.validation],
        "threads": torch.get_num_threads(),
        **_times([*courses, *finishes]),
    }
    arrays = {key: value.cpu().numpy() for key, value in learner.state_dict().items()}
    if distributed.first():
        artifacts.save(folder / name, artifacts.halved(arrays), description)
    return description


def train_own(
    learner: Learner,
    characters: CharacterSet,
    split_name: str,
    path: Path,
    seed: int = 0,
    meta_steps: int | None = None,
) -> dict[str, Any]:
    """Train a learner of the user's on 5-way 1-shot episodes of a split, and save it at ``path``.

    Returns what was done: the validation accuracies and the time it took.
    """
    sides = split(characters, split_name)
    shape = {"ways": 5, "shots": 1, "queries": 5, "batch_size": 16}
    progress = train(
        learner,
        Episodes(characters, sides.train, **shape, rotations=True, seed=seed),  # type: ignore[arg-type]
        validation=Episodes(characters, sides.validation, **shape, seed=seed + 1),  # type: ignore[arg-type]
        meta_steps=meta_steps or 1000,
        folder=path.with_name(f".runs-{path.name}-{split_name}-{seed}"),  # with another split or seed, another run
    )
    if distributed.first():
        learner.save(path)
    return {
        "learner": str(path),
        "data": characters.name,
        "split": split_name,
        "seed": seed,
        "meta_steps": progress.step,
        "validation": progress.validation[-1][1],
        **_times([progress]),
    }


@dataclass(frozen=True)
class _Training:
    """The training of one copy of a learner, from its own seed; ``path`` is where its runs are kept."""

    recipe: Recipe
    characters: CharacterSet
    sides: Split
    questions: str
    held_out: Episodes | MixedQuestions
    seed: int
    path: Path

    def start(self, embedder: Pipeline | None, base: Params) -> Learner:
        """Return the copy before any training."""
        learner = replace(self.recipe, backbone=replace(self.recipe.backbone, copies=1)).build(embedder, self.seed)
        learner.start.update(base)
        learner.prepare(self._tasks(self.sides))
        return learner.to("cuda" if torch.cuda.is_available() else "cpu")

    def run(self, learner: Learner, meta_steps: int, schedule: Schedule) -> Progress:
        """Train it on the training characters."""
        return self._train(learner, self.sides, meta_steps, schedule, self.path)

    def finish(self, learner: Learner, meta_steps: int, schedule: Schedule) -> Progress:
        """Train it on the validation characters too."""
        both = replace(self.sides, train=np.union1d(self.sides.train, self.sides.validation))
        return self._train(learner, both, meta_steps, schedule, self.path.with_name(f"{self.path.name}-finish"))

    def _tasks(self, sides: Split) -> Sampler:
        practice = _mixed if self.questions == "mixed" else self.recipe.practice
        return practice(self.characters, sides, self.seed)

    def _train(self, learner: Learner, sides: Split, meta_steps: int, schedule: Schedule, path: Path) -> Progress:
        if not meta_steps:
            return Progress()
        return train(
            learner,
            self._tasks(sides),
            validation=self.held_out,
            meta_steps=meta_steps,
            schedule=schedule,
            objective=self.recipe.objective,
            folder=path,
            title=f"{path.name}, {artifact_folder(self.sides.name, self.questions)}",
        )


def _together(recipe: Recipe, learners: Sequence[Learner], seed: int) -> Learner:
    """Join learners into one whose backbone holds all of theirs, side by side; a single learner stays as it is."""
    if len(learners) == 1:
        return learners[0]
    learner = recipe.build(None, seed).to(learners[0].device)
    learner.start.update(side_by_side([single.shared for single in learners]))
    return learner


def _schedule(recipe: Recipe, questions: str, steps: int) -> Schedule:
    return Schedule(
        recipe.learning_rate if questions == "character" else recipe.mixed_learning_rate,
        recipe.cycles,
        recipe.hook_speed,
        validate_every=max(25, steps // 8),
        half_precision=recipe.half_precision,
    )


def _finish(recipe: Recipe, questions: str, steps: int) -> Schedule:
    """Return the schedule of the last meta-steps: half the rate, one cycle, one validation at the end."""
    schedule = _schedule(recipe, questions, steps)
    return replace(schedule, cycles=1, learning_rate=schedule.learning_rate / 2, validate_every=max(1, steps))


def _times(courses: Sequence[Progress]) -> dict[str, float]:
    """Return how long all trainings took together, in seconds."""
    return {
        "wall_s": round(sum(course.wall_s for course in courses), 1),
        "cpu_s": round(sum(course.cpu_s for course in courses), 1),
    }


def _mixed(characters: CharacterSet, sides: Split, seed: int, validation: bool = False) -> MixedQuestions:
    """Return 5-way mixed questions; for validation, of the validation alphabets and three more of the training side.

    "Which of five alphabets?" needs five alphabets, and a validation side may have fewer. Asking about fewer would
    validate on easier tasks than those that are trained on.
    """
    alphabets = characters.alphabet_ids
    three_more = np.random.default_rng(0).permutation(np.unique(alphabets[sides.train]))[:3]
    moved = np.isin(alphabets[sides.train], three_more)
    pool = np.concatenate([sides.validation, sides.train[moved]]) if validation else sides.train[~moved]
    return MixedQuestions(characters, pool, batch_size=12, seed=seed)


def _validation(characters: CharacterSet, sides: Split, questions: str, seed: int) -> Episodes | MixedQuestions:
    """Return the validation tasks: mixed questions, or 20-way episodes; on the lake split, within an alphabet."""
    if questions == "mixed":
        return _mixed(characters, sides, seed, validation=True)
    within = sides.name == "lake"
    return Episodes(characters, sides.validation, 20, 1, 5, within_alphabet=within, batch_size=10, seed=seed)


def _episode_embedder(characters: CharacterSet, split_name: str, questions: str, root: Path, seed: int) -> Pipeline:
    folder = artifact_folder(split_name, questions)
    if distributed.first() and not (root / folder / f"{EPISODE_EMBEDDER}.json").exists():
        make_episode_embedder(characters, split_name, questions, root, seed)
    distributed.wait()
    return load_embedder(str(root / folder / EPISODE_EMBEDDER))


def make_episode_embedder(
    characters: CharacterSet, split_name: str, questions: str, root: Path, seed: int = 0
) -> dict[str, Any]:
    """Fit the embedder that conditioned learners use to 600 training episodes; returns the artifact's description."""
    pool = split(characters, split_name).train
    if questions == "mixed":
        sampler: Episodes | MixedQuestions = MixedQuestions(characters, pool, queries=0, batch_size=600, seed=seed + 2)
    else:
        sampler = Episodes(characters, pool, 10, 1, 0, rotations=True, batch_size=600, seed=seed + 2)
    path = root / artifact_folder(split_name, questions) / EPISODE_EMBEDDER
    # The longer training: the gradients tell a task's alphabet soon, and which question it asks only later.
    return fit_embedder("gradient-long", sampler.batch(0), characters, split_name, path, size=EMBEDDING_SIZE, seed=seed)
