"""The options of every subcommand, the function that runs it, and the one that shows its result."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from metalearn import __version__
from metalearn.cli import commands, display
from metalearn.cli.commands import Result
from metalearn.errors import MetalearnError

OWN = "package.module:Name is one of your own"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line; argparse would print the usage too."""
        raise MetalearnError("{message} (see '{prog} --help')", message=message, prog=self.prog)


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command."""
    whole = _Parser(prog="metalearn", description="Task-embedding meta-learning on handwritten characters.")
    whole.add_argument("--version", action="version", version=__version__)
    subparsers = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    measuring = (_add_evaluate, _add_compare, _add_benchmark)
    for add in (_add_info, _add_data, _add_train, _add_embed, *measuring, _add_adapt, _add_course, _add_dashboard):
        add(subparsers)
    return whole


def _command(
    subparsers: Any,
    name: str,
    summary: str,
    example: str,
    run: Callable[[argparse.Namespace], Result],
    show: Callable[[Result], str],
) -> argparse.ArgumentParser:
    """Add a subcommand with the options that all of them take."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
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
        help="folder with Omniglot, or with folders of images, one per class (default: METALEARN_DATA, else the cache, "
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
        choices=("article", "lake", "vinyals"),
        default="article",
        help="article: train on 1,200 characters, test on 423 others; lake: train on 30 alphabets, test on 20 others; "
        "vinyals: the split of many published figures, train on the first 1,200 characters, test on the last 423",
    )


def _shots_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--shots", type=_positive, default=1, metavar="K", help="support drawings per class (default 1)"
    )


def _add_info(subparsers: Any) -> None:
    _command(
        subparsers,
        "info",
        "show versions, the data that is used, and what ships with the kit",
        "metalearn info --json",
        commands.info,
        display.fields,
    )


def _add_data(subparsers: Any) -> None:
    parser = subparsers.add_parser("data", help="show, download, import or preview the characters")
    kinds = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _command(kinds, "info", "show which characters are used", "metalearn data info", commands.data_info, display.fields)
    _command(
        kinds,
        "download",
        "download Omniglot into the cache",
        "metalearn data download",
        commands.download_data,
        display.fields,
    )
    importing = _command(
        kinds,
        "import",
        "read Omniglot from a folder into the cache, to be found from now on; or check a folder of your own images",
        "metalearn data import ~/Downloads/omniglot",
        commands.import_data,
        display.fields,
    )
    importing.add_argument("path", type=Path, help="folder with the two archives, or the folders they unpack to")
    previewing = _command(
        kinds,
        "preview",
        "draw a few characters in the terminal; or show what is read of a folder of your own images",
        "metalearn data preview ~/photos",
        commands.preview_data,
        display.preview,
    )
    previewing.add_argument(
        "characters",
        nargs="*",
        metavar="PATH | ALPHABET/CHARACTER",
        help="a folder or a zip archive; or which characters (default: four at random)",
    )


def _add_train(subparsers: Any) -> None:
    parser = _command(
        subparsers,
        "train",
        "meta-train a learner, fit an embedding, or make everything that ships",
        "metalearn train --learner preinit --split article --output runs",
        commands.train,
        display.fields,
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--learner", help=f"the learner to train; 'metalearn info' lists them; {OWN}")
    what.add_argument("--embedding", help="the embedding to fit; 'metalearn info' lists them")
    what.add_argument("--recipe", choices=("all",), help="all: make everything that ships again")
    _split_option(parser)
    parser.add_argument(
        "--world",
        default="characters",
        help="the kind of tasks: characters (the default); mixed: characters, alphabets or drawers, without saying "
        "which; hidden-1 to hidden-8: one of so many attributes of drawings",
    )
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for the result, with a folder for each split in it (none for a learner of your own); an "
        "interrupted run there goes on",
    )
    parser.add_argument(
        "--meta-steps",
        type=_positive,
        metavar="N",
        help="outer steps (default: the recipe's; 1,000 for a learner of your own)",
    )


