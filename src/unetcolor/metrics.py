"""How close a colorized picture is to the true one, and how colorful it is.

Every metric takes sRGB pictures of shape ``(height, width, 3)``, whose range follows from the dtype as everywhere in
unetcolor: uint8 is 0 to 255, uint16 is 0 to 65535, floats are 0 to 1. Truth and prediction may differ in dtype.

A gray picture is already near the truth, with a PSNR of about 20 dB for the pictures that ship, so no score means much
by itself: :func:`summarize` gives each score next to the score of the plain gray picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import zip_longest

import numpy as np

from unetcolor.errors import counted
from unetcolor.images import to_float
from unetcolor.spaces import in_strips
from unetcolor.spaces.lab import Lab

# scikit-image is imported where it is used: it imports SciPy, which takes longer than NumPy itself.

# The window of Wang et al. (2004) as in scikit-image: uniform, 7 pixels wide.
_SSIM_WINDOW = 7


def psnr(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Return the peak signal-to-noise ratio over all pixels and channels, in dB; higher is better.

    Parameters
    ----------
    truth, predicted
        Two pictures of one shape, ``(height, width, 3)``.

    Returns
    -------
    float
        ``10 log10(1 / MSE)`` of values in ``[0, 1]``; infinite for equal pictures.

    Examples
    --------
    >>> black, gray = np.zeros((2, 2, 3)), np.full((2, 2, 3), 0.1)
    >>> round(psnr(black, gray), 3)
    20.0
    """
    first, second = _pair(truth, predicted)
    error = float(np.mean((first - second) ** 2))
    return -10 * float(np.log10(error)) if error > 0 else float("inf")


