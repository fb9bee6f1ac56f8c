"""The dashboard answers to its own names; who uses another reads in one line what to do, as does who runs it."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit import config

from dashboard.host_names import AnswerToOwnNames

OPTIONS = {"server.allowedHosts": ["localhost", "kit.example.org"], "server.corsAllowedOrigins": ["https://front.org"]}

Messages = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("streamlit.net_util.get_external_ip", lambda: None)  # as the dashboard does
    before = {name: config.get_option(name) for name in OPTIONS}
    for name, value in OPTIONS.items():
        config.set_option(name, value)
    yield
    for name, value in before.items():
        config.set_option(name, value)


async def server(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """What stands behind the check."""
    await send({"type": "the server's own"})


def ask(checked: AnswerToOwnNames, kind: str, headers: dict[str, str]) -> Messages:
    """Return what a browser is sent that asks for a page ("http") or for a connection ("websocket")."""
    sent: Messages = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    asyncio.run(checked({"type": kind, "headers": raw}, None, send))
    return sent


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({"host": "localhost:8501"}, None),
        ({"host": "kit.example.org"}, None),
        ({"host": "KIT.example.org.:443"}, None),
        ({"host": "localhost", "x-forwarded-host": "front.org"}, None),
        ({"host": "class.example.org:8080"}, "class.example.org"),
        ({"host": "192.168.1.5:8501"}, "192.168.1.5"),
        ({"host": "localhost:8501", "x-forwarded-host": "name-8501.app.github.dev"}, "name-8501.app.github.dev"),
        ({"host": "<b>evil</b>"}, "NAME"),
    ],
)
def test_another_name_is_told_what_to_do(
    headers: dict[str, str], refused: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    checked = AnswerToOwnNames(server)
    answers = [ask(checked, "http", headers) for _ in range(2)]
    said = capsys.readouterr().err
    assert answers[0] == answers[1]
    if refused is None:
        assert answers[0] == [{"type": "the server's own"}]
        assert said == ""
    else:
        start, body = answers[0]
        assert start["status"] == 403
        assert f"metalearn dashboard --allowed-host {refused}</p>" in body["body"].decode()
        assert "<b>" not in body["body"].decode()
        assert said.count("\n") == 1  # once, not at every request
        assert f"--allowed-host {refused}" in said


def test_a_connection_from_a_page_under_another_name_is_said_in_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A proxy that asks in the name of localhost, and does not note the browser's: only the connection tells."""
    checked = AnswerToOwnNames(server)
    for origin in ("http://localhost:8501", "https://front.org"):
        connected = ask(checked, "websocket", {"host": "localhost:8501", "origin": origin})
        assert connected == [{"type": "the server's own"}]
    assert capsys.readouterr().err == ""
    (refused,) = ask(checked, "websocket", {"host": "localhost:8501", "origin": "https://hub.example.org"})
    assert refused["type"] == "websocket.close"
    assert "--allowed-host hub.example.org" in capsys.readouterr().err
