"""How good the colors are after each epoch: CIEDE2000, next to that of plain gray."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import keras
import numpy as np
from typing_extensions import override

from unetcolor.codec import Codec, average_blocks
from unetcolor.spaces.lab import Lab


class ColorValidation(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types.
    """Adds the scores of :func:`color_scores` to the logs of each epoch, their names with ``val_`` in front.

    Parameters
    ----------
    batches
        Called after each epoch; returns the pictures as :func:`color_scores` takes them.
    codec
        Between them and the network.
    network
        The network. What Keras trains may be a view of it.
    """

    def __init__(self, batches: Callable[[], Iterable[np.ndarray]], codec: Codec, network: keras.Model) -> None:
        super().__init__()
        self._batches = batches
        self._codec = codec
        self._network = network

    @override
    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if logs is not None:
            scores = color_scores(self._network, self._codec, self._batches())
            logs.update({f"val_{name}": value for name, value in scores.items()})


def color_scores(network: keras.Model, codec: Codec, batches: Iterable[np.ndarray]) -> dict[str, float]:
    """Compare the colors that a network predicts with the true ones, at the size of its answer.

    Parameters
    ----------
    network
        Predicts the colors.
    codec
        Between it and pictures.
    batches
        Pictures in color, floats in ``[0, 1]``, shape ``(batch, height, width, 3)``.

    Returns
    -------
    dict
        Means over the pictures: ``"delta_e"``, the CIEDE2000 of the predicted colors; ``"gray_delta_e"``, that of
        plain gray; ``"better_than_gray"``, the share of pictures on which the prediction is better.
    """
    found = [_errors(network, codec, rgb) for rgb in batches]
    if not found:
        raise ValueError("there are no pictures to validate on")
    errors, of_gray = (np.concatenate(values) for values in zip(*found, strict=True))
    return {
        "delta_e": float(errors.mean()),
        "gray_delta_e": float(of_gray.mean()),
        "better_than_gray": float((errors < of_gray).mean()),
    }


def _errors(network: keras.Model, codec: Codec, rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the CIEDE2000 of each picture, and that of plain gray."""
    from skimage.color import deltaE_ciede2000

    natural, _ = codec.space.encode(rgb)
    luminance = average_blocks(natural, codec.stride)
    predicted = keras.ops.convert_to_numpy(network.predict_on_batch(codec.inputs(rgb)))
    colors = codec.colors(codec.space.normalize_luminance(luminance), predicted)
    lightness, chroma = Lab().encode(codec.space.decode(luminance, colors))
    _, true_chroma = Lab().encode(rgb)
    # The network does not choose the lightness, so that of the prediction stands for the true one.
    truth = np.concatenate([lightness, average_blocks(true_chroma, codec.stride)], axis=-1)
    result, gray = np.concatenate([lightness, chroma], axis=-1), truth * [1, 0, 0]
    errors, of_gray = (deltaE_ciede2000(truth, other).mean(axis=(1, 2)) for other in (result, gray))
    return errors, of_gray
