"""How the named learners are trained and validated, and what is written about it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from metalearn import __version__, artifacts
from metalearn._device import find_device
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.splits import Split, split
from metalearn.errors import MetalearnError
from metalearn.learners.backbone import Params, side_by_side
from metalearn.learners.learner import Embedder, Learner
from metalearn.pretrained.embedders import (
    BASE_LEARNER,
    EMBEDDING_SIZE,
    EPISODE_EMBEDDER,
    base_parameters,
    fit_embedder,
    used_embedder,
)
from metalearn.pretrained.names import artifact_folder
from metalearn.pretrained.recipes import Recipe
from metalearn.pretrained.worlds import base_folder, find_world
from metalearn.tasks.episodes import fitting_episodes
from metalearn.tasks.sampler import Sampler, sample_tasks
from metalearn.training import distributed
from metalearn.training.outer_loop import mean_score, train
from metalearn.training.request import differences
from metalearn.training.schedule import Progress, Schedule

VALIDATION_TASKS = 100
FEWEST = 6  # characters with two drawings: to train on, to validate on and to test on, two each


def make_learner(
    name: str,
    characters: CharacterSet,
    split_name: str,
    root: Path,
    *,
    seed: int = 0,
    meta_steps: int | None = None,
    world: str = "characters",
    embedding: str = "own",
) -> dict[str, Any]:
    """Train the learner called ``name`` and write it below ``root``, in the folder of its split and world.

    An interrupted run goes on where it was. What the learner needs and is missing is made first: the world's embedder,
    and the base model of a world that has its own. ``embedding`` is what the learner is told of a task (see
    :func:`used_embedder`). Returns the artifact's description. The validation accuracy in it was measured before the
    finish, which trains on the validation characters too.
    """
    recipe, folder = find_world(world).recipe(name), root / artifact_folder(split_name, world)
    sides = split(characters, split_name)
    check_sides(characters, sides)
    base, base_sha256 = _base(characters, split_name, world, root, seed) if recipe.warm_start else ({}, None)
    embedder, embedder_sha256 = None, None
    if recipe.twin:
        embedder, embedder_sha256 = _embedder(characters, split_name, world, root, seed, embedding)
    steps = meta_steps or recipe.meta_steps
    last_steps = recipe.finish * steps // max(1, recipe.meta_steps)  # a shorter training has a shorter finish too
    schedule, last = _schedule(recipe, steps), _finish(recipe, last_steps)
    held_out = find_world(world).validation(characters, sides, seed + 1)
    saved = name if embedding == "own" else f"{name}-{embedding}"
    runs = _run_folders(folder, saved, seed, recipe.backbone.copies)
    about = {
        "learner": name,
        "data": characters.name,
        "data_fingerprint": characters.fingerprint,
        "split": split_name,
        "world": world,
        "embedding": embedding if recipe.twin else None,
        "seed": seed,
        "base_sha256": base_sha256,
        "embedder_sha256": embedder_sha256,
    }
    trainings = [_Training(recipe, characters, sides, held_out, seed + i, run, about) for i, run in enumerate(runs)]
    copies = [training.start(embedder, base) for training in trainings]
    courses = [training.run(learner, steps, schedule) for training, learner in zip(trainings, copies, strict=True)]
    validation = mean_score(_together(recipe, copies, seed), list(sample_tasks(held_out, VALIDATION_TASKS)))
    finishes = [training.finish(learner, last_steps, last) for training, learner in zip(trainings, copies, strict=True)]
    learner = _together(recipe, copies, seed)
    description = {
        "kind": "learner",
        "title": recipe.title,
        **about,
        "trained_on": [characters.characters[i] for i in (*sides.train, *sides.validation)],
        "backbone": asdict(recipe.backbone),
        "inner_steps": learner.steps,
        "schedule": {"meta_steps": steps, **asdict(schedule)},
        "finish": {"meta_steps": last_steps, **asdict(last)},
        "validation": validation,
        "validation_curve": [found for course in courses for found in course.validation],
        "threads": torch.get_num_threads(),
        **_times([*courses, *finishes]),
    }
    arrays = {key: value.cpu().numpy() for key, value in learner.state_dict().items()}
    if distributed.first():
        artifacts.save(folder / saved, artifacts.halved(arrays), description)
    return description


def _run_folders(folder: Path, name: str, seed: int, copies: int) -> list[Path]:
    """Return where the trainings of a learner's copies are kept; with another seed, it is another training."""
    run = name if seed == 0 else f"{name}-seed{seed}"
    return [folder / ".runs" / (run if copies == 1 else f"{run}-{copy + 1}") for copy in range(copies)]


