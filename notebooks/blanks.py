"""Write the exercise cells that students fill in: each solution's signature and docstring, without its body.

    python notebooks/blanks.py

The cell of the solution NAME ends in ``ml.check.NAME(NAME)``; that is how it is found. After a change to a signature or
docstring in ``solutions/``, run this to bring the notebooks up to date, and then ``execute.py``.
"""

import re
from pathlib import Path

import nbformat

from metalearn.course.exercises import CHECKED, read_solutions, split_body

FOLDER = Path(__file__).parent
SOLUTIONS = FOLDER / "solutions"
TO_WRITE = re.compile(r"^    \.\.\.  # .+$", re.MULTILINE)


def solutions() -> dict[str, str]:
    """Return the source of every solution, by the name of its function."""
    return read_solutions(SOLUTIONS)


def blank(name: str) -> str:
    """Return the source of the cell in which a student writes the function ``name`` and has it checked."""
    given, _ = split_body(solutions()[name])
    return f"{given}\n    ...  # your code here\n\n\nml.check.{name}({name})"


def filled(cell: str, name: str) -> str:
    """Return a student's cell, in any language, with the body of the solution ``name`` in the place for theirs."""
    _, body = split_body(solutions()[name])
    done, places = TO_WRITE.subn(lambda _: body, cell)
    if places != 1:
        raise ValueError(f"the cell of {name} should have one line to fill in, and has {places}")
    return done


def main() -> None:
    """Bring the exercise cells of all notebooks up to date."""
    for path in sorted(FOLDER.glob("[0-9][0-9]_*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        changed = 0
        for cell in notebook.cells:
            found = CHECKED.search(cell.source) if cell.cell_type == "code" else None
            if found and cell.source != blank(found[1]):
                cell.source, changed = blank(found[1]), changed + 1
        if changed:
            nbformat.write(notebook, path)
            print(f"{path.stem}: {changed} blanks changed; run execute.py {path.stem}")


if __name__ == "__main__":
    main()
