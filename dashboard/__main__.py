"""Start the server: ``python -m dashboard``, with Streamlit's options behind it."""

import sys
from pathlib import Path

from streamlit import net_util
from streamlit.web import cli

from dashboard import host_names


def main() -> None:
    """Run ``streamlit run``, but never ask another machine for anything.

    For a page of another origin that wants to connect, Streamlit would ask a server elsewhere for this machine's
    address on the internet, to compare the two. Names that may connect go into its option
    ``server.corsAllowedOrigins``.
    """
    net_util.get_external_ip = lambda: None
    host_names.install()
    sys.argv = ["streamlit", "run", str(Path(__file__).with_name("server.py")), *sys.argv[1:]]
    cli.main(prog_name="streamlit")


if __name__ == "__main__":
    main()
