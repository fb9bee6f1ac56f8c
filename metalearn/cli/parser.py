"""The options of every subcommand, the function that runs it, and the one that shows its result."""

import argparse
from typing import Any

from metalearn import __version__
from metalearn._device import NAMES
from metalearn.cli import commands, course, display, naming
from metalearn.cli.options import Parser, add_command, read_host, read_name, read_natural, read_path, read_positive
from metalearn.course.edition import LANGUAGES

OWN = "package.module:Name is one of your own"


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command."""
    whole = Parser(prog="metalearn", description="Task-embedding meta-learning on handwritten characters.")
    whole.add_argument("--version", action="version", version=__version__)
    subparsers = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    measuring, using = (_add_evaluate, _add_compare, _add_benchmark), (_add_adapt, _add_predict, _add_export)
    for add in (_add_info, _add_data, _add_train, _add_embed, *measuring, *using, _add_course, _add_dashboard):
        add(subparsers)
    return whole


def _split_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--split",
        choices=("article", "lake", "vinyals"),
        default="article",
        help="article: train on 1,200 characters, test on 423 others; lake: train on 30 alphabets, test on 20 others; "
        "vinyals: the split of many published figures, train on the first 1,200 characters, test on the last 423",
    )


def _world_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--world",
        type=read_name,
        default="characters",
        help="the kind of tasks: characters (the default); mixed: characters, alphabets or drawers, without saying "
        "which; hidden-1 to hidden-8: one of so many attributes of drawings; which-part: one of four places on a page",
    )


def _device_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--device", choices=NAMES, default="auto", help="where a learner computes (default auto: a GPU if there is one)"
    )


def _shots_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--shots", type=read_positive, default=1, metavar="K", help="support drawings per class (default 1)"
    )


def _add_info(subparsers: Any) -> None:
    add_command(
        subparsers,
        "info",
        "show versions, the data that is used, and what ships with the kit",
        "metalearn info --json",
        commands.info,
        display.fields,
        seed=False,
    )


def _add_data(subparsers: Any) -> None:
    parser = subparsers.add_parser("data", help="show, download, import or preview the characters")
    kinds = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add_command(
        kinds,
        "info",
        "show which characters are used",
        "metalearn data info",
        commands.data_info,
        display.fields,
        seed=False,
    )
    add_command(
        kinds,
        "download",
        "download Omniglot into the cache",
        "metalearn data download",
        commands.download_data,
        display.fields,
        seed=False,
        data=False,
    )
    importing = add_command(
        kinds,
        "import",
        "read Omniglot from a folder into the cache, to be found from now on; or check a folder of your own images",
        "metalearn data import ~/Downloads/omniglot",
        commands.import_data,
        display.fields,
        seed=False,
        data=False,
    )
    importing.add_argument("path", type=read_path, help="folder with the two archives, or the folders they unpack to")
    previewing = add_command(
        kinds,
        "preview",
        "draw a few characters in the terminal; or show what is read of a folder of your own images",
        "metalearn data preview ~/photos",
        commands.preview_data,
        display.preview,
    )
    previewing.add_argument(
        "characters",
        type=read_name,
        nargs="*",
        metavar="PATH | ALPHABET/CHARACTER",
        help="a folder or a zip archive; or which characters (default: four at random)",
    )


def _add_train(subparsers: Any) -> None:
    parser = add_command(
        subparsers,
        "train",
        "meta-train a learner, fit an embedding, or make everything that ships",
        "metalearn train --learner preinit --split article --output runs",
        commands.train,
        display.fields,
    )
    _device_option(parser)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--learner", type=read_name, help=f"the learner to train; 'metalearn info' lists them; {OWN}")
    what.add_argument("--embedding", type=read_name, help="the embedding to fit; 'metalearn info' lists them")
    what.add_argument("--recipe", choices=("all",), help="all: make everything that ships again")
    _split_option(parser)
    _world_option(parser)
    parser.add_argument(
        "--start",
        choices=("recipe", "both"),
        default="recipe",
        help="recipe: where the learner's recipe begins (the default); both: train it from the one that ships and from "
        "nothing, and say by how much the one is better on your test characters",
    )
    parser.add_argument(
        "--output",
        type=read_path,
        required=True,
        metavar="DIR",
        help="folder for the result, with a folder for each split in it (none for a learner of your own); an "
        "interrupted run there goes on",
    )
    parser.add_argument(
        "--meta-steps",
        type=read_positive,
        metavar="N",
        help="outer steps (default: the recipe's; 1,000 for a learner of your own; 300 from each start)",
    )


def _add_embed(subparsers: Any) -> None:
    parser = add_command(
        subparsers,
        "embed",
        "embed the task of every character, and write one row per task",
        "metalearn embed --split lake --output embeddings.csv",
        commands.embed,
        display.fields,
    )
    _split_option(parser)
    parser.add_argument("--embedding", type=read_name, default="gradient", help=f"which one (default: gradient); {OWN}")
    parser.add_argument(
        "--output", type=read_path, required=True, metavar="FILE", help=".csv, or .npy for the numbers alone"
    )


def _add_evaluate(subparsers: Any) -> None:
    parser = add_command(
        subparsers,
        "evaluate",
        "measure a learner's accuracy, or what an embedding knows",
        "metalearn evaluate --split lake --protocol within-alphabet --ways 20 --shots 1",
        commands.evaluate,
        display.fields,
    )
    _device_option(parser)
    _split_option(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--learner",
        type=read_name,
        help=f"which one (default: the best that ships); or the path of one you trained; {OWN}",
    )
    what.add_argument("--embedding", type=read_name, help=f"measure this embedding instead of a learner; {OWN}")
    _world_option(parser)
    parser.add_argument(
        "--protocol",
        choices=("unstructured", "within-alphabet", "lake-runs"),
        default="unstructured",
        help="any characters, characters of one alphabet, or Lake's published runs (with --runs)",
    )
    parser.add_argument("--runs", type=read_path, metavar="DIR", help="folder with run01, run02, … as published")
    parser.add_argument("--ways", type=read_positive, default=5, metavar="N", help="classes in a task (default 5)")
    _shots_option(parser)
    parser.add_argument("--queries", type=read_positive, default=5, metavar="Q", help="queries per class (default 5)")
    parser.add_argument("--tasks", type=read_positive, default=600, metavar="T", help="how many tasks (default 600)")
    parser.add_argument("--steps", type=read_natural, metavar="S", help="inner steps (default: the learner's own)")
    parser.add_argument(
        "--classes",
        choices=("test", "all"),
        default="test",
        help="test: the split's test side (default); all: every class, for a collection the learner has not seen",
    )
    parser.add_argument(
        "--allow-seen",
        nargs=0,
        default=False,
        help="test on characters that the learner was trained on, too; the result says how many they are",
    )


def _add_compare(subparsers: Any) -> None:
    parser = add_command(
        subparsers,
        "compare",
        "measure a whole table of results, and write it as JSON, CSV and a figure",
        "metalearn compare --table families --output results",
        commands.compare,
        display.rows,
    )
    parser.add_argument(
        "--table", type=read_name, required=True, help="families, learners, mixed, headline, worlds or transplants"
    )
    parser.add_argument(
        "--output",
        type=read_path,
        required=True,
        metavar="DIR",
        help="folder for the files; an interrupted table there goes on",
    )
    parser.add_argument(
        "--tasks", type=read_positive, default=600, metavar="T", help="tasks per result (default 600; not for families)"
    )


def _add_benchmark(subparsers: Any) -> None:
    parser = add_command(
        subparsers,
        "benchmark",
        "time the kit, and compare it with plain code and with the machine's limit",
        "metalearn benchmark --figure benchmark.html",
        commands.benchmark,
        display.benchmark,
        seed=False,
    )
    parser.add_argument(
        "--scale",
        action="store_true",
        help="measure how the cost of a meta-step grows, and what 1,000, 10,000 and 100,000 tasks cost, instead",
    )
    parser.add_argument("--figure", type=read_path, metavar="FILE", help="also draw the result, into this .html file")


def _add_adapt(subparsers: Any) -> None:
    parser = add_command(
        subparsers,
        "adapt",
        "adapt a learner to characters you name, and show each step",
        "metalearn adapt Greek/character01 Greek/character02 Latin/character05 --learner preinit --shots 1 --steps 5",
        commands.adapt,
        display.trajectory,
    )
    _device_option(parser)
    parser.add_argument(
        "characters", type=read_name, nargs="+", metavar="ALPHABET/CHARACTER", help="two or more characters"
    )
    _split_option(parser)
    parser.add_argument("--learner", type=read_name, default="preinit", help=f"which one (default: preinit); {OWN}")
    _shots_option(parser)
    parser.add_argument("--queries", type=read_positive, default=10, metavar="Q", help="queries per class (default 10)")
    parser.add_argument("--steps", type=read_natural, metavar="S", help="inner steps (default: the learner's own)")


def _add_predict(subparsers: Any) -> None:
    parser = add_command(
        subparsers,
        "predict",
        "name new images, given a folder with a few of each class",
        "metalearn predict my-symbols whiteboard.jpg more-photos --html answers.html",
        naming.name_images,
        display.answers,
    )
    parser.add_argument(
        "support", type=read_path, metavar="SUPPORT", help="folder or .zip with a folder for each class"
    )
    parser.add_argument(
        "queries", type=read_path, nargs="+", metavar="QUERY", help="images, or folders of images, to name"
    )
    _split_option(parser)
    parser.add_argument(
        "--learner", default="wide", help=f"which one (default: wide); or the path of one you trained; {OWN}"
    )
    parser.add_argument(
        "--csv", type=read_path, metavar="FILE", help="also write answers and probabilities into this .csv"
    )
    parser.add_argument("--html", type=read_path, metavar="FILE", help="also show images beside answers, in this .html")


def _add_export(subparsers: Any) -> None:
    parser = add_command(
        subparsers,
        "export",
        "let a learner adapt to your classes, and write the network as an ONNX file",
        "metalearn export my-symbols --learner prototypes --output my-symbols.onnx",
        naming.export,
        display.exported,
        seed=False,
        data=False,
    )
    parser.add_argument(
        "support", type=read_path, metavar="SUPPORT", help="folder or .zip with a folder for each class"
    )
    _split_option(parser)
    parser.add_argument(
        "--learner", default="wide", help=f"which one (default: wide); or the path of one you trained; {OWN}"
    )
    parser.add_argument("--output", type=read_path, required=True, metavar="FILE", help="the .onnx file to write")


def _add_course(subparsers: Any) -> None:
    parser = subparsers.add_parser("course", help="copy the notebooks, check the machine, show progress, and more")
    verbs = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for add in (_add_course_copy, _add_course_check, _add_course_progress, _add_course_reset, _add_course_export):
        add(verbs)


def _add_course_copy(verbs: Any) -> None:
    parser = add_command(
        verbs,
        "copy",
        "copy the notebooks into a folder of yours",
        "metalearn course copy my-course",
        course.copy,
        display.course,
        seed=False,
        data=False,
    )
    parser.add_argument(
        "folder", type=read_path, metavar="DIR", help="a new folder, or one that does not hold these notebooks yet"
    )
    _language_option(parser)


def _language_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--language", choices=LANGUAGES, default="en", help="English or Chinese (default: en)")


def _add_course_check(verbs: Any) -> None:
    add_command(
        verbs,
        "check",
        "look whether this machine is ready for the course, and how long the notebooks take on it",
        "metalearn course check",
        course.check,
        display.course_check,
        seed=False,
    )


def _add_course_progress(verbs: Any) -> None:
    parser = add_command(
        verbs,
        "progress",
        "show which exercises and quizzes you have done; this stays on your machine",
        "metalearn course progress",
        course.progress,
        display.course_progress,
        seed=False,
        data=False,
    )
    parser.add_argument("--html", type=read_path, metavar="FILE", help="also as a page, in this .html")
    _language_option(parser)
    parser.add_argument("--reset", action="store_true", help="forget all of it first")


def _add_course_reset(verbs: Any) -> None:
    parser = add_command(
        verbs,
        "reset",
        "put a notebook of your copy back as it came; yours is kept beside it, as NAME.mine.ipynb",
        "metalearn course reset 03 my-course",
        course.reset,
        display.course_reset,
        seed=False,
        data=False,
    )
    parser.add_argument("notebook", type=read_name, metavar="NOTEBOOK", help="its number or name")
    parser.add_argument("folder", type=read_path, metavar="DIR", help="the folder that you copied the course into")
    _language_option(parser)


def _add_course_export(verbs: Any) -> None:
    parser = add_command(
        verbs,
        "export",
        "write the exercises that check themselves as assignments for nbgrader or otter-grader",
        "metalearn course export --for nbgrader my-class",
        course.export,
        display.course_export,
        seed=False,
        data=False,
    )
    parser.add_argument(
        "--for", dest="grader", choices=("nbgrader", "otter"), required=True, help="the grader that you use"
    )
    parser.add_argument("folder", type=read_path, metavar="DIR", help="where to write them; they hold the solutions")


def _add_dashboard(subparsers: Any) -> None:
    parser = add_command(
        subparsers,
        "dashboard",
        "open the dashboard on this machine",
        "metalearn dashboard --port 8600 --no-browser",
        commands.dashboard,
        display.fields,
        seed=False,
    )
    parser.add_argument("--port", type=read_positive, default=8501, metavar="N", help="where it listens (default 8501)")
    parser.add_argument(
        "--host",
        type=read_name,
        default="localhost",
        metavar="ADDRESS",
        help="the address it listens on (default localhost: this machine alone); with 0.0.0.0 everyone on the network "
        "can use it, as it has no log-in",
    )
    parser.add_argument(
        "--allowed-host",
        type=read_host,
        nargs="+",
        default=[],
        metavar="NAME",
        help="further names under which browsers may open it, as behind a proxy; with '*' any web page that a visitor "
        "opens can reach it too",
    )
    parser.add_argument(
        "--base-path",
        type=read_name,
        metavar="PATH",
        help="what stands before its addresses behind a proxy, such as /kit; pages beside it on that host share its "
        "cookies",
    )
    parser.add_argument("--no-browser", action="store_true", help="print the address, and do not open a browser")
