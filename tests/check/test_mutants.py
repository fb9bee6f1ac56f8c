"""No mutant of a solution passes its check: one operator, number or method at a time is exchanged for another."""

import ast
import copy
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from metalearn import check
from tests.check.answers import EXERCISES, NOTEBOOKS, load

SOURCES = load(NOTEBOOKS / "blanks.py").solutions()
OPERATORS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult}
METHODS = {"sum": "mean", "mean": "sum", "std": "var", "square": "abs", "median": "mean", "max": "sum"}
# Parts of the changed lines of mutants that do the same as the solution, or are as good. Each was looked at.
SAME = {
    "draw_task": ("reshape(-2",),  # to NumPy, any negative size is the one to be found
    "ink": ("np.zeros((2, 1", "np.zeros((1, 2", "2e-09", "border = np.concatenate"),  # paper is next to the border too
    "paired_difference": ("ddof=2",),
    "spotlight": ("images.shape[-2]",),  # images are square
}


def _mutants(source: str) -> Iterator[tuple[str, str]]:
    """Yield the line that was changed, and the changed source."""
    tree = ast.parse(source)
    body = ast.walk(tree.body[0])
    docstring = tree.body[0].body[0].value  # type: ignore[attr-defined]
    for position, node in enumerate(body):
        if node is docstring:
            continue
        for changed in _changes(node):
            mutant = copy.deepcopy(tree)
            place = list(ast.walk(mutant.body[0]))[position]
            for name, value in changed.items():
                setattr(place, name, value)
            changed_source = ast.unparse(mutant)
            lines = zip(ast.unparse(tree).splitlines(), changed_source.splitlines(), strict=True)
            yield next(after for before, after in lines if before != after).strip(), changed_source


def _changes(node: ast.AST) -> Iterator[dict[str, Any]]:
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        yield {"op": OPERATORS[type(node.op)]()}
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield {"value": node.value + 1 if isinstance(node.value, int) else 2 * node.value}
    if isinstance(node, ast.Attribute) and node.attr in METHODS:
        yield {"attr": METHODS[node.attr]}
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield {"op": ast.UAdd()}
    if isinstance(node, ast.keyword) and node.arg in ("replace", "create_graph", "keepdim"):
        yield {"value": ast.Constant(not ast.literal_eval(node.value))}


def _passes(name: str, source: str) -> bool:
    namespace: dict[str, Any] = {}
    with warnings.catch_warnings(action="ignore"):  # mutants divide by zero and the like
        exec("import numpy as np, torch\nimport torch.nn.functional as F\n" + source, namespace)
        return bool(getattr(check, name)(namespace[name]).passed)


@pytest.mark.parametrize("name", EXERCISES)
def test_no_mutant_passes(name: str) -> None:
    mutants = list(_mutants(SOURCES[name]))
    assert len(mutants) >= 3
    passed = [line for line, source in mutants if _passes(name, source)]
    assert not [line for line in passed if not any(part in line for part in SAME.get(name, ()))]
