from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest


@pytest.fixture(scope="session")
def write_film() -> Callable[..., Path]:
    return write


def write(
    path: Path,
    pictures: Iterable[np.ndarray],
    *,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    options: dict[str, str] | None = None,
    prepare: Callable[[Any, Any], object] | None = None,
) -> Path:
    """Write RGB pictures as a film of 25 a second; what ``prepare`` does to the file and its stream comes first."""
    pictures = list(pictures)
    with av.open(str(path), "w") as writer:
        video = writer.add_stream(codec, rate=25, options=options or ({"crf": "4"} if codec == "libx264" else {}))
        video.height, video.width = pictures[0].shape[:2]
        video.pix_fmt = pixels
        if prepare is not None:
            prepare(writer, video)
        for number, rgb in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24").reformat(format=pixels)
            frame.pts = number
            writer.mux(video.encode(frame))
        writer.mux(video.encode(None))
    return path
