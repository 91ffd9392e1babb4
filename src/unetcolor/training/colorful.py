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

# Pixels along each side that are looked at.
_GLANCE = 48


def has_color(picture: np.ndarray) -> bool:
    """Tell whether a picture is neither gray nor toned nor nearly colorless.

    Parameters
    ----------
    picture
        uint8, uint16 or floats in ``[0, 1]``, shape ``(height, width, 3)``.
    """
    return colorfulness(_glance(picture)) >= LEAST_COLORFUL and not is_toned(picture)


def is_toned(picture: np.ndarray) -> bool:
    """Tell whether all colors of a picture are of one hue: sepia, the tint of paper, or gray.

    Parameters
    ----------
    picture
        uint8, uint16 or floats in ``[0, 1]``, shape ``(height, width, 3)``.
    """
    _, chroma = Lab().encode(_glance(picture))
    # The smaller main axis of the chroma: of a toned picture all colors lie on one line.
    variances = np.linalg.eigvalsh(np.cov(chroma.reshape(-1, 2), rowvar=False))
    return bool(variances[0] < LEAST_HUES**2)


def _glance(picture: np.ndarray) -> np.ndarray:
    rows, columns = (np.linspace(0, side - 1, _GLANCE).astype(int) for side in picture.shape[:2])
    return to_float(picture[rows][:, columns])
