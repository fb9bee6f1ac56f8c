"""What the server must do untold: stay on this machine, report nothing, and ask nothing before it starts."""

import tomllib

from tests.dashboard.conftest import APP


def test_the_server_stays_on_this_machine_reports_nothing_and_asks_nothing() -> None:
    settings = tomllib.loads((APP.parent.parent / ".streamlit" / "config.toml").read_text())
    assert settings["server"]["address"] == "localhost"
    assert not settings["server"]["showEmailPrompt"]
    assert not settings["browser"]["gatherUsageStats"]
    assert settings["logger"]["hideWelcomeMessage"]  # the offer for coding agents, which lies over pages, goes with it
