"""What test_kills.py starts: it kills work at points where it touches the disk, and lets the next run go on.

python tests/kills.py FOLDER

This process does nothing but fork. A child does one piece of work in a folder of its own, and kills itself as with
``kill -9`` when Python is about to open, rename, remove or make its n-th file there: Python tells an audit hook. A
second child then does the same work in the folder that is left. What comes out is printed as JSON.
"""

import hashlib
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import torch
from sklearn.base import BaseEstimator, TransformerMixin

from metalearn import artifacts, cli
from metalearn.characters import cache
from metalearn.characters.character_set import CharacterSet
from metalearn.evaluation.estimate import Estimate
from metalearn.learners.backbone import Backbone
from metalearn.learners.init_hooks import PrototypeInit
from metalearn.learners.learner import Learner
from metalearn.learners.update_hooks import SGD
from metalearn.pretrained import measure_tables
from metalearn.pretrained.measurement import Found, Measurement, Setting
from metalearn.tasks.episodes import Episodes
from metalearn.tasks.task_batch import Tasks
from metalearn.training.outer_loop import train
from metalearn.training.schedule import Schedule

WATCHED = ("open", "os.rename", "os.remove", "os.mkdir", "os.chmod")
AT_MOST = {"compare": 20, "import": 12}  # so many points, drawn at random; of other work, all points
AT_RANDOM = 2  # times that each piece of work is killed at a random moment, besides


def some_characters(seed: int) -> CharacterSet:
    """Return forty random characters of four alphabets, four drawings each."""
    names = tuple(f"{alphabet}/character{i:02d}" for alphabet in ("Ash", "Birch", "Cedar", "Oak") for i in range(10))
    images = (np.random.default_rng(seed).random((40, 4, 28, 28)) < 0.2).astype(np.uint8) * 255
    return CharacterSet("some", images, names, tuple("abcd"), f"seed {seed}", "none", np.full(40, 4))


CHARACTERS, OTHERS = some_characters(0), some_characters(1)


class Ink(TransformerMixin, BaseEstimator):
    """An embedder of a user's own."""

    def fit(self, tasks: Tasks, y: None = None) -> "Ink":
        return self

    def transform(self, tasks: Tasks) -> np.ndarray:
        return np.concatenate([batch.support_x.mean((1, 2)).flatten(1).numpy() for batch in tasks.batches(8)])


# --- the work: each returns a checksum of what came out, and is to return the same whatever happened before ----------


def trained(folder: Path, name: str = "mine", steps: int = 4) -> Learner:
    network = Backbone(widths=(4, 4), groups=2)
    learner = Learner(network, PrototypeInit(), SGD(0.0), steps=0)
    tasks = Episodes(CHARACTERS, np.arange(30), ways=3, queries=2, batch_size=2)
    held_out = Episodes(CHARACTERS, np.arange(30, 40), ways=3, queries=2, batch_size=2)
    schedule = Schedule(validate_every=2)
    train(
        learner,
        tasks,
        validation=held_out,
        validation_tasks=2,
        meta_steps=steps,
        schedule=schedule,
        folder=folder / f"run-{name}",
    )
    learner.save(folder / name)
    return learner


def training(folder: Path) -> str:
    trained(folder)
    progress = artifacts.load(folder / "run-mine" / "checkpoint")[1]["progress"]
    return checksum(artifacts.load(folder / "mine")[1]["sha256"], progress["losses"], progress["validation"])


def comparing(folder: Path) -> str:
    def measure(name: str, setting: Setting) -> Iterator[Found]:
        learner = trained(setting.runs, name, steps=2)
        yield {"measure": "size"}, Estimate.of(np.array([p.sum().item() for p in learner.parameters()]))

    def table(setting: Setting) -> list[Measurement]:
        return [Measurement({"learner": name}, partial(measure, name, setting)) for name in ("first", "second")]

    measure_tables.TABLES["quick"] = table
    rows = measure_tables.measure_table("quick", Setting(CHARACTERS), folder)
    assert len((folder / "quick.csv").read_text("utf-8").splitlines()) == 1 + len(rows)
    assert json.loads((folder / "quick.json").read_text("utf-8")) == rows
    return checksum([{**row, "wall_s": 0} for row in rows])


