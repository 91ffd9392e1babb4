"""The list of what the image installs, next to what the package itself asks for."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import requires
from pathlib import Path

ROOT = Path(__file__).parent.parent

# Only training, scores, and models that are not in ONNX need these.
LEFT_OUT = {"tensorflow", "keras", "h5py", "scikit-image"}


def by_name(lines: list[str]) -> dict[str, set[str]]:
    """Return the bounds of each requirement by its name."""
    found = {}
    for line in lines:
        requirement = line.partition(";")[0].strip()
        name, bounds = re.fullmatch(r"([A-Za-z0-9_-]+)(?:\[[a-z,]+\])?(.*)", requirement).groups()  # type: ignore[union-attr]
        found[name.lower().replace("_", "-")] = {bound.removesuffix(".0") for bound in bounds.split(",")}
    return found


def test_the_image_installs_what_the_package_asks_for_without_what_trains() -> None:
    lines = (ROOT / "docker" / "requirements.txt").read_text().splitlines()
    installed = by_name([line for line in lines if line and not line.startswith("#")])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    asked = by_name([*project["dependencies"], *(line for name in ("cli", "onnx", "formats") for line in extras[name])])
    assert set(asked) - set(installed) == LEFT_OUT
    assert {name: installed[name] for name in asked if name in installed} == {
        name: bounds for name, bounds in asked.items() if name in installed
    }
    # What comes with other packages.
    others = by_name([*(requires("scikit-image") or []), *(requires("gradio") or [])])
    for name in set(installed) - set(asked):
        assert name in others
        assert installed[name] <= others[name], name


def test_the_image_is_made_of_what_is_there() -> None:
    text = (ROOT / "Dockerfile").read_text()
    copied = [path for line in re.findall(r"^COPY (?!--from)(.*)", text, re.M) for path in line.split()[:-1]]
    context = (ROOT / ".dockerignore").read_text().splitlines()
    assert copied
    for path in copied:
        assert (ROOT / path).exists()
        assert f"!{path}" in context
    python = re.findall(r"^FROM python:3\.(\d+)-slim", text, re.M)
    assert len(set(python)) == 1
    bounds = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    least, below = (int(number) for number in re.fullmatch(r">=3\.(\d+),<3\.(\d+)", bounds).groups())  # type: ignore[union-attr]
    assert least <= int(python[0]) < below
