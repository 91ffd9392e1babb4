"""Batches of encoded pictures, in the forms in which other programs hand them over; one bad picture harms no other."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import ExifTags, Image

from unetcolor import ModelLoadError, UNetColorizer, samples
from unetcolor.images import WRITE_FORMATS, encode_image, read
from unetcolor.photos.bulk import BatchColorizer
from unetcolor.photos.files import colorize_files
from unetcolor.photos.jobs import plan
from unetcolor.photos.origins import Settings
from unetcolor.prediction.engines.base import Engine
from unetcolor.prediction.predictor import Predictor

GRAY = samples.load_photo("chelsea").mean(axis=-1).astype(np.uint8)[:48, :64]


def encoded(pixels: np.ndarray, suffix: str = ".png") -> bytes:
    return encode_image(pixels, WRITE_FORMATS[suffix])


def pixels_of(content: bytes) -> np.ndarray:
    return read(io.BytesIO(content)).pixels


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a small model."""
    path = tmp_path_factory.mktemp("model") / "small.keras"
    colorizer = UNetColorizer("lab", filters=(4, 8), image_size=(32, 32), seed=1)
    colorizer.fit(samples.load_portraits()[:8], epochs=1, verbose=0)
    colorizer.save(path)
    return path


@pytest.fixture(scope="module")
def colorize(model: Path) -> BatchColorizer:
    return BatchColorizer(model, format="png")


def test_one_bad_picture_harms_no_other(colorize: BatchColorizer, tmp_path: Path) -> None:
    good = encoded(GRAY)
    (tmp_path / "photo.png").write_bytes(good)
    # Zeros at the end are part of a file.
    given = [
        good + b"\0\0",
        good[:60],
        b"",
        None,
        str(tmp_path / "photo.png"),
        b"hello",
        str(tmp_path / "none.png"),
        good,
    ]
    batch = {"id": np.arange(8), "bytes": given}
    done = colorize(batch)
    assert list(done) == ["id", "bytes", "colorized", "error", "note"]
    assert done["id"] is batch["id"]
    assert done["bytes"] is given
    assert list(batch) == ["id", "bytes"]
    assert [bool(error) for error in done["error"]] == [False, True, True, True, False, True, True, False]
    for number, reason in {
        1: "the file is broken (",
        2: "the file is empty",
        3: "there is no picture",
        5: "it is none of these kinds of picture: ",
        6: "No such file or directory",
    }.items():
        assert done["error"][number].startswith(reason)
        assert done["colorized"][number] == b""
    results = [pixels_of(content) for content in done["colorized"] if content]
    assert len(results) == 3
    for result in results:
        assert result.shape == (48, 64, 3)
        np.testing.assert_array_equal(result, results[0])
    # The types do not depend on what happened, not even where nothing went well.
    for each in (done, colorize({"bytes": [b""]}), colorize({"bytes": []})):
        for name, kind in (("colorized", bytes), ("error", str), ("note", str)):
            assert each[name].dtype == object
            assert {type(value) for value in each[name]} <= {kind}


