"""Init hooks: where a task's parameters start. One start for all tasks, or one that its embedding sets."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from metalearn.adapt import Support
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
    The embedding is first brought to length √d, as an unusual task's long one would throw its start far off.
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
        if support.embedding is None:
            raise ValueError("EmbeddingInit needs a task embedding; give the learner an embedder")
        task = support.backbone.for_tasks(support.parameters, self.adapted, len(support.x), support.ways)
        for name, offset in self.offsets_for(support.embedding).items():
            task[name] = task[name] + (offset[:, None] if name == "head_weight" else offset)
        return task

    def offsets_for(self, embedding: Tensor) -> Params:
        """Return what g adds to each parameter for embeddings ``[T, d]``: ``[T, ...]`` each."""
        unit = F.normalize(embedding, dim=1) * embedding.shape[1] ** 0.5
        flat = self.offsets(torch.tanh(self.hidden(unit)))
        parts = flat.split([shape.numel() for shape in self.shapes.values()], dim=1)
        return {name: part.unflatten(1, shape) for (name, shape), part in zip(self.shapes.items(), parts, strict=True)}
