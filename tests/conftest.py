from __future__ import annotations

import os
import signal
from typing import Any

# TensorFlow logs what it found of the machine, to every process that imports it.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# The presets that whoever runs the tests has added are not tested; there is no such folder.
os.environ["UNETCOLOR_HOME"] = os.path.join(os.path.dirname(__file__), "no_presets")

import numpy as np
import pytest
from hypothesis import settings

from unetcolor import UNetColorizer, samples

# Scripts, and no tests: the one needs atheris, and the tests start the other.
collect_ignore = ["robustness/fuzz_pictures.py", "training/several.py"]

# A shell that starts the tests in the background lets them ignore Ctrl-C, and all that they start with them.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says nothing on a busy machine, least of all the first, which imports what it needs.
# A change is judged on the same examples every time; `--hypothesis-profile search` looks for new ones.
settings.register_profile("same", deadline=None, derandomize=True, max_examples=500)
settings.register_profile("search", deadline=None, max_examples=3000)
settings.load_profile("same")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run tests/robustness at full length, which takes ten minutes")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    # All tests of a file in one process: what they share, such as a browser or a trained network, is made once.
    from xdist.scheduler import LoadFileScheduling

    return LoadFileScheduling(config, log)


@pytest.fixture(scope="session")
def is_long(request: pytest.FixtureRequest) -> bool:
    """Whether to measure at full length."""
    return bool(request.config.getoption("--long"))


@pytest.fixture(scope="session")
def portraits() -> np.ndarray:
    """The portraits that ship, (160, 100, 75, 3)."""
    return samples.load_portraits()


@pytest.fixture(scope="session")
def small_portraits(portraits: np.ndarray) -> np.ndarray:
    """Eight portraits of an odd size, (8, 25, 19, 3)."""
    return np.ascontiguousarray(portraits[::20, ::4, ::4])


@pytest.fixture(scope="session")
def trained(small_portraits: np.ndarray) -> UNetColorizer:
    """A colorizer that saw a few pictures; tests must not change it."""
    colorizer = UNetColorizer("lab", filters=(4, 8), seed=1)
    colorizer.fit(small_portraits, epochs=2, batch_size=4, verbose=0)
    return colorizer
