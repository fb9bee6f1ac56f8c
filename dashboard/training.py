"""Meta-training while a visitor watches: one training at a time per server, in a thread of its own.

The server keeps the latest trainings with their learners. Each has a name that cannot be guessed and stands in its
visitor's address, so that a reload finds it again. A training is stopped when everyone who watched it has left.
"""

import atexit
import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from metalearn.characters.character_set import CharacterSet
from metalearn.errors import MetalearnError

if TYPE_CHECKING:
    from metalearn.learners.learner import Learner
    from metalearn.tasks.task_batch import TaskBatch
    from metalearn.training.schedule import Progress

LEARNERS = ("anil", "film", "preinit", "prototypes")  # the last takes no steps
MOST_KEPT = 16
OWN_PREFIX = "yours-"
LONGEST_AWAY_S = 60  # a reload takes less, with both busy: the server, and the visitor's computer
LONGEST_STOP_S = 20  # a meta-step and a validation take less
# For a start from nothing. The recipes' own rates suit a start from the trained prototypical network.
LEARNING_RATE = 1e-2
VALIDATION_TASKS = 40
PLAY_EVERY = 10  # meta-steps, after which the same task is played again
# It is a hard one with many queries: an untrained network half solves an easy one, and soon it is solved.
PLAYED_WAYS, PLAYED_QUERIES = 20, 2


class Played(NamedTuple):
    """What the learner made of one task after so many meta-steps.

    ``right`` says which queries it named right once it had adapted, bool ``[queries]``.
    """

    meta_step: int
    right: np.ndarray

    @property
    def accuracy(self) -> float:
        """The share of queries named right."""
        return float(self.right.mean())


@dataclass
class Training:
    """One training: what is trained, who watches, how far it is, and what came of it or went wrong.

    Every ``PLAY_EVERY`` meta-steps the learner adapts to the same task, whose ``queries`` are uint8 ``[n, 28, 28]``.
    """

    recipe: str
    split: str
    meta_steps: int
    seed: int
    name: str = field(default_factory=lambda: OWN_PREFIX + secrets.token_hex(8))
    visitors: set[str] = field(default_factory=set)
    last_seen: float = field(default_factory=time.monotonic)
    progress: "Progress | None" = None
    queries: np.ndarray | None = None
    played: list[Played] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    finished: bool = False
    learner: "Learner | None" = None
    error: MetalearnError | None = None

    @property
    def step(self) -> int:
        """How many meta-steps were taken."""
        return self.progress.step if self.progress else 0

    def join(self) -> None:
        """Add the visitor whose page is run to those who watch."""
        context = get_script_run_ctx()
        if context is not None:
            self.visitors.add(context.session_id)

    def is_left(self) -> bool:
        """Whether everyone who watched has been away for longer than a reload takes."""
        if not runtime.exists():  # without a server there is nobody who could leave
            return False
        now = time.monotonic()
        if any(map(runtime.get_instance().is_active_session, tuple(self.visitors))):
            self.last_seen = now
        return now - self.last_seen > LONGEST_AWAY_S


class Trainings:
    """The server's latest trainings, by name, and a lock that lets only one of them run."""

    def __init__(self) -> None:
        self.running = threading.Lock()
        self.runs: OrderedDict[str, Training] = OrderedDict()

    def keep(self, run: Training) -> None:
        """Add a training. Once there are more than ``MOST_KEPT``, the oldest is forgotten."""
        self.runs[run.name] = run
        while len(self.runs) > MOST_KEPT:
            self.runs.popitem(last=False)

    def stop(self) -> None:
        """Stop the training that runs, and wait for its last step: PyTorch aborts a process that ends amid one."""
        for run in self.runs.values():
            run.stopping.set()
        self.running.acquire(timeout=LONGEST_STOP_S)


@st.cache_resource(show_spinner=False)
def trainings() -> Trainings:
    """The one object that all visitors of the server share."""
    shared = Trainings()
    atexit.register(shared.stop)
    return shared


def find(name: str) -> Training | None:
    """Return a training by its name; None if the server has none of that name, or has forgotten it."""
    return trainings().runs.get(name)


def read_run(values: list[str]) -> str | None:
    """Read the name of a training from an address."""
    return values[-1] if values and find(values[-1]) else None


def trained_learner(name: str) -> "Learner":
    """Return a visitor's learner by its name. Raises MetalearnError if the server has forgotten it."""
    found = find(name)
    if found is None or found.learner is None:
        raise MetalearnError("that learner of yours is gone (the server keeps the latest few); train it again")
    return found.learner


def trained_learners(names: Iterable[str]) -> dict[str, "Learner"]:
    """Return the learners that visitors have trained, by name; other names are left out."""
    return {name: trained_learner(name) for name in names if name.startswith(OWN_PREFIX)}


def start(run: Training, characters: CharacterSet) -> bool:
    """Start a training in a thread of its own. Returns False where somebody else is training."""
    shared = trainings()
    if not shared.running.acquire(blocking=False):
        return False
    shared.keep(run)
    run.join()

    def work() -> None:
        try:
            run.learner = _train(run, characters)
        except MetalearnError as error:
            run.error = error
        except Exception:
            run.error = MetalearnError("the training broke off; the server's log says why")
            logging.getLogger(__name__).exception("training %s", run.recipe)
        finally:
            run.finished = True
            shared.running.release()

    threading.Thread(target=work, daemon=True).start()
    return True


def _train(training: Training, characters: CharacterSet) -> "Learner":
    """Train a learner from nothing; return it as it was when it did best on the validation tasks."""
    from metalearn.characters.splits import split
    from metalearn.pretrained.embedders import load_embedder
    from metalearn.pretrained.recipes import find_recipe
    from metalearn.tasks.episodes import Episodes, fitting_episodes
    from metalearn.training.outer_loop import train
    from metalearn.training.schedule import Progress, Schedule

    recipe, sides = find_recipe(training.recipe), split(characters, training.split)
    embedder = load_embedder("episodes", training.split) if recipe.twin else None
    learner = recipe.build(embedder, training.seed)
    within, seed = training.split == "lake", training.seed + 1
    held_out = Episodes(characters, sides.validation, 5, 1, 5, within_alphabet=within, batch_size=20, seed=seed)
    hard = fitting_episodes(
        characters, sides.validation, PLAYED_WAYS, 1, PLAYED_QUERIES, within_alphabet=within, batch_size=1, seed=seed
    )
    play = _player(training, learner, hard.batch(0))
    play(0)

    def watch(progress: Progress) -> bool:
        training.progress = progress
        if progress.step % PLAY_EVERY == 0:
            play(progress.step)
        return training.stopping.is_set() or training.is_left()

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


def _player(training: Training, learner: "Learner", task: "TaskBatch") -> Callable[[int], None]:
    """Return a function that has the learner adapt to a task, and adds to ``training`` what it made of it."""
    import torch

    embedding = learner.embed(task)  # the embedder is not trained, so that this stays the same
    training.queries = (255 * task.query_x[0, :, 0]).round().byte().numpy()

    def play(meta_step: int) -> None:
        with torch.no_grad():
            seen = learner.adapt(task, embedding)
        right = (seen.query_logits[-1, 0].argmax(-1) == task.query_y[0]).numpy()
        training.played.append(Played(meta_step, right))

    return play
