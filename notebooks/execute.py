"""Execute the notebooks in place and keep their results as static pictures, so that they read well on a code host.

    python notebooks/execute.py                          all of them
    python notebooks/execute.py 01_tasks_and_omniglot    one (its number is enough)

Needs the extras ``notebooks`` and ``figures``, and a Chrome or Chromium for the pictures. What differs from run to run
without meaning anything is not kept: progress bars, log lines, timings, widget state.
"""

import argparse
import os
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent
TIMEOUT_S = 600
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def notebooks(names: list[str] | None = None) -> list[Path]:
    """Return the notebooks whose names begin with one of ``names`` (all, by default), in order."""
    every = sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))
    if not names:
        return every
    for name in names:
        if not any(path.name.startswith(name) for path in every):
            raise SystemExit(f"no notebook is called {name!r}; there are {', '.join(path.stem for path in every)}")
    return [path for path in every if path.name.startswith(tuple(names))]


def run(path: Path, timeout: int = TIMEOUT_S) -> nbformat.NotebookNode:
    """Execute the notebook at ``path`` in its own folder; nbclient's CellExecutionError if a cell fails."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    # nbclient's stand-in for output widgets can swallow the reply it waits for, and then hangs (its issue 312). Without
    # it, what a widget shows is an output of its cell like any other, which is what a code host can show.
    client.comm_open_handlers = {}
    return client.execute()


def tidied(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return the executed notebook without what is noise in git: progress bars, log lines, widgets, timings."""
    for cell in notebook.cells:
        cell.metadata = nbformat.NotebookNode()
        if cell.cell_type == "code":
            cell.outputs = [kept for kept in cell.outputs if not _is_noise(kept)]
    notebook.metadata = nbformat.from_dict(METADATA)
    return notebook


def _is_noise(output: nbformat.NotebookNode) -> bool:
    return output.get("name") == "stderr" or WIDGET_VIEW in output.get("data", {})


def main() -> None:
    """Execute the notebooks named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="notebooks, by name or number (default: all)")
    os.environ["PLOTLY_RENDERER"] = "png"
    for path in notebooks(parser.parse_args().names):
        start = time.perf_counter()
        notebook = tidied(run(path))
        nbformat.validate(notebook)
        nbformat.write(notebook, path)
        print(f"{path.stem:<32} {time.perf_counter() - start:5.0f} s {path.stat().st_size / 1e6:6.2f} MB", flush=True)


if __name__ == "__main__":
    main()
