"""The named learners: what each is made of, what it is trained on and for how long; and loading those that ship."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from sklearn.pipeline import Pipeline

from metalearn import store, train
from metalearn.adapt import SGD, Init, Modulate, Update
from metalearn.augment import Distorted
from metalearn.backbone import HEAD, Backbone
from metalearn.data import CharacterSet, Split
from metalearn.errors import MetalearnError
from metalearn.families import BACKBONE, EMBEDDING_SIZE, load_embedder
from metalearn.learners.attention import GroupSelection, ModulationAttention
from metalearn.learners.context import ContextInit, ContextModulation
from metalearn.learners.learner import Learner
from metalearn.learners.meta_optimizer import LearnedStepSizes, RecurrentOptimizer, StepSizeNetwork
from metalearn.learners.preinit import EmbeddingInit, LearnedInit, LiteralInit, NeighbourInit
from metalearn.learners.prototypes import PrototypeInit
from metalearn.tasks import Episodes

SPLITS = ("article", "lake")
QUESTIONS = ("character", "mixed")
ANCHORS = 128

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


@dataclass(frozen=True)
class Recipe:
    """A learner by name: its hooks, the episodes it is trained on, and for how long.

    ``init``, ``update`` and ``modulate`` make the hooks anew. Every learner but the prototypical networks and the one
    from scratch starts from the split's prototypical network and trains on for about the same time, so that they
    differ in how they adapt and in little else. The learning rate is low: at ten times as much they forget what the
    prototypical network knew. Inner steps of 0.3 do better with 20 ways and overshoot with 5. Both were found on the
    article split's validation characters.

    Where the backbone has copies, each is trained by itself, from a seed of its own. Training may end with ``finish``
    more meta-steps, a cycle at half the rate, in which the validation characters are trained on as well: by then they
    have chosen all that they are there to choose. A learner ships for ``splits``.

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
    finish: int = 0
    learning_rate: float = 1e-4
    mixed_learning_rate: float = 5e-4
    hook_speed: float = 1.0
    objective: train.Objective = train.query_loss
    half_precision: bool = False
    warm_start: bool = True
    twin: str | None = None
    splits: tuple[str, ...] = SPLITS

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
    finish=3000,
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
