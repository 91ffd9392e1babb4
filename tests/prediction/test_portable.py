"""Engines for ONNX predict what the model predicts, from any thread and in any process, and need no Keras."""

from __future__ import annotations

import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from unetcolor import ModelLoadError, UNetColorizer, build_unet, samples
from unetcolor.errors import MissingExtraError
from unetcolor.models.keras_file import read_record
from unetcolor.models.onnx_file import read_onnx_record
from unetcolor.models.presets import onnx_form, path_of_model
from unetcolor.networks.onnx import to_onnx
from unetcolor.networks.precision import has_bfloat16
from unetcolor.prediction.engines import PORTABLE, engine_for, fastest_portable, portable_engine
from unetcolor.prediction.predictor import Predictor

rng = np.random.default_rng(0)

needs_bfloat16 = pytest.mark.skipif(not has_bfloat16(), reason="this processor has no bfloat16")


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return build_unet(1, 2, filters=(8, 16), seed=1)


@pytest.fixture(scope="module")
def content(model: keras.Model) -> bytes:
    return to_onnx(model)


@pytest.mark.parametrize("engine", PORTABLE)
def test_predicts_what_the_model_predicts(engine: str, model: keras.Model, content: bytes) -> None:
    made = portable_engine(content, "float32", engine)
    assert (made.name, made.precision) == (engine, "float32")
    untouched = pickle.loads(pickle.dumps(made))
    for shape in [(1, 1, 1, 1), (3, 17, 40, 1), (1, 32, 32, 1), (3, 17, 40, 1)]:
        batch = rng.random(shape, dtype=np.float32)
        predicted = made(batch)
        assert predicted.dtype == np.float32
        np.testing.assert_allclose(predicted, model.predict_on_batch(batch), atol=1e-5)
    # Before its first use and after it.
    for other in (untouched, pickle.loads(pickle.dumps(made))):
        np.testing.assert_array_equal(other(batch), made(batch))


@pytest.mark.parametrize("engine", PORTABLE)
def test_threads_may_share_it(engine: str, content: bytes) -> None:
    made = portable_engine(content, "float32", engine)
    batches = [rng.random((2, 16 + n, 40 - n, 1), dtype=np.float32) for n in range(12)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(made, batches))
    for found, batch in zip(together, batches, strict=True):
        np.testing.assert_array_equal(found, made(batch))


def test_an_engine_is_made_of_a_network_of_keras(model: keras.Model) -> None:
    made = engine_for(model, "auto", "onnx")
    assert (made.name, made.precision) == ("onnx", "float32")
    batch = rng.random((1, 9, 8, 1), dtype=np.float32)
    np.testing.assert_allclose(made(batch), model.predict_on_batch(batch), atol=1e-5)


BEGIN_TOGETHER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
import numpy as np
from unetcolor.prediction.predictor import Predictor

predictor, barrier = Predictor.load("photo", engine=sys.argv[1]), Barrier(4)
predictor.engine.start()


def predict(number):
    barrier.wait()
    return predictor.predict(np.zeros((32, 32), np.uint8), verbose=0).shape


with ThreadPoolExecutor(4) as pool:
    print(set(pool.map(predict, range(4))))
