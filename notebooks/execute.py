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
from typing import Any

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent
TIMEOUT_S = 600
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
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
        resources={"metadata": {"path": str(path.parent)}},
    )
    return client.execute()


def tidied(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return the executed notebook without what is noise in git, and with what its widgets show as plain outputs."""
    widgets = notebook.metadata.get("widgets", {}).get(WIDGET_STATE, {}).get("state", {})
    for cell in notebook.cells:
        cell.metadata = nbformat.NotebookNode()
        if cell.cell_type == "code":
            cell.outputs = [kept for output in cell.outputs for kept in _plain(output, widgets)]
    notebook.metadata = nbformat.from_dict(METADATA)
    return notebook


def _plain(output: nbformat.NotebookNode, widgets: dict[str, Any]) -> list[nbformat.NotebookNode]:
    if output.get("name") == "stderr":
        return []
    if WIDGET_VIEW not in output.get("data", {}):
        return [output]
    shown = _shown_by(output["data"][WIDGET_VIEW]["model_id"], widgets)
    return [plain for each in shown for plain in _plain(nbformat.from_dict(each), widgets)]


def _shown_by(model: str, widgets: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the outputs inside a widget: a code host shows those, and not the widget."""
    state = widgets.get(model, {}).get("state", {})
    children = [child.removeprefix("IPY_MODEL_") for child in state.get("children", [])]
    return list(state.get("outputs", [])) + [shown for child in children for shown in _shown_by(child, widgets)]


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
