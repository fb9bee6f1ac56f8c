"""Generative task embeddings: a model that can draw the classes of a task, and the code it keeps of each class."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple, Self

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn
from tqdm import tqdm

from metalearn.characters.character_set import IMAGE_SIZE
from metalearn.errors import MetalearnError
from metalearn.schema import Layout, layout_of
from metalearn.tasks.task_batch import TaskBatch, Tasks

KINDS = ("variational", "adversarial")
SET_SIZES = (2, 8)


class GenerativeEmbedding(TransformerMixin, BaseEstimator):
    """e_j: the mean and the spread, over the classes of task j, of the codes of their sets of drawings.

    A code c stands for what the drawings of a class have in common, and a latent z for what sets one drawing apart. A
    decoder turns both into an image: for each pixel, the probability of ink. Encoders find c and z for given drawings.
    Both have a standard normal prior, and there are two ways to keep the encoders to it:

    * variational: the encoders give normal distributions q(c | set) and q(z | drawing, c), and the Kullback-Leibler
      divergence from the prior is a part of the loss. A code may spend ``free_nats`` for free: without them it would
      hardly say anything.
    * adversarial: the encoders give points. A discriminator learns to tell their pairs (c, z) from draws of the prior,
      and the encoders learn to deceive it. The points are standardised over a batch; without that, the encoders give
      the same point for everything before the decoder has learned to use more. Here nothing keeps z from saying what c
      should say: with a ``latent_size`` of 4 samples keep to their class, with 16 they do not.

    The code of a set comes from the mean over its drawings, and a task's embedding from all its classes, so the order
    of either does not matter. Query sets are never read. All networks are perceptrons: in the few minutes that training
    takes on a CPU they see several times as many drawings as convolutions would, and end at better images.

    Parameters
    ----------
    kind : str
        "variational" or "adversarial".
    code_size, latent_size : int
        How many numbers a code and a latent have. An embedding has ``2 * code_size``.
    hidden : int
        The width of all hidden layers.
    steps : int
        How many training steps ``fit`` takes.
    sets : int
        How many classes a training step sees, two to eight drawings of each.
    learning_rate : float
        Where the learning rate starts; it falls to zero.
    free_nats : float
        What a code may cost before it counts in the loss; variational only.
    adversary_weight : float
        How much deceiving the discriminator counts in the loss; adversarial only.
    batch_size : int
        Tasks that are embedded at a time.
    seed : int
        Of everything random in ``fit``.

    References
    ----------
    Article §3.1, fourth way; Edwards and Storkey 2017, "Towards a neural statistician"; Kingma and Welling 2014,
    "Auto-encoding variational Bayes"; Kingma et al. 2016 ("free bits"); Makhzani et al. 2015, "Adversarial
    autoencoders"; Ioffe and Szegedy 2015, "Batch normalization".

    Examples
    --------
    Ten steps show how it is used, and are far too few to learn anything:

    >>> import metalearn as ml
    >>> characters = ml.load_characters("glyphs")
    >>> batch = ml.Episodes(characters, ml.split(characters, "lake").train, shots=4, batch_size=8).batch(0)
    >>> ml.GenerativeEmbedding(code_size=16, steps=10).fit(batch).transform(batch).shape
    (8, 32)
    """

    def __init__(
        self,
        kind: str = "variational",
        code_size: int = 64,
        latent_size: int = 16,
        hidden: int = 192,
        steps: int = 6000,
        sets: int = 32,
        learning_rate: float = 2e-3,
        free_nats: float = 100.0,
        adversary_weight: float = 3.0,
        batch_size: int = 32,
        seed: int = 0,
    ) -> None:
        self.kind = kind
        self.code_size = code_size
        self.latent_size = latent_size
        self.hidden = hidden
        self.steps = steps
        self.sets = sets
        self.learning_rate = learning_rate
        self.free_nats = free_nats
        self.adversary_weight = adversary_weight
        self.batch_size = batch_size
        self.seed = seed

    def fit(self, tasks: Tasks, y: None = None) -> Self:
        """Train the model on the support sets of ``tasks``. Raises MetalearnError for an unknown ``kind``."""
        if self.kind not in KINDS:
            raise MetalearnError("unknown kind {kind!r}; there are {known}", kind=self.kind, known=", ".join(KINDS))
        drawings = _Sets(tasks.batches(self.batch_size))
        generator = torch.Generator().manual_seed(self.seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            self.model_ = self._model()
            prior = self._prior(generator)
        optimizer = torch.optim.Adam(self.model_.parameters(), self.learning_rate, fused=True)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, self.steps)
        noise = generator if self.kind == "variational" else None
        with torch.enable_grad(), tqdm(range(self.steps), desc=f"{self.kind} model", unit="step", leave=False) as bar:
            for _ in bar:
                x, owner = drawings.draw(self.sets, generator)
                found = self.model_(x, owner, noise)
                loss = (_ink_loss(found.logits, x).sum() + prior.penalty(found)) / len(x)
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(self.model_.parameters(), 100.0)
                optimizer.step()
                schedule.step()
        self.model_.eval()
        return self

    def transform(self, tasks: Tasks) -> np.ndarray:
        """Embed each task from its support set: float32 ``[tasks, 2 * code_size]``, the mean and then the spread."""
        check_is_fitted(self, "model_")
        rows = []
        with torch.no_grad():
            for batch in self._batches(tasks):
                codes = self._codes(batch).mean.unflatten(0, (len(batch), batch.ways))
                rows.append(torch.cat([codes.mean(1), codes.std(1, correction=0)], dim=1))
        return torch.cat(rows).cpu().numpy()

    def reconstruct(self, tasks: Tasks) -> np.ndarray:
        """Return each support drawing as the model sees it: float32 ``[tasks, N*K, 28, 28]`` in [0, 1]."""
        rows = []
        with torch.no_grad():
            for batch in self._batches(tasks):
                logits = self.model_(batch.support_x.flatten(0, 1), _owners(batch), noise=None).logits
                rows.append(torch.sigmoid(logits).reshape(*batch.support_y.shape, IMAGE_SIZE, IMAGE_SIZE))
        return torch.cat(rows).cpu().numpy()

    def sample(self, tasks: Tasks, count: int, seed: int = 0) -> np.ndarray:
        """Sample ``count`` new drawings of each class: float32 ``[tasks, ways, count, 28, 28]`` in [0, 1].

        The latents come from the prior and are the same for every class: what differs is due to the codes.
        """
        latent = torch.randn(count, self.latent_size, generator=torch.Generator().manual_seed(seed))
        rows = []
        with torch.no_grad():
            for batch in self._batches(tasks):
                code = self._codes(batch).mean
                pairs = code.repeat_interleave(count, 0), latent.repeat(len(code), 1).to(code)
                images = torch.sigmoid(self.model_.decode(*pairs))
                rows.append(images.reshape(len(batch), batch.ways, count, IMAGE_SIZE, IMAGE_SIZE))
        return torch.cat(rows).cpu().numpy()

    def elbo(self, tasks: Tasks, seed: int = 0) -> dict[str, float]:
        """Estimate the evidence lower bound of the support sets and its parts, in nats per drawing.

        ``elbo`` is ``reconstruction`` (the expected log-likelihood, by one draw of c and z) minus ``code`` and
        ``latent``, the divergences of c and z from the prior. That of a set's code is divided among its drawings.
        Raises MetalearnError for the adversarial kind: its encoders give points, for which there is no such bound.
        """
        if self.kind != "variational":
            raise MetalearnError("only the variational kind has an evidence lower bound")
        generator = torch.Generator().manual_seed(seed)
        totals, drawings = torch.zeros(3), 0
        with torch.no_grad():
            for batch in self._batches(tasks):
                x = batch.support_x.flatten(0, 1)
                found = self.model_(x, _owners(batch), generator)
                parts = -_ink_loss(found.logits, x), found.code.divergence(), found.latent.divergence()
                totals += torch.stack([part.sum() for part in parts]).cpu()
                drawings += len(x)
        reconstruction, code, latent = (totals / drawings).tolist()
        return {
            "elbo": reconstruction - code - latent,
            "reconstruction": reconstruction,
            "code": code,
            "latent": latent,
        }

    def layout(self) -> Layout:
        """Return what the arrays of :meth:`state` have to be."""
        return layout_of(self._model().state_dict())

    def state(self) -> dict[str, np.ndarray]:
        """Return what ``fit`` learned, by name."""
        return {name: value.cpu().numpy() for name, value in self.model_.state_dict().items()}

    def restore(self, arrays: dict[str, np.ndarray]) -> Self:
        """Take back what :meth:`state` returned, in any floating-point type."""
        self.model_ = self._model().eval()
        self.model_.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
        return self

    def _prior(self, generator: torch.Generator) -> "_Divergence | _Adversary":
        if self.kind == "variational":
            return _Divergence(self.free_nats)
        size = self.code_size + self.latent_size
        return _Adversary(size, self.adversary_weight, self.steps, generator)

    def _model(self) -> "_SetModel":
        return _SetModel(self.code_size, self.latent_size, self.hidden, points=self.kind == "adversarial")

    def _batches(self, tasks: Tasks) -> Iterator[TaskBatch]:
        """Yield the tasks a batch at a time, where the model is."""
        device = next(self.model_.parameters()).device
        return (batch.to(device) for batch in tasks.batches(self.batch_size))

    def _codes(self, batch: TaskBatch) -> "_Normal":
        """Return the posterior of each class's code, ``[tasks * ways, code_size]``."""
        return self.model_.code(self.model_.features(batch.support_x.flatten(0, 1)), _owners(batch))


