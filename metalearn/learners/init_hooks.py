"""Init hooks: where a task's parameters start. One start for all tasks, or one that its embedding sets."""

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from metalearn.errors import MetalearnError
from metalearn.learners._perceptron import two_layers
from metalearn.learners.backbone import HEAD, AnyBackbone, Params
from metalearn.learners.hooks import Init, Support, to_common_length
from metalearn.learners.inner_loop import adapt
from metalearn.learners.layout import Layout
from metalearn.learners.trajectory import Trajectory
from metalearn.learners.update_hooks import SGD
from metalearn.tasks.sampler import Sampler
from metalearn.tasks.task_batch import TaskBatch, join_batches

if TYPE_CHECKING:
    from metalearn.learners.learner import Learner

FIRST_ANCHOR = 1_000_000  # anchors come from batches that training will never reach


class LearnedInit(nn.Module):
    """Every task starts from the meta-learned parameters.

    Which of them a task then adapts tells well-known methods apart: the head alone is ANIL; all parameters are MAML or
    Reptile, depending on the outer loop; head, scales and shifts are the twin of :class:`EmbeddingInit`, the same
    without an embedding.

    Parameters
    ----------
    adapted : tuple of str
        The names of the parameters that become the task's own; those of the head, ``HEAD``, are among them.

    References
    ----------
    Finn, Abbeel and Levine 2017 (MAML); Nichol, Achiam and Schulman 2018 (Reptile); Raghu et al. 2020 (ANIL).

    Examples
    --------
    >>> import metalearn as ml
    >>> ml.Learner(ml.Backbone(), ml.LearnedInit(ml.HEAD), ml.SGD(0.1), second_order=True)
    <Learner: LearnedInit, SGD, 5 steps, no embedder, 102,689 parameters>
    """

    def __init__(self, adapted: tuple[str, ...]) -> None:
        super().__init__()
        self.adapted = adapted

    def forward(self, support: Support) -> Params:
        """Return the start of each task, ``[T, ...]`` for each adapted parameter."""
        return support.backbone.for_tasks(support.parameters, self.adapted, len(support.x), support.ways)


