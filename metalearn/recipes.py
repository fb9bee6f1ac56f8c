"""The named learners: how each is built, trained, shipped and loaded again."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.pipeline import Pipeline

from metalearn import distributed, store, train
from metalearn.adapt import SGD, Init, Modulate, Update
from metalearn.augment import Distorted
from metalearn.backbone import HEAD, Backbone, side_by_side
from metalearn.data import CharacterSet, Split, split
from metalearn.errors import MetalearnError
from metalearn.families import BACKBONE, EMBEDDING_SIZE, base_parameters, fit_embedder, load_embedder
from metalearn.learners.attention import GroupSelection, ModulationAttention
from metalearn.learners.context import ContextInit, ContextModulation
from metalearn.learners.learner import Learner
from metalearn.learners.meta_optimizer import LearnedStepSizes, RecurrentOptimizer, StepSizeNetwork
from metalearn.learners.preinit import EmbeddingInit, LearnedInit, LiteralInit, NeighbourInit
from metalearn.learners.prototypes import PrototypeInit
from metalearn.tasks import Episodes, MixedQuestions, TaskBatch, joined

SPLITS = ("article", "lake")
QUESTIONS = ("character", "mixed")
ANCHORS = 128
FIRST_ANCHOR = 1_000_000  # the batch number where a sampler is far from what training will see

Practice = Callable[[CharacterSet, Split, int], train.Sampler]  # data, its split, seed -> what is trained on


def _episodes(ways: int, queries: int, batch_size: int) -> Practice:
    """One-shot episodes of characters from anywhere; every class under a quarter turn of its own."""

    def sampler(characters: CharacterSet, sides: Split, seed: int) -> Episodes:
        return Episodes(characters, sides.train, ways, 1, queries, rotations=True, batch_size=batch_size, seed=seed)

    return sampler


TEN_WAYS = _episodes(10, 4, 8)
FIVE_WAYS = _episodes(5, 4, 16)


def _distorted_drawings(characters: CharacterSet, sides: Split, seed: int) -> Distorted:
    """Four distorted drawings each of 120 characters; where test alphabets are new ones, from six alphabets."""
    within = sides.name == "lake"
    ways, tasks = (20, 6) if within else (120, 1)
    return Distorted(
        Episodes(
            characters, sides.train, ways, 1, 3, within_alphabet=within, rotations=True, batch_size=tasks, seed=seed
        ),
        seed=seed,
    )


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


@dataclass(frozen=True)
class Recipe:
    """A learner by name: its hooks, the episodes it is trained on, and for how long.

    ``init``, ``update`` and ``modulate`` make the hooks anew. Every learner but the prototypical networks and the one
    from scratch starts from the split's prototypical network and trains on for about the same time, so that they
    differ in how they adapt and in little else. The learning rate is low: at ten times as much they forget what the
    prototypical network knew. Inner steps of 0.3 do better with 20 ways and overshoot with 5. Both were found on the
    article split's validation characters.

    Where the backbone has copies, each is trained by itself, from a seed of its own. A learner ships for ``splits``.

    A learner with a ``twin`` is conditioned on the task embedding: the twin is the same without one.

    On mixed questions there is more to learn, and ``mixed_learning_rate`` is used. ``hook_speed`` is how many times as
    fast the hooks learn, which begin with nothing. Those of the two attentions and of their twin were found on mixed
    questions, on training alphabets that the runs were not shown (the prototypical network they start from was).
    """

    title: str
    init: Callable[[], Init]
    update: Callable[[], Update] = lambda: SGD(0.1)
    modulate: Callable[[], Modulate | None] = lambda: None
    steps: int = 5
    second_order: bool = False
    backbone: Backbone = BACKBONE
    practice: Practice = TEN_WAYS
    meta_steps: int = 150
    cycles: int = 1
    learning_rate: float = 1e-4
    mixed_learning_rate: float = 5e-4
    hook_speed: float = 1.0
    objective: train.Objective = train.query_loss
    half_precision: bool = False
    warm_start: bool = True
    twin: str | None = None
    splits: tuple[str, ...] = SPLITS

    @property
    def of_one_copy(self) -> "Recipe":
        """The recipe with a backbone that stands alone."""
        return replace(self, backbone=replace(self.backbone, copies=1))

    def build(self, embedder: Pipeline | None, seed: int) -> Learner:
        """Return the learner before any training."""
        return Learner(
            self.backbone, self.init(), self.update(), self.modulate(), embedder, self.steps, self.second_order, seed
        )


HEAD_AND_SCALES = (*BACKBONE.scales_and_shifts, *HEAD)
EVERYTHING = (*BACKBONE.body, *HEAD)
WIDE = Backbone(widths=(32, 64, 128, 128, 256), pools=(2, 4))
CONTEXT_SIZE = 64

_WIDE_PROTOTYPES = Recipe(
    "Prototypical network, wider and longer trained",
    PrototypeInit,
    steps=0,
    backbone=WIDE,
    practice=_distorted_drawings,
    meta_steps=20_000,
    cycles=2,
    learning_rate=2e-3,
    objective=train.all_pairs_loss,
    half_precision=True,
    warm_start=False,
)

RECIPES: dict[str, Recipe] = {
    # --- without an embedding ---
    "prototypes": Recipe(
        "Prototypical network",
        PrototypeInit,
        steps=0,
        practice=_episodes(60, 5, 1),
        meta_steps=2000,
        learning_rate=3e-3,
        warm_start=False,
    ),
    "wide": _WIDE_PROTOTYPES,
    # For what is hardest, characters of one alphabet that nobody has seen. The first of them is "wide".
    "ensemble": replace(
        _WIDE_PROTOTYPES,
        title="Three wide prototypical networks side by side",
        backbone=replace(WIDE, copies=3),
        splits=("lake",),
    ),
    "scratch": Recipe("From scratch", lambda: LearnedInit(EVERYTHING), steps=10, meta_steps=0, warm_start=False),
    "anil": Recipe("Learned init of the head (ANIL)", lambda: LearnedInit(HEAD), second_order=True, meta_steps=200),
    "fomaml": Recipe(
        "Learned init (first-order MAML)", lambda: LearnedInit(EVERYTHING), steps=3, practice=FIVE_WAYS, meta_steps=120
    ),
    "maml": Recipe(
        "Learned init (MAML)",
        lambda: LearnedInit(EVERYTHING),
        steps=2,
        second_order=True,
        practice=FIVE_WAYS,
        meta_steps=120,
    ),
    "reptile": Recipe(
        "Reptile", lambda: LearnedInit(EVERYTHING), practice=_episodes(5, 0, 16), objective=train.reptile_distance
    ),
    "metasgd": Recipe(
        "Learned step sizes (Meta-SGD)",
        lambda: LearnedInit(HEAD_AND_SCALES),
        lambda: LearnedStepSizes(BACKBONE, HEAD_AND_SCALES, 0.1),
        learning_rate=1e-3,
    ),
    "prototypes-twin": Recipe(
        "Prototypical network, trained on", PrototypeInit, steps=0, meta_steps=600, mixed_learning_rate=4e-3
    ),
    "protomaml": Recipe("ProtoMAML", lambda: PrototypeInit(BACKBONE.scales_and_shifts)),
    "cavia": Recipe(
        "Adapted context (CAVIA)",
        lambda: ContextInit(CONTEXT_SIZE, LearnedInit(HEAD)),
        modulate=lambda: ContextModulation(BACKBONE, CONTEXT_SIZE),
    ),
    "film": Recipe("Learned init of head, scales, shifts", lambda: LearnedInit(HEAD_AND_SCALES)),
    "alfa-twin": Recipe(
        "Step sizes from gradients (ALFA)",
        lambda: LearnedInit(HEAD_AND_SCALES),
        lambda: StepSizeNetwork(HEAD_AND_SCALES, 0.1),
    ),
    "recurrent-twin": Recipe(
        "Recurrent optimizer", lambda: LearnedInit(HEAD_AND_SCALES), lambda: RecurrentOptimizer(0.1)
    ),
    # --- the embedding sets where to start ---
    "preinit": Recipe("Init set by the task embedding", lambda: EmbeddingInit(BACKBONE, EMBEDDING_SIZE), twin="film"),
    "neighbours": Recipe(
        "Init from the nearest training tasks",
        lambda: NeighbourInit(BACKBONE, EMBEDDING_SIZE, ANCHORS),
        twin="film",
    ),
    "literal": Recipe("Embedding copied into the first layer", lambda: LiteralInit(BACKBONE), twin="film"),
    # --- the embedding sets the steps ---
    "alfa": Recipe(
        "Step sizes set by the task embedding",
        lambda: LearnedInit(HEAD_AND_SCALES),
        lambda: StepSizeNetwork(HEAD_AND_SCALES, 0.1, EMBEDDING_SIZE),
        twin="alfa-twin",
    ),
    "recurrent": Recipe(
        "Recurrent optimizer told the task embedding",
        lambda: LearnedInit(HEAD_AND_SCALES),
        lambda: RecurrentOptimizer(0.1, EMBEDDING_SIZE),
        twin="recurrent-twin",
    ),
    # --- the embedding re-weights the network ---
    "attention": Recipe(
        "Attention over a bank of modulations",
        PrototypeInit,
        modulate=lambda: ModulationAttention(BACKBONE, EMBEDDING_SIZE),
        steps=0,
        meta_steps=600,
        mixed_learning_rate=4e-3,
        hook_speed=3,
        twin="prototypes-twin",
    ),
    "selection": Recipe(
        "Attention that selects channels",
        PrototypeInit,
        modulate=lambda: GroupSelection(BACKBONE, EMBEDDING_SIZE),
        steps=0,
        meta_steps=600,
        mixed_learning_rate=4e-3,
        hook_speed=2,
        twin="prototypes-twin",
    ),
    # --- all three ---
    "all-three": Recipe(
        "Init, steps and attention together",
        lambda: EmbeddingInit(BACKBONE, EMBEDDING_SIZE),
        lambda: StepSizeNetwork(HEAD_AND_SCALES, 0.1, EMBEDDING_SIZE),
        lambda: ModulationAttention(BACKBONE, EMBEDDING_SIZE),
        twin="alfa-twin",
    ),
}

CONDITIONED = tuple(name for name, recipe in RECIPES.items() if recipe.twin)
TWINS = tuple(dict.fromkeys(recipe.twin for recipe in RECIPES.values() if recipe.twin))
MIXED = ("anil", "metasgd", "protomaml", *TWINS, *CONDITIONED)  # trained on mixed questions too


def recipe_of(name: str) -> Recipe:
    """Return the recipe called ``name``. Raises MetalearnError where there is none."""
    if name not in RECIPES:
        raise MetalearnError(f"unknown learner {name!r}; there are {', '.join(RECIPES)}")
    return RECIPES[name]


def shipped_for(split_name: str) -> tuple[str, ...]:
    """Return the names of the learners that ship for a split."""
    return tuple(name for name, recipe in RECIPES.items() if split_name in recipe.splits)


def folder_of(split_name: str, questions: str = "character") -> str:
    """Return the folder in which what was trained on these questions of a split lies."""
    return split_name if questions == "character" else f"{split_name}-{questions}"


# --- training --------------------------------------------------------------------------------------------------------


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
    made where it is missing. Returns the artifact's description.
    """
    recipe = recipe_of(name)
    sides, folder = split(characters, split_name), root / folder_of(split_name, questions)
    embedder = _episode_embedder(characters, split_name, questions, root, seed) if recipe.twin else None
    base, base_sha256 = base_parameters(split_name, root) if recipe.warm_start else ({}, None)
    schedule = _schedule(recipe, questions, meta_steps or recipe.meta_steps)
    held_out = list(_validation(characters, sides, questions, seed + 1).sample(100))
    copies = recipe.backbone.copies

    def trained(copy: int) -> tuple[Learner, train.Progress]:
        learner = recipe.of_one_copy.build(embedder, seed + copy)
        learner.start.update(base)
        practice = _mixed if questions == "mixed" else recipe.practice
        tasks = practice(characters, sides, seed + copy)
        if isinstance(learner.init, NeighbourInit):
            _remember_anchors(learner, learner.init, tasks)
        learner.to("cuda" if torch.cuda.is_available() else "cpu")
        if not recipe.meta_steps:
            return learner, train.Progress()
        run = name if copies == 1 else f"{name}-{copy + 1}"
        title = f"{run}, {folder.name}"
        return learner, train.train(learner, tasks, held_out, schedule, recipe.objective, folder / ".runs" / run, title)

    learners, courses = zip(*map(trained, range(copies)), strict=True)
    learner = learners[0] if copies == 1 else _together(recipe, learners, seed)
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
        "validation": train.mean_accuracy(learner, held_out),
        **_course(courses),
    }
    arrays = {key: value.cpu().numpy() for key, value in learner.state_dict().items()}
    if distributed.first():
        store.save(folder / name, store.halved(arrays), description)
    return description


