"""Batches for training: random crops of photos, split into an aged luminance and clean targets."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Any

import numpy as np
from photos import Sampler
from PIL import Image
from skimage.filters import gaussian

from unetcolor.spaces import ColorSpace


@dataclass(frozen=True)
class Augmentation:
    """How the crops are taken, and how the luminance is made to look like that of old photos.

    ``area`` is the crop's share of the photo, ``stretch`` the largest change of its aspect. ``contrast`` and
    ``brightness`` are the largest changes of the luminance; ``noise`` and ``blur`` the largest standard deviations,
    of the luminance's range and in pixels, and ``aged`` the share of pictures that get each of the two.
    """

    area: tuple[float, float] = (0.3, 1.0)
    stretch: float = 1.3
    contrast: float = 0.25
    brightness: float = 0.1
    noise: float = 0.05
    blur: float = 1.2
    aged: float = 0.2


class Batches:
    """The batches of one epoch; they follow from the seed, the epoch and their number alone."""

    def __init__(
        self,
        pictures: list[np.ndarray],
        sampler: Sampler,
        space: ColorSpace,
        *,
        size: int,
        stride: int,
        batch_size: int,
        steps: int,
        seed: int,
        epoch: int,
        augmentation: Augmentation,
    ) -> None:
        self._pictures = pictures
        self._sampler = sampler
        self._space = space
        self._size = size
        self._stride = stride
        self._batch_size = batch_size
        self._steps = steps
        self._seed = (seed, epoch)
        self._augmentation = augmentation

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        # Each one is made while the network learns from the one before.
        with ThreadPoolExecutor(1) as ahead:
            coming = ahead.submit(self._make, 0)
            for index in range(self._steps):
                batch = coming.result()
                if index + 1 < self._steps:
                    coming = ahead.submit(self._make, index + 1)
                yield batch

    def _make(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng((*self._seed, index))
        drawn = self._sampler.draw(self._batch_size, rng)
        rgb = np.stack([crop(self._pictures[i], self._size, rng, self._augmentation) for i in drawn])
        luminance, targets = encode(rgb, self._space, self._stride)
        for picture in luminance:
            age(picture, rng, self._augmentation)
        return luminance, targets


def encode(rgb: np.ndarray, space: ColorSpace, stride: int) -> tuple[np.ndarray, np.ndarray]:
    """Split uint8 pictures ``(n, h, w, 3)`` into luminance, and targets averaged over ``stride`` pixels a side."""
    pixels = rgb.astype(np.float32) / 255
    luminance, targets = space.encode(pixels)
    n, height, width, channels = targets.shape
    blocks = targets.reshape(n, height // stride, stride, width // stride, stride, channels)
    return space.normalize(luminance, blocks.mean(axis=(2, 4)))


def crop(picture: np.ndarray, size: int, rng: np.random.Generator, options: Augmentation) -> np.ndarray:
    """Cut a random part out of a photo, mirror every second one, and scale it to a square."""
    height, width = picture.shape[:2]
    area = rng.uniform(*options.area) * min(height, width) ** 2
    stretch = exp(rng.uniform(-log(options.stretch), log(options.stretch)))
    crop_height, crop_width = min(height, sqrt(area * stretch)), min(width, sqrt(area / stretch))
    top, left = rng.uniform(0, height - crop_height), rng.uniform(0, width - crop_width)
    image = Image.fromarray(picture)
    if rng.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    box = (left, top, left + crop_width, top + crop_height)
    return np.asarray(image.resize((size, size), Image.Resampling.BILINEAR, box=box))


def age(luminance: np.ndarray, rng: np.random.Generator, options: Augmentation) -> None:
    """Change contrast and brightness of a luminance ``(h, w, 1)`` in place; blur some, and add noise to some."""
    contrast = 1 + rng.uniform(-options.contrast, options.contrast)
    brightness = rng.uniform(-options.brightness, options.brightness)
    changed: Any = (luminance - 0.5) * contrast + 0.5 + brightness
    if rng.random() < options.aged:
        changed = gaussian(changed, rng.uniform(0, options.blur), channel_axis=-1)
    if rng.random() < options.aged:
        changed = changed + rng.normal(0, rng.uniform(0, options.noise), changed.shape)
    np.clip(changed, 0, 1, out=luminance, casting="same_kind")
