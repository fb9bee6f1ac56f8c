"""What the subcommands do: each reads its options, and leaves the work to the library."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metalearn import __version__
from metalearn._files import cache_dir, user_path
from metalearn.cli.checks import output_file, output_folder, unread
from metalearn.errors import MetalearnError

if TYPE_CHECKING:
    from metalearn.characters.character_set import CharacterSet

Result = dict[str, Any]
LONGEST_GOODBYE_S = 20  # the dashboard's server, which may be amid a step of a training
LOCAL = ("localhost", "127.0.0.1")
SHADES = " ░▒▓█"  # from no ink to much
BLOCKS = " ▀▄█"  # by which of two pixels, one above the other, are inked: none, the upper, the lower, both


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
    from metalearn.characters.omniglot import fetch_omniglot

    return _describe(fetch_omniglot())


def import_data(options: argparse.Namespace) -> Result:
    """Read Omniglot from a folder into the cache; or check a folder of other images."""
    from metalearn.characters.image_folder import load_folder
    from metalearn.characters.omniglot import holds_omniglot, import_omniglot

    path = user_path(options.path)
    if holds_omniglot(path):
        return _describe(import_omniglot(path))
    return {**_describe(load_folder(path)), "use_it_with": f"--data-dir {path}"}


def preview_data(options: argparse.Namespace) -> Result:
    """Draw a few characters in the terminal; or show what is read of a folder."""
    import numpy as np

    from metalearn.characters.omniglot import holds_omniglot
    from metalearn.cli.preview import preview_folder

    if len(options.characters) == 1:
        path = user_path(options.characters[0])
        if path.exists() and not holds_omniglot(path):
            return preview_folder(path)
    if options.characters:
        unread(options, "named characters", "seed")
    characters = _data(options)
    at_random = np.random.default_rng(options.seed).permutation(len(characters))[:4]
    positions = characters.find(options.characters) if options.characters else at_random
    names = [characters.characters[i] for i in positions]
    return {"characters": names, "picture": _in_blocks(names, [characters.images[i, 0] for i in positions])}


def _in_blocks(names: list[str], images: list[Any]) -> str:
    """Draw 28 x 28 images as text, four in a row; a letter is a block that shows two pixels, one above the other."""
    lines: list[str] = []
    for start in range(0, len(names), 4):
        row = [image > 80 for image in images[start : start + 4]]
        lines.append("  ".join(f"{name[:28]:28}" for name in names[start : start + 4]).rstrip())
        for y in range(0, 28, 2):
            lines.append("  ".join("".join(BLOCKS[p[y, x] + 2 * p[y + 1, x]] for x in range(28)) for p in row).rstrip())
    return "\n".join(lines)


def train(options: argparse.Namespace) -> Result:
    """Train a learner, fit an embedding, or make everything that ships."""
    from metalearn.cli.own import is_own, own_learner
    from metalearn.pretrained import release
    from metalearn.pretrained.embedders import make_embedder
    from metalearn.pretrained.starts import compare_starts
    from metalearn.pretrained.train_recipe import make_learner, train_own
    from metalearn.training import distributed
    from metalearn.training._malloc import keep_freed_memory

    _check_train(options)
    own = own_learner(options.learner) if is_own(options.learner) else None
    characters = _data(options)
    keep_freed_memory()
    with distributed.together():
        if options.recipe == "all":
            distributed.alone("a recipe of many pieces")
            return release.make_all(characters, options.output, options.seed)
        if own is not None:
            output = options.output / options.learner.rpartition(":")[2]
            return train_own(own, characters, options.split, output, options.seed, options.meta_steps)
        if options.embedding:
            distributed.alone("the fitting of an embedding")
            return make_embedder(options.embedding, characters, options.split, options.output, options.seed)
        if options.start == "both":
            distributed.alone("the comparison of two starts")
            settings = {"seed": options.seed, "meta_steps": options.meta_steps}
            return compare_starts(options.learner, characters, options.split, options.output, **settings)
        made = make_learner(
            options.learner,
            characters,
            options.split,
            options.output,
            seed=options.seed,
            meta_steps=options.meta_steps,
            world=options.world,
        )
    return made | {"trained_on": f"{len(made['trained_on']):,} characters"}  # their names are in the file


def _check_train(options: argparse.Namespace) -> None:
    """Raise MetalearnError for what can be refused before anything is read."""
    from metalearn.cli.own import is_own
    from metalearn.pretrained.embedders import find_family
    from metalearn.pretrained.worlds import find_world

    if options.recipe:
        unread(options, "--recipe", "split", "world", "meta_steps", "start")
    elif options.embedding:
        unread(options, "--embedding", "world", "meta_steps", "device", "start")
        find_family(options.embedding)
    elif is_own(options.learner):
        unread(options, "a learner of your own", "world", "start")
    elif options.start == "both":
        unread(options, "--start both", "world")
    else:
        find_world(options.world).recipe(options.learner)
    output_folder(options.output)


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
    output_file(options.output, ".csv", ".npy")
    characters = _data(options)
    start = time.perf_counter()
    tasks = all_character_tasks(characters, options.split, drawings=drawings, seed=options.seed)
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
        "seed": options.seed,
        "seconds": round(seconds, 2),
        "output": str(options.output),
    }


def _write_matrix(path: Path, names: Sequence[str], matrix: Any) -> None:
    import csv
    import io

    import numpy as np

    from metalearn._files import write_atomically

    if path.suffix == ".npy":
        buffer = io.BytesIO()
        np.save(buffer, matrix, allow_pickle=False)
        write_atomically(path, buffer.getvalue())
    else:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["task", *(f"e{i}" for i in range(matrix.shape[1]))])
        writer.writerows([name, *(f"{value:.6g}" for value in row)] for name, row in zip(names, matrix, strict=True))
        write_atomically(path, text.getvalue().encode())


def evaluate(options: argparse.Namespace) -> Result:
    """Measure a learner's accuracy, or what an embedding knows."""
    from metalearn.cli.own import is_own, own_learner
    from metalearn.pretrained.reports import lake_runs_error

    _check_evaluate(options)
    if options.protocol == "lake-runs":
        own = own_learner(options.learner) if is_own(options.learner) else None
        return lake_runs_error(options.learner, options.split, options.runs, options.seed, own)
    return _evaluate_embedding(options) if options.embedding else _evaluate_learner(options)


