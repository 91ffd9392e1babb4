"""Many predictions take no more memory than a few: 300 over 40 sizes, and 5,000 over 200 sizes with ``--long``."""

from __future__ import annotations

import subprocess
import sys

import pytest

# In MB: what TensorFlow takes and gives back goes up and down by some.
MOST_GROWTH = 50

PREDICT = """
import sys
import numpy as np
import psutil
from unetcolor import UNetColorizer

count, sizes = map(int, sys.argv[1:])
random = np.random.default_rng(0)
shapes = random.integers(40, 240, (sizes, 2))
colorizer = UNetColorizer.from_preset("photo")


def memory():
    return psutil.Process().memory_info().rss / 1e6


for number in range(count + sizes):
    if number == sizes:
        before = memory()
    photo = random.integers(0, 256, shapes[number % sizes], np.uint8)
    colorizer.predict(photo, verbose=0)
print(before, memory() - before)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_predictions(is_long: bool) -> None:
    count, sizes = (5000, 200) if is_long else (300, 40)
    command = [sys.executable, "-c", PREDICT, str(count), str(sizes)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    before, growth = map(float, done.stdout.split())
    print(f"{count} predictions over {sizes} sizes: {growth:+.0f} MB after {before:.0f} MB")
    assert growth < MOST_GROWTH
