"""Processes that work for this one. They end when it does, and when it is interrupted: at once, and without a word."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any


class _Workers(ProcessPoolExecutor):
    """Starts its processes deaf to Ctrl-C, which a terminal sends to all of them: the first one ends the others."""

    def submit(self, *work: Any, **settings: Any) -> "Future[Any]":
        if threading.current_thread() is not threading.main_thread():  # signals are the main thread's business
            return super().submit(*work, **settings)
        heard = signal.signal(signal.SIGINT, signal.SIG_IGN)  # a process that is started now will ignore it too
        try:
            return super().submit(*work, **settings)
        finally:
            signal.signal(signal.SIGINT, heard)


@contextmanager
def workers(count: int | None, start: Callable[..., None], *arguments: Any) -> Iterator[ProcessPoolExecutor]:
    """Offer so many processes, in each of which ``start(*arguments)`` is called first; as many as cores for None.

    The arguments are small: until a process has read them, after its imports, this one waits and hears nothing.

    If the block is left by an exception, an interruption included, they are ended in the middle of their work.
    """
    spawn = multiprocessing.get_context("spawn")
    pool = _Workers(count or os.cpu_count(), spawn, initializer=_begin, initargs=(start, arguments))
    try:
        yield pool
    except BaseException:
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(start: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    start(*arguments)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
