"""Another distribution that installs a package called ``metalearn`` too: then files of both lie in one folder."""


def clash() -> str | None:
    """Say which other distribution is there, and what to do; None where this one is alone."""
    from importlib.metadata import packages_distributions

    others = sorted(set(packages_distributions().get("metalearn", ())) - {"metalearn-kit"})
    if not others:
        return None
    names = " and ".join(others)
    return f"{names} also installs a package 'metalearn' over this one; uninstall both, then install one of them"
