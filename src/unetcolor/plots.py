"""Figures of pictures, color spaces and trainings; needs ``pip install "unetcolor[plot]"``.

Every function returns a ``matplotlib.figure.Figure`` that is made without pyplot: nothing is shown, no window system
is needed, and no figure stays in memory. Save it with ``figure.savefig("name.png")``. A notebook shows it if it is the
last value of a cell.

Pictures are sRGB, and their range follows from the dtype as everywhere in unetcolor: uint8 is 0 to 255, uint16 is 0 to
65535, floats are 0 to 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

from unetcolor.errors import require
from unetcolor.images import PictureLike, from_float, is_gray, split_alpha, take, to_float
from unetcolor.spaces import Channel, ColorSpace, get_color_space, in_strips

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Pictures: TypeAlias = np.ndarray | Sequence[np.ndarray]
"""A batch ``(n, height, width, 3)``, or pictures ``(height, width, 3)`` of any sizes."""

_DPI = 150
# The longer side of a picture, in inches.
_SMALL, _LARGE = 2.0, 3.0
# Inches above a picture for its title, and next to it for a color bar.
_TITLE, _BAR = 0.35, 0.7
# A picture smaller than this, in pixels, is drawn with visible pixels instead of blurred ones.
_FEW_PIXELS = 128


class Colorizes(Protocol):
    """What gives colors to pictures: a colorizer or a predictor."""

    @property
    def predict(self) -> Callable[..., Any]:
        """Returns a picture in color."""


def compare(colorizer: Colorizes, photo: PictureLike, **options: Any) -> Figure:
    """Draw a photo in gray and as it is colorized, and in its true colors if it has any.

    Parameters
    ----------
    colorizer
        A :class:`unetcolor.UNetColorizer` or a :class:`unetcolor.prediction.predictor.Predictor`.
    photo
        One picture, in any form that ``predict`` takes. Its alpha is left out.
    **options
        Those of ``predict``, such as ``saturation`` and ``hints``.

    Returns
    -------
    matplotlib.figure.Figure
        Axes from left to right: gray, which is the luminance that the color space keeps, colorized, and truth.

    Raises
    ------
    ValueError
        It is no single picture, or ``predict`` refuses it.

    Examples
    --------
    >>> from unetcolor import UNetColorizer, samples
    >>> figure = compare(UNetColorizer.from_preset("photo"), samples.photos()[0])
    >>> [ax.get_title() for ax in figure.axes]
    ['gray', 'colorized', 'truth']
    """
    pixels, _ = split_alpha(take(photo))
    # Hints and a reference have colors at any saturation.
    gray = {**options, "saturation": 0, "hints": None, "reference": None}
    panels = {"gray": colorizer.predict(pixels, **gray), "colorized": colorizer.predict(pixels, **options)}
    if pixels.ndim == 3 and not is_gray(from_float(to_float(pixels), np.uint8)):
        panels["truth"] = pixels
    images = {title: _picture(panel, title) for title, panel in panels.items()}
    width, height = _inches(images["gray"], _LARGE)
    figure = _new_figure(len(images) * width, height + _TITLE)
    for ax, (title, image) in zip(figure.subplots(1, len(images)), images.items(), strict=True):
        _draw(ax, image, title)
    return figure


def plot_comparison(truth: Pictures, colorized: Pictures, gray: Pictures | None = None, *, count: int = 5) -> Figure:
    """Draw gray, colorized and true pictures below each other, one column a picture.

    Parameters
    ----------
    truth, colorized
        The same number of pictures each.
    gray
        The same number of pictures, ``(height, width)``, ``(height, width, 1)`` or ``(height, width, 3)``. None leaves
        the row out.
    count
        The largest number of pictures to draw, from the first one on.

    Returns
    -------
    matplotlib.figure.Figure
        Axes row by row: gray (if given), colorized, truth.

    Raises
    ------
    ValueError
        There are no pictures, their numbers differ, or a picture has another shape.

    Examples
    --------
    >>> from unetcolor import samples
    >>> portraits = samples.load_portraits()[:8]
    >>> len(plot_comparison(portraits, portraits // 2, portraits[..., 1], count=4).axes)
    12
    """
    rows = {"gray": gray, "colorized": colorized, "truth": truth}
    given = {label: pictures for label, pictures in rows.items() if pictures is not None}
    numbers = {label: len(pictures) for label, pictures in given.items()}
    if len(set(numbers.values())) > 1:
        raise ValueError(f"give as many pictures of each kind, not {numbers}")
    if not numbers["truth"] or count < 1:
        raise ValueError(f"there must be at least one picture to draw; got {numbers['truth']}, and count={count}")
    columns = min(count, numbers["truth"])
    images = {label: [_picture(pictures[i], label) for i in range(columns)] for label, pictures in given.items()}
    # All pictures have one height, and each column is as wide as its picture.
    aspects = [image.shape[1] / image.shape[0] for image in images["truth"]]
    height = _SMALL / max(1.0, sum(aspects) / columns)
    figure = _new_figure(sum(aspects) * height + _TITLE, len(given) * height)
    axes = figure.subplots(len(given), columns, squeeze=False, width_ratios=aspects)
    for row, (label, row_images) in zip(axes, images.items(), strict=True):
        for ax, image in zip(row, row_images, strict=True):
            _draw(ax, image)
        row[0].set_ylabel(label)
    return figure


def plot_luminance(rgb: np.ndarray, spaces: str | ColorSpace | Iterable[str | ColorSpace] = ("rgb", "lab")) -> Figure:
    """Draw a picture next to its luminance in some color spaces: what a network of each space sees.

    Parameters
    ----------
    rgb
        A picture, ``(height, width, 3)``.
    spaces
        Color spaces or their names; a single one needs no list.

    Returns
    -------
    matplotlib.figure.Figure
        The picture, then each luminance in network units, so that 0 is black and 1 white.

    Examples
    --------
    >>> from unetcolor import samples
    >>> figure = plot_luminance(samples.load_photo("coffee"))
    >>> [ax.get_title() for ax in figure.axes]
    ['picture', 'gray (rgb)', 'L* (lab)']
    """
    picture = _picture(rgb, "rgb")
    # A string is an iterable of letters.
    several = (spaces,) if isinstance(spaces, str | ColorSpace) else spaces
    chosen = [get_color_space(space) for space in several]
    width, height = _inches(picture, _LARGE)
    figure = _new_figure((1 + len(chosen)) * width, height + _TITLE)
    first, *others = figure.subplots(1, 1 + len(chosen), squeeze=False)[0]
    _draw(first, picture, title="picture")
    for ax, space in zip(others, chosen, strict=True):
        luminance, _ = space.normalize(*in_strips(space.encode, picture))
        _draw(ax, luminance[..., 0], title=f"{space.luminance.name} ({space.name})")
    return figure


def plot_channels(rgb: np.ndarray, space: str | ColorSpace) -> Figure:
    """Draw every channel of a picture in a color space, with its range and a color bar in natural units.

    Parameters
    ----------
    rgb
        A picture, ``(height, width, 3)``.
    space
        A color space, or its name.

    Returns
    -------
    matplotlib.figure.Figure
        The luminance, then the targets, each with its least and greatest value in the title. The bar goes from the
        channel's ``low`` to its ``high``. A channel with values of both signs is drawn in blue below zero, white
        at zero, and red above.

    Examples
    --------
    >>> from unetcolor import samples
    >>> figure = plot_channels(samples.load_photo("coffee"), "lab")
    >>> figure.axes[0].get_title()
    'L*: 0.2 to 100.0'
    """
    picture = _picture(rgb, "rgb")
    chosen = get_color_space(space)
    channels = (chosen.luminance, *chosen.targets)
    values = np.concatenate(in_strips(chosen.encode, picture), axis=-1)
    width, height = _inches(picture, _LARGE)
    figure = _new_figure(len(channels) * (width + _BAR), height + _TITLE)
    for i, (ax, channel) in enumerate(zip(figure.subplots(1, len(channels)), channels, strict=True)):
        _draw_channel(ax, values[..., i], channel)
    return figure


def plot_history(history: Any) -> Figure:
    """Draw the course of a training: each metric over the epochs, training and validation in one plot.

    Parameters
    ----------
    history
        The ``keras.callbacks.History`` that ``fit`` returns, or its dict ``history.history``.

    Returns
    -------
    matplotlib.figure.Figure
        One plot for each metric; epochs count from 1.

    Raises
    ------
    ValueError
        The history holds no epochs, or a metric does not have one value for each.

    Examples
    --------
    >>> figure = plot_history({"loss": [0.9, 0.5, 0.4], "val_loss": [0.8, 0.6, 0.6]})
    >>> figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()
    ('epoch', 'loss')
    """
    curves: Mapping[str, Sequence[float]] = getattr(history, "history", history)
    epochs = max((len(values) for values in curves.values()), default=0)
    if not epochs:
        raise ValueError("the history holds no epochs")
    for name, values in curves.items():
        # If only some epochs were validated, Keras does not record which.
        if len(values) != epochs:
            raise ValueError(f"each metric must have a value for each epoch: {name!r} has {len(values)} for {epochs}")
    names = list(dict.fromkeys(name.removeprefix("val_") for name in curves))
    figure = _new_figure(4.0 * len(names), 3.0)
    # Only after _new_figure, which says what to install if matplotlib is missing.
    from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

    for ax, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        for key, label in ((name, "training"), (f"val_{name}", "validation")):
            if key in curves:
                # Points as well as a line: the line of a single epoch would not be visible.
                ax.plot(range(1, epochs + 1), curves[key], label=label, marker=".")
        drawn = [value for key in (name, f"val_{name}") for value in curves.get(key, [])]
        if min(drawn) > 0 and max(drawn) > 10 * min(drawn):
            # On a linear scale the first epochs would press all others onto the axis.
            ax.set_yscale("log")
            ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            ax.yaxis.set_major_formatter("{x:g}")
            ax.yaxis.set_minor_formatter(NullFormatter())
        ax.set_xlabel("epoch")
        ax.set_ylabel(name)
        ax.set_xlim(0.5, epochs + 0.5)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        ax.grid(alpha=0.3)
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(frameon=False)
    return figure


def _new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of a size in inches, or say how to install matplotlib."""
    require("matplotlib", "plot")
    from unetcolor._figure import ShownFigure

    return ShownFigure(figsize=(width, height), dpi=_DPI, layout="compressed")


def _picture(pixels: np.ndarray, what: str) -> np.ndarray:
    """Return a picture as floats in ``[0, 1]``: ``(height, width, 3)``, or for gray also ``(height, width)``."""
    shape = np.shape(pixels)
    is_gray = what == "gray" and (len(shape) == 2 or (len(shape) == 3 and shape[-1] == 1))
    if not is_gray and (len(shape) != 3 or shape[-1] != 3):
        allowed = (
            "(height, width), (height, width, 1) or (height, width, 3)" if what == "gray" else "(height, width, 3)"
        )
        raise ValueError(f"{what}: a picture must have the shape {allowed}, not {shape}")
    floats = to_float(np.asarray(pixels))
    return floats.reshape(shape[:2]) if is_gray else floats


def _inches(image: np.ndarray, longer_side: float) -> tuple[float, float]:
    """Return width and height for a picture."""
    height, width = image.shape[:2]
    scale = longer_side / max(height, width)
    return width * scale, height * scale


def _draw(ax: Axes, image: np.ndarray, title: str = "", **options: Any) -> Any:
    """Draw a picture without ticks: colors as they are, one channel in gray if no color map is given."""
    small = max(image.shape[:2]) < _FEW_PIXELS
    if not options:
        options = {"cmap": "gray", "vmin": 0.0, "vmax": 1.0}
    drawn = ax.imshow(image, interpolation="nearest" if small else "auto", **options)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    ax.set_title(title, fontsize="medium")
    return drawn


def _draw_channel(ax: Axes, values: np.ndarray, channel: Channel) -> None:
    low, high = channel.low, channel.high
    title = f"{channel.name}: {values.min():{_digits(channel)}} to {values.max():{_digits(channel)}}"
    if low < 0 < high:
        # The same range below and above zero, so that equal distances from gray look equally strong.
        end = max(-low, high)
        drawn = _draw(ax, values, title, cmap="RdBu_r", vmin=-end, vmax=end)
    else:
        drawn = _draw(ax, values, title, cmap="gray", vmin=low, vmax=high)
    # An inset is exactly as high as the picture.
    bar = ax.figure.colorbar(drawn, cax=ax.inset_axes((1.03, 0.0, 0.05, 1.0)))
    bar.ax.set_ylim(low, high)
    bar.set_ticks([low, 0.0 if low < 0 < high else (low + high) / 2, high])
    bar.outline.set_visible(False)


def _digits(channel: Channel) -> str:
    return ".1f" if channel.high - channel.low > 10 else ".2f"
