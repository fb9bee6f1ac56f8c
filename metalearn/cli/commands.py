"""What the subcommands do: each reads its options, and leaves the work to the library."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metalearn import __version__
from metalearn.errors import MetalearnError

if TYPE_CHECKING:
    from metalearn.characters.character_set import CharacterSet

Result = dict[str, Any]


def _data(options: argparse.Namespace) -> "CharacterSet":
    from metalearn.characters.load import load_characters

    return load_characters(options.data_dir)


def info(options: argparse.Namespace) -> Result:
    """Say what is installed, found and shipped."""
    import platform
    from importlib.metadata import version

    import torch

    from metalearn._clash import clash
    from metalearn.characters.load import load_characters
    from metalearn.pretrained import release
    from metalearn.pretrained.embedders import FAMILIES
    from metalearn.pretrained.recipes import RECIPES

    other = clash()
    packages = ("torch", "torchvision", "numpy", "scikit-learn", "umap-learn", "plotly")
    return {
        "version": __version__,
        **({"warning": other} if other else {}),
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
        "device": torch.cuda.get_device_name()
        if torch.cuda.is_available()
        else f"cpu, {torch.get_num_threads()} threads",
        "data": str(load_characters(options.data_dir, download=False)),
        "artifacts": release.shipped(),
        "learners": {name: recipe.title for name, recipe in RECIPES.items()},
        "embeddings": {name: family.title for name, family in FAMILIES.items()},
    }


def data_info(options: argparse.Namespace) -> Result:
    """Say which characters are used."""
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
    from metalearn.characters.omniglot import load_omniglot

    return _describe(load_omniglot())


def import_data(options: argparse.Namespace) -> Result:
    """Read Omniglot from a folder into the cache; or check a folder of other images."""
    from metalearn.characters.image_folder import load_folder
    from metalearn.characters.omniglot import holds_omniglot, import_omniglot

    if holds_omniglot(options.path):
        return _describe(import_omniglot(options.path))
    return {**_describe(load_folder(options.path)), "use_it_with": f"--data-dir {options.path}"}


def preview_data(options: argparse.Namespace) -> Result:
    """Draw a few characters in the terminal."""
    import numpy as np

    characters = _data(options)
    at_random = np.random.default_rng(options.seed).permutation(len(characters))[:4]
    positions = characters.find(options.characters) if options.characters else at_random
    names = [characters.characters[i] for i in positions]
    return {"characters": names, "picture": _in_blocks(names, [characters.images[i, 0] for i in positions])}


def _in_blocks(names: list[str], images: list[Any]) -> str:
    """Draw 28 x 28 images as text, four in a row; a letter is a block that shows two pixels, one above the other."""
    blocks = " ▄▀█"
    lines: list[str] = []
    for start in range(0, len(names), 4):
        row = [image > 80 for image in images[start : start + 4]]
        lines.append("  ".join(f"{name[:28]:28}" for name in names[start : start + 4]).rstrip())
        for y in range(0, 28, 2):
            lines.append("  ".join("".join(blocks[2 * p[y, x] + p[y + 1, x]] for x in range(28)) for p in row).rstrip())
    return "\n".join(lines)


def train(options: argparse.Namespace) -> Result:
    """Train a learner, fit an embedding, or make everything that ships."""
    from metalearn.cli.own import is_own, own_learner
    from metalearn.pretrained import release
    from metalearn.pretrained.embedders import make_embedder
    from metalearn.pretrained.train_recipe import make_learner, train_own
    from metalearn.training import distributed
    from metalearn.training._malloc import keep_freed_memory

    if options.world != "characters" and (options.learner is None or is_own(options.learner)):
        raise MetalearnError("--world goes with --learner and a learner of the kit")
    characters = _data(options)
    keep_freed_memory()
    with distributed.together():
        if options.recipe == "all":
            distributed.alone("a recipe of many pieces")
            return release.make_all(characters, options.output, options.seed)
        if is_own(options.learner):
            learner, output = own_learner(options.learner), options.output / options.learner.rpartition(":")[2]
            return train_own(learner, characters, options.split, output, options.seed, options.meta_steps)
        if options.embedding:
            distributed.alone("the fitting of an embedding")
            return make_embedder(options.embedding, characters, options.split, options.output, options.seed)
        return make_learner(
            options.learner,
            characters,
            options.split,
            options.output,
            seed=options.seed,
            meta_steps=options.meta_steps,
            world=options.world,
        )


def embed(options: argparse.Namespace) -> Result:
    """Embed every character task and write the matrix."""
    import time

    import numpy as np
    import torch
    from sklearn.pipeline import make_pipeline

    from metalearn.cli.own import is_own, own_embedder
    from metalearn.pretrained.embedders import find_family, load_embedder
    from metalearn.tasks.character_tasks import all_character_tasks
    from metalearn.training import distributed

    drawings = None if is_own(options.embedding) else find_family(options.embedding).drawings
    if options.output.suffix not in (".csv", ".npy"):
        raise MetalearnError("{output} should end in .csv or .npy", output=options.output)
    if not options.output.parent.is_dir():
        raise MetalearnError("there is no folder {parent}", parent=options.output.parent)
    characters = _data(options)
    start = time.perf_counter()
    tasks = all_character_tasks(characters, options.split, drawings=drawings)
    if is_own(options.embedding):
        embedder = make_pipeline(own_embedder(options.embedding, characters, options.split))
    else:
        embedder = load_embedder(options.embedding, options.split)
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

    from metalearn._files import write_atomically

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
    from metalearn.cli.own import is_own, own_embedder, own_learner
    from metalearn.pretrained.reports import embedding_table, lake_runs_error, learner_accuracy

    own = own_learner(options.learner) if is_own(options.learner) else None
    if options.protocol == "lake-runs":
        if options.embedding:
            raise MetalearnError("--protocol lake-runs measures a learner, and not an embedding")
        if options.runs is None:
            raise MetalearnError("--protocol lake-runs needs the folder with the runs: --runs DIR")
        return lake_runs_error(options.learner, options.split, options.runs, options.seed, own)
    characters = _data(options)
    if options.embedding:
        name = options.embedding
        embedder = own_embedder(name, characters, options.split) if is_own(name) else None
        return embedding_table(name, characters, options.split, options.seed, own=embedder)
    return learner_accuracy(
        options.learner,
        characters,
        options.split,
        own=own,
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
    from metalearn._files import write_atomically
    from metalearn.plots.result_tables import table_figure
    from metalearn.pretrained.measure_tables import Setting, measure_table

    rows = measure_table(options.table, Setting(_data(options), options.tasks, options.seed), options.output)
    page = table_figure(options.table, rows).to_html(include_plotlyjs=True)
    write_atomically(options.output / f"{options.table}.html", page.encode())
    return {"table": options.table, "output": str(options.output), "rows": rows}


def benchmark(options: argparse.Namespace) -> Result:
    """Time the kit and plain code that does the same; or measure what many tasks cost."""
    from metalearn._files import write_atomically
    from metalearn.benchmark import cases, scaling, timing
    from metalearn.training._malloc import keep_freed_memory

    characters = _data(options)
    keep_freed_memory()  # as the command does in training
    of = timing.machine()
    rows = scaling.measure(characters) if options.scale else cases.run(characters, 1e9 * of["gflops"])
    if options.figure:
        drawn = scaling.figure(rows) if options.scale else timing.figure(rows, of)
        write_atomically(options.figure, drawn.to_html(include_plotlyjs=True).encode())
    return {"machine": of, "data": characters.name, "scale": options.scale, "rows": rows}


def adapt(options: argparse.Namespace) -> Result:
    """Adapt a learner to some characters, and report every step."""
    import torch

    from metalearn.cli.own import is_own, own_learner
    from metalearn.pretrained.learners import load_learner
    from metalearn.tasks.single_task import make_task

    characters = _data(options)
    chosen = characters.find(options.characters)
    task = make_task(characters, chosen, options.shots, options.queries, options.seed)
    own = is_own(options.learner)
    learner = own_learner(options.learner) if own else load_learner(options.learner, options.split)
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


def course(options: argparse.Namespace) -> Result:
    """Put the notebooks into a folder of the user's."""
    import shutil

    from metalearn._front_ends import front_ends

    source = front_ends() / "notebooks"
    files = [path for path in sorted(source.iterdir()) if path.suffix in (".ipynb", ".md") or path.name == "LICENSE"]
    files += sorted((source / "figures").glob("*.svg"))
    there = [path.name for path in files if (options.folder / path.relative_to(source)).exists()]
    if there:
        raise MetalearnError(
            "{folder} holds {name} already; name another folder, or move it away", folder=options.folder, name=there[0]
        )
    try:
        (options.folder / "figures").mkdir(parents=True, exist_ok=True)
        for path in files:
            shutil.copyfile(path, options.folder / path.relative_to(source))
    except OSError as error:
        raise MetalearnError(
            "the course cannot be written to {folder} ({error})", folder=options.folder, error=str(error)
        ) from error
    return {"folder": str(options.folder), "notebooks": sum(path.suffix == ".ipynb" for path in files)}


