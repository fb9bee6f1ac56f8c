"""Task-embedding meta-learning, small enough to read.

Map every task to a vector, learn how to adapt from that vector, adapt to a new task from a handful of examples.

>>> import metalearn as ml

Everything a notebook or a script needs is here, and is imported when it is first used: importing the package itself
loads nothing heavy. The rooms behind this door are its subpackages; each says in its first lines what it offers.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

# Where each public name lives. The block for type checkers below says the same; a test holds them together.
_HOME = {
    "CharacterSet": "characters.character_set",
    "load_characters": "characters.load",
    "Split": "characters.splits",
    "split": "characters.splits",
    "TaskBatch": "tasks.task_batch",
    "Episodes": "tasks.episodes",
    "MixedQuestions": "tasks.mixed_questions",
    "HiddenQuestions": "tasks.hidden_questions",
    "TwoQuestions": "tasks.two_questions",
    "WhichPart": "tasks.which_part",
    "Sinusoids": "tasks.sinusoids",
    "CharacterTasks": "tasks.character_tasks",
    "all_character_tasks": "tasks.character_tasks",
    "make_task": "tasks.single_task",
    "HEAD": "learners.backbone",
    "Backbone": "learners.backbone",
    "NetworkBackbone": "learners.network",
    "Learner": "learners.learner",
    "Support": "learners.hooks",
    "Move": "learners.hooks",
    "Trajectory": "learners.trajectory",
    "adapt": "learners.inner_loop",
    "LearnedInit": "learners.init_hooks",
    "PrototypeInit": "learners.init_hooks",
    "EmbeddingInit": "learners.init_hooks",
    "NeighbourInit": "learners.init_hooks",
    "LiteralInit": "learners.init_hooks",
    "ContextInit": "learners.init_hooks",
    "RidgeInit": "learners.closed_form",
    "MahalanobisInit": "learners.closed_form",
    "WeightedPrototypeInit": "learners.in_context",
    "TaskReader": "learners.in_context",
    "SetEncoder": "learners.set_encoder",
    "SGD": "learners.update_hooks",
    "LearnedStepSizes": "learners.update_hooks",
    "EmbeddingStepSizes": "learners.update_hooks",
    "StepSizeNetwork": "learners.update_hooks",
    "RecurrentOptimizer": "learners.update_hooks",
    "ModulationAttention": "learners.modulate_hooks",
    "GroupSelection": "learners.modulate_hooks",
    "PlaceAttention": "learners.modulate_hooks",
    "ContextModulation": "learners.modulate_hooks",
    "GradientEmbedding": "embeddings.gradient",
    "PrototypeGradientEmbedding": "embeddings.prototype_gradient",
    "AdaptationEmbedding": "embeddings.adaptation",
    "CollaborativeEmbedding": "embeddings.collaborative",
    "GenerativeEmbedding": "embeddings.generative",
    "EncodedEmbedding": "embeddings.encoded",
    "Schedule": "training.schedule",
    "train": "training.outer_loop",
    "Estimate": "evaluation.estimate",
    "evaluate": "evaluation.accuracy",
    "query_accuracies": "evaluation.accuracy",
    "compare_starts": "pretrained.starts",
    "export_onnx": "recognition.export",
    "predict": "recognition.naming",
    "Predictions": "recognition.naming",
    "KnownLimit": "recognition.unknown",
    "TaskMap": "maps.task_map",
    "load_embedder": "pretrained.embedders",
    "load_learner": "pretrained.learners",
    "load_map": "pretrained.maps",
    "load_table": "pretrained.results",
    "MetalearnError": "errors",
}
_MODULES = ("check", "course", "plots")

__all__ = sorted([*_HOME, *_MODULES, "__version__"])

if TYPE_CHECKING:
    from metalearn import check as check
    from metalearn import course as course
    from metalearn import plots as plots
    from metalearn.characters.character_set import CharacterSet as CharacterSet
    from metalearn.characters.load import load_characters as load_characters
    from metalearn.characters.splits import Split as Split
    from metalearn.characters.splits import split as split
    from metalearn.embeddings.adaptation import AdaptationEmbedding as AdaptationEmbedding
    from metalearn.embeddings.collaborative import CollaborativeEmbedding as CollaborativeEmbedding
    from metalearn.embeddings.encoded import EncodedEmbedding as EncodedEmbedding
    from metalearn.embeddings.generative import GenerativeEmbedding as GenerativeEmbedding
    from metalearn.embeddings.gradient import GradientEmbedding as GradientEmbedding
    from metalearn.embeddings.prototype_gradient import PrototypeGradientEmbedding as PrototypeGradientEmbedding
    from metalearn.errors import MetalearnError as MetalearnError
    from metalearn.evaluation.accuracy import evaluate as evaluate
    from metalearn.evaluation.accuracy import query_accuracies as query_accuracies
    from metalearn.evaluation.estimate import Estimate as Estimate
    from metalearn.learners.backbone import HEAD as HEAD
    from metalearn.learners.backbone import Backbone as Backbone
    from metalearn.learners.closed_form import MahalanobisInit as MahalanobisInit
    from metalearn.learners.closed_form import RidgeInit as RidgeInit
    from metalearn.learners.hooks import Move as Move
    from metalearn.learners.hooks import Support as Support
    from metalearn.learners.in_context import TaskReader as TaskReader
    from metalearn.learners.in_context import WeightedPrototypeInit as WeightedPrototypeInit
    from metalearn.learners.init_hooks import ContextInit as ContextInit
    from metalearn.learners.init_hooks import EmbeddingInit as EmbeddingInit
    from metalearn.learners.init_hooks import LearnedInit as LearnedInit
    from metalearn.learners.init_hooks import LiteralInit as LiteralInit
    from metalearn.learners.init_hooks import NeighbourInit as NeighbourInit
    from metalearn.learners.init_hooks import PrototypeInit as PrototypeInit
    from metalearn.learners.inner_loop import adapt as adapt
    from metalearn.learners.learner import Learner as Learner
    from metalearn.learners.modulate_hooks import ContextModulation as ContextModulation
    from metalearn.learners.modulate_hooks import GroupSelection as GroupSelection
    from metalearn.learners.modulate_hooks import ModulationAttention as ModulationAttention
    from metalearn.learners.modulate_hooks import PlaceAttention as PlaceAttention
    from metalearn.learners.network import NetworkBackbone as NetworkBackbone
    from metalearn.learners.set_encoder import SetEncoder as SetEncoder
    from metalearn.learners.trajectory import Trajectory as Trajectory
    from metalearn.learners.update_hooks import SGD as SGD
    from metalearn.learners.update_hooks import EmbeddingStepSizes as EmbeddingStepSizes
    from metalearn.learners.update_hooks import LearnedStepSizes as LearnedStepSizes
    from metalearn.learners.update_hooks import RecurrentOptimizer as RecurrentOptimizer
    from metalearn.learners.update_hooks import StepSizeNetwork as StepSizeNetwork
    from metalearn.maps.task_map import TaskMap as TaskMap
    from metalearn.pretrained.embedders import load_embedder as load_embedder
    from metalearn.pretrained.learners import load_learner as load_learner
    from metalearn.pretrained.maps import load_map as load_map
    from metalearn.pretrained.results import load_table as load_table
    from metalearn.pretrained.starts import compare_starts as compare_starts
    from metalearn.recognition.export import export_onnx as export_onnx
    from metalearn.recognition.naming import Predictions as Predictions
    from metalearn.recognition.naming import predict as predict
    from metalearn.recognition.unknown import KnownLimit as KnownLimit
    from metalearn.tasks.character_tasks import CharacterTasks as CharacterTasks
    from metalearn.tasks.character_tasks import all_character_tasks as all_character_tasks
    from metalearn.tasks.episodes import Episodes as Episodes
    from metalearn.tasks.hidden_questions import HiddenQuestions as HiddenQuestions
    from metalearn.tasks.mixed_questions import MixedQuestions as MixedQuestions
    from metalearn.tasks.single_task import make_task as make_task
    from metalearn.tasks.sinusoids import Sinusoids as Sinusoids
    from metalearn.tasks.task_batch import TaskBatch as TaskBatch
    from metalearn.tasks.two_questions import TwoQuestions as TwoQuestions
    from metalearn.tasks.which_part import WhichPart as WhichPart
    from metalearn.training.outer_loop import train as train
    from metalearn.training.schedule import Schedule as Schedule


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562)."""
    if name in _MODULES:
        return _part(name)
    if name not in _HOME:
        raise AttributeError(f"module 'metalearn' has no attribute {name!r}")
    found = getattr(_part(_HOME[name]), name)
    globals()[name] = found  # the next use finds it at once
    return found


def _part(name: str) -> Any:
    try:
        return import_module(f"metalearn.{name}")
    except ModuleNotFoundError as error:
        from metalearn._clash import clash

        if (error.name or "").startswith("metalearn") and (reason := clash()):
            raise ImportError(f"{error}: {reason}") from error
        raise


def __dir__() -> list[str]:
    return __all__
