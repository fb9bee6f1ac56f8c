"""Memory that is freed and asked for again."""

import platform
import subprocess
import sys

import pytest

PAGES = """
import resource, torch
from metalearn.training._malloc import keep_freed_memory
{before}
faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def step():
    return [torch.ones(3_000_000) for _ in range(10)]
step(), step()
before = faults()
step()
print(faults() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
def test_a_second_meta_step_gets_the_memory_of_the_first() -> None:
    """120 MB come from the system page by page; kept, little of it does."""

    def pages(before: str) -> int:
        program = [sys.executable, "-c", PAGES.format(before=before)]
        return int(subprocess.run(program, check=True, capture_output=True, text=True).stdout)

    assert pages("keep_freed_memory()") < pages("") / 3
