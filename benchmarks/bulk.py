"""Many photos, JPEG to JPEG: photos per second of one process, of several, and of Ray; and what a billion would take.

    python -m benchmarks.bulk

Each way runs as a user runs it, in new processes, and is timed by the moments at which its results appear: the rate is
that of the middle of the run, and the start is the time until the first result. The naive way shows the whole photo to
the network and converts it with scikit-image. Ray takes part where it is installed. It takes two minutes on two cores.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil

from benchmarks.photo import naive
from benchmarks.pictures import large_photo
from unetcolor import UNetColorizer
from unetcolor.images import read_image, write_image

HEIGHT, WIDTH = 1224, 1632
ROUNDS = 2

# How many photos each way gets.
PHOTOS, NAIVE_PHOTOS = 32, 4

# Assumptions, in dollars: a core for an hour at the price of spare and of reserved machines, a terabyte for a month.
CORE_HOUR = (0.01, 0.04)
TERABYTE_MONTH = 20.0
BILLION = 1_000_000_000
CORES = (64, 1_000, 10_000)

COMMAND = [sys.executable, "-c", "from unetcolor.cli import main; main()", "colorize"]
Command = list[str]


class Run(NamedTuple):
    """What a run of one way took: photos per second, seconds to the first result and to the end, gigabytes."""

    rate: float
    start: float
    whole: float
    memory: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=PHOTOS, help="photos of each way")
    parser.add_argument("--one", nargs=3, metavar=("WAY", "FROM", "TO"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        way, source, target = arguments.one
        {"naive": colorize_naively, "ray": colorize_with_ray}[way](Path(source), Path(target))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder, few = Path(temporary, "in"), Path(temporary, "few")
        make_photos(folder, arguments.photos)
        make_photos(few, min(arguments.photos, NAIVE_PHOTOS))
        ways = {
            "the naive way": lambda out: [script("naive", few, out)],
            "1 process, 1 photo at once": lambda out: [command(folder, out, "-j", "1")],
            "1 process, 2 photos at once": lambda out: [command(folder, out, "-j", "2")],
            "2 shards at once, 1 photo each": lambda out: [
                command(folder, out, "-j", "1", "--shard", f"{number}/2") for number in (1, 2)
            ],
        }
        if find_spec("ray"):
            ways["Ray Data, 1 actor"] = lambda out: [script("ray", folder, out)]
        runs: dict[str, list[Run]] = {name: [] for name in ways}
        for number in range(ROUNDS):
            for name, way in ways.items():
                runs[name].append(run(way, Path(temporary, f"{number} {name}")))
        results = next(path for path in Path(temporary).iterdir() if path.name.endswith("2 photos at once"))
        print_table(runs, arguments.photos)
        print_billion(runs, average_size(folder), average_size(results))


def make_photos(folder: Path, count: int) -> None:
    """Write that many files, gray photos of two megapixels with the noise of a camera."""
    folder.mkdir()
    write_image(folder / "0.jpg", large_photo(HEIGHT, WIDTH).mean(axis=-1).astype(np.uint8), quality=92)
    for number in range(1, count):
        shutil.copy(folder / "0.jpg", folder / f"{number}.jpg")


def command(folder: Path, out: Path, *options: str) -> Command:
    return [*COMMAND, str(folder), "--output", str(out), "--json", *options]


def script(way: str, folder: Path, out: Path) -> Command:
    return [sys.executable, "-m", "benchmarks.bulk", "--one", way, str(folder), str(out)]


def run(way: Callable[[Path], list[Command]], out: Path) -> Run:
    """Run the processes of a way at once, and look when their results appeared."""
    out.mkdir()
    begin = time.time()
    running = [subprocess.Popen(each, stdout=subprocess.DEVNULL) for each in way(out)]
    most = 0
    while any(process.poll() is None for process in running):
        most = max(most, sum(memory_of(process.pid) for process in running))
        time.sleep(0.1)
    if any(process.returncode for process in running):
        raise SystemExit("it failed, as the messages say")
    whole = time.time() - begin
    times = sorted(path.stat().st_mtime for path in out.glob("[!.]*"))
    # Without the first and the last, when not all processes are at work.
    cut = len(times) // 8
    middle = times[cut : len(times) - cut]
    return Run((len(middle) - 1) / (middle[-1] - middle[0]), times[0] - begin, whole, most / 1e9)


def memory_of(process: int) -> int:
    """Return the bytes that a process and its children take."""
    total = 0
    try:
        parent = psutil.Process(process)
        for each in (parent, *parent.children(recursive=True)):
            total += each.memory_info().rss
    except psutil.NoSuchProcess:
        # It has ended meanwhile.
        pass
    return total


def average_size(folder: Path) -> float:
    return float(np.mean([path.stat().st_size for path in folder.glob("[!.]*")]))


def print_table(runs: dict[str, list[Run]], count: int) -> None:
    base = float(np.median([each.rate for each in runs["the naive way"]]))
    print("### Many photos of 2 megapixels\n")
    print(f"| | photos/s | times the naive way | to the first result (s) | {count} photos (s) | memory (GB) |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, each in runs.items():
        rate, start, whole, memory = np.median(np.array(each), axis=0)
        shown = "" if name == "the naive way" else f"{whole:.1f}"
        print(f"| {name} | {rate:.2f} | {rate / base:.1f} | {start:.1f} | {shown} | {memory:.2f} |")
    print()


def print_billion(runs: dict[str, list[Run]], size_before: float, size_after: float) -> None:
    """Reckon what a billion such photos take, from the best way."""
    rates = {name: float(np.median([each.rate for each in runs[name]])) for name in runs}
    best = max(rates, key=lambda name: rates[name])
    core_seconds = (os.cpu_count() or 1) / rates[best]
    core_hours = core_seconds * BILLION / 3600
    low, high = (f"{core_hours * price:,.0f}" for price in CORE_HOUR)
    # In terabytes, and in gigabits a second for a thousand cores.
    before, after = size_before * BILLION / 1e12, size_after * BILLION / 1e12
    network = 1_000 / core_seconds * size_before * 8 / 1e9
    days = [f"{core_hours / 24 / cores:,.1f}" for cores in CORES]
    print("### A billion of them\n")
    print(f"The best way here, {best}, takes {core_seconds:.2f} core-seconds a photo. For a billion:\n")
    print("| | |\n|---|---|")
    print(f"| core-hours | {core_hours:,.0f} |")
    print(f"| days on {' / '.join(f'{cores:,}' for cores in CORES)} cores | {' / '.join(days)} |")
    print(f"| dollars for them, at {CORE_HOUR[0]} / {CORE_HOUR[1]} an hour | {low} / {high} |")
    print(f"| terabytes to read, at {size_before / 1e6:.2f} MB a photo | {before:,.0f} |")
    print(f"| gigabits a second that a thousand cores read | {network:.1f} |")
    print(f"| terabytes to write, at {size_after / 1e6:.2f} MB a result | {after:,.0f} |")
    print(f"| dollars a month to keep these, at {TERABYTE_MONTH:.0f} a terabyte | {after * TERABYTE_MONTH:,.0f} |\n")


def colorize_naively(folder: Path, out: Path) -> None:
    colorizer = UNetColorizer.from_preset("photo")
    for path in sorted(folder.iterdir()):
        write_image(out / path.name, naive(colorizer, read_image(path)))


def colorize_with_ray(folder: Path, out: Path) -> None:
    import ray
    import ray.data

    from unetcolor.photos.bulk import BatchColorizer

    def write(row: dict[str, object]) -> dict[str, object]:
        content = row["colorized"]
        if isinstance(content, bytes):
            (out / Path(str(row["path"])).name).write_bytes(content)
        return {"error": row["error"]}

    ray.init(include_dashboard=False, log_to_driver=False)
    photos = ray.data.read_binary_files(str(folder), include_paths=True)
    colorized = photos.map_batches(
        BatchColorizer, compute=ray.data.ActorPoolStrategy(size=1), num_cpus=(os.cpu_count() or 1) / 2, batch_size=8
    )
    errors = [row["error"] for row in colorized.map(write).take_all()]
    if any(errors):
        raise SystemExit(f"a photo failed: {next(filter(None, errors))}")


if __name__ == "__main__":
    main()