def _evaluate_embedding(options: argparse.Namespace) -> Result:
    from metalearn.cli.own import is_own, own_embedder
    from metalearn.pretrained.embedders import find_family
    from metalearn.pretrained.reports import embedding_table

    name, own = options.embedding, is_own(options.embedding)
    if not own:
        find_family(name)
    characters = _data(options)
    embedder = own_embedder(name, characters, options.split) if own else None
    return embedding_table(name, characters, options.split, options.seed, own=embedder)


def _evaluate_learner(options: argparse.Namespace) -> Result:
    import numpy as np

    from metalearn.characters.splits import split
    from metalearn.cli.own import find_learner
    from metalearn.pretrained.learners import best_learner
    from metalearn.pretrained.reports import learner_accuracy, world_accuracy
    from metalearn.pretrained.seen import count_seen

    name = options.learner or best_learner(options.split, options.world)
    learner, characters = find_learner(name, options.split, options.world), _data(options)
    tested = np.arange(len(characters)) if options.classes == "all" else split(characters, options.split).test
    seen = count_seen(learner, name, characters, tested, options.allow_seen)
    if options.world != "characters":
        settings = {"tasks": options.tasks, "steps": options.steps, "seed": options.seed}
        found = world_accuracy(learner, name, characters, options.split, options.world, **settings)
        return found | {"seen_in_training": seen}
    found = learner_accuracy(
        learner,
        name,
        characters,
        options.split,
        tested,
        within_alphabet=options.protocol == "within-alphabet",
        ways=options.ways,
        shots=options.shots,
        queries=options.queries,
        tasks=options.tasks,
        steps=options.steps,
        seed=options.seed,
    )
    return found | {"classes": options.classes, "seen_in_training": seen}


def _check_evaluate(options: argparse.Namespace) -> None:
    """Raise MetalearnError for options that contradict each other, or that nothing would read."""
    from metalearn.pretrained.worlds import find_world

    of_episodes = ("ways", "shots", "queries", "classes")
    of_learners = ("tasks", "steps", "allow_seen")
    if options.embedding:
        unread(options, "--embedding", "world", "protocol", "runs", "device", *of_episodes, *of_learners)
    elif options.world != "characters":
        find_world(options.world)
        unread(options, "--world", "protocol", "runs", *of_episodes)
    elif options.protocol == "lake-runs":
        unread(options, "--protocol lake-runs", "seed", "data_dir", *of_episodes, *of_learners)
        check_split(options)
        if options.runs is None:
            raise MetalearnError("--protocol lake-runs needs the folder with the runs: --runs DIR")
    elif options.runs:
        raise MetalearnError("--runs goes with --protocol lake-runs")


def check_split(options: argparse.Namespace) -> None:
    """Raise MetalearnError for a split beside a learner that is not looked for by its split."""
    from metalearn.pretrained.recipes import RECIPES

    if options.learner and options.learner not in RECIPES:
        unread(options, "a learner of your own", "split")


def compare(options: argparse.Namespace) -> Result:
    """Measure a named table."""
    from metalearn._files import write_atomically
    from metalearn.plots.result_tables import table_figure
    from metalearn.pretrained.measure_tables import Setting, check_table, measure_table

    check_table(options.table, options.tasks)
    if options.table == "families":
        unread(options, "--table families", "tasks")
    output_folder(options.output, *(options.table + suffix for suffix in (".json", ".csv", ".html")))
    rows = measure_table(options.table, Setting(_data(options), options.tasks, options.seed), options.output)
    page = table_figure(options.table, rows).to_html(include_plotlyjs=True)
    write_atomically(options.output / f"{options.table}.html", page.encode())
    return {"table": options.table, "output": str(options.output), "rows": rows}


