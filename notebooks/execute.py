"""Run the notebooks and store their outputs in them, figures as static PNGs, so that they read well on a code host.

    python notebooks/execute.py                          all of them; book/teaching.md then says what each took, and
                                                         ``metalearn course check`` compares other machines with that
    python notebooks/execute.py 01_tasks_and_omniglot    one (its number is enough)

Needs the extras ``notebooks`` and ``figures``, and Chrome or Chromium to draw the PNGs. Outputs that differ from run to
run without meaning anything are thrown away: progress bars, log lines, timings, widget state.
"""

import argparse
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from metalearn.course.calibration import TIMES, NotebookTime, Reference, time_round

FOLDER = Path(__file__).parent
TIMEOUT_S = 600
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
PROMISE = re.compile(r"\*\*Time to run:\*\* at most (\d+) seconds on two cores")
TABLE = FOLDER.parent / "book" / "teaching.md"  # where the table of measured times stands
MEASURED = re.compile(r"(?<=<!-- measured by notebooks/execute.py -->\n).*?(?=\n<!-- end -->)", re.DOTALL)
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def notebooks(names: list[str] | None = None) -> list[Path]:
    """Return the notebooks whose file names begin with one of ``names``, in order; by default all of them."""
    every = sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))
    if not names:
        return every
    for name in names:
        if not any(path.name.startswith(name) for path in every):
            raise SystemExit(f"no notebook is called {name!r}; there are {', '.join(path.stem for path in every)}")
    return [path for path in every if path.name.startswith(tuple(names))]


@dataclass(frozen=True)
class Run:
    """An executed notebook, how many seconds it took, and its peak memory in MB (None where there is no /proc)."""

    notebook: nbformat.NotebookNode
    seconds: float
    peak_mb: int | None


def budget(path: Path) -> int:
    """Return the "Time to run" that the notebook's first cell promises, in seconds."""
    found = PROMISE.search(nbformat.read(path, as_version=4).cells[0].source)
    if not found:
        raise SystemExit(f"{path.name} should say: **Time to run:** at most N seconds on two cores")
    return int(found[1])


def run(path: Path, timeout: int = TIMEOUT_S) -> Run:
    """Execute the notebook at ``path`` in its own folder. Raises nbclient's CellExecutionError if a cell fails."""
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
        coalesce_streams=True,  # what a cell prints is one output, however slowly it came
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_executed=note_memory,
    )
    # nbclient handles output widgets by itself, and can then wait for ever for a reply that it has already taken (its
    # issue 312). Without that handler, what a widget shows becomes an ordinary output of its cell: no hang, and a code
    # host can show it.
    client.comm_open_handlers = {}
    start = time.perf_counter()
    client.execute()
    return Run(notebook, time.perf_counter() - start, max(peaks) // 1024 if peaks else None)


def tidied(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return the executed notebook without the outputs that would be noise in git; it is changed in place."""
    for cell in notebook.cells:
        cell.metadata = nbformat.NotebookNode()
        if cell.cell_type == "code":
            cell.outputs = [kept for kept in map(_in_one_form, cell.outputs) if not _is_noise(kept)]
    notebook.metadata = nbformat.from_dict(METADATA)
    return notebook


def _in_one_form(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Leave the form that a code host shows: a picture rather than a page, and a page rather than a widget."""
    data = output.get("data", {})
    if "image/svg+xml" in data:
        data.pop("text/html", None)
    if "text/html" in data:
        data.pop(WIDGET_VIEW, None)
    return output


def _is_noise(output: nbformat.NotebookNode) -> bool:
    return output.get("name") == "stderr" or WIDGET_VIEW in output.get("data", {})


def write_measured(runs: dict[Path, Run]) -> None:
    """Write what each notebook took into ``book/teaching.md``, and for ``metalearn course check``."""
    lines = ["| | s | ≤ s | MB |", "|---|---|---|---|"]
    lines += [f"| {path.stem[:2]} | {run.seconds:.0f} | {budget(path)} | {run.peak_mb} |" for path, run in runs.items()]
    seconds, promised = sum(run.seconds for run in runs.values()), sum(map(budget, runs))
    first, *_, last = (path.stem[:2] for path in runs)
    lines.append(f"| {first}–{last} | {seconds:.0f} | {promised} | {max(run.peak_mb or 0 for run in runs.values())} |")
    TABLE.write_text(MEASURED.sub("\n".join(lines), TABLE.read_text("utf-8")), "utf-8")
    times = (NotebookTime(p.stem[:2], round(run.seconds), budget(p), run.peak_mb or 0) for p, run in runs.items())
    TIMES.write_text(str(Reference(time_round(), tuple(times))), "utf-8")


def main() -> None:
    """Execute the notebooks named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="notebooks, by name or number (default: all)")
    if os.environ.get("FAST") == "1":
        raise SystemExit("with FAST=1 the notebooks take fewer tasks; unset it to make the outputs that are stored")
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
    late = [path.stem for path, executed in runs.items() if executed.seconds > budget(path)]
    if late:
        raise SystemExit(f"these took longer than they promise (was the machine busy?): {', '.join(late)}")


if __name__ == "__main__":
    main()
