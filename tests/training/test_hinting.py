from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unetcolor import UNetColorizer, get_color_space, list_color_spaces
from unetcolor.codec import Codec
from unetcolor.training import Ageing, Augmentation, Hinting
from unetcolor.training.batches import Batches
from unetcolor.training.hinting import draw_hints
from unetcolor.training.pictures import open_pictures
from unetcolor.training.sampling import InTurn
from unetcolor.training.tf_data import encode_stream


def pictures(count: int = 6, side: int = 32) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, side, side, 3), dtype=np.uint8)


def batches(codec: Codec, seed: int = 1, **options: Any) -> Batches:
    rgb = pictures()
    arguments: dict[str, Any] = {
        **{"steps": 1, "sizes": ((1, (32, 32)),), "augment": None, "ageing": None, "epochs": (0, 3), "seed": seed},
        **options,
    }
    return Batches(open_pictures(rgb, None), codec, InTurn(6, 6, shuffle=False, seed=1), **arguments)


@given(st.integers(0, 40), st.integers(1, 9), st.integers(0, 1000))
def test_hints_are_squares_of_the_pictures_mean_colors(count: int, largest: int, seed: int) -> None:
    rgb = np.random.default_rng(seed).random((20, 30, 3))
    colors, places = draw_hints(rgb, count, largest, np.random.default_rng(seed))
    assert places.any() == (count > 0)
    assert places.sum() <= count * largest**2
    assert not colors[~places].any()
    if count == 1:
        rows, columns = np.nonzero(places)
        square = (slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1))
        np.testing.assert_allclose(colors[square], np.broadcast_to(rgb[square].mean((0, 1)), rgb[square].shape))


def test_about_as_many_hints_are_drawn_as_asked_for() -> None:
    rng = np.random.default_rng(1)
    rgb = np.random.default_rng(2).random((400, 400, 3)).astype(np.float32)
    drawn = [Hinting(without=0.5, mean=8, largest=1).draw(rgb, rng)[1].sum() for _ in range(600)]
    assert 0.44 < np.mean(np.array(drawn) == 0) < 0.56
    assert 6.5 < np.mean([count for count in drawn if count]) < 9.5


@pytest.mark.parametrize("name", list_color_spaces())
def test_a_hint_is_the_true_targets_with_a_mask(name: str) -> None:
    space = get_color_space(name)
    codec = Codec(space, hints=True)
    rgb = np.broadcast_to(np.float32([0.6, 0.4, 0.3]), (32, 32, 3))
    inputs, _ = codec.example(rgb[np.newaxis])
    assert inputs.shape[-1] == codec.input_channels == 1 + len(space.targets) + 1
    assert not inputs[..., 1:].any()
    layer = codec.hint_layer(inputs[0, ..., :1], *draw_hints(rgb, 3, 5, np.random.default_rng(0)))
    places = layer[..., -1] == 1
    assert 0 < places.sum() < 100
    assert not layer[~places].any()
    _, targets = space.encode(rgb[places])
    # A picture of one color: the hint's luminance is the picture's, but for what luma and L* differ in.
    np.testing.assert_allclose(layer[places, :-1], space.to_unit(targets), atol=0.02)


def test_hints_follow_from_the_seed() -> None:
    codec = Codec(get_color_space("lab"), 2, hints=True)
    first, same, other = (batches(codec, seed, hinting=Hinting(without=0.0))[1][0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert first[..., -1].any(axis=(1, 2)).all()
    assert not np.array_equal(first[..., -1], other[..., -1])
    assert not batches(codec)[1][0][..., 1:].any()


def test_ageing_leaves_hints_as_they_are() -> None:
    codec = Codec(get_color_space("lab"), hints=True)
    options = {"hinting": Hinting(without=0.0), "augment": Augmentation()}
    young, old = (batches(codec, ageing=ageing, **options)[0][0] for ageing in (None, Ageing(aged=1.0)))
    # The first picture: what ages it is drawn after all hints.
    np.testing.assert_array_equal(young[0, ..., 1:], old[0, ..., 1:])
    assert not np.array_equal(young[0, ..., 0], old[0, ..., 0])


def test_the_batches_of_a_dataset_get_hints_that_follow_from_the_seed() -> None:
    tf = pytest.importorskip("tensorflow")
    codec = Codec(get_color_space("lab"), 2, hints=True)
    dataset = tf.data.Dataset.from_tensor_slices(pictures()).batch(3)

    def read(seed: int) -> list[np.ndarray]:
        encoded = encode_stream(dataset, codec, Hinting(without=0.0), seed)
        assert encoded.element_spec[0].shape.as_list() == [None, 32, 32, 4]
        return [inputs.numpy() for inputs, _ in encoded]

    first, same, other = read(1), read(1), read(2)
    for i in (0, 1):
        np.testing.assert_array_equal(first[i], same[i])
        assert first[i][..., -1].any(axis=(1, 2)).all()
        assert not np.array_equal(first[i], other[i])
    plain = next(iter(encode_stream(dataset, codec)))[0].numpy()
    np.testing.assert_allclose(plain[..., 0], first[0][..., 0], atol=1e-6)
    assert not plain[..., 1:].any()


@pytest.mark.parametrize("wrong", [{"without": 1.5}, {"mean": 0.5}, {"mean": float("inf")}, {"largest": 0}])
def test_wrong_options_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be"):
        Hinting(**wrong)


def test_a_network_that_learned_hints_follows_them_and_is_kept_in_a_file(tmp_path: Path) -> None:
    # Pictures of one color each, which gray does not tell and one hint does.
    colors = np.random.default_rng(3).integers(40, 216, (96, 1, 1, 3), dtype=np.uint8)
    rgb = np.broadcast_to(colors, (96, 16, 16, 3))
    colorizer = UNetColorizer("lab", filters=(8, 16), dropout=0, hints=True, seed=1)
    colorizer.fit(rgb, epochs=25, batch_size=8, verbose=0, learning_rate=5e-3, hints=Hinting(mean=4))
    assert colorizer.training["epochs"] == 25
    codec = Codec(colorizer.space, hints=True)
    inputs, targets = codec.example(rgb[:8] / np.float32(255))
    shown = inputs.copy()
    rng = np.random.default_rng(0)
    for picture, true in zip(shown, rgb / np.float32(255), strict=False):
        picture[..., 1:] = codec.hint_layer(picture[..., :1], *draw_hints(true, 8, 5, rng))
    without, with_hints = (np.abs(colorizer.model.predict(x, verbose=0) - targets).mean() for x in (inputs, shown))
    assert with_hints < 0.75 * without
    colorizer.save(tmp_path / "model.keras")
    loaded = UNetColorizer.load(tmp_path / "model.keras")
    assert loaded.hints
    np.testing.assert_array_equal(loaded.model.predict(shown, verbose=0), colorizer.model.predict(shown, verbose=0))


def test_a_network_without_hints_refuses_them(small_portraits: np.ndarray) -> None:
    colorizer = UNetColorizer("lab", filters=(4, 8))
    with pytest.raises(ValueError, match=r"takes no hints: build it with UNetColorizer\(hints=True\)"):
        colorizer.fit(small_portraits, epochs=1, hints=True, verbose=0)
    with pytest.raises(ValueError, match="hints must be True, False or a Hinting, not 3"):
        UNetColorizer("lab", filters=(4, 8), hints=True).fit(small_portraits, hints=3)
    with pytest.raises(ValueError, match="hints must be True or False, not 'yes'"):
        UNetColorizer("lab", hints="yes")  # type: ignore[arg-type]
