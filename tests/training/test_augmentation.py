from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from unetcolor.training import Augmentation

RAMP = np.broadcast_to(np.linspace(0, 1, 60, dtype=np.float32)[None, :, None], (80, 60, 3))


def crops(picture: np.ndarray, options: Augmentation, count: int = 200) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [options.apply(picture, (16, 12), rng) for _ in range(count)]


def test_half_of_the_pictures_are_flipped() -> None:
    flipped = [crop[:, 0].mean() > crop[:, -1].mean() for crop in crops(RAMP, Augmentation())]
    assert 0.35 < np.mean(flipped) < 0.65
    assert not any(crop[:, 0].mean() > crop[:, -1].mean() for crop in crops(RAMP, Augmentation(flip=0.0)))


def test_a_crop_holds_the_share_of_the_picture_that_is_asked_for() -> None:
    # The width of a crop is the spread of the ramp in it.
    for area in ((0.25, 0.25), (0.5, 1.0)):
        options = Augmentation(area=area, stretch=1.0, flip=0.0)
        widths = [float(crop.max() - crop.min()) for crop in crops(RAMP, options)]
        # The outermost pixels of a crop are averages of those of the picture.
        assert area[0] ** 0.5 * 11 / 12 - 0.05 < min(widths)
        assert max(widths) < area[1] ** 0.5 + 0.01


def test_crops_differ_in_place_and_aspect() -> None:
    options = Augmentation(area=(0.3, 0.3), stretch=1.3, flip=0.0)
    found = crops(RAMP, options)
    assert max(crop.min() for crop in found) > 0.3
    widths = [float(crop.max() - crop.min()) for crop in found]
    assert max(widths) / min(widths) > 1.2


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_every_dtype_gives_the_same_crops(dtype: type, portraits: np.ndarray) -> None:
    scale = {np.uint8: 1, np.uint16: 257}.get(dtype, 1 / 255)
    given = (portraits[0] * np.float64(scale)).astype(dtype)
    for crop, expected in zip(crops(given, Augmentation(), 5), crops(portraits[0], Augmentation(), 5), strict=True):
        assert crop.dtype == np.float32
        np.testing.assert_allclose(crop, expected, atol=1 / 255)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"area": (0.0, 1.0)}, "area must be"),
        ({"area": (0.9, 0.5)}, "area must be"),
        ({"stretch": 0.9}, "stretch must be at least 1, not 0.9"),
        ({"flip": 2.0}, r"flip must be in 0\.\.1, not 2.0"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Augmentation(**options)
