"""Scores on held-out photos between epochs: quick ones, at the size of the network's answer."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from batches import encode
from photos import Photo
from settings import Recipe
from skimage.color import deltaE_ciede2000

from unetcolor.images import cover, read_rgb
from unetcolor.spaces import ColorSpace
from unetcolor.spaces.lab import Lab

_SIZE = 128
_PER_SOURCE = 24
_BATCH = 32


class Validation:
    """A few photos of each source, cut to squares, with the scores of plain gray."""

    def __init__(self, held_out: list[Photo], recipe: Recipe) -> None:
        chosen: list[Photo] = []
        for source in sorted({photo.source for photo in held_out}):
            if not recipe.favorites or source in recipe.favorites:
                chosen += [photo for photo in held_out if photo.source == source][:_PER_SOURCE]
        self._rgb = np.stack([cover(read_rgb(photo.path), (_SIZE, _SIZE)) for photo in chosen])
        self._stride = recipe.network["head_stride"]

    def scores(self, model: keras.Model, space: ColorSpace) -> dict[str, float]:
        luminance, _ = encode(self._rgb, space, self._stride)
        _, truth = encode(self._rgb, Lab(), self._stride)
        n, height, width, _ = truth.shape
        small = luminance.reshape(n, height, self._stride, width, self._stride, 1).mean(axis=(2, 4))
        predicted = np.concatenate([model.predict_on_batch(luminance[i : i + _BATCH]) for i in range(0, n, _BATCH)])
        own, targets = space.denormalize(small, predicted)
        lab = np.concatenate(Lab().encode(space.decode(own, targets)), axis=-1)
        true = np.concatenate(Lab().denormalize(lab[..., :1] / 100, truth), axis=-1)
        gray = true * np.array([1, 0, 0])
        error, gray_error = (deltaE_ciede2000(true, other).mean(axis=(1, 2)) for other in (lab, gray))
        return {
            "delta_e": float(error.mean()),
            "gray_delta_e": float(gray_error.mean()),
            "better_than_gray": float((error < gray_error).mean()),
            "chroma": _chroma(lab),
            "true_chroma": _chroma(true),
        }


def _chroma(lab: Any) -> float:
    return float(np.hypot(lab[..., 1], lab[..., 2]).mean())
