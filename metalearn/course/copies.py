"""The course in a folder of the user's: written once, and a notebook of it put back when it is ruined."""

from pathlib import Path

from metalearn._files import write_atomically
from metalearn.errors import MetalearnError


def write_new(files: dict[str, bytes], folder: Path) -> None:
    """Write files into a folder. Raises MetalearnError, before it writes any, where one is there already."""
    there = [name for name in files if (folder / name).exists()]
    if there:
        raise MetalearnError(
            "{folder} holds {name} already; name another folder, or move it away", folder=folder, name=there[0]
        )
    for name, content in files.items():
        write_atomically(folder / name, content)


def find_notebook(files: dict[str, bytes], name: str) -> str:
    """Return the file name of a notebook that is given by its number ("03"), by its name, or by its path."""
    notebooks = [file for file in files if file.endswith(".ipynb")]
    found = [file for file in notebooks if Path(name).name in (file, file[:2], Path(file).stem)]
    if not found:
        raise MetalearnError(
            "no notebook is called {name!r}; there are {names}", name=name, names=", ".join(f[:-6] for f in notebooks)
        )
    return found[0]


def reset_notebook(name: str, original: bytes, folder: Path) -> Path | None:
    """Put a notebook back as it was, and return where the student's is kept; None where there was none, or no change.

    The student's is written beside it before anything is replaced, under a name that nothing has yet:
    ``NAME.mine.ipynb``, then ``NAME.mine-2.ipynb``, and so on.
    """
    if not folder.is_dir():
        raise MetalearnError("there is no folder {folder}", folder=folder)
    path, kept = folder / name, None
    if path.exists() and (mine := path.read_bytes()) != original:
        kept = _free(path)
        write_atomically(kept, mine)
    write_atomically(path, original)
    return kept


def _free(path: Path) -> Path:
    kept, number = path.with_suffix(".mine.ipynb"), 1
    while kept.exists():
        number += 1
        kept = path.with_suffix(f".mine-{number}.ipynb")
    return kept
