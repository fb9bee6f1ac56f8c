"""Where the dashboard and the course are, and at which addresses a dashboard is open to other machines.

Their files lie beside the library in a checkout, and inside it in an installed wheel.
"""

from pathlib import Path

from metalearn.errors import MetalearnError

_LIBRARY = Path(__file__).parent

EVERYWHERE = ("0.0.0.0", "::")  # what a server listens on to be reached from elsewhere; nobody's address


def front_ends() -> Path:
    """Return the folder that holds ``dashboard``, ``notebooks`` and ``.streamlit``.

    Raises MetalearnError where there is none: the library was installed by itself.
    """
    for folder in (_LIBRARY.parent, _LIBRARY / "_bundle"):
        if (folder / "dashboard" / "app.py").exists() and (folder / "notebooks").is_dir():
            return folder
    raise MetalearnError("the dashboard and the course are missing here; install the kit again: metalearn-kit[all]")
