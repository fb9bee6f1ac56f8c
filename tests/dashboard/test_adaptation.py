"""The adaptation page, through Streamlit's own test client."""

import re
from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest

from metalearn import recipes, store
from metalearn.data import CharacterSet


@pytest.fixture
def page(app: AppTest) -> AppTest:
    """The adaptation page with nothing chosen."""
    app.run()
    return app.switch_page("pages/adaptation.py").run()


def outcomes(page: AppTest) -> dict[str, tuple[int, int]]:
    """Accuracies before and after, by learner, as the page states them."""
    pattern = r"\*\*(.+)\*\*: (\d+)% of the queries right before adapting, (\d+)% at the end"
    found = [re.match(pattern, text.value) for text in page.markdown]
    return {match[1]: (int(match[2]), int(match[3])) for match in found if match}


def press(page: AppTest, label: str) -> AppTest:
    (button,) = [button for button in page.button if button.label == label]
    return button.click().run()


def test_nothing_chosen(page: AppTest) -> None:
    assert not page.exception
    assert "Tick at least two" in page.info[0].value
    assert not outcomes(page)


def test_two_learners_adapt_to_five_characters_at_random(page: AppTest) -> None:
    press(page, "Five at random")
    assert not page.exception
    assert not page.error
    assert len(page.session_state["chosen"]) == 5
    seen = outcomes(page)
    assert len(seen) == 2
    for before, after in seen.values():
        assert after > before
    assert press(page, "Clear").session_state["chosen"] == []


def test_five_of_one_alphabet(page: AppTest, characters: CharacterSet) -> None:
    page.selectbox(key="alphabet").set_value(characters.alphabet_names[4]).run()
    press(page, "Five of this alphabet")
    chosen = page.session_state["chosen"]
    assert len(set(chosen)) == 5
    assert {characters.alphabets[i] for i in chosen} == {characters.alphabet_names[4]}
    assert any("of these 5 characters" in caption.value for caption in page.caption)


def test_ticking_pictures(page: AppTest, characters: CharacterSet) -> None:
    for i in (0, 1):
        page.checkbox(key=f"pick {characters.name} {i}").check().run()
    assert page.session_state["chosen"] == [0, 1]
    assert outcomes(page)
    page.checkbox(key=f"pick {characters.name} 0").uncheck().run()
    assert page.session_state["chosen"] == [1]


def test_settings_are_obeyed_and_no_learner_is_an_empty_state(page: AppTest) -> None:
    press(page, "Five at random")
    page.multiselect(key="learners").set_value(["prototypes"])
    page.number_input(key="shots").set_value(5).run()
    assert list(outcomes(page)) == [recipes.RECIPES["prototypes"].title]
    assert any("5-way 5-shot" in caption.value for caption in page.caption)
    page.multiselect(key="learners").set_value([]).run()
    assert not page.exception
    assert "Choose a learner" in page.info[-1].value


def test_watching_changes_no_shared_learner(page: AppTest) -> None:
    from dashboard import state

    press(page, "Five at random")
    fresh = recipes.load_learner("preinit", "article").state_dict()
    shared = state.learner("preinit", "article").state_dict()
    assert all(torch.equal(p, shared[name]) for name, p in fresh.items())


def test_a_missing_learner_is_one_line(page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays, description = store.load(store.PRETRAINED / "article" / "scratch")
    store.save(tmp_path / "article" / "scratch", arrays, description)
    (tmp_path / "article" / "scratch.safetensors").unlink()
    monkeypatch.setattr(store, "PRETRAINED", tmp_path)
    import streamlit as st

    st.cache_data.clear()
    st.cache_resource.clear()
    press(page, "Five at random")
    assert not page.exception
    assert "there is no artifact" in page.error[0].value
