"""Every notebook links into the dashboard, and the page understands all of what the link asks for."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import nbformat
import pytest
from streamlit.testing.v1 import AppTest

from metalearn.characters.character_set import CharacterSet

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
LINK = re.compile(r"\]\((http://localhost:8501/[^)]*)\)")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_links_into_the_dashboard_are_understood(path: Path, characters: CharacterSet) -> None:
    cells = nbformat.read(path, as_version=4).cells
    links = LINK.findall("\n".join(cell.source for cell in cells if cell.cell_type == "markdown"))
    assert links, "a notebook has a link into the dashboard"
    if characters.name != "omniglot":
        pytest.skip("links name characters of Omniglot: set METALEARN_DATA to a folder with it")
    for link in links:
        page, asked = urlsplit(link).path.strip("/"), parse_qs(urlsplit(link).query)
        app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=90).run()
        for name, values in asked.items():
            app.query_params[name] = values
        app.switch_page(f"views/{page}.py").run()
        assert not app.exception
        assert not app.error
        kept = {name: [value] if isinstance(value, str) else value for name, value in app.query_params.items()}
        assert kept.items() >= asked.items()
