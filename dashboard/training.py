"""Meta-training while one watches: one training at a time per server, in a thread of its own; the rest wait.

A finished learner is kept by the server under a name that only its visitor knows, the latest ``KEPT`` of them.
"""

import logging
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from metalearn.data import CharacterSet
from metalearn.errors import MetalearnError

if TYPE_CHECKING:
    from metalearn.learners.learner import Learner
    from metalearn.train import Progress

LEARNERS = ("prototypes", "anil", "film", "preinit")
KEPT = 16
PREFIX = "yours-"
LEARNING_RATE = 3e-3  # from nothing; the recipes' own rates are for what starts from the prototypical network
VALIDATION_TASKS = 40


@dataclass
class Training:
    """One training: what it is of, how far it is, and, at its end, the learner or what went wrong."""

    recipe: str
    split: str
    meta_steps: int
    seed: int
    name: str = field(default_factory=lambda: PREFIX + secrets.token_hex(8))
    progress: "Progress | None" = None
    stopping: threading.Event = field(default_factory=threading.Event)
    finished: bool = False
    error: MetalearnError | None = None

    @property
    def step(self) -> int:
        """How many meta-steps were taken."""
        return self.progress.step if self.progress else 0


class Room:
    """Where the server trains: room for one, and a shelf for what was trained."""

    def __init__(self) -> None:
        self.occupied = threading.Lock()
        self.shelf: OrderedDict[str, Learner] = OrderedDict()

    def put(self, name: str, learner: "Learner") -> None:
        """Keep a learner; the oldest goes where there are too many."""
        self.shelf[name] = learner
        while len(self.shelf) > KEPT:
            self.shelf.popitem(last=False)


@st.cache_resource(show_spinner=False)
def room() -> Room:
    """The server's one room."""
    return Room()


def trained(name: str) -> "Learner":
    """Return a learner by its name. Raises MetalearnError where the server has it no longer."""
    found = room().shelf.get(name)
    if found is None:
        raise MetalearnError("that learner of yours is gone (the server keeps the latest few); train it again")
    return found


def among(names: Iterable[str]) -> dict[str, "Learner"]:
    """Return those learners among ``names`` that visitors have trained, by their names."""
    return {name: trained(name) for name in names if name.startswith(PREFIX)}


def start(training: Training, characters: CharacterSet) -> bool:
    """Begin in a thread of its own; False where somebody else is training."""
    here = room()
    if not here.occupied.acquire(blocking=False):
        return False

    def run() -> None:
        try:
            here.put(training.name, _trained(training, characters))
        except MetalearnError as error:
            training.error = error
        except Exception:
            training.error = MetalearnError("the training broke off; the server's log says why")
            logging.getLogger(__name__).exception("training %s", training.recipe)
        finally:
            training.finished = True
            here.occupied.release()

    threading.Thread(target=run, daemon=True).start()
    return True


def _trained(training: Training, characters: CharacterSet) -> "Learner":
    """Train from nothing, and return the learner as it was when validation was best."""
    from metalearn import families, recipes, train
    from metalearn.data import split
    from metalearn.tasks import Episodes

    recipe, sides = recipes.recipe_of(training.recipe), split(characters, training.split)
    embedder = families.load_embedder(training.split, "episodes") if recipe.twin else None
    learner = recipe.build(embedder, training.seed)
    within = training.split == "lake"
    held_out = Episodes(
        characters, sides.validation, 5, 1, 5, within_alphabet=within, batch_size=20, seed=training.seed + 1
    )

    def watch(progress: train.Progress) -> bool:
        training.progress = progress
        return training.stopping.is_set()

    train.train(
        learner,
        recipe.practice(characters, sides, training.seed),
        list(held_out.sample(VALIDATION_TASKS)),
        train.Schedule(training.meta_steps, LEARNING_RATE, validate_every=10),
        recipe.objective,
        stop=watch,
    )
    return learner.eval()
