"""Where another distribution installs a package of the same name, the kit says so in one line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def beside_another(tmp_path: Path) -> dict[str, str]:
    """An environment in which another distribution says that it installs ``metalearn``."""
    info = tmp_path / "parallel_metalearn-0.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: parallel-metalearn\nVersion: 0.5\n")
    (info / "RECORD").write_text("metalearn/__init__.py,,\n")
    (info / "top_level.txt").write_text("metalearn\n")
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, "METALEARN_DATA": "glyphs"}


def python(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True)


def test_info_says_so(beside_another: dict[str, str]) -> None:
    done = python(beside_another, "-m", "metalearn", "info")
    assert done.returncode == 0, done.stderr
    assert "parallel-metalearn also installs a package 'metalearn'" in done.stdout


def test_a_missing_part_is_one_line(beside_another: dict[str, str]) -> None:
    gone = "import sys; sys.modules['metalearn.learners.learner'] = None; import metalearn as ml; ml.Learner"
    done = python(beside_another, "-c", gone)
    assert done.returncode != 0
    assert "parallel-metalearn also installs a package 'metalearn' over this one" in done.stderr.splitlines()[-1]
