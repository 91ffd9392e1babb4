"""The same seed gives the same bits in another process, and threads give the bits of one thread."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest

from unetcolor import UNetColorizer, samples

TRAIN = """
from hashlib import sha256
import numpy as np
from unetcolor import UNetColorizer, samples
portraits = np.ascontiguousarray(samples.load_portraits()[:24, ::3, ::3])
colorizer = UNetColorizer("lab", filters=(4, 8), seed=7)
colorizer.fit(portraits[:16], epochs=2, batch_size=4, augment=True, verbose=0)
print(sha256(b"".join(weights.tobytes() for weights in colorizer.model.get_weights())).hexdigest())
print(sha256(colorizer.predict(portraits[16:], verbose=0).tobytes()).hexdigest())
print(sha256(colorizer.predict(samples.load_photo("coffee"), verbose=0).tobytes()).hexdigest())
"""

THREADS = 8


@pytest.mark.slow
def test_a_training_gives_the_same_bits_in_another_process() -> None:
    processes = [subprocess.Popen([sys.executable, "-c", TRAIN], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    first, second = (process.communicate(timeout=300)[0].split() for process in processes)
    assert len(first) == 3
    assert first == second


def test_threads_that_begin_together_give_the_bits_of_one_thread() -> None:
    photo = samples.load_photo("coffee")
    photos = [np.ascontiguousarray(photo[: 90 + 11 * i, : 200 - 7 * i]) for i in range(THREADS)]
    shared, barrier = UNetColorizer.from_preset("photo"), Barrier(THREADS)

    def predict(number: int) -> list[np.ndarray]:
        barrier.wait()
        # Each in another order, so that different sizes meet.
        return [shared.predict(photos[(number + i) % THREADS], verbose=0) for i in range(3)]

    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(predict, range(THREADS)))
    alone = UNetColorizer.from_preset("photo")
    expected = [alone.predict(photo, verbose=0) for photo in photos]
    for number, results in enumerate(found):
        for i, result in enumerate(results):
            assert np.array_equal(result, expected[(number + i) % THREADS])
