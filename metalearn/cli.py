"""The ``metalearn`` command. Each subcommand gathers what it was asked for and hands it to the library.

Nothing heavy is imported until a subcommand needs it, so that ``--help`` answers at once.
"""

import argparse
import io
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from metalearn import __version__
from metalearn.errors import MetalearnError

if TYPE_CHECKING:
    from metalearn.data import CharacterSet

Result = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code: 0, or 2 with one line on stderr for input that cannot be used."""
    _log_to_stderr()
    if int(os.environ.get("RANK", 0)) and "TORCHELASTIC_RUN_ID" in os.environ:  # one of several; the first one speaks
        os.environ["TQDM_DISABLE"] = "1"
        sys.stdout = io.StringIO()
    try:
        options = _parser().parse_args(arguments)
        result: Result = options.run(options)
        print(json.dumps(result) if options.json else options.show(result))
    except MetalearnError as error:
        print(f"metalearn: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("metalearn: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _log_to_stderr() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("metalearn: %(message)s"))
    log = logging.getLogger("metalearn")
    log.handlers = [handler]
    log.setLevel(logging.INFO)


# --- the options -----------------------------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line; argparse would print the usage too."""
        raise MetalearnError(f"{message} (see '{self.prog} --help')")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="metalearn", description="Task-embedding meta-learning on handwritten characters.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    measuring = (_add_evaluate, _add_compare, _add_benchmark)
    for add in (_add_info, _add_data, _add_train, _add_embed, *measuring, _add_adapt, _add_dashboard):
        add(commands)
    return parser


