"""The one error a user is meant to read."""

from collections.abc import Callable
from functools import partial


class MetalearnError(ValueError):
    """Something the user can put right: one line that says what is wrong and what would work.

    The command prints it and exits with code 2. The dashboard shows it in place of the page, in the visitor's language:
    this is why the text and the values in it are kept apart.

    Parameters
    ----------
    text : str
        The message, with the names of the values in braces, as :meth:`str.format` takes them.
    **values : object
        What stands in their place.

    Examples
    --------
    >>> import metalearn as ml
    >>> ml.split(ml.load_characters("glyphs"), "random")
    Traceback (most recent call last):
    metalearn.errors.MetalearnError: unknown split 'random'; there are article, lake, vinyals
    """

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text.format(**values) if values else text)
        self.text, self.values = text, values

    def __reduce__(self) -> tuple[Callable[[], "MetalearnError"], tuple[()]]:
        """Say how to make it again in another process."""
        return partial(MetalearnError, self.text, **self.values), ()
