"""The worlds: kinds of tasks in which learners are trained and compared.

Whether a task's embedding can help is a property of the world first, and of the method second. Where one good feature
space serves all tasks, there is nothing to win. Where tasks ask different questions of the same drawings, there is.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from metalearn.characters.character_set import CharacterSet
from metalearn.characters.splits import Split
from metalearn.errors import MetalearnError
from metalearn.pretrained.embedders import BASE_LEARNER
from metalearn.pretrained.names import artifact_folder
from metalearn.pretrained.recipes import MIXED, Practice, Recipe, find_recipe
from metalearn.tasks.episodes import Episodes, fitting_episodes
from metalearn.tasks.hidden_questions import HiddenQuestions
from metalearn.tasks.mixed_questions import MixedQuestions
from metalearn.tasks.questions import HIDDEN_QUESTIONS, PLACES
from metalearn.tasks.sampler import Sampler
from metalearn.tasks.which_part import WhichPart
from metalearn.training.objectives import all_pairs_loss, query_loss

EMBEDDER_TASKS = 600  # so many training tasks an embedder is fitted to
TEST_SEED = 1000  # of the tasks that learners are measured on; others for each seed that training started from


@dataclass(frozen=True)
class World:
    """One kind of tasks, and how learners are trained in it.

    Parameters
    ----------
    recipe : callable
        ``recipe(name)`` is how the learner called ``name`` is trained here.
    validation, test : callable
        Given characters, split and seed: the sampler of validation tasks, and that of test tasks.
    embedder_tasks : callable
        Given the same: a sampler of training tasks. The embedder is fitted to its first batch.
    family : str
        The task embedding that learners use.
    own_base : bool
        Whether learners start from a prototypical network that was trained in this world, and not from the split's.
    questions : tuple of str
        What its tasks ask about, in turn; empty where all ask the same.
    """

    recipe: Callable[[str], Recipe]
    validation: Practice
    test: Practice
    embedder_tasks: Practice
    family: str = "gradient-long"
    own_base: bool = False
    questions: tuple[str, ...] = ()


# --- characters ------------------------------------------------------------------------------------------------------


def _characters_held_out(characters: CharacterSet, sides: Split, seed: int) -> Episodes:
    """Return 20-way episodes of validation characters; on the lake split, within an alphabet."""
    within = sides.name == "lake"
    return fitting_episodes(characters, sides.validation, 20, 1, 5, within_alphabet=within, batch_size=10, seed=seed)


def _characters_test(characters: CharacterSet, sides: Split, seed: int) -> Episodes:
    return fitting_episodes(characters, sides.test, 5, 1, 5, batch_size=20, seed=seed)


def _characters_to_embed(characters: CharacterSet, sides: Split, seed: int) -> Episodes:
    return fitting_episodes(characters, sides.train, 10, 1, 0, rotations=True, batch_size=EMBEDDER_TASKS, seed=seed)


# --- mixed questions -------------------------------------------------------------------------------------------------


def _mixed_recipe(name: str) -> Recipe:
    # There is more to learn than where all tasks ask about characters, so rates are higher.
    quick = name in ("prototypes-twin", "attention", "selection")
    rate = 4e-3 if quick else 5e-4
    return replace(find_recipe(name), practice=_mixed_practice, step_ways=None, learning_rate=rate)


def _mixed_practice(characters: CharacterSet, sides: Split, seed: int) -> MixedQuestions:
    pool = sides.train[~_lent_to_validation(characters, sides)]
    return MixedQuestions(characters, pool, batch_size=12, seed=seed)


def _mixed_held_out(characters: CharacterSet, sides: Split, seed: int) -> MixedQuestions:
    pool = np.concatenate([sides.validation, sides.train[_lent_to_validation(characters, sides)]])
    return MixedQuestions(characters, pool, batch_size=12, seed=seed)


def _lent_to_validation(characters: CharacterSet, sides: Split) -> np.ndarray:
    """Return which training characters validate instead: those of three alphabets.

    "Which of five alphabets?" needs five alphabets, and a validation side may have fewer. Asking about fewer would
    validate on easier tasks than those that are trained on.
    """
    alphabets = characters.alphabet_ids[sides.train]
    three = np.random.default_rng(0).permutation(np.unique(alphabets))[:3]
    return np.isin(alphabets, three)


def _mixed_test(characters: CharacterSet, sides: Split, seed: int) -> MixedQuestions:
    return MixedQuestions(characters, sides.test, batch_size=30, seed=seed)


def _mixed_to_embed(characters: CharacterSet, sides: Split, seed: int) -> MixedQuestions:
    return MixedQuestions(characters, sides.train, queries=0, batch_size=EMBEDDER_TASKS, seed=seed)


# --- worlds with a base model of their own ---------------------------------------------------------------------------


BASE_STEPS, MORE_STEPS = 1200, 400  # meta-steps of the base model, and of what goes on from it


def _own_recipe(practice: Practice, name: str) -> Recipe:
    """Return how a learner is trained in a world with its own base model.

    Learners that start from a prototypical network go on from this world's. Those with inner steps get half as many
    meta-steps, as each takes longer. New hooks learn faster than the network. Learners that start from nothing get as
    many meta-steps as the base model and a learner that goes on from it have together.
    """
    recipe = replace(find_recipe(name), practice=practice, step_ways=None, finish=0)
    if recipe.objective is all_pairs_loss:  # it makes one task of many, but here their classes mean different things
        recipe = replace(recipe, objective=query_loss)
    if recipe.warm_start:
        return replace(
            recipe, meta_steps=MORE_STEPS // 2 if recipe.steps else MORE_STEPS, learning_rate=2e-3, hook_speed=3
        )
    if name == BASE_LEARNER:
        return replace(recipe, meta_steps=BASE_STEPS)
    return replace(recipe, meta_steps=BASE_STEPS + MORE_STEPS) if recipe.meta_steps else recipe


def _with_questions(sampler: Callable[..., Sampler], questions: tuple[str, ...]) -> World:
    """Return a world of tasks that ask some questions in turn; ``sampler`` makes them from characters and a pool."""

    def tasks(side: str, size: int, queries: int, characters: CharacterSet, sides: Split, seed: int) -> Sampler:
        in_turn = size // len(questions) * len(questions)  # each question is asked as often
        return sampler(characters, getattr(sides, side), queries=queries, batch_size=in_turn, seed=seed)

    return World(
        partial(_own_recipe, partial(tasks, "train", 20, 3)),
        validation=partial(tasks, "validation", 20, 3),
        test=partial(tasks, "test", 40, 3),
        embedder_tasks=partial(tasks, "train", EMBEDDER_TASKS, 0),
        family="prototype-gradient",
        own_base=True,
        questions=questions,
    )


def _hidden(attributes: int) -> World:
    return _with_questions(partial(HiddenQuestions, attributes=attributes), HIDDEN_QUESTIONS[:attributes])


WORLDS = {
    "characters": World(
        find_recipe,
        validation=_characters_held_out,
        test=_characters_test,
        embedder_tasks=_characters_to_embed,
    ),
    "mixed": World(
        _mixed_recipe,
        validation=_mixed_held_out,
        test=_mixed_test,
        embedder_tasks=_mixed_to_embed,
    ),
    **{f"hidden-{count}": _hidden(count) for count in range(1, len(HIDDEN_QUESTIONS) + 1)},
    "which-part": _with_questions(WhichPart, PLACES),
}


# The learners that ship, for the lake split, for other worlds than that of characters.
SHIPPED: dict[str, tuple[str, ...]] = {
    "mixed": MIXED,
    "which-part": (BASE_LEARNER, "prototypes-twin", "mahalanobis", "places"),
    "hidden-5": (BASE_LEARNER, "prototypes-twin", "mahalanobis", "attention", "in-context"),
}


def base_folder(split_name: str, world: str) -> str:
    """Return the folder of the base model that learners of a world start from."""
    return artifact_folder(split_name, world) if find_world(world).own_base else split_name


def find_world(name: str) -> World:
    """Return the world called ``name``. Raises MetalearnError where there is none."""
    if name not in WORLDS:
        raise MetalearnError("unknown world {name!r}; there are {known}", name=name, known=", ".join(WORLDS))
    return WORLDS[name]
