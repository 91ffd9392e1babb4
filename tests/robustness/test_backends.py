"""The other backends of Keras, in processes where TensorFlow cannot be imported.

A folder with a module of its name that says so comes first on their path, which costs nothing: an environment without
TensorFlow would be the same packages, without it, installed again. A backend that is not installed is skipped.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from unetcolor import UNetColorizer, samples

ROOT = Path(__file__).parents[2]

NO_TENSORFLOW = """raise ModuleNotFoundError("No module named 'tensorflow'", name="tensorflow")"""

# Deprecated is what Keras does with its own arrays.
WARNINGS = ["-W", "error", "-W", "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"]

TRAIN = """
import os
import sys
from pathlib import Path

import keras
import numpy as np

from unetcolor import UNetColorizer, samples
from unetcolor.errors import DivergedError

pictures = np.ascontiguousarray(samples.load_portraits()[:24, ::4, ::4])
folder = Path(sys.argv[1])
options = {"batch_size": 8, "validation_data": pictures[20:], "verbose": 0}


def fit(epochs, **more):
    colorizer = UNetColorizer("lab", filters=(4, 8), hints=True, seed=1)
    colorizer.fit(
        pictures[:20], epochs=epochs, augment=True, ageing=True, average=0.5, validate_colors=True, **options, **more
    )
    return colorizer


def weights(colorizer):
    return [np.array(weight) for weight in colorizer.model.get_weights()]


def assert_same(first, second):
    for given, wanted in zip(first, second, strict=True):
        np.testing.assert_array_equal(given, wanted)


class Spoil(keras.callbacks.Callback):
    def on_train_batch_begin(self, batch, logs=None):
        if batch == 1:
            if keras.backend.backend() == "jax":
                self.model.jax_state_sync()
            bias = self.model.get_layer("head").bias
            bias.assign(np.full(bias.shape, np.nan))


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 2

    def __getitem__(self, i):
        return pictures[8 * i : 8 * i + 8]


# A training in two parts is one training.
whole = fit(2)
fit(1, checkpoint=folder / "x.npz")
resumed = fit(2, checkpoint=folder / "x.npz")
assert_same(weights(resumed), weights(whole))
assert resumed.training == whole.training

colored = whole.predict(pictures)
np.save(folder / "colors.npy", colored)
assert whole.evaluate(pictures, verbose=0)["pictures"] == 24
whole.save(folder / "x.keras")
assert_same(UNetColorizer.load(folder / "x.keras").predict(pictures), colored)

whole.fit(Batches(), epochs=1, validation_data=Batches(), verbose=0)
assert whole.evaluate(Batches(), verbose=0)["pictures"] == 16

before = weights(whole)
try:
    whole.fit(pictures[:20], epochs=1, callbacks=Spoil(), **options)
except DivergedError as error:
    assert "epoch 1, step 2" in str(error)
    assert_same(weights(whole), before)
else:
    raise AssertionError("the loss was finite")

try:
    whole.fit(pictures, precision="bfloat16")
except ValueError as error:
    assert "bfloat16" in str(error)
else:
    raise AssertionError("it was float32")

assert keras.backend.backend() == os.environ["KERAS_BACKEND"]
assert "tensorflow" not in sys.modules
"""

USE_PRESET = """
import sys
from pathlib import Path

import numpy as np

from unetcolor import UNetColorizer, samples
from unetcolor.cli import main

folder = Path(sys.argv[1])
photo = samples.load_portraits()[0]
np.save(folder / "colors.npy", UNetColorizer.from_preset("photo").predict(photo, precision="float32"))
sys.argv = ["unetcolor", "colorize", str(samples.portraits()[0]), "--output", str(folder / "out")]
main()
"""

# A dataset of tf.data on a backend that is not TensorFlow, where both are installed.
USE_DATASET = """
import numpy as np
import tensorflow as tf

from unetcolor import UNetColorizer, samples

pictures = np.ascontiguousarray(samples.load_portraits()[:16, ::4, ::4])
dataset = tf.data.Dataset.from_tensor_slices(pictures).batch(8)
colorizer = UNetColorizer("lab", filters=(4, 8), hints=True, seed=1)
colorizer.fit(dataset, epochs=1, validation_data=dataset, validate_colors=True, verbose=0)
assert colorizer.evaluate(dataset, verbose=0)["pictures"] == 16
"""

# What of the suite is about networks.
CORE = ["test_colorizer.py", "training", "robustness/test_checkpoints.py", "models", "networks", "prediction"]

# Tests of what is TensorFlow's own.
OF_TENSORFLOW = ["training/test_tf_data.py", "training/test_fused.py", "prediction/test_engines.py"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what JAX has compiled, and one that hides TensorFlow."""
    folder = tmp_path_factory.mktemp("backends")
    (folder / "hidden").mkdir()
    (folder / "hidden" / "tensorflow.py").write_text(NO_TENSORFLOW)
    return folder


def run(backend: str, shared: Path, *arguments: object, hides_tensorflow: bool = True) -> str:
    pytest.importorskip(backend)
    path = [str(shared / "hidden")] if hides_tensorflow else []
    environment = {
        **os.environ,
        "KERAS_BACKEND": backend,
        "PYTHONPATH": os.pathsep.join([*path, *filter(None, [os.environ.get("PYTHONPATH")])]),
        # Networks of the same layers are compiled once.
        "JAX_COMPILATION_CACHE_DIR": str(shared / "compiled"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }
    command = [sys.executable, *map(str, arguments)]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_networks_are_trained_used_and_kept_without_tensorflow(backend: str, shared: Path, tmp_path: Path) -> None:
    run(backend, shared, *WARNINGS, "-c", TRAIN, tmp_path)
    # The file means the same on TensorFlow.
    pictures = samples.load_portraits()[:24, ::4, ::4]
    colored = UNetColorizer.load(tmp_path / "x.keras").predict(pictures, precision="float32").astype(int)
    assert np.abs(np.load(tmp_path / "colors.npy") - colored).max() <= 1


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_presets_and_the_command_give_the_same_colors_without_tensorflow(
    backend: str, shared: Path, tmp_path: Path
) -> None:
    run(backend, shared, *WARNINGS, "-c", USE_PRESET, tmp_path)
    colorizer = UNetColorizer.from_preset("photo")
    expected = colorizer.predict(samples.load_portraits()[0], precision="float32").astype(int)
    assert np.abs(np.load(tmp_path / "colors.npy") - expected).max() <= 1
    assert [file.name for file in (tmp_path / "out").glob("[!.]*")] == [samples.portraits()[0].name]


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_datasets_of_tensorflow_are_taken_where_it_is_installed(backend: str, shared: Path) -> None:
    run(backend, shared, "-c", USE_DATASET, hides_tensorflow=False)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_the_core_of_the_suite_passes_without_tensorflow(backend: str, shared: Path, is_long: bool) -> None:
    if not is_long:
        pytest.skip("takes minutes: pytest tests/robustness --long")
    left_out = [f"--ignore=tests/{part}" for part in OF_TENSORFLOW]
    run(backend, shared, "-m", "pytest", "-q", "-p", "no:cacheprovider", *left_out, *(f"tests/{part}" for part in CORE))
