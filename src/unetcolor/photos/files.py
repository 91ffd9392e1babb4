"""Colorize photo files into other files, several at once; one that fails does not stop the others."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Literal

import numpy as np

from unetcolor.codec import Codec, average_blocks
from unetcolor.hints import read_hints
from unetcolor.images import from_float, read, split_alpha, to_float, write_image
from unetcolor.images.fitting import pixels_that_fit
from unetcolor.images.formats import format_to_write
from unetcolor.photos.failures import FAILURES, reason_of
from unetcolor.photos.jobs import Job
from unetcolor.prediction.predictor import Predictor
from unetcolor.prediction.reference import Reference

# Two halves of 25 megapixels each: more nobody looks at, and it takes memory.
_LARGEST_COMPARISON = 50_000_000

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
        Why it was skipped, why it failed, or what was lost on the way; may be empty.
    size
        ``(height, width)`` of the photo, if it was colorized.
    hints
        Number of hints that it was colorized with.
    seconds
        From reading to writing.
    """

    job: Job
    status: Status
    reason: str = ""
    size: tuple[int, int] | None = None
    hints: int = 0
    seconds: float = 0.0


def colorize_files(
    jobs: Sequence[Job],
    predictor: Predictor,
    *,
    size: int | None = None,
    saturation: float = 1.0,
    reference: Reference | None = None,
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
    predictor
        Gives the photos their colors.
    size, saturation
        As in :meth:`unetcolor.UNetColorizer.predict`.
    reference
        A photo in color whose palette pulls the colors its way.
    overwrite
        Replace results that are there already, instead of skipping their photos.
    workers
        Photos in work at once. Each takes memory, about 9 bytes for each of its pixels.
    """
    waiting = iter(jobs)
    running: set[Future[Result]] = set()

    def work(job: Job) -> Result:
        return _colorize_file(job, predictor, size, saturation, reference)

    with ThreadPoolExecutor(workers) as pool:
        try:
            while True:
                for job in waiting:
                    if not overwrite and all(path.exists() for path in (job.output, job.comparison) if path):
                        yield Result(job, "skipped", "it is there already")
                        continue
                    running.add(pool.submit(work, job))
                    # One more than can be in work, so that no thread waits for whoever takes the results.
                    if len(running) > workers:
                        break
                if not running:
                    return
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _colorize_file(
    job: Job, predictor: Predictor, size: int | None, saturation: float, reference: Reference | None
) -> Result:
    start = time.perf_counter()
    try:
        photo = read(job.source, page=job.page)
        # A layer of a name like the photo's may be broken, too: its error names it.
        hints = read_hints(job.hints)
        chosen = format_to_write(job.output)
        metadata, left_out = photo.metadata.fitting(chosen)
        notes, (height, width) = photo.notes, photo.pixels.shape[:2]
        each = None if job.hints is None else [hints]
        # Whoever takes it alone holds it: a large photo is given free as soon as it has been used.
        held = [photo.pixels]
        del photo
        pictures = (held.pop() for _ in range(1))
        (colored,) = predictor.stream(pictures, size=size, saturation=saturation, hints=each, reference=reference)
        written, lost = pixels_that_fit(colored, chosen)
        del colored
        job.output.parent.mkdir(parents=True, exist_ok=True)
        if job.comparison is not None:
            write_image(job.comparison, _comparison(written, predictor.codec), metadata=metadata)
        # The last of all: a result that is there says that nothing is left to do.
        write_image(job.output, written, metadata=metadata)
    except FAILURES as error:
        return Result(job, "failed", reason_of(error, job.source))
    seconds = time.perf_counter() - start
    words = "; ".join([*notes, *lost, *left_out])
    return Result(job, "colorized", words, (height, width), hints.count if hints else 0, seconds)


def _comparison(pixels: np.ndarray, codec: Codec) -> np.ndarray:
    """Return a picture of a result next to its own gray, of at most ``_LARGEST_COMPARISON`` pixels."""
    color, _ = split_alpha(pixels)
    while 2 * color.shape[0] * color.shape[1] > _LARGEST_COMPARISON:
        # Two rows after the other: floats of all of a large picture take four times its memory.
        pairs = (to_float(color[row : row + 2]) for row in range(0, len(color), 2))
        color = np.concatenate([from_float(average_blocks(pair, 2), color.dtype) for pair in pairs])
    return np.concatenate([codec.plain_gray(color), color], axis=1)
