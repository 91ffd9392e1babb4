"""Make a preset of a training: a ``.keras`` file, and next to it the same in ONNX.

python recipes/export.py runs/portrait portrait.keras --size 144 --chroma 1.18
"""

from __future__ import annotations

import argparse
from math import log
from pathlib import Path

import keras
import numpy as np

from unetcolor import UNetColorizer
from unetcolor.models import keras_file
from unetcolor.models.onnx_file import write_onnx
from unetcolor.spaces import ColorSpace


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="output folder of the training")
    parser.add_argument("output", type=Path, help="the .keras file to write")
    parser.add_argument("--size", type=int, default=160, help="side of the square whose area photos are seen at (160)")
    parser.add_argument("--chroma", type=float, default=1.0, help="multiply the predicted chroma by this (1)")
    arguments = parser.parse_args()
    trained = arguments.run / "model.keras"
    colorizer = UNetColorizer.load(trained)
    if arguments.chroma != 1:
        if colorizer.space.activation != "sigmoid":
            parser.error(f"--chroma scales the targets of a sigmoid head, which {colorizer.space!r} does not have")
        scale_chroma(colorizer.model.get_layer("head"), colorizer.space, arguments.chroma)
    record = keras_file.read_record(trained)
    record.image_size = [arguments.size, arguments.size]
    keras_file.write_model(arguments.output, colorizer.model, record, half_precision=True)
    # Of the weights that the file holds, so that both are the same preset.
    written = keras_file.load_network(arguments.output)
    portable = arguments.output.with_suffix(".onnx")
    write_onnx(portable, written.network, written.record, half_precision=True)
    for path in (arguments.output, portable):
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


def scale_chroma(head: keras.layers.Layer, space: ColorSpace, factor: float) -> None:
    """Scale the distance of the head's logits from gray's: nearly that of the colors, as sigmoid is nearly linear."""
    _, gray = space.normalize(*space.encode(np.full((1, 3), 0.5)))
    neutral = np.array([log(value / (1 - value)) for value in gray[0]])
    kernel, bias = head.get_weights()
    head.set_weights([kernel * factor, neutral + factor * (bias - neutral)])


if __name__ == "__main__":
    main()
