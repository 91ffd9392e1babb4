"""Keeps colors the same from frame to frame where the picture stays the same."""

from __future__ import annotations

import numpy as np
from skimage.filters import gaussian

# The change of luminance, as a share of its range, from which the past has little weight; film grain stays below it.
_SAME = 0.05

# A larger mean change over a whole frame is a cut.
_CUT = 0.15

# Cuts between dark scenes change less. So a frame with less than this correlation with the frame before is a cut too,
# if it has changed by more than grain does. Measured: the correlation over 315 cuts between photos, bright and dark, is
# at most 0.55; with grain, shaking and pans of up to 10 pixels a frame it is at least 0.61.
_CUT_CORRELATION = 0.58
_GRAIN = 0.03

# Pixels by which the change is blurred: grain is not motion.
_BLUR = 1.0


class TemporalSmoother:
    """A running average of the colors of a video, for ``Predictor.stream(adjust=...)``.

    Where the luminance stays the same, the past colors have the weight ``strength``; where it changes because something
    moves, they have less weight, so that they leave no ghosts. After a cut they have none.

    Parameters
    ----------
    strength
        From 0, which leaves the colors as they are, to below 1.

    Raises
    ------
    ValueError
        The strength is out of this range.

    Examples
    --------
    >>> smooth = TemporalSmoother(0.75)
    >>> still = np.full((4, 4, 1), 0.5)
    >>> [float(smooth(still, np.full((4, 4, 2), color))[0, 0, 0]) for color in (0.0, 8.0, 8.0)]
    [0.0, 2.0, 3.5]
    """

    def __init__(self, strength: float) -> None:
        if not 0 <= strength < 1:
            raise ValueError(f"smoothing must be at least 0 and below 1, not {strength}")
        self._strength = strength
        self._past: tuple[np.ndarray, np.ndarray] | None = None

    def __call__(self, luminance: np.ndarray, colors: np.ndarray) -> np.ndarray:
        """Return the smoothed colors of the next frame.

        Parameters
        ----------
        luminance
            ``(h, w, 1)``, network units.
        colors
            ``(h, w, n)``.
        """
        if self._past is not None and self._past[0].shape == luminance.shape:
            before, past_colors = self._past
            if not is_another_scene(before, luminance):
                change = gaussian(luminance - before, _BLUR, channel_axis=-1)
                weight = self._strength * np.exp(-((change / _SAME) ** 2))
                luminance = weight * before + (1 - weight) * luminance
                colors = weight * past_colors + (1 - weight) * colors
        self._past = luminance, colors
        return colors


def is_another_scene(before: np.ndarray, luminance: np.ndarray) -> bool:
    """Tell whether there is a cut between two frames: luminances ``(h, w, 1)``, in ``[0, 1]``."""
    if np.abs(luminance - before).mean() >= _CUT:
        return True
    change = gaussian(luminance - before, _BLUR, channel_axis=-1)
    first, second = (gaussian(values, _BLUR, channel_axis=-1) for values in (before, luminance))
    first, second = first - first.mean(), second - second.mean()
    # No quotient: an even picture has no variance to divide by.
    limit = _CUT_CORRELATION * np.sqrt((first**2).mean() * (second**2).mean())
    return bool(np.abs(change).mean() > _GRAIN and (first * second).mean() < limit)
