"""A download from a broken network: every fault ends in the built-in glyphs and one warning, soon, and once."""

import gc
import logging
import socket
import threading
import time
import warnings
from collections.abc import Callable, Iterator

import pytest
from torchvision.datasets import Omniglot

from metalearn.characters import load, omniglot
from metalearn.characters.load import load_characters
from metalearn.errors import MetalearnError

ANSWERS = {
    "nothing at all": b"",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "a bad status line": b"HTTP/1.1 abc def\r\n\r\n",
    "an endless header": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
    "half a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\nxyz",
    "a chunk of no size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "less than promised": b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\nxyz",
    "another file": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nxyz",
    "no number of bytes": b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nxyz",
    "a log-in page": b"HTTP/1.1 302 Found\r\nLocation: http://[bad/\r\n\r\n",
    "a redirection to a file": b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n",
    "a host with too long a name": b"HTTP/1.1 302 Found\r\nLocation: http://" + b"a" * 70 + b".example/\r\n\r\n",
    "not found": b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    "an error": b"HTTP/1.1 500 Oh\r\n\r\n",
}


@pytest.fixture(autouse=True)
def sockets_of_urllib() -> Iterator[None]:
    """Where an answer breaks off, Python's client leaves its socket to the garbage collector."""
    yield
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        gc.collect()


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.delenv("METALEARN_DATA", raising=False)
    monkeypatch.setenv("METALEARN_CACHE", str(tmp_path_factory.mktemp("empty")))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(load, "_failure", None)
    monkeypatch.setattr(omniglot, "PATIENCE_S", 1.0)
    # Making them takes seconds, and they are tested elsewhere.
    monkeypatch.setattr("metalearn.characters.glyphs.make_glyphs", lambda: "glyphs")


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes | None], list[int]]]:
    """Serve Omniglot's files: every request is answered by the same bytes, or for None by silence."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        asked: list[int] = []
        waiting: list[socket.socket] = []

        def start(content: bytes | None) -> list[int]:
            monkeypatch.setattr(Omniglot, "download_url_prefix", f"http://127.0.0.1:{server.getsockname()[1]}")
            threading.Thread(target=answer, args=(content,), daemon=True).start()
            return asked

        def answer(content: bytes | None) -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                asked.append(1)
                if content is None:
                    waiting.append(connection)
                    continue
                with connection:
                    connection.recv(65536)
                    connection.sendall(content)

        yield start
        for connection in waiting:
            connection.close()
        server.shutdown(socket.SHUT_RDWR)


def falls_back(caplog: pytest.LogCaptureFixture) -> str:
    with caplog.at_level(logging.WARNING, "metalearn"):
        assert load_characters() == "glyphs"
    (record,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert record.getMessage().startswith("Omniglot could not be downloaded (")
    assert "glyphs instead" in record.getMessage()
    assert "\n" not in record.getMessage()
    caplog.clear()
    return record.getMessage()


@pytest.mark.parametrize("content", ANSWERS.values(), ids=ANSWERS.keys())
def test_a_broken_answer(
    serve: Callable[[bytes | None], list[int]], caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    serve(content)
    assert "could not be downloaded" in falls_back(caplog)


def test_a_network_that_does_not_answer_is_asked_once_and_not_for_long(
    serve: Callable[[bytes | None], list[int]], caplog: pytest.LogCaptureFixture
) -> None:
    asked = serve(None)
    start = time.monotonic()
    first = falls_back(caplog)
    assert "does not answer" in first
    assert falls_back(caplog) == first
    assert time.monotonic() - start < 3 * omniglot.PATIENCE_S
    assert len(asked) == 1


def test_asking_for_the_download_itself_tries_again(serve: Callable[[bytes | None], list[int]]) -> None:
    asked = serve(ANSWERS["not found"])
    for _ in range(2):
        with pytest.raises(MetalearnError, match="Omniglot could not be downloaded"):
            omniglot.load_omniglot()
    assert len(asked) == 2


def test_a_name_that_nobody_resolves(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Looking up a name has no time limit of its own."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(4))
    monkeypatch.setattr(omniglot, "PATIENCE_S", 0.2)
    start = time.monotonic()
    assert "does not answer" in falls_back(caplog)
    assert time.monotonic() - start < 2
