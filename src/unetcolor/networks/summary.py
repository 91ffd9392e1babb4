"""A network in a few lines: its blocks, with what they return and their parameters."""

from __future__ import annotations

import re
from typing import NamedTuple

import keras

# Of the names of the layers that build_unet makes.
_STAGE = re.compile(r"(down\d+|bottom|up\d+)_\w+")
_END = re.compile(r"(down\d+|bottom|up\d+)_relu\d+|output")


class Block(NamedTuple):
    """A part of a network.

    Attributes
    ----------
    name
        That of its layers begins with it.
    shape
        ``(height, width, channels)`` of what it returns.
    parameters
        Number of its weights.
    """

    name: str
    shape: tuple[int, ...]
    parameters: int


def blocks_of(network: keras.Model, size: tuple[int, int]) -> list[Block]:
    """Return the blocks of a network of :func:`unetcolor.build_unet` that have weights, from the input to the output.

    Parameters
    ----------
    network
        The network.
    size
        ``(height, width)`` of the pictures that it sees.

    Examples
    --------
    >>> from unetcolor import build_unet
    >>> for block in blocks_of(build_unet(1, 3, filters=(8, 16)), (100, 75)):
    ...     print(*block)
    down0 (100, 75, 8) 728
    bottom (50, 38, 16) 3616
    up0 (100, 75, 8) 2320
    head (100, 75, 3) 27
    """
    parameters: dict[str, int] = {}
    ends, shapes = {}, {}
    for layer in network.layers:
        stage = _STAGE.fullmatch(layer.name)
        name = stage[1] if stage else "head" if layer.name == "output" else layer.name
        if not layer.count_params() and name not in parameters:
            continue
        parameters[name] = parameters.get(name, 0) + layer.count_params()
        if isinstance(layer, keras.Model):
            shapes[name] = _bottom_of(layer, size)
        # What follows in a block prepares the next one: pooling, dropout.
        elif _END.fullmatch(layer.name):
            ends[name] = layer.output
    picture = keras.KerasTensor((1, *size, network.input_shape[-1]), dtype="float32")
    outputs = keras.Model(network.inputs, ends).compute_output_spec(picture)
    shapes |= {name: tuple(output.shape[1:]) for name, output in outputs.items()}
    return [Block(name, shapes[name], count) for name, count in parameters.items()]


def _bottom_of(encoder: keras.Model, size: tuple[int, int]) -> tuple[int, ...]:
    """Return the shape of an encoder's last feature map, for pictures that are filled up as it needs them."""
    multiple = 2 ** len(encoder.outputs)
    filled = [-(-length // multiple) * multiple for length in size]
    picture = keras.KerasTensor((1, *filled, encoder.input_shape[-1]), dtype="float32")
    return tuple(keras.tree.flatten(encoder.compute_output_spec(picture))[-1].shape[1:])


def table_of(network: keras.Model, size: tuple[int, int]) -> str:
    """Return the blocks of a network as a table in text, and how many weights there are in all."""
    blocks = blocks_of(network, size)
    rows = [(name, " x ".join(map(str, shape)), f"{parameters:,}") for name, shape, parameters in blocks]
    rows = [("block", "height x width x channels", "parameters"), *rows, ("in all", "", f"{network.count_params():,}")]
    first, second, third = (max(map(len, column)) for column in zip(*rows, strict=True))
    return "\n".join(f"{a:<{first}}  {b:>{second}}  {c:>{third}}" for a, b, c in rows)