class _Normal(NamedTuple):
    """Independent normal distributions, by their means and log-variances."""

    mean: Tensor
    log_variance: Tensor

    def draw(self, noise: torch.Generator | None) -> Tensor:
        """Draw once from each, so that gradients reach the parameters; without ``noise``, return the means."""
        if noise is None:
            return self.mean
        drawn = torch.randn(self.mean.shape, generator=noise).to(self.mean)
        return self.mean + torch.exp(self.log_variance / 2) * drawn

    def divergence(self) -> Tensor:
        """Kullback-Leibler divergence from the standard normal, in nats."""
        return 0.5 * (self.mean.square() + self.log_variance.exp() - 1 - self.log_variance)


class _Found(NamedTuple):
    """One pass of the model: posteriors, a draw from each, and the logits of the images they decode to."""

    code: _Normal
    latent: _Normal
    pairs: Tensor  # [n, code_size + latent_size]
    logits: Tensor  # [n, 1, 28, 28]


class _SetModel(nn.Module):
    """The encoders of sets and of drawings, and the decoder.

    Drawings are ``[n, 1, 28, 28]``; ``owner`` ``[n]`` is the number of the set that each belongs to.
    """

    def __init__(self, code_size: int, latent_size: int, hidden: int, points: bool) -> None:
        super().__init__()
        self.of_pixels = nn.Sequential(_perceptron(IMAGE_SIZE**2, hidden, hidden), nn.ReLU())
        self.of_set = _perceptron(hidden, hidden, 2 * code_size)
        self.of_drawing = _perceptron(hidden + code_size, hidden, 2 * latent_size)
        self.to_pixels = _perceptron(code_size + latent_size, hidden, hidden, IMAGE_SIZE**2)
        self.code_mean = nn.BatchNorm1d(code_size, affine=False) if points else nn.Identity()
        self.latent_mean = nn.BatchNorm1d(latent_size, affine=False) if points else nn.Identity()

    def features(self, x: Tensor) -> Tensor:
        """Return the features of drawings, ``[n, hidden]``."""
        return self.of_pixels(x.flatten(1))

    def code(self, features: Tensor, owner: Tensor) -> _Normal:
        """Return q(c | set) of every set, ``[sets, code_size]``, from the mean features of its drawings."""
        counts = torch.bincount(owner)
        total = features.new_zeros(len(counts), features.shape[1]).index_add(0, owner, features)
        mean, log_variance = self.of_set(total / counts[:, None]).chunk(2, dim=1)
        return _Normal(self.code_mean(mean), log_variance)

    def latent(self, features: Tensor, code: Tensor) -> _Normal:
        """Return q(z | drawing, c) ``[n, latent_size]``; ``code`` is each drawing's own, ``[n, code_size]``."""
        mean, log_variance = self.of_drawing(torch.cat([features, code], dim=1)).chunk(2, dim=1)
        return _Normal(self.latent_mean(mean), log_variance)

    def decode(self, code: Tensor, latent: Tensor) -> Tensor:
        """Return the logits of the probability of ink, ``[n, 1, 28, 28]``."""
        return self.to_pixels(torch.cat([code, latent], dim=1)).unflatten(1, (1, IMAGE_SIZE, IMAGE_SIZE))

    def forward(self, x: Tensor, owner: Tensor, noise: torch.Generator | None) -> _Found:
        """Encode the drawings, draw codes and latents (or take their means), and decode them."""
        features = self.features(x)
        code = self.code(features, owner)
        drawn_code = code.draw(noise)[owner]
        latent = self.latent(features, drawn_code)
        drawn_latent = latent.draw(noise)
        logits = self.decode(drawn_code, drawn_latent)
        return _Found(code, latent, torch.cat([drawn_code, drawn_latent], dim=1), logits)


