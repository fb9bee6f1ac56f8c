"""Training in a real browser: it is there after a reload, and stops when its visitor leaves or the server ends."""

import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.end_to_end.conftest import ERRORS, Server, new_page

STEP = re.compile(r"Meta-step [1-9]")


def test_a_training_survives_a_reload_and_is_stopped_from_another_tab(browser: Browser, address: str) -> None:
    page, other = new_page(browser), new_page(browser)
    page.goto(f"{address}/train?meta_steps=400&train=preinit")  # the longest of them: it must not end by itself
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_url("**run=yours-**")
    expect(page.get_by_text(STEP)).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    other.goto(page.url)
    other.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("meta-steps the best validation accuracy")).to_be_visible()
    assert page.get_by_text("None", exact=True).count() == 0
    page.close()
    expect(other.get_by_role("link", name="Watch it adapt")).to_be_visible()
    other.close()


def workers(server: int) -> list[int]:
    """The processes that were started by a process, and by those, and so on."""
    found, parents = [], {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
        except OSError:
            continue
        parents[int(status.parent.name)] = int(re.search(r"PPid:\s+(\d+)", text)[1])  # type: ignore[index]
    for pid in parents:
        above = pid
        while above in parents:
            above = parents[above]
            if above == server:
                found.append(pid)
    return found


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc to see processes")
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_the_server(server: Server, browser: Browser, end: signal.Signals) -> None:
    with server() as address:
        page = new_page(browser)
        page.goto(f"{address}/adaptation")  # wakes a worker, which begins to import torch
        page.get_by_role("heading", level=1).wait_for()
        port = address.rpartition(":")[2]
        listed = subprocess.run(["pgrep", "-f", f"dashboard.*port.{port}"], capture_output=True, text=True, check=True)
        pids = list(map(int, listed.stdout.split()))
        everyone = {*pids, *(pid for of in pids for pid in workers(of))}
        assert len(everyone) > len(pids)
        for pid in sorted(pids, reverse=True):
            subprocess.run(["kill", f"-{end.value}", str(pid)], check=False)
        deadline = time.monotonic() + 20
        while alive(everyone) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not alive(everyone)
        page.close()
        ERRORS.clear()  # the page has lost its server


def alive(pids: set[int]) -> list[int]:
    """Those of the processes that still run; one that has ended and is not yet forgotten does not."""
    return [pid for pid in pids if Path(f"/proc/{pid}/stat").exists() and not is_zombie(pid)]


def is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
