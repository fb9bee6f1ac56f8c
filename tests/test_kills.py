"""Whatever is killed goes on or starts clean: the next run finds what it would have found, bit for bit."""

import json
import os
import subprocess
import sys
from pathlib import Path

import kills
import pytest

LONGEST_S = 400


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the test forks, which Windows does not")
def test_the_next_run_goes_on_or_starts_clean(tmp_path: Path) -> None:
    command = (sys.executable, kills.__file__, str(tmp_path))
    environment = {**os.environ, "TQDM_DISABLE": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LONGEST_S)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found) == {"train", "compare", "embed", "cache", "import"}
    for name, survey in found.items():
        assert survey["expected"], f"{name} does not work at all: {done.stderr}"
        assert survey["wrong"] == [], f"{name}, killed there, does not come out as it should: {done.stderr}"
        assert survey["kills"] >= 8, name
    assert sum(survey["kills"] for survey in found.values()) >= 100