class _Divergence:
    """The variational way to keep the encoders to the prior."""

    def __init__(self, free_nats: float) -> None:
        self.free_nats = free_nats

    def penalty(self, found: _Found) -> Tensor:
        """Return the sum of the divergences over sets and drawings, in nats; for a set, ``free_nats`` are free."""
        set_costs = found.code.divergence().sum(1).clamp(min=self.free_nats)
        return set_costs.sum() + found.latent.divergence().sum()


class _Adversary:
    """The adversarial way: a discriminator takes a step, and then judges how far the encoders are from deceiving it.

    It learns slowly, and its rate falls as that of the encoders does: one that is never wrong has nothing to teach.
    """

    def __init__(self, size: int, weight: float, steps: int, generator: torch.Generator) -> None:
        self.weight, self.generator = weight, generator
        self.discriminator = nn.Sequential(
            nn.Linear(size, 128), nn.LeakyReLU(0.2), nn.Linear(128, 128), nn.LeakyReLU(0.2), nn.Linear(128, 1)
        )
        self.optimizer = torch.optim.Adam(self.discriminator.parameters(), 1e-4, betas=(0.5, 0.99))
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, steps)

    def penalty(self, found: _Found) -> Tensor:
        """Return the weighted sum over drawings of the non-saturating loss (Goodfellow et al. 2014)."""
        prior = torch.randn(found.pairs.shape, generator=self.generator)
        losses = F.softplus(-self.discriminator(prior)) + F.softplus(self.discriminator(found.pairs.detach()))
        self.optimizer.zero_grad()
        losses.mean().backward()
        self.optimizer.step()
        self.schedule.step()
        return self.weight * F.softplus(-self.discriminator(found.pairs)).sum()


