"""The server that ``python -m dashboard`` starts: Streamlit's, with the dashboard's pages in it.

A page that is opened at ``/train`` does not know where its server is. It would ask ``/train/_stcore/health`` first,
find nothing, and leave two errors in the browser's console. So the place of the server is written into the page.
"""

from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

HERE = Path(__file__).parent
INDEX = Path(st.__file__).parent / "static" / "index.html"
# The server is asked in the folder that the page lies in, as are the page's own files.
PLACE = '<script>window.__streamlit = { BACKEND_BASE_URL: new URL(".", location.href).href };</script>'


def with_place(index: str) -> str:
    """Return Streamlit's page with the place of its server in it, ahead of the first script."""
    return index.replace("<script", f"{PLACE}<script", 1)


def send(_request: Request) -> HTMLResponse:
    """Send Streamlit's page, never an old one from a cache, as Streamlit does."""
    return HTMLResponse(with_place(INDEX.read_text("utf-8")), headers={"Cache-Control": "no-cache"})


def routes() -> list[Route]:
    """Return the addresses of all pages, below the base path that the server was given, if any."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    below = f"/{base}" if base else ""
    return [Route(f"{below}/{view.stem}", send) for view in (HERE / "views").glob("*.py")]


app = st.App(HERE / "app.py", routes=routes())
