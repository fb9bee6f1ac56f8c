"""A learner that has adapted to your classes, as one ONNX file: it names new drawings where there is no PyTorch."""

import importlib.util
import json
import logging
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from metalearn._files import in_words, user_path, write_atomically
from metalearn.characters.character_set import CharacterSet
from metalearn.errors import MetalearnError
from metalearn.learners.backbone import HEAD, MASK, AnyBackbone, Params
from metalearn.learners.learner import Learner
from metalearn.recognition.naming import drawings_of
from metalearn.tasks.single_task import task_from_images

if TYPE_CHECKING:
    import onnx

PACKAGES = ("onnx", "onnxscript", "onnxruntime")
OPSET = 18
TOLERANCE = 1e-4  # of a probability, between PyTorch and the file


class AdaptedNetwork(nn.Module):
    """A network with the parameters of one task: from images ``[n, 1, 28, 28]`` to probabilities ``[n, ways]``.

    The backbone, its parameters ``[...]`` and those of the task ``[1, ...]``, in one dictionary.
    """

    def __init__(self, backbone: AnyBackbone, shared: Params, parameters: Params) -> None:
        super().__init__()
        self.backbone, self.names = backbone, tuple(parameters)
        for name, value in parameters.items():
            of_task = name not in (*HEAD, MASK) and value.ndim > shared[name].ndim
            self.register_buffer(f"of_{name}", (value[0] if of_task else value).detach().cpu().clone())

    def forward(self, images: Tensor) -> Tensor:
        """Return the probability of each class for each image."""
        parameters = {name: getattr(self, f"of_{name}") for name in self.names}
        features = self.backbone.features(parameters, images[None])
        return self.backbone.classify(parameters, features)[0].softmax(-1)


def adapted_network(learner: Learner, classes: Mapping[str, Sequence[np.ndarray]]) -> AdaptedNetwork:
    """Return the network that a learner has become after adapting to a few drawings of each class."""
    if learner.backbone.transductive:
        raise MetalearnError("this learner's answers depend on one another; such a network cannot be exported")
    task = task_from_images(list(classes.values()), []).to(learner.device)
    with torch.no_grad():
        embedding = learner.embed(task)
        last = learner.adapt(task, embedding, every_query=False).parameters[-1]
        parameters = learner.in_use(task, embedding, last)
    return AdaptedNetwork(learner.backbone, learner.shared, parameters).eval()


def export_onnx(
    learner: Learner, classes: CharacterSet | Mapping[str, Sequence[np.ndarray]], path: str | Path
) -> float:
    """Adapt a learner to your classes, and write the network that it has become as an ONNX file.

    The file takes ``images``, float32 ``[n, 1, 28, 28]``: ink from 0 to 1 on a ground of 0, for any n. It returns
    ``probabilities`` ``[n, classes]``. The names of the classes are in its metadata, as JSON under "classes".

    Parameters
    ----------
    learner : Learner
        It adapts to the classes first. Nothing in the file adapts any more.
    classes : CharacterSet or dict of str to sequence of ndarray
        Two classes or more, with one drawing or more each, uint8 ``[28, 28]``.
    path : str or Path
        The file to write, ``.onnx``.

    Returns
    -------
    float
        The largest difference between a probability from the file, run by ONNX Runtime, and the same from the learner,
        on the drawings of the classes and on noise. It was checked to be small.

    Raises
    ------
    MetalearnError
        Where the packages that this needs are not installed, for a transductive learner, for a network that ONNX cannot
        express, and where the file gives other probabilities than the learner; nothing is written then.

    Examples
    --------
    >>> import metalearn as ml
    >>> glyphs = ml.load_characters("glyphs")
    >>> classes = {name: glyphs.images[i, :3] for i, name in enumerate(glyphs.characters[:4])}
    >>> ml.export_onnx(ml.load_learner("prototypes", "lake"), classes, "four.onnx") < 1e-4  # doctest: +SKIP
    True
    """
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise MetalearnError(
            "the export needs {missing}; install the kit with them: metalearn-kit[onnx]", missing=", ".join(missing)
        )
    classes = drawings_of(classes)
    network = adapted_network(learner, classes)
    made = _as_onnx(network)
    made.metadata_props.add(key="classes", value=json.dumps(list(classes), ensure_ascii=False))
    content = made.SerializeToString()
    difference = _difference(network, content, classes)
    if not difference < TOLERANCE:
        raise MetalearnError("the exported network gives other answers, by {difference:.1e}", difference=difference)
    write_atomically(user_path(path), content)
    return difference


def _as_onnx(network: AdaptedNetwork) -> "onnx.ModelProto":
    """Return a network in ONNX's form, for any number of images."""
    count = torch.export.Dim("images_count")
    quiet = logging.getLogger("torch.onnx")
    level = quiet.level
    quiet.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the exporter's own: they tell of its future, and not of this network
            program = torch.onnx.export(
                network,
                (torch.zeros(3, 1, 28, 28),),
                dynamo=True,
                dynamic_shapes=({0: count},),
                input_names=["images"],
                output_names=["probabilities"],
                opset_version=OPSET,
                verbose=False,
            )
    except Exception as error:  # whatever the exporter stumbles over in a network of the user's own
        raise MetalearnError("ONNX cannot express this network ({error})", error=in_words(error)[:200]) from error
    finally:
        quiet.setLevel(level)
    assert program is not None
    return program.model_proto


def _difference(network: AdaptedNetwork, content: bytes, classes: Mapping[str, Sequence[np.ndarray]]) -> float:
    """Return by how much the probabilities of the file differ from the network's, at most."""
    import onnxruntime

    drawings = np.concatenate([np.stack(list(images)) for images in classes.values()])[:, None] / np.float32(255)
    noise = np.random.default_rng(0).random((5, 1, 28, 28), dtype=np.float32)
    images = np.concatenate([drawings.astype(np.float32), noise])
    (found,) = onnxruntime.InferenceSession(content).run(["probabilities"], {"images": images})
    with torch.no_grad():
        wanted = network(torch.from_numpy(images)).numpy()
    return float(np.abs(found - wanted).max())
