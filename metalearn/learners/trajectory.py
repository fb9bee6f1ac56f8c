"""What happened while a batch of tasks was adapted to, step by step."""

from dataclasses import dataclass

import torch
from torch import Tensor

from metalearn.errors import MetalearnError
from metalearn.learners.backbone import Params

NO_ANSWER = -1
# Logits that are equal on paper differ by rounding: by so much of the largest of them, and by so much at least.
ROUNDING, LEAST = 1e-5, 1e-6


def leading_classes(logits: Tensor) -> Tensor:
    """Return which classes have the largest logit, up to rounding, bool ``[..., ways]``: several where they tie."""
    apart = ROUNDING * logits.abs().amax(-1, keepdim=True) + LEAST
    return logits >= logits.amax(-1, keepdim=True) - apart


def answers(logits: Tensor) -> Tensor:
    """Return the class that each row of logits ``[..., ways]`` answers, int64 ``[...]``; NO_ANSWER where classes tie.

    A learner whose classes all start alike has no answer before its first step. The first class that is found to be the
    largest would be an accident of rounding.
    """
    return torch.where(leading_classes(logits).sum(-1) == 1, logits.argmax(-1), NO_ANSWER)


@dataclass(frozen=True, repr=False)
class Trajectory:
    """What happened to a batch of T tasks over S steps of adaptation; row 0 is before the first step.

    With ``every_query=False`` the queries are answered at the end alone. The query fields then have one row, and
    ``support_loss`` has S rows: the loss after the last step is not computed.

    Parameters
    ----------
    support_loss, query_loss : Tensor
        The mean cross-entropy of each task, ``[S+1, T]``; for regression, its mean squared error.
    query_logits : Tensor
        The answers to the queries, ``[S+1, T, ways*queries, ways]``.
    query_y : Tensor
        The right answers, ``[T, ways*queries]``: int64, or float32 for regression.
    parameters : tuple of dict
        The task parameters at each of the S+1 moments, ``[T, ...]`` each.
    gradients, step_sizes : tuple of dict
        Those of each of the S steps: gradients ``[T, ...]`` as the update hook gets them, and step sizes as it reports
        them.
    attention : Tensor, optional
        What the modulate hook reports, ``[S+1, T, ...]``; None without such a hook.

    Examples
    --------
    >>> import metalearn as ml
    >>> characters = ml.load_characters("glyphs")
    >>> batch = ml.Episodes(characters, ml.split(characters, "lake").test, queries=3, batch_size=8).batch(0)
    >>> trajectory = ml.load_learner("film", "lake").adapt(batch)
    >>> trajectory.query_accuracy.shape
    torch.Size([6, 8])
    """

    support_loss: Tensor
    query_loss: Tensor
    query_logits: Tensor
    query_y: Tensor
    parameters: tuple[Params, ...]
    gradients: tuple[Params, ...]
    step_sizes: tuple[Params, ...]
    attention: Tensor | None = None

    @property
    def steps(self) -> int:
        """How many steps were taken."""
        return len(self.gradients)

    @property
    def is_regression(self) -> bool:
        """Whether the answers are numbers, and not classes."""
        return self.query_y.is_floating_point()

    @property
    def query_accuracy(self) -> Tensor:
        """The share of queries answered right, ``[S+1, T]``. Raises MetalearnError for regression, which has none.

        Where k classes tie, there is no answer yet (:func:`answers`): it counts as a guess among them, 1/k right if the
        right class is one of them.
        """
        if self.is_regression:
            raise MetalearnError("regression has no accuracy; look at query_loss, the mean squared error")
        leads = leading_classes(self.query_logits)
        right = leads.gather(-1, self.query_y.expand(leads.shape[:-1])[..., None])[..., 0]
        return (right / leads.sum(-1).clamp(min=1)).mean(-1)

    @property
    def query_score(self) -> Tensor:
        """How good the answers are, ``[S+1, T]``: the accuracy or, for regression, the squared error below zero."""
        return -self.query_loss if self.is_regression else self.query_accuracy

    def __repr__(self) -> str:
        tasks, results = len(self.query_y), self._results()
        return (
            f"<Trajectory: {tasks} task{'s' * (tasks != 1)}, {self.steps} step{'s' * (self.steps != 1)}, "
            f"query {self._measure} {results[0]} → {results[-1]}>"
        )

    def _repr_html_(self) -> str:
        """Show the mean losses and accuracies by step, in a notebook."""
        if len(self.support_loss) != len(self.query_loss):  # made with every_query=False: nothing to show step by step
            return repr(self).replace("<", "&lt;")
        rows = zip(self.support_loss.mean(1), self.query_loss.mean(1), self._results(), strict=True)
        cells = "".join(
            f"<tr><td>{step}</td><td>{support:.3f}</td><td>{query:.3f}</td><td>{result}</td></tr>"
            for step, (support, query, result) in enumerate(rows)
        )
        head = f"<tr><th>step</th><th>support loss</th><th>query loss</th><th>query {self._measure}</th></tr>"
        return f"<table>{head}{cells}</table>"

    @property
    def _measure(self) -> str:
        return "squared error" if self.is_regression else "accuracy"

    def _results(self) -> list[str]:
        """Return the mean result at each moment, as it is shown."""
        if self.is_regression:
            return [f"{loss:.3f}" for loss in self.query_loss.mean(1)]
        return [f"{accuracy:.1%}" for accuracy in self.query_accuracy.mean(1)]


class History:
    """Collects what happens at each step, and makes a Trajectory of it in the end."""

    def __init__(self) -> None:
        self.support_losses: list[Tensor] = []
        self.query_losses: list[Tensor] = []
        self.query_logits: list[Tensor] = []
        self.parameters: list[Params] = []
        self.attentions: list[Tensor] = []
        self.gradients: list[Params] = []
        self.step_sizes: list[Params] = []

    def support(self, loss: Tensor) -> None:
        """Note the support losses ``[T]`` before a step."""
        self.support_losses.append(loss)

    def state(self, parameters: Params, attention: Tensor | None) -> None:
        """Note the task parameters, and the attention if there is one."""
        self.parameters.append(parameters)
        if attention is not None:
            self.attentions.append(attention)

    def query(self, logits: Tensor, loss: Tensor) -> None:
        """Note the answers to the queries and their losses."""
        self.query_logits.append(logits)
        self.query_losses.append(loss)

    def move(self, gradients: Params, step_sizes: Params) -> None:
        """Note a step."""
        self.gradients.append(gradients)
        self.step_sizes.append(step_sizes)

    def trajectory(self, query_y: Tensor) -> Trajectory:
        """Return all of it."""
        query_loss = torch.stack(self.query_losses)
        return Trajectory(
            support_loss=torch.stack(self.support_losses) if self.support_losses else query_loss[:0],
            query_loss=query_loss,
            query_logits=torch.stack(self.query_logits),
            query_y=query_y,
            parameters=tuple(self.parameters),
            gradients=tuple(self.gradients),
            step_sizes=tuple(self.step_sizes),
            attention=torch.stack(self.attentions) if self.attentions else None,
        )
