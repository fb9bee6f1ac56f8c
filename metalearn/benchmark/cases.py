"""What is timed: all cases, each with the kit's way and others' ways to do the same."""

import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator

import torch
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from torch import Tensor
from tqdm import tqdm

from metalearn.benchmark import reference
from metalearn.benchmark.peers import with_easyfsl, with_higher
from metalearn.benchmark.timing import Case, Row, Way, timed
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.omniglot import load_omniglot
from metalearn.characters.splits import split
from metalearn.embeddings.gradient import GradientEmbedding
from metalearn.learners.backbone import HEAD, Backbone, Params
from metalearn.learners.init_hooks import EmbeddingInit, LearnedInit, PrototypeInit
from metalearn.learners.learner import Learner
from metalearn.learners.update_hooks import SGD
from metalearn.pretrained.embedders import BASE_BACKBONE, load_embedder
from metalearn.pretrained.learners import load_learner
from metalearn.tasks.character_tasks import all_character_tasks
from metalearn.tasks.episodes import Episodes
from metalearn.tasks.task_batch import TaskBatch, Tasks
from metalearn.training.objectives import query_loss

STRIDED = Backbone(widths=(64, 64, 64, 64), pools=(), strided=(1, 2, 3, 4))  # MAML's network for Omniglot
PLAIN = "the plain way"


def run(characters: CharacterSet, rate: float) -> list[Row]:
    """Time every case, one row per case: seconds of each way, and for the kit's own the ratio, target and limit.

    ``rate`` is how many floating-point operations the machine does in a second at best.
    """
    return [timed(case, rate) for case in tqdm(list(all_cases(characters)), desc="benchmark", unit="case")]


def all_cases(characters: CharacterSet) -> Iterator[Case]:
    """Yield all cases."""
    yield maml(characters, 1, 1, steps=1, second_order=True, target=2.5)
    yield maml(characters, 1, 1, steps=5, second_order=False, target=3)
    yield maml(characters, 5, 15, steps=5, second_order=False, target=1)
    yield conditioned(characters)
    yield prototypical_training(characters)
    yield prototypical_evaluation(characters)
    yield gradient_embedding(characters)
    yield from reading(characters)
    yield from starting()


def maml(
    characters: CharacterSet,
    shots: int,
    queries: int,
    steps: int,
    second_order: bool,
    target: float,
    tasks: int = 32,
    device: str = "cpu",
) -> Case:
    """Return a meta-step of MAML: all tasks at once, against one after the other."""
    batch = _episodes(characters, shots, queries, tasks).to(device)
    init = LearnedInit((*STRIDED.body, *HEAD))
    learner = Learner(STRIDED, init, SGD(0.1), steps=steps, second_order=second_order).to(device)
    setting = (STRIDED, learner.shared, batch, steps, 0.1)
    others = {PLAIN: _backward(learner, lambda: reference.maml_loss(*setting, second_order))}
    if second_order:
        others["torch.func.vmap"] = _backward(learner, lambda: reference.vmapped_maml_loss(*setting))
        if importlib.util.find_spec("higher"):
            others["higher"] = with_higher(learner, batch, steps)
    order = "second" if second_order else "first"
    name = f"{order}-order MAML, {tasks} tasks, 5-way {shots}-shot, {queries} queries, {steps} inner steps"
    kit = _backward(learner, lambda: query_loss(learner, batch))
    return Case(name, kit, others, target, counted=others[PLAIN])  # the counter cannot count grouped convolutions


def conditioned(characters: CharacterSet, tasks: int = 32, device: str = "cpu") -> Case:
    """Return a meta-step of a learner whose start the embedding sets, against MAML's plain loop.

    The time includes embedding the tasks. The network is MAML's, and the step is of first order, as for the learners
    that ship.
    """
    batch = _episodes(characters, 1, 1, tasks).to(device)
    start = {name: p.to(device) for name, p in STRIDED.initial().items()}
    size = min(32, tasks)
    embedder = make_pipeline(GradientEmbedding(STRIDED, start), PCA(size)).fit(batch)
    learner = Learner(STRIDED, EmbeddingInit(STRIDED, size), SGD(0.1), embedder=embedder, steps=1).to(device)
    setting = (STRIDED, learner.shared, batch, 1, 0.1)
    others = {PLAIN: _backward(learner, lambda: reference.maml_loss(*setting, second_order=True))}
    name = "embedding-conditioned meta-step, the same tasks, against second-order MAML"
    kit = _backward(learner, lambda: query_loss(learner, batch))
    return Case(name, kit, others, 5, counted=kit)


