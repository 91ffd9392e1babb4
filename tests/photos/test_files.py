"""Photo files become colorized files; what one of them lacks is its own matter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from PIL import ExifTags, Image, PngImagePlugin

from unetcolor import get_color_space
from unetcolor.codec import Codec
from unetcolor.images import Metadata, read, read_image, write_image
from unetcolor.images.png import write_png
from unetcolor.photos import files
from unetcolor.photos.files import Result, colorize_files
from unetcolor.photos.jobs import plan
from unetcolor.photos.origins import Settings

GRAY = np.random.default_rng(0).integers(0, 256, (12, 16), dtype=np.uint8)


class Reddish:
    """The two things that photos ask of a predictor: colors for pictures, one after the other, and a codec."""

    codec = Codec(get_color_space("lab"))

    def stream(
        self,
        pictures: Iterable[np.ndarray],
        *,
        size: int | None,
        saturation: float,
        hints: Iterable[Any] | None,
        reference: Any,
    ) -> Iterator[np.ndarray]:
        for picture in pictures:
            if picture.shape[0] == 13:
                raise MemoryError
            if picture.shape[0] == 17:
                raise NameError("name 'pixls' is not defined")
            gray = picture if picture.ndim == 2 else picture[..., 0]
            color = np.stack([gray, gray // 2, gray // 2], axis=-1)
            yield color if picture.ndim == 2 else np.dstack([color, picture[..., -1]])


def colorize(folder: Path, **options: Any) -> dict[str, Result]:
    plans = {key: options.pop(key) for key in ("suffix", "compare") if key in options}
    jobs = plan([folder], folder.parent / "out", **plans)
    return {result.job.source.name: result for result in colorize_files(jobs, Reddish(), **options)}  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def test_a_photo_is_read_once_and_keeps_what_its_file_says(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = "Grandmother at the sea"
    Image.fromarray(GRAY).save(folder / "a.png", exif=exif)
    loads = []
    load = PngImagePlugin.PngImageFile.load_prepare
    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load_prepare", lambda self: (loads.append(1), load(self))[1])
    result = colorize(folder)["a.png"]
    assert (result.status, result.reason, result.size, len(loads)) == ("colorized", "", (12, 16), 1)
    np.testing.assert_array_equal(read_image(result.job.output), np.stack([GRAY, GRAY // 2, GRAY // 2], axis=-1))
    with Image.open(result.job.output) as picture:
        assert picture.getexif()[ExifTags.Base.ImageDescription] == "Grandmother at the sea"


def test_one_that_fails_says_why_and_the_others_are_done(folder: Path) -> None:
    write_image(folder / "good.png", GRAY)
    write_image(folder / "huge.png", np.zeros((13, 5), np.uint8))
    (folder / "broken.png").write_bytes((folder / "good.png").read_bytes()[:60])
    (folder / "notes.jpg").write_text("hello")
    # No photos at all.
    (folder / "notes.txt").write_text("hello")
    (folder / "good.xmp").write_text("<x:xmpmeta/>")
    results = colorize(folder)
    assert {name: result.status for name, result in results.items()} == {
        "good.png": "colorized",
        "huge.png": "failed",
        "broken.png": "failed",
        "notes.jpg": "failed",
    }
    assert results["huge.png"].reason == "not enough memory"
    assert results["broken.png"].reason.startswith("the file is broken (")
    assert results["notes.jpg"].reason.startswith("it is none of these kinds of picture: ")


@pytest.mark.parametrize("wrong", [{"size": 4096}, {"saturation": 150.0}])
def test_settings_that_no_photo_can_have_are_refused_at_once(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be at most"):
        Settings(**wrong)


def test_stopped_it_tells_of_the_photos_that_were_in_work(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for i in range(5):
        write_image(folder / f"{i}.png", GRAY)

    def stop(running: set[Any], **_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "wait", stop)
    results = colorize_files(plan([folder], folder.parent / "out"), Reddish(), workers=2)  # type: ignore[arg-type]
    told: list[Result] = []
    with pytest.raises(KeyboardInterrupt):
        told.extend(results)
    assert {result.status for result in told} == {"colorized"}
    assert {result.job.output for result in told} == set((folder.parent / "out").glob("*.png"))


def test_a_result_that_cannot_be_written_is_a_failure_too(folder: Path) -> None:
    write_image(folder / "good.png", GRAY)
    (folder.parent / "out" / "good.png" / "a folder").mkdir(parents=True)
    assert colorize(folder, overwrite=True)["good.png"].status == "failed"


def test_an_error_of_the_program_is_raised(folder: Path) -> None:
    write_image(folder / "a.png", np.zeros((17, 5), np.uint8))
    with pytest.raises(NameError, match="pixls"):
        colorize(folder)


@pytest.mark.parametrize(
    ("suffix", "dtype", "reason"),
    [
        (".png", np.uint16, ""),
        (".tif", np.uint16, ""),
        (".webp", np.uint16, "its 16 bits became 8: WEBP holds no more"),
        (".jpg", np.uint8, "it is transparent, which JPEG is not: it was laid on white"),
        (".webp", np.uint8, ""),
        (".bmp", np.uint8, "it is transparent, which BMP is not: it was laid on white"),
    ],
)
def test_a_result_is_made_to_fit_its_format(folder: Path, suffix: str, dtype: Any, reason: str) -> None:
    level, opacity = (40_000, 0) if dtype == np.uint16 else (200, 0)
    pixels = np.full((12, 16, 4), level, dtype)
    pixels[:4, :, 3], pixels[4:, :, 3] = opacity, np.iinfo(dtype).max
    write_image(folder / "a.png", pixels)
    result = colorize(folder, suffix=suffix)["a.png"]
    assert (result.status, result.reason) == ("colorized", reason)
    written = read(result.job.output).pixels
    assert written.dtype == (np.uint8 if reason.startswith("its 16 bits") else dtype)
    assert written.shape[-1] == (3 if "white" in reason else 4)
    if "white" in reason:
        assert written[0].min() > 250


def test_exif_data_that_do_not_fit_are_left_out_with_a_word(folder: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = "x" * 70_000
    Image.fromarray(GRAY).save(folder / "a.png", exif=exif)
    for suffix, name in ((".jpg", "JPEG"), (".bmp", "BMP")):
        result = colorize(folder, suffix=suffix)["a.png"]
        assert (result.status, result.reason) == ("colorized", f"its EXIF data do not fit into {name}")


@pytest.mark.parametrize("shape", [(12, 16), (12, 16, 2)], ids=["gray", "gray and alpha"])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_16_bit_colors_are_in_the_profile_that_the_file_names(
    folder: Path, shape: tuple[int, ...], suffix: str
) -> None:
    # Whose gamma is 1: its values are far from those of sRGB. It is one of colors, and says nothing of the gray photo.
    primaries = (0.64, 0.33, 1, 0.30, 0.60, 1, 0.15, 0.06, 1)
    linear = imagecodecs.cms_profile("rgb", whitepoint=(0.3127, 0.3290, 1), primaries=primaries, gamma=1.0)
    with open(folder / "a.png", "wb") as file:
        write_png(file, np.full(shape, 40_000, np.uint16), Metadata(icc_profile=linear))
    result = colorize(folder, suffix=suffix)["a.png"]
    assert (result.status, result.reason) == ("colorized", "")
    written = read(result.job.output)
    assert (written.pixels.dtype, written.metadata.icc_profile) == (np.uint16, linear)
    np.testing.assert_allclose(written.pixels[0, 0, :3], [40_000, 20_000, 20_000], atol=20)


def test_an_opaque_alpha_is_not_said_to_be_transparent(folder: Path) -> None:
    write_image(folder / "a.png", np.full((12, 16, 4), 255, np.uint8))
    result = colorize(folder, suffix=".jpg")["a.png"]
    assert (result.status, result.reason) == ("colorized", "")


def test_files_that_are_there_are_kept_unless_they_are_to_be_replaced(folder: Path) -> None:
    """How results are made is remembered with a model file only: see test_origins."""
    write_image(folder / "a.png", GRAY)
    assert [colorize(folder, overwrite=each)["a.png"].status for each in (False, False, True)] == [
        *("colorized", "kept", "colorized")
    ]


def test_a_huge_photo_is_compared_at_a_half_of_its_size(folder: Path) -> None:
    write_image(folder / "a.png", np.full((4001, 6400), 90, np.uint8))
    result = colorize(folder, compare=True)["a.png"]
    assert result.size == (4001, 6400)
    assert result.job.comparison is not None
    with Image.open(result.job.comparison) as comparison:
        assert comparison.size == (6400, 2001)
