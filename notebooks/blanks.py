"""Write the exercise cells that students fill in: each solution's signature and docstring, without its body.

    python notebooks/blanks.py

The cell of the solution NAME ends in ``ml.check.NAME(NAME)``; that is how it is found. After a change to a signature or
docstring in ``solutions/``, run this to bring the notebooks up to date, and then ``execute.py``.
"""

from pathlib import Path

import nbformat

from metalearn.course.exercises import CHECKED, read_solutions, split_body

FOLDER = Path(__file__).parent
SOLUTIONS = FOLDER / "solutions"


def solutions() -> dict[str, str]:
    """Return the source of every solution, by the name of its function."""
    return read_solutions(SOLUTIONS)


def blank(name: str) -> str:
    """Return the source of the cell in which a student writes the function ``name`` and has it checked."""
    given, _ = split_body(solutions()[name])
    return f"{given}\n    ...  # your code here\n\n\nml.check.{name}({name})"


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
