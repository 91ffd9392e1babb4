"""The palette of another photo pulls predicted colors its way: photos of one album or film belong together."""

from __future__ import annotations

import numpy as np
from typing_extensions import override

from unetcolor.codec import Codec
from unetcolor.images import PictureLike, cover, from_float, is_gray, split_alpha, take, to_float
from unetcolor.spaces.lab import Lab

# All measured on pairs of photos of the same source: what brought the predicted colors nearest to the true ones.
# STRENGTH is how far colors move to where the reference has them; a color of the chroma FIRM moves half as far as a
# vivid one, and gray does not move.
STRENGTH = 0.5
FIRM = 10.0

# Lightnesses at which mean colors are compared, and the standard deviation of those that count for each.
_LEVELS = np.linspace(0.0, 100.0, 11)
_WIDTH = 15.0

# A mean over few pixels says little: one over this share of the picture counts for half, the rest is the mean over all.
_SHARE = 0.3

_SIDE = 128


class Reference:
    """What a photo in color tells of others of its kind: its mean chroma at each lightness.

    Parameters
    ----------
    picture
        A photo in color, in any form that :func:`unetcolor.images.take` takes.

    Raises
    ------
    ValueError
        The picture is gray, or has a wrong shape, dtype or range.
    ImageReadError
        The file cannot be read.
    """

    def __init__(self, picture: PictureLike) -> None:
        color, _ = split_alpha(take(picture))
        small = to_float(cover(color, (_SIDE, _SIDE)))
        if color.ndim == 2 or is_gray(from_float(small, np.uint8)):
            raise ValueError("the reference must be a photo in color: this one is gray")
        lightness, chroma = Lab().encode(small)
        self._means = _mean_chroma(lightness, chroma)

    @override
    def __repr__(self) -> str:
        return f"{type(self).__name__}(mean chroma {self._means.mean(axis=0).round(1)})"

    def pull(self, colors: np.ndarray, luminance: np.ndarray, codec: Codec) -> np.ndarray:
        """Return colors that lie nearer to the reference's.

        Parameters
        ----------
        colors
            What the network predicts, natural units, shape ``(h, w, n)``.
        luminance
            The luminance at that size, network units, shape ``(h, w, 1)``.
        codec
            Translates colors.

        Returns
        -------
        Natural units, shape ``(h, w, n)``.
        """
        lightness, chroma = codec.lightness(luminance), codec.chroma(luminance, colors)
        shift = self._means - _mean_chroma(lightness, chroma)
        moved = np.stack([np.interp(lightness[..., 0], _LEVELS, shift[:, i]) for i in range(2)], axis=-1)
        square = np.sum(chroma**2, axis=-1, keepdims=True)
        return codec.with_chroma(luminance, chroma + STRENGTH * square / (square + FIRM**2) * moved)


def _mean_chroma(lightness: np.ndarray, chroma: np.ndarray) -> np.ndarray:
    """Return the mean chroma of a picture at each level of lightness, shape ``(levels, 2)``."""
    chroma = chroma.reshape(-1, 2)
    weights = np.exp(-0.5 * ((lightness.reshape(-1, 1) - _LEVELS) / _WIDTH) ** 2)
    counts = weights.sum(axis=0)[:, np.newaxis]
    trusted = counts / (counts + _SHARE * len(chroma))
    means: np.ndarray = trusted * (weights.T @ chroma) / np.maximum(counts, 1e-9) + (1 - trusted) * chroma.mean(axis=0)
    return means
