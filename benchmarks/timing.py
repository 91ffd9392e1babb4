"""Time several ways to do one thing, in turn in one run, so that a busy machine slows all of them alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import numpy as np

Way = Callable[[], object]


def seconds(way: Way) -> float:
    start = time.perf_counter()
    way()
    return time.perf_counter() - start


def compare(ways: Mapping[str, Way], rounds: int = 9) -> dict[str, np.ndarray]:
    """Return the seconds of each way in each round, after two rounds to warm up."""
    times = [{name: seconds(way) for name, way in ways.items()} for _ in range(rounds + 2)]
    return {name: np.array([each[name] for each in times[2:]]) for name in ways}


def table(times: Mapping[str, np.ndarray], base: str, per_call: int = 1, unit: str = "calls") -> str:
    """Return a Markdown table: how many times faster than ``base``, the median, the middle half, and the rate."""
    lines = [
        f"| | times as fast as {base} | median (ms) | middle half (ms) | {unit}/s |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, values in times.items():
        low, median, high = 1e3 * np.percentile(values, [25, 50, 75])
        # Of each round, in which both had the same conditions.
        ratio = np.median(times[base] / values)
        rate = 1e3 * per_call / median
        shown = f"{rate:.0f}" if rate >= 10 else f"{rate:.2f}"
        lines.append(f"| {name} | {ratio:.2f} | {_short(median)} | {_short(low)} to {_short(high)} | {shown} |")
    return "\n".join(lines)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