def _command(
    commands: Any,
    name: str,
    summary: str,
    example: str,
    run: Callable[[argparse.Namespace], Result],
    show: Callable[[Result], str],
) -> argparse.ArgumentParser:
    """Add a subcommand with the options that all of them take."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=summary,
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object; progress goes to stderr")
    parser.add_argument("--seed", type=_natural, default=0, metavar="N", help="seed of everything random (default 0)")
    parser.add_argument(
        "--data-dir",
        type=Path,
        metavar="DIR",
        help="folder with Omniglot or with class folders of images (default: METALEARN_DATA, else the cache, "
        "else a download)",
    )
    parser.set_defaults(run=run, show=show)
    return parser


def _natural(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return int(text)


def _positive(text: str) -> int:
    number = _natural(text)
    if number == 0:
        raise argparse.ArgumentTypeError("0 is too few")
    return number


def _split_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--split",
        choices=("article", "lake"),
        default="article",
        help="article: 1,200 characters to train on, 423 to test on; lake: 30 alphabets against 20 unseen ones",
    )


def _questions_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--questions",
        choices=("character", "mixed"),
        default="character",
        help="character: tell characters apart; mixed: characters, alphabets or drawers, and the learner isn't told",
    )


def _add_info(commands: Any) -> None:
    _command(
        commands, "info", "say what is installed, found and shipped", "metalearn info --json", _run_info, _show_fields
    )


def _add_data(commands: Any) -> None:
    parser = commands.add_parser("data", help="find, fetch, import or preview the characters")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _command(actions, "info", "say which data is used", "metalearn data info --json", _run_data_info, _show_fields)
    _command(
        actions, "download", "fetch Omniglot into the cache", "metalearn data download", _run_download, _show_fields
    )
    importing = _command(
        actions,
        "import",
        "read Omniglot from a folder into the cache, to be found from now on; or check a folder of your own images",
        "metalearn data import ~/Downloads/omniglot",
        _run_import,
        _show_fields,
    )
    importing.add_argument("path", type=Path, help="folder with the two archives, or the folders they unpack to")
    preview = _command(
        actions,
        "preview",
        "draw a few characters in the terminal",
        "metalearn data preview Greek/character01 Latin/character05",
        _run_preview,
        lambda result: result["picture"],
    )
    preview.add_argument("characters", nargs="*", metavar="ALPHABET/CHARACTER", help="default: four at random")


def _add_train(commands: Any) -> None:
    parser = _command(
        commands,
        "train",
        "meta-train a learner, fit an embedding, or make everything that ships",
        "metalearn train --learner preinit --split article --output runs",
        _run_train,
        _show_fields,
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--learner", help="the learner to train; 'metalearn info' lists them")
    what.add_argument("--embedding", help="the embedding to fit; 'metalearn info' lists them")
    what.add_argument("--recipe", choices=("all",), help="all: make everything in metalearn/pretrained anew")
    _split_option(parser)
    _questions_option(parser)
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="DIR",
        help="where the artifacts go, in a folder for each split, and where to resume from",
    )
    parser.add_argument("--meta-steps", type=_positive, metavar="N", help="outer steps (default: the recipe's)")


def _add_embed(commands: Any) -> None:
    parser = _command(
        commands,
        "embed",
        "embed every character task and write the matrix",
        "metalearn embed --split lake --output embeddings.csv",
        _run_embed,
        _show_fields,
    )
    _split_option(parser)
    parser.add_argument("--embedding", default="gradient", help="which one (default: gradient)")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help=".csv, or .npy for the bare matrix")


def _add_evaluate(commands: Any) -> None:
    parser = _command(
        commands,
        "evaluate",
        "measure a learner's accuracy, or what an embedding knows",
        "metalearn evaluate --split lake --protocol within-alphabet --ways 20 --shots 1",
        _run_evaluate,
        _show_fields,
    )
    _split_option(parser)
    parser.add_argument("--learner", help="which one (default: the best that ships); or a folder that train wrote")
    parser.add_argument("--embedding", help="measure this embedding instead of a learner")
    parser.add_argument(
        "--protocol",
        choices=("unstructured", "within-alphabet", "lake-runs"),
        default="unstructured",
        help="characters from anywhere, from one alphabet, or Lake's published runs (with --runs)",
    )
    parser.add_argument("--runs", type=Path, metavar="DIR", help="folder with run01, run02, … as published")
    parser.add_argument("--ways", type=_positive, default=5, metavar="N")
    parser.add_argument("--shots", type=_positive, default=1, metavar="K")
    parser.add_argument("--queries", type=_positive, default=5, metavar="Q", help="queries a class (default 5)")
    parser.add_argument("--tasks", type=_positive, default=600, metavar="T", help="how many tasks (default 600)")
    parser.add_argument("--steps", type=_natural, metavar="S", help="inner steps (default: the learner's own)")


def _add_compare(commands: Any) -> None:
    parser = _command(
        commands,
        "compare",
        "measure a whole table of results: JSON, CSV and a figure",
        "metalearn compare --table families --output results",
        _run_compare,
        _show_rows,
    )
    parser.add_argument("--table", required=True, help="families, learners, mixed or headline")
    parser.add_argument(
        "--output", type=Path, required=True, metavar="DIR", help="folder for the files, and to go on from"
    )
    parser.add_argument("--tasks", type=_positive, default=600, metavar="T", help="tasks a figure (default 600)")


def _add_benchmark(commands: Any) -> None:
    parser = _command(
        commands,
        "benchmark",
        "time the kit beside the plain way to do the same, and beside the machine's limit",
        "metalearn benchmark --figure benchmark.html",
        _run_benchmark,
        _show_benchmark,
    )
    parser.add_argument("--scale", action="store_true", help="instead, what 1,000, 10,000 and 100,000 tasks cost")
    parser.add_argument("--figure", type=Path, metavar="FILE", help="draw it too, into this .html file")


def _add_adapt(commands: Any) -> None:
    parser = _command(
        commands,
        "adapt",
        "adapt a learner to characters you name, and show each step",
        "metalearn adapt Greek/character01 Greek/character02 Latin/character05 --learner preinit --shots 1 --steps 5",
        _run_adapt,
        _show_trajectory,
    )
    parser.add_argument("characters", nargs="+", metavar="ALPHABET/CHARACTER", help="two or more characters")
    _split_option(parser)
    parser.add_argument("--learner", default="preinit", help="default: preinit")
    parser.add_argument("--shots", type=_positive, default=1, metavar="K")
    parser.add_argument("--queries", type=_positive, default=10, metavar="Q", help="queries a class (default 10)")
    parser.add_argument("--steps", type=_natural, metavar="S", help="inner steps (default: the learner's own)")


def _add_dashboard(commands: Any) -> None:
    parser = _command(
        commands,
        "dashboard",
        "open the dashboard on this machine",
        "metalearn dashboard --port 8600 --no-browser",
        _run_dashboard,
        _show_fields,
    )
    parser.add_argument("--port", type=_positive, default=8501, metavar="N")
    parser.add_argument("--no-browser", action="store_true", help="print the address and open nothing")


# --- what they do ----------------------------------------------------------------------------------------------------


def _data(options: argparse.Namespace) -> "CharacterSet":
    from metalearn import data

    return data.load(options.data_dir)


def _run_info(options: argparse.Namespace) -> Result:
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


def _run_data_info(options: argparse.Namespace) -> Result:
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


def _run_download(options: argparse.Namespace) -> Result:
    from metalearn import data

    return _describe(data.omniglot())


def _run_import(options: argparse.Namespace) -> Result:
    from metalearn import data

    if data.holds_omniglot(options.path):
        return _describe(data.import_omniglot(options.path))
    return {**_describe(data.folder(options.path)), "use_it_with": f"--data-dir {options.path}"}


def _run_preview(options: argparse.Namespace) -> Result:
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


def _run_train(options: argparse.Namespace) -> Result:
    from metalearn import distributed, families, recipes, shipping

    characters = _data(options)
    with distributed.together():
        if options.recipe == "all":
            distributed.alone("a recipe of many pieces")
            return shipping.make_all(characters, options.output, options.seed)
        if options.embedding:
            distributed.alone("the fitting of an embedding")
            return families.make_embedder(options.embedding, characters, options.split, options.output, options.seed)
        return recipes.make_learner(
            options.learner,
            characters,
            options.split,
            options.output,
            options.seed,
            options.meta_steps,
            options.questions,
        )


def _run_embed(options: argparse.Namespace) -> Result:
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


def _run_evaluate(options: argparse.Namespace) -> Result:
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


def _run_compare(options: argparse.Namespace) -> Result:
    from metalearn import compare, tables
    from metalearn.files import write_atomically

    rows = compare.run(options.table, compare.Setting(_data(options), options.tasks, options.seed), options.output)
    page = tables.figure(options.table, rows).to_html(include_plotlyjs=True)
    write_atomically(options.output / f"{options.table}.html", page.encode())
    return {"table": options.table, "output": str(options.output), "rows": rows}


def _run_benchmark(options: argparse.Namespace) -> Result:
    from metalearn import benchmark, scale
    from metalearn.files import write_atomically

    characters = _data(options)
    of = benchmark.machine()
    rows = scale.measure(characters) if options.scale else benchmark.run(characters)
    if options.figure:
        drawn = scale.figure(rows) if options.scale else benchmark.figure(rows, of)
        write_atomically(options.figure, drawn.to_html(include_plotlyjs=True).encode())
    return {"machine": of, "data": characters.name, "scale": options.scale, "rows": rows}


def _run_adapt(options: argparse.Namespace) -> Result:
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


def _run_dashboard(options: argparse.Namespace) -> Result:
    import signal
    import subprocess

    app = Path(__file__).parent.parent / "dashboard" / "app.py"
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


# --- how results are shown -------------------------------------------------------------------------------------------


def _show_fields(result: Result) -> str:
    """One line a field; fractions that are accuracies as they are, nested results indented."""
    lines: list[str] = []
    for name, value in result.items():
        if isinstance(value, dict):
            lines += [f"{name}:", *("  " + line for line in _show_fields(value).split("\n"))]
        else:
            lines.append(f"{name:20} {value:.4f}" if isinstance(value, float) else f"{name:20} {value}")
    return "\n".join(lines)


def _show_rows(result: Result) -> str:
    """One line a figure: what it is of, then the mean with its interval."""
    hidden = {"mean", "ci95", "data", "seed", "version", "asked_tasks", "wall_s"}
    lines = [
        f"{row['mean']:8.4f} ± {row['ci95']:.4f}  "
        + "  ".join(f"{name} {value}" for name, value in row.items() if name not in hidden)
        for row in result["rows"]
    ]
    return "\n".join([*lines, f"written to {result['output']}"])


def _show_benchmark(result: Result) -> str:
    """The machine, then a line a case, and below it one for each other way to do the same."""
    lines = [", ".join(f"{name} {value}" for name, value in result["machine"].items())]
    for row in result["rows"]:
        if result["scale"]:
            lines.append(f"{row['tasks']:8,} tasks: {row['ms_a_task']:.2f} ms a task, at most {row['peak_mb']:,} MB")
            continue
        aim = f", aim {row['target']:.2f} times" if row["target"] else ""
        aim += f", aim {row['target_s']:g} s" if row["target_s"] else ""
        aim += {True: ": reached", False: ": missed", None: ""}[row.get("reached")]
        limit = f", {row['share_of_limit']:.0%} of the limit" if "share_of_limit" in row else ""
        lines.append(f"{row['kit_s']:9.4f} s  {row['case']}{aim}{limit}")
        lines += [f"{o['s']:9.4f} s  {o['ratio']:6.2f} times as long: {name}" for name, o in row["others"].items()]
    return "\n".join(lines)


def _show_trajectory(result: Result) -> str:
    lines = [
        f"{result['learner']} on {', '.join(result['characters'])}",
        f"{result['data']}, {result['shots']} shots, {result['queries']} queries a class, seed {result['seed']}",
        "step  support loss  query accuracy",
    ]
    for step, row in enumerate(result["steps"]):
        lines.append(f"{step:4}  {row['support_loss']:12.4f}  {row['query_accuracy']:14.1%}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
