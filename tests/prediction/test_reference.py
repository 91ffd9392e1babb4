from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from unetcolor import UNetColorizer, get_color_space, list_color_spaces, samples
from unetcolor.codec import Codec
from unetcolor.images import write_image
from unetcolor.prediction.reference import Reference
from unetcolor.spaces.lab import Lab


def picture_of(chroma: tuple[float, float], side: int = 40) -> np.ndarray:
    """All lightnesses from left to right, with one chroma, as far as sRGB has it."""
    lightness = np.broadcast_to(np.linspace(20.0, 80.0, side)[:, np.newaxis], (side, side, 1))
    return Lab().decode(lightness, np.broadcast_to(chroma, (side, side, 2))).astype(np.float32)


def mean_chroma(rgb: np.ndarray) -> np.ndarray:
    return np.asarray(Lab().encode(rgb)[1].mean(axis=(0, 1)))


@pytest.mark.parametrize("name", list_color_spaces())
def test_colors_move_toward_the_reference_and_gray_stays_gray(name: str) -> None:
    codec = Codec(get_color_space(name))
    reference = Reference(picture_of((5.0, 25.0)))
    distances = []
    for chroma in ((25.0, 0.0), (10.0, 0.0), (0.0, 0.0)):
        rgb = picture_of(chroma)
        natural, colors = codec.space.encode(rgb)
        luminance = codec.space.normalize_luminance(natural)
        pulled = codec.space.decode(natural, reference.pull(colors, luminance, codec))
        before, after = (np.linalg.norm(mean_chroma(picture) - (5.0, 25.0)) for picture in (rgb, pulled))
        distances.append(after / before)
        # The luminance is the photo's.
        np.testing.assert_allclose(codec.space.encode(pulled)[0], natural, atol=0.02 * codec.space.luminance.high)
    # Of the way that is left: half for vivid colors, less for dull ones, all for gray.
    assert 0.5 < distances[0] < 0.65
    assert 0.65 < distances[1] < 0.9
    assert distances[2] > 0.99


def test_a_reference_of_the_same_colors_changes_nothing() -> None:
    codec = Codec(get_color_space("lab"))
    rgb = samples.load_photo("coffee")[:128, :128] / np.float32(255)
    natural, colors = codec.space.encode(rgb)
    pulled = Reference(rgb).pull(colors, codec.space.normalize_luminance(natural), codec)
    np.testing.assert_allclose(pulled, colors, atol=0.5)


def test_a_reference_may_be_a_file_an_image_or_an_array(trained: UNetColorizer, tmp_path: Path) -> None:
    rgb = samples.load_photo("coffee")
    write_image(tmp_path / "coffee.png", rgb)
    gray = samples.load_photo("chelsea").mean(axis=-1).astype(np.uint8)
    plain = trained.predict(gray)
    results = [
        trained.predict(gray, reference=reference)
        for reference in (rgb, tmp_path / "coffee.png", str(tmp_path / "coffee.png"), Image.fromarray(rgb))
    ]
    for result in results:
        np.testing.assert_array_equal(result, results[0])
        assert not np.array_equal(result, plain)
    streamed = list(trained.stream([gray, gray], reference=rgb))
    np.testing.assert_allclose(streamed[1], results[0], atol=1)


@pytest.mark.parametrize(
    "gray", [np.full((20, 20), 9, np.uint8), np.full((20, 20, 3), 9, np.uint8), np.zeros((20, 20, 2), np.uint8)]
)
def test_a_gray_reference_is_refused(trained: UNetColorizer, gray: Any) -> None:
    with pytest.raises(ValueError, match="the reference must be a photo in color: this one is gray"):
        trained.predict(gray[..., 0] if gray.ndim == 3 else gray, reference=gray)