def ssim(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Return the structural similarity (Wang et al. 2004), mean of the three channels; higher is better.

    The window is uniform and has 7 by 7 pixels, or, in a smaller picture, the largest odd size that fits.

    Parameters
    ----------
    truth, predicted
        Two pictures of one shape, ``(height, width, 3)``.

    Returns
    -------
    float
        From -1 to 1 (equal pictures); NaN for a picture less than 3 pixels high or wide, which has no structure.

    Examples
    --------
    >>> picture = np.random.default_rng(0).random((8, 8, 3))
    >>> ssim(picture, picture)
    1.0
    >>> ssim(picture[:2], picture[:2])
    nan
    """
    from skimage.metrics import structural_similarity

    first, second = _pair(truth, predicted)
    side = min(_SSIM_WINDOW, *first.shape[:2])
    window = side if side % 2 else side - 1
    if window < 3:
        return float("nan")
    return float(structural_similarity(first, second, win_size=window, channel_axis=-1, data_range=1.0))


def delta_e(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Return the mean color difference CIEDE2000 (CIE 142-2001) over all pixels; lower is better.

    Parameters
    ----------
    truth, predicted
        Two pictures of one shape, ``(height, width, 3)``.

    Returns
    -------
    float
        0 for equal pictures; about 1 is the least visible difference, 100 is black against white.

    Examples
    --------
    >>> red, orange = np.uint8([[[255, 0, 0]]]), np.uint8([[[255, 128, 0]]])
    >>> round(delta_e(red, orange), 1)
    21.2
    """
    return float(delta_e_map(truth, predicted).mean())


def delta_e_map(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Return the color difference CIEDE2000 of every pixel, shape ``(height, width)``: it shows where colors differ."""
    from skimage.color import deltaE_ciede2000

    first, second = (np.concatenate(in_strips(Lab().encode, rgb), axis=-1) for rgb in _pair(truth, predicted))
    return np.asarray(deltaE_ciede2000(first, second))


def colorfulness(rgb: np.ndarray) -> float:
    """Return the colorfulness M3 of Hasler and Suesstrunk (2003).

    With the opponent colors ``rg = R - G`` and ``yb = (R + G) / 2 - B`` in units of 0 to 255, it is the length of
    their standard deviations plus 0.3 times the length of their means. The differences keep their signs: many
    copies of the formula take absolute values, which makes a picture of red and green seem duller than it is.

    Parameters
    ----------
    rgb
        A picture of shape ``(height, width, 3)``.

    Returns
    -------
    float
        0 for gray; the paper calls 15 slightly, 33 moderately, 59 quite, and 109 extremely colorful.

    Examples
    --------
    >>> red_and_blue = np.uint8([[[255, 0, 0], [0, 0, 255]]])
    >>> round(colorfulness(red_and_blue), 2)
    272.62
    """
    red, green, blue = np.moveaxis(255 * _picture(rgb, "the picture"), -1, 0)
    rg = red - green
    yb = (red + green) / 2 - blue
    return float(np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean()))


def scores(truth: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Return all metrics of one prediction.

    Parameters
    ----------
    truth, predicted
        Two pictures of one shape, ``(height, width, 3)``.

    Returns
    -------
    dict
        ``"psnr"``, ``"ssim"``, ``"delta_e"``, and the prediction's ``"colorfulness"``.
    """
    return {
        "psnr": psnr(truth, predicted),
        "ssim": ssim(truth, predicted),
        "delta_e": delta_e(truth, predicted),
        "colorfulness": colorfulness(predicted),
    }


def summarize(
    truth: Iterable[np.ndarray], predicted: Iterable[np.ndarray], gray: Iterable[np.ndarray]
) -> dict[str, float]:
    """Return the mean scores of many predictions, with those of the plain gray pictures.

    The pictures are taken one by one, so generators of any length can be passed.

    Parameters
    ----------
    truth, predicted, gray
        The same number of pictures each. The three pictures of a number have one shape ``(height, width, 3)``; it may
        differ from number to number. The gray pictures have three equal channels.

    Returns
    -------
    dict
        Means over the pictures: ``"psnr"``, ``"ssim"``, ``"delta_e"`` and ``"colorfulness"`` of the predictions,
        the same scores of the gray pictures as ``"gray_psnr"`` and so on, and ``"true_colorfulness"``. Then
        ``"better_than_gray"``, the share from 0 to 1 of the predictions whose ``delta_e`` is lower than gray's,
        and ``"pictures"``, their number. One perfect picture makes a mean PSNR infinite, and one without SSIM
        makes that mean NaN.

    Raises
    ------
    ValueError
        There are no pictures, the numbers of pictures differ, or the shapes of the three pictures of a number do.
    """
    sums: dict[str, float] = {}
    for number, pictures in enumerate(zip_longest(truth, predicted, gray), start=1):
        lacking = [name for name, x in zip(("truth", "predicted", "gray"), pictures, strict=True) if x is None]
        if lacking:
            raise ValueError(f"give as many pictures of each kind: there is no picture {number} in {lacking[0]}")
        for name, value in _score_beside_gray(*pictures).items():
            sums[name] = sums.get(name, 0.0) + value
    if not sums:
        raise ValueError("there are no pictures to score")
    count = sums["pictures"]
    return {name: total / count for name, total in sums.items()} | {"pictures": count}


def format_scores(summary: Mapping[str, float]) -> str:
    """Return the result of :func:`summarize` as a small table in plain text.

    Examples
    --------
    >>> summary = {"psnr": 24.46, "ssim": 0.93, "delta_e": 8.1, "colorfulness": 27.2, "true_colorfulness": 34.5}
    >>> summary |= {"gray_psnr": 22.9, "gray_ssim": 0.915, "gray_delta_e": 12.43, "gray_colorfulness": 0.0}
    >>> print(format_scores(summary | {"better_than_gray": 0.87, "pictures": 200}))
                  colorized  plain gray     truth
    PSNR (dB)         24.46       22.90         -
    SSIM              0.930       0.915         -
    CIEDE2000          8.10       12.43         -
    colorfulness      27.20        0.00     34.50
    better than gray on 87 % of 200 pictures
    """
    lines = [f"{'':<12}{'colorized':>11}{'plain gray':>12}{'truth':>10}"]
    for title, name, digits in (
        ("PSNR (dB)", "psnr", 2),
        ("SSIM", "ssim", 3),
        ("CIEDE2000", "delta_e", 2),
        ("colorfulness", "colorfulness", 2),
    ):
        # Only colorfulness is a score of the truth alone.
        true = f"{summary['true_colorfulness']:.{digits}f}" if name == "colorfulness" else "-"
        lines.append(f"{title:<12}{summary[name]:>11.{digits}f}{summary[f'gray_{name}']:>12.{digits}f}{true:>10}")
    pictures = counted(round(summary["pictures"]), "picture")
    lines.append(f"better than gray on {100 * summary['better_than_gray']:.0f} % of {pictures}")
    return "\n".join(lines)


def _score_beside_gray(truth: np.ndarray, predicted: np.ndarray, gray: np.ndarray) -> dict[str, float]:
    colorized, plain = scores(truth, predicted), scores(truth, gray)
    return {
        **colorized,
        **{f"gray_{name}": value for name, value in plain.items()},
        "true_colorfulness": colorfulness(truth),
        "better_than_gray": float(colorized["delta_e"] < plain["delta_e"]),
        "pictures": 1,
    }


def _pair(truth: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return two pictures as float64 in ``[0, 1]``, checked for one shape."""
    if np.shape(truth) != np.shape(predicted):
        raise ValueError(f"truth and prediction must have one shape, not {np.shape(truth)} and {np.shape(predicted)}")
    return _picture(truth, "the truth"), _picture(predicted, "the prediction")


def _picture(pixels: np.ndarray, what: str) -> np.ndarray:
    """Return one picture as float64 in ``[0, 1]``: float32 would lose digits in sums over many pixels."""
    shape = np.shape(pixels)
    if len(shape) != 3 or shape[-1] != 3 or 0 in shape:
        raise ValueError(f"{what} must be one picture of shape (height, width, 3), not {shape}")
    return to_float(np.asarray(pixels)).astype(np.float64)
