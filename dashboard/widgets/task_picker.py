"""The choices before learners adapt, as one line of words: which task, which learners, and what they are told.

Each phrase of the line says what is chosen, and opens where it can be changed.
"""

from typing import Any, NamedTuple

import streamlit as st

from dashboard import address, state, worlds
from dashboard.adaptation_request import TOLD, Entrant, unseen
from dashboard.language import _
from dashboard.library_texts import QUESTIONS as ASKED
from dashboard.library_texts import WORLDS as WORLD_NAMES
from dashboard.library_texts import noted
from dashboard.widgets import character_picker, moment, split_picker
from dashboard.widgets.adaptation_figure import MOST_LEARNERS
from metalearn.characters.character_set import CharacterSet
from metalearn.tasks.questions import QUESTIONS

CAN_BE_ASKED = (*QUESTIONS, *worlds.WORLDS)
MOST_STEPS = 20
LONGEST_PHRASE = 62  # letters: more learners than fit are counted and not named
# Learners by what they do, each beside its twin, which does the same without an embedding.
GROUPS = {
    noted("comparison"): ("prototypes", "prototypes-quick", "wide", "ensemble", "ridge", "mahalanobis"),
    noted("start"): (
        *("scratch", "maml", "fomaml", "anil", "reptile", "cavia", "protomaml"),
        *("film", "preinit", "neighbours", "literal"),
    ),
    noted("steps"): (
        *("metasgd", "film-metasgd", "step-sizes-each", "alfa", "film-alfa", "step-sizes"),
        *("learned-optimizer", "film-recurrent", "recurrent"),
    ),
    noted("attention"): ("prototypes-twin", "attention", "selection", "places", "set-encoder", "in-context"),
    noted("all three"): ("all-three",),
}


class Task(NamedTuple):
    """The task that is chosen; ``names`` are its characters where the question is which character it is.

    In one of ``worlds.WORLDS``, the question is the world's name, and ``seed`` is the task's number.
    """

    question: str
    names: tuple[str, ...]
    ways: int
    shots: int
    queries: int
    seed: int


class Learners(NamedTuple):
    """Who adapts, for how many steps, and what they were trained on.

    In one of ``worlds.WORLDS`` there are no steps: with two drawings a class, they change next to nothing.
    """

    split: str
    mixed: bool
    entrants: tuple[Entrant, ...]
    steps: int


def usual_characters() -> list[str]:
    """Return the characters of the task that is shown at first: five that the learners of the split have not met."""
    characters = state.characters()
    return [characters.characters[i] for i in unseen(characters, st.session_state["split"])[:5]]


def choose_task(characters: CharacterSet) -> Task:
    """Ask which classes are to be told apart, and from how many drawings."""
    with st.popover(_classes_phrase(characters), key="classes"):
        question = _choose_question()
        if question in worlds.WORLDS:
            return Task(question, (), worlds.WAYS, worlds.SHOTS, worlds.QUERIES, _choose_number(question))
        ways = int(
            st.number_input(
                _("Ways"),
                *(2, 10),
                key="ways",
                persist_state="session",
                help=_("Classes of a task drawn at random (Vinyals et al. 2016)."),
            )
        )
        names = character_picker.choose(characters, ways) if question == "character" else ()
    phrase = _("{shots} each to learn from, {queries} to name")
    shown = phrase.format(shots=st.session_state["shots"], queries=st.session_state["queries"])
    with st.popover(shown, key="drawings"):
        numbers = (
            ("shots", _("Shots"), 1, 10, _("Drawings of each class in the support set: what the learner learns from.")),
            ("queries", _("Queries a class"), 1, 10, _("New drawings of each class, to be named.")),
            ("seed", _("Seed"), 0, 9999, _("Which drawings: the same number gives the same task.")),
        )
        shots, queries, seed = (
            int(st.number_input(label, low, high, key=key, persist_state="session", help=why))
            for key, label, low, high, why in numbers
        )
    return Task(question, names, ways, shots, queries, seed)


