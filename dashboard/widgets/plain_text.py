"""Text of a visitor's own, such as a file's name, inside a page's Markdown."""

import re


def plain(text: str) -> str:
    """Return ``text`` so that Markdown shows it as it is: a name is no link, no picture and no formula."""
    return re.sub(r"([\\`*_{}\[\]()<>#+!$:|~-])", r"\\\1", text)
