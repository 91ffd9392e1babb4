"""One photo, JPEG to JPEG: time and memory of unetcolor and of the naive way.

    python -m benchmarks.photo

Each size runs in a new process, whose memory is counted on top of the memory after everything was loaded. The naive way
shows the whole photo to the network and converts it with scikit-image. It needs so much memory that it gets only three
megapixels.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import psutil
from PIL import Image
from skimage.color import gray2rgb, lab2rgb, rgb2lab
from skimage.transform import resize

from benchmarks.pictures import large_photo
from unetcolor import UNetColorizer, samples
from unetcolor.images import read_image, write_image

SIZES = {"3": (1500, 2000), "12": (3000, 4000), "48": (6000, 8000)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--one", nargs=2, metavar=("WAY", "PHOTO"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        one(*arguments.one)
        return
    print("### JPEG to JPEG\n\n| | megapixels | kind | seconds | of these reading and writing | memory (GB) |")
    print("|---|---:|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for megapixels, (height, width) in SIZES.items():
            photo = large_photo(height, width)
            for kind, picture in (("gray", photo.mean(axis=-1).astype(np.uint8)), ("color", photo)):
                path = Path(folder, f"{kind}{megapixels}.jpg")
                Image.fromarray(picture).save(path, quality=92)
                for way in ("unetcolor", "naive") if (megapixels, kind) == ("3", "gray") else ("unetcolor",):
                    command = [sys.executable, "-m", "benchmarks.photo", "--one", way, str(path)]
                    done = subprocess.run(command, check=True, capture_output=True, text=True)
                    total, files, memory = done.stdout.split()[-3:]
                    print(f"| {way} | {megapixels} | {kind} | {total} | {files} | {memory} |", flush=True)
    print()


def one(way: str, path: str) -> None:
    """Colorize one photo three times; print the median seconds, those for files, and the peak of memory in GB."""
    colorizer = UNetColorizer.from_preset("photo")
    colorizer.predict(samples.load_photo("chelsea"), verbose=0)
    runs = []
    with PeakMemory() as memory:
        for _ in range(3 if way == "unetcolor" else 1):
            start = time.perf_counter()
            pixels = read_image(path)
            read = time.perf_counter()
            if way == "unetcolor":
                colored = np.asarray(colorizer.predict(pixels, verbose=0))
            else:
                colored = naive(colorizer, pixels)
            done = time.perf_counter()
            write_image(f"{path}.{way}.jpg", colored)
            end = time.perf_counter()
            runs.append((end - start, end - done + read - start))
    total, files = np.median(runs, axis=0)
    print(f"{total:.2f} {files:.2f} {memory.gigabytes:.2f}")


def naive(colorizer: UNetColorizer, pixels: np.ndarray) -> np.ndarray:
    """Show the whole photo to the network, and convert it with scikit-image."""
    lightness = rgb2lab(gray2rgb(pixels))[..., :1]
    inputs = np.zeros((1, *pixels.shape[:2], colorizer.model.input_shape[-1]), np.float32)
    # All else is zero, which says that there are no hints.
    inputs[0, ..., :1] = lightness / 100
    predicted = colorizer.model.predict(inputs, verbose=0)[0]
    colors = resize(predicted, (*pixels.shape[:2], 2)) * 255 - 128
    rgb = lab2rgb(np.concatenate([lightness, colors], axis=-1))
    return np.asarray(np.round(rgb * 255), np.uint8)


class PeakMemory:
    """Watches how much memory the process takes above what it takes at first."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._done = threading.Event()
        self._first = self._peak = self._process.memory_info().rss
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while not self._done.wait(0.002):
            self._peak = max(self._peak, self._process.memory_info().rss)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    @property
    def gigabytes(self) -> float:
        """The most, in GB."""
        return float(self._peak - self._first) / 1e9


if __name__ == "__main__":
    main()
