"""Make the notebooks with answers: every exercise's cell filled in, and below it why the answer is what it is.

    python notebooks/answers.py                  all of them, into notebooks/answers/
    python notebooks/answers.py 04 06            some
    python notebooks/answers.py --language zh    in Chinese, into notebooks/answers/zh/

The answers are in ``solutions/NN.md``, and their Chinese in ``solutions/zh/NN.md``: one section per exercise, under the
exercise's own heading, with code as ``python`` blocks, one per cell, and prose. A block ``# solution: NAME`` stands for
the exercise's own cell, filled in with the body of the function NAME in ``solutions/NN.py``, from which ``blanks.py``
makes that cell.
"""

import argparse
import json
import os
import re
from pathlib import Path

import nbformat
from blanks import CHECKED, SOLUTIONS, filled
from execute import FOLDER, notebooks
from nbformat.v4 import new_code_cell, new_markdown_cell

from metalearn.course.edition import LANGUAGES, read_pairs, translated, unbroken

OUTPUT = FOLDER / "answers"
SECTION = re.compile(r"^(### (?:Exercise|练习) .+)$", re.MULTILINE)
BLOCK = re.compile(r"```python\n(.*?)\n```", re.DOTALL)
FUNCTION = re.compile(r"# solution: (\w+)$")


def in_folder(folder: Path, language: str) -> Path:
    """Return where a folder keeps what is in a language: in itself, or in a folder of the language's name."""
    return folder if language == "en" else folder / language


def notebook_in(path: Path, language: str) -> nbformat.NotebookNode:
    """Read a notebook, with the words of its cells in a language."""
    notebook = json.loads(path.read_text("utf-8"))
    if language != "en":
        notebook = translated(notebook, read_pairs(FOLDER / language / f"{path.name[:2]}.md"), language)
    return nbformat.reads(json.dumps(notebook), as_version=4)


def answers(path: Path, language: str = "en") -> dict[str, list[nbformat.NotebookNode]]:
    """Return the cells that answer each exercise of a notebook, by the exercise's heading."""
    written = (in_folder(SOLUTIONS, language) / f"{path.name[:2]}.md").read_text("utf-8")
    sources = [cell.source for cell in notebook_in(path, language).cells if cell.cell_type == "code"]
    to_fill = {found[1]: source for source in sources if (found := CHECKED.search(source))}
    parts = SECTION.split(written)
    return {heading: _cells(text, to_fill) for heading, text in zip(parts[1::2], parts[2::2], strict=True)}


def _cells(text: str, to_fill: dict[str, str]) -> list[nbformat.NotebookNode]:
    """Turn a section into cells: its code blocks, and the prose between and after them."""
    cells = []
    for position, part in enumerate(BLOCK.split(text)):
        function = FUNCTION.match(part)
        if position % 2:
            cells.append(new_code_cell(filled(to_fill[function[1]], function[1]) if function else part))
        elif part.strip():
            cells.append(new_markdown_cell(unbroken(part.strip())))
    return cells


def answered(path: Path, language: str = "en") -> nbformat.NotebookNode:
    """Return a copy of a notebook in which every exercise has its answer in place of its empty cell."""
    notebook, found = notebook_in(path, language), answers(path, language)
    cells, replaced = [], False
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
    parser.add_argument("--language", choices=LANGUAGES, default="en", help="of the words (default: en)")
    options = parser.parse_args()
    output = in_folder(OUTPUT, options.language)
    output.mkdir(parents=True, exist_ok=True)
    for path in notebooks(options.names):
        made = answered(path, options.language)
        for cell in made.cells:
            cell.source = cell.source.replace("](figures/", f"]({os.path.relpath(FOLDER, output)}/figures/")
        nbformat.write(made, output / path.name)
        print(f"{output / path.name}: {len(answers(path, options.language))} exercises")


if __name__ == "__main__":
    main()
