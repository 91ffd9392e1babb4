from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unetcolor import ModelLoadError, UNetColorizer
from unetcolor.images import write_image
from unetcolor.training import Sources


@pytest.fixture
def folder(tmp_path: Path, small_portraits: np.ndarray) -> Path:
    data = tmp_path / "data"
    for i, picture in enumerate(small_portraits):
        source = data / ("few" if i < 2 else "many") / "deeper"
        source.mkdir(parents=True, exist_ok=True)
        write_image(source / f"{i}.png", picture)
    return data


def test_the_pictures_lie_one_source_after_the_other(small_portraits: np.ndarray) -> None:
    pictures = Sources({"a": small_portraits[:2], "b": small_portraits[2:]}).open(None)
    assert (pictures.counts, len(pictures), pictures.size) == ([2, 6], 8, (25, 19))
    np.testing.assert_array_equal(np.stack(list(pictures)), small_portraits)
    with pytest.raises(IndexError):
        pictures[8]


def test_each_folder_in_a_folder_is_a_source(folder: Path) -> None:
    pictures = Sources.in_folder(folder, favorites=["few"], favorites_share=0.9).open((8, 8))
    assert pictures.counts == [2, 6]
    assert pictures.shares == pytest.approx([0.9, 0.1])
    assert pictures[7].shape == (8, 8, 3)
    # Programs that show photos keep small copies in such folders.
    (folder / ".thumbnails").mkdir()
    assert Sources.in_folder(folder, without=["few"]).open((8, 8)).counts == [6]


def test_a_share_of_each_source_is_split_off(small_portraits: np.ndarray) -> None:
    pictures = Sources({"a": small_portraits[:2], "b": small_portraits[2:]}).open(None)
    first, second = pictures.split(0.5)
    np.testing.assert_array_equal(np.stack(list(first)), small_portraits[[0, 2, 3, 4]])
    np.testing.assert_array_equal(np.stack(list(second)), small_portraits[[1, 5, 6, 7]])
    assert pictures.split(0.2)[1].counts == [0, 1]


def test_fit_draws_from_sources_of_different_kinds(folder: Path, portraits: np.ndarray) -> None:
    sources = Sources({"files": folder, "array": portraits[:3]})
    colorizer = UNetColorizer("lab", image_size=(16, 16), filters=(4, 8), seed=1)
    history = colorizer.fit(
        sources, validation_split=0.4, augment=True, batch_size=4, epochs=2, steps_per_epoch=2, verbose=0
    )
    assert len(history.history["val_loss"]) == 2
    assert colorizer.training["pictures"] == 5 + 2


def test_other_shares_do_not_go_on_from_a_checkpoint(tmp_path: Path, small_portraits: np.ndarray) -> None:
    def train(epochs: int, **options: Any) -> UNetColorizer:
        colorizer = UNetColorizer("lab", filters=(4, 8), seed=1)
        sources = Sources({"a": small_portraits[:2], "b": small_portraits[2:]}, **options)
        colorizer.fit(sources, epochs=epochs, checkpoint=tmp_path / "x.npz", batch_size=4, verbose=0)
        return colorizer

    train(1)
    with pytest.raises(ModelLoadError, match="that training has sources="):
        train(2, favorites=["a"], favorites_share=0.9)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pictures": {}}, "at least one source"),
        ({"pictures": {"a": Sources({"b": "photos"})}}, "the source 'a' is Sources itself"),
        ({"favorites": ["c"], "favorites_share": 0.5}, "unknown source 'c'"),
        ({"favorites": ["a"]}, "favorites_share must be above 0"),
        ({"favorites": ["a", "b"], "favorites_share": 0.5}, "or 1 if all sources are favorites"),
        ({"favorites_share": 0.5}, "favorites_share needs favorites"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    options: dict[str, Any], message: str, small_portraits: np.ndarray
) -> None:
    with pytest.raises(ValueError, match=message):
        Sources(**{"pictures": {"a": small_portraits, "b": small_portraits}} | options)


def test_a_folder_without_folders_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there are no folders in"):
        Sources.in_folder(tmp_path)
    with pytest.raises(ValueError, match="is no folder"):
        Sources.in_folder(tmp_path / "absent")
