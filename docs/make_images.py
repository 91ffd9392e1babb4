"""Draw the pictures of the documentation, except those of the classic experiment.

Run: ``python docs/make_images.py [--models FOLDER]``; ``docs/measure.py`` uses the same folder.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from measure import (
    LAB,
    clip_channels,
    luminance_of,
    quickstart,
    quickstart_parts,
    upsample_bilinear,
    upsample_nearest,
    upsample_ours,
)

from unetcolor import samples
from unetcolor.codec import Codec
from unetcolor.images import resize, to_float
from unetcolor.plots import plot_channels, plot_comparison, plot_history, plot_luminance

IMAGES = Path(__file__).parent / "images"


def panels(rows: list[list[np.ndarray]], titles: list[str], width: float, zoom: bool = False) -> Figure:
    """Draw rows of pictures of one size, with a title above each column."""
    height = rows[0][0].shape[0] / rows[0][0].shape[1] * width
    figure = Figure(figsize=(len(titles) * width, len(rows) * height + 0.3), dpi=150, layout="compressed")
    axes = figure.subplots(len(rows), len(titles), squeeze=False)
    for row, pictures in zip(axes, rows, strict=True):
        for ax, picture in zip(row, pictures, strict=True):
            ax.imshow(picture, interpolation="nearest" if zoom else "auto")
            ax.set_axis_off()
    for ax, title in zip(axes[0], titles, strict=True):
        ax.set_title(title, fontsize="medium")
    return figure


def draw_gamut() -> Figure:
    """Double the chroma of a photo, and bring it into sRGB in two ways."""
    picture = to_float(samples.load_photo("scene_the-spices-of-life")).astype(np.float64)
    luminance, targets = LAB.encode(picture)
    clipped = clip_channels(luminance, 2 * targets)
    pulled = LAB.decode(luminance, 2 * targets)
    figure = Figure(figsize=(9.0, 2.6), dpi=150, layout="compressed")
    *axes, last = figure.subplots(1, 4)
    titles = ("photo", "clipped", "pulled toward gray")
    for ax, shown, title in zip(axes, (picture, clipped, pulled), titles, strict=True):
        ax.imshow(shown)
        ax.set_title(title, fontsize="medium")
        ax.set_axis_off()
    change = last.imshow(luminance_of(clipped) - luminance[..., 0], cmap="RdBu_r", vmin=-12, vmax=12)
    last.set_title("L* changed by clipping", fontsize="medium")
    last.set_axis_off()
    figure.colorbar(change, ax=last, shrink=0.7)
    return figure


def draw_full_size(name: str, rows: slice, columns: slice, factor: int = 4) -> Figure:
    """Scale a photo's true colors down and up again; show a part of it, and below its colors at one luminance."""
    picture = to_float(samples.load_photo(name))
    size = (round(picture.shape[0] / factor), round(picture.shape[1] / factor))
    luminance, targets = LAB.normalize(*LAB.encode(picture))
    small_luminance, _ = LAB.normalize(*LAB.encode(resize(picture, size)))
    small = resize(targets, size)
    ways = {
        "truth": targets,
        "nearest": upsample_nearest(small, small_luminance, luminance),
        "bilinear": upsample_bilinear(small, small_luminance, luminance),
        "edge-aware": upsample_ours(small, small_luminance, luminance),
    }
    shown: list[list[np.ndarray]] = [[], []]
    for row, guide in zip(shown, (luminance, np.full_like(luminance, 0.6)), strict=True):
        for colors in ways.values():
            rgb = LAB.decode(*LAB.denormalize(guide, colors.astype(np.float32)))
            row.append(rgb[rows, columns])
    return panels(shown, list(ways), 2.3, zoom=True)


def main() -> None:
    """Write all pictures."""
    parser = argparse.ArgumentParser(description="Draw the pictures of the documentation.")
    parser.add_argument("--models", type=Path, help="folder in which trained colorizers are kept")
    arguments = parser.parse_args()
    _, test = quickstart_parts()
    lab, history = quickstart("lab", arguments.models)
    rgb, _ = quickstart("rgb", arguments.models)
    astronaut = samples.load_photo("astronaut")
    gray = Codec(lab.space).plain_gray(astronaut)
    figures = {
        "tutorial_luminance": plot_luminance(test[5]),
        "tutorial_channels": plot_channels(test[5], "lab"),
        "tutorial_history": plot_history(history),
        "tutorial_lab": plot_comparison(test, lab.predict(test), Codec(lab.space).plain_gray(test), count=6),
        "tutorial_rgb": plot_comparison(test, rgb.predict(test), Codec(rgb.space).plain_gray(test), count=6),
        "tutorial_photo": panels([[gray, lab.predict(gray), astronaut]], ["gray", "colorized", "truth"], 2.6),
        "luminance": plot_luminance(samples.load_photo("scene_extreme-desert-hike")),
        "gamut": draw_gamut(),
        "full_size": draw_full_size("scene_roman-colosseum", slice(38, 118), slice(30, 126)),
    }
    for name, figure in figures.items():
        figure.savefig(IMAGES / f"{name}.png", bbox_inches="tight", pad_inches=0.05)


if __name__ == "__main__":
    main()
