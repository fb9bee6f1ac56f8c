"""The language of the pages: gettext catalogues, and each visitor's choice, in the address (``?lang=zh``)."""

import gettext
from functools import cache
from pathlib import Path

import streamlit as st

from metalearn.errors import MetalearnError

LANGUAGES = {"en": "English", "zh": "简体中文"}
FOLDER = Path(__file__).parent / "locale"


def choose() -> None:
    """Ask for the language; the answer is the same on every page."""
    st.segmented_control(
        "Language · 语言",
        list(LANGUAGES),
        required=True,
        format_func=LANGUAGES.__getitem__,
        key="lang",
        persist_state="session",
        label_visibility="collapsed",
    )


def chosen() -> str:
    """Return the visitor's language."""
    return st.session_state.get("lang") or of_browser()


def of_browser() -> str:
    """Return the language that the visitor's browser asks for, where there is one; else English."""
    asked = (st.context.locale or "").lower().split("-")[0]
    return asked if asked in LANGUAGES else "en"


def _(text: str) -> str:
    """Return ``text`` in the visitor's language; in English where the catalogue lacks it."""
    return translated(text, chosen())


def translated(text: str, language: str) -> str:
    """Return ``text`` in ``language``."""
    return _catalogue(language).gettext(text)


def error_text(error: MetalearnError) -> str:
    """Return an error's text in the visitor's language."""
    return _(error.text).format(**error.values) if error.values else _(error.text)


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("dashboard", FOLDER, [language], fallback=True)
