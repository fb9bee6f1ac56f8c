"""Write the exercise cells that students fill in: each solution's signature and docstring, without its body.

    python notebooks/blanks.py

The cell of the solution NAME ends in ``ml.check.NAME(NAME)``; that is how it is found. After a change to a signature or
docstring in ``solutions/``, run this to bring the notebooks up to date, and then ``execute.py``.
"""

import ast
import re
from pathlib import Path

import nbformat

FOLDER = Path(__file__).parent
SOLUTIONS = FOLDER / "solutions"
TO_WRITE = re.compile(r"^    \.\.\.  # .+$", re.MULTILINE)
CHECKED = re.compile(r"^ml\.check\.(\w+)\(\1\)$", re.MULTILINE)


def solutions() -> dict[str, str]:
    """Return the source of every solution, by the name of its function."""
    found = {}
    for path in sorted(SOLUTIONS.glob("[0-9][0-9].py")):
        source = path.read_text("utf-8")
        functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
        found |= {function.name: ast.get_source_segment(source, function) or "" for function in functions}
    return found


def blank(name: str) -> str:
    """Return the source of the cell in which a student writes the function ``name`` and has it checked."""
    kept, _ = _parts(name)
    return f"{kept}\n    ...  # your code here\n\n\nml.check.{name}({name})"


def filled(cell: str, name: str) -> str:
    """Return a student's cell, in any language, with the body of the solution ``name`` in the place for theirs."""
    _, body = _parts(name)
    done, places = TO_WRITE.subn(lambda _: body, cell)
    if places != 1:
        raise ValueError(f"the cell of {name} should have one line to fill in, and has {places}")
    return done


def _parts(name: str) -> tuple[str, str]:
    """Return the signature and docstring of a solution, and its body."""
    lines = solutions()[name].splitlines()
    function = ast.parse("\n".join(lines)).body[0]
    assert isinstance(function, ast.FunctionDef)
    docstring_ends = function.body[0].end_lineno
    return "\n".join(lines[:docstring_ends]), "\n".join(lines[docstring_ends:])


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
