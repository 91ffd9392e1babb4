"""Scores of one system over many pictures, and their means."""

from __future__ import annotations

from typing import Any

import numpy as np

from unetcolor import metrics
from unetcolor.spaces.lab import Lab

# The errors of a* and b* up to which the area under the curve is taken, as in Zhang et al. (2016).
LARGEST_ERROR = 150

# Width of the color bins over which that curve is balanced.
_BIN = 10

# Bins on each side of neutral: a* and b* of sRGB stay within 110 units.
_HALF = 12

_RESAMPLES = 2000


class Totals:
    """Scores of a system, picture by picture, and sums over all pixels."""

    def __init__(self) -> None:
        self.scores: list[dict[str, float]] = []
        self.sources: list[str] = []
        self._opponent_sums = np.zeros(5)
        # How many pixels of each true color have an error of 0..1, 1..2, ... units of a* and b*.
        self._errors = np.zeros(((2 * _HALF + 1) ** 2, LARGEST_ERROR + 1))

    def add(self, source: str, truth: np.ndarray, predicted: np.ndarray) -> None:
        """Score one prediction; both pictures are uint8 ``(height, width, 3)``."""
        self.scores.append(metrics.scores(truth, predicted))
        self.sources.append(source)
        red, green, blue = np.moveaxis(predicted.astype(np.float64), -1, 0)
        rg, yb = red - green, (red + green) / 2 - blue
        self._opponent_sums += [rg.size, rg.sum(), (rg**2).sum(), yb.sum(), (yb**2).sum()]
        true, given = (
            Lab().encode(picture.astype(np.float32) / 255)[1].reshape(-1, 2) for picture in (truth, predicted)
        )
        places = np.clip(np.rint(true / _BIN).astype(int) + _HALF, 0, 2 * _HALF)
        errors = np.minimum(np.linalg.norm(true - given, axis=-1), LARGEST_ERROR).astype(int)
        np.add.at(self._errors, (places[:, 0] * (2 * _HALF + 1) + places[:, 1], errors), 1)

    def values(self, name: str, source: str | None = None) -> np.ndarray:
        """Return one score of every picture, or of those of one source."""
        return np.array([s[name] for s, of in zip(self.scores, self.sources, strict=True) if source in (None, of)])

    def set_colorfulness(self) -> float:
        """Return the colorfulness (Hasler and Suesstrunk 2003) of all pictures taken as one."""
        count, *sums = self._opponent_sums
        (rg, rg_squared), (yb, yb_squared) = np.array(sums).reshape(2, 2) / count
        return float(np.sqrt(rg_squared - rg**2 + yb_squared - yb**2) + 0.3 * np.hypot(rg, yb))

    def rebalanced_auc(self) -> float:
        """Return the area, in percent, under the share of pixels whose a* and b* are off by less than 0 to 150 units.

        The raw accuracy of Zhang et al. (2016), rebalanced: every color counts alike, however rare.
        """
        pixels = self._errors.sum(axis=1)
        curves = self._errors[pixels > 0].cumsum(axis=1) / pixels[pixels > 0, np.newaxis]
        return float(100 * curves.mean())


def interval(values: np.ndarray) -> tuple[float, float]:
    """Return the ends of the 95 % bootstrap interval of a mean."""
    rng = np.random.default_rng(0)
    means = values[rng.integers(len(values), size=(_RESAMPLES, len(values)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def table(header: list[str], rows: list[list[Any]]) -> str:
    """Return a Markdown table, its first column to the left and the others to the right."""
    cells = [header, *[[str(cell) for cell in row] for row in rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    lines = [
        "| "
        + " | ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True)))
        + " |"
        for row in cells
    ]
    rule = "|" + "|".join("-" * (w + 2) if i == 0 else "-" * (w + 1) + ":" for i, w in enumerate(widths)) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])
