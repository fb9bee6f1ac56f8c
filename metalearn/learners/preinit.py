"""Init hooks: where a task's parameters start. One start for all tasks, or one that its embedding sets."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from metalearn.adapt import Support, Trajectory, to_common_length
from metalearn.backbone import Backbone, Params


class LearnedInit(nn.Module):
    """Every task starts from the meta-learned parameters; ``adapted`` names those that then become the task's own.

    The head alone is ANIL (Raghu et al. 2020), everything MAML (Finn et al. 2017) or Reptile (Nichol et al. 2018),
    depending on the outer loop; head, scales and shifts are the unconditioned twin of :class:`EmbeddingInit`.
    """

    def __init__(self, adapted: tuple[str, ...]) -> None:
        super().__init__()
        self.adapted = adapted

    def forward(self, support: Support) -> Params:
        """Return the start of each task, ``[T, ...]`` for each adapted parameter."""
        return support.backbone.for_tasks(support.parameters, self.adapted, len(support.x), support.ways)


class EmbeddingInit(nn.Module):
    """Parameter pre-initialisation, φ0 = φ + g(e_j): a small hypernetwork turns the embedding into where to start.

    g is a two-layer perceptron whose last layer starts at zero, so that training begins at the unconditioned twin.
    g moves the scales and shifts of every block and the head's vector, the same for all classes, since an embedding
    that ignores the order of the classes cannot tell them apart. (Ha et al. 2017 for hypernetworks; Perez et al. 2018
    for feature-wise modulation; article §3.2 and §4.2, first way.)
    """

    def __init__(self, backbone: Backbone, embedding_size: int, hidden: int = 64, seed: int = 0) -> None:
        super().__init__()
        self.adapted = (*backbone.scales_and_shifts, "head_weight", "head_bias")
        start = backbone.initial()
        self.shapes = {name: start[name].shape for name in (*backbone.scales_and_shifts, "head_weight")}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.hidden = nn.Linear(embedding_size, hidden)
            self.offsets = nn.Linear(hidden, sum(shape.numel() for shape in self.shapes.values()))
        nn.init.zeros_(self.offsets.weight)
        nn.init.zeros_(self.offsets.bias)

    def forward(self, support: Support) -> Params:
        """Return the start of each task, ``[T, ...]`` for each adapted parameter."""
        task = support.backbone.for_tasks(support.parameters, self.adapted, len(support.x), support.ways)
        for name, offset in self.offsets_for(support.given_embedding()).items():
            task[name] = task[name] + (offset[:, None] if name == "head_weight" else offset)
        return task

    def offsets_for(self, embedding: Tensor) -> Params:
        """Return what g adds to each parameter for embeddings ``[T, d]``: ``[T, ...]`` each."""
        flat = self.offsets(torch.tanh(self.hidden(to_common_length(embedding))))
        parts = flat.split([shape.numel() for shape in self.shapes.values()], dim=1)
        return {name: part.unflatten(1, shape) for (name, shape), part in zip(self.shapes.items(), parts, strict=True)}


class NeighbourInit(nn.Module):
    """Start where the nearest training tasks ended: attention over ``anchors`` of them that were adapted to beforehand.

    φ0 = φ + Σ_a w_a (φ_a - φ) over the scales and shifts of all blocks, with weights w a softmax of the cosines between
    the task's embedding and the anchors', after a learned linear map and at a learned sharpness. Heads are left out:
    their rows belong to the anchors' classes. :meth:`remember` fills the anchors in.
    """

    def __init__(self, backbone: Backbone, embedding_size: int, anchors: int) -> None:
        super().__init__()
        self.adapted = (*backbone.scales_and_shifts, "head_weight", "head_bias")
        start = backbone.initial()
        self.shapes = {name: start[name].shape for name in backbone.scales_and_shifts}
        self.map = nn.Linear(embedding_size, embedding_size, bias=False)
        nn.init.eye_(self.map.weight)
        self.log_sharpness = nn.Parameter(torch.tensor(2.0))
        self.register_buffer("embeddings", torch.zeros(anchors, embedding_size))
        self.register_buffer("changes", torch.zeros(anchors, sum(shape.numel() for shape in self.shapes.values())))

    def remember(self, embeddings: Tensor, adapted: Trajectory) -> None:
        """Keep what adaptation changed in the anchor tasks (``[anchors, d]`` and their trajectory)."""
        first, last = adapted.parameters[0], adapted.parameters[-1]
        self.embeddings = embeddings
        self.changes = torch.cat([last[name] - first[name] for name in self.shapes], dim=1).detach()

    def forward(self, support: Support) -> Params:
        """Return the start of each task, ``[T, ...]`` for each adapted parameter."""
        task = support.backbone.for_tasks(support.parameters, self.adapted, len(support.x), support.ways)
        changes = self.attention(support.given_embedding()) @ self.changes
        parts = changes.split([shape.numel() for shape in self.shapes.values()], dim=1)
        return {**task, **{name: task[name] + part for name, part in zip(self.shapes, parts, strict=True)}}

    def attention(self, embedding: Tensor) -> Tensor:
        """Return how much each anchor counts for embeddings ``[T, d]``: ``[T, anchors]``, rows of sum one."""
        own, theirs = (F.normalize(self.map(e), dim=1) for e in (embedding, self.embeddings))
        return (self.log_sharpness.exp() * own @ theirs.T).softmax(1)


class LiteralInit(nn.Module):
    """The article's listing taken at its word: the embedding itself becomes the weights of the first layer.

    Its numbers fill the first convolution one after the other, over and over until it is full, at the size that He et
    al. (2015) start with. A curiosity: nothing says that a direction in the space of tasks makes a useful filter. The
    other parameters start where meta-training put them, and had their chance to get used to such a first layer.
    """

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.adapted = ("conv1", *backbone.scales_and_shifts, "head_weight", "head_bias")

    def forward(self, support: Support) -> Params:
        """Return the start of each task, ``[T, ...]`` for each adapted parameter."""
        task = support.backbone.for_tasks(support.parameters, self.adapted, len(support.x), support.ways)
        embedding, weights = support.given_embedding(), task["conv1"][0].numel()
        copies = embedding.repeat(1, -(-weights // embedding.shape[1]))[:, :weights]
        return {**task, "conv1": (2 / 9) ** 0.5 * copies.view_as(task["conv1"])}
