from __future__ import annotations

import numpy as np
import pytest

from unetcolor import UNetColorizer, build_unet
from unetcolor.networks.encoders import efficientnet_lite0
from unetcolor.networks.filling import filled_hints

DEPTH, SIDE = 4, 32


def maps_of(picture: np.ndarray, values: np.ndarray, mask: np.ndarray) -> list[np.ndarray]:
    hints = np.concatenate([values * mask, mask], axis=-1)
    return [np.asarray(map_) for map_ in filled_hints(picture[np.newaxis], hints[np.newaxis], DEPTH)]


def random(channels: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((SIDE, SIDE, channels), np.float32)


def test_without_hints_there_is_nothing() -> None:
    for map_ in maps_of(random(1, 0), random(2, 1), np.zeros((SIDE, SIDE, 1), np.float32)):
        assert not map_.any()


def test_one_hint_is_known_everywhere_the_less_surely_the_farther() -> None:
    # At each place of the picture in turn.
    number = np.arange(SIDE**2)
    row, column = np.divmod(number, SIDE)
    picture, values = random(1, 0), random(2, 1)
    hints = np.zeros((number.size, SIDE, SIDE, 3), np.float32)
    hints[number, row, column] = np.concatenate([values, np.ones_like(picture)], axis=-1)[row, column]
    pictures = np.broadcast_to(picture, (number.size, *picture.shape))
    for level, map_ in enumerate(map(np.asarray, filled_hints(pictures, hints, DEPTH)), start=1):
        stride = 2**level
        assert map_.shape == (number.size, SIDE // stride, SIDE // stride, 4)
        colors, difference, sure = map_[..., :2], map_[..., 2], map_[..., 3]
        wanted = 8 * (values[row, column] - 0.5)[:, np.newaxis, np.newaxis]
        np.testing.assert_allclose(colors, np.broadcast_to(wanted, colors.shape), atol=1e-4)
        blocks = picture[..., 0].reshape(SIDE // stride, stride, SIDE // stride, stride).mean(axis=(1, 3))
        wanted = 4 * (blocks - picture[row, column, 0][:, np.newaxis, np.newaxis])
        np.testing.assert_allclose(difference, wanted, atol=1e-4)
        assert (sure[number, row // stride, column // stride] == 1).all()
        assert ((sure == 1).sum(axis=(1, 2)) == 1).all()
        assert set(np.unique(sure)) <= {0.5**i for i in range(DEPTH - level + 2)}


def test_each_square_has_the_mean_of_its_own_hints() -> None:
    values, mask = random(2, 1), (random(1, 2) < 0.3).astype(np.float32)
    (colors, *_) = np.split(maps_of(random(1, 0), values, mask)[1][0], [2], axis=-1)
    block, known = values[4:8, 8:12], mask[4:8, 8:12] > 0
    np.testing.assert_allclose(colors[1, 2], 8 * (block[known[..., 0]].mean(axis=0) - 0.5), atol=1e-4)


@pytest.mark.parametrize("size", [(64, 64), (37, 50), (1, 1)])
def test_a_network_with_an_encoder_sees_hints_at_any_size(size: tuple[int, int]) -> None:
    network = build_unet(
        4, 2, encoder=efficientnet_lite0(pretrained=False), hint_channels=3, filters=(4,) * 5, convolutions=1, seed=1
    )
    inputs = np.zeros((1, *size, 4), np.float32)
    inputs[..., 0] = 0.5
    plain = network.predict_on_batch(inputs)
    inputs[:, size[0] // 2, size[1] // 2, 1:] = (0.8, 0.7, 1.0)
    assert plain.shape == (1, *size, 2)
    assert not np.array_equal(network.predict_on_batch(inputs), plain)


def test_an_encoder_keeps_what_it_knows() -> None:
    """Without hints, the network computes what the same network without channels for them computes."""
    plain, hinted = (
        UNetColorizer("lab", encoder="efficientnet_lite0", filters=(4,) * 5, convolutions=1, hints=hints, seed=1).model
        for hints in (False, True)
    )
    shapes = [weight.shape for weight in hinted.weights]
    pairs = zip(plain.get_weights(), shapes, strict=True)
    padded = [np.pad(w, [(0, new - old) for old, new in zip(w.shape, shape, strict=True)]) for w, shape in pairs]
    hinted.set_weights(padded)
    gray = np.random.default_rng(0).random((2, 40, 50, 1), np.float32)
    with_none = np.concatenate([gray, np.zeros((2, 40, 50, 3), np.float32)], axis=-1)
    np.testing.assert_allclose(hinted.predict_on_batch(with_none), plain.predict_on_batch(gray), atol=1e-6)


@pytest.mark.parametrize("wrong", [-1, 1, 4, 5, 2.5])
def test_wrong_numbers_of_hint_channels_are_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="hint_channels must be"):
        build_unet(4, 2, filters=(4, 8), hint_channels=wrong)  # type: ignore[arg-type]
