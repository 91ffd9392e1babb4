"""Hints for training, drawn from the true colors: what a user will know of a photo."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import numpy as np

from unetcolor._checks import whole_number


@dataclass(frozen=True)
class Hinting:
    """How hints are drawn for training pictures, for ``fit(hints=...)``.

    As in Zhang et al. 2017, "Real-Time User-Guided Image Colorization with Learned Deep Priors": their number is
    geometrically distributed, their places are normally distributed around the middle with a quarter of the picture's
    size as standard deviation, and each is a square of one mean color.

    Parameters
    ----------
    without
        Share of the pictures that get no hint at all, so that the network also serves without.
    mean
        Mean number of hints of the others.
    largest
        Largest side of a square, in pixels that the network sees; the smallest is 1.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> colors, places = Hinting(without=0.0).draw(np.full((48, 64, 3), 0.5, np.float32), rng)
    >>> colors.shape, places.shape, bool(places.any())
    ((48, 64, 3), (48, 64), True)
    """

    without: float = 0.5
    mean: float = 8.0
    largest: int = 9

    def __post_init__(self) -> None:
        if not 0 <= self.without <= 1:
            raise ValueError(f"without must be in 0..1, not {self.without}")
        if not (isfinite(self.mean) and self.mean >= 1):
            raise ValueError(f"mean must be finite and at least 1, not {self.mean}")
        whole_number("largest", self.largest)

    def draw(self, rgb: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return the hints of a picture: where there are some, the true color.

        Parameters
        ----------
        rgb
            Floats in ``[0, 1]``, shape ``(height, width, 3)``.
        rng
            Where the random numbers come from.

        Returns
        -------
        colors
            Of the shape of ``rgb``.
        places
            Booleans of shape ``(height, width)``.
        """
        count = 0 if rng.random() < self.without else int(rng.geometric(1 / self.mean))
        return draw_hints(rgb, count, self.largest, rng)


def draw_hints(rgb: np.ndarray, count: int, largest: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return a number of hints of a picture, as :meth:`Hinting.draw` does."""
    size = np.array(rgb.shape[:2])
    colors = np.zeros_like(rgb)
    places = np.zeros(rgb.shape[:2], bool)
    for _ in range(count):
        middle = np.clip(rng.normal(size / 2, size / 4), 0, size - 1)
        side = rng.integers(1, largest + 1)
        first = np.clip(np.round(middle - side / 2), 0, size - 1).astype(int)
        square = tuple(slice(start, start + side) for start in first)
        colors[square] = rgb[square].mean(axis=(0, 1))
        places[square] = True
    return colors, places


def hints_to_draw(given: bool | Hinting | None, *, takes_hints: bool) -> bool | Hinting:
    """Return what ``fit(hints=...)`` means for a network that takes hints, or takes none.

    Raises
    ------
    ValueError
        Hints are asked for, and it takes none.
    """
    if given is None:
        return takes_hints
    if not takes_hints and (isinstance(given, Hinting) or given is True):
        raise ValueError("this network takes no hints: build it with UNetColorizer(hints=True)")
    return given