def benchmark(options: argparse.Namespace) -> Result:
    """Time the kit and plain code that does the same; or measure what many tasks cost."""
    from metalearn._files import write_atomically
    from metalearn.benchmark import cases, growth, scaling, timing
    from metalearn.training._malloc import keep_freed_memory

    if options.figure:
        output_file(options.figure, ".html")
    if options.scale:
        scaling.check()
    characters = _data(options)
    keep_freed_memory()  # as the command does in training
    of = timing.machine()
    grown = growth.measure(characters) if options.scale else []  # first: it is short, and fails early if at all
    rows = scaling.measure(characters) if options.scale else cases.run(characters, 1e9 * of["gflops"])
    if options.figure:
        drawn = [growth.figure(grown), scaling.figure(rows)] if options.scale else [timing.figure(rows, of)]
        pages = [figure.to_html(full_html=False, include_plotlyjs=figure is drawn[0]) for figure in drawn]
        write_atomically(options.figure, "\n".join(['<meta charset="utf-8">', *pages]).encode())
    return {"machine": of, "data": characters.name, "scale": options.scale, "growth": grown, "rows": rows}


def adapt(options: argparse.Namespace) -> Result:
    """Adapt a learner to some characters, and report every step."""
    import torch

    from metalearn._device import find_device
    from metalearn.cli.own import find_learner, is_own
    from metalearn.tasks.single_task import make_task

    check_split(options)
    learner = find_learner(options.learner, options.split)
    characters = _data(options)
    chosen = characters.find(options.characters)
    task = make_task(characters, chosen, options.shots, options.queries, options.seed)
    with torch.no_grad():
        trajectory = learner.to(find_device()).adapt(task, steps=options.steps)
    losses, accuracies = trajectory.support_loss[:, 0].tolist(), trajectory.query_accuracy[:, 0].tolist()
    return {
        "characters": options.characters,
        "data": characters.name,
        "split": None if is_own(options.learner) else options.split,
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
    import importlib.util

    from metalearn._front_ends import EVERYWHERE, front_ends

    home = front_ends()
    if importlib.util.find_spec("streamlit") is None:
        raise MetalearnError("the dashboard needs Streamlit; install the kit with it: metalearn-kit[all]")
    base = (options.base_path or "").strip("/")
    shown = "localhost" if options.host in EVERYWHERE else options.host
    address = f"http://{shown}:{options.port}" + (f"/{base}" if base else "")
    _check_port(options.host, options.port)
    environment = dict(os.environ)
    if options.data_dir:
        _data(options)  # what cannot be read is said here, and not on every page
    environment["METALEARN_CACHE"] = str(cache_dir())  # the server runs in another folder: full paths
    if data := options.data_dir or environment.get("METALEARN_DATA"):
        environment["METALEARN_DATA"] = "glyphs" if str(data) == "glyphs" else str(user_path(data))
    print(f"metalearn: the dashboard is at {address} (stop it with Ctrl-C)", file=sys.stderr)
    if options.host not in LOCAL:
        print("metalearn: whoever can reach this machine can use it: it has no log-in", file=sys.stderr)
    command = [sys.executable, "-m", "dashboard", f"--server.port={options.port}", f"--server.address={options.host}"]
    command.append(f"--server.headless={str(options.no_browser).lower()}")
    command += [f"--server.baseUrlPath={base}"] if base else []
    for name in (*LOCAL, options.host, *options.allowed_host):
        command.append(f"--server.allowedHosts={name}")
    for name in options.allowed_host:  # a proxy may ask in its own name, and pass on where the page came from
        command.append(f"--server.corsAllowedOrigins=https://{name}")
    # From there, Streamlit reads .streamlit/config.toml, and Python finds the package ``dashboard``.
    return {"address": address, "exit_code": _serve(command, environment, home)}


def _serve(command: list[str], environment: dict[str, str], folder: Path) -> int:
    """Run the server until it ends, and return its exit code; whoever ends this command ends the server too."""
    import signal
    import subprocess

    with subprocess.Popen(command, env=environment, cwd=folder) as server:
        signal.signal(signal.SIGTERM, lambda *_: server.terminate())
        try:
            return server.wait()
        except KeyboardInterrupt:  # a terminal interrupts the server too; other programs only this command
            server.terminate()
            try:
                server.wait(LONGEST_GOODBYE_S)
            except subprocess.TimeoutExpired:
                server.kill()
            raise


def _check_port(host: str, port: int) -> None:
    import socket

    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise MetalearnError(
                "port {port} cannot be used ({error}); choose another with --port N", port=port, error=str(error)
            ) from error