def embedding(folder: Path) -> str:
    # The command finds the characters, as it would in the user's cache.
    import metalearn.characters.load

    metalearn.characters.load.load_characters = lambda *_, **__: CHARACTERS  # type: ignore[assignment]
    output = folder / "embedding.csv"
    assert cli.main(["embed", "--split", "article", "--embedding", "kills:Ink", "--output", str(output)]) == 0
    return checksum(output.read_bytes().hex())


def caching(folder: Path) -> str:
    os.environ["METALEARN_CACHE"] = str(folder)
    made, kept = cache.cached("some", lambda: CHARACTERS), cache.read_cache("some")
    return checksum(made.fingerprint, kept and kept.fingerprint)


def importing(folder: Path) -> str:
    """Import over what is there already: at no time is there nothing."""
    os.environ["METALEARN_CACHE"] = str(folder)
    if cache.read_cache("some") is None:
        cache.write_cache("some", OTHERS)
    there = cache.read_cache("some")
    assert there is not None
    assert there.fingerprint in (OTHERS.fingerprint, CHARACTERS.fingerprint)
    cache.write_cache("some", CHARACTERS)
    kept = cache.read_cache("some")
    return checksum(kept and kept.fingerprint)


WORK: dict[str, Callable[[Path], str]] = {
    "train": training,
    "compare": comparing,
    "embed": embedding,
    "cache": caching,
    "import": importing,
}


def checksum(*found: object) -> str:
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()


# --- killing it ------------------------------------------------------------------------------------------------------


def in_a_child(work: Callable[[Path], str], folder: Path, kill_at: int | None = None) -> tuple[int, int]:
    """Start ``work`` in a child that will die at its ``kill_at``-th touch of the disk; return its pid, and a pipe.

    What came out of the work, and how often it touched the disk, comes out of the pipe.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    os.close(reading)
    touched = 0

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal touched
        if event in WATCHED and str(arguments[0]).startswith(str(folder)):
            if touched == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            touched += 1

    sys.addaudithook(watch)
    try:
        folder.mkdir(exist_ok=True)
        os.write(writing, json.dumps([work(folder), touched]).encode())
    finally:
        os._exit(0)  # leaves nothing of pytest's or torch's to be torn down twice


def outcome(child: int, pipe: int) -> tuple[str, int]:
    """Wait for a child; return what came out, or nothing where it was killed or failed."""
    with os.fdopen(pipe) as file:
        text = file.read()
    os.waitpid(child, 0)
    result, touched = json.loads(text) if text else ("", 0)
    return result, touched


def visible(folder: Path) -> list[str]:
    """Return the names of all files but those that were being written when a process died."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.name.startswith("."))


def survey(name: str, root: Path) -> dict[str, object]:
    """Kill a piece of work at its points, and at random moments; list those after which the next run was wrong."""
    work, wrong = WORK[name], []
    clean = root / f"{name}-clean"
    start = time.monotonic()
    expected, points = outcome(*in_a_child(work, clean))
    seconds = time.monotonic() - start
    chance = random.Random(0)
    kills = chance.sample(range(points), min(points, AT_MOST.get(name, points)))
    kills += [chance.uniform(0, seconds) for _ in range(AT_RANDOM)]
    for kill in kills:
        folder = root / f"{name}-{kill}"
        child, pipe = in_a_child(work, folder, kill if isinstance(kill, int) else None)
        if isinstance(kill, float):
            time.sleep(kill)
            os.kill(child, signal.SIGKILL)
        died = outcome(child, pipe)[0] == ""
        again = outcome(*in_a_child(work, folder))[0]
        if (isinstance(kill, int) and not died) or again != expected or visible(folder) != visible(clean):
            wrong.append(kill)
    return {"expected": expected, "kills": len(kills), "wrong": wrong}


if __name__ == "__main__":
    torch.set_num_threads(1)  # with more, a fork would wait for threads that it does not have
    torch.optim.AdamW([torch.zeros(1)])  # imports much, which no child then has to
    shown = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    found = {name: survey(name, Path(sys.argv[1])) for name in sys.argv[2:] or WORK}
    os.write(shown, json.dumps(found).encode())
