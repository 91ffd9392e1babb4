"""Copies, and what other processes do: they get what was sent, or an error that says what to do."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import pytest

from unetcolor import Hint, UNetColorizer, get_color_space, list_color_spaces
from unetcolor.errors import ForkedError
from unetcolor.losses import get_loss, list_losses
from unetcolor.prediction.predictor import Predictor
from unetcolor.prediction.reference import Reference

GRAY = np.random.default_rng(0).integers(0, 256, (25, 19), dtype=np.uint8)


def pickled(thing: Any) -> Any:
    return pickle.loads(pickle.dumps(thing))


# JAX warns of forking, and so does Python from 3.12 on: rightly.
quiet_fork = pytest.mark.filterwarnings(
    "ignore:os.fork\\(\\) was called:RuntimeWarning", "ignore:.*multi-threaded.*fork:DeprecationWarning"
)

WAYS = [copy.copy, copy.deepcopy, pickled]


@pytest.fixture(scope="module")
def portable() -> Predictor:
    return Predictor.load("photo", engine="onnx")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", list_color_spaces())
def test_a_copied_color_space_is_equal(name: str, way: Callable[[Any], Any]) -> None:
    space = get_color_space(name)
    copied = way(space)
    assert copied == space
    np.testing.assert_array_equal(copied.encode(np.full((2, 3), 0.3))[0], space.encode(np.full((2, 3), 0.3))[0])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", list_losses())
def test_a_copied_loss_gives_the_same_number(name: str, way: Callable[[Any], Any]) -> None:
    loss = get_loss(name)
    truth, predicted = np.random.default_rng(0).random((2, 1, 4, 4, 2), dtype=np.float32)
    assert float(way(loss)(truth, predicted)) == float(loss(truth, predicted))


@pytest.mark.parametrize("way", WAYS)
def test_copied_hints_and_references_say_the_same(
    way: Callable[[Any], Any], portable: Predictor, portraits: np.ndarray
) -> None:
    hints, reference = [Hint(10, 10, "red", 4)], Reference(portraits[0])
    assert way(hints) == hints
    expected = portable.predict(GRAY, hints=hints, reference=reference)
    np.testing.assert_array_equal(portable.predict(GRAY, hints=way(hints), reference=way(reference)), expected)


@pytest.mark.parametrize("way", WAYS)
def test_a_copied_predictor_gives_the_same_colors(way: Callable[[Any], Any], portable: Predictor) -> None:
    np.testing.assert_array_equal(way(portable).predict(GRAY), portable.predict(GRAY))


@pytest.mark.parametrize("way", WAYS)
def test_a_copied_colorizer_has_a_network_of_its_own(way: Callable[[Any], Any], small_portraits: np.ndarray) -> None:
    colorizer = UNetColorizer("lab", filters=(2, 4), seed=1)
    colorizer.fit(small_portraits, epochs=1, verbose=0)
    before = colorizer.predict(GRAY)
    copied = way(colorizer)
    np.testing.assert_array_equal(copied.predict(GRAY), before)
    copied.model.set_weights([weights + 0.1 for weights in copied.model.get_weights()])
    assert (copied.predict(GRAY) != before).any()
    np.testing.assert_array_equal(colorizer.predict(GRAY), before)


@pytest.mark.parametrize("way", WAYS)
def test_an_untrained_colorizer_can_be_copied(way: Callable[[Any], Any]) -> None:
    colorizer = UNetColorizer("oklab", filters=(2, 4), seed=1, hints=True)
    assert repr(way(colorizer)) == repr(colorizer)


@quiet_fork
@pytest.mark.parametrize(
    "method", [method for method in ("spawn", "fork") if method in multiprocessing.get_all_start_methods()]
)
def test_other_processes_take_a_portable_predictor(method: str, portable: Predictor) -> None:
    expected = portable.predict(GRAY)
    with pool_of(method) as pool:
        for colored in pool.map(portable.predict, [GRAY, GRAY]):
            np.testing.assert_array_equal(colored, expected)


@pytest.mark.slow
def test_spawned_processes_take_a_colorizer(trained: UNetColorizer) -> None:
    with pool_of("spawn") as pool:
        np.testing.assert_array_equal(pool.submit(trained.predict, GRAY).result(), trained.predict(GRAY))


def pool_of(method: str) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method))


def error_of(call: Callable[[], Any], errors: Any) -> None:
    try:
        call()
    except Exception as error:
        errors.put(error)
    else:
        errors.put(None)


@quiet_fork
@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="this system does not fork")
@pytest.mark.parametrize(
    "name", ["predict", "pickled predict", "fit", "load", "a new one", "predictor", "pickled predictor"]
)
def test_forked_processes_are_told_what_to_do_instead_of_waiting_for_ever(
    name: str, trained: UNetColorizer, small_portraits: np.ndarray
) -> None:
    predictor = trained.predictor()
    predictor.predict(GRAY)
    sent, sent_predictor = pickle.dumps(trained), pickle.dumps(predictor)
    calls: dict[str, Callable[[], Any]] = {
        "predict": lambda: trained.predict(GRAY),
        "pickled predict": lambda: pickle.loads(sent).predict(GRAY),
        "fit": lambda: trained.fit(small_portraits, epochs=1, verbose=0),
        "load": lambda: UNetColorizer.from_preset("photo"),
        "a new one": lambda: UNetColorizer("lab"),
        "predictor": lambda: predictor.predict(GRAY),
        "pickled predictor": lambda: pickle.loads(sent_predictor).predict(GRAY),
    }
    context = multiprocessing.get_context("fork")
    errors = context.SimpleQueue()
    process = context.Process(target=error_of, args=(calls[name], errors))
    process.start()
    process.join(60)
    if process.is_alive():
        process.kill()
        pytest.fail("it waits for ever")
    error = errors.get()
    assert isinstance(error, ForkedError)
    assert "get_context('spawn')" in str(error)
