"""What the subcommands do: each gathers what it was asked for and hands it to the library."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metalearn import __version__
from metalearn.errors import MetalearnError

if TYPE_CHECKING:
    from metalearn.data import CharacterSet

Result = dict[str, Any]


def _data(options: argparse.Namespace) -> "CharacterSet":
    from metalearn import data

    return data.load(options.data_dir)


def info(options: argparse.Namespace) -> Result:
    """Say what is installed, found and shipped."""
    import platform
    from importlib.metadata import version

    import torch

    from metalearn import data, families, recipes, shipping

    packages = ("torch", "torchvision", "numpy", "scikit-learn", "umap-learn", "plotly")
    return {
        "version": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
        "device": torch.cuda.get_device_name()
        if torch.cuda.is_available()
        else f"cpu, {torch.get_num_threads()} threads",
        "data": str(data.load(options.data_dir, download=False)),
        "artifacts": shipping.shipped(),
        "learners": {name: recipe.title for name, recipe in recipes.RECIPES.items()},
        "embeddings": {name: family.title for name, family in families.FAMILIES.items()},
    }


def data_info(options: argparse.Namespace) -> Result:
    """Say which data is used."""
    return _describe(_data(options))


def _describe(characters: "CharacterSet") -> Result:
    return {
        "data": characters.name,
        "source": characters.source,
        "characters": len(characters),
        "alphabets": len(characters.alphabet_names),
        "drawings": int(characters.counts.max()),
        "fewest_drawings": int(characters.counts.min()),
        "citation": characters.citation,
    }


def download_data(options: argparse.Namespace) -> Result:
    """Fetch Omniglot into the cache."""
    from metalearn import data

    return _describe(data.omniglot())


def import_data(options: argparse.Namespace) -> Result:
    """Read Omniglot from a folder into the cache; or check a folder of other images."""
    from metalearn import data

    if data.holds_omniglot(options.path):
        return _describe(data.import_omniglot(options.path))
    return {**_describe(data.folder(options.path)), "use_it_with": f"--data-dir {options.path}"}


def preview_data(options: argparse.Namespace) -> Result:
    """Draw a few characters in the terminal."""
    import numpy as np

    characters = _data(options)
    at_random = np.random.default_rng(options.seed).permutation(len(characters))[:4]
    chosen = characters.find(options.characters) if options.characters else at_random
    names = [characters.characters[i] for i in chosen]
    return {"characters": names, "picture": _in_blocks(names, [characters.images[i, 0] for i in chosen])}


def _in_blocks(names: list[str], pictures: list[Any]) -> str:
    """Draw 28 x 28 pictures, four in a row, with half-height blocks: two pixels above each other in one letter."""
    blocks = " ▄▀█"
    lines: list[str] = []
    for start in range(0, len(names), 4):
        row = [picture > 80 for picture in pictures[start : start + 4]]
        lines.append("  ".join(f"{name[:28]:28}" for name in names[start : start + 4]).rstrip())
        for y in range(0, 28, 2):
            lines.append("  ".join("".join(blocks[2 * p[y, x] + p[y + 1, x]] for x in range(28)) for p in row).rstrip())
    return "\n".join(lines)


def train(options: argparse.Namespace) -> Result:
    """Train a learner, fit an embedding, or make everything that ships."""
    from metalearn import distributed, families, making, shipping

    characters = _data(options)
    with distributed.together():
        if options.recipe == "all":
            distributed.alone("a recipe of many pieces")
            return shipping.make_all(characters, options.output, options.seed)
        if options.embedding:
            distributed.alone("the fitting of an embedding")
            return families.make_embedder(options.embedding, characters, options.split, options.output, options.seed)
        return making.make_learner(
            options.learner,
            characters,
            options.split,
            options.output,
            options.seed,
            options.meta_steps,
            options.questions,
        )


def embed(options: argparse.Namespace) -> Result:
    """Embed every character task and write the matrix."""
    import time

    import numpy as np
    import torch

    from metalearn import distributed, families

    family = families.family(options.embedding)
    if options.output.suffix not in (".csv", ".npy"):
        raise MetalearnError(f"{options.output} should end in .csv or .npy")
    if not options.output.parent.is_dir():
        raise MetalearnError(f"there is no folder {options.output.parent}")
    characters = _data(options)
    start = time.perf_counter()
    tasks = families.character_tasks(characters, options.split, drawings=family.drawings)
    embedder = families.load_embedder(options.split, options.embedding)
    with distributed.together():
        share = distributed.ShareOfTasks(tasks)
        rows = share.all_rows(torch.from_numpy(embedder[0].transform(share))).numpy()
        embedding = np.asarray(embedder[1:].transform(rows) if len(embedder) > 1 else rows)
        seconds = time.perf_counter() - start
        if distributed.first():
            _write_matrix(options.output, characters.characters, embedding)
    return {
        "embedding": options.embedding,
        "tasks": len(embedding),
        "dimensions": embedding.shape[1],
        "data": characters.name,
        "split": options.split,
        "seconds": round(seconds, 2),
        "output": str(options.output),
    }


def _write_matrix(path: Path, names: Sequence[str], matrix: Any) -> None:
    import io

    import numpy as np

    from metalearn.files import write_atomically

    if path.suffix == ".npy":
        buffer = io.BytesIO()
        np.save(buffer, matrix, allow_pickle=False)
        write_atomically(path, buffer.getvalue())
    else:
        head = ",".join(["task", *(f"e{i}" for i in range(matrix.shape[1]))])
        rows = (",".join([name, *(f"{value:.6g}" for value in row)]) for name, row in zip(names, matrix, strict=True))
        write_atomically(path, "\n".join([head, *rows, ""]).encode())


def evaluate(options: argparse.Namespace) -> Result:
    """Measure a learner's accuracy, or what an embedding knows."""
    from metalearn import report

    if options.protocol == "lake-runs":
        if options.runs is None:
            raise MetalearnError("--protocol lake-runs needs the folder with the runs: --runs DIR")
        return report.lake_runs_error(options.learner, options.split, options.runs, options.seed)
    characters = _data(options)
    if options.embedding:
        return report.embedding_table(options.embedding, characters, options.split, options.seed)
    return report.learner_accuracy(
        options.learner,
        characters,
        options.split,
        within_alphabet=options.protocol == "within-alphabet",
        ways=options.ways,
        shots=options.shots,
        queries=options.queries,
        tasks=options.tasks,
        steps=options.steps,
        seed=options.seed,
    )


