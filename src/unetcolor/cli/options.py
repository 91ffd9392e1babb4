"""The options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unetcolor.models.presets import list_presets

Preset = Annotated[
    str, typer.Option("--preset", "-p", help=f"Trained colorizer that comes along: {', '.join(list_presets())}.")
]
Model = Annotated[Path | None, typer.Option("--model", "-m", help="A colorizer of your own, a .keras file, instead.")]
Saturation = Annotated[float, typer.Option(help="Multiplies the colors' distance from gray; 1.3 is more vivid.", min=0)]
Size = Annotated[
    int | None,
    typer.Option(help="The network sees photos at the area of a square of this side.", min=8, show_default="its own"),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there already.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs, and nothing else.")]
