"""All commands in one place. What they need is imported when they run, so that ``--help`` answers at once."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

import typer

import unetcolor

# In the order of the help, which has groups last. Each is the function, or the group, of that name in the file of that
# name.
COMMANDS = ("colorize", "train", "evaluate", "export", "video", "app", "serve", "spaces", "info", "presets")

app = typer.Typer(
    no_args_is_help=True,
    # Joins the lines of docstrings.
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"unetcolor {unetcolor.__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Colorize black-and-white photos with U-Nets, and train networks on your own photos."""


for _name in COMMANDS:
    _command = getattr(import_module(f"unetcolor.cli.{_name}"), _name)
    if isinstance(_command, typer.Typer):
        app.add_typer(_command, name=_name)
    else:
        app.command(_name)(_command)
