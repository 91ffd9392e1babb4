"""Damaged picture files read as something, or raise an ImageReadError; ``fuzz_pictures.py`` looks for longer."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from unetcolor import ImageReadError
from unetcolor.images import read


def _neighbor(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MUTATIONS = _neighbor("mutations")


@pytest.mark.parametrize("kind", MUTATIONS.FILES)
def test_a_damaged_file_is_read_or_named(tmp_path: Path, kind: str, is_long: bool) -> None:
    rng = np.random.default_rng(11)
    path = tmp_path / "x"
    outcomes = set()
    for _ in range(2_000 if is_long else 60):
        path.write_bytes(MUTATIONS.mutated(MUTATIONS.FILES[kind], lambda low, high: int(rng.integers(low, high + 1))))
        try:
            photo = read(path)
        except ImageReadError:
            outcomes.add("named")
        else:
            outcomes.add("read")
            assert photo.pixels.dtype in (np.uint8, np.uint16)
            assert photo.pixels.size > 0
    # The mutations are neither too weak nor too strong to say anything.
    assert outcomes == {"named", "read"}
