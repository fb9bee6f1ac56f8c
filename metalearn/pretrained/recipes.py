"""The named learners: what each is made of, what it is trained on, and for how long."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from metalearn.characters.character_set import CharacterSet
from metalearn.characters.splits import SPLITS, Split
from metalearn.errors import MetalearnError
from metalearn.learners.backbone import HEAD, Backbone
from metalearn.learners.closed_form import MahalanobisInit, RidgeInit
from metalearn.learners.hooks import Encoder, Init, Modulate, Update
from metalearn.learners.in_context import TaskReader, WeightedPrototypeInit
from metalearn.learners.init_hooks import (
    ContextInit,
    EmbeddingInit,
    LearnedInit,
    LiteralInit,
    NeighbourInit,
    PrototypeInit,
)
from metalearn.learners.learner import Embedder, Learner
from metalearn.learners.modulate_hooks import ContextModulation, GroupSelection, ModulationAttention, PlaceAttention
from metalearn.learners.set_encoder import SetEncoder
from metalearn.learners.update_hooks import (
    SGD,
    EmbeddingStepSizes,
    LearnedStepSizes,
    RecurrentOptimizer,
    StepSizeNetwork,
)
from metalearn.pretrained.embedders import BASE_BACKBONE, EMBEDDING_SIZE
from metalearn.tasks.augment import Distorted
from metalearn.tasks.episodes import Episodes, fitting_episodes
from metalearn.tasks.sampler import Sampler
from metalearn.training.objectives import Objective, all_pairs_loss, query_loss, reptile_distance

FULL_SPLITS = ("article", "lake")  # everything ships for these

ANCHORS = 128

CONTEXT_SIZE = 64

Practice = Callable[[CharacterSet, Split, int], Sampler]  # data, its split, seed -> what is trained on


def _episodes(ways: int, queries: int, batch_size: int, shots: int = 1) -> Practice:
    """Return episodes of any characters; each class is a character turned by 0, 90, 180 or 270 degrees."""

    def sampler(characters: CharacterSet, sides: Split, seed: int) -> Episodes:
        pool, settings = sides.train, {"rotations": True, "batch_size": batch_size, "seed": seed}
        return fitting_episodes(characters, pool, ways, shots, queries, **settings)

    return sampler


TEN_WAYS = _episodes(10, 4, 8)

TWENTY_WAYS = _episodes(20, 1, 4)


def _distorted_drawings(characters: CharacterSet, sides: Split, seed: int) -> Distorted:
    """Return batches of 120 characters with four distorted drawings each; on the lake split, from six alphabets."""
    within = sides.name == "lake"
    ways, tasks = (20, 6) if within else (120, 1)
    return Distorted(
        fitting_episodes(
            characters, sides.train, ways, 1, 3, within_alphabet=within, rotations=True, batch_size=tasks, seed=seed
        ),
        seed=seed,
    )


@dataclass(frozen=True, repr=False)
class Recipe:
    """A learner by name: its hooks, the tasks it is trained on, and for how long.

    The methods of papers are trained from nothing, each by its own rules, on as many tasks as the others. Learners that
    use the task embedding, and what they are compared with, start from the split's prototypical network and train on
    for about the same time, so that they differ in how they adapt and in little else. (The prototypical networks start
    from nothing too, and the one from scratch is not trained at all.) Where training goes on, the rate is low: at ten
    times as much, learners forget what the prototypical network knew. Rates were found on the article split's
    validation characters; first-order MAML, Meta-SGD, ALFA and the recurrent optimizer take those of MAML, and CAVIA
    its outer one.

    Parameters
    ----------
    title : str
        What the learner is called in tables and on the dashboard.
    init, update, modulate : callable
        Make the hooks, without arguments.
    encoder : callable
        Makes the encoder of a learner that reads its task embedding itself, without arguments.
    steps, second_order : int, bool
        The learner's inner steps, and whether the outer gradient runs through the inner gradients.
    step_ways : int, optional
        How many classes each training task has. Set where step sizes are learned, and for CAVIA, whose size of 1 suits
        20 classes; other plain steps are short enough to do without.
    backbone : Backbone
        The network. If it has copies, each is trained alone, from its own seed.
    practice : callable
        Makes the sampler of training tasks, given characters, split and seed.
    meta_steps, cycles : int
        How long the training is, and how many times its learning rate falls to zero.
    finish : int
        More meta-steps after that, one cycle at half the rate, on the validation characters too: by then nothing is
        left to be chosen with them.
    learning_rate : float
        The highest rate.
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
        For a learner that is told the task embedding: the name of the same learner without one.
    splits : tuple of str
        The splits for which it ships; none for one that is trained in other worlds only.
    """

    title: str
    init: Callable[[], Init]
    update: Callable[[], Update] = lambda: SGD(0.1)
    modulate: Callable[[], Modulate | None] = lambda: None
    encoder: Callable[[], Encoder | None] = lambda: None
    steps: int = 5
    second_order: bool = False
    step_ways: int | None = None
    backbone: Backbone = BASE_BACKBONE
    practice: Practice = TEN_WAYS
    meta_steps: int = 150
    cycles: int = 1
    finish: int = 0
    learning_rate: float = 1e-4
    hook_speed: float = 1.0
    objective: Objective = query_loss
    half_precision: bool = False
    warm_start: bool = True
    twin: str | None = None
    splits: tuple[str, ...] = FULL_SPLITS

    def __repr__(self) -> str:
        uses = "with an embedding" if self.twin or self.encoder() else "without an embedding"
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
            "twin": self.twin or ("none: it reads the task itself" if self.encoder() else "none: it uses no embedding"),
        }
        rows = "".join(f"<tr><th>{name}</th><td>{value}</td></tr>" for name, value in parts.items())
        return f"<table>{rows}</table>"

    def build(self, embedder: Embedder | None, seed: int) -> Learner:
        """Return the learner before any training."""
        return Learner(
            self.backbone,
            init=self.init(),
            update=self.update(),
            modulate=self.modulate(),
            embedder=embedder or self.encoder(),
            steps=self.steps,
            second_order=self.second_order,
            step_ways=self.step_ways,
            seed=seed,
        )


HEAD_AND_SCALES = (*BASE_BACKBONE.scales_and_shifts, *HEAD)

EVERYTHING = (*BASE_BACKBONE.body, *HEAD)

WIDE = Backbone(widths=(32, 64, 128, 128, 256), pools=(2, 4))

_PROTOTYPES = Recipe(
    "Prototypical network",
    PrototypeInit,
    steps=0,
    practice=_episodes(60, 5, 1),
    meta_steps=2000,
    learning_rate=3e-3,
    warm_start=False,
    splits=SPLITS,
)

_WIDE_PROTOTYPES = replace(
    _PROTOTYPES,
    title="Prototypical network, wider and longer trained",
    backbone=WIDE,
    practice=_distorted_drawings,
    meta_steps=20_000,
    cycles=2,
    finish=3000,
    learning_rate=2e-3,
    objective=all_pairs_loss,
    half_precision=True,
    splits=FULL_SPLITS,
)

# The methods of papers start from nothing, and all have as many meta-steps, of four 20-way tasks.
_MAML = Recipe(
    "Learned init (MAML)",
    lambda: LearnedInit(EVERYTHING),
    steps=3,
    second_order=True,
    practice=TWENTY_WAYS,
    meta_steps=6000,
    learning_rate=3e-3,
    warm_start=False,
    splits=("article",),
)

RECIPES: dict[str, Recipe] = {
    # --- without an embedding ---
    "prototypes": _PROTOTYPES,
    "prototypes-quick": replace(
        _PROTOTYPES,
        title="Prototypical network, quick to train",
        practice=_episodes(120, 3, 1),
        meta_steps=600,
        learning_rate=1.6e-2,
        objective=all_pairs_loss,
        splits=(),
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
    # --- as in their papers: trained from nothing ---
    "maml": _MAML,
    "fomaml": replace(_MAML, title="Learned init (first-order MAML)", steps=5, second_order=False),
    "anil": replace(
        _MAML,
        title="Learned init of the head (ANIL)",
        init=lambda: LearnedInit(HEAD),
        steps=5,
        splits=FULL_SPLITS,
    ),
    "reptile": replace(
        _MAML,
        title="Reptile",
        update=lambda: SGD(0.3),
        steps=5,
        second_order=False,
        practice=_episodes(20, 0, 4, shots=5),
        learning_rate=1e-2,
        objective=reptile_distance,
    ),
    "metasgd": replace(
        _MAML,
        title="Learned init and step sizes (Meta-SGD)",
        update=lambda: LearnedStepSizes(BASE_BACKBONE, EVERYTHING, 0.1),
        step_ways=20,
    ),
    "alfa": replace(
        _MAML,
        title="Learned init, step sizes from gradients (ALFA)",
        update=lambda: StepSizeNetwork(EVERYTHING, 0.1),
        step_ways=20,
    ),
    "cavia": replace(
        _MAML,
        title="Context that adapts (CAVIA)",
        init=lambda: ContextInit(CONTEXT_SIZE, LearnedInit(HEAD)),
        update=lambda: SGD(1.0),
        modulate=lambda: ContextModulation(BASE_BACKBONE, CONTEXT_SIZE),
        step_ways=20,
    ),
    "learned-optimizer": replace(
        _MAML,
        title="Learned init and recurrent optimizer",
        update=lambda: RecurrentOptimizer(0.1),
        step_ways=20,
        splits=(),
    ),
    # --- from the prototypical network, without an embedding ---
    "prototypes-twin": Recipe("Prototypical network, trained on", PrototypeInit, steps=0, meta_steps=600),
    "ridge": Recipe("Ridge regression (R2D2)", RidgeInit, steps=0, meta_steps=600, splits=()),
    "mahalanobis": Recipe("Prototypes, diagonal Mahalanobis", MahalanobisInit, steps=0, meta_steps=600, splits=()),
    "protomaml": Recipe("ProtoMAML", lambda: PrototypeInit(BASE_BACKBONE.scales_and_shifts)),
    "film": Recipe("From the prototypical network: plain steps", lambda: LearnedInit(HEAD_AND_SCALES)),
    "film-metasgd": Recipe(
        "From the prototypical network: learned step sizes",
        lambda: LearnedInit(HEAD_AND_SCALES),
        lambda: LearnedStepSizes(BASE_BACKBONE, HEAD_AND_SCALES, 0.1),
        step_ways=10,
        learning_rate=1e-3,
    ),
    "film-alfa": Recipe(
        "From the prototypical network: step sizes from gradients",
        lambda: LearnedInit(HEAD_AND_SCALES),
        lambda: StepSizeNetwork(HEAD_AND_SCALES, 0.1),
        step_ways=10,
    ),
    "film-recurrent": Recipe(
        "From the prototypical network: recurrent optimizer",
        lambda: LearnedInit(HEAD_AND_SCALES),
        lambda: RecurrentOptimizer(0.1),
        step_ways=10,
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
        step_ways=10,
        twin="film-alfa",
    ),
    "step-sizes-each": Recipe(
        "A step size for each number, set by the task embedding",
        lambda: LearnedInit(HEAD_AND_SCALES),
        lambda: EmbeddingStepSizes(BASE_BACKBONE, HEAD_AND_SCALES, 0.1, EMBEDDING_SIZE),
        step_ways=10,
        learning_rate=1e-3,
        twin="film-metasgd",
        splits=(),
    ),
    "recurrent": Recipe(
        "Recurrent optimizer told the task embedding",
        lambda: LearnedInit(HEAD_AND_SCALES),
        lambda: RecurrentOptimizer(0.1, EMBEDDING_SIZE),
        step_ways=10,
        twin="film-recurrent",
    ),
    # --- the embedding re-weights the network ---
    "attention": Recipe(
        "Attention over a bank of modulations",
        PrototypeInit,
        modulate=lambda: ModulationAttention(BASE_BACKBONE, EMBEDDING_SIZE),
        steps=0,
        meta_steps=600,
        hook_speed=3,
        twin="prototypes-twin",
    ),
    "selection": Recipe(
        "Attention that selects channels",
        PrototypeInit,
        modulate=lambda: GroupSelection(BASE_BACKBONE, EMBEDDING_SIZE),
        steps=0,
        meta_steps=600,
        hook_speed=2,
        twin="prototypes-twin",
    ),
    "places": Recipe(
        "Attention over places",
        PrototypeInit,
        modulate=lambda: PlaceAttention(EMBEDDING_SIZE, side=2),
        steps=0,
        meta_steps=600,
        hook_speed=3,
        twin="prototypes-twin",
        splits=(),
    ),
    # --- the embedding is trained end to end ---
    "set-encoder": Recipe(
        "Set encoder, and features weighted by what it says",
        lambda: WeightedPrototypeInit(BASE_BACKBONE, EMBEDDING_SIZE),
        encoder=lambda: SetEncoder(BASE_BACKBONE, EMBEDDING_SIZE),
        steps=0,
        meta_steps=600,
        hook_speed=3,
        splits=(),
    ),
    "in-context": Recipe(
        "In-context transformer",
        lambda: WeightedPrototypeInit(BASE_BACKBONE, EMBEDDING_SIZE),
        encoder=lambda: TaskReader(BASE_BACKBONE, EMBEDDING_SIZE),
        steps=0,
        meta_steps=600,
        hook_speed=3,
        splits=(),
    ),
    # --- all three ---
    "all-three": Recipe(
        "Init, steps and attention together",
        lambda: EmbeddingInit(BASE_BACKBONE, EMBEDDING_SIZE),
        lambda: StepSizeNetwork(HEAD_AND_SCALES, 0.1, EMBEDDING_SIZE),
        lambda: ModulationAttention(BASE_BACKBONE, EMBEDDING_SIZE),
        step_ways=10,
        twin="film-alfa",
    ),
}

CONDITIONED = tuple(name for name, recipe in RECIPES.items() if recipe.twin and recipe.splits)

TWINS = tuple(dict.fromkeys(twin for name in CONDITIONED if (twin := RECIPES[name].twin)))

MIXED = ("film-metasgd", "protomaml", *TWINS, *CONDITIONED)  # trained on mixed questions too


def find_recipe(name: str) -> Recipe:
    """Return the recipe called ``name``. Raises MetalearnError where there is none."""
    if name not in RECIPES:
        raise MetalearnError("unknown learner {name!r}; there are {known}", name=name, known=", ".join(RECIPES))
    return RECIPES[name]


def shipped_for(split_name: str) -> tuple[str, ...]:
    """Return the names of the learners that ship for a split."""
    return tuple(name for name, recipe in RECIPES.items() if split_name in recipe.splits)