def _add_embed(subparsers: Any) -> None:
    parser = _command(
        subparsers,
        "embed",
        "embed the task of every character, and write one row per task",
        "metalearn embed --split lake --output embeddings.csv",
        commands.embed,
        display.fields,
    )
    _split_option(parser)
    parser.add_argument("--embedding", default="gradient", help=f"which one (default: gradient); {OWN}")
    parser.add_argument(
        "--output", type=Path, required=True, metavar="FILE", help=".csv, or .npy for the numbers alone"
    )


def _add_evaluate(subparsers: Any) -> None:
    parser = _command(
        subparsers,
        "evaluate",
        "measure a learner's accuracy, or what an embedding knows",
        "metalearn evaluate --split lake --protocol within-alphabet --ways 20 --shots 1",
        commands.evaluate,
        display.fields,
    )
    _split_option(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--learner", help=f"which one (default: the best that ships); or the path of one you trained; {OWN}"
    )
    what.add_argument("--embedding", help=f"measure this embedding instead of a learner; {OWN}")
    parser.add_argument(
        "--protocol",
        choices=("unstructured", "within-alphabet", "lake-runs"),
        default="unstructured",
        help="any characters, characters of one alphabet, or Lake's published runs (with --runs)",
    )
    parser.add_argument("--runs", type=Path, metavar="DIR", help="folder with run01, run02, … as published")
    parser.add_argument("--ways", type=_positive, default=5, metavar="N", help="classes in a task (default 5)")
    _shots_option(parser)
    parser.add_argument("--queries", type=_positive, default=5, metavar="Q", help="queries per class (default 5)")
    parser.add_argument("--tasks", type=_positive, default=600, metavar="T", help="how many tasks (default 600)")
    parser.add_argument("--steps", type=_natural, metavar="S", help="inner steps (default: the learner's own)")


def _add_compare(subparsers: Any) -> None:
    parser = _command(
        subparsers,
        "compare",
        "measure a whole table of results, and write it as JSON, CSV and a figure",
        "metalearn compare --table families --output results",
        commands.compare,
        display.rows,
    )
    parser.add_argument("--table", required=True, help="families, learners, mixed, headline or worlds")
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for the files; an interrupted table there goes on",
    )
    parser.add_argument("--tasks", type=_positive, default=600, metavar="T", help="tasks per result (default 600)")


def _add_benchmark(subparsers: Any) -> None:
    parser = _command(
        subparsers,
        "benchmark",
        "time the kit, and compare it with plain code and with the machine's limit",
        "metalearn benchmark --figure benchmark.html",
        commands.benchmark,
        display.benchmark,
    )
    parser.add_argument(
        "--scale", action="store_true", help="measure what 1,000, 10,000 and 100,000 tasks cost instead"
    )
    parser.add_argument("--figure", type=Path, metavar="FILE", help="also draw the result, into this .html file")


def _add_adapt(subparsers: Any) -> None:
    parser = _command(
        subparsers,
        "adapt",
        "adapt a learner to characters you name, and show each step",
        "metalearn adapt Greek/character01 Greek/character02 Latin/character05 --learner preinit --shots 1 --steps 5",
        commands.adapt,
        display.trajectory,
    )
    parser.add_argument("characters", nargs="+", metavar="ALPHABET/CHARACTER", help="two or more characters")
    _split_option(parser)
    parser.add_argument("--learner", default="preinit", help=f"which one (default: preinit); {OWN}")
    _shots_option(parser)
    parser.add_argument("--queries", type=_positive, default=10, metavar="Q", help="queries per class (default 10)")
    parser.add_argument("--steps", type=_natural, metavar="S", help="inner steps (default: the learner's own)")


def _add_course(subparsers: Any) -> None:
    parser = _command(
        subparsers,
        "course",
        "copy the notebooks into a folder of yours",
        "metalearn course my-course",
        commands.course,
        display.course,
    )
    parser.add_argument(
        "folder", type=Path, metavar="DIR", help="a new folder, or one that does not hold these notebooks yet"
    )


def _add_dashboard(subparsers: Any) -> None:
    parser = _command(
        subparsers,
        "dashboard",
        "open the dashboard on this machine",
        "metalearn dashboard --port 8600 --no-browser",
        commands.dashboard,
        display.fields,
    )
    parser.add_argument("--port", type=_positive, default=8501, metavar="N", help="where it listens (default 8501)")
    parser.add_argument("--no-browser", action="store_true", help="print the address, and do not open a browser")
