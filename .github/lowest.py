"""Print the oldest versions that pyproject.toml allows, as constraints for pip: ``make lowest`` tests with them.

python .github/lowest.py > constraints-lowest.txt
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parent.parent / "pyproject.toml"


def lowest() -> Iterator[str]:
    """Yield ``name==version`` for each ``name>=version`` that a user or the tests need."""
    project = tomllib.loads(PROJECT.read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    for line in [*project["dependencies"], *extras["notebooks"], *extras["dashboard"], *extras["test"]]:
        name, version = re.fullmatch(r"([\w.-]+)>=([\w.]+)", line).groups()  # type: ignore[union-attr]
        yield f"{name}=={version}"


if __name__ == "__main__":
    print("\n".join(lowest()))
