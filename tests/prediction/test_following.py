from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000

from unetcolor import Hint, UNetColorizer, get_color_space, list_color_spaces, samples
from unetcolor.codec import Codec
from unetcolor.hints import read_hints
from unetcolor.images import read_image
from unetcolor.prediction.full_size import colorize
from unetcolor.spaces.lab import Lab


@pytest.fixture(scope="module")
def hinted(small_portraits: np.ndarray) -> UNetColorizer:
    """A colorizer that takes hints and knows little; tests must not change it."""
    colorizer = UNetColorizer("lab", filters=(4, 8), hints=True, image_size=(48, 48), seed=1)
    colorizer.fit(small_portraits, epochs=1, batch_size=4, verbose=0, augment=True)
    return colorizer


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    (path,) = (path for path in samples.photos() if path.stem == "chelsea")
    return read_image(path)


def error_at(colored: np.ndarray, hint: Hint) -> float:
    """CIEDE2000 between the color in the middle of a hint and the hint's hue and chroma, at the luminance there."""
    lightness, chroma = Lab().encode(colored[int(hint.row), int(hint.column)] / 255)
    _, wanted = Lab().encode(np.array(hint.rgb))
    # As far as sRGB has it.
    _, wanted = Lab().encode(Lab().decode(lightness, wanted))
    return float(deltaE_ciede2000(np.append(lightness, chroma), np.append(lightness, wanted)))


@pytest.mark.parametrize("color", ["crimson", "royalblue", "forestgreen", "gold", "#808080", (0.4, 0.3, 0.25)])
@pytest.mark.parametrize("radius", [None, 1, 12])
def test_the_middle_of_a_hint_has_its_hue_and_chroma(
    hinted: UNetColorizer, photo: np.ndarray, color: Any, radius: float | None
) -> None:
    height, width = photo.shape[:2]
    places = [(0.2, 0.3), (0.5, 0.5), (0.75, 0.1), (0.9, 0.9)]
    hints = [Hint(int(height * row), int(width * column), color, radius) for row, column in places]
    colored = hinted.predict(photo, hints=hints)
    assert [round(error_at(colored, hint), 2) for hint in hints if error_at(colored, hint) >= 3] == []


@pytest.mark.parametrize("name", list_color_spaces())
@pytest.mark.parametrize("stride", [1, 2])
def test_hints_are_followed_in_every_color_space(name: str, stride: int) -> None:
    codec = Codec(get_color_space(name), stride, hints=True)
    ramp = np.linspace(0.2, 0.8, 64)[:, np.newaxis] * np.ones((1, 80))

    def gray(batch: np.ndarray) -> np.ndarray:
        assert batch.shape[-1] == codec.input_channels
        rgb = codec.space.gray(codec.space.denormalize_luminance(batch[..., :1]))
        return np.asarray(codec.example(rgb.astype(np.float32))[1])

    hint = Hint(30, 40, (0.6, 0.4, 0.35), 3)
    (colored,) = colorize([ramp], gray, codec, 48, 1, hints=[read_hints([hint])])
    assert error_at(255 * colored, hint) < 3


def test_a_hint_keeps_to_its_side_of_an_edge(hinted: UNetColorizer) -> None:
    photo = np.full((96, 96), 80, np.uint8)
    photo[:, 48:] = 170
    before, after = (hinted.predict(photo, hints=hints) for hints in (None, [Hint(48, 40, "red", 4)]))
    change = np.abs(after.astype(int) - before).max(axis=-1)
    assert change[48, 40] > 60
    assert change[48, 30] > 30
    # As far from the hint as that, but behind the edge.
    assert change[48, 52:].max() < change[48, 30] / 3


def test_the_luminance_stays_the_photos(hinted: UNetColorizer, photo: np.ndarray) -> None:
    colored = hinted.predict(photo, hints=[Hint(80, 100, "red", 30)])
    expected, _ = Lab().encode(photo / 255)
    lightness, _ = Lab().encode(colored / 255)
    assert np.abs(lightness - expected).max() < 1


def test_a_transparent_layer_changes_nothing(hinted: UNetColorizer, photo: np.ndarray) -> None:
    plain = hinted.predict(photo)
    layer = np.zeros((*photo.shape[:2], 4), np.uint8)
    layer[..., :3] = 200
    for nothing in (layer, layer[::2, ::2], [], None):
        np.testing.assert_array_equal(hinted.predict(photo, hints=nothing), plain)


