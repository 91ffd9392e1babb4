"""What a colorizer tells of itself, in text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from unetcolor.codec import Codec
from unetcolor.networks.options import UNetOptions
from unetcolor.networks.summary import table_of


def summary_of(codec: Codec, network: keras.Model, size: tuple[int, int], training: Mapping[str, Any]) -> str:
    """Return a colorizer's color space, the blocks of its network, and how it was trained.

    Parameters
    ----------
    codec, network
        Those of the colorizer.
    size
        ``(height, width)`` of the pictures that the network sees.
    training
        How it was trained, as :attr:`unetcolor.UNetColorizer.training` tells.
    """
    space = codec.space
    seen, predicted = space.luminance.name, ", ".join(channel.name for channel in space.targets)
    return "\n".join(
        [
            f"Color space {space!r}: {seen}{' and hints' if codec.hints else ''} -> {predicted}",
            table_of(network, size),
            *_training(training),
            "All layers: colorizer.model.summary()",
        ]
    )


def lines_of(network: keras.Model, options: UNetOptions, training: Mapping[str, Any]) -> list[str]:
    """Return what a network is made of, and how it was trained, in a line each."""
    encoder = f"encoder {options.encoder}, " if options.encoder else ""
    filters = " ".join(map(str, options.filters))
    made = f"network: {encoder}filters {filters}, {network.count_params():,} parameters"
    if not training:
        return [made, "training: none yet"]
    epochs, pictures = training.get("epochs"), training.get("pictures")
    seen = f"{epochs} epoch{'s' if epochs != 1 else ''}" + (f" of {pictures:,} pictures" if pictures else "")
    return [made, f"training: {seen}, loss {training.get('loss')}"]


def _training(training: Mapping[str, Any]) -> list[str]:
    if not training:
        return ["Training: none yet"]
    final = training.get("final", {})
    return [
        "Training: " + ", ".join(f"{name} {value}" for name, value in training.items() if name != "final"),
        "At its end: " + ", ".join(f"{name} {value:.4g}" for name, value in final.items()),
    ]
