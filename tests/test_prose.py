"""What people read: links lead somewhere, words are spelt right, and the translation is of the text as it is now."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from metalearn._files import sha256

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted(path for folder in (".", "book", "dashboard", "notebooks") for path in (ROOT / folder).glob("*.md"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)


def text_of(path: Path) -> str:
    """Return the prose of a document or notebook, without code."""
    if path.suffix == ".md":
        return CODE.sub("", path.read_text("utf-8"))
    cells = nbformat.read(path, as_version=4).cells
    return CODE.sub("", "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown"))


def anchors(path: Path) -> set[str]:
    """Return the anchors that a code host gives the headings of a document."""
    headings = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", [*DOCUMENTS, *NOTEBOOKS], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path: Path) -> None:
    for link in LINK.findall(text_of(path)):
        if link.startswith(("http://localhost", "https://", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        assert target.exists(), f"{path.name} links to {link}, which is not there"
        assert not anchor or anchor in anchors(target), f"{path.name} links to {link}, and there is no such heading"


def test_words_are_spelt_right(tmp_path: Path) -> None:
    for path in NOTEBOOKS:
        (tmp_path / f"{path.stem}.md").write_text(text_of(path), "utf-8")
    code = [path for folder in ("metalearn", "dashboard") for path in (ROOT / folder).rglob("*.py")]
    files = [path for path in (*DOCUMENTS, *tmp_path.iterdir(), *code) if "zh" not in path.name]
    command = [sys.executable, "-m", "codespell_lib", "--ignore-words-list", "ans,leary,sigal", *map(str, files)]
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout


def test_the_chinese_readme_is_of_the_english_one_as_it_is() -> None:
    now = sha256((ROOT / "README.md").read_bytes())[:16]
    chinese = (ROOT / "README.zh-CN.md").read_text("utf-8")
    of = re.search(r"<!-- README\.md: (\w+) -->", chinese)
    assert of, "README.zh-CN.md should say which README.md it is of: <!-- README.md: first 16 digits of its SHA-256 -->"
    assert of[1] == now, f"README.md has changed: bring README.zh-CN.md up to date, then write {now} into its comment"


def test_the_chinese_readme_has_every_section_table_and_command() -> None:
    english, chinese = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md"))
    for mark in (r"^#+ ", r"^\|", r"^```"):
        assert len(re.findall(mark, english, re.MULTILINE)) == len(re.findall(mark, chinese, re.MULTILINE)), mark
    commands = re.findall(r"^(?:make|metalearn|torchrun) .*?(?:  |$)", english, re.MULTILINE)
    assert [command for command in commands if command.strip() not in chinese] == []
