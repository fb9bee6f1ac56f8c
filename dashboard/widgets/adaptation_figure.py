"""The adaptation player: computed once for all visitors who ask for the same, and as code that draws it again.

Nothing here reads a visitor's state: what is cached depends on the request alone.
"""

from typing import Any

import streamlit as st

from dashboard import adaptation_jobs, state, training, worker_pool, worlds
from dashboard.adaptation_request import AdaptationRequest, Entrant
from dashboard.language import translated
from dashboard.widgets.copy_as_python import call, collection, program, quoted
from dashboard.widgets.map_chart import load_map_code
from metalearn.maps.task_map import FEWEST_CHARACTERS
from metalearn.plots import player

MOST_LEARNERS = player.MOST_LEARNERS
ANOTHER_TASK = {"question": "another_question", "shuffled": "another"}  # what code calls the tasks learners are told of


@st.cache_resource(show_spinner=False, max_entries=64)
def recording(request: AdaptationRequest) -> player.Recording:
    """Let each learner adapt to the same task, in a worker process."""
    has_map = len(state.characters()) >= FEWEST_CHARACTERS and not request.in_world
    task_map = state.task_map(request.split, request.data) if has_map else None
    trained = training.trained_learners(entrant.learner for entrant in request.entrants)
    return worker_pool.run(adaptation_jobs.record_adaptation, request, task_map, trained)


@st.cache_resource(show_spinner=False, max_entries=64)
def scene(request: AdaptationRequest, language: str) -> dict[str, Any]:
    """Return what the player plays. All visitors who read this language share it."""
    return player.make_scene(recording(request), {text: translated(text, language) for text in player.WORDS})


def code(request: AdaptationRequest, start: int, with_map: bool) -> str:
    """Return Python code that plays the same."""
    questions = [] if request.world == "characters" else [request.world]
    learners = [
        f"{quoted(entrant.title)}: {call('ml.load_learner', entrant.learner, request.split, *questions)}"
        for entrant in request.entrants
    ]
    embeddings = [
        f"{quoted(entrant.title)}: {_embedding_code(entrant, request.seed)}"
        for entrant in request.entrants
        if entrant.embedding_source != "own"
    ]
    lines = ["characters = ml.load_characters()", *_task_code(request), collection("learners", "{", learners, "}")]
    settings = [f"steps={request.steps}", "characters=characters"]
    if embeddings:
        lines.append(collection("embeddings", "{", embeddings, "}"))
        settings.append("embeddings=embeddings")
    if with_map:
        lines += [
            f"task_map = {load_map_code(request.split, 'gradient', request.data)}",
            f"embedder = {call('ml.load_embedder', 'gradient', request.split)}",
            f"on_map = ml.plots.on_map(task, task_map, embedder, {request.steps})",
        ]
        settings.append("on_map=on_map")
    settings += [f"start={start}"] * (start > 0)
    return program([*lines, f"figure = ml.plots.adaptation(learners, task, {', '.join(settings)})"])


def _task_code(request: AdaptationRequest) -> list[str]:
    """Return the lines that make the task, and the other tasks whose embeddings some learners are told."""
    if request.in_world:
        return _world_code(request)
    numbers = f"shots={request.shots}, queries={request.queries}"
    lines = []
    if request.question == "character":
        lines = [
            collection("names", "[", [quoted(name) for name in request.characters], "]"),
            f"task = ml.make_task(characters, names, {numbers}, seed={request.seed})",
        ]
    told = {entrant.embedding_source for entrant in request.entrants} & ANOTHER_TASK.keys()
    if lines and not told:
        return lines
    test = f"ml.split(characters, {quoted(request.split)}).test"
    lines.append(f"unseen = {test if request.data == 'omniglot' else 'np.arange(len(characters))'}")
    settings = f"{request.episode_ways}, {numbers}, batch_size=1, seed={request.seed}"
    if request.question != "character":
        lines.append(f"task = {_episode(request.question, settings)}.batch(0)")
    for source in sorted(told):
        question = request.another_question if source == "question" else request.question
        lines.append(f"{ANOTHER_TASK[source]} = {_episode(question, settings)}.batch(1)")
    return lines


def _world_code(request: AdaptationRequest) -> list[str]:
    """Return the lines that make a world's task, and the other tasks whose embeddings some learners are told."""
    batch = f"tasks.batch({{}} // {worlds.BATCH})[{{}} % {worlds.BATCH}]"
    lines = [
        f"unseen = ml.split(characters, {quoted(worlds.SPLIT)}).test",
        f"tasks = {worlds.SAMPLERS[request.world]}",
        f"task = {batch.format(request.seed, request.seed)}",
    ]
    for source in sorted({entrant.embedding_source for entrant in request.entrants} & ANOTHER_TASK.keys()):
        number = worlds.another(request.world, request.seed, source)
        lines.append(f"{ANOTHER_TASK[source]} = {batch.format(number, number)}")
    return lines


def _episode(question: str, settings: str) -> str:
    return f"ml.Episodes(characters, unseen, {settings}, question={quoted(question)})"


def _embedding_code(entrant: Entrant, seed: int) -> str:
    """Return the code of what a learner is given in place of the task's own embedding."""
    learner = f"learners[{quoted(entrant.title)}]"
    return {
        "question": f"{learner}.embed({ANOTHER_TASK['question']})",
        "shuffled": f"{learner}.embed({ANOTHER_TASK['shuffled']})",
        "zero": f"0 * {learner}.embed(task)",
        "random": f'embedding_for({learner}, task, "random", seed={seed})',
    }[entrant.embedding_source]
