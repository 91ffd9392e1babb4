"""Score what hints bring: 0, 1, 2, 5, 10 and 50 of them, drawn from the true colors.

    python -m benchmarks.hints DATA

``DATA`` holds a folder of photos for each source; without it, these are the ten that ship and that no preset saw. Hints
are drawn as Zhang et al. 2017 draw them for training: around the middle, squares of one mean color. "network alone"
leaves out the correction after the network; "correction alone" shows the network no hint; "Levin et al. 2004" has the
hints and no network.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import numpy as np
from scipy.ndimage import uniform_filter
from scipy.sparse import coo_array, diags_array
from scipy.sparse.linalg import spsolve

from benchmarks.pictures import UNSEEN, Picture, listed
from benchmarks.totals import table
from unetcolor import UNetColorizer, samples
from unetcolor._progress import with_progress
from unetcolor.codec import Codec
from unetcolor.images import from_float, resize, to_float
from unetcolor.metrics import delta_e, psnr
from unetcolor.prediction import full_size
from unetcolor.prediction.predictor import Predictor
from unetcolor.spaces.lab import Lab
from unetcolor.training.hinting import draw_hints

NUMBERS = (0, 1, 2, 5, 10, 50)

# Photos are scored at this area, on which a hint is a square of 1 to 9 pixels, as in the paper.
_SIDE = 256
_LARGEST = 9

Way = Callable[[np.ndarray, np.ndarray], np.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", help="a folder with one folder of photos for each source")
    parser.add_argument("--photos", type=Path, help="a list of files in DATA (default: all)")
    parser.add_argument("--model", default="photo", help="the preset or the model file to score (photo)")
    parser.add_argument("--per-source", type=int, default=50, help="pictures of each source (50)")
    parser.add_argument("--numbers", type=int, nargs="*", default=NUMBERS, help="numbers of hints")
    arguments = parser.parse_args()
    predictor = UNetColorizer.load(arguments.model).predictor()
    if not predictor.codec.hints:
        raise SystemExit(f"{arguments.model} takes no hints")
    if arguments.data is None:
        pictures = [("shipped", samples.load_photo(name)) for name in UNSEEN]
    else:
        pictures = list(listed(arguments.data, arguments.photos, arguments.per_source))
    print(_tables(pictures, ways(predictor), arguments.numbers))


def ways(predictor: Predictor) -> dict[str, Way]:
    """Return what is compared: functions of a gray picture and a layer of hints."""

    def follow_nothing(colors: np.ndarray, *_: object) -> np.ndarray:
        return colors

    def show_none(luminance: np.ndarray, hints: object, size: object, codec: Codec) -> np.ndarray:
        return np.asarray(codec.without_hints(luminance))

    def ours(gray: np.ndarray, layer: np.ndarray) -> np.ndarray:
        return np.asarray(predictor.predict(gray, hints=layer, verbose=0))

    def network_alone(gray: np.ndarray, layer: np.ndarray) -> np.ndarray:
        with (
            mock.patch.object(full_size, "follow", follow_nothing),
            mock.patch.object(full_size, "between", lambda unhinted, hinted, *_: hinted),
        ):
            return ours(gray, layer)

    def correction_alone(gray: np.ndarray, layer: np.ndarray) -> np.ndarray:
        with mock.patch.object(full_size, "_with_hints", show_none):
            return ours(gray, layer)

    return {
        "unetcolor": ours,
        "network alone": network_alone,
        "correction alone": correction_alone,
        "Levin et al. 2004": levin,
    }


def _tables(pictures: list[Picture], compared: dict[str, Way], numbers: list[int]) -> str:
    errors: dict[tuple[str, int], list[float]] = {}
    ratios: dict[tuple[str, int], list[float]] = {}
    grays = []
    for index, (_, photo) in enumerate(with_progress(pictures, "Scoring", len(pictures), True)):
        truth = _reduced(photo)
        gray = Codec(Lab()).plain_gray(truth)
        grays.append((delta_e(truth, gray), psnr(truth, gray)))
        for number in numbers:
            colors, places = draw_hints(to_float(truth), number, _LARGEST, np.random.default_rng((index, number)))
            layer = np.dstack([from_float(colors, np.uint8), 255 * places.astype(np.uint8)])
            for name, way in compared.items():
                result = way(gray, layer)
                errors.setdefault((name, number), []).append(delta_e(truth, result))
                ratios.setdefault((name, number), []).append(psnr(truth, result))
    parts = [f"{len(pictures)} photos of about {_SIDE} x {_SIDE} pixels; means over photos"]
    for title, found, gray_mean in (
        ("CIEDE2000", errors, np.mean([error for error, _ in grays])),
        ("PSNR, dB", ratios, np.mean([ratio for _, ratio in grays])),
    ):
        rows = [["plain gray", *[f"{gray_mean:.2f}"] * len(numbers)]]
        rows += [[name, *(f"{np.mean(found[name, number]):.2f}" for number in numbers)] for name in compared]
        parts.append(f"{title}, by number of hints\n\n{table(['', *map(str, numbers)], rows)}")
    return "\n\n".join(parts)


def _reduced(photo: np.ndarray) -> np.ndarray:
    height, width = photo.shape[:2]
    size = full_size.working_size(height, width, _SIDE)
    return from_float(resize(to_float(photo), size), np.uint8)


def levin(gray: np.ndarray, layer: np.ndarray) -> np.ndarray:
    """Color a picture by its hints alone (Levin et al. 2004, "Colorization using Optimization").

    Neighboring pixels with similar lightness get similar colors: the chroma of each pixel is the weighted mean of its
    four neighbors', with the paper's weights exp(-(difference)^2 / (2 variance)), and that of the hints is given.
    """
    lightness, _ = Lab().encode(to_float(gray))
    _, given = Lab().encode(to_float(layer[..., :3]))
    known = layer[..., 3].ravel() > 0
    if not known.any():
        return gray
    height, width = gray.shape[:2]
    values = lightness[..., 0].astype(np.float64) / 100
    variance = np.maximum(uniform_filter(values**2, 3) - uniform_filter(values, 3) ** 2, 1e-5).ravel()
    number = np.arange(height * width).reshape(height, width)
    pairs = [(number[:-1], number[1:]), (number[:, :-1], number[:, 1:])]
    first, second = (np.concatenate([pair[i].ravel() for pair in pairs]) for i in (0, 1))
    of, near = np.concatenate([first, second]), np.concatenate([second, first])
    weights = np.exp(-((values.ravel()[of] - values.ravel()[near]) ** 2) / (2 * variance[of])) + 1e-6
    weights[known[of]] = 0
    sums = np.bincount(of, weights, height * width)
    neighbors = coo_array((weights / np.maximum(sums[of], 1e-12), (of, near)), shape=(height * width,) * 2)
    system = (diags_array(np.ones(height * width)) - neighbors).tocsc()
    wanted = np.where(known[:, np.newaxis], given.reshape(-1, 2), 0)
    chroma = np.stack([spsolve(system, wanted[:, i]) for i in range(2)], axis=-1).reshape(height, width, 2)
    return from_float(Lab().decode(lightness, chroma.astype(np.float32)), np.uint8)


if __name__ == "__main__":
    main()