def _classes_phrase(characters: CharacterSet) -> str:
    """Say what is to be told apart: "5 characters of Angelic"."""
    question, ways = st.session_state["question"], st.session_state["ways"]
    if question in worlds.WORLDS:
        number = st.session_state["task"]
        return _("{world}, task {number}: {asked}").format(
            world=_(WORLD_NAMES[question]), number=number, asked=_(ASKED[worlds.asked(question, number)])
        )
    if question != "character":
        said = {"alphabet": _("{count} alphabets"), "drawer": _("{count} drawers")}
        return said[question].format(count=ways)
    chosen = state.chosen()
    if len(chosen) < 2:
        return _("choose characters")
    alphabets = {characters.alphabets[i] for i in chosen}
    if len(alphabets) > 1:
        return _("{count} characters of {alphabets} alphabets").format(count=len(chosen), alphabets=len(alphabets))
    return _("{count} characters of {alphabet}").format(count=len(chosen), alphabet=alphabets.pop().replace("_", " "))


def _choose_question() -> str:
    titles = {
        "character": _("which character?"),
        "alphabet": _("which alphabet?"),
        "drawer": _("which drawer?"),
        "which-part": _("which part of a page counts? (not said)"),
        "hidden-5": _("one of five hidden questions (not said)"),
    }
    question: str = st.selectbox(
        _("Question"),
        CAN_BE_ASKED,
        format_func=titles.__getitem__,
        key="question",
        persist_state="session",
        on_change=_take_what_suits,
        args=(learners_world(),),
        help=_("What is asked of the drawings. The same drawings can be told apart by character, alphabet or hand."),
    )
    return question


def _choose_number(world: str) -> int:
    """Ask for the number of a task in a world."""
    asked = ", ".join(_(ASKED[question]) for question in worlds.WORLDS[world])
    number = st.number_input(
        _("Task"),
        *(0, worlds.MOST_TASKS - 1),
        key="task",
        persist_state="session",
        help=_("The tasks on which learners were measured. In turn, they ask: {asked}.").format(asked=asked),
    )
    return int(number)


def read_learners(values: list[str]) -> list[str]:
    """Read which learners an address asks for: those of the chosen split and world, and a visitor's own."""
    return address.some_of(_titles(), MOST_LEARNERS)(values)


def usual_learners() -> list[str]:
    """Return the learners that are shown at first: one that uses an embedding, and one that does not."""
    usual = {"mixed": ("attention", "prototypes-twin"), **worlds.LEARNERS}.get(learners_world(), ("preinit", "scratch"))
    return [name for name in usual if name in _titles()]


def read_told(values: list[str]) -> str | None:
    """Read what learners are told from an address."""
    return address.one_of(worlds.TOLD if in_world() else TOLD)(values)


def in_world() -> bool:
    """Whether the task is one of ``worlds.WORLDS``, and not one of Omniglot's own."""
    return st.session_state["question"] in worlds.WORLDS and not st.session_state["drawn"]


def learners_world() -> str:
    """Return what the learners were trained on."""
    if in_world():
        return str(st.session_state["question"])
    return "mixed" if is_mixed() else "characters"


def is_mixed() -> bool:
    """Whether the learners are those that were trained on all three questions; there are some for one split alone."""
    return st.session_state["split"] == "lake" and st.session_state["mixed"]


def _titles() -> dict[str, str]:
    """Return the learners that can be chosen, in the order of ``GROUPS``; a visitor's own are last."""
    split = worlds.SPLIT if in_world() else st.session_state["split"]
    titles = state.learner_titles(split, learners_world())
    order = [name for group in GROUPS.values() for name in group if name in titles]
    return {name: titles[name] for name in dict.fromkeys([*order, *titles])}


def _grouped_title(name: str) -> str:
    """Return a learner's title after what it does: "start: Init set by the task embedding"."""
    group = next((group for group, names in GROUPS.items() if name in names), None)
    return _titles()[name] if group is None else f"{_(group)}: {_titles()[name]}"


def _take_usual_learners() -> None:
    st.session_state["learners"] = usual_learners()


def _take_what_suits(before: str) -> None:
    """Take the usual learners, told the truth, where the tasks have become those of another world than ``before``."""
    if learners_world() != before:
        _take_usual_learners()
        st.session_state["told"] = "own"


