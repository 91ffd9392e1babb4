"""How long the start takes, in fresh processes: imports, a preset, the first photo and the next.

python -m benchmarks.start
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import numpy as np

TIMED = "import time; start = time.perf_counter(); {}; print(time.perf_counter() - start)"

PREDICT = "colorizer.predict(photo, verbose=0)"
PREPARED = (
    "import numpy as np; import unetcolor; from unetcolor import UNetColorizer; "
    "photo = np.full((256, 256), 99, np.uint8); UNetColorizer"
)
LOADED = f"{PREPARED}; colorizer = UNetColorizer.from_preset('photo')"

STEPS = {
    "`python -c pass`": ("", "pass"),
    "`import unetcolor`": ("", "import unetcolor"),
    "`import unetcolor.spaces`, without TensorFlow": ("", "import unetcolor.spaces"),
    "`import tensorflow`": ("", "import tensorflow"),
    "`from unetcolor import UNetColorizer`, with TensorFlow": ("", "from unetcolor import UNetColorizer"),
    '`from_preset("photo")`': (PREPARED, "UNetColorizer.from_preset('photo')"),
    "first `predict`": (LOADED, PREDICT),
    "second `predict`, the same size": (f"{LOADED}; {PREDICT}", PREDICT),
    "`predict` at another size": (f"{LOADED}; {PREDICT}", "colorizer.predict(photo[:200], verbose=0)"),
    "`unetcolor --help`": None,
}


def main() -> None:
    print("### From nothing to a photo\n\n| step | median (s) | least and most |\n|---|---:|---:|")
    for name, step in STEPS.items():
        measure = help_screen if step is None else timed(*step)
        values = [measure() for _ in range(5)]
        print(f"| {name} | {np.median(values):.3f} | {min(values):.3f} to {max(values):.3f} |", flush=True)
    print()


def timed(before: str, step: str) -> Callable[[], float]:
    """Return what runs a step in a fresh process, and tells how long it took there."""

    def run() -> float:
        code = "; ".join(filter(None, (before, TIMED.format(step))))
        done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
        return float(done.stdout.split()[-1])

    return run


def help_screen() -> float:
    """Return how long the whole process of the help takes."""
    import time

    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", "from unetcolor.cli import main; main()", "--help"], check=True, capture_output=True
    )
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
