"""The options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unetcolor.models.presets import list_presets

Preset = Annotated[str, typer.Option("--preset", "-p", help=f"Preset to colorize with: {', '.join(list_presets())}.")]
# Not a Path, which would turn ./photo into the name of a preset.
Model = Annotated[
    str | None,
    typer.Option(
        "--model", "-m", help="Model file (.keras or .onnx) to colorize with instead of a preset.", show_default=False
    ),
]
Engine = Annotated[
    str,
    typer.Option(
        help="What runs the network: openvino, onnx, tensorflow or keras.", show_default="the fastest that is installed"
    ),
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say which engine runs the network.")]
Trained = Annotated[str, typer.Argument(help="Model file (.keras), or the name of a preset.", show_default=False)]
ColorPhotos = Annotated[
    Path, typer.Argument(help="Color photos: a folder with its subfolders, or an .npz file.", show_default=False)
]
Saturation = Annotated[
    float, typer.Option(help="Strength of the colors: 1 as predicted, 1.3 more vivid, 0 gray.", min=0)
]
Size = Annotated[
    int | None,
    typer.Option(
        help="The network sees each photo at the area of a square with this side in pixels.",
        min=8,
        show_default="the size it was trained at",
    ),
]
ReferencePhoto = Annotated[
    Path | None,
    typer.Option(
        help="Photo in color of the same album or film: its palette pulls the colors its way.", show_default=False
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text.")]
