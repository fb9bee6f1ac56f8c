"""What checks say, in the language of the course. It is English in the code; ``texts/*.toml`` have its Chinese."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from metalearn.course.edition import language_in_use

FOLDER = Path(__file__).parent / "texts"


class Text:
    """A text with places for values, as in ``str.format``. Values can be texts themselves.

    Parameters
    ----------
    template : str
        The text, in English, with its places.
    **values
        What goes into them.
    """

    def __init__(self, template: str, /, **values: Any) -> None:
        self.template, self.values = template, values


def said(text: str | Text) -> str:
    """Return a text in the language in use, with its values in their places; in English where there is no other."""
    if isinstance(text, str):
        return in_chinese().get(text, text) if language_in_use() == "zh" else text
    values = {name: said(value) if isinstance(value, str | Text) else value for name, value in text.values.items()}
    return said(text.template).format(**values)


@cache
def in_chinese() -> dict[str, str]:
    """Return the Chinese of every text, by its English."""
    files = (tomllib.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.toml")))
    return {pair["en"]: pair["zh"] for file in files for pair in file["texts"]}
