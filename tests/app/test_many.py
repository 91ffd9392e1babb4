"""What is shown of many photos, and how their results are called."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from unetcolor.app.many import MOST_PHOTOS, Entry, entries_of, name_of_result, queue, thumbnail


def test_no_result_takes_the_place_of_another() -> None:
    taken: set[str] = set()
    photos = ["/a/x.jpg", "/b/x.png", "/c/X.JPG", "/a/x_color_2.jpg", "/a/x.tar.jpg"]
    names = [name_of_result(photo, taken) for photo in photos]
    assert names == ["x_color.png", "x_color_2.png", "X_color_3.png", "x_color_2_color.png", "x.tar_color.png"]


def test_a_photo_is_taken_once_and_not_too_many() -> None:
    assert [entry.path for entry in entries_of(["b", "a", "b"])] == ["b", "a"]
    assert len(entries_of(str(number) for number in range(MOST_PHOTOS + 7))) == MOST_PHOTOS


def test_names_are_text_and_a_single_photo_has_no_queue() -> None:
    entries = [Entry("/a/<b>x.jpg", problem='"> <i>'), Entry("/a/y.jpg")]
    shown = queue(entries, "/a/y.jpg", "<u>")
    assert "<b>" not in shown
    assert "<i>" not in shown
    assert "<u>" not in shown
    assert shown.index('aria-pressed="false"') < shown.index('aria-pressed="true"')
    assert queue(entries[:1], None, "") == ""


@pytest.mark.parametrize(
    "pixels",
    [
        np.full((300, 200), 90, np.uint8),
        np.full((300, 200, 1), 90, np.uint8),
        np.full((300, 200, 3), 90, np.uint16),
        np.full((3, 2000, 4), 90, np.uint8),
        np.full((300, 200, 2), 90, np.uint8),
        np.full((1, 1, 3), 65535, np.uint16),
    ],
    ids=lambda pixels: f"{pixels.shape}{pixels.dtype}",
)
def test_a_thumbnail_is_a_small_picture_of_any_kind(pixels: np.ndarray) -> None:
    kind, _, content = thumbnail(pixels).partition(",")
    assert kind == "data:image/webp;base64"
    with Image.open(io.BytesIO(base64.b64decode(content))) as picture:
        assert max(picture.size) == min(128, max(pixels.shape[:2]))
