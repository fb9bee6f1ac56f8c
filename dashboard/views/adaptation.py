"""Watch adaptation: choose characters, and see learners adapt to telling them apart, step by step."""

import numpy as np
import streamlit as st

from dashboard import address, language, state, training, workers
from dashboard.asked import TOLD, Asked, Entrant
from dashboard.components import adapting, as_python, banner, pictures
from dashboard.components import split as split_choice
from dashboard.components.adapting import MOST_LEARNERS
from dashboard.language import _, said
from metalearn.data import CharacterSet
from metalearn.errors import MetalearnError

QUESTIONS = ("character", "alphabet", "drawer")
MOST_STEPS = 20


def view(characters: CharacterSet) -> dict[str, address.Read]:
    """Return what shapes this page."""
    return {
        "question": address.one_of(QUESTIONS),
        "characters": address.some_of(characters.characters, state.MOST_CHARACTERS),
        "alphabet": address.one_of(characters.alphabet_names),
        "ways": address.number(2, 10),
        "shots": address.number(1, 10),
        "queries": address.number(1, 10),
        "seed": address.number(0, 9999),
        "split": address.one_of(state.SPLITS),
        "mixed": address.flag,
        "learners": lambda said: said[:MOST_LEARNERS],  # those that the split does not have are dropped there
        "told": address.one_of(TOLD),
        "steps": address.number(1, MOST_STEPS),
        "step": address.number(0, MOST_STEPS),
        "narrow": address.flag,
    }


def ask_task(characters: CharacterSet) -> tuple[str, int, int, int, int]:
    """Ask for the question, ways, shots, queries and seed."""
    words = {"character": _("which character?"), "alphabet": _("which alphabet?"), "drawer": _("which drawer?")}
    columns = st.columns([3, 2, 2, 2, 2], vertical_alignment="bottom")
    question = columns[0].selectbox(
        _("Question"),
        QUESTIONS,
        format_func=words.__getitem__,
        key="question",
        persist_state="session",
        help=_("What is asked of the drawings. The same drawings can be told apart by character, alphabet or hand."),
    )
    numbers = (
        ("ways", _("Ways"), 2, 10, 5, _("Classes of a task drawn at random (Vinyals et al. 2016).")),
        ("shots", _("Shots"), 1, 10, 1, _("Drawings of each class in the support set: what the learner learns from.")),
        ("queries", _("Queries a class"), 1, 10, 5, _("New drawings of each class, to be named.")),
        ("seed", _("Seed"), 0, 9999, 0, _("Which drawings: the same number gives the same task.")),
    )
    ways, shots, queries, seed = (
        int(column.number_input(label, low, high, value, key=key, persist_state="session", help=why))
        for column, (key, label, low, high, value, why) in zip(columns[1:], numbers, strict=True)
    )
    return question, ways, shots, queries, seed


def choose_characters(characters: CharacterSet, ways: int) -> None:
    """Let the visitor choose 2 to 10 characters: by name, by picture, at random, or on the map."""
    left, right = st.columns([5, 3], vertical_alignment="bottom")
    alphabet = left.selectbox(_("Alphabet"), characters.alphabet_names, key="alphabet", persist_state="session")
    right.page_link("views/task_space.py", label=_("Choose them on the map"), icon=":material/scatter_plot:")
    of_alphabet = np.flatnonzero(np.array(characters.alphabets) == alphabet)
    buttons = st.container(horizontal=True)
    for key, label, pool in (
        ("some of alphabet", _("{count} of this alphabet").format(count=ways), of_alphabet),
        ("some at random", _("{count} at random").format(count=ways), np.arange(len(characters))),
    ):
        buttons.button(label, key=key, on_click=choose_some, args=(pool, ways))
    buttons.button(_("Clear"), key="clear", on_click=state.choose, args=([],), disabled=not state.chosen())
    pictures.choices(characters, of_alphabet, state.chosen(), state.toggle)


def choose_some(pool: np.ndarray, count: int) -> None:
    """Choose so many of the characters at ``pool`` (or all, if they are fewer), others each time."""
    tries = st.session_state["tries"] = st.session_state.get("tries", 0) + 1
    state.choose(np.random.default_rng([st.session_state["seed"], tries]).permutation(pool)[:count])