def test_it_writes_what_the_command_writes(model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "A. Photographer"
    exif[ExifTags.Base.Orientation] = 6
    alpha = np.full_like(GRAY, 255)
    alpha[:9] = 0
    Image.fromarray(GRAY).save(folder / "a.jpg", exif=exif, dpi=(300, 300))
    (folder / "b.png").write_bytes(encoded(GRAY[:40].astype(np.uint16) * 257))
    (folder / "c.png").write_bytes(encoded(np.dstack([GRAY, GRAY, GRAY, alpha])[:, :50]))
    jobs = plan([folder], tmp_path / "out", suffix=".jpg")
    settings = Settings(saturation=1.4)
    wanted = {result.job.source: result for result in colorize_files(jobs, Predictor.load(model), settings)}
    batch = {"bytes": [job.source.read_bytes() for job in jobs]}
    done = BatchColorizer(model, saturation=1.4)(batch)
    assert len(jobs) == 3
    for job, content, error, note in zip(jobs, done["colorized"], done["error"], done["note"], strict=True):
        assert (error, note) == ("", wanted[job.source].reason)
        assert content == job.output.read_bytes()
    assert [bool(note) for note in done["note"]] == [False, True, True]


@pytest.mark.parametrize(
    "column",
    [
        list,
        tuple,
        lambda values: np.array(values, dtype=object),
        lambda values: pd.Series(values, index=range(7, 7 + len(values))),
        lambda values: [bytearray(value) for value in values],
    ],
    ids=["list", "tuple", "array", "pandas", "bytearrays"],
)
def test_a_column_may_have_any_form(colorize: BatchColorizer, column: Callable[[Any], Any]) -> None:
    done = colorize({"bytes": column([encoded(GRAY), encoded(GRAY[:30])])})
    assert [pixels_of(content).shape for content in done["colorized"]] == [(48, 64, 3), (30, 64, 3)]


def test_arrow_columns(colorize: BatchColorizer) -> None:
    arrow = pytest.importorskip("pyarrow")
    for column in (arrow.array([encoded(GRAY), None]), arrow.chunked_array([[encoded(GRAY)], [None]])):
        assert list(colorize({"bytes": column})["error"]) == ["", "there is no picture"]


def test_a_frame_of_pandas_is_a_batch(colorize: BatchColorizer, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(GRAY))
    frame = pd.DataFrame({"id": [7, 8], "path": [str(tmp_path / "a.png"), None]}, index=[3, 4])
    done = pd.DataFrame(BatchColorizer(colorize.model, pictures="path")(frame))
    assert list(done["id"]) == [7, 8]
    assert list(done["error"]) == ["", "there is no picture"]
    frame["path"] = frame["path"].astype("string")
    assert frame["path"].isna().iloc[1]
    assert list(BatchColorizer(colorize.model, pictures="path")(frame)["error"]) == ["", "there is no picture"]


def test_results_may_take_the_place_of_the_pictures(model: Path) -> None:
    done = BatchColorizer(model, pictures="photo", result="photo", format=".WebP")(
        {"photo": [encoded(GRAY)], "id": [1]}
    )
    assert list(done) == ["photo", "id", "error", "note"]
    assert done["photo"][0][8:12] == b"WEBP"


def test_the_quality_is_heeded(model: Path) -> None:
    sizes = [len(BatchColorizer(model, quality=q)({"bytes": [encoded(GRAY)]})["colorized"][0]) for q in (30, 60, 95)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[2] / 2


@pytest.mark.parametrize(
    ("batch", "error", "message"),
    [
        ({"byte": [b""]}, ValueError, "unknown column 'bytes'. Did you mean 'byte'?"),
        ({"bytes": [b""], "error": [""]}, ValueError, "the batch has a column 'error' already"),
        ({"bytes": [b""], "colorized": [b""]}, ValueError, "the batch has a column 'colorized' already"),
        ({"bytes": np.zeros((1, 8, 8), np.uint8)}, TypeError, "a picture is bytes, the content of a file, or str"),
        ({"bytes": [3.5]}, TypeError, "not 3.5"),
    ],
)
def test_errors_of_the_program_are_raised(
    colorize: BatchColorizer, batch: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message.replace("?", r"\?")):
        colorize(batch)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "gif"}, "unknown format 'gif'"),
        ({"quality": 101}, "quality must be at most 100, not 101"),
        ({"quality": 0}, "quality must be at least 1, not 0"),
        ({"pictures": "error"}, "the columns error and note are written"),
        ({"result": "note"}, "the columns error and note are written"),
    ],
)
def test_wrong_options_are_told_at_once(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BatchColorizer(**options)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"model": "nothing.keras"}, ModelLoadError, "nothing.keras"),
        ({"engine": "steam"}, ValueError, "unknown engine 'steam'"),
        ({"size": 0}, ValueError, "size must be at least 1"),
        ({"saturation": -1}, ValueError, "saturation must be"),
    ],
)
def test_what_concerns_all_pictures_is_no_fault_of_each(
    model: Path, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        BatchColorizer(**{"model": model, **options})({"bytes": [encoded(GRAY)]})


class SmallMemory(Engine):
    """An engine that paints all gray, and has memory for pictures up to a height, four at once."""

    name = "small memory"

    @classmethod
    def from_model(cls, *_: Any) -> SmallMemory:
        return cls("float32")

    def _start(self) -> Callable[[np.ndarray], np.ndarray]:
        def run(batch: np.ndarray) -> np.ndarray:
            if batch.shape[0] > 4 or batch.shape[2] > 2 * batch.shape[1]:
                raise MemoryError
            return np.full((*batch.shape[:3], 2), 0.5, np.float32)

        return run


def test_a_picture_that_memory_is_too_small_for_harms_no_other(
    colorize: BatchColorizer, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = Predictor.load(model)
    small = Predictor(loaded.codec, SmallMemory("float32"), loaded.side)
    monkeypatch.setattr(Predictor, "load", lambda *_, **__: small)
    pictures = [encoded(GRAY), encoded(GRAY[:4]), b"no picture", *[encoded(GRAY[1:])] * 5]
    done = BatchColorizer(format="png")({"bytes": pictures})
    assert [error[:17] for error in done["error"]] == ["", "not enough memory", "it is none of the", *[""] * 5]
    assert [len(content) > 0 for content in done["colorized"]] == [True, False, False, *[True] * 5]


def test_a_copy_loads_its_model_once_for_all_threads(colorize: BatchColorizer, monkeypatch: pytest.MonkeyPatch) -> None:
    colorize({"bytes": []})
    loads = []
    load = Predictor.load
    monkeypatch.setattr(Predictor, "load", lambda *args, **options: (loads.append(1), load(*args, **options))[1])
    # What was loaded is not pickled, and another copy loads its own.
    pickled = pickle.dumps(colorize)
    assert len(pickled) < 1000
    copy = pickle.loads(pickled)
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(copy, [{"bytes": [encoded(GRAY)]}] * 3))
    assert len(loads) == 1
    colorize({"bytes": [encoded(GRAY)]})
    assert len(loads) == 1
    assert len({done["colorized"][0] for done in results}) == 1


@pytest.mark.slow
def test_other_processes_take_it_pickled(colorize: BatchColorizer) -> None:
    batches = [{"bytes": np.array([encoded(GRAY[:height]), b"no picture"], dtype=object)} for height in (20, 30)]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        there = list(pool.map(colorize, batches))
    for batch, done in zip(batches, there, strict=True):
        here = colorize(batch)
        assert done.keys() == here.keys()
        for name in here:
            assert list(done[name]) == list(here[name])
