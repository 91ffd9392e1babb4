"""Run an exported file on sample photos, and compare its colors with our own."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from unetcolor import samples
from unetcolor.errors import ExportError
from unetcolor.export.forms import colors_of
from unetcolor.hints import Hint
from unetcolor.images import cover, read_image

if TYPE_CHECKING:
    from unetcolor.codec import Codec
    from unetcolor.export.forms import Form
    from unetcolor.export.graph import Run
    from unetcolor.prediction.predictor import Predictor

# Of 255, what rounding may change.
MOST_LEVELS = 1


def largest_difference(run: Run, form: Form, ours: Predictor, batches: list[np.ndarray]) -> int:
    """Return by how much of 255 levels the colors of a file differ from ours at most.

    Parameters
    ----------
    run
        Runs the file.
    form
        What the file computes.
    ours
        Colorizes in float32.
    batches
        Gray pictures, each uint8 ``(n, height, width)``.

    Raises
    ------
    ExportError
        They differ by more than ``MOST_LEVELS``, or the file returns values that are no numbers.
    """

    def finite(batch: np.ndarray) -> np.ndarray:
        answer = run(batch)
        if not np.isfinite(answer).all():
            raise ExportError("it returns values that are no numbers")
        return answer

    worst = 0
    for batch, hinted in product(batches, (False, True) if form.takes_hints else (False,)):
        hints = _some_hints(*batch.shape[1:]) if hinted else ()
        expected = colors_of(batch, ours, hints).astype(np.int16)
        found = form.colorize(finite, batch, hints)
        if found.shape != expected.shape:
            raise ExportError(f"it returns pictures of shape {found.shape} instead of {expected.shape}")
        worst = max(worst, int(np.abs(expected - found).max()))
    if worst > MOST_LEVELS:
        raise ExportError(
            f"its colors are up to {worst} of 255 levels away from those of unetcolor; at most {MOST_LEVELS} is allowed"
        )
    return worst


def _some_hints(height: int, width: int) -> tuple[Hint, ...]:
    radius = max(height, width) / 16
    return Hint(height / 4, width / 3, "red", radius), Hint(2 * height / 3, width / 2, "green", radius)


def sample_pictures(codec: Codec, size: tuple[int, int] | None) -> list[np.ndarray]:
    """Return gray pictures to try a file on, in batches ``(n, height, width)``, uint8.

    Parameters
    ----------
    codec
        Tells what is gray.
    size
        The size that the file takes; None for some of each kind: small, odd, narrow and larger than the network sees.
    """
    first, second, third = (codec.plain_gray(read_image(path))[..., 0] for path in samples.photos()[1:10:4])
    if size is not None:
        return [np.stack([cover(photo, size) for photo in (first, second, third)])]
    portrait = codec.plain_gray(read_image(samples.portraits()[0]))[..., 0]
    same = min(first.shape, second.shape)
    return [
        np.stack([cover(photo, same) for photo in (first, second)]),
        portrait[np.newaxis],
        third[np.newaxis, :37, :211],
        cover(third, (480, 640))[np.newaxis],
    ]
