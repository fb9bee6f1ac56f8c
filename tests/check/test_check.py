"""Every solution passes its check, every blank fails it, and typical wrong answers are told what they got wrong."""

import importlib.util
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from metalearn import check

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
EXERCISES = sorted(set(check.__all__) - {"Result"})


def _load(path: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location(f"course_{path.stem}", path)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


BLANKS = _load(NOTEBOOKS / "blanks.py")
SOLUTIONS = {
    name: attempt
    for path in sorted((NOTEBOOKS / "solutions").glob("[0-9][0-9].py"))
    for name, attempt in vars(_load(path)).items()
    if name in EXERCISES
}
WRONG: dict[str, list[tuple[str, Callable[..., Any]]]] = defaultdict(list)


def wrong(exercise: str, hint: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Note a wrong answer to an exercise, with some words of the hint it deserves."""

    def noted(attempt: Callable[..., Any]) -> Callable[..., Any]:
        WRONG[exercise].append((hint, attempt))
        return attempt

    return noted


# --- draw_task -------------------------------------------------------------------------------------------------------


def _task(images, chosen, drawings, shots, labels=None):
    drawn = images[np.asarray(chosen)[:, None], drawings]
    y = np.arange(len(chosen)) if labels is None else np.asarray(labels)
    queries = drawn.shape[1] - shots
    parts = (drawn[:, :shots], drawn[:, shots:])
    support, query = (part.reshape(-1, 28, 28) for part in parts)
    return support, y.repeat(shots), query, y.repeat(queries)


@wrong("draw_task", "one of memory")
def _(images, ways, shots, queries, rng):
    chosen = rng.choice(len(images), ways, replace=False)
    return _task(images, chosen, rng.integers(6, size=(ways, shots + queries)), shots)


@wrong("draw_task", "names within this task")
def _(images, ways, shots, queries, rng):
    chosen = rng.choice(len(images), ways, replace=False)
    return _task(images, chosen, np.arange(5)[None].repeat(ways, 0), shots, labels=chosen)


@wrong("draw_task", "more than one character")
def _(images, ways, shots, queries, rng):
    sx, sy, qx, qy = SOLUTIONS["draw_task"](images, ways, shots, queries, rng)
    return sx, sy, qx, rng.permutation(qy)


@wrong("draw_task", "without replacement")
def _(images, ways, shots, queries, rng):
    drawings = rng.permutation(6)[: shots + queries]
    return _task(images, rng.integers(3, size=ways), drawings[None].repeat(ways, 0), shots)


@wrong("draw_task", "same seed")
def _(images, ways, shots, queries, rng):
    return SOLUTIONS["draw_task"](images, ways, shots, queries, np.random.default_rng())


@wrong("draw_task", "every generator gives the same")
def _(images, ways, shots, queries, rng):
    return SOLUTIONS["draw_task"](images, ways, shots, queries, np.random.default_rng(0))


# --- gradient embedding ----------------------------------------------------------------------------------------------


def _rows(backbone, base, x, y, ways, move=-0.5, steps=3, start=None, normalised=True):
    name = backbone.scales_and_shifts[-1]
    shift = base[name].expand(len(x), -1).contiguous().requires_grad_()
    z = backbone.features({**base, name: shift}, x)
    weight = torch.zeros(len(x), ways, z.shape[2]) if start is None else start.expand(len(x), -1, -1)
    for _ in range(steps):
        error = ((z.detach() @ weight.mT).softmax(2) - F.one_hot(y, ways)) / y.shape[1]
        weight = weight + move * error.mT @ z.detach()
    loss = F.cross_entropy((z @ weight.mT).flatten(0, 1), y.flatten())
    gradient = torch.autograd.grad(loss, shift)[0]
    return F.normalize(gradient) if normalised else gradient


@wrong("gradient_embedding", "Let the head step first")
def _(backbone, base, batch):
    return _rows(backbone, base, batch.support_x, batch.support_y, batch.ways, steps=0, normalised=False)


@wrong("gradient_embedding", "query set was used")
def _(backbone, base, batch):
    x, y = torch.cat([batch.support_x, batch.query_x], 1), torch.cat([batch.support_y, batch.query_y], 1)
    return _rows(backbone, base, x, y, batch.ways)


@wrong("gradient_embedding", "order leaked in")
def _(backbone, base, batch):
    start = torch.randn(3, backbone.features_size, generator=torch.Generator().manual_seed(0))
    return _rows(backbone, base, batch.support_x, batch.support_y, batch.ways, start=start)


@wrong("gradient_embedding", "gradient of its own loss")
def _(backbone, base, batch):
    rows = SOLUTIONS["gradient_embedding"](backbone, base, batch)
    return F.normalize(rows.mean(0, keepdim=True)).expand(len(rows), -1)


@wrong("gradient_embedding", "sign is reversed")
def _(backbone, base, batch):
    return -SOLUTIONS["gradient_embedding"](backbone, base, batch)


@wrong("gradient_embedding", "wrong direction, up the loss")
def _(backbone, base, batch):
    name, rows = backbone.scales_and_shifts[-1], []
    for x, y in zip(batch.support_x, batch.support_y, strict=True):
        shift = base[name].clone().requires_grad_()
        z = backbone.features({**base, name: shift}, x[None])[0]
        weight, bias = torch.zeros(batch.ways, z.shape[1]), torch.zeros(batch.ways)
        for _ in range(3):
            error = ((z.detach() @ weight.T + bias).softmax(1) - F.one_hot(y, batch.ways)) / len(y)
            weight, bias = weight + 0.5 * error.T @ z.detach(), bias + 0.5 * error.sum(0)
        rows.append(F.normalize(torch.autograd.grad(F.cross_entropy(z @ weight.T + bias, y), shift)[0], dim=0))
    return torch.stack(rows)


@wrong("gradient_embedding", "do not have length one")
def _(backbone, base, batch):
    return 3 * SOLUTIONS["gradient_embedding"](backbone, base, batch)


# --- Fisher ----------------------------------------------------------------------------------------------------------


def _each(weight, z, y):
    return ((z @ weight.T).softmax(1) - F.one_hot(y, len(weight)))[:, :, None] * z[:, None]


@wrong("fisher", "square of the mean gradient")
def _(weight, z, y):
    weight.requires_grad_()
    return torch.autograd.grad(F.cross_entropy(z @ weight.T, y), weight)[0].square()


wrong("fisher", "nothing is squared")(lambda weight, z, y: _each(weight, z, y).mean(0))
wrong("fisher", "sum over drawings")(lambda weight, z, y: _each(weight, z, y).square().sum(0))
wrong("fisher", "only the row of the right class")(
    lambda weight, z, y: (F.one_hot(y, len(weight))[:, :, None] * _each(weight, z, y)).square().mean(0)
)
wrong("fisher", "is expected; one number for each weight")(lambda weight, z, y: _each(weight, z, y).square())


# --- adaptation, collaborative ---------------------------------------------------------------------------------------


def _change(before, after, head):
    body = [after[name] - before[name] for name in ("scale", "shift")]
    return torch.cat([*body, head(after["head_weight"] - before["head_weight"])], dim=1)


wrong("adaptation_embedding", "its rows follow the classes")(lambda b, a: _change(b, a, lambda head: head.flatten(1)))
wrong("adaptation_embedding", "embed the difference")(
    lambda b, a: _change({n: torch.zeros_like(p) for n, p in b.items()}, a, lambda head: head.square().mean(1))
)
wrong("adaptation_embedding", "head's rows leaked in")(
    lambda b, a: _change(b, a, lambda head: head[:, 0].square())  # the first class stands for all
)
wrong("adaptation_embedding", "nearly cancels")(lambda b, a: _change(b, a, lambda head: head.mean(1)))
wrong("adaptation_embedding", "after minus before")(lambda b, a: _change(a, b, lambda head: head.square().mean(1)))


def _ridge(scores, factors, strength):
    return np.linalg.solve(factors.T @ factors + strength * np.eye(factors.shape[1]), factors.T @ scores)


def _seen(scores, factors):
    return scores[~np.isnan(scores)], factors[~np.isnan(scores)]


wrong("fold_in", "has spread")(_ridge)
wrong("fold_in", "taken for zero")(lambda s, v, strength: _ridge(np.nan_to_num(s), v, strength))
wrong("fold_in", "taken for the mean score")(
    lambda s, v, strength: _ridge(np.where(np.isnan(s), np.nanmean(s), s), v, strength)
)
wrong("fold_in", "plain least squares")(lambda s, v, strength: np.linalg.lstsq(*_seen(s, v)[::-1], rcond=None)[0])
wrong("fold_in", "multiplied by the number of scores")(
    lambda s, v, strength: _ridge(*_seen(s, v), strength * len(_seen(s, v)[0]))
)


# --- inner step, pre-initialisation ----------------------------------------------------------------------------------


def _gradients(losses, parameters, **options):
    return dict(zip(parameters, torch.autograd.grad(losses, list(parameters.values()), **options), strict=True))


@wrong("inner_step", "changed in place")
def _(losses, parameters, step_size):
    gradients = _gradients(losses.sum(), parameters)
    for name, p in parameters.items():
        p.data -= step_size * gradients[name]
    return parameters


@wrong("inner_step", "goes up the loss")
def _(losses, parameters, step_size):
    return {n: parameters[n] + step_size * g for n, g in _gradients(losses.sum(), parameters).items()}


@wrong("inner_step", "gradient is that of the mean over tasks")
def _(losses, parameters, step_size):
    return {n: parameters[n] - step_size * g for n, g in _gradients(losses.mean(), parameters).items()}


@wrong("inner_step", "the graph is detached: no outer gradient")
def _(losses, parameters, step_size):
    return {n: parameters[n].detach() - step_size * g for n, g in _gradients(losses.sum(), parameters).items()}


@wrong("inner_step", "detached from the start")
def _(losses, parameters, step_size):
    gradients = _gradients(losses.sum(), parameters)
    return {n: (parameters[n] - step_size * g).detach().requires_grad_() for n, g in gradients.items()}


@wrong("inner_step", "create_graph=True")
def _(losses, parameters, step_size):
    return {n: parameters[n] - step_size * g for n, g in _gradients(losses.sum(), parameters).items()}


def _start(scale, head, ways):
    return {"scale": scale, "head_weight": head[:, None].expand(-1, ways, -1)}


@wrong("task_start", "φ itself was changed")
def _(phi, offsets, ways):
    phi["scale"].data += offsets["scale"][0]
    return SOLUTIONS["task_start"](phi, offsets, ways)


wrong("task_start", "took the place of φ")(
    lambda phi, offsets, ways: _start(offsets["scale"], offsets["head_weight"], ways)
)


@wrong("task_start", "rows of the head differ")
def _(phi, offsets, ways):
    start = SOLUTIONS["task_start"](phi, offsets, ways)
    return start | {"head_weight": start["head_weight"] * torch.arange(1, ways + 1)[:, None]}


@wrong("task_start", "g could never learn")
def _(phi, offsets, ways):
    return SOLUTIONS["task_start"](phi, {name: p.detach() for name, p in offsets.items()}, ways)


@wrong("task_start", "shared start could never learn")
def _(phi, offsets, ways):
    return SOLUTIONS["task_start"]({name: p.detach() for name, p in phi.items()}, offsets, ways)


# --- meta-optimizer --------------------------------------------------------------------------------------------------


def _stepped(p, g, a, b, direction=-1, keep=-1, lay=lambda v, p: v.view(-1, *[1] * (p.ndim - 1))):
    return {n: (1 + keep * lay(b[n], p[n])) * p[n] + direction * lay(a[n], p[n]) * g[n] for n in p}


wrong("alfa_step", "goes up the loss")(lambda p, g, a, b: _stepped(p, g, a, b, direction=1))
wrong("alfa_step", "laid along the channels")(lambda p, g, a, b: _stepped(p, g, a, b, lay=lambda v, p: v))
wrong("alfa_step", "is not used")(lambda p, g, a, b: _stepped(p, g, a, b, keep=0))
wrong("alfa_step", "parameters grow")(lambda p, g, a, b: _stepped(p, g, a, b, keep=1))
wrong("alfa_step", "the change alone")(lambda p, g, a, b: {n: q - p[n] for n, q in _stepped(p, g, a, b).items()})


# --- attention -------------------------------------------------------------------------------------------------------

wrong("attend", "over the tasks")(lambda q, k, v: (q @ k.T / k.shape[1] ** 0.5).softmax(0) @ v)
wrong("attend", "no softmax")(lambda q, k, v: q @ k.T / k.shape[1] ** 0.5 @ v)
wrong("attend", "not divided by the root")(lambda q, k, v: (q @ k.T).softmax(1) @ v)
wrong("attend", "divided by the length of a key")(lambda q, k, v: (q @ k.T / k.shape[1]).softmax(1) @ v)
wrong("attend", "the choice is hard")(lambda q, k, v: v[(q @ k.T).argmax(1)])
wrong("attend", "as long as a value")(lambda q, k, v: (q @ k.T).softmax(1))

wrong("straight_through", "gates are soft")(torch.sigmoid)
wrong("straight_through", "wrong way round")(lambda s: (s < 0).float())
wrong("straight_through", "every gate is on")(lambda s: (torch.sigmoid(s) > 0).float())
wrong("straight_through", "a comparison has no gradient")(lambda s: (s > 0).float())
wrong("straight_through", "as if the gate were its score")(lambda s: (s > 0).float() + s - s.detach())


# --- paired difference -----------------------------------------------------------------------------------------------


def _error(x):
    return np.std(x, ddof=1) / len(x) ** 0.5


wrong("paired_difference", "it is a minus b")(lambda a, b: ((b - a).mean(), 1.96 * _error(b - a)))
wrong("paired_difference", "hard tasks are hard for both")(
    lambda a, b: ((a - b).mean(), 1.96 * np.hypot(_error(a), _error(b)))
)
wrong("paired_difference", "how much single tasks differ")(lambda a, b: ((a - b).mean(), 1.96 * (a - b).std()))
wrong("paired_difference", "one standard error")(lambda a, b: ((a - b).mean(), _error(a - b)))
wrong("paired_difference", "the whole width")(lambda a, b: ((a - b).mean(), 2 * 1.96 * _error(a - b)))


# --- ink -------------------------------------------------------------------------------------------------------------


def _drawn(grey, pad=True, mean=True, contrast=True, strength=lambda grey: np.abs(grey - np.median(grey[0]))):
    level = strength(grey.astype(np.float32))
    high, wide = level.shape
    side = max(high, wide)
    if pad:
        level = np.pad(level, [((side - high) // 2,), ((side - wide) // 2,)])
    x = torch.from_numpy(level)[None, None]
    small = F.adaptive_avg_pool2d(x, 28) if mean else F.interpolate(x, (28, 28), mode="nearest")
    return (small / (small.max() if contrast else 255))[0, 0].numpy()


wrong("ink", "expect ink between 0 and 1")(lambda grey: 255 * _drawn(grey))
wrong("ink", "the paper is high")(lambda grey: 1 - _drawn(grey))
wrong("ink", "do not assume white paper")(lambda grey: _drawn(grey, strength=lambda g: 255 - g))
wrong("ink", "pad the picture to a square")(lambda grey: _drawn(grey, pad=False))
wrong("ink", "a thin line vanished")(lambda grey: np.nan_to_num(_drawn(grey, mean=False)))
wrong("ink", "faint ink stays faint")(lambda grey: _drawn(grey, contrast=False))


# --- shares and combined_gradient ------------------------------------------------------------------------------------


def _shares(n, p, size=None, first=0):
    size = size or n // p
    return [(first + i * size, first + (i + 1) * size) for i in range(p)]


wrong("shares", "two processes, and 1 shares")(lambda n, p: [(0, n)])
wrong("shares", "tasks count from 0")(lambda n, p: _shares(n, p, first=1))
wrong("shares", "overlap or leave a gap")(lambda n, p: [(a, b - 1) for a, b in _shares(n, p)])
wrong("shares", "rounding down drops the rest")(_shares)
wrong("shares", "Spread the rest")(lambda n, p: [*_shares(n, p)[:-1], ((p - 1) * (n // p), n)])
wrong("combined_gradient", "every process counts alike")(lambda g, n: g.mean(0))
wrong("combined_gradient", "twice the processes")(lambda g, n: g.sum(0))
wrong("combined_gradient", "this is the sum over tasks")(lambda g, n: (g * n[:, None]).sum(0))
wrong("combined_gradient", "divided by the number of processes")(lambda g, n: (g * n[:, None]).mean(0))
wrong("combined_gradient", "not finite")(lambda g, n: (g * n[:, None]).sum(0) / n.sum())


# --- the tests -------------------------------------------------------------------------------------------------------

every_exercise = pytest.mark.parametrize("name", EXERCISES)


@every_exercise
def test_its_solution_passes(name: str) -> None:
    result = getattr(check, name)(SOLUTIONS[name])
    assert result.passed, result
    assert len(result.holds) >= 4
    assert "everything that was checked holds" in repr(result)
    assert all(claim in repr(result) for claim in result.holds)


@every_exercise
def test_its_blank_fails(name: str) -> None:
    cell = BLANKS.blank(name)
    assert cell.endswith(f"\nml.check.{name}({name})")
    namespace: dict[str, Any] = {}
    exec(cell.removesuffix(f"ml.check.{name}({name})"), namespace)
    result = getattr(check, name)(namespace[name])
    assert not result.passed
    assert "fill in the body" in repr(result)


@every_exercise
@pytest.mark.filterwarnings("ignore:invalid value")  # an empty image divided by its largest number
def test_typical_wrong_answers_get_hints_of_their_own(name: str) -> None:
    hints = set()
    for words, attempt in WRONG[name]:
        result = getattr(check, name)(attempt)
        assert not result.passed, words
        assert words in result.hint, f"expected a hint with {words!r}:\n{result}"
        hints.add(result.hint)
    assert len(hints) == len(WRONG[name]) >= 3


@every_exercise
@pytest.mark.parametrize(
    "given",
    ["a word", 1.0, [], {}, (1, 2), ("a", "b"), (np.zeros(200), 0.1), np.zeros((2, 3)), object()],
    ids=lambda given: type(given).__name__,
)
def test_whatever_comes_back_is_answered(name: str, given: object) -> None:
    result = getattr(check, name)(lambda *arguments: given)
    assert not result.passed
    assert "\n" not in result.hint


def test_gates_without_a_graph_have_no_gradient() -> None:
    result = check.straight_through(lambda scores: (scores.detach().numpy() > 0).astype(np.float32))
    assert "a comparison has no gradient" in result.hint


@every_exercise
def test_an_error_of_the_student_is_named_and_not_raised(name: str) -> None:
    def attempt(*arguments: object) -> None:
        raise IndexError("list index out of range\nand more")

    assert getattr(check, name)(attempt).hint == "it stopped with IndexError: list index out of range"


@every_exercise
def test_the_check_says_how_the_function_is_called(name: str) -> None:
    signature = next(iter(BLANKS.solutions()[name].splitlines())).removeprefix("def ").removesuffix(":")
    assert f"``{signature}``" in getattr(check, name).__doc__


def test_every_exercise_has_a_solution_and_no_solution_lacks_a_check() -> None:
    assert set(BLANKS.solutions()) == set(EXERCISES)
