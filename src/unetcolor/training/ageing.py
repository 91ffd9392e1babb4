"""A luminance that looks like that of old photos, for the colors of the new ones that a network learns from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isfinite

import numpy as np

from unetcolor.spaces.srgb import LUMINANCE_WEIGHTS, delinearize, linearize, weigh

# What linear R, G, B count for on orthochromatic film, that of most photos before the 1930s, which does not see red and
# sees much blue. On later film they count for about as much as for the eye.
_ORTHOCHROMATIC = np.array([0.0, 0.55, 0.45])


@dataclass(frozen=True)
class Ageing:
    """How the luminance of training pictures is made to look old, for ``fit(ageing=...)``.

    The colors to be learned stay those of the picture. All numbers are drawn at random for each picture, evenly
    between nothing and the largest.

    Parameters
    ----------
    contrast
        Largest change of the contrast, to either side: 0.25 multiplies it by 0.75 to 1.25.
    brightness
        Largest change of the brightness, to either side, as a share of the luminance's range.
    blur
        Largest standard deviation of the blur, in pixels.
    noise
        Largest standard deviation of the noise, as a share of the luminance's range.
    vignette
        Largest darkening of the corners, as a share of the luminance.
    orthochromatic
        Largest part that film which does not see red has in the gray: skin, lips and bricks become dark, and the sky
        white. 0 is the gray that the eye sees.
    aged
        Share of the pictures that are blurred, and of those that get noise, a vignette or such film's gray.

    Examples
    --------
    >>> luminance = np.full((4, 4, 1), 0.5, np.float32)
    >>> Ageing(contrast=0.0, brightness=0.1, aged=0.0).apply(luminance, np.random.default_rng(0))[0, 0].round(3)
    array([0.454], dtype=float32)
    """

    contrast: float = 0.25
    brightness: float = 0.1
    blur: float = 1.2
    noise: float = 0.05
    vignette: float = 0.3
    orthochromatic: float = 1.0
    aged: float = 0.2

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not (isfinite(value) and value >= 0):
                raise ValueError(f"{name} must be finite and at least 0, not {value}")
        for name in ("contrast", "vignette", "orthochromatic", "aged"):
            if getattr(self, name) > 1:
                raise ValueError(f"{name} must be in 0..1, not {getattr(self, name)}")

    def film(self, rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return a picture in the gray that film may have seen, or the picture itself.

        Parameters
        ----------
        rgb
            Floats in ``[0, 1]``, shape ``(height, width, 3)``.
        rng
            Where the random numbers come from.

        Returns
        -------
        numpy.ndarray
            Of the same shape and dtype: three equal channels, or ``rgb``.
        """
        if self.orthochromatic == 0 or rng.random() >= self.aged:
            return rgb
        part = rng.uniform(0, self.orthochromatic)
        light = weigh(linearize(rgb), (1 - part) * LUMINANCE_WEIGHTS + part * _ORTHOCHROMATIC)
        return np.repeat(delinearize(light), 3, axis=-1)

    def apply(self, luminance: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the luminance of a picture as an old photo would have it.

        Parameters
        ----------
        luminance
            Network units, 0..1, shape ``(height, width, 1)``.
        rng
            Where the random numbers come from.

        Returns
        -------
        numpy.ndarray
            float32, of the same shape and range.
        """
        contrast = 1 + rng.uniform(-self.contrast, self.contrast)
        changed = (luminance - 0.5) * contrast + 0.5 + rng.uniform(-self.brightness, self.brightness)
        if rng.random() < self.aged:
            from skimage.filters import gaussian

            changed = gaussian(changed, rng.uniform(0, self.blur), channel_axis=-1)
        if self.vignette and rng.random() < self.aged:
            changed = changed * (1 - rng.uniform(0, self.vignette) * _from_middle(luminance.shape[:2]))
        if rng.random() < self.aged:
            changed = changed + rng.normal(0, rng.uniform(0, self.noise), changed.shape)
        return np.clip(changed, 0, 1).astype(np.float32)


def _from_middle(size: tuple[int, int]) -> np.ndarray:
    """Return the square of the distance from the middle, 1 in the corners, shape ``(height, width, 1)``."""
    rows, columns = (np.linspace(-1, 1, length) ** 2 for length in size)
    return ((rows[:, np.newaxis] + columns) / 2)[..., np.newaxis]
