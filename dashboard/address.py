"""What stands in a page's address: every choice that shapes the view, so that it survives a reload and can be sent on.

Streamlit can bind widgets to the address by itself, but would write the labels that the visitor sees, in the visitor's
language. These addresses hold names that are the same in every language; the notebooks link to them too.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import streamlit as st

from dashboard.language import LANGUAGES

# A function from the values in the address to a widget's value; it returns None where they are of no use.
Reader = Callable[[list[str]], Any]
LATEST = "latest address"


def one_of(options: Collection[str], old_names: Mapping[str, str] = MappingProxyType({})) -> Reader:
    """Read one of ``options``; ``old_names`` says what options were called in older links."""

    def read(values: list[str]) -> str | None:
        value = old_names.get(values[-1], values[-1]) if values else None
        return value if value in options else None

    return read


def some_of(options: Collection[str], most: int) -> Reader:
    """Read at most ``most`` of ``options``, each once; anything else is left out."""
    return lambda values: [value for value in dict.fromkeys(values) if value in options][:most]


def number(low: int, high: int) -> Reader:
    """Read a whole number from ``low`` to ``high``."""

    def read(values: list[str]) -> int | None:
        text = values[-1] if values else ""
        # A short one: int() would take its time over millions of digits.
        return int(text) if text.isdecimal() and len(text) < 10 and low <= int(text) <= high else None

    return read


def flag(values: list[str]) -> bool | None:
    """Read yes or no."""
    return {"yes": True, "no": False}.get(values[-1]) if values else None


@contextmanager
def synchronised(readers: dict[str, Reader]) -> Iterator[None]:
    """Keep widgets and address the same: set the widgets before the page is made, write the address afterwards.

    The keys of ``readers`` are those of the widgets. An address that is not the one last written counts: the visitor
    followed a link, or went back. Otherwise what the visitor did on the page counts.
    """
    set_widgets(readers)
    yield
    written = {key: _as_values(st.session_state.get(key)) for key in ("lang", *readers)}
    now = {key: values for key, values in written.items() if values}
    if now != _current():
        st.query_params.from_dict(now)
    st.session_state[LATEST] = now


def set_widgets(readers: dict[str, Reader]) -> None:
    """Set the widgets called like the keys of ``readers`` by the address, if that is a new one."""
    current = _current()
    if current == st.session_state.get(LATEST):
        return
    for key, read in readers.items():
        value = read(current[key]) if key in current else None
        if value is not None:
            st.session_state[key] = value


def set_language() -> None:
    """Set the language by the address, before anything is shown in it."""
    set_widgets({"lang": one_of(LANGUAGES)})


def _current() -> dict[str, list[str]]:
    return {key: st.query_params.get_all(key) for key in st.query_params}


def _as_values(value: Any) -> list[str]:
    if isinstance(value, bool):
        return ["yes"] if value else []
    if isinstance(value, list | tuple):
        return [str(entry) for entry in value]
    return [] if value in (None, "") else [str(value)]
