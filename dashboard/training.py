"""Meta-training while a visitor watches: one training at a time per server, in a thread of its own.

The server keeps the latest learners, each under a name that only its visitor knows.
"""

import atexit
import logging
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from metalearn.characters.character_set import CharacterSet
from metalearn.errors import MetalearnError

if TYPE_CHECKING:
    from metalearn.learners.learner import Learner
    from metalearn.training.schedule import Progress

LEARNERS = ("prototypes", "anil", "film", "preinit")
MOST_KEPT = 16
OWN_PREFIX = "yours-"
# For a start from nothing. The recipes' own rates suit a start from the trained prototypical network.
LEARNING_RATE = 3e-3
VALIDATION_TASKS = 40
LONGEST_GOODBYE_S = 15  # for a meta-step and a validation, when the server ends


@dataclass
class Training:
    """One training: what is trained, how far it is, and what went wrong, if anything did."""

    recipe: str
    split: str
    meta_steps: int
    seed: int
    name: str = field(default_factory=lambda: OWN_PREFIX + secrets.token_hex(8))
    progress: "Progress | None" = None
    stopping: threading.Event = field(default_factory=threading.Event)
    finished: bool = False
    error: MetalearnError | None = None

    @property
    def step(self) -> int:
        """How many meta-steps were taken."""
        return self.progress.step if self.progress else 0


class Trainings:
    """The server's trainings: a lock that lets one run at a time, and the learners that came of them."""

    def __init__(self) -> None:
        self.running = threading.Lock()
        self.learners: OrderedDict[str, Learner] = OrderedDict()

    def keep(self, name: str, learner: "Learner") -> None:
        """Keep a learner; the oldest is dropped where there are too many."""
        self.learners[name] = learner
        while len(self.learners) > MOST_KEPT:
            self.learners.popitem(last=False)


@st.cache_resource(show_spinner=False)
def trainings() -> Trainings:
    """The one object that all visitors of the server share."""
    return Trainings()


def trained_learner(name: str) -> "Learner":
    """Return a visitor's learner by its name. Raises MetalearnError where the server no longer has it."""
    found = trainings().learners.get(name)
    if found is None:
        raise MetalearnError("that learner of yours is gone (the server keeps the latest few); train it again")
    return found


def trained_learners(names: Iterable[str]) -> dict[str, "Learner"]:
    """Return the learners that visitors have trained, by name; other names are left out."""
    return {name: trained_learner(name) for name in names if name.startswith(OWN_PREFIX)}


def start(training: Training, characters: CharacterSet) -> bool:
    """Start a training in a thread of its own. Returns False where somebody else is training."""
    shared = trainings()
    if not shared.running.acquire(blocking=False):
        return False

    def run() -> None:
        try:
            shared.keep(training.name, _train(training, characters))
        except MetalearnError as error:
            training.error = error
        except Exception:
            training.error = MetalearnError("the training broke off; the server's log says why")
            logging.getLogger(__name__).exception("training %s", training.recipe)
        finally:
            training.finished = True
            shared.running.release()
            atexit.unregister(end)

    def end() -> None:
        """Let the step be finished when the server ends: PyTorch aborts a process whose Python goes away amid one."""
        training.stopping.set()
        thread.join(LONGEST_GOODBYE_S)

    thread = threading.Thread(target=run, daemon=True)
    atexit.register(end)
    thread.start()
    return True


def _train(training: Training, characters: CharacterSet) -> "Learner":
    """Train a learner from nothing; return it as it was when it did best on the validation tasks."""
    from metalearn.characters.splits import split
    from metalearn.pretrained.embedders import load_embedder
    from metalearn.pretrained.recipes import find_recipe
    from metalearn.tasks.episodes import Episodes
    from metalearn.training.outer_loop import train
    from metalearn.training.schedule import Progress, Schedule

    recipe, sides = find_recipe(training.recipe), split(characters, training.split)
    embedder = load_embedder("episodes", training.split) if recipe.twin else None
    learner = recipe.build(embedder, training.seed)
    within = training.split == "lake"
    held_out = Episodes(
        characters, sides.validation, 5, 1, 5, within_alphabet=within, batch_size=20, seed=training.seed + 1
    )

    def watch(progress: Progress) -> bool:
        training.progress = progress
        return training.stopping.is_set()

    train(
        learner,
        recipe.practice(characters, sides, training.seed),
        validation=held_out,
        validation_tasks=VALIDATION_TASKS,
        meta_steps=training.meta_steps,
        schedule=Schedule(LEARNING_RATE, validate_every=10),
        objective=recipe.objective,
        stop=watch,
    )
    return learner.eval()
