"""The options of every subcommand, and what runs it and shows what it found."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from metalearn import __version__
from metalearn.cli import actions, shown
from metalearn.cli.actions import Result
from metalearn.errors import MetalearnError


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line; argparse would print the usage too."""
        raise MetalearnError(f"{message} (see '{self.prog} --help')")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command."""
    whole = _Parser(prog="metalearn", description="Task-embedding meta-learning on handwritten characters.")
    whole.add_argument("--version", action="version", version=__version__)
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    measuring = (_add_evaluate, _add_compare, _add_benchmark)
    for add in (_add_info, _add_data, _add_train, _add_embed, *measuring, _add_adapt, _add_dashboard):
        add(commands)
    return whole


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
        commands,
        "info",
        "say what is installed, found and shipped",
        "metalearn info --json",
        actions.info,
        shown.fields,
    )


def _add_data(commands: Any) -> None:
    parser = commands.add_parser("data", help="find, fetch, import or preview the characters")
    kinds = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _command(kinds, "info", "say which data is used", "metalearn data info --json", actions.data_info, shown.fields)
    _command(
        kinds,
        "download",
        "fetch Omniglot into the cache",
        "metalearn data download",
        actions.download_data,
        shown.fields,
    )
    importing = _command(
        kinds,
        "import",
        "read Omniglot from a folder into the cache, to be found from now on; or check a folder of your own images",
        "metalearn data import ~/Downloads/omniglot",
        actions.import_data,
        shown.fields,
    )
    importing.add_argument("path", type=Path, help="folder with the two archives, or the folders they unpack to")
    preview = _command(
        kinds,
        "preview",
        "draw a few characters in the terminal",
        "metalearn data preview Greek/character01 Latin/character05",
        actions.preview_data,
        lambda result: result["picture"],
    )
    preview.add_argument("characters", nargs="*", metavar="ALPHABET/CHARACTER", help="default: four at random")


def _add_train(commands: Any) -> None:
    parser = _command(
        commands,
        "train",
        "meta-train a learner, fit an embedding, or make everything that ships",
        "metalearn train --learner preinit --split article --output runs",
        actions.train,
        shown.fields,
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
        actions.embed,
        shown.fields,
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
        actions.evaluate,
        shown.fields,
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
        actions.compare,
        shown.rows,
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
        actions.benchmark,
        shown.benchmark,
    )
    parser.add_argument("--scale", action="store_true", help="instead, what 1,000, 10,000 and 100,000 tasks cost")
    parser.add_argument("--figure", type=Path, metavar="FILE", help="draw it too, into this .html file")


def _add_adapt(commands: Any) -> None:
    parser = _command(
        commands,
        "adapt",
        "adapt a learner to characters you name, and show each step",
        "metalearn adapt Greek/character01 Greek/character02 Latin/character05 --learner preinit --shots 1 --steps 5",
        actions.adapt,
        shown.trajectory,
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
        actions.dashboard,
        shown.fields,
    )
    parser.add_argument("--port", type=_positive, default=8501, metavar="N")
    parser.add_argument("--no-browser", action="store_true", help="print the address and open nothing")