def ask_learners() -> tuple[str, bool, tuple[Entrant, ...], int]:
    """Ask who is to adapt, what it was trained on, what it is told, and for how many steps."""
    left, middle, right = st.columns([3, 6, 2], vertical_alignment="bottom")
    with left:
        split = split_choice.choose()
    mixed = split == "lake" and st.toggle(
        _("Learners trained on all three questions"),
        key="mixed",
        persist_state="session",
        help=_(
            "Which character, which alphabet and which drawer, mixed, and not told which. There an embedding has "
            "something to say; see 'Does it help?'."
        ),
    )
    titles = state.learner_titles(split, mixed)
    first = ("attention", "prototypes-twin") if mixed else ("preinit", "scratch")
    preset = [name for name in first if name in titles]
    known = [name for name in st.session_state.get("learners", preset) if name in titles]
    st.session_state["learners"] = list(dict.fromkeys(known))[:MOST_LEARNERS]
    learners = middle.multiselect(
        _("Learners, side by side"),
        list(titles),
        max_selections=MOST_LEARNERS,
        format_func=titles.__getitem__,
        key="learners",
        persist_state="session",
        help=_("Up to three, on the very same task: same drawings, same number of steps."),
    )
    steps = right.number_input(_("Steps"), 1, MOST_STEPS, 10, key="steps", persist_state="session")
    told = ask_told()
    if told == "own":
        return split, mixed, tuple(Entrant(name, told, titles[name]) for name in learners), int(steps)
    conditioned = [name for name in learners if state.is_conditioned(name)]
    entrants = []
    for name in learners:
        entrants.append(Entrant(name, "own", titles[name]))
        if name in conditioned:
            entrants.append(Entrant(name, told, f"{titles[name]} ({told_words()[told]})"))
    if not conditioned and learners:
        st.info(_("None of these learners uses an embedding: choose one that does, such as 'preinit' or 'alfa'."))
    if len(entrants) > MOST_LEARNERS:
        st.caption(_("There is room for three: the last ones chosen are left out."))
    return split, mixed, tuple(entrants[:MOST_LEARNERS]), int(steps)


def told_words() -> dict[str, str]:
    """Return what a learner may be told, in words."""
    return {
        "own": _("its own embedding"),
        "shuffled": _("another task's embedding"),
        "zero": _("no embedding"),
        "random": _("noise"),
    }


def ask_told() -> str:
    """Ask what conditioned learners are told about the task."""
    told: str = st.segmented_control(
        _("Tell learners that use an embedding"),
        TOLD,
        default="own",
        required=True,
        format_func=told_words().__getitem__,
        key="told",
        persist_state="session",
        help=_(
            "A learner told something else stands beside itself told the truth. Where both do the same, the embedding "
            "does not matter to it on this task."
        ),
    )
    return told


def play(asked: Asked) -> None:
    """Adapt the learners to the one task and play what happened."""
    left, right = st.columns([2, 6], vertical_alignment="bottom")
    last = asked.steps
    st.session_state["step"] = min(st.session_state.get("step") or 0, last)
    start = left.number_input(
        _("Open at step"), 0, last, key="step", persist_state="session", help=_("For a link that shows this moment.")
    )
    phone = "Mobi" in st.context.headers.get("User-Agent", "")
    narrow = right.toggle(_("Panels below each other"), phone, key="narrow", persist_state="session")
    with st.spinner(_("Adapting …; where others do too, it waits for its turn.")):
        seen = adapting.adapted(asked)
        figure = adapting.figure(asked, int(start), narrow, language.chosen())
    st.plotly_chart(
        figure,
        key="player",
        config={"displayModeBar": False},
        alt=_("How {learners} adapt to a task, step by step.").format(
            learners=", ".join(found.learner for found in seen.views)
        ),
    )
    for found in seen.views:
        st.markdown(
            _("**{learner}**: {before:.0%} of the queries right before adapting, {after:.0%} at the end.").format(
                learner=found.learner, before=found.query_accuracy[0], after=found.query_accuracy[-1]
            ),
            help=_("One task, few queries: chance plays a large part. 'Does it help?' has means over many tasks."),
        )
    tools = st.container(horizontal=True)
    with tools:
        explain(with_map=seen.on_map is not None)
        if not any(entrant.learner.startswith(training.PREFIX) for entrant in asked.entrants):
            as_python.show(adapting.code(asked, int(start), narrow, seen.on_map is not None))
    st.caption(
        _("{ways}-way {shots}-shot on {data}, {split} split; adapting took {ms:.0f} ms.").format(
            ways=len(seen.class_names),
            shots=asked.shots,
            data=asked.data,
            split=asked.split,
            ms=1000 * sum(found.seconds or 0 for found in seen.views),
        )
    )


