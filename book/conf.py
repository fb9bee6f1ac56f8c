"""Settings of the book: the repository's own notebooks and documents as one site that needs no network.

    make book        # writes book/_build/html; open its book/index.html

The source folder is the repository's root, so that nothing is copied. Notebooks are shown as they were executed.
"""

import html
import sys
from gettext import translation
from pathlib import Path
from typing import Any

import latex2mathml.converter
from docutils import nodes
from sphinx.application import Sphinx

import metalearn as ml
from metalearn import __version__
from metalearn.plots.player import WORDS, Player, make_scene
from metalearn.plots.player.recorder import record

sys.path.insert(0, str(Path(__file__).parent))  # where editions.py is

project = "metalearn kit"
version = release = __version__
copyright = "Omniglot: 2015 Brenden Lake, MIT licence"
root_doc = "book/index"
include_patterns = [
    "book/*.md",
    "book/zh/*",
    "README*.md",
    "notebooks/*.ipynb",
    "notebooks/*.md",
    "dashboard/README.md",
]
exclude_patterns = ["book/_build"]

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "editions"]
myst_enable_extensions = ["amsmath", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "off"
nb_ipywidgets_js: dict[str, Any] = {}  # would come from a network; what a widget shows is kept as a picture
suppress_warnings = ["mystnb.unknown_mime_type"]
autodoc_member_order = "bysource"
autodoc_typehints = "description"

html_theme = "furo"
html_title = project
html_show_copyright = False
html_copy_source = False  # notebooks can be downloaded
html_static_path = ["book.css"]
html_css_files = ["book.css"]
html_math_renderer = "mathml"


def _math(node: nodes.Node, display: str) -> str:
    try:
        return latex2mathml.converter.convert(node.astext(), display=display)
    except Exception as error:  # the converter names no error of its own
        raise ValueError(f"a formula that cannot be shown without a network: {node.astext()!r}") from error


def _inline(translator: Any, node: nodes.Node) -> None:
    translator.body.append(_math(node, "inline"))
    raise nodes.SkipNode


def _block(translator: Any, node: nodes.Node) -> None:
    translator.body.append(f'<div class="math" aria-label="{html.escape(node.astext())}">{_math(node, "block")}</div>')
    raise nodes.SkipNode


def _skip(app: Sphinx, what: str, name: str, member: Any, skip: bool, options: Any) -> bool | None:
    """Leave out what scikit-learn adds to every transformer by itself."""
    return True if name.startswith("set_") and name.endswith("_request") else None


def _write_players(app: Sphinx, error: Exception | None) -> None:
    """Write what the first page of each edition shows: learners adapt to built-in glyphs, step by step."""
    if error is not None or app.builder.name != "html":
        return
    characters = ml.load_characters("glyphs")
    task = ml.make_task(characters, characters.characters[:5], shots=1, queries=4, seed=1)
    chinese = translation("dashboard", Path(app.srcdir) / "dashboard" / "locale", ["zh"]).gettext
    for file, translated, names in (
        ("player.html", str, ("a meta-learned start", "from scratch")),
        ("zh/player.html", chinese, ("元学习得到的起点", "从零开始")),
    ):
        learners = dict(zip(names, map(ml.load_learner, ("preinit", "scratch")), strict=True))
        seen = record(learners, task, 10, {}, characters, None)
        scene = make_scene(seen, {text: translated(text) for text in WORDS})
        Player(scene).save(app.outdir / "book" / file)


def setup(app: Sphinx) -> None:
    """Show formulas as MathML, which browsers draw by themselves, and learners that adapt."""
    app.connect("build-finished", _write_players)
    app.connect("autodoc-skip-member", _skip)
    app.add_html_math_renderer("mathml", inline_renderers=(_inline, None), block_renderers=(_block, None))
