"""Colors for pictures that the network sees at their own size: whole batches at once, and nothing is scaled."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from unetcolor._strips import STRIP_PIXELS, each_strip
from unetcolor.codec import Codec
from unetcolor.prediction.inputs import Loaded
from unetcolor.prediction.steps import Network, ask, join, reader


def are_alike(batch: list[Loaded]) -> bool:
    """Tell whether pictures have one size, one number of channels and one dtype, and no hints."""
    first = batch[0].pixels
    return all(
        photo.hints is None and photo.pixels.shape == first.shape and photo.pixels.dtype == first.dtype
        for photo in batch
    )


def colorize_unscaled(batch: list[Loaded], network: Network, codec: Codec, saturation: float) -> Iterator[np.ndarray]:
    """Show pictures that are alike to the network, and return what gives them their colors, in their order.

    Where nothing is scaled, the edge-aware upsampler returns the very colors that it is given.

    Parameters
    ----------
    batch
        The pictures.
    network
        Maps a batch of inputs to the network's answer, of the same height and width.
    codec
        Translates between pictures and the network.
    saturation
        The colors' distance from gray is multiplied by this.
    """
    # Of the pictures; what is stacked has the byte order of the machine.
    dtype = batch[0].pixels.dtype
    pixels = np.stack([photo.pixels for photo in batch])
    count, height, width, channels = pixels.shape
    rows = pixels.reshape(count * height, width, channels)
    natural, seen = (np.empty((*rows.shape[:2], 1), np.float32) for _ in range(2))
    read = reader(rows, codec)
    step = max(1, STRIP_PIXELS // width)

    def look(strip: slice) -> None:
        natural[strip], seen[strip] = read(rows[strip])

    each_strip(look, len(rows), step)
    answer = ask(network, codec.without_hints(seen.reshape(count, height, width, 1)), codec)
    predicted = answer.reshape(*rows.shape[:2], -1)

    def finish() -> Iterator[np.ndarray]:
        colored = np.empty((*rows.shape[:2], 3), dtype)

        def work(strip: slice) -> None:
            targets = codec.colors(seen[strip], predicted[strip], saturation)
            colored[strip] = join(natural[strip], targets, codec.space, dtype)

        each_strip(work, len(rows), step)
        for photo, rgb in zip(batch, colored.reshape(count, height, width, 3), strict=True):
            # Copies: who keeps one picture is not to hold all of them.
            parts = [rgb] if photo.alpha is None else [rgb, photo.alpha[..., np.newaxis]]
            yield np.concatenate(parts, axis=-1).astype(dtype, copy=False)

    return finish()
