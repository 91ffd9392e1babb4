"""Colorize photo files into other files, several at once; one that fails does not stop the others."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from unetcolor.errors import ImageReadError
from unetcolor.images import MAX_PIXELS, WRITE_FORMATS, from_float, split_alpha, to_float, write_image
from unetcolor.images.metadata import Metadata, read_metadata
from unetcolor.images.reading import read_pixels
from unetcolor.photos.jobs import Job
from unetcolor.prediction.predictor import Predictor

# What a segment of a JPEG file holds.
_LONGEST_EXIF = 65_527

Status = Literal["colorized", "skipped", "failed"]


@dataclass(frozen=True)
class Result:
    """What became of a photo.

    Attributes
    ----------
    job
        What was to do.
    status
        ``"skipped"`` if its result was there already.
    reason
        Why it failed, or what was lost on the way; may be empty.
    size
        ``(height, width)`` of the photo, if it was colorized.
    seconds
        From reading to writing.
    """

    job: Job
    status: Status
    reason: str = ""
    size: tuple[int, int] | None = None
    seconds: float = 0.0


def colorize_files(
    jobs: Sequence[Job],
    colorizer: Predictor,
    *,
    size: int | None = None,
    saturation: float = 1.0,
    overwrite: bool = False,
    workers: int = 2,
) -> Iterator[Result]:
    """Colorize photo files, and yield what became of each, as they get done.

    A photo that fails does not stop the others. Results appear whole or not at all, and hold the photo's EXIF data and
    color profile. To stop, close the iterator: the photos in work are finished, no other is begun.

    Parameters
    ----------
    jobs
        The photos, from :func:`~unetcolor.photos.jobs.plan`.
    colorizer
        A trained colorizer.
    size, saturation
        As in :meth:`unetcolor.UNetColorizer.predict`.
    overwrite
        Replace results that are there already, instead of skipping their photos.
    workers
        Photos in work at once. Each takes memory, about 9 bytes for each of its pixels.
    """
    waiting = iter(jobs)
    running: set[Future[Result]] = set()

    def work(job: Job) -> Result:
        return _colorize_file(job, colorizer, size, saturation)

    with ThreadPoolExecutor(workers) as pool:
        try:
            while True:
                for job in waiting:
                    if not overwrite and all(path.exists() for path in (job.output, job.comparison) if path):
                        yield Result(job, "skipped", "it is there already")
                        continue
                    running.add(pool.submit(work, job))
                    # One more than can be in work, lest a thread wait for whoever takes the results.
                    if len(running) > workers:
                        break
                if not running:
                    return
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _colorize_file(job: Job, colorizer: Predictor, size: int | None, saturation: float) -> Result:
    start = time.perf_counter()
    try:
        pixels, notes = read_pixels(job.source, MAX_PIXELS)
        metadata, left_out = _that_fits_beside(read_metadata(job.source), pixels, job.output)
        (colored,) = colorizer.stream([pixels], size=size, saturation=saturation)
        written, lost = _that_fits(colored, job.output)
        job.output.parent.mkdir(parents=True, exist_ok=True)
        if job.comparison is not None:
            color, _ = split_alpha(written)
            both = np.concatenate([colorizer.codec.plain_gray(color), color], axis=1)
            write_image(job.comparison, both, metadata=metadata)
        # The last of all: a result that is there says that nothing is left to do.
        write_image(job.output, written, metadata=metadata)
    except ImageReadError as error:
        return Result(job, "failed", str(error).removeprefix(f"cannot read {job.source}: "))
    # A full disk, a folder that may not be written to, no memory for this one photo: the others may still do.
    except Exception as error:
        return Result(job, "failed", f"{error}" or type(error).__name__)
    seconds = time.perf_counter() - start
    return Result(job, "colorized", "; ".join([*notes, *lost, *left_out]), (pixels.shape[0], pixels.shape[1]), seconds)


def _that_fits_beside(metadata: Metadata, pixels: np.ndarray, path: Path) -> tuple[Metadata, list[str]]:
    """Return the metadata as the file can hold them beside the colors of a photo, and what was lost, in words."""
    lost = []
    if WRITE_FORMATS[path.suffix.lower()] == "JPEG" and len(metadata.exif) > _LONGEST_EXIF:
        metadata = replace(metadata, exif=b"")
        lost.append("its EXIF data are too long for JPEG")
    # 16-bit colors are not converted to a profile; only those that were read with it are still true to it.
    if pixels.dtype == np.uint16 and pixels.ndim == 2:
        metadata = replace(metadata, icc_profile=b"")
    return metadata, lost


def _that_fits(pixels: np.ndarray, path: Path) -> tuple[np.ndarray, list[str]]:
    """Return the pixels as the file's format can hold them, and what was lost, in words."""
    file_format = WRITE_FORMATS[path.suffix.lower()]
    lost = []
    if pixels.dtype == np.uint16 and file_format != "PNG":
        pixels = from_float(to_float(pixels), np.uint8)
        lost.append(f"its 16 bits became 8: {file_format} holds no more")
    color, alpha = split_alpha(pixels)
    if alpha is not None and file_format in ("JPEG", "BMP"):
        opacity = to_float(alpha)[..., np.newaxis]
        pixels = from_float(to_float(color) * opacity + (1 - opacity), color.dtype)
        lost.append(f"it is transparent, which {file_format} is not: it was laid on white")
    return pixels, lost