def explain(with_map: bool) -> None:
    """Say what each panel is, with its paper."""
    with st.popover(_("What is this?"), icon=":material/help:"):
        st.markdown(
            _(
                "**Support loss**: the cross-entropy on the drawings the learner learns from; each step goes down its "
                "gradient (inner loop, Finn et al. 2017).\n\n"
                "**Query accuracy**: the share of new drawings named right. The learner never learns from them.\n\n"
                "**Queries**: each new drawing, framed blue where it is named right and orange where not; below it the "
                "answer and its probability.\n\n"
                "**Decision regions**: the plane in which the learner's features vary most (PCA of support and query "
                "set), cut through their mean, coloured by the answer there. Filled: support; open: queries. A drawing "
                "lies off the plane, so that its answer may differ from the region it is seen in.\n\n"
                "**Step sizes**: how far each layer moves along its gradient in each step; fixed, learned (Meta-SGD, "
                "Li et al. 2017) or set for the task (ALFA, Baik et al. 2020). The frame marks the step just taken.\n\n"
                "**Attention weights**: how much of each stored modulation the embedding calls for, or which groups of "
                "channels take part (after Vaswani et al. 2017, Perez et al. 2018)."
            )
        )
        if with_map:
            st.markdown(
                _(
                    "**The task on the map**: points with letters are the characters' own tasks. The blue line is this "
                    "task's gradient embedding after 1, 2, … steps of the base model's training on it (article, "
                    "section 3.1); before the first there is none."
                )
            )


def met_in_training(characters: CharacterSet, chosen: list[int], split: str) -> str:
    """Say how many of the characters the models have met before."""
    met = 0
    if characters.name == "omniglot":
        met = int(np.isin(chosen, state.sides(split, characters, characters.name).train).sum())
    return _("The models were trained on {met} of these {count} characters.").format(met=met, count=len(chosen))


def watch(characters: CharacterSet) -> None:
    """Ask for a task and for learners, and play."""
    question, ways, shots, queries, seed = ask_task(characters)
    named: tuple[str, ...] = ()
    if question == "character":
        st.session_state["characters"] = [characters.characters[i] for i in state.chosen()]
        named = tuple(
            st.multiselect(
                _("Characters"),
                characters.characters,
                key="characters",
                persist_state="session",
                max_selections=state.MOST_CHARACTERS,
                placeholder=_("type a name, or choose below"),
            )
        )
        label = _("Choose 2 to 10 characters by picture")
        with st.expander(label, expanded=state.choosing(), on_change="rerun") as chooser:
            if chooser.open:  # an alphabet is a hundred elements of a page
                choose_characters(characters, ways)
        if len(named) < 2:
            st.info(_("Choose at least two characters: by name, by picture, at random, or on the map."))
            return
        pictures.strip(characters, state.chosen())
    split, mixed, entrants, steps = ask_learners()
    if not entrants:
        st.info(_("Choose a learner."))
        return
    play(Asked(characters.name, split, mixed, question, named, ways, shots, queries, seed, steps, entrants))
    if named:
        st.caption(met_in_training(characters, state.chosen(), split))


def page() -> None:
    st.title(_("Watch adaptation"))
    st.markdown(
        _(
            "A learner sees a few drawings of each class (the **support set**) and must then name new ones (the "
            "**query set**). Choose a task, press play, and watch it learn."
        )
    )
    workers.wake()
    characters = state.characters()
    with address.of(view(characters)):
        watch(characters)
    banner.show(characters)


try:
    page()
except MetalearnError as error:
    st.error(said(error))