def check_made_for(path: Path, characters: CharacterSet, seed: int) -> None:
    """Raise MetalearnError where what was made at ``path`` says that it is of other data, seed or version."""
    asked = {"data_fingerprint": characters.fingerprint, "seed": seed, "version": __version__}
    made = artifacts.describe(path.with_name(f"{path.name}.json"))
    difference = differences({**asked, **{name: made[name] for name in asked if name in made}}, asked)
    if difference:
        raise MetalearnError(
            "{path} was made from something else ({difference}); name another folder, or remove this one",
            path=path,
            difference=difference,
        )


def check_sides(characters: CharacterSet, sides: Split) -> None:
    """Raise MetalearnError where fewer than two characters with two drawings are for training, or for validation."""
    for side, pool in (("train", sides.train), ("validation", sides.validation)):
        count = int((characters.counts[pool] >= 2).sum())
        if count < 2:
            raise MetalearnError(
                "{name} is too small to train on: of its {all} characters, {count} with 2 drawings or more are on the "
                "{side} side of the {split} split, and 2 are needed; with {needed} such characters the article split "
                "has two on each side: {missing} more",
                name=characters.name,
                split=sides.name,
                count=count,
                all=len(characters),
                side=side,
                needed=FEWEST,
                missing=max(1, FEWEST - int((characters.counts >= 2).sum())),
            )


def train_own(
    learner: Learner,
    characters: CharacterSet,
    split_name: str,
    path: Path,
    seed: int = 0,
    meta_steps: int | None = None,
) -> dict[str, Any]:
    """Train a learner of the user's on episodes of a split, and save it at ``path``.

    They are 5-way 1-shot with 5 queries per class or, where the characters are too few for that, as large as there are.
    Returns what was done: the tasks, the validation accuracy and the time it took. Raises MetalearnError for fewer than
    two characters with two drawings to train on or to validate on.
    """
    sides = split(characters, split_name)
    check_sides(characters, sides)
    tasks = fitting_episodes(characters, sides.train, 5, 1, 5, batch_size=16, rotations=True, seed=seed)
    held_out = fitting_episodes(characters, sides.validation, 5, 1, 5, batch_size=16, seed=seed + 1)
    progress = train(
        learner.to(find_device()),
        tasks,
        validation=held_out,
        meta_steps=meta_steps or 1000,
        folder=path.with_name(f".runs-{path.name}-{split_name}-{seed}"),  # with another split or seed, another run
        title=path.name,
    )
    if distributed.first():
        learner.save(path)
    return {
        "learner": str(path),
        "data": characters.name,
        "split": split_name,
        "seed": seed,
        "meta_steps": progress.step,
        "tasks": f"{tasks.ways}-way {tasks.shots}-shot, {tasks.queries} queries per class",
        "validation_tasks": f"{held_out.ways}-way {held_out.shots}-shot, {held_out.queries} queries per class",
        "validation": progress.validation[-1][1],
        **_times([progress]),
    }


