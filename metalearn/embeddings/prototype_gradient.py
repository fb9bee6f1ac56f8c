"""Gradient task embeddings of a prototypical network: what, and where, tells a task's classes apart?"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from metalearn.embeddings._given import GivenModelEmbedder
from metalearn.errors import MetalearnError
from metalearn.learners.backbone import MASK, Backbone, Params, device_of
from metalearn.tasks.task_batch import TaskBatch, Tasks

CELLS = 4  # rows and columns of the mask


class PrototypeGradientEmbedding(GivenModelEmbedder):
    """e_j: the gradient of a prototypical network's loss on task j, with respect to how much its parts count.

    Each drawing of the support set is classified by the means of the others, so that it does not answer for itself. The
    gradient with respect to a channel's scale says whether the task's classes would be told apart better if that
    channel counted more. The gradient with respect to a mask over the image, of ``CELLS`` times ``CELLS`` parts, says
    where to look. No head is trained. The gradient of each parameter is scaled to length one.

    The embedding does not depend on the order of the classes or of the drawings. Query sets are never read. ``fit``
    learns nothing, as the base model is given.

    Parameters
    ----------
    backbone : Backbone
        The base model's network.
    parameters : dict of str to Tensor
        The base model's parameters.
    batch_size : int
        Tasks that are embedded at a time.

    References
    ----------
    Article §3.1 and §4.1, first way; Snell, Swersky and Zemel 2017, "Prototypical networks for few-shot learning".

    Examples
    --------
    >>> import metalearn as ml
    >>> characters = ml.load_characters("glyphs")
    >>> batch = ml.HiddenQuestions(characters, ml.split(characters, "lake").test, shots=2).batch(0)
    >>> base = ml.load_learner("prototypes", "lake")
    >>> ml.PrototypeGradientEmbedding(base.backbone, base.shared).transform(batch).shape
    (10, 528)
    """

    def __init__(self, backbone: Backbone, parameters: Params, batch_size: int = 32) -> None:
        self.backbone = backbone
        self.parameters = parameters
        self.batch_size = batch_size

    def transform(self, tasks: Tasks) -> np.ndarray:
        """Embed each task from its support set: float32 ``[tasks, D]``.

        Raises MetalearnError for one-shot tasks: where a class has one drawing, there are no others to classify it by.
        """
        return np.concatenate([self._embed(batch) for batch in tasks.batches(self.batch_size)])

    def _embed(self, batch: TaskBatch) -> np.ndarray:
        device = device_of(self.parameters)
        batch = batch.to(device)
        start = {name: p.detach() for name, p in self.parameters.items()}
        start[MASK] = torch.ones(CELLS, CELLS, device=device)
        watched = self.backbone.for_tasks(start, (*self.backbone.scales_and_shifts, MASK), len(batch), batch.ways)
        watched = {name: p.contiguous().requires_grad_() for name, p in watched.items()}
        with torch.enable_grad():
            features = self.backbone.features({**start, **watched}, batch.support_x)
            loss = leave_one_out_losses(features, batch.support_y, batch.ways).sum()
        gradients = torch.autograd.grad(loss, list(watched.values()))
        return torch.cat([F.normalize(g.flatten(1), dim=1) for g in gradients], dim=1).cpu().numpy()


def leave_one_out_losses(features: Tensor, y: Tensor, ways: int) -> Tensor:
    """Return each task's mean loss ``[T]`` where each drawing is classified by the means of all others.

    ``features`` are ``[T, n, D]`` with classes ``y`` ``[T, n]``.
    """
    member = F.one_hot(y, ways).to(features)
    count = member.sum(1)
    if count.amin() < 2:
        raise MetalearnError("this embedding classifies drawings by the others of their class: it needs two shots")
    sums = torch.bmm(member.mT, features)
    distances = torch.cdist(features, sums / count[..., None]).square()
    # The own class's mean without the drawing itself lies farther away, by n / (n - 1).
    own_count = count.gather(1, y)[..., None]
    logits = -distances * torch.where(member.bool(), (own_count / (own_count - 1)).square(), 1.0)
    return F.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="none").unflatten(0, y.shape).mean(1)