class _Sets:
    """The distinct classes of some tasks. Character tasks share their class 0, which is kept once."""

    def __init__(self, batches: Iterable[TaskBatch]) -> None:
        found: dict[bytes, Tensor] = {}
        for batch in batches:
            x, owner = batch.support_x.flatten(0, 1), _owners(batch)
            for drawings in x[owner.argsort(stable=True)].split(torch.bincount(owner).tolist()):
                found.setdefault(drawings.numpy().tobytes(), drawings)
        self.drawings = torch.cat(list(found.values()))
        self.counts = torch.tensor([len(drawings) for drawings in found.values()])
        self.first = self.counts.cumsum(0) - self.counts

    def draw(self, sets: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return some drawings of ``sets`` classes, equally many of each: ``[n, 1, 28, 28]``, and their owners ``[n]``.

        A class with fewer drawings gives all it has.
        """
        classes = torch.randperm(len(self.counts), generator=generator)[:sets]
        size = int(torch.randint(SET_SIZES[0], SET_SIZES[1] + 1, (), generator=generator))
        counts = self.counts[classes, None]
        keys = torch.rand(len(classes), int(self.counts.max()), generator=generator)
        keys[torch.arange(keys.shape[1]) >= counts] = 2  # not a real drawing: comes last
        order = keys.argsort(dim=1)[:, :size]
        real = order < counts
        owner = torch.arange(len(classes)).repeat_interleave(real.sum(1))
        return self.drawings[(self.first[classes, None] + order)[real]], owner


def _owners(batch: TaskBatch) -> Tensor:
    """Number the classes of a batch throughout, and return the number of each support drawing's: ``[tasks * N*K]``."""
    return (torch.arange(len(batch), device=batch.support_y.device)[:, None] * batch.ways + batch.support_y).flatten()


def _perceptron(*sizes: int) -> nn.Sequential:
    """Return linear layers with normalisation (Ba et al. 2016) and ReLU between them."""
    layers: list[nn.Module] = [nn.Linear(sizes[0], sizes[1])]
    for inputs, outputs in pairwise(sizes[1:]):
        layers += [nn.LayerNorm(inputs), nn.ReLU(), nn.Linear(inputs, outputs)]
    return nn.Sequential(*layers)


def _ink_loss(logits: Tensor, x: Tensor) -> Tensor:
    """Return minus the log-likelihood of each pixel, in nats: Bernoulli, where grey is a share of ink."""
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none")
