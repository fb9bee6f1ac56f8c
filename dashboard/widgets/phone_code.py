"""A code that opens the view on a phone, where a phone can reach the server at all."""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit

import streamlit as st

from dashboard import address
from dashboard.language import _
from metalearn._front_ends import EVERYWHERE

LONGEST = 600  # letters; a longer address makes a code too fine for a camera at the back of a room


def show() -> None:
    """Show the code of the page as it is, without the lecture's bar; or say in one line why there is none."""
    reachable = phone_address(
        st.context.url or "", st.get_option("server.address"), st.get_option("server.allowedHosts")
    )
    if reachable is None:
        st.markdown(
            _(
                "No code: phones cannot reach this server, which is for this computer only. The dashboard's "
                "README says how to start it for a class."
            )
        )
        return
    link = f"{reachable}?{urlencode(address.choices_in_address(), doseq=True)}".removesuffix("?")
    if len(link) > LONGEST:
        st.markdown(_("No code: this view's address is too long for one."))
        return
    import segno  # hardly any page needs it

    code = segno.make(link, error="m", micro=False)
    st.image(code.svg_data_uri(scale=8, light="#fff"), width="stretch", caption=link, alt=link)


def phone_address(url: str, listens_on: str | None, allowed: Iterable[str]) -> str | None:
    """Return the address under which a phone opens a page that this computer has at ``url``; None if there is none.

    ``listens_on`` and ``allowed`` are the server's settings ``address`` and ``allowedHosts``. A name by which another
    computer came here is kept. From this computer itself, the first name that others may use takes its place.
    """
    parts = urlsplit(url)
    if parts.hostname is None:
        return None
    if not _is_here(parts.hostname) and parts.hostname not in EVERYWHERE:
        return url
    names = [name for name in allowed if not _is_here(name) and name not in EVERYWHERE and "*" not in name]
    if (listens_on and _is_here(listens_on)) or not names:
        return None
    host = f"[{names[0]}]" if ":" in names[0] else names[0]
    return parts._replace(netloc=f"{host}:{parts.port}" if parts.port else host).geturl()


def _is_here(host: str) -> bool:
    """Whether a name or a number means the computer itself, so that from elsewhere it leads nowhere."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower().rstrip(".").rpartition(".")[2] == "localhost"
