"""The named learners: what each is made of, what it is trained on, and for how long."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sklearn.pipeline import Pipeline

from metalearn.characters.character_set import CharacterSet
from metalearn.characters.splits import Split
from metalearn.errors import MetalearnError
from metalearn.learners.backbone import HEAD, Backbone
from metalearn.learners.hooks import Init, Modulate, Update
from metalearn.learners.init_hooks import (
    ContextInit,
    EmbeddingInit,
    LearnedInit,
    LiteralInit,
    NeighbourInit,
    PrototypeInit,
)
from metalearn.learners.learner import Learner
from metalearn.learners.modulate_hooks import ContextModulation, GroupSelection, ModulationAttention
from metalearn.learners.update_hooks import SGD, LearnedStepSizes, RecurrentOptimizer, StepSizeNetwork
from metalearn.pretrained.embedders import BASE_BACKBONE, EMBEDDING_SIZE
from metalearn.tasks.augment import Distorted
from metalearn.tasks.episodes import Episodes
from metalearn.tasks.sampler import Sampler
from metalearn.training.objectives import Objective, all_pairs_loss, query_loss, reptile_distance

SPLITS = ("article", "lake")  # those that everything ships for; on vinyals, only what published figures are set beside

ANCHORS = 128

Practice = Callable[[CharacterSet, Split, int], Sampler]  # data, its split, seed -> what is trained on


def _episodes(ways: int, queries: int, batch_size: int, shots: int = 1) -> Practice:
    """Return episodes of any characters; each class is turned by some quarter turns."""

    def sampler(characters: CharacterSet, sides: Split, seed: int) -> Episodes:
        return Episodes(characters, sides.train, ways, shots, queries, rotations=True, batch_size=batch_size, seed=seed)

    return sampler


TEN_WAYS = _episodes(10, 4, 8)

TWENTY_WAYS = _episodes(20, 1, 4)


def _distorted_drawings(characters: CharacterSet, sides: Split, seed: int) -> Distorted:
    """Return batches of 120 characters with four distorted drawings each; on the lake split, from six alphabets."""
    within = sides.name == "lake"
    ways, tasks = (20, 6) if within else (120, 1)
    return Distorted(
        Episodes(
            characters, sides.train, ways, 1, 3, within_alphabet=within, rotations=True, batch_size=tasks, seed=seed
        ),
        seed=seed,
    )


@dataclass(frozen=True, repr=False)
class Recipe:
    """A learner by name: its hooks, the tasks it is trained on, and for how long.

    There are two kinds. The methods of papers are trained from nothing, each by its own rules, on as many tasks as the
    others. Learners that use the task embedding, and what they are compared with, start from the split's prototypical
    network and train on for about the same time, so that they differ in how they adapt and in little else. Their
    learning rate is low: at ten times as much they forget what the prototypical network knew. All rates were found on
    the article split's validation characters.

    Parameters
    ----------
    title : str
        What the learner is called in tables and on the dashboard.
    init, update, modulate : callable
        Make the hooks, without arguments.
    steps, second_order : int, bool
        The learner's inner steps, and whether the outer gradient runs through the inner gradients.
    backbone : Backbone
        The network. If it has copies, each is trained alone, from its own seed.
    practice : callable
        Makes the sampler of training tasks, given characters, split and seed.
    meta_steps, cycles : int
        How long the training is, and how many times its learning rate falls to zero.
    finish : int
        More meta-steps after that, one cycle at half the rate, on the validation characters too: by then nothing is
        left to be chosen with them.
    learning_rate, mixed_learning_rate : float
        The highest rate; on mixed questions the second, as there is more to learn.
    hook_speed : float
        How many times as fast the hooks learn, which start untrained. Those of the two attentions and their twin were
        found on mixed questions of training alphabets that were held out of these runs, but not of the prototypical
        network's training.
    objective : callable
        What is minimised.
    half_precision : bool
        Whether convolutions are computed in bfloat16 where the processor can.
    warm_start : bool
        Whether to start from the split's prototypical network.
    twin : str, optional
        For a learner that uses the task embedding: the name of the same learner without one.
    splits : tuple of str
        The splits for which it ships; none for a learner that you have to train.
    """

    title: str
    init: Callable[[], Init]
    update: Callable[[], Update] = lambda: SGD(0.1)
    modulate: Callable[[], Modulate | None] = lambda: None
    steps: int = 5
    second_order: bool = False
    backbone: Backbone = BASE_BACKBONE
    practice: Practice = TEN_WAYS
    meta_steps: int = 150
    cycles: int = 1
    finish: int = 0
    learning_rate: float = 1e-4
    mixed_learning_rate: float = 5e-4
    hook_speed: float = 1.0
    objective: Objective = query_loss
    half_precision: bool = False
    warm_start: bool = True
    twin: str | None = None
    splits: tuple[str, ...] = SPLITS

    def __repr__(self) -> str:
        uses = "with an embedding" if self.twin else "without an embedding"
        return f"<Recipe: {self.title}, {uses}, {self.meta_steps:,} meta-steps, {self.steps} inner steps>"

    def _repr_html_(self) -> str:
        """Show what the learner is made of and how it is trained, in a notebook."""
        parts = {
            "learner": self.title,
            "init": type(self.init()).__name__,
            "update": type(self.update()).__name__,
            "modulate": type(self.modulate()).__name__ if self.modulate() is not None else "none",
            "inner steps": f"{self.steps}, {'second' if self.second_order else 'first'} order",
            "meta-steps": f"{self.meta_steps:,}",
            "learning rate": f"{self.learning_rate:g}",
            "twin": self.twin or "none: it uses no embedding",
        }
        rows = "".join(f"<tr><th>{name}</th><td>{value}</td></tr>" for name, value in parts.items())
        return f"<table>{rows}</table>"

    def build(self, embedder: Pipeline | None, seed: int) -> Learner:
        """Return the learner before any training."""
        return Learner(
            self.backbone,
            init=self.init(),
            update=self.update(),
            modulate=self.modulate(),
            embedder=embedder,
            steps=self.steps,
            second_order=self.second_order,
            seed=seed,
        )


HEAD_AND_SCALES = (*BASE_BACKBONE.scales_and_shifts, *HEAD)

EVERYTHING = (*BASE_BACKBONE.body, *HEAD)

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
    objective=all_pairs_loss,
    half_precision=True,
    warm_start=False,
)

# What each of the papers' methods is trained for: so many meta-steps of four 20-way 1-shot tasks. With five ways, the
# same number of drawings teaches them less, even for 5-way tasks.
BUDGET = 6000


def _from_nothing(
    title: str, init: Callable[[], Init], update: Callable[[], Update] = lambda: SGD(0.1), **details: Any
) -> Recipe:
    """Return the recipe of a method as its paper has it: no trained network to start from, three second-order steps."""
    rules: dict[str, Any] = {
        "steps": 3,
        "second_order": True,
        "practice": TWENTY_WAYS,
        "learning_rate": 3e-3,
        "splits": ("article",),
    } | details
    return Recipe(title, init, update, meta_steps=BUDGET, warm_start=False, **rules)


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
        splits=(*SPLITS, "vinyals"),
    ),
    "wide": _WIDE_PROTOTYPES,
    # For the hardest test, characters of one unseen alphabet. The first of the three networks is "wide".
    "ensemble": replace(
        _WIDE_PROTOTYPES,
        title="Three wide prototypical networks side by side",
        backbone=replace(WIDE, copies=3),
        splits=("lake",),
    ),
    "scratch": Recipe("From scratch", lambda: LearnedInit(EVERYTHING), steps=10, meta_steps=0, warm_start=False),
    # --- as in their papers: trained from nothing, each on as many tasks ---
    "maml": _from_nothing("Learned init (MAML)", lambda: LearnedInit(EVERYTHING)),
    "fomaml": _from_nothing(
        "Learned init (first-order MAML)", lambda: LearnedInit(EVERYTHING), steps=5, second_order=False
    ),
    "anil": _from_nothing("Learned init of the head (ANIL)", lambda: LearnedInit(HEAD), steps=5, splits=SPLITS),
    "reptile": _from_nothing(
        "Reptile",
        lambda: LearnedInit(EVERYTHING),
        lambda: SGD(0.3),
        steps=5,
        second_order=False,
        practice=_episodes(20, 0, 4, shots=5),
        learning_rate=1e-2,
        objective=reptile_distance,
    ),
    "metasgd": _from_nothing(
        "Learned step sizes (Meta-SGD)",
        lambda: LearnedInit(EVERYTHING),
        lambda: LearnedStepSizes(BASE_BACKBONE, EVERYTHING, 0.1),
        splits=(),
    ),
    "cavia": _from_nothing(
        "Adapted context (CAVIA)",
        lambda: ContextInit(CONTEXT_SIZE, LearnedInit(HEAD)),
        lambda: SGD(0.3),
        modulate=lambda: ContextModulation(BASE_BACKBONE, CONTEXT_SIZE),
        splits=(),
    ),
    "alfa": _from_nothing(
        "Step sizes from gradients (ALFA)",
        lambda: LearnedInit(EVERYTHING),
        lambda: StepSizeNetwork(EVERYTHING, 0.1),
        splits=(),
    ),
    "learned-optimizer": _from_nothing(
        "Learned optimizer",
        lambda: LearnedInit(HEAD_AND_SCALES),
        lambda: RecurrentOptimizer(0.1),
        steps=5,
        splits=(),
    ),
    # --- from the prototypical network, without an embedding ---
    "prototypes-twin": Recipe(
        "Prototypical network, trained on", PrototypeInit, steps=0, meta_steps=600, mixed_learning_rate=4e-3
    ),
    "protomaml": Recipe("ProtoMAML", lambda: PrototypeInit(BASE_BACKBONE.scales_and_shifts)),
    "film": Recipe("From the prototypical network: plain steps", lambda: LearnedInit(HEAD_AND_SCALES)),
    "film-metasgd": Recipe(
        "From the prototypical network: learned step sizes",
        lambda: LearnedInit(HEAD_AND_SCALES),
        lambda: LearnedStepSizes(BASE_BACKBONE, HEAD_AND_SCALES, 0.1),
        learning_rate=1e-3,
    ),
    "film-alfa": Recipe(
        "From the prototypical network: step sizes from gradients",
        lambda: LearnedInit(HEAD_AND_SCALES),
        lambda: StepSizeNetwork(HEAD_AND_SCALES, 0.1),
    ),
    "film-recurrent": Recipe(
        "From the prototypical network: recurrent optimizer",
        lambda: LearnedInit(HEAD_AND_SCALES),
        lambda: RecurrentOptimizer(0.1),
    ),
    # --- the embedding sets where to start ---
    "preinit": Recipe(
        "Init set by the task embedding", lambda: EmbeddingInit(BASE_BACKBONE, EMBEDDING_SIZE), twin="film"
    ),
    "neighbours": Recipe(
        "Init from the nearest training tasks",
        lambda: NeighbourInit(BASE_BACKBONE, EMBEDDING_SIZE, ANCHORS),
        twin="film",
    ),
    "literal": Recipe("Embedding copied into the first layer", lambda: LiteralInit(BASE_BACKBONE), twin="film"),
    # --- the embedding sets the steps ---
    "step-sizes": Recipe(
        "Step sizes set by the task embedding",
        lambda: LearnedInit(HEAD_AND_SCALES),
        lambda: StepSizeNetwork(HEAD_AND_SCALES, 0.1, EMBEDDING_SIZE),
        twin="film-alfa",
    ),
    "recurrent": Recipe(
        "Recurrent optimizer told the task embedding",
        lambda: LearnedInit(HEAD_AND_SCALES),
        lambda: RecurrentOptimizer(0.1, EMBEDDING_SIZE),
        twin="film-recurrent",
    ),
    # --- the embedding re-weights the network ---
    "attention": Recipe(
        "Attention over a bank of modulations",
        PrototypeInit,
        modulate=lambda: ModulationAttention(BASE_BACKBONE, EMBEDDING_SIZE),
        steps=0,
        meta_steps=600,
        mixed_learning_rate=4e-3,
        hook_speed=3,
        twin="prototypes-twin",
    ),
    "selection": Recipe(
        "Attention that selects channels",
        PrototypeInit,
        modulate=lambda: GroupSelection(BASE_BACKBONE, EMBEDDING_SIZE),
        steps=0,
        meta_steps=600,
        mixed_learning_rate=4e-3,
        hook_speed=2,
        twin="prototypes-twin",
    ),
    # --- all three ---
    "all-three": Recipe(
        "Init, steps and attention together",
        lambda: EmbeddingInit(BASE_BACKBONE, EMBEDDING_SIZE),
        lambda: StepSizeNetwork(HEAD_AND_SCALES, 0.1, EMBEDDING_SIZE),
        lambda: ModulationAttention(BASE_BACKBONE, EMBEDDING_SIZE),
        twin="film-alfa",
    ),
}

CONDITIONED = tuple(name for name, recipe in RECIPES.items() if recipe.twin)

TWINS = tuple(dict.fromkeys(recipe.twin for recipe in RECIPES.values() if recipe.twin))

MIXED = ("film-metasgd", "protomaml", *TWINS, *CONDITIONED)  # trained on mixed questions too


def find_recipe(name: str) -> Recipe:
    """Return the recipe called ``name``. Raises MetalearnError where there is none."""
    if name not in RECIPES:
        raise MetalearnError("unknown learner {name!r}; there are {known}", name=name, known=", ".join(RECIPES))
    return RECIPES[name]


def shipped_for(split_name: str) -> tuple[str, ...]:
    """Return the names of the learners that ship for a split."""
    return tuple(name for name, recipe in RECIPES.items() if split_name in recipe.splits)