"""


@pytest.mark.parametrize("engine", PORTABLE)
def test_threads_whose_first_pictures_come_together_do_not_wait_for_ever(engine: str) -> None:
    # Only the first calls of a process can meet, and not always.
    for _ in range(3):
        command = [sys.executable, "-c", BEGIN_TOGETHER, engine]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
        assert done.stdout.strip() == "{(32, 32, 3)}"


@needs_bfloat16
def test_bfloat16_is_for_openvino(content: bytes) -> None:
    exact, fast = (portable_engine(content, precision, "openvino") for precision in ("auto", "bfloat16"))
    assert (exact.precision, fast.precision) == ("float32", "bfloat16")
    batch = rng.random((1, 32, 32, 1), dtype=np.float32)
    assert 0 < np.abs(exact(batch) - fast(batch)).max() < 0.05
    assert portable_engine(content, "bfloat16").name == "openvino"
    with pytest.raises(ValueError, match="the engine 'onnx' computes in float32"):
        portable_engine(content, "bfloat16", "onnx")


def test_auto_takes_the_fastest_that_is_installed(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fastest_portable() == portable_engine(content, "auto").name == "openvino"
    # So Python finds no such package.
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert Predictor.load("photo").engine.name == "onnx"
    with pytest.raises(MissingExtraError, match=r'needs openvino: pip install "unetcolor\[openvino\]"'):
        Predictor.load("photo", engine="openvino")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert fastest_portable() is None
    with pytest.raises(MissingExtraError, match=r'needs onnxruntime: pip install "unetcolor\[onnx\]"'):
        portable_engine(content, "auto")
    assert Predictor.load("photo").engine.name == "tensorflow"


@pytest.mark.parametrize("engine", PORTABLE)
def test_what_a_runtime_cannot_run_is_told(engine: str, content: bytes) -> None:
    with pytest.raises(ModelLoadError, match=f"the engine '{engine}' cannot run the network"):
        portable_engine(content[: len(content) // 2], "float32", engine).start()
    with pytest.raises(ModelLoadError, match=f"the engine '{engine}' cannot run the network"):
        portable_engine(content, "float32", engine)(np.zeros((1, 8, 8, 3), np.float32))


def test_the_preset_is_the_same_in_both_forms() -> None:
    path = path_of_model("photo")
    assert read_record(path) == read_onnx_record(onnx_form(path) or "")
    pictures = [samples.load_photo(path.stem) for path in samples.photos()] + list(samples.load_portraits()[::20])
    expected = UNetColorizer.from_preset("photo").predict(pictures, precision="float32", verbose=0)
    for engine in PORTABLE:
        predictor = Predictor.load("photo", engine=engine, precision="float32")
        found = predictor.predict(pictures, verbose=0)
        assert max(np.abs(a.astype(int) - b).max() for a, b in zip(found, expected, strict=True)) <= 1, engine


@needs_bfloat16
@pytest.mark.slow
def test_the_preset_in_bfloat16_gives_nearly_the_same_colors() -> None:
    pictures = [samples.load_photo(path.stem) for path in samples.photos()] + list(samples.load_portraits()[:40])
    exact, fast = (
        Predictor.load("photo", engine="openvino", precision=precision).predict(pictures, verbose=0)
        for precision in ("float32", "bfloat16")
    )
    differences = np.concatenate([np.abs(a.astype(int) - b).ravel() for a, b in zip(exact, fast, strict=True)])
    # OpenVINO rounds between more layers than TensorFlow does.
    assert np.percentile(differences, 99) <= 3
    assert np.percentile(differences, 99.9) <= 7
    assert differences.mean() < 0.5
    assert differences.max() > 0, "it was float32"


COMMAND = """
import sys
from unetcolor.cli import main

try:
    main()
finally:
    heavy = {"keras", "tensorflow", "onnx", "h5py", "skimage", "matplotlib"} & sys.modules.keys()
    print(f"loaded: {sorted(heavy)}")
"""


@pytest.mark.parametrize("engine", PORTABLE)
def test_the_command_loads_neither_tensorflow_nor_keras(engine: str, tmp_path: Path) -> None:
    Image.fromarray(samples.load_photo("coffee")).convert("L").save(tmp_path / "one.jpg")
    command = [sys.executable, "-c", COMMAND, "colorize", "one.jpg", "--engine", engine, "--verbose"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path)
    assert "loaded: []" in done.stdout
    assert f"Engine: {engine}, " in done.stderr
    with Image.open(tmp_path / "colorized" / "one.jpg") as colored:
        assert colored.mode == "RGB"
