"""The subcommands ``predict`` and ``export``: name new images, given a folder with a few of each class."""

import argparse
import logging
from dataclasses import asdict
from typing import TYPE_CHECKING

from metalearn._files import user_path, write_atomically
from metalearn.cli.checks import output_file
from metalearn.cli.commands import Result, check_split
from metalearn.evaluation.tables import Row, as_csv

if TYPE_CHECKING:
    from metalearn.characters.character_set import CharacterSet
    from metalearn.learners.learner import Learner
    from metalearn.recognition.naming import Predictions
    from metalearn.recognition.unknown import KnownLimit

log = logging.getLogger("metalearn")

PAGE = """<!doctype html><meta charset="utf-8"><title>Answers</title>
<style>body { font-family: sans-serif; margin: 2em } td, th { padding: 0.3em 1em; text-align: left }</style>
"""


def name_images(options: argparse.Namespace) -> Result:
    """Name new images, given a folder with a few of each class."""
    from metalearn.characters.collection import read_images
    from metalearn.characters.image_folder import load_folder
    from metalearn.cli.own import find_learner
    from metalearn.recognition.naming import predict

    check_split(options)
    for output, suffix in ((options.csv, ".csv"), (options.html, ".html")):
        if output:
            output_file(output, suffix)
    learner = find_learner(options.learner, options.split)
    classes = load_folder(options.support)
    images = read_images([user_path(path) for path in options.queries])
    for why in images.problems:
        log.warning("left out: %s", why)
    found = predict(learner, classes, images.classes[""], _limit(learner, classes, options))
    answers = _answers(images.files[""], found)
    if options.html:
        write_atomically(options.html, (PAGE + found.to_html(images.files[""])).encode())
    if options.csv:
        write_atomically(options.csv, as_csv(answers).encode())
    return {
        "learner": options.learner,
        "classes": list(found.classes),
        "answers": answers,
        "left_out": [str(why) for why in images.problems],
        "none_of_these": asdict(found.limit) if found.limit else None,
    }


def export(options: argparse.Namespace) -> Result:
    """Let a learner adapt to a folder with a few images of each class, and write the network for use elsewhere."""
    from metalearn.characters.image_folder import load_folder
    from metalearn.cli.own import find_learner
    from metalearn.recognition.export import export_onnx

    check_split(options)
    output_file(options.output, ".onnx")
    learner = find_learner(options.learner, options.split)
    classes = load_folder(options.support)
    difference = export_onnx(learner, classes, options.output)
    return {
        "learner": options.learner,
        "classes": list(classes.characters),
        "output": str(options.output),
        "bytes": options.output.stat().st_size,
        "largest_difference": difference,
    }


def _limit(learner: "Learner", classes: "CharacterSet", options: argparse.Namespace) -> "KnownLimit":
    """Measure on test characters, in tasks of the size of the user's, when an image is none of the classes."""
    from metalearn.characters.load import load_characters
    from metalearn.characters.splits import split
    from metalearn.recognition.unknown import KnownLimit

    characters = load_characters(options.data_dir, download=False)
    held_out, shots = split(characters, options.split).test, int(classes.counts.min())
    return KnownLimit.measured(learner, characters, held_out, len(classes), shots, options.seed)


def _answers(files: list[str], found: "Predictions") -> list[Row]:
    return [
        {"file": file, "answer": name, "nearest": best, "probability": float(row.max())}
        | {f"p({of})": float(share) for of, share in zip(found.classes, row, strict=True)}
        for file, name, best, row in zip(files, found.names, found.best, found.probabilities, strict=True)
    ]
