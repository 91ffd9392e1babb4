"""Draw the pictures of the pages on presets, from pictures that ship and that no preset was trained on.

    python -m docs.make_preset_images

Of the pictures in ``unetcolor.samples``, those listed here are in none of the training sources, or in the tenth of
their source that was set aside for validation.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from skimage.filters import gaussian

from benchmarks.pictures import UNSEEN
from benchmarks.sheets import write_sheet
from unetcolor import UNetColorizer, samples
from unetcolor.codec import Codec
from unetcolor.images import read_rgb
from unetcolor.metrics import colorfulness, delta_e
from unetcolor.spaces.lab import Lab

PORTRAITS = (
    *("B001232", "B001271", "C000537", "C001089", "D000482", "G000021", "G000289", "H001052"),
    *("K000367", "K000378", "L000043", "L000447", "L000567", "P000590", "R000582", "R000592"),
)

README = ("coffee", "chelsea", "scene_canyon-wren", "scene_oakland-zoo-otters")

FOLDER = Path(__file__).parent
IMAGES = FOLDER / "images"

SATURATIONS = (0.5, 1.0, 1.5, 2.0)


def main() -> None:
    """Draw all of them."""
    photo = UNetColorizer.from_preset("photo")
    photos = [samples.load_photo(name) for name in UNSEEN]
    by_name = {path.stem: path for path in samples.portraits()}
    portraits = [read_rgb(by_name[name]) for name in PORTRAITS]
    write_sheet(IMAGES / "preset_photo.jpg", colored(photo, photos), blocks=2)
    shown = [photos[UNSEEN.index(name)] for name in README]
    write_sheet(IMAGES / "readme.jpg", colored(photo, shown), blocks=2)
    write_sheet(IMAGES / "preset_portrait.jpg", colored(photo, portraits), blocks=4, height=120)
    write_sheet(IMAGES / "preset_aged.jpg", colored(photo, photos, aged=True), blocks=2)
    few = [photos[UNSEEN.index(name)] for name in ("astronaut", "scene_canyon-wren", "scene_oakland-zoo-otters")]
    write_sheet(IMAGES / "saturation.jpg", [saturated(photo, truth) for truth in few])
    training_curve(IMAGES / "preset_training.png")


def colored(colorizer: UNetColorizer, pictures: list[np.ndarray], aged: bool = False) -> list[dict[str, np.ndarray]]:
    """Return rows of gray, colorized and true pictures, and print their scores."""
    rows = []
    for i, truth in enumerate(pictures):
        gray = age(Codec(Lab()).plain_gray(truth), i) if aged else Codec(Lab()).plain_gray(truth)
        (result,) = colorizer.predict([gray], verbose=0)
        rows.append({"aged" if aged else "gray": gray, "colorized": result, "truth": truth})
    errors = [delta_e(row["truth"], row["colorized"]) for row in rows]
    gray_errors = [delta_e(row["truth"], row["aged" if aged else "gray"]) for row in rows]
    vivid = np.mean([colorfulness(row["colorized"]) for row in rows])
    true = np.mean([colorfulness(truth) for truth in pictures])
    kind = "aged" if aged else "clean"
    print(
        f"{len(pictures)} {kind} pictures: CIEDE2000 {np.mean(errors):.2f}, plain gray {np.mean(gray_errors):.2f}; "
        f"better on {np.sum(np.less(errors, gray_errors))}; colorfulness {vivid:.1f} of {true:.1f}"
    )
    return rows


def saturated(colorizer: UNetColorizer, truth: np.ndarray) -> dict[str, np.ndarray]:
    """Return a row of one picture at several saturations."""
    gray = Codec(Lab()).plain_gray(truth)
    row = {f"saturation={s}": colorizer.predict([gray], saturation=s, verbose=0)[0] for s in SATURATIONS}
    return {"gray": gray, **row, "truth": truth}


def age(gray: np.ndarray, seed: int) -> np.ndarray:
    """Make a gray photo look old: soft, grainy, faded, scratched."""
    rng = np.random.default_rng(seed)
    values = gaussian(gray[..., 0] / 255, 1.0)
    values += rng.normal(0, 0.04, values.shape)
    values = 0.15 + 0.7 * values
    for column in rng.integers(0, values.shape[1], 3):
        values[:, column] = 0.9
    return np.repeat(np.round(255 * np.clip(values, 0, 1)).astype(np.uint8)[..., np.newaxis], 3, axis=-1)


def training_curve(path: Path) -> None:
    """Plot the held-out scores over the epochs of the trainings."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 3.6), layout="constrained")
    names = ("photo", "widen", "finish", "polish")
    for axes, name in zip(figure.subplots(1, len(names), sharey=True), names, strict=True):
        with open(FOLDER / "training" / f"{name}.csv", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["delta_e"]]
        epochs = [int(row["epoch"]) for row in rows]
        axes.plot(epochs, [float(row["gray_delta_e"]) for row in rows], color="0.5", label="plain gray")
        axes.plot(epochs, [float(row["delta_e"]) for row in rows], marker="o", label="colorized")
        axes.set(title=name, xlabel="epoch (6,400 pictures)")
        axes.xaxis.get_major_locator().set_params(integer=True)
    figure.axes[0].set_ylabel("CIEDE2000, held-out photos")
    figure.axes[0].legend()
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
