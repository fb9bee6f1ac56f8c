"""The one error a user is meant to read."""

from collections.abc import Callable
from functools import partial


class MetalearnError(ValueError):
    """Something the user can put right: one line that says what is wrong and what would work.

    The command prints it and exits with code 2; the dashboard shows it in place of the page's content, in the
    visitor's language: for that, ``text`` holds the names of its ``values`` in braces, as :meth:`str.format` takes
    them.
    """

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text.format(**values) if values else text)
        self.text, self.values = text, values

    def __reduce__(self) -> tuple[Callable[[], "MetalearnError"], tuple[()]]:
        """Say how to make it again in another process."""
        return partial(MetalearnError, self.text, **self.values), ()
