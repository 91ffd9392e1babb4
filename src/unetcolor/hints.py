"""Hints: colors that a user knows, at places of a photo."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, sqrt
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from PIL import ImageColor
from typing_extensions import override

from unetcolor._checks import not_negative
from unetcolor._strips import STRIP_PIXELS
from unetcolor.images import PictureLike, split_alpha, take, to_float
from unetcolor.images.taking import is_single

# The end of the name of a file with a layer, which lies next to its photo.
LAYER_SUFFIX = ".hints.png"

# A hint without a radius is a disc of this share of the side of a square with the photo's area: three of the pixels
# that a network sees.
_RADIUS = 0.01

# Points, along each side of a cell, at which is asked whether a disc covers it.
_SAMPLES = 4


@dataclass(frozen=True)
class Hint:
    """A color at a place of a photo, for ``predict(hints=...)``.

    Only hue and chroma of the color count: the luminance stays the photo's.

    Parameters
    ----------
    row, column
        The middle, in pixels of the photo from its upper left corner.
    color
        A CSS name, ``"#rrggbb"``, or sRGB as three floats in ``[0, 1]``.
    radius
        In pixels of the photo; None takes a hundredth of the side of a square with the photo's area.

    Examples
    --------
    >>> from unetcolor import Hint
    >>> Hint(120, 80, "crimson").rgb
    (0.8627450980392157, 0.0784313725490196, 0.23529411764705882)
    """

    row: float
    column: float
    color: str | Sequence[float]
    radius: float | None = None

    def __post_init__(self) -> None:
        for name in ("row", "column"):
            object.__setattr__(self, name, not_negative(name, getattr(self, name)))
        if self.radius is not None and not not_negative("radius", self.radius):
            raise ValueError("radius must be above 0: leave it out for a small disc")
        # For its errors.
        _ = self.rgb

    @property
    def rgb(self) -> tuple[float, float, float]:
        """The color as sRGB in ``[0, 1]``."""
        if isinstance(self.color, str):
            try:
                levels = ImageColor.getrgb(self.color)
            except ValueError:
                raise ValueError(f"{self.color!r} is no color: give a CSS name, '#rrggbb' or three floats") from None
            return levels[0] / 255, levels[1] / 255, levels[2] / 255
        try:
            red, green, blue = (not_negative("color", value) for value in self.color)
        except (TypeError, ValueError):
            raise ValueError(f"{self.color!r} is no color: give a CSS name, '#rrggbb' or three floats") from None
        if max(red, green, blue) > 1:
            given = tuple(self.color)
            raise ValueError(f"the floats of a color are in 0..1, not {given}: divide values of 0..255 by 255")
        return red, green, blue


class Cells(NamedTuple):
    """Hints of a photo, gathered in the cells of a grid that is laid over it.

    Attributes
    ----------
    colors
        Mean color of the hints in each cell: sRGB in ``[0, 1]``, shape ``(rows, columns, 3)``.
    places
        Cells with a hint, Booleans of shape ``(rows, columns)``.
    pixels
        Row and column of the photo's pixel in the middle of each cell's hints, shape ``(rows, columns, 2)``.
    """

    colors: np.ndarray
    places: np.ndarray
    pixels: np.ndarray


class Hints(ABC):
    """All hints of one photo."""

    @abstractmethod
    def in_cells(self, size: tuple[int, int], grid: tuple[float, float]) -> Cells:
        """Gather the hints in the cells of a grid.

        Parameters
        ----------
        size
            ``(height, width)`` of the photo.
        grid
            Rows and columns of the grid; the last ones may lie partly outside of the photo, then these are no whole
            numbers.

        Raises
        ------
        ValueError
            The hints do not fit the photo.
        """

    @property
    @abstractmethod
    def count(self) -> int:
        """Number of hints: those of a list, or the patches of a layer."""


HintsLike: TypeAlias = Sequence[Hint] | PictureLike | Hints
"""The hints of one photo: a list of :class:`Hint`, or a layer in any form of a picture."""


class _List(Hints):
    """Discs; where two overlap, the later one covers the earlier."""

    def __init__(self, hints: Sequence[Hint]) -> None:
        self._hints = hints

    @property
    @override
    def count(self) -> int:
        return len(self._hints)

    @override
    def in_cells(self, size: tuple[int, int], grid: tuple[float, float]) -> Cells:
        height, width = size
        shape = ceil(grid[0]), ceil(grid[1])
        sums = np.zeros((*shape, 6))
        for hint in self._hints:
            if hint.row >= height or hint.column >= width:
                raise ValueError(
                    f"the hint at row {hint.row:g}, column {hint.column:g} is outside of a photo of {height} x {width} "
                    "(height x width)"
                )
            points = _points_of_disc(hint, size, grid)
            values = np.concatenate([np.tile(hint.rgb, (len(points), 1)), points, np.ones((len(points), 1))], axis=1)
            of_this = _sum_in_cells(values, size, grid)
            covered = np.minimum(of_this[..., 5:] / _SAMPLES**2, 1)
            # The cell of the middle is the hint's, however small that is, and the middle itself stands for it.
            middle = int(_cell_of(hint.row, height, grid[0])), int(_cell_of(hint.column, width, grid[1]))
            covered[middle] = 1
            of_this[middle] = *hint.rgb, hint.row, hint.column, 1
            means = of_this / np.maximum(of_this[..., 5:], 1e-9)
            sums = sums * (1 - covered) + means * covered
        return _cells(sums, size)


class _Layer(Hints):
    """A picture with transparency: where it is not transparent, it shows the hints."""

    def __init__(self, colors: np.ndarray, alpha: np.ndarray) -> None:
        self._colors = colors
        self._alpha = alpha

    @property
    @override
    def count(self) -> int:
        from scipy.ndimage import label

        # Pixels that touch at a corner belong together. scikit-image labels six times as slowly.
        return int(label(self._alpha > 0, np.ones((3, 3)))[1])

    @override
    def in_cells(self, size: tuple[int, int], grid: tuple[float, float]) -> Cells:
        height, width = self._alpha.shape
        if abs(height - width * size[0] / size[1]) > 1 and abs(width - height * size[1] / size[0]) > 1:
            raise ValueError(
                f"a layer of hints has the photo's aspect: it is {height} x {width} (height x width), and the photo "
                f"{size[0]} x {size[1]}"
            )
        # A layer that is smaller than the grid would leave cells without a pixel.
        times = max(1, ceil(grid[0] / height), ceil(grid[1] / width))
        sums = np.zeros((ceil(grid[0]), ceil(grid[1]), 6))
        for values in self._pixels(size, times):
            sums += _sum_in_cells(values, size, grid)
        # The pixels of a layer, of which a row or a column of cells may have one more than the next.
        rows, columns = (
            np.bincount(_cell_of(_centers(times * length, extent), extent, count), minlength=ceil(count))
            for length, extent, count in zip((height, width), size, grid, strict=True)
        )
        return _cells(sums / np.outer(rows, columns)[..., np.newaxis], size)

    def _pixels(self, size: tuple[int, int], times: int) -> Iterator[np.ndarray]:
        """Yield colors, places in the photo and opacity of the pixels that are not transparent, a strip at a time.

        Each pixel is repeated ``times`` along each side.
        """
        height, width = self._alpha.shape
        down, across = _centers(times * height, size[0]), _centers(times * width, size[1])
        step = max(1, STRIP_PIXELS // (width * times**2))
        for start in range(0, height, step):
            alpha = self._alpha[start : start + step].repeat(times, axis=0).repeat(times, axis=1)
            rows, columns = np.nonzero(alpha)
            opacity = to_float(alpha[rows, columns])[:, np.newaxis] if len(rows) else np.zeros((0, 1))
            colors = self._colors[start + rows // times, columns // times]
            colors = to_float(colors).reshape(len(rows), -1) if len(rows) else np.zeros((0, 3))
            places = np.stack([down[times * start + rows], across[columns]], axis=1)
            values = [np.broadcast_to(colors, (len(rows), 3)), places, np.ones_like(opacity)]
            yield np.concatenate(values, axis=1) * opacity


def read_hints(given: Any) -> Hints | None:
    """Return the hints of a photo in the one form that is worked with, or None if there are none.

    Parameters
    ----------
    given
        None; what this function returned; a list of :class:`Hint`; or a layer: a picture of the photo's aspect, RGB
        with alpha, in any form that :func:`unetcolor.images.take` takes.

    Raises
    ------
    ValueError
        It is none of these, or a layer without transparency.
    ImageReadError
        The file cannot be read.
    """
    if given is None or isinstance(given, Hints):
        return given
    if isinstance(given, Hint):
        raise ValueError("hints are a list: put the one hint into one, [Hint(...)]")
    if isinstance(given, list | tuple):
        others = [hint for hint in given if not isinstance(hint, Hint)]
        if others:
            raise ValueError(f"hints are a list of unetcolor.Hint; one of them is {others[0]!r}")
        return _List(given) if given else None
    if not is_single(given) or (isinstance(given, str) and not given):
        raise ValueError(f"hints are a list of Hint, or a picture with transparency, not {type(given).__name__}")
    layer = take(given)
    colors, alpha = split_alpha(layer) if layer.ndim == 3 else (layer, None)
    if alpha is None:
        raise ValueError(
            "a layer of hints is transparent where there is no hint: four channels, RGB and alpha, not the shape "
            f"{layer.shape}"
        )
    # For its errors: a NaN is no color, and a dtype tells a range or does not.
    to_float(layer if layer.dtype.kind == "f" else layer[:1, :1])
    return _Layer(colors, alpha) if alpha.any() else None


def draw_layer(hints: Sequence[Hint], size: tuple[int, int], under: np.ndarray | None = None) -> np.ndarray:
    """Draw hints as a layer, to be kept in a file or changed in an editor.

    Parameters
    ----------
    hints
        Each becomes a disc; later ones cover earlier ones.
    size
        ``(height, width)`` of the photo.
    under
        Another layer of that size, uint8, which the discs cover; it is not changed.

    Returns
    -------
    uint8, shape ``(height, width, 4)``: RGB and alpha, transparent where there is no hint.

    Examples
    --------
    >>> from unetcolor.hints import Hint, draw_layer
    >>> layer = draw_layer([Hint(10, 20, "red", 3)], (60, 80))
    >>> layer[10, 20].tolist(), layer[30, 20].tolist()
    ([255, 0, 0, 255], [0, 0, 0, 0])
    """
    layer = np.zeros((*size, 4), np.uint8) if under is None else under.copy()
    for hint in hints:
        radius = hint.radius or _RADIUS * sqrt(size[0] * size[1])
        box = tuple(
            slice(max(0, floor(middle - radius)), min(length, ceil(middle + radius) + 1))
            for middle, length in zip((hint.row, hint.column), size, strict=True)
        )
        rows, columns = np.ogrid[box]
        within = (rows - hint.row) ** 2 + (columns - hint.column) ** 2 <= max(radius, 0.75) ** 2
        layer[box][within] = [*np.rint(np.multiply(hint.rgb, 255)), 255]
    return layer


def _points_of_disc(hint: Hint, size: tuple[int, int], grid: tuple[float, float]) -> np.ndarray:
    """Return rows and columns of points within the disc, evenly over each cell."""
    radius = hint.radius or _RADIUS * sqrt(size[0] * size[1])
    axes = []
    for middle, length, count in zip((hint.row, hint.column), size, grid, strict=True):
        step = length / count / _SAMPLES
        first, last = max(0.0, middle - radius), min(length - 1.0, middle + radius)
        axes.append((np.arange(np.floor((first + 0.5) / step), np.ceil((last + 0.5) / step) + 1) + 0.5) * step - 0.5)
    rows, columns = (axis.ravel() for axis in np.meshgrid(*axes, indexing="ij"))
    within = (rows - hint.row) ** 2 + (columns - hint.column) ** 2 <= radius**2
    within &= (rows >= -0.5) & (rows < size[0] - 0.5) & (columns >= -0.5) & (columns < size[1] - 0.5)
    return np.stack([rows[within], columns[within]], axis=1)


def _centers(count: int, length: float) -> np.ndarray:
    """Return where the centers of ``count`` pixels lie along the side of a photo of ``length`` pixels."""
    centers: np.ndarray = (np.arange(count) + 0.5) * length / count - 0.5
    return centers


def _cell_of(places: Any, length: float, count: float) -> np.ndarray:
    """Return the cell of each place along the side of a photo of ``length`` pixels, of ``count`` cells."""
    # A center that lies on the border of two cells must not fall back for a rounding error.
    cells = np.floor((np.asarray(places) + 0.5) * count / length + 1e-9).astype(int)
    clipped: np.ndarray = np.clip(cells, 0, ceil(count) - 1)
    return clipped


def _sum_in_cells(values: np.ndarray, size: tuple[int, int], grid: tuple[float, float]) -> np.ndarray:
    """Sum up rows ``(r, g, b, row, column, 1)``, each times its weight, in the cells of their places."""
    shape = ceil(grid[0]), ceil(grid[1])
    places = values[:, 3:5] / np.maximum(values[:, 5:], 1e-9)
    rows, columns = (_cell_of(places[:, i], size[i], grid[i]) for i in (0, 1))
    number = rows * shape[1] + columns
    sums = [np.bincount(number, weights=values[:, i], minlength=shape[0] * shape[1]) for i in range(6)]
    # Of no values at all, the sums are whole numbers.
    return np.stack(sums, axis=-1).reshape(*shape, 6).astype(float)


def _cells(sums: np.ndarray, size: tuple[int, int]) -> Cells:
    from scipy.ndimage import maximum_filter

    covered = sums[..., 5]
    # The rim of a patch covers some cells by little: they are left to the network. So small a hint that it nowhere
    # covers much counts where it covers most.
    places = (covered > 0) & (covered >= 0.5 * maximum_filter(covered, 3))
    means = sums / np.maximum(covered, 1e-9)[..., np.newaxis]
    pixels = np.clip(np.round(means[..., 3:5]).astype(int), 0, np.subtract(size, 1))
    return Cells(np.clip(means[..., :3], 0, 1).astype(np.float32), places, pixels)
