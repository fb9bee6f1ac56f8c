"""The catalogues: every text of every page has its translation, with the same blanks to fill, compiled as it stands."""

import gettext
import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from streamlit.testing.v1 import AppTest

import metalearn
from dashboard import language, library_texts
from metalearn import plots
from metalearn.characters.character_set import CharacterSet
from metalearn.maps.task_map import COLOUR_TITLES, PROJECTION_TITLES
from metalearn.plots import player
from metalearn.plots.result_tables import VIEWS
from metalearn.plots.style import short_name
from metalearn.pretrained.recipes import RECIPES

DASHBOARD, LIBRARY = (Path(package.__file__).parent for package in (language, metalearn))
TRANSLATED = [name for name in language.LANGUAGES if name != "en"]
ENGLISH = re.compile(r"[A-Za-z]+( [a-z]{2,}){2}")  # three words of it
BLANK = re.compile(r"\{[^}]*\}")


def texts() -> set[str]:
    keywords = {"_": None, "noted": None, "MetalearnError": None}
    return {found[2] for folder in (DASHBOARD, LIBRARY) for found in extract_from_dir(folder, keywords=keywords)}


def catalogue(name: str) -> dict[str, str]:
    with (language.FOLDER / name / "LC_MESSAGES" / "dashboard.po").open("rb") as file:
        return {message.id: message.string for message in read_po(file) if message.id}


@pytest.mark.parametrize("name", TRANSLATED)
def test_every_text_is_translated_and_nothing_else(name: str) -> None:
    found = catalogue(name)
    assert texts() - set(found) == set(), "run 'make messages' and translate what is new"
    assert set(found) - texts() == set(), "run 'make messages': these texts are gone"
    assert [text for text, translation in found.items() if not translation] == []


@pytest.mark.parametrize("name", TRANSLATED)
def test_blanks_are_the_same(name: str) -> None:
    for text, translation in catalogue(name).items():
        assert sorted(BLANK.findall(text)) == sorted(BLANK.findall(translation)), text


@pytest.mark.parametrize("name", TRANSLATED)
def test_it_is_compiled_as_it_stands(name: str) -> None:
    folder = language.FOLDER / name / "LC_MESSAGES"
    with (folder / "dashboard.po").open("rb") as file:
        compiled = BytesIO()
        write_mo(compiled, read_po(file))
    compiled.seek(0)
    with (folder / "dashboard.mo").open("rb") as file:
        assert gettext.GNUTranslations(file)._catalog == gettext.GNUTranslations(compiled)._catalog


def test_texts_of_the_library_are_listed() -> None:
    assert set(COLOUR_TITLES.values()) == set(library_texts.COLOURS)
    assert set(PROJECTION_TITLES.values()) == set(library_texts.PROJECTIONS)
    assert {view.says for views in VIEWS.values() for view in views} == set(library_texts.MEASURES)
    assert {name: recipe.title for name, recipe in RECIPES.items()} == library_texts.LEARNERS
    assert set(player.WORDS) == set(library_texts.PLAYER)
    assert set(plots.COMPONENTS) == set(library_texts.COMPONENTS)


def test_the_page_is_in_the_language_of_its_address(app: AppTest) -> None:
    app.query_params["lang"] = "zh"
    app.run()
    assert not app.exception
    assert app.title[0].value == catalogue("zh")["Learning from a handful of examples"]
    app.query_params["lang"] = "klingon"
    app.run()
    assert not app.exception


@pytest.mark.parametrize(("locale", "language"), [("zh-CN", "zh"), ("zh", "zh"), ("en-GB", "en"), ("fr", "en")])
def test_the_browser_says_which_language(app: AppTest, locale: str, language: str) -> None:
    app.context["locale"] = locale
    app.run()
    said = "Learning from a handful of examples"
    assert app.title[0].value == (catalogue("zh")[said] if language == "zh" else said)
    assert not app.query_params  # what the browser asks for needs no word in the address
    other = "en" if language == "zh" else "zh"
    app.segmented_control(key="lang").set_value(other).run()
    assert app.query_params["lang"] == other
    app.switch_page("views/train.py").run()
    assert app.title[0].value == {"zh": catalogue("zh")["Train"], "en": "Train"}[other]
    assert app.query_params["lang"] in (other, [other])


def test_an_error_of_the_library_is_said_in_the_language_of_the_page(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METALEARN_DATA", str(tmp_path / "nowhere"))
    app.query_params["lang"] = "zh"
    app.run()
    assert [error.value for error in app.error] == [f"{tmp_path / 'nowhere'} 既不是文件夹，也不是 zip 压缩包"]


@pytest.mark.parametrize("page", sorted(path.name for path in (DASHBOARD / "views").glob("*.py")))
def test_no_page_falls_back_to_english(app: AppTest, page: str, characters: CharacterSet) -> None:
    app.query_params["lang"] = "zh"
    app.run()
    app.switch_page(f"views/{page}").run(timeout=120)
    assert not app.exception
    texts = [found.value for kind in (app.title, app.subheader, app.markdown, app.info, app.caption) for found in kind]
    for widget in [*app.selectbox, *app.multiselect, *app.toggle, *app.number_input, *app.button, *app.expander]:
        texts += [widget.label, *getattr(widget, "options", [])]
    whose = next(text for english, text in catalogue("zh").items() if english.startswith("Data: ")).split("*")[0]
    names = {*characters.alphabet_names, *map(short_name, characters.characters)}
    english = [text for text in texts if ENGLISH.search(text) and not text.startswith(whose) and text not in names]
    assert english == []