@dataclass(frozen=True)
class _Training:
    """The training of one copy of a learner, from its own seed; ``path`` is where its runs are kept."""

    recipe: Recipe
    characters: CharacterSet
    sides: Split
    held_out: Sampler
    seed: int
    path: Path
    about: dict[str, Any]

    def start(self, embedder: Embedder | None, base: Params) -> Learner:
        """Return the copy before any training."""
        learner = replace(self.recipe, backbone=replace(self.recipe.backbone, copies=1)).build(embedder, self.seed)
        learner.start.update(base)
        learner.prepare(self._tasks(self.sides))
        return learner.to(find_device())

    def run(self, learner: Learner, meta_steps: int, schedule: Schedule) -> Progress:
        """Train it on the training characters."""
        return self._train(learner, self.sides, meta_steps, schedule, self.path)

    def finish(self, learner: Learner, meta_steps: int, schedule: Schedule) -> Progress:
        """Train it on the validation characters too."""
        both = replace(self.sides, train=np.union1d(self.sides.train, self.sides.validation))
        return self._train(learner, both, meta_steps, schedule, self.path.with_name(f"{self.path.name}-finish"))

    def _tasks(self, sides: Split) -> Sampler:
        return self.recipe.practice(self.characters, sides, self.seed)

    def _train(self, learner: Learner, sides: Split, meta_steps: int, schedule: Schedule, path: Path) -> Progress:
        if not meta_steps:
            return Progress()
        return train(
            learner,
            self._tasks(sides),
            validation=self.held_out,
            validation_tasks=VALIDATION_TASKS,
            meta_steps=meta_steps,
            schedule=schedule,
            objective=self.recipe.objective,
            folder=path,
            title=f"{path.name}, {path.parent.parent.name}",
            about=self.about,
        )


def _together(recipe: Recipe, learners: Sequence[Learner], seed: int) -> Learner:
    """Join learners into one whose backbone holds all of theirs, side by side; a single learner stays as it is."""
    if len(learners) == 1:
        return learners[0]
    learner = recipe.build(None, seed).to(learners[0].device)
    learner.start.update(side_by_side([single.shared for single in learners]))
    return learner


def _schedule(recipe: Recipe, steps: int) -> Schedule:
    return Schedule(
        recipe.learning_rate,
        recipe.cycles,
        recipe.hook_speed,
        validate_every=max(25, steps // 8),
        half_precision=recipe.half_precision,
    )


def _finish(recipe: Recipe, steps: int) -> Schedule:
    """Return the schedule of the last meta-steps: half the rate, one cycle, one validation at the end."""
    schedule = _schedule(recipe, steps)
    return replace(schedule, cycles=1, learning_rate=schedule.learning_rate / 2, validate_every=max(1, steps))


def _times(courses: Sequence[Progress]) -> dict[str, float]:
    """Return how long all trainings took together, in seconds."""
    return {
        "wall_s": round(sum(course.wall_s for course in courses), 1),
        "cpu_s": round(sum(course.cpu_s for course in courses), 1),
    }


def _base(characters: CharacterSet, split_name: str, world: str, root: Path, seed: int) -> tuple[Params, str]:
    """Return the parameters that learners of a world start from, and their checksum; a world's own are made first."""
    folder = base_folder(split_name, world)
    missing = find_world(world).own_base and not artifacts.exists(root / folder / BASE_LEARNER)
    distributed.wait()  # all processes have looked before one of them makes it
    if missing:
        make_learner(BASE_LEARNER, characters, split_name, root, seed=seed, world=world)
        distributed.wait()
    return base_parameters(folder, root)


def _embedder(
    characters: CharacterSet, split_name: str, world: str, root: Path, seed: int, embedding: str
) -> tuple[Embedder, str]:
    """Return what tells a learner about a task, and its checksum; the world's embedder is made if it is missing."""
    folder = root / artifact_folder(split_name, world)
    if distributed.first() and not artifacts.exists(folder / EPISODE_EMBEDDER):
        make_episode_embedder(characters, split_name, world, root, seed)
    distributed.wait()
    return used_embedder(folder, embedding), artifacts.describe(folder / f"{EPISODE_EMBEDDER}.json")["sha256"]


def make_episode_embedder(
    characters: CharacterSet, split_name: str, world: str, root: Path, seed: int = 0
) -> dict[str, Any]:
    """Fit the embedder that conditioned learners use to training tasks of a world; returns its description."""
    found, sides = find_world(world), split(characters, split_name)
    tasks = found.embedder_tasks(characters, sides, seed + 2).batch(0)
    path = root / artifact_folder(split_name, world) / EPISODE_EMBEDDER
    base = base_folder(split_name, world)
    return fit_embedder(found.family, tasks, characters, split_name, path, base=base, size=EMBEDDING_SIZE, seed=seed)
