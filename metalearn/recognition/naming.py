"""Naming new drawings: a learner adapts to a few drawings of each class, and says what the new ones are."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from metalearn.characters.character_set import CharacterSet
from metalearn.characters.png import png_address, sheet
from metalearn.errors import MetalearnError
from metalearn.learners.learner import Learner
from metalearn.recognition.unknown import KnownLimit, class_distance
from metalearn.tasks.single_task import task_from_images

NONE_OF_THEM = "none of these"
SHOWN = 3  # drawings of the class beside each answer


@dataclass(frozen=True, repr=False)
class Predictions:
    """What :func:`predict` says of each query.

    Parameters
    ----------
    classes : dict of str to sequence of ndarray
        The drawings that the learner was given, by the name of their class.
    queries : sequence of ndarray
        The drawings to be named, uint8 ``[28, 28]``.
    probabilities : ndarray
        Of each class, ``[queries, classes]``.
    distances : ndarray
        How far each query lies from the nearest class, ``[queries]``; see
        :func:`metalearn.recognition.unknown.class_distance`.
    limit : KnownLimit, optional
        Where queries begin to be none of the classes.
    """

    classes: Mapping[str, Sequence[np.ndarray]]
    queries: Sequence[np.ndarray]
    probabilities: np.ndarray
    distances: np.ndarray
    limit: KnownLimit | None = None

    def __len__(self) -> int:
        return len(self.probabilities)

    @property
    def unknown(self) -> np.ndarray:
        """Whether each query is none of the classes, bool ``[queries]``; never without a limit."""
        return self.distances > (np.inf if self.limit is None else self.limit.distance)

    @property
    def best(self) -> list[str]:
        """The most probable class of each query, whether or not it is none of them."""
        names = list(self.classes)
        return [names[i] for i in self.probabilities.argmax(1)]

    @property
    def names(self) -> list[str]:
        """The answer for each query: a class, or "none of these"."""
        return [NONE_OF_THEM if unknown else name for name, unknown in zip(self.best, self.unknown, strict=True)]

    def __repr__(self) -> str:
        return f"<Predictions: {len(self)} drawings, {len(self.classes)} classes, {sum(self.unknown)} none of them>"

    def _repr_html_(self) -> str:
        """Show each query beside the class it was given to, in a notebook."""
        return self.to_html()

    def to_html(self, sources: Sequence[str] | None = None) -> str:
        """Return a table: each query, its name, its probability, and drawings of that class. ``sources`` names them."""
        rows = []
        for i, (query, best, name) in enumerate(zip(self.queries, self.best, self.names, strict=True)):
            beside = np.stack(self.classes[best][:SHOWN])
            cells = (
                html.escape(sources[i]) if sources else str(i + 1),
                _image(query[None], 1),
                f"<b>{html.escape(name)}</b>" + ("" if name == best else f"<br>nearest: {html.escape(best)}"),
                f"{self.probabilities[i].max():.0%}",
                _image(beside, len(beside)),
            )
            rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
        head = "".join(
            f"<th>{title}</th>" for title in ("", "drawing", "answer", "probability", "drawings of the class")
        )
        return f"<table><tr>{head}</tr>{''.join(rows)}</table>{self._reliability()}"

    def _reliability(self) -> str:
        if self.limit is None:
            return ""
        return (
            f"<p>“{NONE_OF_THEM}”: on {html.escape(self.limit.measured_on)}, {self.limit.known_refused:.0%} of "
            f"drawings of the classes were wrongly called so, and {self.limit.unknown_accepted:.0%} of others were "
            "not.</p>"
        )


def predict(
    learner: Learner,
    classes: CharacterSet | Mapping[str, Sequence[np.ndarray]],
    queries: Sequence[np.ndarray],
    limit: KnownLimit | None = None,
) -> Predictions:
    """Adapt a learner to a few drawings of each class, and name new drawings.

    Parameters
    ----------
    learner : Learner
        It adapts to the classes; no training is needed.
    classes : CharacterSet or dict of str to sequence of ndarray
        Two classes or more, with one drawing or more each, uint8 ``[28, 28]``. All that a character set holds is used.
    queries : sequence of ndarray
        The drawings to be named, uint8 ``[28, 28]``.
    limit : KnownLimit, optional
        From when on a drawing is none of the classes. Without it every drawing is given to a class.

    Returns
    -------
    Predictions
        A name and probabilities for each query. They do not depend on what other queries there are, unless the learner
        is transductive.

    Raises
    ------
    MetalearnError
        For fewer than two classes, a class without a drawing, and no query.

    Examples
    --------
    >>> import metalearn as ml
    >>> glyphs = ml.load_characters("glyphs")
    >>> classes = {name: glyphs.images[i, :3] for i, name in enumerate(glyphs.characters[:4])}
    >>> ml.predict(ml.load_learner("prototypes", "lake"), classes, glyphs.images[:4, 5]).names == list(classes)
    True
    """
    classes = drawings_of(classes)
    if not len(queries):
        raise MetalearnError("there is no drawing to be named")
    task = task_from_images(list(classes.values()), queries)
    with torch.no_grad():
        logits = learner.adapt(task, every_query=False).query_logits[-1, 0]
    distances = class_distance(learner, task.support_x, task.support_y, task.query_x, task.ways)[0]
    return Predictions(classes, queries, logits.softmax(-1).cpu().numpy(), distances.numpy(), limit)


def drawings_of(
    classes: CharacterSet | Mapping[str, Sequence[np.ndarray]],
) -> Mapping[str, Sequence[np.ndarray]]:
    """Return the drawings of each class by its name, also where a character set holds them."""
    if not isinstance(classes, CharacterSet):
        return classes
    return {name: list(classes.images[i, : classes.counts[i]]) for i, name in enumerate(classes.characters)}


def _image(drawings: np.ndarray, columns: int) -> str:
    return f'<img alt="" src="{png_address(sheet(drawings, columns))}">'