def compare(options: argparse.Namespace) -> Result:
    """Measure a named table."""
    from metalearn import compare, tables
    from metalearn.files import write_atomically

    rows = compare.run(options.table, compare.Setting(_data(options), options.tasks, options.seed), options.output)
    page = tables.figure(options.table, rows).to_html(include_plotlyjs=True)
    write_atomically(options.output / f"{options.table}.html", page.encode())
    return {"table": options.table, "output": str(options.output), "rows": rows}


def benchmark(options: argparse.Namespace) -> Result:
    """Time the kit beside the plain way; or what many tasks cost."""
    from metalearn import benchmark, scale
    from metalearn.files import write_atomically

    characters = _data(options)
    of = benchmark.machine()
    rows = scale.measure(characters) if options.scale else benchmark.run(characters)
    if options.figure:
        drawn = scale.figure(rows) if options.scale else benchmark.figure(rows, of)
        write_atomically(options.figure, drawn.to_html(include_plotlyjs=True).encode())
    return {"machine": of, "data": characters.name, "scale": options.scale, "rows": rows}


def adapt(options: argparse.Namespace) -> Result:
    """Adapt a learner to characters and say how that went."""
    import torch

    from metalearn import recipes
    from metalearn.tasks import task_of

    characters = _data(options)
    chosen = characters.find(options.characters)
    task = task_of(characters, chosen, options.shots, options.queries, options.seed)
    learner = recipes.load_learner(options.learner, options.split)
    with torch.no_grad():
        trajectory = learner.adapt(task, steps=options.steps)
    losses, accuracies = trajectory.support_loss[:, 0].tolist(), trajectory.query_accuracy[:, 0].tolist()
    return {
        "characters": options.characters,
        "data": characters.name,
        "split": options.split,
        "learner": options.learner,
        "shots": options.shots,
        "queries": options.queries,
        "seed": options.seed,
        "steps": [
            {"support_loss": loss, "query_accuracy": accuracy}
            for loss, accuracy in zip(losses, accuracies, strict=True)
        ],
    }


def dashboard(options: argparse.Namespace) -> Result:
    """Serve the dashboard until it is stopped."""
    import signal
    import subprocess

    app = Path(__file__).parents[2] / "dashboard" / "app.py"
    if not app.exists():
        raise MetalearnError("the dashboard comes with the repository: clone it and install with 'pip install -e .'")
    address = f"http://localhost:{options.port}"
    _check_port(options.port)
    environment = dict(os.environ)
    if options.data_dir:
        environment["METALEARN_DATA"] = str(options.data_dir.expanduser().resolve())
    print(f"metalearn: the dashboard is at {address} (stop it with Ctrl-C)", file=sys.stderr)
    command = [sys.executable, "-m", "streamlit", "run", str(app), f"--server.port={options.port}"]
    command.append(f"--server.headless={str(options.no_browser).lower()}")
    # From the repository's root: Streamlit reads .streamlit/config.toml from the folder it is started in.
    with subprocess.Popen(command, env=environment, cwd=app.parent.parent) as server:
        signal.signal(signal.SIGTERM, lambda *_: server.terminate())  # who ends this command ends the server too
        return {"address": address, "exit_code": server.wait()}


def _check_port(port: int) -> None:
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise MetalearnError(f"port {port} cannot be used ({error}); choose another with --port N") from error
