"""``unetcolor export``."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from unetcolor.cli._loading import load_colorizer, showing
from unetcolor.cli._options import AsJson, Overwrite, Trained
from unetcolor.cli._output import print_json, print_line, readable_errors


class Form(StrEnum):
    """What the file computes."""

    network = "network"
    picture = "picture"


class FileFormat(StrEnum):
    """What the file is."""

    onnx = "onnx"
    tflite = "tflite"
    openvino = "openvino"
    saved_model = "saved_model"


def export(
    model: Trained,
    path: Annotated[
        Path,
        typer.Argument(help="File to write (.onnx or .tflite), or folder, with --format.", show_default=False),
    ],
    form: Annotated[
        Form, typer.Option(help="The network alone, or the whole way from a gray picture to a color picture.")
    ] = Form.network,
    file_format: Annotated[
        FileFormat | None,
        typer.Option("--format", help="Format of the file; a folder needs it.", show_default="what PATH ends in"),
    ] = None,
    size: Annotated[
        tuple[int, int] | None,
        typer.Option(
            metavar="HEIGHT WIDTH",
            help="Size of the pictures that the file takes. A .tflite file needs it.",
            show_default="any",
        ),
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Write a model to a file that other programs run: ONNX, TensorFlow Lite, OpenVINO or SavedModel.

    The file is run on sample photos first, and kept only if its colors are those of unetcolor. That takes some minutes.
    """
    with readable_errors(as_json, "nothing was written"):
        # What can be told now is told before TensorFlow is loaded, which takes seconds.
        from unetcolor.export.formats import target_of

        chosen = None if file_format is None else file_format.value
        target_of(path, chosen, size, overwrite)
        colorizer = load_colorizer(model, to_predict=False)
        with showing(f"Converting {model}, and running {path.name} on sample photos: this takes some minutes"):
            exported = colorizer.export(path, form=form.value, format=chosen, size=size, overwrite=overwrite, verbose=0)
        if as_json:
            print_json(asdict(exported))
        else:
            print_line(f"Wrote {exported}")
            if (exported.format, exported.form) == ("openvino", "picture"):
                print_line("Compile it with INFERENCE_PRECISION_HINT f32: in bfloat16 its colors are wrong.")
