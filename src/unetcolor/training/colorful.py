"""Whether a picture has enough colors to learn from."""

from __future__ import annotations

import numpy as np

from unetcolor.images import to_float
from unetcolor.metrics import colorfulness
from unetcolor.spaces.lab import Lab

# Colorfulness (Hasler and Suesstrunk) below which a picture teaches little but gray, and the spread of hues, in
# standard deviations of chroma across the main hue, below which it is a toned one.
LEAST_COLORFUL = 8.0
LEAST_HUES = 1.0

# How long the mean of the chroma of a toned picture is at least, as a share of the mean length of its chroma.
LEAST_ALIKE = 0.9

# Pixels along each side that are looked at.
_GLANCE = 48


def has_color(picture: np.ndarray) -> bool:
    """Tell whether a picture is neither gray nor toned nor nearly colorless.

    Parameters
    ----------
    picture
        uint8, uint16 or floats in ``[0, 1]``, shape ``(height, width, 3)``.
    """
    small = _glance(picture)
    if colorfulness(small) < LEAST_COLORFUL:
        return False
    _, chroma = Lab().encode(small)
    return bool(_spread_of_hues(chroma) >= LEAST_HUES)


def is_toned(picture: np.ndarray) -> bool:
    """Tell whether all colors of a picture are of one hue: sepia, the tint of paper, or gray.

    Parameters
    ----------
    picture
        uint8, uint16 or floats in ``[0, 1]``, shape ``(height, width, 3)``.
    """
    _, chroma = Lab().encode(_glance(picture))
    # All colors lie on one line, and on one side of gray.
    mean, length = chroma.mean(axis=(0, 1)), np.linalg.norm(chroma, axis=-1).mean()
    return bool(_spread_of_hues(chroma) < LEAST_HUES and np.linalg.norm(mean) >= LEAST_ALIKE * length)


def _spread_of_hues(chroma: np.ndarray) -> float:
    """Return the standard deviation of chroma along the smaller of its main axes."""
    variances = np.linalg.eigvalsh(np.cov(chroma.reshape(-1, 2), rowvar=False))
    return float(np.sqrt(max(variances[0], 0)))


def _glance(picture: np.ndarray) -> np.ndarray:
    rows, columns = (np.linspace(0, side - 1, _GLANCE).astype(int) for side in picture.shape[:2])
    return to_float(picture[rows][:, columns])
