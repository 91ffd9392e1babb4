"""Several processes, or devices, train a network as one would."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, TypeAlias

import keras
import numpy as np
import pytest
import tensorflow as tf

from unetcolor import UNetColorizer
from unetcolor.training import strategies

SCRIPT = Path(__file__).with_name("several.py")
Results: TypeAlias = dict[str, np.ndarray]


def start(output: Path, *arguments: Any, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, SCRIPT, output, *map(str, arguments)]
    return subprocess.Popen(
        command, env={**os.environ, **environment}, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def start_two(folder: Path, *arguments: str) -> list[subprocess.Popen[str]]:
    with socket.socket() as first, socket.socket() as second:
        for free in (first, second):
            free.bind(("127.0.0.1", 0))
        addresses = [f"127.0.0.1:{free.getsockname()[1]}" for free in (first, second)]
    return [
        start(
            folder / f"worker{i}.npz",
            *(i, *arguments),
            TF_CONFIG=json.dumps({"cluster": {"worker": addresses}, "task": {"type": "worker", "index": i}}),
        )
        for i in (0, 1)
    ]


def finish(processes: list[subprocess.Popen[str]]) -> None:
    try:
        errors = [process.communicate(timeout=1800)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
    for process, error in zip(processes, errors, strict=True):
        assert process.returncode == 0, error[-3000:]


def read(path: Path) -> Results:
    with np.load(path) as file:
        return dict(file)


@pytest.fixture(scope="module")
def trained_apart(tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, Results, Results]:
    """What one process, and two workers, have found."""
    folder = tmp_path_factory.mktemp("trained")
    finish([start(folder / "alone.npz"), *start_two(folder)])
    alone, chief, other = (read(folder / f"{name}.npz") for name in ("alone", "worker0", "worker1"))
    return alone, chief, other


def differences(some: Results, others: Results, name: str, others_name: str = "") -> dict[str, float]:
    keys = [key.removeprefix(f"{name}/") for key in some if key.startswith(f"{name}/")]
    pairs = {key: (some[f"{name}/{key}"], others[f"{others_name or name}/{key}"]) for key in keys}
    return {key: float(np.abs(one.astype(np.float64) - other).max()) for key, (one, other) in pairs.items()}


def require_close(found: dict[str, float], tolerance: float) -> None:
    # Levels of 255, and units of CIEDE2000.
    assert found.pop("predicted") <= 2
    assert all(found.pop(name) < 1e-3 for name in [name for name in found if "delta_e" in name])
    assert len(found) > 10
    assert max(found.values()) < tolerance, found


# Adam amplifies rounding, and bfloat16 is nothing but rounding.
@pytest.mark.slow
@pytest.mark.parametrize(("name", "tolerance"), [("sgd", 1e-5), ("adam", 1e-3), ("bfloat16", 5e-3)])
def test_two_workers_train_as_one_process(
    trained_apart: tuple[Results, Results, Results], name: str, tolerance: float
) -> None:
    alone, chief, other = trained_apart
    require_close(differences(alone, chief, name), tolerance)
    assert set(differences(chief, other, name).values()) == {0.0}


@pytest.mark.slow
def test_two_devices_of_one_process_are_refused(trained_apart: tuple[Results, Results, Results]) -> None:
    alone, _, _ = trained_apart
    assert "each process must train on one device, and this one has 2" in str(alone["mirrored/error"])


@pytest.mark.slow
def test_workers_agree_or_say_so(trained_apart: tuple[Results, Results, Results]) -> None:
    _, chief, other = trained_apart
    assert len(chief["stopped/loss"]) == 1
    np.testing.assert_array_equal(chief["stopped/weights"], other["stopped/weights"])
    assert "worker 0 has epochs = 3 that another has not" in str(chief["epochs/error"])
    assert "worker 1 has epochs = 4 that another has not" in str(other["epochs/error"])
    assert "worker 1 has number of pictures = 18 that another" in str(other["pictures/error"])
    assert "worker 0 has an optimizer or a loss of a kind that another has not" in str(chief["optimizer/error"])
    assert "batch_size must be a multiple of 2" in str(chief["batch_size/error"])
    assert "clipnorm of the optimizer looks at the gradients of one replica" in str(chief["clipnorm/error"])
    assert "reduction of a loss must be one of" in str(chief["reduction/error"])


@pytest.mark.slow
def test_a_training_goes_on_after_a_worker_died(
    trained_apart: tuple[Results, Results, Results], tmp_path: Path
) -> None:
    first, second = start_two(tmp_path, "dies")
    second.communicate(timeout=1800)
    # The other one notices, and does not wait for ever.
    _, error = first.communicate(timeout=600)
    assert first.returncode != 0
    assert "/job:worker/replica:0/task:1" in error
    with np.load(tmp_path / "checkpoint.npz") as checkpoint:
        assert checkpoint["epoch"] == 1
    # The same commands once more.
    finish(start_two(tmp_path, "dies"))
    _, whole, _ = trained_apart
    for worker in (0, 1):
        for key, values in read(tmp_path / f"worker{worker}.npz").items():
            # Of the history, the second epoch.
            wanted = whole[key][1:] if values.shape == (1,) else whole[key]
            np.testing.assert_array_equal(values, wanted, err_msg=key)


def fit(pictures: np.ndarray, strategy: Any, **options: Any) -> UNetColorizer:
    colorizer = UNetColorizer("lab", filters=(4, 8), seed=1)
    colorizer.fit(pictures, epochs=1, batch_size=4, strategy=strategy, verbose=0, **options)
    return colorizer


@pytest.mark.parametrize("kind", [tf.distribute.OneDeviceStrategy, lambda device: "mirrored"], ids=["one", "mirrored"])
def test_one_device_is_a_strategy_too(small_portraits: np.ndarray, kind: Any) -> None:
    alone = UNetColorizer("lab", filters=(4, 8), seed=1)
    alone.fit(small_portraits, epochs=1, batch_size=4, precision="float32", verbose=0)
    one = fit(small_portraits, kind("CPU:0"), precision="float32")
    for mine, theirs in zip(alone.model.get_weights(), one.model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-3)
    assert one.training == alone.training | {"final": one.training["final"]}
    # The network and its layers stay as they were made.
    assert [layer.get_config() for layer in one.model.layers] == [layer.get_config() for layer in alone.model.layers]
    assert type(one.model) is type(alone.model)


def test_a_dataset_that_does_not_say_how_long_it_is_needs_a_number_of_steps(small_portraits: np.ndarray) -> None:
    dataset = tf.data.Dataset.from_tensor_slices(small_portraits).filter(lambda picture: True).batch(4)
    colorizer = UNetColorizer("lab", filters=(4, 8), seed=1)
    options = {"strategy": "mirrored", "epochs": 1, "verbose": 0, "steps_per_epoch": 2}
    with pytest.raises(ValueError, match="pass validation_steps"):
        colorizer.fit(dataset, validation_data=dataset, **options)
    history = colorizer.fit(dataset, validation_data=dataset, validation_steps=2, **options)
    assert np.isfinite(history.history["val_loss"]).all()


def test_a_training_begun_by_several_goes_on_alone(small_portraits: np.ndarray, tmp_path: Path) -> None:
    options = {"batch_size": 4, "average": 0.5, "optimizer": "sgd", "precision": "float32", "verbose": 0}
    whole, begun, resumed = (UNetColorizer("lab", filters=(4,), seed=1) for _ in range(3))
    whole.fit(small_portraits, epochs=2, **options)
    strategy = tf.distribute.OneDeviceStrategy("CPU:0")
    begun.fit(small_portraits, epochs=1, strategy=strategy, checkpoint=tmp_path / "x.npz", **options)
    resumed.fit(small_portraits, epochs=2, checkpoint=tmp_path / "x.npz", **options)
    for mine, theirs in zip(whole.model.variables, resumed.model.variables, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-5, err_msg=mine.path)


@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        ("miror", "unknown strategy 'miror'. Did you mean 'mirrored'[?] Available: mirrored, multiworker"),
        (7, "strategy must be one of mirrored, multiworker, or a tf.distribute.Strategy, not 7"),
        ("multiworker", 'TF_CONFIG, which is not set; .*"type": "worker"'),
    ],
)
def test_what_is_no_strategy_is_refused(small_portraits: np.ndarray, strategy: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fit(small_portraits, strategy)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("{", "TF_CONFIG must be like"),
        ('{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 3}}', "TF_CONFIG must be like"),
        ('{"cluster": {"worker": ["a:1"], "ps": ["b:1"]}, "task": {"type": "ps", "index": 0}}', "of the type chief"),
    ],
)
def test_a_bad_cluster_is_refused(
    small_portraits: np.ndarray, config: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_CONFIG", config)
    with pytest.raises(ValueError, match=message):
        fit(small_portraits, "multiworker")


def test_another_backend_is_refused(small_portraits: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ValueError, match="strategy is of TensorFlow, and Keras runs on jax"):
        fit(small_portraits, "mirrored")


def test_another_keras_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras, "__version__", "3.99.0")
    with pytest.warns(UserWarning, match="strategies were tried with Keras 3.15.x, and this is 3.99.0"):
        strategies.strategy_of(tf.distribute.OneDeviceStrategy("CPU:0"))


def test_a_network_that_its_user_compiled_is_refused(small_portraits: np.ndarray) -> None:
    colorizer = fit(small_portraits, None)
    colorizer.model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="compiled by hand"):
        colorizer.fit(small_portraits, epochs=1, strategy=tf.distribute.OneDeviceStrategy("CPU:0"), verbose=0)
