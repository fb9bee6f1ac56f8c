"""The course in two languages, in one book: pages in Chinese, links between the editions, downloads, and search.

Chinese notebooks are made when the book is, of the English ones as they were executed and the words in
``notebooks/zh``. What they print and draw is that of the English run; each page says so.
"""

import io
import re
import zipfile
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

from metalearn.course.edition import LANGUAGES, course_files, unbroken

ROOT = Path(__file__).parents[1]
NOTEBOOK = re.compile(r"\d\d_\w+")
# What the theme says on every page.
WORDS = {
    "Back to top": "回到页首",
    "Home": "首页",
    "Next": "下一页",
    "On this page": "本页内容",
    "Previous": "上一页",
    "Search": "搜索",
    "Skip to content": "跳到正文",
}
ABOVE = {
    "en": '<p class="edition"><a href="{twin}" hreflang="zh-CN" lang="zh-CN">中文</a>{download}</p>',
    "zh": '<p class="edition"><a href="{twin}" hreflang="en" lang="en">English</a>{download}</p>',
}
DOWNLOAD = {
    "en": ' · <a href="{file}" download>Download this notebook</a>',
    "zh": ' · <a href="{file}" download>下载这个笔记本</a><br>'
    "这一页的图和打印结果出自英文版的运行。自己运行时，它们就是中文的。",
}
SPLIT_QUERY = r"""
var splitQuery = (query) => Array.from(
  query.matchAll(/(?=([\u4e00-\u9fff]{2}))|((?:(?![\u4e00-\u9fff])[\p{Letter}\p{Number}_])+)/gu),
  (found) => found[1] || found[2]);
"""


class SearchBoth(SearchEnglish):
    """Finds English words, and Chinese ones by their pairs of characters: no dictionary has to know them."""

    js_splitter_code = SPLIT_QUERY
    _terms = re.compile(r"(?=([\u4e00-\u9fff]{2}))|((?:(?![\u4e00-\u9fff])\w)+)")

    def split(self, input: str) -> list[str]:
        """Return the words of a text, and each two Chinese characters that stand side by side."""
        return [pair or word for pair, word in self._terms.findall(input)]


def language_of(page: str) -> str:
    """Return the language of a page of the book."""
    return "zh" if page.startswith("book/zh/") or page.endswith(".zh-CN") else "en"


def twin_of(page: str) -> str | None:
    """Return the same page in the other language; None where there is none, or where the text itself leads there."""
    folder, _, name = page.rpartition("/")
    if name != "index" and not NOTEBOOK.fullmatch(name):
        return None
    if language_of(page) == "en":
        return f"book/zh/{name}" if folder in ("book", "notebooks") else None
    return f"book/{name}" if name == "index" else f"notebooks/{name}"


def write_pages(app: Sphinx) -> None:
    """Write the Chinese notebooks to where Sphinx looks for pages."""
    for name, content in course_files(ROOT / "notebooks", "zh").items():
        page = ROOT / "book" / "zh" / name
        if page.suffix == ".ipynb":
            content = content.replace(b"](figures/", b"](../../notebooks/figures/")
            if not page.exists() or page.read_bytes() != content:  # what is new is read again
                page.write_bytes(content)


def write_downloads(app: Sphinx, error: Exception | None) -> None:
    """Write what can be downloaded: every notebook, and the course whole, in both languages."""
    if error is not None or app.builder.name != "html":
        return
    for language in LANGUAGES:
        folder, whole = app.outdir / "downloads" / language, io.BytesIO()
        folder.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in course_files(ROOT / "notebooks", language).items():
                archive.writestr(f"course/{name}", content)
                if name.endswith(".ipynb"):
                    (folder / name).write_bytes(content)
        (folder / "course.zip").write_bytes(whole.getvalue())


def join_lines(app: Sphinx, page: str, source: list[str]) -> None:
    """Join the lines of Chinese paragraphs: each line break would be shown as a space, and Chinese has none."""
    if language_of(page) == "zh":
        source[0] = unbroken(source[0])


def join_editions(app: Sphinx, page: str, template: str, context: dict[str, Any], document: Any) -> None:
    """Lead from a page to its twin and to its notebook; and speak Chinese where the page does."""
    language, twin = language_of(page), twin_of(page)
    if language == "zh":
        context["language"] = "zh-CN"
        context["_"] = context["gettext"] = lambda text: WORDS.get(text, text)
    if twin is not None:
        name = page.rpartition("/")[2]
        file = context["pathto"](f"downloads/{language}/{name}.ipynb", 1)
        download = "" if name == "index" else DOWNLOAD[language].format(file=file)
        above = ABOVE[language].format(twin=context["pathto"](twin), download=download)
        context["body"] = above + context["body"]


def setup(app: Sphinx) -> None:
    """Put both editions into the book."""
    app.add_search_language(SearchBoth)
    app.connect("builder-inited", write_pages)
    app.connect("source-read", join_lines)
    app.connect("html-page-context", join_editions)
    app.connect("build-finished", write_downloads)
