"""When is a drawing none of the classes? Where it lies farther from all of them than drawings of theirs do."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from metalearn.characters.character_set import CharacterSet
from metalearn.errors import MetalearnError
from metalearn.learners.init_hooks import class_means
from metalearn.learners.learner import Learner
from metalearn.tasks.episodes import fitting_episodes
from metalearn.tasks.task_batch import TaskBatch

REFUSED = 0.05  # the share of drawings of the classes that may wrongly be called none of them
TASKS = 60  # half of them set the limit, the other half measure its errors


@dataclass(frozen=True)
class KnownLimit:
    """How far a drawing may lie from the nearest class, and how often that is wrong.

    Parameters
    ----------
    distance : float
        Drawings that lie farther, as :func:`class_distance` measures it, are none of the classes.
    known_refused : float
        The share of drawings of the classes that are wrongly called none of them.
    unknown_accepted : float
        The share of drawings of other characters that are wrongly given to a class.
    measured_on : str
        On which characters both were measured. Other drawings may give other shares.

    Examples
    --------
    >>> import metalearn as ml
    >>> glyphs = ml.load_characters("glyphs")
    >>> learner = ml.load_learner("prototypes", "lake")
    >>> limit = ml.KnownLimit.measured(learner, glyphs, ml.split(glyphs, "lake").test, ways=5, shots=3)
    >>> limit.unknown_accepted < 0.5
    True
    """

    distance: float
    known_refused: float
    unknown_accepted: float
    measured_on: str

    @classmethod
    def measured(
        cls, learner: Learner, characters: CharacterSet, held_out: np.ndarray, ways: int, shots: int, seed: int = 0
    ) -> "KnownLimit":
        """Set the limit on tasks of characters that the learner has not seen, each with a stranger among its queries.

        Parameters
        ----------
        learner : Learner
            Its features are used as they are before it adapts.
        characters : CharacterSet
            Where the tasks come from.
        held_out : ndarray of int
            Positions of characters that the learner was not trained on.
        ways, shots : int
            Classes, and drawings of each, in the tasks that the limit is for. Fewer are taken where characters or
            drawings are too few.
        seed : int
            Of the tasks.

        Raises
        ------
        MetalearnError
            For fewer than three characters, or fewer than two drawings of each.
        """
        episodes = fitting_episodes(characters, held_out, ways + 1, shots, 1, batch_size=TASKS, seed=seed)
        ways, shots = episodes.ways - 1, episodes.shots
        if ways < 2:
            raise MetalearnError(
                "at least 3 characters with 2 drawings each are needed to tell what is none of them; {name} has 2",
                name=characters.name,
            )
        tasks = episodes.batch(0)
        known, unknown = _distances_with_a_stranger(learner, tasks)
        half = TASKS // 2
        distance = float(np.quantile(known[:half], 1 - REFUSED))
        return cls(
            distance,
            known_refused=float((known[half:] > distance).mean()),
            unknown_accepted=float((unknown[half:] <= distance).mean()),
            measured_on=f"{half} tasks of {ways} characters, {shots} drawings each, of {characters.name}",
        )


def _distances_with_a_stranger(learner: Learner, tasks: TaskBatch) -> tuple[np.ndarray, np.ndarray]:
    """Take the last class out of the support sets; return the distances of queries of the others, and of its own."""
    classes = tasks.ways - 1
    shots = tasks.support_y.shape[1] // tasks.ways
    support_x, support_y = tasks.support_x[:, : classes * shots], tasks.support_y[:, : classes * shots]
    found = class_distance(learner, support_x, support_y, tasks.query_x, classes)
    return found[:, :classes].numpy(), found[:, classes:].numpy()


def class_distance(learner: Learner, support_x: Tensor, support_y: Tensor, query_x: Tensor, ways: int) -> Tensor:
    """Return how far each query lies from the nearest class mean, ``[T, queries]``.

    It is the squared distance in the learner's features before adaptation, divided by the mean squared distance
    between the class means: so it means about the same for any learner, and for any kind of drawings.
    """
    with torch.no_grad():
        support, query = (
            learner.backbone.features(learner.shared, x.to(learner.device)).cpu() for x in (support_x, query_x)
        )
    means = class_means(support, support_y, ways)
    apart = torch.cdist(means, means).square().sum((1, 2)) / (ways * (ways - 1))
    return torch.cdist(query, means).square().amin(-1) / apart[:, None]
