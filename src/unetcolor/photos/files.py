"""Colorize photo files into other files, several at once; one that fails does not stop the others."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from unetcolor._files import replacing
from unetcolor.codec import Codec, average_blocks
from unetcolor.hints import read_hints
from unetcolor.images import Metadata, from_float, read, split_alpha, to_float, write_image
from unetcolor.images.fitting import pixels_that_fit
from unetcolor.images.formats import format_to_write
from unetcolor.photos.failures import FAILURES, reason_of
from unetcolor.photos.jobs import Job
from unetcolor.photos.origins import Origins, Settings, Standing
from unetcolor.prediction.predictor import Predictor

# Two halves of 25 megapixels each: more nobody looks at, and it takes memory.
_LARGEST_COMPARISON = 50_000_000

Status = Literal["colorized", "skipped", "kept", "failed"]


@dataclass(frozen=True)
class Result:
    """What became of a photo.

    Attributes
    ----------
    job
        What was to do.
    status
        ``"skipped"`` if its result was there already, made with the same settings; ``"kept"`` if a file was there that
        may be no result of ours, or that was changed since.
    reason
        Why it was skipped, kept, why it failed, or what was lost on the way; may be empty.
    size
        ``(height, width)`` of the photo, if it was colorized.
    hints
        Number of hints that it was colorized with.
    seconds
        From reading to writing.
    changed
        What was different when the result was made that it replaced, such as ``("saturation", "hints")``: of ``photo``,
        ``model``, ``size``, ``saturation``, ``reference`` and ``hints``.
    """

    job: Job
    status: Status
    reason: str = ""
    size: tuple[int, int] | None = None
    hints: int = 0
    seconds: float = 0.0
    changed: tuple[str, ...] = ()


def sort_out(jobs: Sequence[Job], settings: Settings) -> tuple[list[Job], list[Result]]:
    """Divide photos into those that are to be colorized, and those whose results are there, without reading them.

    Parameters
    ----------
    jobs
        The photos, from :func:`~unetcolor.photos.jobs.plan`.
    settings
        What they are to be colorized with.

    Returns
    -------
    list of Job, list of Result
        What is to do, and what became of the others: they are skipped or kept.
    """
    origins = Origins(settings)
    standings = [(job, origins.standing_of(job)) for job in jobs]
    due = [job for job, standing in standings if standing.is_due]
    return due, [_left_out(job, standing) for job, standing in standings if not standing.is_due]


def colorize_files(
    jobs: Sequence[Job],
    predictor: Predictor,
    settings: Settings | None = None,
    *,
    overwrite: bool = False,
    workers: int = 2,
) -> Iterator[Result]:
    """Colorize photo files, and yield what became of each, as they get done.

    A photo that fails does not stop the others. Results appear whole or not at all, and hold the photo's EXIF data and
    color profile. To stop, close the iterator: the photos in work are finished, no other is begun.

    A result that is there already is made again if the photo or the settings have changed, as the hidden file
    :data:`~unetcolor.photos.origins.ORIGINS` in its folder tells. A file that may be no result is kept.

    Parameters
    ----------
    jobs
        The photos, from :func:`~unetcolor.photos.jobs.plan`.
    predictor
        Gives the photos their colors.
    settings
        What the photos are colorized with; the predictor is that of its model. None is the defaults of
        :class:`~unetcolor.photos.origins.Settings`, without a model.
    overwrite
        Replace whatever is there already.
    workers
        Photos in work at once. Each takes memory, about 9 bytes for each of its pixels.

    Raises
    ------
    ValueError
        The reference is gray.
    ImageReadError
        The reference cannot be read.
    """
    waiting = iter(jobs)
    running: set[Future[Result]] = set()
    settings = settings or Settings()
    origins = Origins(settings)
    # A reference that is none is no fault of the photos.
    _ = settings.palette

    def work(job: Job, standing: Standing) -> Result:
        return _colorize_file(job, predictor, settings, origins, standing.changed)

    with ThreadPoolExecutor(workers) as pool:
        try:
            while True:
                for job in waiting:
                    # Not before: another process may have done it meanwhile.
                    standing = Standing(True) if overwrite else origins.standing_of(job)
                    if not standing.is_due:
                        yield _left_out(job, standing)
                        continue
                    running.add(pool.submit(work, job, standing))
                    # One more than can be in work, so that no thread waits for whoever takes the results.
                    if len(running) > workers:
                        break
                if not running:
                    return
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        except KeyboardInterrupt:
            # Photos in work are finished; whoever keeps account hears of them.
            pool.shutdown(cancel_futures=True)
            yield from (future.result() for future in running if not future.cancelled())
            raise
        finally:
            pool.shutdown(cancel_futures=True)


def _left_out(job: Job, standing: Standing) -> Result:
    if standing.reason:
        return Result(job, "kept", standing.reason)
    return Result(job, "skipped", "it is there already, made with the same settings")


def _colorize_file(
    job: Job, predictor: Predictor, settings: Settings, origins: Origins, changed: tuple[str, ...]
) -> Result:
    start = time.perf_counter()

    def write(path: Path, pixels: np.ndarray, metadata: Metadata) -> None:
        with replacing(path) as temporary:
            write_image(temporary, pixels, metadata=metadata)
            origins.add(path, temporary, origin)

    try:
        # Before it is read: what changes later is news for the next run.
        origin = origins.of(job)
        photo = read(job.source, page=job.page)
        # A layer of a name like the photo's may be broken, too: its error names it.
        hints = read_hints(job.hints)
        chosen = format_to_write(job.output)
        metadata, left_out = photo.metadata.fitting(chosen)
        notes, (height, width) = photo.notes, photo.pixels.shape[:2]
        options: dict[str, Any] = {"size": settings.size, "saturation": settings.saturation}
        options |= {"hints": None if job.hints is None else [hints], "reference": settings.palette}
        # Whoever takes it alone holds it: a large photo is given free as soon as it has been used.
        held = [photo.pixels]
        del photo
        (colored,) = predictor.stream((held.pop() for _ in range(1)), **options)
        written, lost = pixels_that_fit(colored, chosen)
        del colored
        job.output.parent.mkdir(parents=True, exist_ok=True)
        if job.comparison is not None:
            write(job.comparison, _comparison(written, predictor.codec), metadata)
        # The last of all: a result that is there says that nothing is left to do.
        write(job.output, written, metadata)
    except FAILURES as error:
        return Result(job, "failed", reason_of(error, job.source))
    seconds = time.perf_counter() - start
    words = "; ".join([*notes, *lost, *left_out])
    return Result(job, "colorized", words, (height, width), hints.count if hints else 0, seconds, changed)


def _comparison(pixels: np.ndarray, codec: Codec) -> np.ndarray:
    """Return a picture of a result next to its own gray, of at most ``_LARGEST_COMPARISON`` pixels."""
    color, _ = split_alpha(pixels)
    while 2 * color.shape[0] * color.shape[1] > _LARGEST_COMPARISON:
        # Two rows after the other: floats of all of a large picture take four times its memory.
        pairs = (to_float(color[row : row + 2]) for row in range(0, len(color), 2))
        color = np.concatenate([from_float(average_blocks(pair, 2), color.dtype) for pair in pairs])
    return np.concatenate([codec.plain_gray(color), color], axis=1)
