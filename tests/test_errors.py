"""The error that users read: it fills its blanks, and comes whole out of another process."""

import ast
import pickle
from pathlib import Path

from metalearn.errors import MetalearnError

ROOT = Path(__file__).parent.parent


def test_it_fills_its_blanks_and_can_be_said_otherwise() -> None:
    error = MetalearnError("{count:,} are too few for {name!r}", count=1200, name="x")
    assert str(error) == "1,200 are too few for 'x'"
    assert error.text.format(**error.values) == str(error)


def test_braces_are_left_alone_where_there_is_nothing_to_fill_in() -> None:
    assert str(MetalearnError("write {name}")) == "write {name}"


def test_it_comes_whole_out_of_another_process() -> None:
    error = pickle.loads(pickle.dumps(MetalearnError("{count} are too few", count=3)))
    assert (type(error), str(error), error.values) == (MetalearnError, "3 are too few", {"count": 3})


def test_every_message_can_be_translated() -> None:
    """Its words and its blanks are kept apart: no message is put together before the error is made."""
    for folder in ("metalearn", "dashboard"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "MetalearnError" and node.args:
                    assert not isinstance(node.args[0], ast.JoinedStr), f"{file.name}:{node.lineno}"
