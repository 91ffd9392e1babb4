"""The two forms of exported files: the network alone, and the whole way from a gray picture to a color picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt

import keras
import numpy as np

from unetcolor.codec import Codec
from unetcolor.errors import unknown_name
from unetcolor.export.graph import Run
from unetcolor.export.picture import picture_model
from unetcolor.hints import Hint
from unetcolor.networks.folding import fold
from unetcolor.prediction.predictor import Predictor

Size = tuple[int, int]

FORMS = ("network", "picture")


@dataclass(frozen=True)
class Form:
    """What an exported file computes.

    Attributes
    ----------
    model
        One input, one output.
    input, output
        Their names.
    side
        The network sees pictures at the area of a square with this side.
    takes_hints
        Whether it also takes colors that are known at some places.
    colorize
        Gives colors to a batch of gray pictures, uint8 ``(n, height, width)``, with what runs the file, and with hints
        that all of them have, if any.
    """

    model: keras.Model
    input: str
    output: str
    side: float
    takes_hints: bool
    colorize: Callable[[Run, np.ndarray, Sequence[Hint]], np.ndarray]


def make_form(name: str, network: keras.Model, codec: Codec, side: float, size: Size | None) -> Form:
    """Return a form of a colorizer.

    Parameters
    ----------
    name
        ``"network"`` or ``"picture"``.
    network
        The colorizer's network, which is not changed.
    codec
        Translates between pictures and the network.
    side
        The network sees each picture at the area of a square with this side, in pixels.
    size
        ``(height, width)`` of the pictures that the file takes, or None for any.

    Raises
    ------
    UncopyableError
        The network is not a plain graph of layers, or has a layer that its own config cannot make.
    """
    folded = fold(network)
    if name == "picture":
        model = picture_model(folded, codec, side, size)
        return Form(model, "gray", "rgb", side, False, lambda run, batch, _: run(batch[..., np.newaxis]))
    if size is not None:
        # The network sees them as they are.
        side = sqrt(size[0] * size[1])
        picture = keras.Input((*size, codec.input_channels), name="luminance")
        folded = keras.Model(picture, folded(picture), name=folded.name)

    def colorize(run: Run, batch: np.ndarray, hints: Sequence[Hint]) -> np.ndarray:
        return colors_of(batch, Predictor(codec, run, side), hints)  # type: ignore[arg-type]

    return Form(folded, "luminance", "colors", side, codec.hints, colorize)


def colors_of(batch: np.ndarray, predictor: Predictor, hints: Sequence[Hint]) -> np.ndarray:
    """Return what a predictor makes of a batch of gray pictures ``(n, height, width)``, however narrow they are."""
    # As a list, because an array of narrow pictures is read as one picture.
    each = [list(hints)] * len(batch) if hints else None
    return np.stack(list(predictor.predict(list(batch), hints=each, verbose=0)))


def check_form(name: str) -> str:
    """Return the name of a form as it is, or raise a ValueError that lists both."""
    if not isinstance(name, str) or name not in FORMS:
        raise ValueError(unknown_name("form", name, FORMS))
    return name
