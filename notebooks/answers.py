"""Make the notebooks with answers: every exercise's cell filled in, and below it why the answer is what it is.

    python notebooks/answers.py          all of them, into notebooks/answers/
    python notebooks/answers.py 04 06    some

The answers are in ``solutions/NN.md``, one section per exercise, under the exercise's own heading: code as ``python``
blocks, one per cell, and prose. A block ``# solution: NAME`` stands for the function NAME in ``solutions/NN.py``, from
which ``blanks.py`` makes what students fill in.
"""

import argparse
import re

import nbformat
from blanks import SOLUTIONS, solutions
from execute import FOLDER, notebooks
from nbformat.v4 import new_code_cell, new_markdown_cell

OUTPUT = FOLDER / "answers"
SECTION = re.compile(r"^(### Exercise .+)$", re.MULTILINE)
BLOCK = re.compile(r"```python\n(.*?)\n```", re.DOTALL)
FUNCTION = re.compile(r"# solution: (\w+)$")


def answers(number: str) -> dict[str, list[nbformat.NotebookNode]]:
    """Return the cells that answer each exercise of a notebook, by the exercise's heading."""
    parts = SECTION.split((SOLUTIONS / f"{number}.md").read_text("utf-8"))
    return {heading: _cells(text) for heading, text in zip(parts[1::2], parts[2::2], strict=True)}


def _cells(text: str) -> list[nbformat.NotebookNode]:
    """Turn a section into cells: its code blocks, and the prose between and after them."""
    cells = []
    for position, part in enumerate(BLOCK.split(text)):
        if position % 2:
            cells.append(new_code_cell(_code(part)))
        elif part.strip():
            cells.append(new_markdown_cell(part.strip()))
    return cells


def _code(block: str) -> str:
    function = FUNCTION.match(block)
    return f"{solutions()[function[1]]}\n\n\nml.check.{function[1]}({function[1]})" if function else block


def answered(notebook: nbformat.NotebookNode, number: str) -> nbformat.NotebookNode:
    """Return a copy of a notebook in which every exercise has its answer in place of its empty cell."""
    found, cells, replaced = answers(number), [], False
    for cell in notebook.cells:
        heading = SECTION.match(cell.source) if cell.cell_type == "markdown" else None
        if not replaced:
            cells.append(cell)
        if heading:
            cells += found[heading[1]]
        replaced = heading is not None  # the next cell is the one that a student works in
    return nbformat.v4.new_notebook(cells=cells, metadata=notebook.metadata)


def main() -> None:
    """Write the notebooks with answers that are named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="notebooks, by name or number (default: all)")
    OUTPUT.mkdir(exist_ok=True)
    for path in notebooks(parser.parse_args().names):
        number = path.name[:2]
        made = answered(nbformat.read(path, as_version=4), number)
        for cell in made.cells:
            cell.source = cell.source.replace("](figures/", "](../figures/")
        nbformat.write(made, OUTPUT / path.name)
        print(f"{OUTPUT / path.name}: {len(answers(number))} exercises")


if __name__ == "__main__":
    main()
