"""Whose fault it is that a picture cannot be read."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from unetcolor import ImageReadError
from unetcolor.images import read, read_image, read_rgb
from unetcolor.images.opening import opened
from unetcolor.images.unreadable import BAD_DATA


@pytest.fixture
def path(tmp_path: Path) -> Path:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.new("RGB", (8, 6), (10, 20, 30)).save(tmp_path / "x.png", icc_profile=profile)
    return tmp_path / "x.png"


@pytest.mark.parametrize("error", [error for error in BAD_DATA if error is not Warning] + [UserWarning])
@pytest.mark.parametrize("call", ["_open", "load"])
def test_whatever_pillow_raises_for_bad_data_is_the_fault_of_the_file(
    path: Path, monkeypatch: pytest.MonkeyPatch, call: str, error: type[Exception]
) -> None:
    def fail(*_: object) -> None:
        raise error("odd bytes")

    monkeypatch.setattr(PngImagePlugin.PngImageFile, call, fail)
    with pytest.raises(ImageReadError, match=r"x\.png: the file is broken \(.*: odd bytes\)"):
        read_image(path)


@pytest.mark.parametrize("error", [MemoryError, KeyboardInterrupt])
@pytest.mark.parametrize("call", ["_open", "load"])
def test_want_of_memory_and_stopping_are_not(
    path: Path, monkeypatch: pytest.MonkeyPatch, call: str, error: type[BaseException]
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(PngImagePlugin.PngImageFile, call, fail)
    for function in (read, read_image, read_rgb):
        with pytest.raises(error):
            function(path)


@pytest.mark.parametrize("place", ["decoding._upright", "decoding._low_bytes", "decoding.to_srgb", "profiles._is_srgb"])
def test_an_error_of_our_own_is_raised_as_it_is(path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    def fail(*_: object) -> None:
        raise NameError("name 'pixls' is not defined")

    monkeypatch.setattr(f"unetcolor.images.{place}", fail)
    with pytest.raises(NameError, match="pixls"):
        read_image(path)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits the memory of a process as Linux does")
def test_a_picture_too_large_for_the_memory_raises_a_memory_error(tmp_path: Path) -> None:
    Image.new("L", (14_000, 14_000)).save(tmp_path / "large.png", compress_level=1)
    script = """
import resource
from unetcolor.images import read_image
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 100_000_000, resource.RLIM_INFINITY))
try:
    read_image("large.png")
except MemoryError:
    print("no memory")
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "no memory"


def test_a_file_is_opened_and_decoded_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened_files, loads = [], []
    real_open, real_load = open, PngImagePlugin.PngImageFile.load_prepare
    monkeypatch.setattr("builtins.open", lambda *args: (opened_files.append(args), real_open(*args))[1])
    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load_prepare", lambda self: (loads.append(1), real_load(self))[1])
    photo = read(path)
    np.testing.assert_array_equal(photo.pixels[0, 0], [10, 20, 30])
    assert (len(opened_files), len(loads)) == (1, 1)


def test_the_file_is_closed_whatever_happens(path: Path) -> None:
    with opened(path) as (_, file):
        assert file is not None
        assert not file.closed
    assert file.closed
    with pytest.raises(RuntimeError), opened(path) as (_, file):
        raise RuntimeError
    assert file.closed


def test_formats_that_are_not_in_the_list_are_not_even_tried(tmp_path: Path) -> None:
    Image.new("RGB", (8, 6)).save(tmp_path / "x.tga")
    (tmp_path / "x.tga").rename(tmp_path / "x.jpg")
    with pytest.raises(ImageReadError, match="none of these kinds of picture: JPEG, PNG"):
        read_image(tmp_path / "x.jpg")


def test_an_open_file_is_named_if_it_has_a_name(tmp_path: Path) -> None:
    with pytest.raises(ImageReadError, match=r"^cannot read the picture: the file is empty$"):
        read(io.BytesIO())
    with pytest.raises(ImageReadError, match=r"^cannot read the picture: the file is broken"):
        read(io.BytesIO(b"\x89PNG\r\n\x1a\n"))
    (tmp_path / "notes.png").write_text("hello")
    with (tmp_path / "notes.png").open("rb") as file, pytest.raises(ImageReadError, match=r"notes\.png: it is none of"):
        read(file)
