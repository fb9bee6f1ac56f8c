"""Execute the notebooks in place and keep their results as static pictures, so that they read well on a code host.

    python notebooks/execute.py                          all of them; the READMEs then say what each took
    python notebooks/execute.py 01_tasks_and_omniglot    one (its number is enough)

Needs the extras ``notebooks`` and ``figures``, and a Chrome or Chromium for the pictures. What differs from run to run
without meaning anything is not kept: progress bars, log lines, timings, widget state.
"""

import argparse
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent
TIMEOUT_S = 600
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
PROMISE = re.compile(r"\*\*Time to run:\*\* at most (\d+) seconds on two cores")
READMES = [FOLDER.parent / name for name in ("README.md", "README.zh-CN.md")]
MEASURED = re.compile(r"(?<=<!-- measured by notebooks/execute.py -->\n).*?(?=\n<!-- end -->)", re.DOTALL)
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


@dataclass(frozen=True)
class Run:
    """An executed notebook, the seconds it took, and the peak of its memory in MB (None where Linux does not tell)."""

    notebook: nbformat.NotebookNode
    seconds: float
    peak_mb: int | None


def budget(path: Path) -> int:
    """Return how many seconds the notebook promises to take at most."""
    found = PROMISE.search(nbformat.read(path, as_version=4).cells[0].source)
    if not found:
        raise SystemExit(f"{path.name} should say: **Time to run:** at most N seconds on two cores")
    return int(found[1])


def run(path: Path, timeout: int = TIMEOUT_S) -> Run:
    """Execute the notebook at ``path`` in its own folder; nbclient's CellExecutionError if a cell fails."""
    notebook = nbformat.read(path, as_version=4)
    peaks: list[int] = []

    def note_memory(**about: object) -> None:
        status = Path(f"/proc/{client.km.provisioner.pid}/status")
        if status.exists():
            peaks.append(int(re.findall(r"VmHWM:\s+(\d+)", status.read_text())[0]))

    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_executed=note_memory,
    )
    # nbclient's stand-in for output widgets can swallow the reply it waits for, and then hangs (its issue 312). Without
    # it, what a widget shows is an output of its cell like any other, which is what a code host can show.
    client.comm_open_handlers = {}
    start = time.perf_counter()
    client.execute()
    return Run(notebook, time.perf_counter() - start, max(peaks) // 1024 if peaks else None)


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


def write_measured(runs: dict[Path, Run]) -> None:
    """Write what each notebook took into the READMEs."""
    lines = ["| | s | ≤ s | MB |", "|---|---|---|---|"]
    lines += [f"| {path.stem[:2]} | {run.seconds:.0f} | {budget(path)} | {run.peak_mb} |" for path, run in runs.items()]
    seconds, promised = sum(run.seconds for run in runs.values()), sum(map(budget, runs))
    lines.append(f"| 00–09 | {seconds:.0f} | {promised} | {max(run.peak_mb or 0 for run in runs.values())} |")
    for readme in READMES:
        readme.write_text(MEASURED.sub("\n".join(lines), readme.read_text("utf-8")), "utf-8")


def main() -> None:
    """Execute the notebooks named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="notebooks, by name or number (default: all)")
    if os.environ.get("FAST") == "1":
        raise SystemExit("FAST=1 is for trying out; the pictures that are kept come from notebooks as they are")
    os.environ["PLOTLY_RENDERER"] = "png"
    names = parser.parse_args().names
    runs = {}
    for path in notebooks(names):
        runs[path] = executed = run(path)
        notebook = tidied(executed.notebook)
        nbformat.validate(notebook)
        nbformat.write(notebook, path)
        size = path.stat().st_size / 1e6
        print(f"{path.stem:<32} {executed.seconds:5.0f} s {executed.peak_mb} MB, file {size:.2f} MB", flush=True)
    if not names:
        write_measured(runs)


if __name__ == "__main__":
    main()
