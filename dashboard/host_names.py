"""Which names the dashboard answers to; who comes by another is told so in one line, on the page and in the terminal.

Streamlit would serve its page and then refuse the page's connection: the visitor would look at an empty page.
"""

import html
import re
import sys
from typing import Any
from urllib.parse import urlsplit

from streamlit.web.server.starlette import starlette_app
from streamlit.web.server.starlette.starlette_websocket import _is_origin_allowed, is_host_allowed

PAGE = """<!doctype html><meta charset="utf-8"><title>metalearn kit</title>
<body style="font-family: sans-serif; margin: 3em"><p>{line}</p>"""
LINE = (
    "the dashboard does not answer to the name {name}; whoever runs it can allow that: "
    "metalearn dashboard --allowed-host {name}"
)


def refused_name(scope: dict[str, Any]) -> str | None:
    """Return the name that a browser used, if the dashboard does not answer to it.

    That is the host that it asks for, or the one it says that it came from: a proxy may ask in a name of its own, and
    note the browser's.
    """
    headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
    host, noted = headers.get("host"), headers.get("x-forwarded-host")
    if not is_host_allowed(host):
        return _name(host)
    origin = headers.get("origin") if scope["type"] == "websocket" else f"https://{noted}" if noted else None
    return None if _is_origin_allowed(origin, host) else _name(urlsplit(origin or "").netloc)


def _name(host: str | None) -> str:
    """Return a host's name without its port; "NAME" for what is no name."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        name = ""
    return name if re.fullmatch(r"[\w.:-]{1,200}", name) else "NAME"


class AnswerToOwnNames:
    """Middleware that refuses requests for other names, and says so; each name is said once in the terminal."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.said: set[str] = set()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Pass a request on, or refuse it."""
        name = refused_name(scope) if scope["type"] in ("http", "websocket") else None
        if name is None:
            await self.app(scope, receive, send)
            return
        line = LINE.format(name=name)
        if name not in self.said and len(self.said) < 20:
            self.said.add(name)
            print(f"metalearn: {line}", file=sys.stderr, flush=True)
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": line[:120]})
            return
        headers = [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 403, "headers": headers})
        await send({"type": "http.response.body", "body": PAGE.format(line=html.escape(line)).encode()})


def install() -> None:
    """Have Streamlit's server check names before anything else."""
    from starlette.middleware import Middleware

    usual = starlette_app.create_streamlit_middleware
    starlette_app.create_streamlit_middleware = lambda: [Middleware(AnswerToOwnNames), *usual()]
