"""The Chinese edition says all that the English one says, and runs the same program."""

import json
from pathlib import Path

import pytest

from metalearn.course.edition import faults, read_pairs

FOLDER = Path(__file__).parents[2] / "notebooks"


@pytest.mark.parametrize("words", sorted((FOLDER / "zh").glob("*.md")), ids=lambda path: path.stem)
def test_no_cell_lacks_its_pair_and_none_is_out_of_date(words: Path) -> None:
    (notebook,) = FOLDER.glob(f"{words.stem}_*.ipynb")
    assert faults(json.loads(notebook.read_text("utf-8")), read_pairs(words)) == []
