"""Watch adaptation: choose characters, and see learners adapt to telling them apart, step by step."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from dashboard import state
from dashboard.components import banner, pictures
from dashboard.components import split as split_choice
from metalearn import maps, player
from metalearn.data import CharacterSet
from metalearn.errors import MetalearnError

if TYPE_CHECKING:
    from metalearn.tasks import TaskBatch


def choose_characters(characters: CharacterSet) -> None:
    """Let the visitor choose 2 to 10 characters, by picture or at random."""
    columns = st.columns([4, 2, 2, 2], vertical_alignment="bottom")
    alphabet = columns[0].selectbox("Alphabet", characters.alphabet_names, key="alphabet", persist_state="session")
    of_alphabet = np.flatnonzero(np.array(characters.alphabets) == alphabet)
    for column, label, pool in (
        (columns[1], "Five of this alphabet", of_alphabet),
        (columns[2], "Five at random", np.arange(len(characters))),
    ):
        column.button(label, width="stretch", on_click=choose_five, args=(pool,))
    columns[3].button("Clear", width="stretch", on_click=state.choose, args=([],), disabled=not state.chosen())
    pictures.choices(characters, of_alphabet, state.chosen(), state.toggle, columns=10)


def choose_five(pool: np.ndarray) -> None:
    """Choose five of the characters at ``pool`` (or all, if they are fewer), others each time."""
    tries = st.session_state["tries"] = st.session_state.get("tries", 0) + 1
    state.choose(np.random.default_rng([tries]).permutation(pool)[:5])


@dataclass(frozen=True)
class Settings:
    """What the visitor wants to watch."""

    split: str
    learners: list[str]
    shots: int
    queries: int
    steps: int
    seed: int


def ask() -> Settings:
    """Ask for the learners and the size of the task."""
    left, right = st.columns([3, 5])
    with left:
        split = split_choice.choose()
    titles = state.learner_titles(split)
    learners = right.multiselect(
        "Learners, side by side",
        list(titles),
        default=[name for name in ("preinit", "scratch") if name in titles],
        max_selections=2,
        format_func=lambda name: titles.get(name, name),
        key="learners",
        persist_state="session",
    )
    shots, queries, steps, seed = st.columns(4)
    return Settings(
        split,
        learners,
        shots=int(shots.number_input("Shots", 1, 10, 1, key="shots", persist_state="session")),
        queries=int(queries.number_input("Queries a class", 1, 10, 5, key="queries", persist_state="session")),
        steps=int(steps.number_input("Steps", 1, 20, 10, key="steps", persist_state="session")),
        seed=int(seed.number_input("Seed of the drawings", 0, 9999, 0, key="seed", persist_state="session")),
    )


@dataclass(frozen=True)
class Watched:
    """One task and what each learner did with it."""

    views: list[player.AdaptationView]
    path: np.ndarray | None
    queries: np.ndarray
    answers: np.ndarray
    seconds: float


@st.cache_resource(show_spinner="Adapting …", max_entries=32)
def adapted(data: str, chosen: list[int], asked: Settings) -> Watched:
    """Let each learner adapt to the very same task."""
    import torch

    from metalearn.tasks import task_of

    task = task_of(state.characters(), chosen, asked.shots, asked.queries, asked.seed)
    learners = [state.learner(name, asked.split) for name in asked.learners]
    start = time.perf_counter()
    with torch.no_grad():
        trajectories = [learner.adapt(task, steps=asked.steps) for learner in learners]
    seconds = time.perf_counter() - start
    titles = state.learner_titles(asked.split)
    views = [
        player.AdaptationView(
            learner=titles[name],
            support_loss=seen.support_loss[:, 0].numpy(),
            query_accuracy=seen.query_accuracy[:, 0].numpy(),
            probabilities=seen.query_logits[:, 0].softmax(-1).numpy(),
        )
        for name, seen in zip(asked.learners, trajectories, strict=True)
    ]
    pixels = (255 * task.query_x[0, :, 0]).round().byte().numpy()
    on_a_map = len(state.characters()) >= maps.FEWEST
    path = task_path(task, asked.split, asked.steps) if on_a_map else None
    return Watched(views, path, pixels, task.query_y[0].numpy(), seconds)


def task_path(task: "TaskBatch", split: str, steps: int) -> np.ndarray:
    """Return where the task is on the PCA map after each step, ``[steps + 1, 2]``; nowhere before the first."""
    embedder = state.embedder(split)
    built_up = embedder[0].path(task, steps)[:, 0]
    return np.concatenate([np.full((1, 2), np.nan), embedder[-1].transform(built_up)[:, :2]])


def watch(characters: CharacterSet, chosen: list[int]) -> None:
    """Adapt the learners to the one task and play what happened."""
    asked = ask()
    if not asked.learners:
        st.info("Choose a learner.")
        return
    watched = adapted(characters.name, chosen, asked)
    names = [pictures.short_name(characters, i) for i in chosen]
    on_map = None
    if watched.path is not None:
        tasks = state.task_map(asked.split, characters.name).projections["PCA 2D"]
        on_map = player.TaskOnMap(tasks, chosen, watched.path)
    figure = player.adaptation_player(watched.views, watched.queries, watched.answers, names, on_map)
    st.plotly_chart(figure, key="player", config={"displayModeBar": False})
    for view in watched.views:
        before, after = view.query_accuracy[0], view.query_accuracy[-1]
        st.markdown(f"**{view.learner}**: {before:.0%} of the queries right before adapting, {after:.0%} at the end.")
    st.caption(
        f"{len(chosen)}-way {asked.shots}-shot on {characters.name}, {asked.split} split; adapting took "
        f"{1000 * watched.seconds:.0f} ms. {met_in_training(characters, chosen, asked.split)}"
    )
    if on_map:
        st.caption(
            "On the map, the points with letters are the characters' own tasks. The blue line is this task's gradient "
            "embedding after 1, 2, … steps of the base model's training on it; before the first there is none."
        )


def met_in_training(characters: CharacterSet, chosen: list[int], split: str) -> str:
    """Say how many of the characters the models have met before."""
    met = 0
    if characters.name == "omniglot":
        met = int(np.isin(chosen, state.sides(split, characters, characters.name).train).sum())
    return f"The models were trained on {met or 'none'} of these {len(chosen)} characters."


def page() -> None:
    st.title("Watch adaptation")
    st.markdown(
        "A learner sees a few drawings of each character (the **support set**) and must then name new ones (the "
        "**query set**). Choose characters, press play, and watch it learn."
    )
    characters = state.characters()
    banner.show(characters)
    with st.expander("Choose 2 to 10 characters", expanded=state.choosing()):
        choose_characters(characters)
    chosen = state.chosen()
    if len(chosen) < 2:
        st.info("Tick at least two characters, take five at random, or send some over from the map.")
        return
    pictures.strip(characters, chosen, columns=10)
    watch(characters, chosen)


try:
    page()
except MetalearnError as error:
    st.error(str(error))
