"""The outer loop: it learns, repeats itself, resumes without a trace, stops when told, and keeps the best."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from metalearn import __version__, artifacts
from metalearn.characters.character_set import CharacterSet
from metalearn.errors import MetalearnError
from metalearn.learners.backbone import HEAD, Backbone
from metalearn.learners.init_hooks import LearnedInit, PrototypeInit
from metalearn.learners.learner import Learner
from metalearn.learners.update_hooks import SGD, LearnedStepSizes
from metalearn.tasks.episodes import Episodes
from metalearn.tasks.task_batch import TaskBatch
from metalearn.training.objectives import Objective, all_pairs_loss, query_loss, reptile_distance
from metalearn.training.outer_loop import mean_score, train
from metalearn.training.schedule import Progress, Schedule

NETWORK = Backbone(widths=(8, 8, 16), groups=4)
SCHEDULE = Schedule(validate_every=4)
META_STEPS = 12


def prototypes() -> Learner:
    return Learner(NETWORK, PrototypeInit(), SGD(0.0), steps=0)


def sampler(data: CharacterSet, **changed: object) -> Episodes:
    options = {"ways": 3, "queries": 2, "batch_size": 4} | changed
    return Episodes(data, np.arange(len(data)), **options)


def run(data: CharacterSet, learner: Learner, folder: Path | None = None, **changed: object) -> Progress:
    options: dict[str, Any] = {
        "validation": sampler(data, seed=9),
        "validation_tasks": 4,
        "schedule": SCHEDULE,
    } | changed
    return train(learner, sampler(data), meta_steps=META_STEPS, folder=folder, **options)


def state(learner: Learner) -> dict[str, torch.Tensor]:
    return {name: p.clone() for name, p in learner.state_dict().items()}


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(p, b[name]) for name, p in a.items())


def test_it_learns(characters: CharacterSet) -> None:
    few = Episodes(characters, np.arange(12), ways=12, queries=3, batch_size=2)
    learner = prototypes()
    held_out = replace(few, seed=1)
    validation = list(held_out.sample(20))
    before = mean_score(learner, validation)
    schedule = Schedule(learning_rate=1e-2, validate_every=40)
    progress = train(learner, few, validation=held_out, validation_tasks=20, meta_steps=80, schedule=schedule)
    assert np.mean(progress.losses[-10:]) < 0.7 * np.mean(progress.losses[:10])
    assert mean_score(learner, validation) > before + 0.1


def test_the_same_seed_gives_the_same_weights(small: CharacterSet) -> None:
    first, second = prototypes(), prototypes()
    run(small, first)
    run(small, second)
    assert same(state(first), state(second))


def test_an_interrupted_run_ends_like_one_that_was_not(small: CharacterSet, tmp_path: Path) -> None:
    whole, broken, resumed = prototypes(), prototypes(), prototypes()
    expected = run(small, whole)

    class LostError(Exception):
        pass

    def pull_the_plug(progress: Progress) -> bool:
        if progress.step == 7:
            raise LostError
        return False

    with pytest.raises(LostError):
        run(small, broken, tmp_path, stop=pull_the_plug)
    progress = run(small, resumed, tmp_path)
    assert same(state(whole), state(resumed))
    assert progress.losses == expected.losses
    assert progress.validation == expected.validation


@pytest.fixture(scope="module")
def finished(small: CharacterSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run that is not to be touched."""
    folder = tmp_path_factory.mktemp("finished")
    run(small, prototypes(), folder)
    return folder


def with_a_pixel(data: CharacterSet) -> CharacterSet:
    """Return the same characters, with one pixel of one drawing changed."""
    images = data.images.copy()
    images[-1, -1, 0, 0] ^= 255
    return replace(data, images=images)


def wider() -> Learner:
    network = replace(NETWORK, widths=tuple(2 * width for width in NETWORK.widths))
    return Learner(network, PrototypeInit(), SGD(0.0), steps=0)


class Marked:
    """An embedder of a user's own, with a setting."""

    def __init__(self, mark: float) -> None:
        self.mark = mark

    def transform(self, tasks: TaskBatch) -> np.ndarray:
        return np.full((len(tasks), 2), self.mark)


