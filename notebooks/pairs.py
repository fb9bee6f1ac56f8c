"""Say which cells lack their Chinese, or have one that was made from an older English text.

    python notebooks/pairs.py                all notebooks
    python notebooks/pairs.py 04             one
    python notebooks/pairs.py 04 --stamp     write the fingerprint of the English into the sections that have none

To translate a cell, add a section ``<!-- cell -->`` to ``zh/NN.md``, and stamp it. To bring one up to date, change its
text, delete its fingerprint, and stamp it.
"""

import argparse
import json
import re

from execute import FOLDER, notebooks

from metalearn.course.edition import SECTION, Notebook, faults, fingerprint, read_pairs, source_of


def stamped(text: str, notebook: Notebook) -> str:
    """Return the text of a ``zh/NN.md`` in which every section has a fingerprint."""
    cells = {cell["id"]: source_of(cell) for cell in notebook["cells"]}

    def stamp(found: re.Match[str]) -> str:
        name, known = found.groups()
        return f"<!-- {name} {known or fingerprint(cells[name])} -->\n"

    return SECTION.sub(stamp, text)


def main() -> None:
    """Check the pairs of the notebooks that are named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="notebooks, by name or number (default: all)")
    parser.add_argument("--stamp", action="store_true", help="write fingerprints into the sections that have none")
    options, found = parser.parse_args(), 0
    for path in notebooks(options.names):
        notebook, words = json.loads(path.read_text("utf-8")), FOLDER / "zh" / f"{path.name[:2]}.md"
        if not words.exists():
            print(f"{path.stem}: there is no {words.name}")
            found += 1
            continue
        if options.stamp:
            words.write_text(stamped(words.read_text("utf-8"), notebook), "utf-8")
        for fault in faults(notebook, read_pairs(words)):
            print(f"{path.stem}, {fault}")
            found += 1
    raise SystemExit(1 if found else 0)


if __name__ == "__main__":
    main()
