"""Measure how much the colors of a video flicker, with and without smoothing.

    python -m benchmarks.video

Two clips of photos that no preset was trained on, with film grain: one is nearly still, as if held by hand; in the
other something moves through the picture, with a cut in the middle. Flicker is the mean change of a* and b*, in their
units, of a pixel from one frame to the next; CIEDE2000 is the mean difference from the true colors.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from benchmarks.totals import table
from unetcolor import UNetColorizer, list_presets, samples
from unetcolor.codec import Codec
from unetcolor.images import from_float, to_float
from unetcolor.metrics import delta_e
from unetcolor.spaces.lab import Lab
from unetcolor.video.smoothing import TemporalSmoother

_HEIGHT, _WIDTH = 160, 240
_GRAIN = 0.02


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", choices=list_presets(), default="photo")
    parser.add_argument("--frames", type=int, default=48, help="frames of each clip (48)")
    parser.add_argument("--smoothing", type=float, nargs="+", default=[0.0, 0.5, 0.7, 0.8, 0.9])
    arguments = parser.parse_args()
    colorizer = UNetColorizer.from_preset(arguments.preset)
    clips = {"nearly still": list(still(arguments.frames)), "motion and a cut": list(motion(arguments.frames))}
    rows = []
    for name, truth in clips.items():
        gray = [with_grain(Codec(Lab()).plain_gray(frame), i) for i, frame in enumerate(truth)]
        rows.append([f"{name}: truth", f"{flicker(truth):.2f}", "0"])
        plain = [Codec(Lab()).plain_gray(frame) for frame in truth]
        rows.append([f"{name}: plain gray", "0", f"{error(truth, plain):.2f}"])
        for strength in arguments.smoothing:
            smoother = TemporalSmoother(strength)
            colored = list(colorizer.stream(gray, adjust=smoother, batch_size=8))
            rows.append([f"{name}: smoothing {strength:g}", f"{flicker(colored):.2f}", f"{error(truth, colored):.2f}"])
    print(table(["clip", "flicker", "CIEDE2000"], rows))


def still(count: int) -> Iterator[np.ndarray]:
    """Yield frames of a photo in the hands of somebody: they sway by a pixel or two."""
    photo, rng = samples.load_photo("coffee"), np.random.default_rng(0)
    place = np.zeros(2)
    for _ in range(count):
        place = 0.8 * place + rng.normal(0, 0.6, 2)
        top, left = np.clip(np.rint(place).astype(int) + 4, 0, 8)
        yield photo[top : top + _HEIGHT, left : left + _WIDTH]


def motion(count: int) -> Iterator[np.ndarray]:
    """Yield frames in which part of one photo crosses another, and after a cut the other way around."""
    photos = [samples.load_photo(name)[:_HEIGHT, :_WIDTH] for name in ("rocket", "astronaut")]
    for i in range(count):
        ground, thing = photos if i < count // 2 else photos[::-1]
        frame = ground.copy()
        left = 5 * (i % (count // 2)) % (_WIDTH - 60)
        frame[40:110, left : left + 60] = thing[40:110, 90:150]
        yield frame


def with_grain(gray: np.ndarray, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, _GRAIN, gray.shape[:2])[..., np.newaxis]
    return from_float(np.clip(to_float(gray) + noise, 0, 1), np.uint8)


def flicker(frames: list[np.ndarray]) -> float:
    chroma = [Lab().encode(to_float(frame))[1] for frame in frames]
    return float(np.mean([np.linalg.norm(b - a, axis=-1).mean() for a, b in pairwise(chroma)]))


def error(truth: list[np.ndarray], frames: list[np.ndarray]) -> float:
    return float(np.mean([delta_e(*pair) for pair in zip(truth, frames, strict=True)]))


if __name__ == "__main__":
    main()
