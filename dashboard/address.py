"""The address of a view: what shapes it stands in the query, so that it survives a reload and can be sent to others.

Streamlit's own binding of widgets to the query writes the labels that a visitor sees there, in the visitor's language;
these addresses hold names that mean the same to everybody, and to the notebooks that link here.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from dashboard.language import LANGUAGES

Read = Callable[[list[str]], Any]  # what the query says -> a widget's value, or None where that is no use
LATEST = "latest address"


def one_of(options: Collection[str]) -> Read:
    """Read the choice of one of ``options``."""
    return lambda said: said[-1] if said and said[-1] in options else None


def some_of(options: Collection[str], most: int) -> Read:
    """Read a choice of at most ``most`` of ``options``, each once; what is not among them is left out."""
    return lambda said: [option for option in dict.fromkeys(said) if option in options][:most]


def number(low: int, high: int) -> Read:
    """Read a whole number from ``low`` to ``high``."""

    def read(said: list[str]) -> int | None:
        text = said[-1] if said else ""
        # No longer than any number asked for: int() would take its time over millions of digits.
        return int(text) if text.isdecimal() and len(text) < 10 and low <= int(text) <= high else None

    return read


def flag(said: list[str]) -> bool | None:
    """Read yes or no."""
    return {"yes": True, "no": False}.get(said[-1]) if said else None


@contextmanager
def of(view: dict[str, Read]) -> Iterator[None]:
    """Set the widgets called like the keys of ``view`` by the address; afterwards, write what they then say into it.

    The address counts where it is not the one last written: the visitor came by a link, or went back. Otherwise what
    the visitor did since counts.
    """
    take(view)
    yield
    said = {key: _said(st.session_state.get(key)) for key in ("lang", *view)}
    now = {key: values for key, values in said.items() if values}
    if now != _now():
        st.query_params.from_dict(now)
    st.session_state[LATEST] = now


def take(view: dict[str, Read]) -> None:
    """Set the widgets called like the keys of ``view`` by the address, if that is a new one."""
    now = _now()
    if now == st.session_state.get(LATEST):
        return
    for key, read in view.items():
        value = read(now[key]) if key in now else None
        if value is not None:
            st.session_state[key] = value


def take_language() -> None:
    """Set the language by the address, before anything is said in it."""
    take({"lang": one_of(LANGUAGES)})


def _now() -> dict[str, list[str]]:
    return {key: st.query_params.get_all(key) for key in st.query_params}


def _said(value: Any) -> list[str]:
    if isinstance(value, bool):
        return ["yes"] if value else []
    if isinstance(value, list | tuple):
        return [str(entry) for entry in value]
    return [] if value in (None, "") else [str(value)]
