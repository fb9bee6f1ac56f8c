"""Where the dashboard and the course are: beside the library in a checkout, inside it in an installed wheel."""

from pathlib import Path

from metalearn.errors import MetalearnError

_LIBRARY = Path(__file__).parent


def front_ends() -> Path:
    """Return the folder that holds ``dashboard``, ``notebooks`` and ``.streamlit``.

    Raises MetalearnError where there is none: the library was installed by itself.
    """
    for folder in (_LIBRARY.parent, _LIBRARY / "_bundle"):
        if (folder / "dashboard" / "app.py").exists() and (folder / "notebooks").is_dir():
            return folder
    raise MetalearnError("the dashboard and the course are missing here; install the kit again: metalearn-kit[all]")