def prototypical_training(characters: CharacterSet, device: str = "cpu") -> Case:
    """Return a step of prototypical training, sampling included."""
    backbone, pool = BASE_BACKBONE, split(characters, "article").train
    sampler = Episodes(characters, pool, 60, 5, 5, rotations=True, batch_size=1)
    learner = Learner(backbone, PrototypeInit(), SGD(0.1), steps=0).to(device)
    draw = reference.episode_sampler(characters, 60, 10)

    def in_python() -> Tensor:
        return reference.prototypical_loss(backbone, learner.shared, draw().to(device), ways=60, shots=5)

    kit = _backward(learner, lambda: query_loss(learner, sampler.batch(0)))
    return Case("prototypical training, 60-way 5 + 5", kit, {PLAIN: _backward(learner, in_python)}, 1.5, counted=kit)


def prototypical_evaluation(characters: CharacterSet) -> Case:
    """Return the evaluation of a prototypical network on 100 episodes."""
    learner = load_learner("prototypes", "article")
    batch = Episodes(characters, split(characters, "article").test, 5, 1, 15, batch_size=100).batch(0)

    def kit() -> None:
        with torch.inference_mode():
            learner.adapt(batch, every_query=False)

    others = {"easyfsl": with_easyfsl(learner, batch)} if importlib.util.find_spec("easyfsl") else {}
    return Case("prototypical evaluation, 100 episodes, 5-way 1-shot, 15 queries", kit, others, counted=kit)


def gradient_embedding(characters: CharacterSet, device: str = "cpu", count: int | None = None) -> Case:
    """Return the gradient embedding of all characters, against one forward and backward pass over their drawings.

    With ``count``, it is that of so many characters.
    """
    tasks: Tasks = all_character_tasks(characters, "article")
    if count is not None:
        tasks = next(iter(tasks.batches(count)))
    embedder = load_embedder("gradient", "article")[0]
    assert isinstance(embedder, GradientEmbedding)
    embedder.parameters = {name: p.to(device) for name, p in embedder.parameters.items()}
    once = {"one forward and backward pass": _one_pass(embedder.backbone, embedder.parameters, tasks)}
    name = f"gradient embedding of {len(tasks):,} character tasks"
    return Case(name, lambda: embedder.transform(tasks), once, 1 / 1.5, repetitions=2)


def reading(characters: CharacterSet) -> Iterator[Case]:
    """Yield the first and later reads of Omniglot; nothing for other data."""
    if characters.name != "omniglot":
        return

    def read_anew() -> None:
        cache_before = os.environ.get("METALEARN_CACHE")
        with tempfile.TemporaryDirectory() as empty:
            os.environ["METALEARN_CACHE"] = empty
            try:
                load_omniglot(characters.source)
            finally:
                del os.environ["METALEARN_CACHE"]
                os.environ |= {"METALEARN_CACHE": cache_before} if cache_before else {}

    yield Case("first read of Omniglot", read_anew, seconds=15, repetitions=2)
    yield Case("later reads of Omniglot", lambda: load_omniglot(characters.source), seconds=0.5)


def starting() -> Iterator[Case]:
    """Yield the import of the kit, and the command's help, each in a new process."""

    def python(*arguments: str) -> Way:
        return lambda: subprocess.run((sys.executable, *arguments), check=True, capture_output=True)

    torch_alone = {"import torch": python("-c", "import torch")}
    yield Case("import metalearn", python("-c", "import metalearn"), torch_alone, 1 / 1.5, repetitions=3)
    yield Case(
        "import of all its parts, scikit-learn with them",
        python("-c", "import metalearn.pretrained.recipes"),
        torch_alone,
        repetitions=3,
    )
    yield Case("metalearn --help", python("-m", "metalearn", "--help"), seconds=0.5, repetitions=3)


def _episodes(characters: CharacterSet, shots: int, queries: int, tasks: int = 32) -> TaskBatch:
    pool = split(characters, "article").train
    return Episodes(characters, pool, 5, shots, queries, rotations=True, batch_size=tasks).batch(0)


def _backward(learner: Learner, loss: Callable[[], Tensor]) -> Way:
    def step() -> None:
        learner.zero_grad()
        loss().backward()

    return step


def _one_pass(backbone: Backbone, parameters: Params, tasks: Tasks) -> Way:
    learnable = {name: p.detach().clone().requires_grad_() for name, p in parameters.items()}

    def once() -> None:
        for batch in tasks.batches(32):
            x = batch.support_x.to(learnable["head_weight"].device)
            backbone.features(learnable, x).square().sum().backward()

    return once