class PrototypeInit(nn.Module):
    """The head starts at the prototypes: the mean features of each class.

    A prototypical network scores a class by the squared distance of an image's features h to the class mean c. Written
    out, ``-|h - c|^2`` is ``2 c·h - |c|^2`` and a term that all classes share. So it is a linear head with weights
    ``2 c`` and biases ``-|c|^2``, and needs no code of its own. With zero inner steps the learner is the prototypical
    network; with more steps, and parameters of the body adapted too, it is ProtoMAML.

    Parameters
    ----------
    adapted : tuple of str
        The names of parameters of the body that a task adapts beside its head; none by default.

    References
    ----------
    Snell, Swersky and Zemel 2017, "Prototypical networks for few-shot learning", §2.4; Triantafillou et al. 2020,
    "Meta-Dataset", §3.3 (ProtoMAML).

    Examples
    --------
    >>> import metalearn as ml
    >>> ml.Learner(ml.Backbone(), ml.PrototypeInit(), ml.SGD(0.1), steps=0)
    <Learner: PrototypeInit, SGD, 0 steps, no embedder, 102,689 parameters>
    """

    def __init__(self, adapted: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.adapted = adapted

    def forward(self, support: Support) -> Params:
        """Return ``head_weight`` ``[T, ways, D]``, ``head_bias`` ``[T, ways]`` and where adapted parameters start."""
        means = class_means(support.features, support.y, support.ways)
        body = support.backbone.for_tasks(support.parameters, self.adapted, len(support.x), support.ways)
        return {**body, "head_weight": 2 * means, "head_bias": -means.square().sum(-1)}


def class_means(features: Tensor, y: Tensor, ways: int) -> Tensor:
    """Return the mean of each class, ``[T, ways, D]``, of features ``[T, n, D]`` with labels ``[T, n]``."""
    member = F.one_hot(y, ways).to(features)
    return torch.bmm(member.mT, features) / member.sum(1)[..., None]


class EmbeddingInit(nn.Module):
    """Parameter pre-initialisation, φ0 = φ + g(e_j): a small network g turns the task embedding into where to start.

    g is a two-layer perceptron. It moves the scales and shifts of every block, and the one vector from which all rows
    of the head start. It moves all rows alike, because an embedding that ignores the order of the classes cannot tell
    the classes apart. The last layer of g starts at zero, so training begins at the twin without an embedding,
    :class:`LearnedInit`.

    Parameters
    ----------
    backbone : AnyBackbone
        The learner's backbone.
    embedding_size : int
        The length d of a task embedding.
    hidden_size : int
        The width of g's hidden layer.
    seed : int
        Of g's initial weights.

    References
    ----------
    Ha, Dai and Le 2017, "HyperNetworks"; Perez et al. 2018, "FiLM" (scales and shifts); article §3.2 and §4.2, first
    way.

    Examples
    --------
    >>> import metalearn as ml
    >>> backbone = ml.Backbone()
    >>> embedder = ml.load_embedder("episodes", "lake")
    >>> ml.Learner(backbone, ml.EmbeddingInit(backbone, 32), ml.SGD(0.1), embedder=embedder)
    <Learner: EmbeddingInit, SGD, 5 steps, embedder Pipeline, 171,361 parameters>
    """

    def __init__(self, backbone: AnyBackbone, embedding_size: int, hidden_size: int = 64, seed: int = 0) -> None:
        super().__init__()
        self.embedding_size, self.hidden_size = embedding_size, hidden_size
        self.adapted = (*backbone.scales_and_shifts, *HEAD)
        self.layout = Layout.of(backbone, (*backbone.scales_and_shifts, "head_weight"))
        self.hidden, self.offsets = two_layers(embedding_size, hidden_size, self.layout.size, seed)

    def forward(self, support: Support) -> Params:
        """Return the start of each task, ``[T, ...]`` for each adapted parameter."""
        task = support.backbone.for_tasks(support.parameters, self.adapted, len(support.x), support.ways)
        for name, offset in self.offsets_for(support.given_embedding(self.embedding_size)).items():
            # The head's offset is one vector per task, added to the rows of all its classes.
            task[name] = task[name] + (offset[:, None] if name == "head_weight" else offset)
        return task

    def offsets_for(self, embedding: Tensor) -> Params:
        """Return what g adds to each parameter for embeddings ``[T, d]``: ``[T, ...]`` each."""
        return self.layout.split(self.offsets(torch.tanh(self.hidden(to_common_length(embedding)))))


class NeighbourInit(nn.Module):
    """Start where similar training tasks ended: φ0 = φ + Σ_a w_a (φ_a - φ).

    The anchors a are training tasks to which the shared start φ was adapted once, before training; φ_a is where they
    ended. The weights w are a softmax over the anchors of the cosine between the task's embedding and each anchor's, by
    a learned linear map and with a learned sharpness. Scales and shifts of all blocks start so. The head does not: an
    anchor's head is about the anchor's classes.

    Parameters
    ----------
    backbone : Backbone
        The learner's backbone; it needs scales and shifts.
    embedding_size : int
        The length d of a task embedding.
    anchors : int
        How many training tasks are remembered. ``learner.prepare(sampler)`` adapts to them, before training.

    Raises
    ------
    MetalearnError
        For a backbone without scales and shifts.

    Examples
    --------
    >>> import metalearn as ml
    >>> characters = ml.load_characters("glyphs")
    >>> backbone = ml.Backbone()
    >>> init = ml.NeighbourInit(backbone, 32, anchors=8)
    >>> learner = ml.Learner(backbone, init, ml.SGD(0.1), embedder=ml.load_embedder("episodes", "lake"))
    >>> learner.prepare(ml.Episodes(characters, ml.split(characters, "lake").train, queries=0, batch_size=8))
    >>> tuple(init.changes.shape)
    (8, 512)
    """

    embeddings: Tensor
    changes: Tensor

    def __init__(self, backbone: AnyBackbone, embedding_size: int, anchors: int) -> None:
        super().__init__()
        self.embedding_size, self.anchors = embedding_size, anchors
        self.adapted = (*backbone.scales_and_shifts, *HEAD)
        self.layout = Layout.of_scales_and_shifts(backbone)
        self.map = nn.Linear(embedding_size, embedding_size, bias=False)
        nn.init.eye_(self.map.weight)
        self.log_sharpness = nn.Parameter(torch.tensor(2.0))
        self.register_buffer("embeddings", torch.zeros(anchors, embedding_size))
        self.register_buffer("changes", torch.zeros(anchors, self.layout.size))

    def prepare(self, learner: "Learner", tasks: Sampler) -> None:
        """Adapt the shared start to the anchors, training tasks of the sampler, and remember what that changed."""
        batches: list[TaskBatch] = []
        while sum(map(len, batches)) < self.anchors:
            batches.append(tasks.batch(FIRST_ANCHOR + len(batches)))
        anchors = join_batches(batches)[: self.anchors]
        start, plain = LearnedInit(self.adapted), SGD(0.1)
        with torch.no_grad():
            self.remember(
                learner.embed(anchors),
                adapt(
                    learner.backbone,
                    learner.shared,
                    anchors.to(learner.device),
                    init=start,
                    update=plain,
                    steps=learner.steps,
                    every_query=False,
                ),
            )

    def remember(self, embeddings: Tensor | None, adapted: Trajectory) -> None:
        """Keep the anchors' embeddings ``[anchors, d]``, and what adapting to them changed."""
        if embeddings is None:
            raise MetalearnError("this learner needs a task embedding; give it an embedder")
        first, last = adapted.parameters[0], adapted.parameters[-1]
        self.embeddings = embeddings.to(self.embeddings)
        self.changes = torch.cat([last[name] - first[name] for name in self.layout.shapes], dim=1).detach()

    def forward(self, support: Support) -> Params:
        """Return the start of each task, ``[T, ...]`` for each adapted parameter."""
        task = support.backbone.for_tasks(support.parameters, self.adapted, len(support.x), support.ways)
        return self.layout.add(task, self.attention(support.given_embedding(self.embedding_size)) @ self.changes)

    def attention(self, embedding: Tensor) -> Tensor:
        """Return how much each anchor counts for embeddings ``[T, d]``: ``[T, anchors]``, each row sums to one."""
        tasks, anchors = (F.normalize(self.map(e), dim=1) for e in (embedding, self.embeddings))
        return (self.log_sharpness.exp() * tasks @ anchors.T).softmax(1)


class LiteralInit(nn.Module):
    """The article's listing taken at its word: the embedding itself becomes the weights of the first layer.

    The numbers of the embedding are written into the first convolution, over and over until it is full, and scaled as
    initial weights usually are. The other parameters start where meta-training put them, so they could get used to such
    a first layer. This is a curiosity: nothing says that a direction in the space of tasks makes a useful filter.

    Parameters
    ----------
    backbone : Backbone
        The learner's backbone.

    References
    ----------
    The article's listing; He et al. 2015, "Delving deep into rectifiers" (the scale of initial weights).

    Examples
    --------
    >>> import metalearn as ml
    >>> backbone = ml.Backbone()
    >>> embedder = ml.load_embedder("episodes", "lake")
    >>> ml.Learner(backbone, ml.LiteralInit(backbone), ml.SGD(0.1), embedder=embedder)
    <Learner: LiteralInit, SGD, 5 steps, embedder Pipeline, 102,689 parameters>
    """

    def __init__(self, backbone: AnyBackbone) -> None:
        super().__init__()
        self.adapted = ("conv1", *backbone.scales_and_shifts, *HEAD)

    def forward(self, support: Support) -> Params:
        """Return the start of each task, ``[T, ...]`` for each adapted parameter."""
        task = support.backbone.for_tasks(support.parameters, self.adapted, len(support.x), support.ways)
        embedding, weights = support.given_embedding(), task["conv1"][0].numel()
        repeats = -(-weights // embedding.shape[1])  # rounded up
        filled = embedding.repeat(1, repeats)[:, :weights]
        return {**task, "conv1": (2 / 9) ** 0.5 * filled.view_as(task["conv1"])}


class ContextInit(nn.Module):
    """Every task starts from a context of zeros, which :class:`ContextModulation` turns into scales and shifts.

    The context is what a task adapts, in place of the network's own parameters (CAVIA). In the paper the head is
    shared, and its outputs have an order. Here the head adapts too, and starts the same for all classes or from
    prototypes, so that the context does not depend on the order of the classes.

    Parameters
    ----------
    size : int
        How many numbers the context has.
    head : Init
        The init hook of the head: ``LearnedInit(HEAD)`` or ``PrototypeInit()``.

    References
    ----------
    Zintgraf et al. 2019, "Fast context adaptation via meta-learning", algorithm 1.

    Examples
    --------
    >>> import metalearn as ml
    >>> backbone = ml.Backbone()
    >>> ml.Learner(backbone, ml.ContextInit(64, ml.PrototypeInit()), ml.SGD(0.5), ml.ContextModulation(backbone, 64))
    <Learner: ContextInit, SGD, ContextModulation, 5 steps, no embedder, 135,457 parameters>
    """

    def __init__(self, size: int, head: Init) -> None:
        super().__init__()
        self.size = size
        self.head = head

    def forward(self, support: Support) -> Params:
        """Return ``context`` ``[T, size]``, all zero, and the head's parameters."""
        return {"context": support.x.new_zeros(len(support.x), self.size), **self.head(support)}