OTHERS: dict[str, tuple[str, Callable[[CharacterSet], dict[str, Any]]]] = {
    "learning rate": ("learning_rate: 0.003 there, 1.0 here", lambda data: {"schedule": Schedule(1.0)}),
    "length": ("meta_steps: 12 there, 13 here", lambda data: {"meta_steps": 13}),
    "seed of the tasks": ("tasks' seed: 0 there, 5 here", lambda data: {"tasks": sampler(data, seed=5)}),
    "shape of the tasks": ("tasks' ways: 3 there, 4 here", lambda data: {"tasks": sampler(data, ways=4)}),
    "pool": ("tasks' pool: ", lambda data: {"tasks": Episodes(data, np.arange(9), ways=3, queries=2, batch_size=4)}),
    "data": ("tasks' characters: small", lambda data: {"tasks": sampler(with_a_pixel(data))}),
    "data of the same content": ("", lambda data: {"tasks": sampler(replace(data, source="elsewhere"))}),
    "validation": ("validation' seed: 9 there, 8 here", lambda data: {"validation": sampler(data, seed=8)}),
    "validation tasks": ("validation_tasks: 4 there, 5 here", lambda data: {"validation_tasks": 5}),
    "objective": ("objective: query_loss there, all_pairs_loss here", lambda data: {"objective": all_pairs_loss}),
    "network": ("learner: ", lambda data: {"learner": wider()}),
    "seed of the learner": (
        "learner's first parameters: ",
        lambda data: {"learner": Learner(NETWORK, PrototypeInit(), SGD(0.0), steps=0, seed=1)},
    ),
    "hook's setting": (
        "learner's settings: ",
        lambda data: {"learner": Learner(NETWORK, PrototypeInit(), SGD(0.5), steps=0)},
    ),
    "embedder": (
        "learner's embedder: ",
        lambda data: {"learner": Learner(NETWORK, PrototypeInit(), SGD(0.0), None, Marked(2.0), steps=0)},
    ),
    "recipe": ("recipe: None there, film here", lambda data: {"about": {"recipe": "film"}}),
}


@pytest.mark.parametrize("what", OTHERS)
def test_a_run_goes_on_only_as_what_it_was(what: str, small: CharacterSet, finished: Path) -> None:
    """The difference is named, and so are the two ways on; nothing is lost."""
    named, change = OTHERS[what]
    options: dict[str, Any] = {
        "learner": prototypes(),
        "tasks": sampler(small),
        "validation": sampler(small, seed=9),
        "validation_tasks": 4,
        "schedule": SCHEDULE,
        "meta_steps": META_STEPS,
        "folder": finished,
    } | change(small)
    kept = {path: path.read_bytes() for path in finished.iterdir()}
    if named:
        with pytest.raises(
            MetalearnError, match=r"^.* holds another run \(.*\); name another folder, or remove this one$"
        ) as e:
            train(**options)
        assert named in str(e.value)
    else:
        assert train(**options).step == META_STEPS
    assert kept == {path: path.read_bytes() for path in finished.iterdir()}