def test_a_layer_says_the_same_as_a_list(hinted: UNetColorizer, photo: np.ndarray) -> None:
    height, width = photo.shape[:2]
    rows, columns = np.mgrid[:height, :width]
    layer = np.zeros((height, width, 4), np.uint8)
    layer[np.hypot(rows - 90, columns - 120) <= 15] = (220, 20, 60, 255)
    listed = hinted.predict(photo, hints=[Hint(90, 120, "crimson", 15)])
    difference = np.abs(hinted.predict(photo, hints=layer).astype(int) - listed)
    assert difference.mean() < 0.5
    assert np.quantile(difference, 0.99) < 8


def test_each_picture_of_a_list_has_its_own_hints(hinted: UNetColorizer, photo: np.ndarray) -> None:
    hints = [Hint(80, 100, "red", 10)]
    one = hinted.predict(photo, hints=hints)
    plain = hinted.predict(photo)
    for pictures in ([photo, photo, photo], np.stack([photo] * 3)):
        first, second, third = hinted.predict(pictures, hints=[hints, None, [Hint(80, 100, "red", 10)]])
        np.testing.assert_allclose(first, third, atol=1)
        np.testing.assert_allclose(first, one, atol=1)
        np.testing.assert_allclose(second, plain, atol=1)
    streamed = list(hinted.stream(iter([photo, photo]), hints=iter([hints, None])))
    np.testing.assert_allclose(streamed[0], one, atol=1)


def test_a_pickled_predictor_takes_hints(hinted: UNetColorizer, photo: np.ndarray) -> None:
    predictor = hinted.predictor()
    hints = [Hint(80, 100, "red", 10)]
    copy = pickle.loads(pickle.dumps(predictor))
    np.testing.assert_array_equal(copy.predict(photo, hints=hints), predictor.predict(photo, hints=hints))


def test_wrong_hints_are_refused(hinted: UNetColorizer, trained: UNetColorizer, photo: np.ndarray) -> None:
    hints = [Hint(80, 100, "red")]
    with pytest.raises(ValueError, match="takes no hints"):
        trained.predict(photo, hints=hints)
    with pytest.raises(ValueError, match="is outside of a photo of"):
        hinted.predict(photo[:50], hints=hints)
    with pytest.raises(ValueError, match=r"hints for 2 pictures are a list of as many: .*; not 1"):
        hinted.predict([photo, photo], hints=[hints])
    with pytest.raises(ValueError, match=r"hints for 2 pictures are a list of as many: .*; not ndarray"):
        hinted.predict([photo, photo], hints=np.zeros((2, 2, 4)))
    with pytest.raises(ValueError, match="more pictures than entries of hints"):
        list(hinted.stream([photo, photo], hints=[hints]))


@pytest.mark.parametrize("apart", [4, 10, 16, 20, 24, 40])
def test_hints_that_lie_close_together_make_no_color_more_vivid_than_themselves(
    hinted: UNetColorizer, apart: int
) -> None:
    photo = np.full((800, 800), 128, np.uint8)
    colors = {"#a06060": 405, "#609060": 405 + apart}
    colored = hinted.predict(photo, hints=[Hint(405, column, color) for color, column in colors.items()])
    plain = hinted.predict(photo)
    chroma, before = (np.linalg.norm(Lab().encode(rgb / 255)[1], axis=-1) for rgb in (colored, plain))
    wanted = max(np.linalg.norm(Lab().encode(np.array(Hint(0, 0, color).rgb))[1]) for color in colors)
    assert chroma.max() < max(wanted, before.max()) + 3


def test_one_hint_must_stand_in_a_list(hinted: UNetColorizer, photo: np.ndarray) -> None:
    hint = Hint(80, 100, "red")
    for ask in (
        lambda: hinted.predict(photo, hints=hint),
        lambda: hinted.predict([photo, photo], hints=[hint, hint]),
        lambda: list(hinted.stream([photo], hints=[hint, hint])),
    ):
        with pytest.raises(ValueError, match="hints are a list: put the one hint into one"):
            ask()
