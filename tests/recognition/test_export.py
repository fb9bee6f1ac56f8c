"""An exported network names drawings as the learner does, without PyTorch."""

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch import nn

import metalearn as ml
from metalearn import cli
from metalearn.characters.character_set import CharacterSet
from metalearn.errors import MetalearnError

needed = "needs the extra 'onnx'"
onnx = pytest.importorskip("onnx", reason=needed)
onnxruntime = pytest.importorskip("onnxruntime", reason=needed)
pytest.importorskip("onnxscript", reason=needed)


@pytest.fixture(scope="module")
def glyphs() -> CharacterSet:
    return ml.load_characters("glyphs")


def some(glyphs: CharacterSet) -> dict[str, np.ndarray]:
    """Four classes with one to four drawings."""
    return {name: glyphs.images[i, : i + 1] for i, name in enumerate(glyphs.characters[:4])}


def run(path: Path, images: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(path)
    return session.run(None, {"images": images[:, None].astype(np.float32) / 255})[0]


# One that changes head, scales and shifts, and one whose attention re-weights the network.
@pytest.mark.parametrize("name", ["preinit", "selection"])
def test_it_gives_the_learners_probabilities_for_any_number_of_images(
    glyphs: CharacterSet, tmp_path: Path, name: str
) -> None:
    learner, queries = ml.load_learner(name, "lake"), glyphs.images[:4, 5:7].reshape(-1, 28, 28)
    said = ml.export_onnx(learner, some(glyphs), tmp_path / "four.onnx")
    wanted = ml.predict(learner, some(glyphs), queries).probabilities
    assert said < 1e-5
    for count in (1, 2, len(queries)):
        assert np.allclose(run(tmp_path / "four.onnx", queries[:count]), wanted[:count], atol=1e-5)
    props = {p.key: p.value for p in onnx.load(tmp_path / "four.onnx").metadata_props}
    assert json.loads(props["classes"]) == list(glyphs.characters[:4])


def test_a_network_of_ones_own_is_exported_too(glyphs: CharacterSet, tmp_path: Path) -> None:
    network = nn.Sequential(nn.Conv2d(1, 4, 3, stride=4), nn.ReLU(), nn.Flatten())
    learner = ml.Learner(network, ml.PrototypeInit(), ml.SGD(0.1), steps=0)
    assert ml.export_onnx(learner, some(glyphs), tmp_path / "own.onnx") < 1e-5


def test_answers_that_depend_on_one_another_are_not_exported(glyphs: CharacterSet, tmp_path: Path) -> None:
    learner = ml.Learner(ml.Backbone(transductive=True), ml.PrototypeInit(), ml.SGD(0.1), steps=0)
    with pytest.raises(MetalearnError, match="depend on one another"):
        ml.export_onnx(learner, some(glyphs), tmp_path / "never.onnx")
    assert not os.listdir(tmp_path)


def test_what_is_missing_is_named(glyphs: CharacterSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metalearn.recognition.export.PACKAGES", ("onnx", "no_such_package"))
    with pytest.raises(MetalearnError, match=r"needs no_such_package; install .*metalearn-kit\[onnx\]"):
        ml.export_onnx(ml.load_learner("prototypes", "lake"), some(glyphs), tmp_path / "never.onnx")


def test_the_command_says_what_it_wrote_and_checks_the_place_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["export", str(tmp_path), "--learner", "prototypes", "--output", str(tmp_path / "x.pdf")]) == 2
    assert ".onnx" in capsys.readouterr().err


def test_the_command_says_how_far_the_answers_are_apart(
    glyphs: CharacterSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, images in some(glyphs).items():
        folder = tmp_path / "symbols" / name.replace("/", "-")
        folder.mkdir(parents=True)
        for number, image in enumerate(images):
            Image.fromarray(255 - image).save(folder / f"{number}.png")
    output = tmp_path / "four.onnx"
    assert cli.main(["export", str(tmp_path / "symbols"), "--learner", "prototypes", "--output", str(output)]) == 0
    said = capsys.readouterr().out
    assert f"{output.stat().st_size:,} bytes, names 4 classes" in said
    assert re.search(r"by \de-\d\d at most|by \d\.\de[-+]\d\d at most", said)