def test_a_run_of_another_version_is_refused(
    small: CharacterSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("metalearn.training.request.__version__", "0.0.1")
    run(small, prototypes(), tmp_path)
    monkeypatch.undo()
    with pytest.raises(MetalearnError, match=f"kit version: 0.0.1 there, {__version__} here"):
        run(small, prototypes(), tmp_path)


DAMAGE: dict[str, Callable[[dict[str, np.ndarray], dict[str, Any]], object]] = {
    "lacks 'request'": lambda arrays, said: said.pop("request"),
    "its 'progress'": lambda arrays, said: said.update(progress=[]),
    "its 'losses'": lambda arrays, said: said["progress"].update(losses=[1.0, None]),
    "its 'validation'": lambda arrays, said: said["progress"].update(validation=[[1]]),
    "a loss of every step": lambda arrays, said: said["progress"].update(step=3),
    "lacks the array 'now/start.conv1'": lambda arrays, said: arrays.pop("now/start.conv1"),
    "lacks the array 'best/start.conv1'": lambda arrays, said: arrays.pop("best/start.conv1"),
    "lacks the array 'optimizer/0/exp_avg'": lambda arrays, said: arrays.pop("optimizer/0/exp_avg"),
    "nothing is known of its array 'optimizer/999/step'": lambda arrays, said: arrays.update(
        {"optimizer/999/step": np.float32(1)}
    ),
    "nothing is known of its array 'optimizer/x'": lambda arrays, said: arrays.update({"optimizer/x": np.float32(1)}),
    "nothing is known of its array 'now/more'": lambda arrays, said: arrays.update({"now/more": np.zeros(2)}),
    "not fractions": lambda arrays, said: arrays.update({"now/start.conv1": np.zeros(2)}),
    "not finite": lambda arrays, said: arrays.update(
        {"now/start.conv1": np.full_like(arrays["now/start.conv1"], np.nan)}
    ),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_checkpoint_says_what_to_remove(
    what: str, small: CharacterSet, finished: Path, tmp_path: Path
) -> None:
    arrays, description = artifacts.load(finished / "checkpoint")
    DAMAGE[what](arrays, description)
    artifacts.save(tmp_path / "checkpoint", arrays, description)
    with pytest.raises(MetalearnError, match=r"checkpoint(\.json)? cannot be used: .*; .* remove it") as error:
        run(small, prototypes(), tmp_path)
    assert what in str(error.value)
    assert "metalearn train" not in str(error.value)
    (tmp_path / "checkpoint.json").unlink()
    assert run(small, prototypes(), tmp_path, stop=lambda progress: True).step == 1  # it starts anew


def spoilt(batch: TaskBatch, task: int) -> TaskBatch:
    support = batch.support_x.clone()
    support[task] = torch.inf
    return replace(batch, support_x=support)


@dataclass(frozen=True)
class Spoilt:
    """A sampler whose batch 5 holds a task that is not finite."""

    tasks: Episodes

    def batch(self, index: int) -> TaskBatch:
        batch = self.tasks.batch(index)
        return spoilt(batch, 2) if index == 5 else batch


@pytest.mark.parametrize("objective", [query_loss, all_pairs_loss])
def test_divergence_names_step_task_and_learner_and_keeps_the_checkpoint(
    objective: Objective, small: CharacterSet, tmp_path: Path
) -> None:
    learner = prototypes()
    options: dict[str, Any] = {
        "validation": sampler(small, seed=9),
        "validation_tasks": 4,
        "meta_steps": META_STEPS,
        "schedule": SCHEDULE,
        "objective": objective,
        "folder": tmp_path,
        "title": "mine",
    }
    with pytest.raises(
        MetalearnError, match=r"mine: <Learner: PrototypeInit, .*> diverged at meta-step 6, on task 3 of 4: .*folder$"
    ):
        train(learner, Spoilt(sampler(small)), **options)
    arrays, description = artifacts.load(tmp_path / "checkpoint")
    assert description["progress"]["step"] == 4
    assert all(np.isfinite(array).all() for array in arrays.values())
    assert all(p.isfinite().all() for p in learner.parameters())


def test_a_gradient_that_is_not_finite_is_divergence_too(small: CharacterSet) -> None:
    """The loss is a number there, and its slope is none: clipping would make NaN of every parameter."""

    def steep(learner: Learner, batch: TaskBatch) -> torch.Tensor:
        return query_loss(learner, batch) + (learner.start["head_bias"] - learner.start["head_bias"]).sqrt()

    with pytest.raises(MetalearnError, match="diverged at meta-step 1, on task 1 of 4"):
        run(small, prototypes(), objective=steep)


def test_validation_that_is_not_finite_is_divergence(
    small: CharacterSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("metalearn.training.outer_loop.mean_score", lambda learner, batches: float("nan"))
    with pytest.raises(MetalearnError, match="diverged at meta-step 4, on validation"):
        run(small, prototypes(), tmp_path)
    assert not list(tmp_path.iterdir())


def test_hooks_learn_as_many_times_as_fast_as_they_are_told(small: CharacterSet) -> None:
    moved = {}
    for speed in (1.0, 10.0):
        learner = Learner(NETWORK, LearnedInit(HEAD), LearnedStepSizes(NETWORK, HEAD, 0.1), steps=1)
        before = state(learner)
        run(small, learner, schedule=Schedule(hook_speed=speed, validate_every=1), stop=lambda progress: True)
        after = state(learner)
        moved[speed] = {name: (after[name] - p).abs().max().item() for name, p in before.items()}
    for name in moved[1.0]:
        expected = 10 if name.startswith("update.") else 1
        assert moved[10.0][name] == pytest.approx(expected * moved[1.0][name], rel=0.05), name


def test_stop_stops_and_validates_what_there_is(small: CharacterSet) -> None:
    progress = run(small, prototypes(), stop=lambda progress: progress.step == 3)
    assert progress.step == 3
    assert [step for step, _ in progress.validation] == [3]


def test_the_best_validation_is_what_remains(small: CharacterSet, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def falling(learner: Learner, batches: object) -> float:
        seen.append(state(learner))
        return 1.0 / len(seen)

    monkeypatch.setattr("metalearn.training.outer_loop.mean_score", falling)
    learner = prototypes()
    run(small, learner)
    assert len(seen) == 3
    assert same(state(learner), seen[0])


def test_reptiles_outer_gradient_is_start_less_end(small: CharacterSet) -> None:
    """Nichol et al. 2018, equation 2: φ moves along the mean of φ_S - φ over tasks. Of one drawing, S is one step."""
    learner = Learner(NETWORK, LearnedInit((*NETWORK.body, *HEAD)), SGD(0.1), steps=1)
    batch = sampler(small, queries=0).batch(0)
    reptile_distance(learner, batch).backward()
    with torch.no_grad():
        end = learner.adapt(batch).parameters[-1]
    for name in NETWORK.body:
        expected = (learner.start[name] - end[name]).mean(0)
        torch.testing.assert_close(learner.start[name].grad, expected, atol=1e-5, rtol=1e-4)


def test_each_step_of_reptile_sees_other_drawings(small: CharacterSet) -> None:
    learner = Learner(NETWORK, LearnedInit((*NETWORK.body, *HEAD)), SGD(0.1), steps=2)
    batch = sampler(small, shots=2).batch(0)
    end = NETWORK.for_tasks(learner.shared, learner.init.adapted, len(batch), batch.ways)
    for k in (0, 1):
        x, y = batch.support_x[:, k::2], batch.support_y[:, k::2]
        at = {name: p.detach().requires_grad_() for name, p in end.items()}
        logits = NETWORK.classify(at, NETWORK.features(at, x))
        loss = F.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="sum") / batch.ways  # a mean in each task
        slopes = torch.autograd.grad(loss, list(at.values()))
        end = {name: at[name] - 0.1 * slope for name, slope in zip(at, slopes, strict=True)}
    moved = sum((learner.start[name] - p).square().flatten(1).sum(1) for name, p in end.items())
    torch.testing.assert_close(reptile_distance(learner, batch), 0.5 * moved.mean())


def test_reptile_says_what_it_needs(small: CharacterSet) -> None:
    batch = sampler(small, shots=2, queries=0).batch(0)
    with pytest.raises(MetalearnError, match="needs 3 drawings of each class"):
        reptile_distance(Learner(NETWORK, LearnedInit(HEAD), SGD(0.1), steps=3), batch)
    modulated = Learner(NETWORK, LearnedInit(HEAD), SGD(0.1), lambda support, parameters: (parameters, None), steps=2)
    with pytest.raises(MetalearnError, match="without modulation"):
        reptile_distance(modulated, batch)


def test_every_drawing_is_in_turn_the_only_example_of_its_class(small: CharacterSet) -> None:
    """Snell et al. 2017, equation 2, for support slot k and query k' != k of every class of all tasks."""
    learner, batch = prototypes(), sampler(small, shots=2, queries=2).batch(0)
    drawings = torch.cat(
        [x.unflatten(1, (3, 2)) for x in (batch.support_x, batch.query_x)], dim=2
    )  # task, class, drawing
    with torch.no_grad():
        found = all_pairs_loss(learner, batch)
        features = NETWORK.features(learner.shared, drawings.view(1, 4 * 3 * 4, 1, 28, 28)).view(12, 4, -1)
        losses = []
        for k in range(4):
            for other in set(range(4)) - {k}:
                for answer in range(12):
                    far = (features[:, k] - features[answer, other]).square().sum(1)
                    losses.append(F.cross_entropy(-far, torch.tensor(answer)))
    torch.testing.assert_close(found, torch.stack(losses).mean(), atol=1e-4, rtol=1e-4)


def test_half_precision_trains_about_the_same(small: CharacterSet) -> None:
    ends = []
    for half in (False, True):
        learner = prototypes()
        schedule = replace(SCHEDULE, half_precision=half)
        progress = run(small, learner, schedule=schedule, objective=all_pairs_loss)
        ends.append(progress.losses)
    assert all(p.dtype == torch.float32 for p in learner.parameters())
    np.testing.assert_allclose(ends[0], ends[1], rtol=0.05)


def test_the_schedule_warms_up_and_ends_at_nothing() -> None:
    factors = [SCHEDULE.factor(step, 12) for step in range(13)]
    assert 0 < factors[0] < factors[4]
    assert factors[12] == pytest.approx(0, abs=1e-9)


def test_a_second_cycle_starts_anew_and_the_first_is_the_same() -> None:
    one, two = Schedule(), Schedule(cycles=2)
    assert [two.factor(step, 60) for step in range(30)] == [one.factor(step, 30) for step in range(30)]
    assert two.factor(30, 60) == 1
    assert two.factor(60, 60) == pytest.approx(0, abs=1e-9)
