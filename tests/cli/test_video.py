"""``unetcolor video``."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from typer.testing import Result

from unetcolor import samples


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of one gray frame, without losses but those of its color format."""
    path = tmp_path_factory.mktemp("film") / "film.mkv"
    gray = samples.load_photo("chelsea").mean(axis=-1).astype(np.uint8)[:48, :64]
    with av.open(str(path), "w") as writer:
        stream = writer.add_stream("ffv1", rate=25)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.dstack([gray] * 3), format="rgb24")
        writer.mux(stream.encode(frame.reformat(format="yuv420p")))
        writer.mux(stream.encode(None))
    return path


def first_frame(path: Path) -> np.ndarray:
    with av.open(str(path)) as reader:
        frame: np.ndarray = next(reader.decode(video=0)).to_ndarray(format="rgb24").astype(int)
        return frame


@pytest.mark.parametrize(
    "engine",
    ["auto", "onnx", "openvino", *(pytest.param(name, marks=pytest.mark.slow) for name in ("tensorflow", "keras"))],
)
def test_each_engine_colorizes_it(run: Callable[..., Result], film: Path, tmp_path: Path, engine: str) -> None:
    out = tmp_path / "out.mkv"
    done = run("video", film, "-o", out, "--size", "48", "--engine", engine, "--verbose")
    assert done.exit_code == 0, done.stderr
    named = re.search(r"Engine: (\w+), \w+", done.stderr)
    assert named is not None
    assert named[1] in ({"openvino", "onnx", "tensorflow"} if engine == "auto" else {engine})
    assert "1 frame of 64 x 48" in " ".join(done.stdout.split())
    assert np.ptp(first_frame(out), axis=-1).max() > 10, "no color"


def test_an_engine_that_is_not_there_is_named(run: Callable[..., Result], film: Path, tmp_path: Path) -> None:
    done = run("video", film, "-o", tmp_path / "out.mkv", "--engine", "onyx")
    assert done.exit_code == 2
    assert "unknown engine 'onyx'. Did you mean 'onnx'?" in " ".join(done.stderr.split())
    assert not (tmp_path / "out.mkv").exists()
