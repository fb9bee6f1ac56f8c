"""What stands in a page's address: every choice that shapes the view, so that it survives a reload and can be sent on.

A choice that is as it was when the page first opened is left out of the address.

Streamlit can bind widgets to the address by itself, but it would write the labels that the visitor sees, in the
visitor's language. These addresses hold names that are the same in every language, and the notebooks link to them.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import streamlit as st

from dashboard import language
from dashboard.language import LANGUAGES, _

# Turns the values in the address into a widget's value; None where they cannot be used.
Reader = Callable[[list[str]], Any]
EMPTY = [""]  # stands in the address where the visitor has emptied a list that is not empty at first
MOST_NAMED = 3  # how many unknown values of one choice the warning names
# What a visitor's session remembers: the page that was run last, whether the visitor has just come to it, the address
# as the last run left it, and what a link asked for that is not here.
_PAGE, _ARRIVED, _LAST, _UNKNOWN = "page", "arrived", "latest address", "unknown"

_history = st.components.v2.component("metalearn_history", js=Path(__file__).with_name("address.js").read_text("utf-8"))


class Choice(NamedTuple):
    """How one widget is read from the address, and the value that it has where the address says nothing of it.

    A default that depends on other choices is a function: it is called once the choices before this one are set.
    """

    read: Reader
    default: Any

    @property
    def otherwise(self) -> Any:
        """The default, worked out now if it depends on other choices."""
        return self.default() if callable(self.default) else self.default


def one_of(options: Collection[str], old_names: Mapping[str, str] = MappingProxyType({})) -> Reader:
    """Read one of ``options``; ``old_names`` says what options were called in older links."""

    def read(values: list[str]) -> str | None:
        value = old_names.get(values[-1], values[-1]) if values else None
        return value if value in options else None

    return read


def some_of(options: Collection[str], most: int) -> Reader:
    """Read at most ``most`` of ``options``, each once; other values are left out."""
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


_LANGUAGE = "lang"  # the same on every page, and so in every page's address
_language = Choice(one_of(LANGUAGES), language.of_browser)


def set_language() -> None:
    """Take the language from a new address, before anything is shown. It stays the same from page to page."""
    if _LANGUAGE in _current() and _current() != st.session_state.get(_LAST):
        st.session_state[_LANGUAGE] = _language.read(_current()[_LANGUAGE]) or _language.otherwise
    st.session_state.setdefault(_LANGUAGE, _language.otherwise)


def arrive(page: str) -> None:
    """Note which page is run, and whether the visitor has just come to it. Back may also bring back a language."""
    _history(key="history")
    st.session_state[_ARRIVED] = page != st.session_state.get(_PAGE)
    st.session_state[_PAGE] = page
    went_back = not st.session_state[_ARRIVED] and _current() != st.session_state.get(_LAST)
    if went_back and _LANGUAGE not in _current() and st.session_state[_LANGUAGE] != _language.otherwise:
        st.session_state[_LANGUAGE] = _language.otherwise
        st.rerun()  # the menu has been made in the other language


def asks_for_something() -> bool:
    """Whether the address says anything but the language."""
    return bool(_current().keys() - {_LANGUAGE})


@contextmanager
def synchronised(choices: dict[str, Choice]) -> Iterator[None]:
    """Keep widgets and address the same: set the widgets before the page is made, write the address afterwards.

    The keys of ``choices`` are those of the widgets. If the address is not the one that was written last, the visitor
    has followed a link or gone back, and the address sets the widgets. Otherwise the widgets stay as the visitor left
    them; so they do when a page is opened from the menu, which gives no choices.
    """
    _set_widgets(choices)
    st.session_state[_LAST] = _current()  # if a click ends this run early, the next one must not undo what it chose
    unknown = ", ".join(st.session_state.get(_UNKNOWN, []))
    if unknown:
        st.warning(_("This link asks for something that is not here: {what}.").format(what=unknown))
    yield
    _write(choices)


def _set_widgets(choices: dict[str, Choice]) -> None:
    """Set the widgets by the address, if that is a new one; a widget that has no value yet gets its default."""
    asked = {key: values for key, values in _current().items() if key != _LANGUAGE}
    arrived = st.session_state.get(_ARRIVED, False)
    is_new = arrived or _current() != st.session_state.get(_LAST)
    from_menu = arrived and not asked
    if is_new:
        st.session_state[_UNKNOWN] = []
    for key, choice in choices.items():
        if is_new and key in asked:
            value, unknown = _understood(choice, asked[key])
            st.session_state[key] = value
            st.session_state[_UNKNOWN] += [f"`{key}={text[:40].replace('`', ' ')}`" for text in unknown[:MOST_NAMED]]
        elif key not in st.session_state or (is_new and not from_menu):
            st.session_state[key] = choice.otherwise


def _understood(choice: Choice, values: list[str]) -> tuple[Any, list[str]]:
    """Return the value that an address asks for, and the texts in it that could not be used."""
    texts = [text for text in values if text]
    value = choice.read(texts)
    if value is None:
        return choice.otherwise, texts
    return value, [text for text in texts if text not in value] if isinstance(value, list) else []


def _write(choices: dict[str, Choice]) -> None:
    """Write what is not the default into the address, unless the address says the same already in other words."""
    everything = {_LANGUAGE: _language, **choices}
    shown = {key: st.session_state.get(key, choice.otherwise) for key, choice in everything.items()}
    meant = {
        key: _understood(choice, _current()[key])[0] if key in _current() else choice.otherwise
        for key, choice in everything.items()
    }
    wanted = _differing(everything, shown)
    if wanted != _differing(everything, meant):
        st.query_params.from_dict(wanted)
        st.session_state[_UNKNOWN] = []
    st.session_state[_LAST] = _current()


def _differing(choices: dict[str, Choice], values: dict[str, Any]) -> dict[str, list[str]]:
    """Return what of ``values`` is not the default, as it stands in an address."""
    texts = {key: _as_texts(values[key]) for key in choices}
    return {key: texts[key] or EMPTY for key, choice in choices.items() if texts[key] != _as_texts(choice.otherwise)}


def _current() -> dict[str, list[str]]:
    return {key: st.query_params.get_all(key) for key in st.query_params}


def _as_texts(value: Any) -> list[str]:
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if isinstance(value, list | tuple):
        return [str(entry) for entry in value]
    return [] if value in (None, "") else [str(value)]
