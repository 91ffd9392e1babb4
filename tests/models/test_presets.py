from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from unetcolor import UNetColorizer, list_presets, samples
from unetcolor.metrics import colorfulness, delta_e
from unetcolor.models.keras_file import WEIGHTS
from unetcolor.models.presets import model_card, path_of_preset

FOLDER = path_of_preset("photo").parent


@pytest.fixture(scope="module", params=list_presets())
def preset(request: pytest.FixtureRequest) -> UNetColorizer:
    return UNetColorizer.from_preset(request.param)


@pytest.fixture(scope="module")
def unseen() -> list[np.ndarray]:
    """The photos that ship and are not among the training photos."""
    return [samples.load_photo(name) for name in ("astronaut", "chelsea", "coffee", "rocket")]


def test_all_weights_together_stay_under_24_megabytes() -> None:
    assert sum(path.stat().st_size for path in FOLDER.glob("*.keras")) < 24e6
    assert list_presets() == ["photo", "portrait"]


@pytest.mark.parametrize("size", [(1, 1), (7, 300), (128, 128), (301, 200)])
def test_a_preset_gives_color_to_a_photo_of_any_size(preset: UNetColorizer, size: tuple[int, int]) -> None:
    gray = np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)
    assert preset.predict(gray).shape == (*size, 3)


def test_a_preset_needs_no_training_and_can_be_trained_on(preset: UNetColorizer, tmp_path: Path) -> None:
    assert preset.training["epochs"] > 0
    preset.save(tmp_path / "copy.keras", half_precision=True)
    copy = UNetColorizer.load(tmp_path / "copy.keras")
    gray = samples.load_portraits()[:2, ..., 0]
    # Threads add up in no fixed order.
    np.testing.assert_allclose(copy.predict(gray), preset.predict(gray), atol=1)
    copy.fit(samples.load_portraits()[:4], epochs=1, verbose=0)
    assert copy.training["epochs"] == preset.training["epochs"] + 1


def test_unseen_photos_come_out_in_color(preset: UNetColorizer, unseen: list[np.ndarray]) -> None:
    for photo in unseen:
        assert colorfulness(preset.predict(photo)) > 5


def test_the_size_of_a_photo_matters_little(preset: UNetColorizer, unseen: list[np.ndarray]) -> None:
    from unetcolor.images import from_float, resize, to_float

    for photo in unseen:
        large = from_float(resize(to_float(photo), (photo.shape[0] * 3, photo.shape[1] * 3)), np.dtype(np.uint8))
        small = preset.predict(photo)
        shrunk = from_float(resize(to_float(preset.predict(large)), photo.shape[:2]), np.dtype(np.uint8))
        assert delta_e(small, shrunk) < 2


@pytest.mark.parametrize("name", list_presets())
def test_the_model_card_says_what_one_must_know(name: str) -> None:
    card = model_card(name)
    assert card.startswith(f"# Preset `{name}`\n")
    for part in ("## Data", "license", "## Recipe", "seed", "## Scores", "plain gray", "## Limits"):
        assert part in card


def test_an_unknown_preset_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"unknown preset 'portraits'. Did you mean 'portrait'"):
        UNetColorizer.from_preset("portraits")


def test_large_weights_are_stored_in_half_precision() -> None:
    import io
    import zipfile

    import h5py

    for name in list_presets():
        with zipfile.ZipFile(path_of_preset(name)) as archive, h5py.File(io.BytesIO(archive.read(WEIGHTS))) as file:
            kinds: set[str] = set()
            file.visititems(
                lambda _, item, kinds=kinds: kinds.add(item.dtype.name) if getattr(item, "size", 0) > 20_000 else None
            )
        assert kinds == {"float16"}
