"""Make slides of the notebooks: the text and the figures of each section, without the code.

    python notebooks/slides.py                  all of them, into notebooks/slides/
    python notebooks/slides.py 04 06            some
    python notebooks/slides.py --language zh    in Chinese, into notebooks/slides/zh/; plots keep their English words

There is one slide for the title and the aims, one for the text under each heading, one for each figure, and one for the
recap. Exercises and further reading stay in the notebook. Open the HTML file in a browser, with or without a network:
the arrow keys turn the pages, and ``?print-pdf`` at the end of the address makes them printable.
"""

import argparse
import base64
import re
import shutil
from html import escape
from pathlib import Path

import latex2mathml.converter
import nbformat
import sphinx_revealjs
from answers import in_folder, notebook_in
from execute import FOLDER, notebooks
from nbconvert.filters import markdown2html

from metalearn.course.edition import LANGUAGES

OUTPUT = FOLDER / "slides"
REVEAL = Path(sphinx_revealjs.__file__).parent / "_static" / "revealjs"  # reveal.js comes with this package
FOR_EACH = ("## What you need to know", "## 预备知识", "## Check yourself", "## 自测")  # read alone, not shown
LEFT_OUT = ("## Exercises", "## 练习", "### Exercise", "### 练习", "## Further reading", "## 延伸阅读")
FOR_THE_DESK = re.compile(r"\n\*\*(?:Time to run|运行时间|In the dashboard|在仪表板中).*", re.DOTALL)
DISPLAYED, INLINE = re.compile(r"\$\$(.+?)\$\$", re.DOTALL), re.compile(r"\$([^$]+)\$")
DRAWN = re.compile(r"!\[[^\]]*\]\(figures/[a-z/-]+\.svg\)")
FIGURE = re.compile(r"figures/[a-z/-]+\.svg(?=\")")
PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<title>{title}</title>
<link rel="stylesheet" href="reveal.js/dist/reveal.css">
<link rel="stylesheet" href="reveal.js/dist/theme/white.css">
<style>
.reveal {{ font-size: 25px; }} .reveal section {{ text-align: left; }}
.reveal h1, .reveal h2, .reveal h3 {{ text-transform: none; }} .reveal .anchor-link {{ display: none; }}
.reveal img {{ display: block; margin: auto; max-height: 640px; }} .reveal table {{ font-size: 0.8em; }}
</style>
</head>
<body>
<div class="reveal"><div class="slides">
{slides}
</div></div>
<script src="reveal.js/dist/reveal.js"></script>
<script>Reveal.initialize({{ width: 1120, height: 720, hash: true, slideNumber: true, center: false }});</script>
</body>
</html>
"""


def slides_of(notebook: nbformat.NotebookNode) -> list[str]:
    """Return the slides of a notebook as HTML: the text under each heading, and each figure."""
    slides = []
    for cell in notebook.cells:
        if cell.source.startswith(LEFT_OUT):
            break
        if cell.cell_type == "markdown":
            slides += [_with_figures(markdown2html(_with_mathml(text))) for text in _sections(cell.source)]
        else:
            slides += [f'<img alt="" src="{address}">' for output in cell.outputs if (address := _picture(output))]
    return slides


def _picture(output: nbformat.NotebookNode) -> str | None:
    """Return the address of the picture in an output, which holds the picture itself; None if there is none."""
    data = output.get("data", {})
    if "image/png" in data:
        return f"data:image/png;base64,{data['image/png'].strip()}"
    if "image/svg+xml" in data:
        return f"data:image/svg+xml;base64,{base64.b64encode(data['image/svg+xml'].encode()).decode()}"
    return None


def _sections(text: str) -> list[str]:
    """Split a cell at its headings, and leave out what is of no use on a slide (time to run, links, prerequisites)."""
    before, *parts = re.split(r"(?m)^(?=#{1,3} )", text)
    slides = DRAWN.findall(before)  # text that goes on from the cell before stays in the notebook
    for part in parts:
        if not part.startswith(FOR_EACH):
            slides += [DRAWN.sub("", FOR_THE_DESK.sub("", part)), *DRAWN.findall(part)]  # each figure on its own
    return slides


def _with_mathml(text: str) -> str:
    text = DISPLAYED.sub(lambda found: latex2mathml.converter.convert(found[1].strip(), display="block"), text)
    return INLINE.sub(lambda found: latex2mathml.converter.convert(found[1]), text)


def _with_figures(page: str) -> str:
    """Put the drawn figures into the page itself: slides are one file, wherever they are."""

    def inside(found: re.Match[str]) -> str:
        return f"data:image/svg+xml;base64,{base64.b64encode((FOLDER / found[0]).read_bytes()).decode()}"

    return FIGURE.sub(inside, page)


def main() -> None:
    """Write the slides of the notebooks named on the command line, and reveal.js beside them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="notebooks, by name or number (default: all)")
    parser.add_argument("--language", choices=LANGUAGES, default="en", help="(default: en)")
    options = parser.parse_args()
    folder = in_folder(OUTPUT, options.language)
    shutil.copytree(REVEAL, folder / "reveal.js", dirs_exist_ok=True)
    for path in notebooks(options.names):
        slides = [f"<section>\n{slide}\n</section>" for slide in slides_of(notebook_in(path, options.language))]
        page = PAGE.format(language=options.language, title=escape(path.stem), slides="\n".join(slides))
        (folder / f"{path.stem}.html").write_text(page, "utf-8")
        print(f"{folder / path.stem}.html: {len(slides)} slides", flush=True)


if __name__ == "__main__":
    main()
