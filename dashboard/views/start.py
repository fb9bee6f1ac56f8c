"""Start: a game in five short scenes, from a question that anyone can answer to drawing characters of one's own."""

from typing import NamedTuple

import streamlit as st

from dashboard import address, game, state
from dashboard.address import Choice
from dashboard.game import Deal
from dashboard.language import _, error_text
from dashboard.type_size import pixels
from dashboard.widgets import data_banner, lecture_bar, scene_play, scene_question
from metalearn.characters.character_set import CharacterSet
from metalearn.errors import MetalearnError

SCENES = 5
WIDTH = 880  # pixels; a line of text is no longer than can be read


class Scene(NamedTuple):
    """What stands above a scene: its title, and one sentence."""

    title: str
    sentence: str


def scenes() -> list[Scene]:
    """Return the scenes in their order."""
    return [
        Scene(
            _("Which one is it?"),
            _("Three characters that no learner here has met, one drawing of each: which of them is the new drawing?"),
        ),
        Scene(
            _("The same drawings, another question"),
            _("Nine drawings lie in three groups: guess the question that the groups answer."),
        ),
        Scene(
            _("A task becomes a point"),
            _("What a network learns from a task is a list of numbers: tasks that are alike lie near each other."),
        ),
        Scene(
            _("Learners differ in three things"),
            _("That point can tell a learner where to start, how far to step, and where to look."),
        ),
        Scene(
            _("Told the wrong question, it falls"),
            _("Tell a learner that it is asked something else: throw the switch, and watch the right answers."),
        ),
    ]


def choices() -> dict[str, Choice]:
    """Return what the page's address holds."""
    return {
        "scene": Choice(address.number(1, SCENES), 1),
        "example": Choice(address.number(0, 9999), 0),
        "pick": Choice(address.number(0, game.WAYS - 1), None),
        "guess": Choice(address.one_of(game.QUESTIONS), ""),
        "hears": Choice(address.one_of(game.TOLD), "own"),
    }


def go_to(scene: int) -> None:
    """Open a scene."""
    st.session_state["scene"] = scene


def deal_again() -> None:
    """Deal three other characters."""
    st.session_state["example"] = (st.session_state["example"] + 1) % 10_000
    st.session_state["pick"], st.session_state["guess"] = None, ""


def show_scene(number: int, characters: CharacterSet, dealt: Deal) -> None:
    """Show what a scene is about. The later ones draw figures; what these need is loaded when one is first seen."""
    if number == 1:
        scene_play.show(characters, dealt)
        return
    if number == 2:
        scene_question.show(characters, dealt)
        return
    import pandas  # noqa: F401  # before Plotly, as in app.py

    if number == 3:
        from dashboard.widgets import scene_point

        scene_point.show(characters, dealt)
    elif number == 4:
        from dashboard.widgets import scene_learners

        scene_learners.show(characters, dealt)
    else:
        from dashboard.widgets import scene_told

        scene_told.show(characters, st.session_state["example"])


def show_ways_on(number: int) -> None:
    """Offer the scene before, other drawings, and the scene after; after the last one, the page to draw on.

    A lecture goes from view to view by its own bar: there, only other drawings are offered.
    """
    row, in_lecture = st.container(horizontal=True, key="ways-on"), bool(st.session_state["lecture"])
    if not in_lecture:
        row.button(_("Before"), on_click=go_to, args=(number - 1,), icon=":material/arrow_back:", disabled=number == 1)
    row.button(_("Deal again"), on_click=deal_again, icon=":material/refresh:")
    if in_lecture:
        return
    if number < SCENES:
        row.button(
            _("Next"), type="primary", on_click=go_to, args=(number + 1,), icon=":material/arrow_forward:", key="next"
        )
    elif row.button(_("Draw your own"), type="primary", icon=":material/draw:", key="draw your own"):
        st.switch_page("views/draw.py")


def page() -> None:
    characters = state.characters()
    with (
        address.synchronised(choices()),
        st.container(horizontal_alignment="center"),
        st.container(width=pixels(WIDTH), key="game"),
    ):
        st.title(_("Learning from a handful of examples"))
        data_banner.warn()
        number = st.session_state["scene"]
        scene = scenes()[number - 1]
        st.subheader(f"{number} · {scene.title}")
        st.markdown(scene.sentence)
        try:
            pool = state.unseen_by_all(characters)
            show_scene(number, characters, game.deal(characters, pool, st.session_state["example"]))
        except MetalearnError as error:  # data too small for a scene, say: the others are still there
            st.error(error_text(error))
        show_ways_on(number)
        if not st.session_state["lecture"]:
            label = _("For teachers: a lecture of ten views")
            st.page_link("views/start.py", label=label, icon=":material/co_present:", query_params=lecture_bar.link(1))
    data_banner.cite(characters)


# Targets for a thumb; and on a phone a title of one or two lines, so that the question is seen at once.
st.html(
    "<style>.st-key-ways-on button { min-height: 3rem; min-width: 6rem }"
    "@media (max-width: 640px) { [data-testid=stMain] h1 { font-size: 1.6rem; padding-bottom: 0 } }</style>"
)
page()
