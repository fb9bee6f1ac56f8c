"""The adaptation page, through Streamlit's own test client."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from dashboard import adaptation_jobs
from dashboard.adaptation_request import AdaptationRequest, Entrant
from dashboard.widgets import adaptation_figure
from dashboard.widgets.task_picker import GROUPS
from metalearn import artifacts
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.splits import split
from metalearn.plots.player import Player
from metalearn.pretrained.learners import load_learner
from metalearn.pretrained.recipes import RECIPES
from tests.dashboard.conftest import by_link, captions


@pytest.fixture
def page(app: AppTest) -> AppTest:
    """The adaptation page as it opens from the menu."""
    app.run()
    return app.switch_page("views/adaptation.py").run()


@pytest.fixture
def empty(page: AppTest) -> AppTest:
    """The page with nothing chosen."""
    return press(page, "Clear")


def outcomes(page: AppTest) -> dict[str, tuple[int, int]]:
    """Accuracies before and after, by learner, as the page states them."""
    pattern = r"\*\*(.+)\*\*: (\d+)% of the queries right before adapting, (\d+)% at the end"
    found = [re.match(pattern, text.value) for text in page.markdown]
    return {match[1]: (int(match[2]), int(match[3])) for match in found if match}


def press(page: AppTest, label: str) -> AppTest:
    (button,) = [button for button in page.button if button.label == label]
    return button.click().run()


def chosen(page: AppTest) -> list[str]:
    return page.session_state["characters"]


def unseen(characters: CharacterSet, split_name: str) -> list[int]:
    """The characters on which no learner of a split was trained or tuned."""
    if characters.name != "omniglot":
        return list(range(len(characters)))
    return split(characters, split_name).test.tolist()


def test_it_opens_on_an_example_that_nobody_has_trained_on(page: AppTest, characters: CharacterSet) -> None:
    assert not page.exception
    assert not page.info
    never = {characters.characters[i] for i in unseen(characters, "lake")}
    assert len(chosen(page)) == 5
    assert set(chosen(page)) <= never
    assert len(outcomes(page)) == 2
    assert not page.query_params


def test_nothing_chosen(empty: AppTest) -> None:
    assert not empty.exception
    assert "Choose at least two characters" in empty.info[0].value
    assert not outcomes(empty)
    assert empty.query_params["characters"] in ("", [""])  # a link says that nothing is chosen


def test_what_is_chosen_stands_in_one_line_of_words(app: AppTest, characters: CharacterSet) -> None:
    names = [characters.characters[i] for i in (7, 30, 60)]
    page = by_link(
        app, "adaptation", characters=names, shots="2", queries="3", steps="1", learners=["preinit", "scratch"]
    )
    count = len({name.split("/")[0] for name in names})
    assert phrases(page) == [
        f"3 characters of {count} alphabets",
        "2 each to learn from, 3 to name",
        "Init set by the task embedding and From scratch",
        "told its own embedding",
        "1 step",
    ]
    page.selectbox(key="question").set_value("drawer")
    page.segmented_control(key="told").set_value("zero")
    page.multiselect(key="learners").set_value(["film", "film-metasgd", "film-alfa"]).run()
    assert phrases(page)[0] == "5 drawers"
    assert phrases(page)[2:4] == ["3 learners", "told no embedding"]


def phrases(page: AppTest) -> list[str]:
    """The labels of the popovers in the line of words, one for each choice."""
    return [found.proto.popover.label for found in page.get("popover")][:5]


def test_learners_stand_by_what_they_do_each_beside_its_twin(page: AppTest) -> None:
    options = page.multiselect(key="learners").options
    assert options[0] == "comparison: Prototypical network"
    offered = [name for group in GROUPS.values() for name in group]
    assert len(offered) == len(set(offered)) == len(RECIPES)
    assert set(offered) == set(RECIPES)
    for name in offered:
        twin = RECIPES[name].twin
        together = [group for group, names in GROUPS.items() if {name, twin} <= set(names)]
        assert twin is None or together or name == "all-three"
    groups = [option.split(":")[0] for option in options]
    assert groups == sorted(groups, key=list(GROUPS).index)


def test_two_learners_adapt_to_five_characters_at_random(page: AppTest) -> None:
    press(page, "5 at random")
    assert not page.exception
    assert not page.error
    assert len(chosen(page)) == 5
    seen = outcomes(page)
    assert len(seen) == 2
    for before, after in seen.values():
        assert after > before
    assert chosen(press(page, "Clear")) == []


def test_five_of_one_alphabet(page: AppTest, characters: CharacterSet) -> None:
    page.selectbox(key="alphabet").set_value(characters.alphabet_names[4]).run()
    press(page, "5 of this alphabet")
    assert len(set(chosen(page))) == 5
    assert {name.split("/")[0] for name in chosen(page)} == {characters.alphabet_names[4]}
    assert any("of these 5 characters" in caption.value for caption in page.caption)


def test_ticking_pictures(empty: AppTest, characters: CharacterSet) -> None:
    page = empty
    first, second = unseen(characters, "lake")[:2]
    for i in (first, second):
        page.checkbox(key=f"pick {characters.name} {i}").check().run()
    assert chosen(page) == [characters.characters[first], characters.characters[second]]
    assert outcomes(page)
    page.checkbox(key=f"pick {characters.name} {first}").uncheck().run()
    assert chosen(page) == [characters.characters[second]]


def test_settings_are_obeyed_and_no_learner_is_an_empty_state(page: AppTest) -> None:
    press(page, "5 at random")
    page.multiselect(key="learners").set_value(["prototypes"])
    page.number_input(key="shots").set_value(5).run()
    assert list(outcomes(page)) == [RECIPES["prototypes"].title]
    assert any("5-way 5-shot" in caption.value for caption in page.caption)
    page.multiselect(key="learners").set_value([]).run()
    assert not page.exception
    assert "Choose a learner" in page.info[-1].value


def test_a_link_opens_this_very_task(app: AppTest, characters: CharacterSet) -> None:
    names = [characters.characters[i] for i in (7, 30, 60)]
    page = by_link(
        app,
        "adaptation",
        characters=[*names, "Nowhere/character01"],
        learners=["prototypes"],
        shots="3",
        steps="4",
        step="2",
        seed="9",
    )
    assert not page.exception
    assert not page.error
    assert page.multiselect(key="characters").value == names
    assert any("3-way 3-shot" in caption.value for caption in page.caption)
    assert list(outcomes(page)) == [RECIPES["prototypes"].title]
    assert page.session_state["step"] == 2
    assert ["Nowhere/character01" in warning.value for warning in page.warning] == [True]
    assert page.query_params["seed"] in ("9", ["9"])


def test_a_link_with_nonsense_is_an_empty_state(app: AppTest) -> None:
    page = by_link(app, "adaptation", characters="Nowhere/character01", learners="nobody", told="lies", ways="many")
    assert not page.exception
    assert not page.error
    assert "Choose at least two characters" in page.info[0].value
    said = page.warning[0].value
    assert all(what in said for what in ("characters=Nowhere/character01", "learners=nobody", "told=lies", "ways=many"))


@pytest.mark.parametrize("split_name", ["article", "lake"])
def test_characters_at_random_are_unseen_where_there_are_any(
    app: AppTest, characters: CharacterSet, split_name: str
) -> None:
    page = by_link(app, "adaptation", split=split_name)
    never = {characters.characters[i] for i in unseen(characters, split_name)}
    for _ in range(3):
        assert set(chosen(press(page, "5 at random"))) <= never
    alphabet = page.selectbox(key="alphabet").value
    names = set(chosen(press(page, "5 of this alphabet")))
    assert names & never
    assert {name.split("/")[0] for name in names} == {alphabet}


def test_a_step_is_kept_when_a_control_changes_and_stands_in_the_address(page: AppTest) -> None:
    page.session_state["step"] = 3
    page.run()
    assert page.query_params["step"] in ("3", ["3"])
    page.number_input(key="shots").set_value(2).run()
    assert page.session_state["step"] == 3
    page.number_input(key="steps").set_value(2).run()
    assert page.session_state["step"] == 2
    assert sent(page)["step"] == 2  # the browser stood at a step that is there no longer


def test_the_browser_is_sent_to_a_step_that_comes_from_elsewhere_and_only_once(page: AppTest) -> None:
    assert sent(page) == {"step": 0, "number": 0, "plays": True}
    page.number_input(key="shots").set_value(2).run()
    assert sent(page) == {"step": 0, "number": 0, "plays": True}
    page.query_params["step"] = "1"  # the visitor goes back
    page.run()
    assert sent(page) == {"step": 1, "number": 1, "plays": False}
    page.number_input(key="shots").set_value(1).run()
    assert sent(page) == {"step": 1, "number": 1, "plays": False}


def test_it_plays_by_itself_unless_a_link_asks_for_something(app: AppTest) -> None:
    page = by_link(app, "adaptation", shots="2")
    assert not sent(page)["plays"]


def sent(page: AppTest) -> dict[str, int]:
    """To which step the browser is sent, and how often it was sent."""
    (shown,) = [
        found.proto for found in page.get("bidi_component") if found.proto.component_name.endswith("metalearn_player")
    ]
    return {key: value for key, value in json.loads(shown.json).items() if key != "scene"}


def test_another_questions_embedding_is_offered_first(page: AppTest) -> None:
    press(page, "5 at random")
    assert page.segmented_control(key="told").options[:2] == ["its own embedding", "another question's embedding"]
    assert not page.info
    page.segmented_control(key="told").set_value("question").run()
    assert "met one question alone" in page.info[0].value  # these learners cannot show what it does
    page.toggle(key="mixed").set_value(True)
    page.number_input(key="shots").set_value(5).run()
    assert not page.exception
    assert not page.info
    assert page.multiselect(key="learners").value == ["attention", "prototypes-twin"]
    assert len(outcomes(page)) == 3


def test_a_learner_that_is_told_another_question_falls(omniglot: CharacterSet) -> None:
    test = np.random.default_rng(0).permutation(split(omniglot, "lake").test)
    fallen = []
    for seed in range(8):
        names = tuple(omniglot.characters[i] for i in test[5 * seed :][:5])
        entrants = tuple(Entrant("attention", told, told) for told in ("own", "question"))
        request = AdaptationRequest("omniglot", "lake", True, "character", names, 5, 5, 5, seed, 1, entrants)
        own, told = adaptation_jobs.record_adaptation(request, None, {}).views
        fallen.append(own.query_accuracy[-1] - told.query_accuracy[-1])
    assert np.mean(fallen) > 0.05


@pytest.mark.parametrize("question", ["alphabet", "drawer"])
def test_other_questions_are_drawn_by_the_seed(page: AppTest, question: str) -> None:
    page.selectbox(key="question").set_value(question)
    page.number_input(key="ways").set_value(3).run()
    assert not page.exception
    assert not page.error
    assert any("3-way 1-shot" in caption.value for caption in page.caption)
    assert len(outcomes(page)) == 2


@pytest.mark.parametrize("source", ["question", "shuffled", "zero", "random"])
def test_a_learner_with_another_embedding_stands_beside_itself(page: AppTest, source: str) -> None:
    press(page, "5 at random")
    page.segmented_control(key="told").set_value(source).run()
    assert not page.exception
    assert not page.error
    title = RECIPES["preinit"].title
    words = {
        "question": "another question's embedding",
        "shuffled": "another task's embedding",
        "zero": "no embedding",
        "random": "noise",
    }
    assert list(outcomes(page)) == [title, f"{title} ({words[source]})", RECIPES["scratch"].title]


def test_more_than_three_are_left_out_and_it_says_so(page: AppTest) -> None:
    press(page, "5 at random")
    page.multiselect(key="learners").set_value(["step-sizes", "attention", "prototypes"])
    page.segmented_control(key="told").set_value("zero").run()
    assert len(outcomes(page)) == 3
    assert "the last ones chosen are left out" in captions(page)


def test_without_a_conditioned_learner_there_is_nothing_to_tell(page: AppTest) -> None:
    press(page, "5 at random")
    page.multiselect(key="learners").set_value(["prototypes"])
    page.segmented_control(key="told").set_value("zero").run()
    assert not page.exception
    assert "None of these learners uses an embedding" in page.info[0].value
    assert len(outcomes(page)) == 1


@pytest.mark.parametrize(
    ("question", "split", "mixed", "source"),
    [
        ("character", "article", False, "shuffled"),
        ("character", "article", False, "random"),
        ("character", "article", False, "zero"),
        ("character", "article", False, "question"),
        ("alphabet", "lake", True, "shuffled"),
        ("drawer", "lake", True, "question"),
    ],
)
def test_the_code_draws_the_same_figure(
    characters: CharacterSet, question: str, split: str, mixed: bool, source: str
) -> None:
    if split == "lake" and characters.name != "omniglot":
        pytest.skip("needs Omniglot: the glyphs have no map for this split, and making one takes minutes")
    names = tuple(characters.characters[i] for i in (7, 30, 60)) if question == "character" else ()
    entrants = (
        Entrant("step-sizes", "own", "Own"),
        Entrant("step-sizes", source, f'Told "{source}"'),
        Entrant("attention", "own", "A"),
    )
    request = AdaptationRequest(characters.name, split, mixed, question, names, 3, 2, 3, 4, 2, entrants)
    code = adaptation_figure.code(request, start=1, with_map=True)
    assert "dashboard" not in code
    assert ("embedding_for" in code) == (source == "random")
    found: dict[str, Player] = {}
    exec(code.removesuffix("figure.show()"), found)
    assert found["figure"].scene == adaptation_figure.scene(request, "en")
    assert found["figure"].start == 1


def test_watching_changes_no_shared_learner(page: AppTest) -> None:
    press(page, "5 at random")
    fresh = load_learner("preinit", "lake").state_dict()
    shared = adaptation_jobs.shipped_learner("preinit", "lake", "characters").state_dict()
    assert adaptation_jobs.shipped_learner.cache_info().hits
    assert all(torch.equal(p, shared[name]) for name, p in fresh.items())


def test_a_missing_learner_is_one_line(page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays, description = artifacts.load(artifacts.PRETRAINED / "lake" / "scratch")
    artifacts.save(tmp_path / "lake" / "scratch", arrays, description)
    (tmp_path / "lake" / "scratch.safetensors").unlink()
    monkeypatch.setattr("metalearn.artifacts.PRETRAINED", tmp_path)
    import streamlit as st

    st.cache_data.clear()
    st.cache_resource.clear()
    press(page, "5 at random")
    assert not page.exception
    assert "there is no artifact" in page.error[0].value
