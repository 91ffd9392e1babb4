"""Score the colors of colorizers, and of plain gray, on photos that they were not trained on.

    python -m benchmarks.color DATA --photos runs/photo/validation.txt --model "classic lab=classic_lab.keras"

``DATA`` holds a folder of photos for each source; ``--photos`` is a list of files in it, such as a recipe's
``validation.txt``. ``--npz`` adds the ``test_images`` of a file as one more source. Tables go to the screen, as
Markdown; ``--sheets FOLDER`` writes contact sheets: gray, each system, truth.
"""

from __future__ import annotations

import argparse
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.pictures import Picture, first_of_each_source, listed
from benchmarks.sheets import write_sheets
from benchmarks.totals import Totals, interval, table
from unetcolor import UNetColorizer, list_presets
from unetcolor._progress import with_progress
from unetcolor.codec import Codec
from unetcolor.images import from_float, resize, to_float
from unetcolor.metrics import delta_e
from unetcolor.spaces.lab import Lab

GRAY, TRUTH = "plain gray", "truth"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="a folder with one folder of photos for each source")
    parser.add_argument("--photos", type=Path, help="a list of files in DATA (default: all)")
    parser.add_argument("--npz", action="append", default=[], metavar="NAME=FILE", help="a file with test_images")
    parser.add_argument(
        "--model", action="append", default=[], metavar="NAME=FILE", help="a colorizer to score with the presets"
    )
    parser.add_argument("--preset", action="append", choices=list_presets(), help="a preset to score (default: all)")
    parser.add_argument("--saturation", type=float, default=1.0, help="as in predict")
    parser.add_argument("--per-source", type=int, default=100, help="pictures of each source (100)")
    parser.add_argument(
        "--sizes", type=int, nargs="*", default=[128, 192, 256, 384, 512], help="working sizes to compare"
    )
    parser.add_argument(
        "--size-pictures", type=int, default=5, help="pictures of each source for the comparison of sizes"
    )
    parser.add_argument("--sheets", type=Path, help="folder for contact sheets")
    arguments = parser.parse_args()

    systems = {f"preset {name}": UNetColorizer.from_preset(name) for name in arguments.preset or list_presets()}
    systems |= {name: UNetColorizer.load(path) for name, path in (pair.split("=", 1) for pair in arguments.model)}
    pictures = list(listed(arguments.data, arguments.photos, arguments.per_source))
    for name, path in (pair.split("=", 1) for pair in arguments.npz):
        with np.load(path, allow_pickle=False) as arrays:
            pictures += [(name, picture) for picture in arrays["test_images"][: arguments.per_source]]

    totals, kept = _score(pictures, systems, arguments.saturation)
    print(f"{len(pictures)} pictures\n\n{overall(totals)}\n\nCIEDE2000 by source\n\n{by_source(totals)}\n")
    if arguments.sizes:
        few = first_of_each_source(pictures, arguments.size_pictures)
        print(f"CIEDE2000 by working size, {len(few)} pictures\n\n{by_size(few, systems, arguments.sizes)}\n")
        print(
            f"CIEDE2000 between copies of one photo of several sizes\n\n{by_photo_size(few, systems, arguments.sizes)}"
        )
    if arguments.sheets:
        write_sheets(arguments.sheets, kept, totals)


def _score(
    pictures: list[Picture], systems: dict[str, UNetColorizer], saturation: float
) -> tuple[dict[str, Totals], list[dict[str, np.ndarray]]]:
    totals = {name: Totals() for name in (GRAY, *systems, TRUTH)}
    kept = []
    for source, truth in with_progress(pictures, "Scoring", len(pictures), True):
        shown = {GRAY: Codec(Lab()).plain_gray(truth)}
        for name, colorizer in systems.items():
            shown[name] = _color(colorizer, shown[GRAY], saturation=saturation)
        shown[TRUTH] = truth
        for name, picture in shown.items():
            totals[name].add(source, truth, picture)
        kept.append(shown)
    return totals, kept


