"""Worker processes: they do what is asked, one thing at a time, say what went wrong, and end with the server."""

import operator
import os
import queue
import signal
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import worker_pool
from dashboard.worker_pool import Worker
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.load import load_characters
from metalearn.errors import MetalearnError


@pytest.fixture(autouse=True)
def no_worker_processes() -> None:
    """Use worker processes here, in place of the fixture that avoids them."""


@pytest.fixture(autouse=True)
def idle(monkeypatch: pytest.MonkeyPatch) -> Iterator["queue.LifoQueue[Worker]"]:
    """One worker."""
    idle: queue.LifoQueue[Worker] = queue.LifoQueue()
    worker = Worker()
    idle.put(worker)
    monkeypatch.setattr("dashboard.worker_pool.IDLE", idle)
    yield idle
    worker.process().kill()


def test_it_returns_and_raises_what_the_function_does() -> None:
    assert worker_pool.run(operator.add, 2, 3) == 5
    with pytest.raises(ZeroDivisionError):
        worker_pool.run(operator.truediv, 1, 0)
    with pytest.raises(MetalearnError, match="not there"):
        worker_pool.run(load_characters, "not there")
    assert worker_pool.run(operator.add, 2, 3) == 5


def test_it_is_another_process_with_one_thread_for_tensors() -> None:
    from torch import get_num_threads

    assert worker_pool.run(os.getpid) not in (os.getpid(), 0)
    assert worker_pool.run(get_num_threads) == 1


def test_one_that_was_killed_is_replaced(idle: "queue.LifoQueue[Worker]") -> None:
    first = worker_pool.run(os.getpid)
    with pytest.raises(MetalearnError, match="has ended; try again"):
        worker_pool.run(os.kill, first, signal.SIGTERM)
    assert worker_pool.run(os.getpid) != first


def test_it_ends_when_the_server_does(idle: "queue.LifoQueue[Worker]") -> None:
    worker_pool.wake()
    process = idle.queue[0].process()
    assert process.stdin is not None
    process.stdin.close()  # as it is when a process ends, however it does
    assert process.wait(timeout=30) == 0


def test_who_waits_for_too_long_is_told(
    characters: CharacterSet, app: AppTest, idle: "queue.LifoQueue[Worker]", monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = idle.get()
    monkeypatch.setattr("dashboard.worker_pool.LONGEST_WAIT_S", 0.1)
    app.run()
    page = app.switch_page("views/adaptation.py")
    page.query_params["characters"] = list(characters.characters[:3])
    page.run()
    assert not page.exception
    assert "Too many others are adapting" in page.error[0].value
    idle.put(busy)
    monkeypatch.setattr("dashboard.worker_pool.LONGEST_WAIT_S", 60)
    page.run()
    assert not page.error
    assert any("of the queries right before adapting" in text.value for text in page.markdown)
