"""How the named learners are trained: on what, judged by what, and what is written of it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.pipeline import Pipeline

from metalearn import distributed, store, train
from metalearn.adapt import SGD
from metalearn.backbone import Params, side_by_side
from metalearn.data import CharacterSet, Split, split
from metalearn.families import EMBEDDING_SIZE, base_parameters, fit_embedder, load_embedder
from metalearn.learners.learner import Learner
from metalearn.learners.preinit import LearnedInit, NeighbourInit
from metalearn.recipes import ANCHORS, HEAD_AND_SCALES, Recipe, folder_of, recipe_of
from metalearn.tasks import Episodes, MixedQuestions, TaskBatch, joined

FIRST_ANCHOR = 1_000_000  # the batch number where a sampler is far from what training will see


def make_learner(
    name: str,
    characters: CharacterSet,
    split_name: str,
    root: Path,
    seed: int = 0,
    meta_steps: int | None = None,
    questions: str = "character",
) -> dict[str, Any]:
    """Train the learner called ``name`` and write it below ``root``, in the folder of its split and questions.

    A run interrupted there is taken up again. A conditioned learner needs the episode embedder beside it, and has it
    made where it is missing. Returns the artifact's description; the validation accuracy in it is that before the
    finish, which trains on the validation characters too.
    """
    recipe = recipe_of(name)
    sides, folder = split(characters, split_name), root / folder_of(split_name, questions)
    embedder = _episode_embedder(characters, split_name, questions, root, seed) if recipe.twin else None
    base, base_sha256 = base_parameters(split_name, root) if recipe.warm_start else ({}, None)
    schedule = _schedule(recipe, questions, meta_steps or recipe.meta_steps)
    last = _finish(recipe, schedule)
    held_out = list(_validation(characters, sides, questions, seed + 1).sample(100))
    count = recipe.backbone.copies
    runs = [folder / ".runs" / (name if count == 1 else f"{name}-{copy + 1}") for copy in range(count)]
    trainings = [
        _Training(recipe, characters, sides, questions, held_out, seed + copy, run) for copy, run in enumerate(runs)
    ]
    copies = [training.start(embedder, base) for training in trainings]
    courses = [training.run(learner, schedule) for training, learner in zip(trainings, copies, strict=True)]
    validation = train.mean_accuracy(_together(recipe, copies, seed), held_out)
    finishes = [training.finish(learner, last) for training, learner in zip(trainings, copies, strict=True)]
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
        "schedule": asdict(schedule),
        "finish": asdict(last),
        "validation": validation,
        "validation_curve": [found for course in courses for found in course.validation],
        "threads": torch.get_num_threads(),
        **_times([*courses, *finishes]),
    }
    arrays = {key: value.cpu().numpy() for key, value in learner.state_dict().items()}
    if distributed.first():
        store.save(folder / name, store.halved(arrays), description)
    return description


@dataclass(frozen=True)
class _Training:
    """The training of one copy of a learner, from a seed of its own; ``path`` is where its runs are kept."""

    recipe: Recipe
    characters: CharacterSet
    sides: Split
    questions: str
    held_out: Sequence[TaskBatch]
    seed: int
    path: Path

    def start(self, embedder: Pipeline | None, base: Params) -> Learner:
        """Return the copy before any training."""
        learner = replace(self.recipe, backbone=replace(self.recipe.backbone, copies=1)).build(embedder, self.seed)
        learner.start.update(base)
        if isinstance(learner.init, NeighbourInit):
            _remember_anchors(learner, learner.init, self._tasks(self.sides))
        return learner.to("cuda" if torch.cuda.is_available() else "cpu")

    def run(self, learner: Learner, schedule: train.Schedule) -> train.Progress:
        """Train it on the training side."""
        return self._train(learner, self.sides, schedule, self.path)

    def finish(self, learner: Learner, schedule: train.Schedule) -> train.Progress:
        """Train it on the validation characters too."""
        both = replace(self.sides, train=np.union1d(self.sides.train, self.sides.validation))
        return self._train(learner, both, schedule, self.path.with_name(f"{self.path.name}-finish"))

    def _tasks(self, sides: Split) -> train.Sampler:
        practice = _mixed if self.questions == "mixed" else self.recipe.practice
        return practice(self.characters, sides, self.seed)

    def _train(self, learner: Learner, sides: Split, schedule: train.Schedule, path: Path) -> train.Progress:
        if not schedule.meta_steps:
            return train.Progress()
        title = f"{path.name}, {folder_of(self.sides.name, self.questions)}"
        tasks, objective = self._tasks(sides), self.recipe.objective
        return train.train(learner, tasks, self.held_out, schedule, objective, path, title)


def _together(recipe: Recipe, learners: Sequence[Learner], seed: int) -> Learner:
    """Return the learner whose backbone is those of all of ``learners``, side by side; one alone is itself."""
    if len(learners) == 1:
        return learners[0]
    learner = recipe.build(None, seed).to(learners[0].device)
    learner.start.update(side_by_side([alone.shared for alone in learners]))
    return learner


def _schedule(recipe: Recipe, questions: str, steps: int) -> train.Schedule:
    return train.Schedule(
        steps,
        recipe.learning_rate if questions == "character" else recipe.mixed_learning_rate,
        recipe.cycles,
        recipe.hook_speed,
        validate_every=max(25, steps // 8),
        half_precision=recipe.half_precision,
    )


def _finish(recipe: Recipe, schedule: train.Schedule) -> train.Schedule:
    """Return the schedule of the last meta-steps; a shorter training has fewer of them too."""
    steps = recipe.finish * schedule.meta_steps // max(1, recipe.meta_steps)
    rate = schedule.learning_rate / 2
    return replace(schedule, meta_steps=steps, cycles=1, learning_rate=rate, validate_every=max(1, steps))


def _times(courses: Sequence[train.Progress]) -> dict[str, float]:
    """Return how long all trainings took together, in seconds."""
    return {
        "wall_s": round(sum(course.wall_s for course in courses), 1),
        "cpu_s": round(sum(course.cpu_s for course in courses), 1),
    }


def _mixed(characters: CharacterSet, sides: Split, seed: int, validation: bool = False) -> MixedQuestions:
    """Mixed questions, 5-way; for validation, of the split's alphabets for that and of three more.

    A question about five alphabets needs five, and fewer ways would be another kind of task than what embeddings and
    hooks are trained on.
    """
    alphabets = characters.alphabet_ids
    more = np.random.default_rng(0).permutation(np.unique(alphabets[sides.train]))[:3]
    moved = np.isin(alphabets[sides.train], more)
    pool = np.concatenate([sides.validation, sides.train[moved]]) if validation else sides.train[~moved]
    return MixedQuestions(characters, pool, batch_size=12, seed=seed)


def _validation(characters: CharacterSet, sides: Split, questions: str, seed: int) -> Episodes | MixedQuestions:
    """What training is judged by: mixed questions; or 20-way episodes, within an alphabet where tests have new ones."""
    if questions == "mixed":
        return _mixed(characters, sides, seed, validation=True)
    within = sides.name == "lake"
    return Episodes(characters, sides.validation, 20, 1, 5, within_alphabet=within, batch_size=10, seed=seed)


def _episode_embedder(characters: CharacterSet, split_name: str, questions: str, root: Path, seed: int) -> Pipeline:
    folder = folder_of(split_name, questions)
    if distributed.first() and not (root / folder / "episodes.json").exists():
        make_episode_embedder(characters, split_name, questions, root, seed)
    distributed.wait()
    return load_embedder(folder, "episodes", root)


def make_episode_embedder(
    characters: CharacterSet, split_name: str, questions: str, root: Path, seed: int = 0
) -> dict[str, Any]:
    """Fit the embedder that conditioned learners use to 600 training episodes; returns the artifact's description."""
    pool = split(characters, split_name).train
    if questions == "mixed":
        sampler: Episodes | MixedQuestions = MixedQuestions(characters, pool, queries=0, batch_size=600, seed=seed + 2)
    else:
        sampler = Episodes(characters, pool, 10, 1, 0, rotations=True, batch_size=600, seed=seed + 2)
    path = root / folder_of(split_name, questions) / "episodes"
    # It takes a longer training than an alphabet does until the gradients tell which question a task asks.
    return fit_embedder("gradient-long", sampler.batch(0), characters, split_name, path, EMBEDDING_SIZE, seed)


def _remember_anchors(learner: Learner, init: NeighbourInit, tasks: train.Sampler) -> None:
    """Give a learner that starts from its neighbours some: training tasks adapted to from the shared start."""
    batches: list[TaskBatch] = []
    while sum(map(len, batches)) < ANCHORS:
        batches.append(tasks.batch(FIRST_ANCHOR + len(batches)))
    anchors = joined(batches)[:ANCHORS]
    twin = Learner(learner.backbone, LearnedInit(HEAD_AND_SCALES), SGD(0.1), steps=learner.steps)
    twin.start.update(learner.shared)
    with torch.no_grad():
        embedding = learner.embed(anchors)
        assert embedding is not None
        init.remember(embedding, twin.adapt(anchors, every_query=False))
