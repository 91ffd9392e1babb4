"""Random crops of pictures, so that no epoch shows the network the same as another."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, isfinite, log, sqrt

import numpy as np
from PIL import Image
from PIL.Image import Resampling, Transpose

from unetcolor.images import to_float


@dataclass(frozen=True)
class Augmentation:
    """How pictures are cropped and flipped at random, for ``fit(augment=...)``.

    Parameters
    ----------
    area
        Smallest and largest share of the picture that a crop holds: of the largest part of it that has the aspect of
        the crops.
    stretch
        Largest factor by which the aspect of a crop is changed, to either side.
    flip
        Share of the pictures that are mirrored.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> Augmentation(area=(0.3, 1.0)).apply(np.zeros((100, 75, 3), np.uint8), (32, 24), rng).shape
    (32, 24, 3)
    """

    area: tuple[float, float] = (0.5, 1.0)
    stretch: float = 1.18
    flip: float = 0.5

    def __post_init__(self) -> None:
        least, most = self.area
        if not 0 < least <= most <= 1:
            raise ValueError(f"area must be (least, most) with 0 < least <= most <= 1, not {self.area}")
        if not (isfinite(self.stretch) and self.stretch >= 1):
            raise ValueError(f"stretch must be at least 1, not {self.stretch}")
        if not 0 <= self.flip <= 1:
            raise ValueError(f"flip must be in 0..1, not {self.flip}")

    def apply(self, picture: np.ndarray, size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
        """Return a random crop of a picture.

        Parameters
        ----------
        picture
            uint8, uint16 or floats in ``[0, 1]``, shape ``(height, width, 3)``.
        size
            ``(height, width)`` of the result.
        rng
            Where the random numbers come from.

        Returns
        -------
        numpy.ndarray
            float32 in ``[0, 1]``, shape ``(*size, 3)``.
        """
        height, width = picture.shape[:2]
        # The largest part of the picture that has the aspect of the result.
        scale = min(height / size[0], width / size[1])
        share = rng.uniform(*self.area)
        stretch = exp(rng.uniform(-log(self.stretch), log(self.stretch)))
        crop_height = min(height, scale * size[0] * sqrt(share * stretch))
        crop_width = min(width, scale * size[1] * sqrt(share / stretch))
        top, left = rng.uniform(0, height - crop_height), rng.uniform(0, width - crop_width)
        flipped = rng.random() < self.flip
        return _resize_part(picture, (left, top, left + crop_width, top + crop_height), size, flipped)


def _resize_part(
    picture: np.ndarray, box: tuple[float, float, float, float], size: tuple[int, int], flipped: bool
) -> np.ndarray:
    if picture.dtype == np.uint8:
        images = [Image.fromarray(picture)]
    else:
        # Pillow has no colors of more than 8 bits: one channel after the other.
        channels = np.ascontiguousarray(np.moveaxis(to_float(picture), -1, 0))
        images = [Image.fromarray(channel) for channel in channels]
    parts = [image.resize(size[::-1], Resampling.BILINEAR, box=box) for image in images]
    if flipped:
        parts = [part.transpose(Transpose.FLIP_LEFT_RIGHT) for part in parts]
    return to_float(np.asarray(parts[0]) if len(parts) == 1 else np.stack([np.asarray(part) for part in parts], -1))
