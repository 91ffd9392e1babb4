from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unetcolor import samples
from unetcolor.images import is_gray, read_image

FOLDER = Path(samples.__file__).parent
FILES = [*samples.portraits(), *samples.photos()]


def test_there_are_160_portraits_and_23_photos_in_order():
    assert len(samples.portraits()) == 160
    assert len(samples.photos()) == 23
    assert samples.portraits() == sorted(samples.portraits())
    assert samples.photos() == sorted(samples.photos())


def test_portraits_load_as_one_array_in_the_order_of_the_files():
    portraits = samples.load_portraits()
    assert portraits.shape == (160, 100, 75, 3)
    assert portraits.dtype == np.uint8
    np.testing.assert_array_equal(portraits[7], np.asarray(Image.open(samples.portraits()[7])))


@pytest.mark.parametrize("path", samples.photos(), ids=lambda path: path.stem)
def test_every_photo_loads_by_name(path):
    photo = samples.load_photo(path.stem)
    assert photo.dtype == np.uint8
    assert photo.shape[1:] == (256, 3)


def test_unknown_photo_gets_a_hint_and_the_list():
    with pytest.raises(ValueError, match=r"unknown photo 'astronut'\. Did you mean 'astronaut'\? Available: .*coffee"):
        samples.load_photo("astronut")


def test_manifest_has_one_row_for_each_file_and_no_other():
    rows = samples.manifest()
    shipped = [path.relative_to(FOLDER).as_posix() for path in FILES]
    assert sorted(row.file for row in rows) == sorted(shipped)


def test_every_row_of_the_manifest_says_where_from_and_on_what_terms():
    for row in samples.manifest():
        assert row.origin.strip()
        assert row.license.lower().startswith(("public domain", "cc0"))


def test_no_picture_is_gray():
    assert [path.name for path in FILES if is_gray(read_image(path))] == []
