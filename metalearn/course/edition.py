"""The notebooks in another language: one program, and the words of each cell in pairs.

The English notebooks are the source. Beside them, ``notebooks/zh/NN.md`` holds the Chinese words of notebook NN, one
section per cell::

    <!-- learn-01 5f0c2b1e -->
    ## 为什么要学会学习？

The comment names the cell, and the fingerprint of the English text that the Chinese was made from: when the English
changes, the pair is out of date until somebody looks at it. Code is the same in both editions; a cell with comments or
texts in it has a section that is one ``python`` block. One line is added to the Chinese one, after the imports: it
chooses the language of checks, quizzes and guesses (:func:`set_language`).
"""

import ast
import io
import json
import re
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metalearn._files import sha256
from metalearn.errors import MetalearnError

LANGUAGES = ("en", "zh")
SECTION = re.compile(r"^<!-- ([\w-]+)(?: ([0-9a-f]{8}))? -->\n", re.MULTILINE)
CODE = re.compile(r"```python\n(.*)\n```", re.DOTALL)
PROSE = re.compile(r"[A-Za-z]{2,}[,:;.]? +[A-Za-z(]")  # two words
CHINESE = "\u2014\u2018-\u201d\u2026\u3000-\u303f\u4e00-\u9fff\uff00-\uffef"  # characters and marks
BROKEN = re.compile(  # headings and code stay as they are
    rf"(^#.*\n|(?s:^```.*?^```))|(?<=[{CHINESE}])\n *(?=[{CHINESE}])", re.MULTILINE
)
IMPORTS = re.compile(r"^import metalearn as ml$", re.MULTILINE)

Notebook = dict[str, Any]


@dataclass(frozen=True)
class Pair:
    """A cell's words in another language, and the fingerprint of the English that they were made from."""

    text: str
    made_from: str | None


_chosen = LANGUAGES[0]


def set_language(name: str) -> None:
    """Choose the language of checks, quizzes and guesses, until the program ends.

    Parameters
    ----------
    name : str
        "en" or "zh".

    Raises
    ------
    MetalearnError
        Where the course is not in this language.

    Examples
    --------
    >>> import metalearn as ml
    >>> ml.course.set_language("zh")
    >>> print(ml.course.quiz("01").answer(2, "b"))
    ✗ 无论怎样编号，标签都是一个数。变的是能从中学到什么。
    >>> ml.course.set_language("en")
    """
    global _chosen
    if name not in LANGUAGES:
        raise MetalearnError("unknown language {name!r}; there are {names}", name=name, names=", ".join(LANGUAGES))
    _chosen = name


def language_in_use() -> str:
    """Return the language that was chosen, else English."""
    return _chosen


def fingerprint(source: str) -> str:
    """Return eight digits that change when the text does."""
    return sha256(source.encode())[:8]


def read_pairs(path: Path) -> dict[str, Pair]:
    """Read the sections of ``zh/NN.md``, by the names of their cells. Raises MetalearnError where two have one name."""
    _, *parts = SECTION.split(path.read_text("utf-8"))
    found: dict[str, Pair] = {}
    for cell, made_from, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        if cell in found:
            raise MetalearnError("{path} has two sections for the cell {cell}", path=path, cell=cell)
        code = CODE.fullmatch(text.strip())
        found[cell] = Pair(code[1] if code else unbroken(text.strip()), made_from)
    return found


def unbroken(text: str) -> str:
    """Join the lines of a Chinese paragraph: where they break, Markdown would show a space, and Chinese has none."""
    return BROKEN.sub(r"\1", text)


def source_of(cell: Mapping[str, Any]) -> str:
    """Return a cell's text. In a notebook's file it is a list of lines."""
    return "".join(cell["source"])


def needs_pair(cell: Mapping[str, Any]) -> bool:
    """Say whether a cell has words: all text has, and code with a comment or with two words in a string."""
    if cell["cell_type"] == "markdown":
        return True
    tokens = tokenize.generate_tokens(io.StringIO(source_of(cell)).readline)
    words = [token.string for token in tokens if token.type in (tokenize.COMMENT, tokenize.STRING)]
    return any(word.startswith("#") or PROSE.search(word) for word in words)


def faults(notebook: Notebook, pairs: Mapping[str, Pair]) -> list[str]:
    """Say what is wrong with the pairs of a notebook, in a line each.

    They are missing, out of date, another program, or look something up by another word than elsewhere.
    """
    cells = {cell["id"]: cell for cell in notebook["cells"]}
    found = [f"{name}: no such cell" for name in pairs if name not in cells]
    words: dict[str, str] = {}
    for name, cell in cells.items():
        if name not in pairs:
            found += [f"{name}: has no pair"] * needs_pair(cell)
        elif pairs[name].made_from != fingerprint(source_of(cell)):
            found.append(f"{name}: its English has changed")
        elif cell["cell_type"] == "code" and program(pairs[name].text) != program(source_of(cell)):
            found.append(f"{name}: another program than the English one")
        elif cell["cell_type"] == "code":
            for english, other in zip(keys(source_of(cell)), keys(pairs[name].text), strict=True):
                if words.setdefault(english, other) != other:
                    found.append(f"{name}: {english!r} is {words[english]!r} elsewhere, and {other!r} here")
    return found


def keys(source: str) -> list[str]:
    """Return the texts by which a program looks things up or compares them, in its order."""
    found: list[ast.expr | None] = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Subscript():
                found.append(node.slice)
            case ast.Dict():
                found += node.keys
            case ast.Compare():
                found += [node.left, *node.comparators]
    return [node.value for node in found if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def program(source: str) -> str:
    """Return what a cell's code does, without its comments and the texts in it."""
    return ast.dump(_Wordless().visit(ast.parse(source)))


class _Wordless(ast.NodeTransformer):
    """Takes the words out of strings. What is inserted into them stays, in whatever order."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant("") if isinstance(node.value, str) else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.Constant:
        return ast.Constant(str(sorted(ast.dump(part) for part in node.values if isinstance(part, ast.FormattedValue))))


def translated(notebook: Notebook, pairs: Mapping[str, Pair], language: str) -> Notebook:
    """Return a copy of a notebook with the words of its cells exchanged. Outputs stay as they are."""
    return notebook | {"cells": [_translated(cell, pairs, language) for cell in notebook["cells"]]}


def _translated(cell: dict[str, Any], pairs: Mapping[str, Pair], language: str) -> dict[str, Any]:
    source = pairs[cell["id"]].text if cell["id"] in pairs else source_of(cell)
    if cell["cell_type"] == "code" and IMPORTS.search(source):
        source += f'\n\nml.course.set_language("{language}")'
    return cell | {"source": source.splitlines(keepends=True)}


def course_files(notebooks: Path, language: str = "en") -> dict[str, bytes]:
    """Return the files that a student gets, by name: notebooks, documents and figures, and no solutions."""
    files = [path for path in sorted(notebooks.iterdir()) if path.suffix in (".ipynb", ".md") or path.name == "LICENSE"]
    files += sorted((notebooks / "figures" / ("" if language == "en" else language)).glob("*.svg"))
    found = {path.relative_to(notebooks).as_posix(): path.read_bytes() for path in files}
    if language != "en":
        for words in sorted((notebooks / language).glob("*.md")):
            (name,) = (name for name in found if name.startswith(words.stem))
            notebook = translated(json.loads(found[name]), read_pairs(words), language)
            found[name] = (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()
    return found
