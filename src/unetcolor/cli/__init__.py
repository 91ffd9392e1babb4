"""The command ``unetcolor``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command with the arguments that it was called with."""
    try:
        import rich
        import typer  # noqa: F401
    except ImportError as error:
        print(f'unetcolor: the command needs {error.name}: pip install "unetcolor[cli]"', file=sys.stderr)
        raise SystemExit(2) from None
    from unetcolor.cli.commands import app

    del rich
    # The same name for ``python -m unetcolor``, in the help and for the completion of shells.
    app(prog_name="unetcolor")
