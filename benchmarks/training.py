"""Training of the classic network: pictures a second, and the time until the colors are good.

    python -m benchmarks.training                  # pictures a second
    python -m benchmarks.training portraits.npz    # the time to color, too: most of half an hour

The tutorial's way is a plain Keras model, trained on arrays that were converted with scikit-image beforehand; PyTorch
takes part where it is installed. The file holds ``train_images`` and ``test_images``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras
import numpy as np
from skimage.color import lab2rgb, rgb2lab

from benchmarks.timing import Way, compare, table
from unetcolor import UNetColorizer, build_unet, samples
from unetcolor.codec import Codec
from unetcolor.metrics import delta_e
from unetcolor.networks.precision import Precision

BATCH, STEPS = 32, 6
TUTORIAL = "the tutorial's way"

# Each lever is added to those above it: options of UNetColorizer, and the precision of its training.
LEVERS: dict[str, tuple[dict[str, Any], Precision]] = {
    "fused normalization, no autotuning": ({"momentum": 0.99}, "float32"),
    "bfloat16": ({"momentum": 0.99}, "auto"),
    "momentum 0.9: unetcolor's defaults": ({}, "auto"),
    "colors at half the size": ({"head_stride": 2}, "auto"),
    "pretrained encoder": ({"head_stride": 2, "encoder": "efficientnet_lite0"}, "auto"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", help="an .npz file")
    parser.add_argument("--epochs", type=int, default=25, help="epochs of the tutorial's way")
    arguments = parser.parse_args()
    print(f"### Pictures a second, batches of {BATCH}\n\n{throughput()}\n", flush=True)
    if arguments.data:
        print("### Time to color\n")
        time_to_color(arguments.data, arguments.epochs)


def throughput() -> str:
    """Return a table of the steps of one epoch, on the portraits that ship."""
    pictures = np.concatenate([samples.load_portraits()] * 2)[: BATCH * STEPS]
    luminance, targets = encode(pictures)
    plain = tutorial_model()
    ways: dict[str, Way] = {
        TUTORIAL: lambda: plain.fit(luminance, targets, batch_size=BATCH, epochs=1, verbose=0),
    }
    for name, (network, precision) in LEVERS.items():
        ways[name] = _epoch(UNetColorizer("lab", seed=1, **network), pictures, precision)
    if find_spec("torch"):
        from benchmarks.torch_unet import trainer

        for kind in ("float32", "bfloat16"):
            ways[f"PyTorch {kind}"] = _steps(trainer(kind), luminance, targets)
    return table(compare(ways, rounds=3), TUTORIAL, len(pictures), "pictures")


def _epoch(colorizer: UNetColorizer, pictures: np.ndarray, precision: Precision) -> Way:
    return lambda: colorizer.fit(pictures, epochs=1, batch_size=BATCH, precision=precision, verbose=0)


def _steps(step: Any, luminance: np.ndarray, targets: np.ndarray) -> Way:
    def run() -> None:
        for i in range(0, len(luminance), BATCH):
            step(luminance[i : i + BATCH], targets[i : i + BATCH])

    return run


def encode(pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return L*, a* and b* in 0..1, converted picture by picture, as the tutorial has it."""
    lab = np.stack([rgb2lab(picture / 255) for picture in pictures]).astype(np.float32)
    return lab[..., :1] / 100, (lab[..., 1:] + 128) / 255


def tutorial_model() -> keras.Model:
    model = build_unet(1, 2, momentum=0.99, seed=1)
    model.compile("adam", "mae")
    return model


def time_to_color(data: Path, epochs: int) -> None:
    """Print, for each way, the seconds of training until the score that the tutorial's way ends with is reached."""
    with np.load(data, allow_pickle=False) as arrays:
        train, test = arrays["train_images"], arrays["test_images"]
    gray = score(test, Codec(UNetColorizer("lab", filters=(4,)).space).plain_gray(test))
    print(f"Plain gray: CIEDE2000 {gray:.2f}.\n\n| | epoch | seconds of training | CIEDE2000 |\n|---|---:|---:|---:|")
    curve = list(tutorial_curve(train, test, epochs))
    goal = curve[-1][1]
    # The score of single epochs jumps, so the first epoch that is as good as the last one counts.
    epoch, (seconds, reached) = next((i + 1, each) for i, each in enumerate(curve) if each[1] <= goal)
    print(f"| {TUTORIAL}, its last epoch | {epochs} | {curve[-1][0]:.0f} | {goal:.2f} |")
    print(f"| {TUTORIAL}, as good for the first time | {epoch} | {seconds:.0f} | {reached:.2f} |", flush=True)
    for name, (network, precision) in LEVERS.items():
        for number, (seconds, reached) in enumerate(our_curve(train, test, network, precision, epochs), start=1):
            if reached <= goal or number == epochs:
                note = "" if reached <= goal else " (not reached)"
                print(f"| {name}{note} | {number} | {seconds:.0f} | {reached:.2f} |", flush=True)
                break


def score(truth: np.ndarray, pictures: np.ndarray) -> float:
    return float(np.mean([delta_e(a, b) for a, b in zip(truth, pictures, strict=True)]))


def tutorial_curve(train: np.ndarray, test: np.ndarray, epochs: int) -> Iterator[tuple[float, float]]:
    """Yield the seconds of training so far, and the score, after each epoch."""
    start = time.perf_counter()
    luminance, targets = encode(train)
    spent = time.perf_counter() - start
    test_luminance, _ = encode(test)
    model = tutorial_model()
    for _ in range(epochs):
        start = time.perf_counter()
        model.fit(luminance, targets, batch_size=BATCH, epochs=1, verbose=0)
        spent += time.perf_counter() - start
        predicted = model.predict(test_luminance, verbose=0) * 255 - 128
        lab = np.concatenate([test_luminance * 100, predicted], axis=-1)
        yield spent, score(test, np.stack([np.uint8(np.round(lab2rgb(picture) * 255)) for picture in lab]))


def our_curve(
    train: np.ndarray, test: np.ndarray, network: dict[str, Any], precision: Precision, epochs: int
) -> Iterator[tuple[float, float]]:
    """Yield the seconds of training so far, and the score, after each epoch."""
    colorizer = UNetColorizer("lab", seed=1, **network)
    spent = 0.0
    for _ in range(epochs):
        start = time.perf_counter()
        colorizer.fit(train, epochs=1, batch_size=BATCH, precision=precision, verbose=0)
        spent += time.perf_counter() - start
        yield spent, score(test, np.asarray(colorizer.predict(test, precision="float32", verbose=0)))


if __name__ == "__main__":
    main()
