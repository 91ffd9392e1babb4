"""All commands in one place. What they need is imported when they run, so that ``--help`` answers at once."""

from __future__ import annotations

from typing import Annotated

import typer

import unetcolor
from unetcolor.cli.colorize import colorize
from unetcolor.cli.learn import evaluate, train
from unetcolor.cli.others import serve_app, video
from unetcolor.cli.show import info, presets, spaces

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
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
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True)] = False,
) -> None:
    """Give color to black-and-white photos with U-Nets, and train your own."""


app.command()(colorize)
app.command()(train)
app.command()(evaluate)
app.command()(video)
app.command("app")(serve_app)
app.command()(presets)
app.command()(spaces)
app.command()(info)