def _together(recipe: Recipe, learners: Sequence[Learner], seed: int) -> Learner:
    """Return the learner whose backbone is those of all of ``learners``, side by side."""
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


def _course(courses: Sequence[train.Progress]) -> dict[str, Any]:
    """Return how the trainings of all copies went, and what they took together."""
    return {
        "validation_curve": [found for course in courses for found in course.validation],
        "threads": torch.get_num_threads(),
        "wall_s": round(sum(course.wall_s for course in courses), 1),
        "cpu_s": round(sum(course.cpu_s for course in courses), 1),
    }


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


# --- loading ---------------------------------------------------------------------------------------------------------


def load_learner(name: str, split_name: str, questions: str = "character") -> Learner:
    """Load a shipped learner of a split, or one that ``metalearn train`` wrote: then ``name`` is its path.

    Raises MetalearnError for a name that is neither, and for a file that is missing or altered.
    """
    path = Path(name)
    if path.parent == Path():
        recipe_of(name)
        path = store.PRETRAINED / folder_of(split_name, questions) / name
    arrays, description = store.load(path)
    recipe = RECIPES.get(description.get("learner", ""))
    if recipe is None or _settings(Backbone()) | description["backbone"] != _settings(recipe.backbone):
        raise MetalearnError("{path} is not a learner of this version; make it again with 'metalearn train'", path=path)
    embedder = load_embedder(path.parent.name, "episodes", path.parent.parent) if recipe.twin else None
    learner = recipe.build(embedder, description["seed"])
    learner.load_state_dict({key: torch.from_numpy(array) for key, array in arrays.items()})
    return learner.eval()


def _settings(backbone: Backbone) -> dict[str, Any]:
    """Return a network's settings as they come back from JSON."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(backbone).items()}


def best(split_name: str) -> str:
    """Name the shipped learner of the split with the best validation accuracy."""
    described = [store.describe(path) for path in sorted((store.PRETRAINED / split_name).glob("*.json"))]
    learners = [d for d in described if d.get("kind") == "learner"]
    if not learners:
        raise MetalearnError(
            "no learner ships for the {split} split; make them with 'metalearn train --recipe all'", split=split_name
        )
    return max(learners, key=lambda d: d["validation"])["learner"]