def _color(colorizer: UNetColorizer, gray: np.ndarray, **options: Any) -> np.ndarray:
    (colored,) = colorizer.predict([gray], verbose=0, **options)
    return colored


def overall(totals: dict[str, Totals]) -> str:
    gray = totals[GRAY].values("delta_e")
    rows = []
    for name, own in totals.items():
        error = own.values("delta_e")
        low, high = interval(error)
        figures = [f"{error.mean():.2f}", f"{low:.2f} to {high:.2f}", f"{own.values('psnr').mean():.2f}"]
        figures += [f"{own.values('ssim').mean():.3f}", f"{own.rebalanced_auc():.1f}"]
        figures += [f"{100 * (error < gray).mean():.0f} %"]
        if name == TRUTH:
            figures = ["0", "", "", "", "100", ""]
        elif name == GRAY:
            figures[-1] = ""
        rows.append([name, *figures, f"{own.values('colorfulness').mean():.1f}", f"{own.set_colorfulness():.1f}"])
    header = ["", "CIEDE2000", "95 %", "PSNR", "SSIM", "AuC", "better than gray", "colorfulness", "of the set"]
    return table(header, rows)


def by_source(totals: dict[str, Totals]) -> str:
    names = [name for name in totals if name != TRUTH]
    rows = []
    for source in sorted(set(totals[GRAY].sources)):
        errors = [totals[name].values("delta_e", source) for name in names]
        better = [f"{error.mean():.2f} ({100 * (error < errors[0]).mean():.0f} %)" for error in errors[1:]]
        rows.append([source, len(errors[0]), f"{errors[0].mean():.2f}", *better])
    return table(["source", "pictures", GRAY, *(f"{name} (better)" for name in names[1:])], rows)


def by_size(pictures: list[Picture], systems: dict[str, UNetColorizer], sizes: list[int]) -> str:
    """Return the error at each working size, and the mean difference between the results of any two of them."""
    rows = []
    for name, colorizer in systems.items():
        errors, spread = [], []
        for _, truth in with_progress(pictures, f"Sizes of {name}", len(pictures), True):
            gray = Codec(Lab()).plain_gray(truth)
            results = [_color(colorizer, gray, size=size) for size in sizes]
            errors.append([delta_e(truth, result) for result in results])
            spread += [delta_e(first, second) for first, second in combinations(results, 2)]
        rows.append([name, *(f"{error:.2f}" for error in np.mean(errors, axis=0)), f"{np.mean(spread):.2f}"])
    return table(["", *map(str, sizes), "between sizes"], rows)


def by_photo_size(pictures: list[Picture], systems: dict[str, UNetColorizer], sizes: list[int]) -> str:
    """Return the mean difference between the results for copies of one photo, scaled to several longer sides."""
    rows = []
    for name, colorizer in systems.items():
        differences: dict[tuple[int, int], list[float]] = {pair: [] for pair in combinations(sizes, 2)}
        for _, truth in with_progress(pictures, f"Copies for {name}", len(pictures), True):
            gray = Codec(Lab()).plain_gray(truth)
            shapes = {size: _shape(gray, size) for size in sizes}
            results = {size: _color(colorizer, _resized(gray, shape)) for size, shape in shapes.items()}
            for first, second in differences:
                # Compared at the smaller size, because the additional detail of the larger one is not color.
                shrunk = _resized(results[second], shapes[first])
                differences[first, second].append(delta_e(results[first], shrunk))
        means = [float(np.mean(values)) for values in differences.values()]
        rows.append([name, *(f"{mean:.2f}" for mean in means), f"{np.mean(means):.2f}"])
    return table(["", *(f"{first}, {second}" for first, second in combinations(sizes, 2)), "mean"], rows)


def _shape(picture: np.ndarray, longer_side: int) -> tuple[int, int]:
    height, width = picture.shape[:2]
    scale = longer_side / max(height, width)
    return round(height * scale), round(width * scale)


def _resized(picture: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    return from_float(np.clip(resize(to_float(picture), shape), 0, 1), picture.dtype)


if __name__ == "__main__":
    main()
