"""Run the benchmarks of speed one after the other, and write their tables and plots into the docs.

    python -m benchmarks all
    python -m benchmarks conversions photo
    python -m benchmarks training --portraits portraits.npz    # and the time to color: a quarter of an hour

PyTorch, OpenVINO and OpenCV take part where they are installed: ``pip install ".[bench]"``.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"

# The benchmarks, each with its arguments.
ALL: dict[str, list[str]] = {
    "predict": [],
    "photo": [],
    "bulk": [],
    "conversions": [],
    "training": [],
    "start": [],
    "growth": ["--plot", str(DOCS / "images" / "growth.png")],
}
PACKAGES = (
    "tensorflow",
    "keras",
    "numpy",
    "scikit-image",
    "pillow",
    "torch",
    "openvino",
    "opencv-python-headless",
    "ray",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", choices=["all", *ALL])
    parser.add_argument("--portraits", type=Path, help="an .npz file to measure the time to color on")
    arguments = parser.parse_args()
    names = list(ALL) if "all" in arguments.names else arguments.names
    (DOCS / "benchmarks").mkdir(exist_ok=True)
    for name in names:
        print(f"{name} ...", file=sys.stderr, flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", *ALL[name]]
        if name == "training" and arguments.portraits:
            command.append(str(arguments.portraits))
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        print(done.stdout)
        (DOCS / "benchmarks" / f"{name}.md").write_text(f"{done.stdout.strip()}\n\n{conditions()}\n")


def conditions() -> str:
    """Return the date, the processor and the versions of a measurement."""
    versions = []
    for package in PACKAGES:
        try:
            versions.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    day = datetime.now(UTC).date()
    return (
        f"*{day}, {os.cpu_count()} cores of {_processor()}, Python {platform.python_version()}, {', '.join(versions)}.*"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    main()
