"""First scene: which of three characters is the new drawing? Then it says what two learners answered."""

import numpy as np
import streamlit as st

from dashboard import adaptation_jobs, state, worker_pool
from dashboard.game import SPLIT, Deal
from dashboard.language import _
from dashboard.type_size import pixels
from dashboard.widgets import images, picture_buttons
from metalearn.characters.character_set import CharacterSet

NAMES = "ABC"
PLAYERS = ("scratch", "wide")  # a network that starts from nothing, and one that learned to learn


def show(characters: CharacterSet, dealt: Deal) -> None:
    """Ask the question; once it is answered, say what the learners answered."""
    query = characters.images[dealt.classes[dealt.answer], dealt.query]
    classes = [characters.images[c, d] for c, d in zip(dealt.classes, dealt.support, strict=True)]
    new, known = st.columns([2, 5], vertical_alignment="center")
    drawing, asks = images.image_address(query, scale=4), _("Which one is this?")
    new.image(drawing, width=pixels(128), caption=asks, alt=_("A new drawing."))
    with known:
        picture_buttons.row(classes, list(NAMES), choose, st.session_state["pick"])
    if st.session_state["pick"] is None:
        worker_pool.wake()  # it loads torch while the visitor thinks
        return
    with st.spinner(_("The learners are looking …")):
        said = answers(classes, query, characters.name)
    compare(dealt, said)


def choose(position: int) -> None:
    """Note the visitor's answer."""
    st.session_state["pick"] = position


def compare(dealt: Deal, said: dict[str, np.ndarray]) -> None:
    """Show who was right, the visitor or the learners: in this game, and in all that were played."""
    titles = state.learner_titles(SPLIT)
    about = {"scratch": _("it has learned nothing before"), "wide": _("it has met thousands of other characters")}
    picks = {_("You"): (int(st.session_state["pick"]), "")}
    for name, probabilities in said.items():
        guess = int(probabilities.argmax())
        share = _("{share:.0%} sure; {about}").format(share=probabilities[guess], about=about[name])
        picks[titles[name]] = (guess, share)
    tally = st.session_state.setdefault("tally", {})
    tally[st.session_state["example"]] = {who: guess == dealt.answer for who, (guess, _note) in picks.items()}
    for who, (guess, note) in picks.items():
        right = guess == dealt.answer
        line = _("**{who}**: {name}, right") if right else _("**{who}**: {name}, wrong; it is {answer}")
        text = line.format(who=who, name=NAMES[guess], answer=NAMES[dealt.answer])
        st.markdown(("✓ " if right else "✗ ") + text + (f" :small[({note})]" if note else ""))
    if len(tally) > 1:
        wins = [
            _("{who} {wins}").format(who=who, wins=sum(game.get(who, False) for game in tally.values()))
            for who in picks
        ]
        st.caption(_("Right in {games} games: {wins}.").format(games=len(tally), wins=", ".join(wins)))


@st.cache_data(show_spinner=False, max_entries=256)
def answers(classes: list[np.ndarray], query: np.ndarray, data: str) -> dict[str, np.ndarray]:
    """Return each learner's probabilities of the three classes, ``[3]``, by the learner's name."""
    task = [[drawing] for drawing in classes], [query]
    return {
        name: worker_pool.run(adaptation_jobs.recognise, name, SPLIT, {}, *task).probabilities[0] for name in PLAYERS
    }
