"""Two processes find what one finds, and where one of them dies nothing but time is lost."""

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import several_processes
import torch

from metalearn import artifacts
from metalearn.characters.glyphs import make_glyphs
from metalearn.errors import MetalearnError
from metalearn.tasks.character_tasks import CharacterTasks
from metalearn.training import distributed

TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
LONGEST_S = 240


def environment() -> dict[str, str]:
    return {**os.environ, "METALEARN_DATA": "glyphs", "OMP_NUM_THREADS": "1"}


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=LONGEST_S)


def training(folder: Path) -> tuple[str, ...]:
    """Return the command that trains a learner for as long as it takes to keep the run twice."""
    what = ("--learner", "prototypes-twin", "--split", "lake", "--meta-steps", "50")
    return ("-m", "metalearn", "train", *what, "--output", str(folder))


def losses_of(folder: Path) -> list[float]:
    """Return the loss of every step, up to the last checkpoint."""
    _, description = artifacts.load(folder / "lake" / ".runs" / "prototypes-twin" / "checkpoint")
    found: list[float] = description["progress"]["losses"]
    return found


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> list[float]:
    """The losses of the training by one process."""
    folder = tmp_path_factory.mktemp("alone")
    finished = run(sys.executable, *training(folder))
    assert finished.returncode == 0, finished.stderr
    return losses_of(folder)


def test_losses_gradients_learners_and_embeddings_are_those_of_one_process(tmp_path: Path) -> None:
    for name, start in (("one", (sys.executable,)), ("two", TORCHRUN)):
        finished = run(*start, several_processes.__file__, str(tmp_path / f"{name}.npz"))
        assert finished.returncode == 0, finished.stderr
    with np.load(tmp_path / "one.npz") as one, np.load(tmp_path / "two.npz") as two:
        assert set(one) == set(two)
        for name in one:
            single = 1e-7 if name.endswith("accuracy") else 0  # accuracies are in single precision
            np.testing.assert_allclose(two[name], one[name], rtol=1e-9, atol=1e-9 + single, err_msg=name)
        np.testing.assert_array_equal(two["embedding"], one["embedding"])


def test_training_by_two_ends_where_training_by_one_does(tmp_path: Path, alone: list[float]) -> None:
    finished = run(*TORCHRUN, *training(tmp_path))
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.count("validation_curve") == 1  # one process speaks
    np.testing.assert_allclose(losses_of(tmp_path), alone, rtol=1e-3)


def test_a_killed_process_ends_the_run_which_can_be_taken_up_again(tmp_path: Path, alone: list[float]) -> None:
    checkpoint = tmp_path / "lake" / ".runs" / "prototypes-twin" / "checkpoint.json"
    command = (*TORCHRUN, *training(tmp_path))
    with (
        subprocess.Popen(
            command, env=environment(), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as group,
        ExitStack() as whatever_happens,
    ):
        whatever_happens.callback(group.terminate)
        until = time.monotonic() + LONGEST_S
        while not checkpoint.exists() and time.monotonic() < until:
            time.sleep(0.05)
        os.kill(_second_process_of(group.pid), signal.SIGKILL)
        errors = group.communicate(timeout=LONGEST_S)[1]
    assert group.returncode != 0
    assert "metalearn: another process of this run has ended" in errors
    assert len(losses_of(tmp_path)) == 25
    finished = run(*command)
    assert finished.returncode == 0, finished.stderr
    np.testing.assert_allclose(losses_of(tmp_path), alone, rtol=1e-3)


def _second_process_of(launcher: int) -> int:
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            variables = (entry / "environ").read_bytes().split(b"\0")
        except (OSError, ValueError):
            continue
        if parent == launcher and b"RANK=1" in variables:
            return int(entry.name)
    raise AssertionError("there is no second process")


def test_what_cannot_be_shared_is_refused(tmp_path: Path) -> None:
    finished = run(*TORCHRUN, "-m", "metalearn", "train", "--embedding", "generative", "--output", str(tmp_path))
    assert finished.returncode != 0
    assert "start it without torchrun" in finished.stderr
    assert not list(tmp_path.iterdir())


def test_embeddings_are_written_once_and_the_same(tmp_path: Path) -> None:
    written = []
    for name, start in (("one", (sys.executable,)), ("two", TORCHRUN)):
        output = tmp_path / f"{name}.npy"
        finished = run(
            *start, "-m", "metalearn", "embed", "--split", "lake", "--embedding", "generative", "--output", str(output)
        )
        assert finished.returncode == 0, finished.stderr
        written.append(np.load(output, allow_pickle=False))
    np.testing.assert_array_equal(*written)


def test_a_process_by_itself_has_everything() -> None:
    assert distributed.count() == 1
    assert distributed.first()
    assert distributed.share(range(3)) == range(3)
    characters = make_glyphs()
    tasks = CharacterTasks(characters, np.arange(5), np.arange(20, 40), shots=2)
    share = distributed.ShareOfTasks(tasks)
    rows = torch.cat([batch.support_x.flatten(1) for batch in share.batches(2)])
    assert torch.equal(share.all_rows(rows), rows)
    distributed.alone("anything")


def test_fewer_tasks_than_processes_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metalearn.training.distributed.count", lambda: 4)
    with pytest.raises(MetalearnError, match="3 cannot be shared by 4 processes"):
        distributed.share(range(3))
