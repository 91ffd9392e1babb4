"""A file is compared by its size and time, and read only where they do not tell."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from unetcolor.photos.fingerprints import Fingerprint


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"a photo")
    return path


def test_a_file_and_its_copies_fit(path: Path, tmp_path: Path) -> None:
    before = Fingerprint.of(path)
    copy = tmp_path / "b.jpg"
    shutil.copyfile(path, copy)
    os.utime(copy, (1, 1))
    assert before.fits(path)
    assert before.fits(copy)


def test_other_content_does_not_fit(path: Path) -> None:
    before = Fingerprint.of(path)
    for content in (b"a phot0", b"a photo of another size"):
        path.write_bytes(content)
        assert not before.fits(path)
    path.unlink()
    assert not before.fits(path)


def test_a_file_of_the_same_size_and_time_is_not_read(path: Path) -> None:
    before = Fingerprint.of(path)
    path.write_bytes(b"changed")
    os.utime(path, ns=(before.modified, before.modified))
    assert before.fits(path)


def test_what_is_no_file_has_no_fingerprint(path: Path, tmp_path: Path) -> None:
    before = Fingerprint.of(path)
    # Whoever reads it waits for ever.
    os.mkfifo(tmp_path / "pipe")
    for other in (tmp_path / "pipe", tmp_path, tmp_path / "missing"):
        assert not before.fits(other)
        with pytest.raises(OSError, match=other.name):
            Fingerprint.of(other)
