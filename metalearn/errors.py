"""The one error a user is meant to read."""


class MetalearnError(ValueError):
    """Something the user can put right: one line that says what is wrong and what would work.

    The command prints it and exits with code 2; the dashboard shows it in place of the page's content.
    """
