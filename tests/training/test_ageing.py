from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from unetcolor.codec import Codec
from unetcolor.spaces.lab import Lab
from unetcolor.training import Ageing
from unetcolor.training.batches import Batches
from unetcolor.training.pictures import ArrayPictures
from unetcolor.training.sampling import InTurn

NOTHING = {"contrast": 0.0, "brightness": 0.0, "blur": 0.0, "noise": 0.0, "vignette": 0.0, "aged": 0.0}
PICTURE = np.indices((32, 32)).sum(axis=0)[..., np.newaxis].astype(np.float32) % 2 * 0.4 + 0.3


def aged(count: int = 100, **options: float) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.stack([Ageing(**NOTHING | options).apply(PICTURE, rng) for _ in range(count)])


def test_without_any_change_the_luminance_stays() -> None:
    np.testing.assert_allclose(aged(1)[0], PICTURE, atol=1e-6)
    assert aged(1).dtype == np.float32


def test_contrast_and_brightness_change_within_their_limits() -> None:
    spreads = np.ptp(aged(contrast=0.25), axis=(1, 2, 3)) / np.ptp(PICTURE)
    assert 0.75 <= spreads.min() < 0.8
    assert 1.2 < spreads.max() <= 1.25
    shifts = (aged(brightness=0.1) - PICTURE).mean(axis=(1, 2, 3))
    assert -0.1 <= shifts.min() < -0.08
    assert 0.08 < shifts.max() <= 0.1


def test_a_share_of_the_pictures_is_blurred_and_gets_noise() -> None:
    blurred = aged(400, blur=2.0, aged=0.5).std(axis=(1, 2, 3)) < 0.99 * PICTURE.std()
    assert 0.3 < blurred.mean() < 0.55
    noisy = np.abs(aged(400, noise=0.05, aged=0.5) - PICTURE).max(axis=(1, 2, 3)) > 1e-3
    assert 0.3 < noisy.mean() < 0.55


def test_a_vignette_darkens_the_corners_and_not_the_middle() -> None:
    pictures = aged(400, vignette=0.4, aged=0.5) / PICTURE
    np.testing.assert_allclose(pictures[:, 15:17, 15:17], 1, atol=1e-2)
    corners = pictures[:, [0, 0, -1, -1], [0, -1, 0, -1]].mean(axis=(1, 2))
    assert 0.4 < (corners < 1).mean() < 0.6
    assert 0.6 <= corners.min() < 0.65


def test_film_that_does_not_see_red_makes_it_black_and_the_sky_bright() -> None:
    red, sky, white = (np.full((2, 2, 3), color, np.float32) for color in ([0.8, 0, 0], [0.4, 0.6, 0.9], [1, 1, 1]))

    def seen(rgb: np.ndarray, **options: float) -> np.ndarray:
        rng = np.random.default_rng(0)
        pictures = np.stack([Ageing(aged=1.0, **options).film(rgb, rng) for _ in range(200)])
        assert np.ptp(pictures, axis=-1).max() == 0
        return pictures[:, 0, 0, 0]

    lab = Lab()
    of_eye = {name: lab.gray(lab.encode(rgb)[0])[0, 0, 0] for name, rgb in (("red", red), ("sky", sky))}
    assert seen(red).min() < 0.05
    assert seen(red).max() == pytest.approx(of_eye["red"], abs=0.02)
    assert seen(sky).min() == pytest.approx(of_eye["sky"], abs=0.02)
    assert seen(sky).max() > of_eye["sky"] + 0.05
    np.testing.assert_allclose(seen(white), 1, atol=1e-6)
    # A film that sees red half as well as the eye.
    assert seen(red, orthochromatic=0.5).min() == pytest.approx(0.282, abs=0.01)


def test_a_share_of_the_pictures_is_seen_by_such_film() -> None:
    rng = np.random.default_rng(0)
    rgb = np.full((2, 2, 3), [0.8, 0.2, 0.1], np.float32)
    kept = [Ageing(aged=0.3).film(rgb, rng) is rgb for _ in range(400)]
    assert 0.6 < np.mean(kept) < 0.8
    assert Ageing(aged=1.0, orthochromatic=0.0).film(rgb, rng) is rgb


def test_the_network_sees_the_film_and_learns_the_true_colors() -> None:
    rgb = np.random.default_rng(0).random((8, 16, 16, 3), np.float32)
    codec = Codec(Lab())

    def batch(ageing: Ageing | None) -> tuple[np.ndarray, np.ndarray]:
        batches = Batches(
            ArrayPictures(rgb),
            codec,
            InTurn(8, 8, shuffle=False, seed=0),
            steps=1,
            sizes=[(1, (16, 16))],
            augment=None,
            ageing=ageing,
            seed=0,
            epochs=(0, 1),
        )
        return batches[0]

    film = Ageing(**NOTHING | {"aged": 1.0})
    (inputs, targets), (_, true) = batch(film), batch(None)
    np.testing.assert_array_equal(targets, true)
    rngs = np.random.default_rng((0, 0, 0)).spawn(8)
    for picture, colors, rng in zip(inputs, rgb, rngs, strict=True):
        expected = codec.inputs(film.film(colors, rng))
        np.testing.assert_allclose(film.apply(expected, rng), picture, atol=1e-6)


def test_the_range_is_kept() -> None:
    values = aged(contrast=1.0, brightness=1.0, noise=1.0, vignette=1.0, aged=1.0)
    assert values.min() == 0.0
    assert values.max() == 1.0


@pytest.mark.parametrize("options", [{"noise": -0.1}, {"aged": 1.5}, {"contrast": 2.0}, {"blur": float("nan")}])
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    (name,) = options
    with pytest.raises(ValueError, match=f"{name} must be"):
        Ageing(**options)
