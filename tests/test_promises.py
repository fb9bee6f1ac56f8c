"""The table of promises names tests that exist."""

import re
from pathlib import Path

FOLDER = Path(__file__).parent
NAMED = re.compile(r"`(?:python tests/)?([\w/]+\.py)(?:::(\w+))?[^`]*`")


def test_every_promise_names_a_test_that_exists() -> None:
    table = (FOLDER / "README.md").read_text("utf-8")
    named = NAMED.findall(table)
    assert len(named) > 20
    for file, test in named:
        assert (FOLDER / file).exists(), file
        assert not test or f"def {test}(" in (FOLDER / file).read_text("utf-8"), test
    targets = set(re.findall(r"`make ([\w-]+)`", table))
    assert targets <= set(re.findall(r"^([\w-]+):", (FOLDER.parent / "Makefile").read_text("utf-8"), re.M))
