"""What stands in a page's address: every choice that shapes the view, so that it survives a reload and can be sent on.

A choice that is as it was when the page first opened is left out of the address.

Streamlit can bind widgets to the address by itself, but it would write the labels that the visitor sees, in the
visitor's language. These addresses hold names that are the same in every language, and the notebooks link to them.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import streamlit as st

from dashboard import language
from dashboard.language import LANGUAGES, _
from dashboard.lecture import VIEWS

# Turns the values in the address into a widget's value; None where they cannot be used.
Reader = Callable[[list[str]], Any]
EMPTY = [""]  # stands in the address where the visitor has emptied a list that is not empty at first
MOST_NAMED = 3  # how many unknown values of one choice the warning names
# What a visitor's session remembers: the page that was run last; whether the visitor has just come to it, and whether
# from the menu; the address and the choices as the last run left them; whether the visitor has changed one of these
# since; and what a link asked for that is not here.
_PAGE, _ARRIVED, _FROM_MENU = "page", "arrived", "from menu"
_LAST, _SHOWN, _ACTED, _UNKNOWN = "latest address", "latest choices", "acted", "unknown"

_browser = st.components.v2.component("metalearn_browser", js=Path(__file__).with_name("address.js").read_text("utf-8"))


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


# The same on every page, and so in every page's address: the language, and the view of the lecture that is shown.
COMMON = {
    "lang": Choice(one_of(LANGUAGES), language.of_browser),
    "lecture": Choice(number(1, len(VIEWS)), None),
}


def set_common() -> None:
    """Take from a new address what is the same on every page, before anything is shown."""
    shown = st.session_state.get(_SHOWN, {})
    st.session_state[_ACTED] = _values(shown) != shown
    for key, choice in COMMON.items():
        if key in _current() and _is_new():
            _set_common(key, choice.read(_current()[key]) or choice.otherwise)
        elif key not in st.session_state:
            _set_common(key, choice.otherwise)


def arrive(page: str) -> None:
    """Note which page is run, and whether the visitor has just come to it. Back may also bring back a language."""
    _browser(key="browser", data={"language": st.session_state["lang"]})
    if page != st.session_state.get(_PAGE):
        st.session_state[_ARRIVED] = True  # until the page has set its widgets: a second click may end this run before
    st.session_state[_PAGE] = page
    went_back = not st.session_state.get(_ARRIVED) and _is_new()
    for key, choice in COMMON.items():
        if went_back and key not in _current() and st.session_state[key] != choice.otherwise:
            _set_common(key, choice.otherwise)
            st.rerun()  # the menu has been made in the other language


def _set_common(key: str, value: Any) -> None:
    """Set what is the same on every page, and remember it as shown: it is no act of the visitor's."""
    st.session_state[key] = value
    st.session_state.setdefault(_SHOWN, {})[key] = _as_texts(value)


def asks_for_something() -> bool:
    """Whether the address says anything but what is the same on every page."""
    return bool(choices_in_address())


def choices_in_address() -> dict[str, list[str]]:
    """Return what the address says of the page itself."""
    return {key: values for key, values in _current().items() if key not in COMMON}


@contextmanager
def synchronised(choices: dict[str, Choice]) -> Iterator[None]:
    """Keep widgets and address the same: set the widgets before the page is made, write the address afterwards.

    The keys of ``choices`` are those of the widgets. If the address is not the one that was written last, the visitor
    has followed a link or gone back, and the address sets the widgets. Otherwise the widgets stay as the visitor left
    them; so they do when a page is opened from the menu, which gives no choices.

    Two clicks can follow each other so quickly that the second one comes with the address from before the first.
    Whoever has just changed a widget has not followed a link: then the widgets count, and the browser is told anew.
    """
    tell = _set_widgets(choices)
    _remember(choices)  # if a click ends this run early, the next one must not undo what it chose
    unknown = ", ".join(st.session_state.get(_UNKNOWN, []))
    if unknown:
        st.warning(_("This link asks for something that is not here: {what}.").format(what=unknown))
    yield
    _write(choices, tell)
    _remember(choices)


def _is_new() -> bool:
    """Whether the visitor has followed a link or gone back: the address is another one, and no widget has changed."""
    return _current() != st.session_state.get(_LAST) and not st.session_state[_ACTED]


def _remember(choices: Mapping[str, Choice]) -> None:
    st.session_state[_LAST], st.session_state[_SHOWN] = _current(), _values([*COMMON, *choices])


def _values(keys: Iterable[str]) -> dict[str, list[str]]:
    return {key: _as_texts(st.session_state.get(key)) for key in keys}


def _set_widgets(choices: dict[str, Choice]) -> bool:
    """Set the widgets by the address, if that is a new one; a widget that has no value yet gets its default.

    Returns whether the browser may show another address than it has sent: one that was written in the meantime, or the
    one before a link on the same page, which Streamlit does not show by itself.
    """
    asked = choices_in_address()
    arrived = st.session_state.pop(_ARRIVED, False)
    is_new, acted = arrived or _is_new(), st.session_state[_ACTED]
    if is_new or acted:
        # No click but one in the menu gives no choices. The second of a double click comes to where the visitor is.
        st.session_state[_FROM_MENU] = is_new and not asked and (arrived or st.session_state.get(_FROM_MENU, False))
    if is_new:
        st.session_state[_UNKNOWN] = []
    for key, choice in choices.items():
        if is_new and key in asked:
            value, unknown = _understood(choice, asked[key])
            st.session_state[key] = value
            st.session_state[_UNKNOWN] += [f"`{key}={text[:40].replace('`', ' ')}`" for text in unknown[:MOST_NAMED]]
        elif key not in st.session_state or (is_new and not st.session_state[_FROM_MENU]):
            st.session_state[key] = choice.otherwise
    return bool(st.session_state.get(_LAST, _current()) != _current())


def _understood(choice: Choice, values: list[str]) -> tuple[Any, list[str]]:
    """Return the value that an address asks for, and the texts in it that could not be used."""
    texts = [text for text in values if text]
    value = choice.read(texts)
    if value is None:
        return choice.otherwise, texts
    return value, [text for text in texts if text not in value] if isinstance(value, list) else []


def _write(choices: dict[str, Choice], tell: bool) -> None:
    """Write what is not the default into the address, unless the address says the same already in other words.

    If ``tell``, the browser is told the address in any case.
    """
    everything = {**COMMON, **choices}
    shown = {key: st.session_state.get(key, choice.otherwise) for key, choice in everything.items()}
    meant = {
        key: _understood(choice, _current()[key])[0] if key in _current() else choice.otherwise
        for key, choice in everything.items()
    }
    wanted = _differing(everything, shown)
    if wanted != _differing(everything, meant):
        st.query_params.from_dict(wanted)
        st.session_state[_UNKNOWN] = []
    elif tell:
        st.query_params.from_dict(_current())


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