def dashboard(options: argparse.Namespace) -> Result:
    """Serve the dashboard until it is stopped."""
    import importlib.util
    import signal
    import subprocess

    from metalearn._front_ends import front_ends

    home = front_ends()
    if importlib.util.find_spec("streamlit") is None:
        raise MetalearnError("the dashboard needs Streamlit; install the kit with it: metalearn-kit[all]")
    address = f"http://localhost:{options.port}"
    _check_port(options.port)
    environment = dict(os.environ)
    if options.data_dir:
        environment["METALEARN_DATA"] = str(options.data_dir.expanduser().resolve())
    print(f"metalearn: the dashboard is at {address} (stop it with Ctrl-C)", file=sys.stderr)
    app = str(home / "dashboard" / "app.py")
    command = [sys.executable, "-m", "streamlit", "run", app, f"--server.port={options.port}"]
    command.append(f"--server.headless={str(options.no_browser).lower()}")
    # From there, Streamlit reads .streamlit/config.toml, and Python finds the package ``dashboard``.
    with subprocess.Popen(command, env=environment, cwd=home) as server:
        signal.signal(signal.SIGTERM, lambda *_: server.terminate())  # who ends this command ends the server too
        return {"address": address, "exit_code": server.wait()}


def _check_port(port: int) -> None:
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise MetalearnError(
                "port {port} cannot be used ({error}); choose another with --port N", port=port, error=str(error)
            ) from error
