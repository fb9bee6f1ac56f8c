"""The player itself: one scene, shown in a notebook, in a browser, or kept as a file."""

import json
import os
import sys
import tempfile
import webbrowser
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

from metalearn._files import write_atomically
from metalearn.errors import MetalearnError
from metalearn.plots.player.film_strip import STEPS, draw_film_strip

FOLDER = Path(__file__).parent
PLAYER_JS = (FOLDER / "player.js").read_text("utf-8")
PLAYER_CSS = (FOLDER / "player.css").read_text("utf-8")
# Where scripts may run, the player takes the place of the film strip.
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{css}
:root {{ color-scheme: light dark; }}
body {{ margin: 8px 16px; }}
#player {{ --height: clamp(430px, 100vh - 16px, 760px); }}
</style>
</head>
<body>
<main id="player">{strip}</main>
<script type="module">
{js}
play(document.getElementById("player"), {scene}, {{ step: {step} }});
</script>
</body>
</html>
"""


class Player:
    """Plays how learners adapt to a task, as :func:`metalearn.plots.adaptation` has recorded it.

    A notebook shows it where it is the last line of a cell. Without a kernel, its film strip is what is left to see.

    Parameters
    ----------
    scene : dict
        What to play, as :func:`metalearn.plots.player.scene.make_scene` makes it.
    start : int
        The step at which it opens.

    Examples
    --------
    >>> import metalearn as ml
    >>> characters = ml.load_characters("glyphs")
    >>> task = ml.make_task(characters, characters.characters[:3], shots=2)
    >>> player = ml.plots.adaptation(ml.load_learner("preinit"), task, steps=3)
    >>> player
    <Player: learner, 3-way, 3 steps>
    >>> player.film_strip()[:4]
    '<svg'
    """

    def __init__(self, scene: dict[str, Any], start: int = 0) -> None:
        self.scene = scene
        self.start = min(max(start, 0), scene["steps"])

    def __repr__(self) -> str:
        names = ", ".join(learner["name"] for learner in self.scene["learners"])
        return f"<Player: {names}, {len(self.scene['classes'])}-way, {self.scene['steps']} steps>"

    def film_strip(self, steps: Sequence[int] = STEPS) -> str:
        """Return the queries at some of the steps as one still picture, in SVG."""
        return draw_film_strip(self.scene, steps)

    def to_html(self) -> str:
        """Return a page of its own that plays, and needs nothing else: no server, no network."""
        scene = json.dumps(self.scene, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
        return _PAGE.format(
            title=self.scene["words"]["player"],
            css=PLAYER_CSS,
            strip=self.film_strip(),
            js=PLAYER_JS,
            scene=scene,
            step=self.start,
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a page that plays (``.html``), or the film strip (``.svg``).

        Raises
        ------
        MetalearnError
            For a path with another ending.
        """
        path = Path(path)
        if path.suffix not in (".html", ".svg"):
            raise MetalearnError("{path} should end in .html (it plays) or .svg (a film strip)", path=path)
        text = self.to_html() if path.suffix == ".html" else self.film_strip()
        write_atomically(path, text.encode())

    def show(self) -> None:
        """Show it: in a notebook below the cell, elsewhere in a browser."""
        if "IPython" in sys.modules:
            from IPython import display, get_ipython

            if get_ipython() is not None:
                display.display(self)
                return
        with tempfile.NamedTemporaryFile("w", suffix=".html", encoding="utf-8", delete=False) as page:
            page.write(self.to_html())
        webbrowser.open(Path(page.name).as_uri())

    @property
    def _name(self) -> str:
        """A name of its own, as several may stand in one notebook."""
        return "player-" + sha256(json.dumps([self.scene, self.start]).encode()).hexdigest()[:8]

    def _ipython_display_(self) -> None:
        """Show the film strip in a notebook and, with the extra ``notebooks``, the widget, which takes its place.

        The film strip is what is left to see without a kernel, in a page made of the notebook, or on a code host.
        """
        from IPython.display import display

        strip, name = self.film_strip(), f"still-{self._name}"
        address = f"data:image/svg+xml;base64,{b64encode(strip.encode()).decode()}"
        still = f'<img class="{name}" alt="{escape(repr(self))}" src="{address}">'
        display({"text/html": still, "image/svg+xml": strip, "text/plain": repr(self)}, raw=True)
        try:
            from metalearn.plots.player.widget import PlayerWidget
        except ModuleNotFoundError:
            return
        display(PlayerWidget(scene=self.scene, step=self.start, still=name))