def choose_learners() -> Learners:
    """Ask which learners adapt, what they were trained on, which embedding they are given, and for how many steps."""
    titles = _titles()
    chosen = st.session_state["learners"] = [name for name in st.session_state["learners"] if name in titles]
    with st.popover(_learners_phrase([titles[name] for name in chosen]), key="who"):
        chosen = st.multiselect(
            _("Learners, side by side"),
            list(titles),
            max_selections=MOST_LEARNERS,
            format_func=_grouped_title,
            key="learners",
            persist_state="session",
            help=_("Up to three, on the very same task: same drawings, same number of steps."),
        )
        split, mixed = _choose_training()
    if in_world():
        return Learners(split, False, moment.tell(chosen, titles, learners_world()), steps=0)
    told = _("told {what}").format(what=source_titles()[st.session_state["told"]])
    with st.popover(told, key="what they are told"):
        entrants = _tell(chosen, titles, mixed)
    steps = st.session_state["steps"]
    with st.popover(_("1 step") if steps == 1 else _("{steps} steps").format(steps=steps), key="how many steps"):
        steps = st.number_input(_("Steps"), 1, MOST_STEPS, key="steps", persist_state="session")
    return Learners(split, mixed, entrants, int(steps))


def _choose_training() -> tuple[str, bool]:
    """Ask for the split that learners were trained on, and whether on mixed questions. In a world both are given."""
    if in_world():
        st.session_state["split"] = worlds.SPLIT
        return split_picker.choose(only_one=True), False
    split = split_picker.choose()
    mixed = split == "lake" and st.toggle(
        _("Learners trained on all three questions"),
        key="mixed",
        persist_state="session",
        on_change=_take_usual_learners,
        help=_(
            "Which character, which alphabet and which drawer, mixed, and not told which. There an embedding has "
            "something to say; see 'Does it help?'."
        ),
    )
    return split, bool(mixed)


def _learners_phrase(titles: list[str]) -> str:
    if not titles:
        return _("choose a learner")
    *most, last = titles
    named = _("{some} and {last}").format(some=", ".join(most), last=last) if most else last
    return named if len(named) <= LONGEST_PHRASE else _("{count} learners").format(count=len(titles))


def _tell(chosen: list[str], titles: dict[str, str], mixed: bool) -> tuple[Entrant, ...]:
    """Ask what the learners are told; return those that are to adapt, one that is told otherwise beside itself."""
    source = choose_embedding_source()
    if source == "own":
        return tuple(Entrant(name, source, titles[name]) for name in chosen)
    conditioned = [name for name in chosen if state.is_conditioned(name)]
    entrants = []
    for name in chosen:
        entrants.append(Entrant(name, "own", titles[name]))
        if name in conditioned:
            entrants.append(Entrant(name, source, f"{titles[name]} ({source_titles()[source]})"))
    if not conditioned and chosen:
        st.info(_("None of these learners uses an embedding. Choose one that does: 'Does it help?' lists them."))
    if source == "question" and conditioned and not mixed:
        st.info(
            _(
                "These learners have met one question alone, so that hearing of another one changes little. Those "
                "trained on all three questions, with five shots, show what a wrong embedding does."
            )
        )
    if len(entrants) > MOST_LEARNERS:
        st.caption(_("There is room for three: the last ones chosen are left out."))
    return tuple(entrants[:MOST_LEARNERS])


def source_titles() -> dict[str, str]:
    """Return what a learner can be told about a task, in words."""
    return {
        "own": _("its own embedding"),
        "question": _("another question's embedding"),
        "shuffled": _("another task's embedding"),
        "zero": _("no embedding"),
        "random": _("noise"),
    }


def choose_embedding_source() -> str:
    """Ask which embedding the conditioned learners are given."""
    source: Any = st.segmented_control(
        _("Tell learners that use an embedding"),
        TOLD,
        required=True,
        format_func=source_titles().__getitem__,
        key="told",
        persist_state="session",
        help=_(
            "Each such learner is shown twice: with the task's own embedding, and with this. Where both do the same, "
            "the embedding does not matter to it on this task. Another question's: of a task that asks for the drawer, "
            "or for the character if this one asks for the drawer. Another task's: of one that asks the same."
        ),
    )
    return str(source)
