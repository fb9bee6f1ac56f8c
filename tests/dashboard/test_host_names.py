"""The dashboard answers to its own names; who uses another reads in one line what to do, as does who runs it."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect
from streamlit import config

from dashboard.host_names import AnswerToOwnNames

OPTIONS = {"server.allowedHosts": ["localhost", "kit.example.org"], "server.corsAllowedOrigins": ["https://front.org"]}


@pytest.fixture
def client() -> Iterator[TestClient]:
    before = {name: config.get_option(name) for name in OPTIONS}
    for name, value in OPTIONS.items():
        config.set_option(name, value)

    async def connect(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("connected")

    routes = [Route("/", lambda request: PlainTextResponse("a page")), WebSocketRoute("/stream", connect)]
    yield TestClient(Starlette(routes=routes, middleware=[Middleware(AnswerToOwnNames)]))
    for name, value in before.items():
        config.set_option(name, value)


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
    client: TestClient, headers: dict[str, str], refused: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = [client.get("/", headers=headers) for _ in range(2)]
    said = capsys.readouterr().err
    if refused is None:
        assert [answer.text for answer in answers] == ["a page", "a page"]
        assert said == ""
    else:
        assert [answer.status_code for answer in answers] == [403, 403]
        assert f"metalearn dashboard --allowed-host {refused}</p>" in answers[0].text
        assert "<b>" not in answers[0].text
        assert said.count("\n") == 1  # once, not at every request
        assert f"--allowed-host {refused}" in said


def test_a_connection_from_a_page_under_another_name_is_said_in_the_terminal(
    client: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """A proxy that asks in the name of localhost, and does not note the browser's: only the connection tells."""
    for origin in ("http://localhost:8501", "https://front.org"):
        with client.websocket_connect("/stream", headers={"host": "localhost:8501", "origin": origin}) as socket:
            assert socket.receive_text() == "connected"
    assert capsys.readouterr().err == ""
    elsewhere = {"host": "localhost:8501", "origin": "https://hub.example.org"}
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/stream", headers=elsewhere):
        pass
    assert "--allowed-host hub.example.org" in capsys.readouterr().err
