from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from unetcolor import build_unet


def small(**options: Any) -> keras.Model:
    return build_unet(1, 2, **{"filters": (4, 8, 16), "seed": 1, **options})


def picture(height: int, width: int, channels: int = 1) -> np.ndarray:
    return np.random.default_rng(0).random((2, height, width, channels), dtype=np.float32)


@pytest.mark.parametrize(("outputs", "parameters"), [(3, 1_946_739), (2, 1_946_722)])
def test_the_default_is_the_classic_network(outputs: int, parameters: int) -> None:
    model = build_unet(1, outputs)
    assert model.count_params() == parameters
    rates = {layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)}
    assert rates == {0.1}
    assert model.layers[-1].activation is keras.activations.sigmoid


def test_any_size_from_one_pixel_up_comes_back_whole() -> None:
    model = small()
    for size in [(1, 1), (1, 9), (2, 3), (3, 3), (5, 7), (8, 8), (9, 4), (13, 1), (100, 75), (33, 65)]:
        assert model.predict_on_batch(picture(*size)).shape == (2, *size, 2)


@pytest.mark.parametrize("upsampling", ["transpose", "nearest"])
@pytest.mark.parametrize("skip_connections", [True, False])
def test_a_part_of_a_picture_gives_a_part_of_the_answer(upsampling: str, skip_connections: bool) -> None:
    """No row or column is shifted: rows added below, far away, change nothing above."""
    model = small(upsampling=upsampling, skip_connections=skip_connections, dropout=0.0)
    whole = picture(96, 15)
    part = whole[:, :75]
    # Pixels whose value depends on nothing below row 75, for this depth.
    np.testing.assert_allclose(model.predict_on_batch(whole)[:, :32], model.predict_on_batch(part)[:, :32], atol=1e-5)


def test_each_upsampled_map_is_aligned_with_its_skip() -> None:
    """A picture of an odd size is answered as the top left of its continuation, but for the edge itself."""
    model = small(filters=(4, 8), dropout=0.0)
    even = np.zeros((1, 32, 32, 1), dtype=np.float32)
    even[:, 8:20, 8:20] = 1.0
    odd = even[:, :31, :31]
    np.testing.assert_allclose(
        model.predict_on_batch(even)[:, :24, :24], model.predict_on_batch(odd)[:, :24, :24], atol=1e-5
    )


def layers_of(model: keras.Model, kind: type) -> list[Any]:
    return [layer for layer in model.layers if isinstance(layer, kind)]


def test_options_do_what_they_say() -> None:
    kinds = keras.layers
    assert [layer.filters for layer in layers_of(small(filters=(3, 5)), kinds.Conv2D)] == [3, 3, 5, 5, 3, 3, 2]
    assert len(layers_of(small(convolutions=1), kinds.BatchNormalization)) == 5
    assert not layers_of(small(dropout=0), kinds.Dropout)
    assert {layer.momentum for layer in layers_of(small(momentum=0.8), kinds.BatchNormalization)} == {0.8}
    assert len(layers_of(small(), kinds.Conv2DTranspose)) == 2
    assert not layers_of(small(upsampling="nearest"), kinds.Conv2DTranspose)
    assert len(layers_of(small(upsampling="nearest"), kinds.UpSampling2D)) == 2
    assert len(layers_of(small(), kinds.Concatenate)) == 2
    assert not layers_of(small(skip_connections=False), kinds.Concatenate)
    assert small(activation="tanh").layers[-1].activation is keras.activations.tanh
    assert small(name="person").name == "person"


def test_a_depth_of_one_is_a_plain_network() -> None:
    assert build_unet(3, 1, filters=(4,)).predict_on_batch(picture(5, 5, 3)).shape == (2, 5, 5, 1)


def test_an_autoencoder_sees_the_picture_through_the_bottom_only() -> None:
    with_skips, without = (small(skip_connections=skips) for skips in (True, False))
    assert without.count_params() < with_skips.count_params()


def test_one_seed_makes_one_network() -> None:
    def weights(seed: int) -> np.ndarray:
        return np.concatenate([np.ravel(w) for w in small(seed=seed).get_weights()])

    np.testing.assert_array_equal(weights(1), weights(1))
    assert not np.array_equal(weights(1), weights(2))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"input_channels": 0}, "input_channels must be at least 1, not 0"),
        ({"output_channels": -1}, "output_channels must be at least 1, not -1"),
        ({"filters": ()}, "filters must be 1 to 10 whole numbers"),
        ({"filters": (8, 0)}, r"not \(8, 0\)"),
        ({"filters": (1,) * 17}, "filters must be 1 to 10"),
        ({"convolutions": 17}, "convolutions must be at most 8, not 17"),
        ({"convolutions": 0}, "convolutions must be at least 1"),
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1, not 1.0"),
        ({"momentum": -0.1}, "momentum must be at least 0 and below 1"),
        ({"upsampling": "bilinear"}, "upsampling must be one of transpose, nearest, not 'bilinear'"),
        ({"activation": "sigmoyd"}, "sigmoyd"),
    ],
)
def test_bad_options_say_what_is_allowed(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_unet(**{"input_channels": 1, "output_channels": 2, **options})


def test_it_learns_another_task() -> None:
    """One channel and a sigmoid is a segmenter: find what is lighter than its surroundings."""
    rng = np.random.default_rng(0)
    pictures = rng.random((64, 16, 16, 3), dtype=np.float32) * 0.5
    masks = np.zeros((64, 16, 16, 1), dtype=np.float32)
    for i, (y, x) in enumerate(rng.integers(0, 10, (64, 2))):
        masks[i, y : y + 6, x : x + 6] = 1
    pictures += 0.4 * masks
    keras.utils.set_random_seed(0)
    model = build_unet(3, 1, filters=(8, 16), momentum=0.8, dropout=0.0, seed=0)
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy")
    model.fit(pictures, masks, epochs=12, batch_size=16, verbose=0)
    found = model.predict_on_batch(pictures) > 0.5
    truth = masks > 0.5
    assert (found & truth).sum() / (found | truth).sum() > 0.8


@pytest.mark.parametrize("upsampling", ["transpose", "nearest"])
def test_plain_keras_opens_a_saved_network(upsampling: str, tmp_path: Path) -> None:
    model = small(upsampling=upsampling)
    model.save(tmp_path / "unet.keras")
    np.save(tmp_path / "input.npy", picture(7, 9))
    script = """
import sys, keras, numpy as np
model = keras.saving.load_model(sys.argv[1])
assert not any(name.partition('.')[0] == 'unetcolor' for name in sys.modules)
np.save(sys.argv[3], model.predict_on_batch(np.load(sys.argv[2])))
"""
    paths = [str(tmp_path / name) for name in ("unet.keras", "input.npy", "output.npy")]
    subprocess.run([sys.executable, "-c", script, *paths], check=True, capture_output=True)
    np.testing.assert_allclose(
        np.load(tmp_path / "output.npy"), model.predict_on_batch(picture(7, 9)), rtol=1e-5, atol=1e-6
    )
