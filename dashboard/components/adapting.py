"""What learners do with a task, computed once for all visitors who ask the same, and as code that does it again.

Nothing here looks at a visitor's state: what is cached depends on what was asked, and on that alone.
"""

import plotly.graph_objects as go
import streamlit as st

from dashboard import state, training, work, workers
from dashboard.asked import Asked, Watched
from dashboard.components.ready import ReadyFigure
from dashboard.language import translated
from metalearn import maps, player

MOST_LEARNERS = len(player.LEARNERS)


@st.cache_resource(show_spinner=False, max_entries=64)
def adapted(asked: Asked) -> Watched:
    """Let each learner adapt to the very same task, when it is this one's turn."""
    shown = state.task_map(asked.split, asked.data) if len(state.characters()) >= maps.FEWEST else None
    return workers.run(work.watched, asked, shown, training.among(entrant.learner for entrant in asked.entrants))


@st.cache_resource(show_spinner=False, max_entries=64)
def figure(asked: Asked, start: int, narrow: bool, language: str) -> go.Figure:
    """Return the player, open at step ``start``; it belongs to all visitors who read this language."""
    seen = adapted(asked)
    drawings = (seen.pictures, seen.answers, seen.class_names)
    words = {text: translated(text, language) for text in player.WORDS}
    return ReadyFigure(workers.run(player.adaptation_spec, seen.views, *drawings, seen.on_map, start, narrow, words))


def code(asked: Asked, start: int, narrow: bool, with_map: bool) -> str:
    """Return code that makes the same figure."""
    shipped = maps.path_of(asked.split, data=asked.data).with_suffix(".json").exists()
    the_map = f"maps.load({asked.split!r}, data=characters.name)"
    if not shipped:
        the_map = f"mapmaking.compute(characters, {asked.split!r}, 'gradient')"
    on_map = [
        f"shown = {the_map}",
        f"embedder = families.load_embedder({asked.split!r})",
        "classes = watching.positions(characters, question.characters)",
        f"on_map = watching.on_map(shown, embedder, task, classes, steps={asked.steps})",
    ]
    names = "".join(f"\n    {name!r}," for name in asked.characters) + "\n" * bool(asked.characters)
    trained = ", 'mixed'" if asked.mixed else ""
    entrants = "".join(f"\n    {tuple(entrant)!r}," for entrant in asked.entrants)
    return "\n".join(
        [
            f"from metalearn import data, families, {'maps' if shipped else 'mapmaking'}, player, recipes, watching",
            "",
            "characters = data.load()",
            f"names = ({names})",
            f"question = watching.Question({asked.question!r}, names, ways={asked.ways}, shots={asked.shots}, "
            f"queries={asked.queries}, seed={asked.seed})",
            "task = question.task(characters)",
            "views = []",
            f"for name, told, title in [{entrants}\n]:",
            f"    learner = recipes.load_learner(name, {asked.split!r}{trained})",
            "    embedding = watching.told(learner, question, characters, told)",
            f"    views.append(watching.watch(title, learner, task, {asked.steps}, embedding))",
            *(on_map if with_map else ["on_map = None"]),
            "pictures, answers = watching.query_pictures(task), task.query_y[0].numpy()",
            "class_names = question.class_names(characters)",
            "figure = player.adaptation_player(",
            f"    views, pictures, answers, class_names, on_map, start={start}, narrow={narrow}",
            ")",
            "figure.show()",
        ]
    )
