from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from unetcolor import UNetColorizer, samples
from unetcolor.errors import ExportError, MissingExtraError, NotFittedError
from unetcolor.export import onnx, saved_model, tflite
from unetcolor.export.exporting import Exported
from unetcolor.export.formats import FORMATS
from unetcolor.export.graph import Graph
from unetcolor.models.keras_file import read_record
from unetcolor.prediction.predictor import Predictor

SIZE = (40, 3)


def target(folder: Path, format: str) -> Path:
    return folder / f"model{FORMATS[format].suffix or ''}"


def export(colorizer: UNetColorizer, folder: Path, format: str, form: str, **options: Any) -> Exported:
    size = SIZE if FORMATS[format].has_one_size else None
    arguments = {"size": size, "format": format, "verbose": 0, **options}
    return colorizer.export(target(folder, format), form=form, **arguments)


def texts_of(path: Path, format: str) -> dict[str, str]:
    names = ("unetcolor.json", "unetcolor.form")
    if format == "onnx":
        import onnx

        kept = {each.key: each.value for each in onnx.load(path).metadata_props}
        return {name: kept[name] for name in names}
    if format == "openvino":
        import openvino

        model = openvino.Core().read_model(path / "model.xml")
        return {name: model.get_rt_info(name).astype(str) for name in names}
    if format == "tflite":
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name).decode() for name in names}
    return {name: (path / name).read_text() for name in names}


@pytest.mark.parametrize("format", FORMATS)
def test_a_network_is_exported(trained: UNetColorizer, tmp_path: Path, format: str) -> None:
    exported = export(trained, tmp_path, format, "network")
    assert exported.difference <= 1
    assert exported.pictures >= 3
    assert exported.path == target(tmp_path, format)
    assert [each.name for each in tmp_path.iterdir()] == [exported.path.name]
    trained.save(tmp_path / "same.keras")
    texts = texts_of(exported.path, format)
    assert json.loads(texts["unetcolor.json"]) == read_record(tmp_path / "same.keras").to_json()
    assert texts["unetcolor.form"] == "network"
    # In its own runtime, on pictures that it was not checked on.
    run = import_module(f"unetcolor.export.{format}").run(exported.path)
    for size in (SIZE,) if FORMATS[format].has_one_size else (SIZE, (1, 1), (7, 50)):
        luminance = np.random.default_rng(1).random((2, *size, 1), np.float32)
        expected = trained.model.predict_on_batch(luminance)
        np.testing.assert_allclose(run(luminance), expected, atol=1e-5)


def test_a_network_in_onnx_is_a_model_of_ours(trained: UNetColorizer, tmp_path: Path) -> None:
    exported = export(trained, tmp_path, "onnx", "network")
    gray = samples.load_portraits()[0, ..., 0]
    found = Predictor.load(exported.path, engine="onnx").predict(gray, verbose=0)
    expected = trained.predict(gray, precision="float32", verbose=0)
    assert np.abs(np.asarray(found, int) - expected).max() <= 1


@pytest.mark.parametrize(
    "format", [pytest.param(name, marks=[] if name == "tflite" else pytest.mark.slow) for name in FORMATS]
)
def test_the_whole_way_is_exported(trained: UNetColorizer, tmp_path: Path, format: str) -> None:
    exported = export(trained, tmp_path, format, "picture")
    assert texts_of(exported.path, format)["unetcolor.form"] == "picture"
    run = import_module(f"unetcolor.export.{format}").run(exported.path)
    for size in (SIZE,) if FORMATS[format].has_one_size else (SIZE, (1, 1), (7, 50)):
        gray = np.random.default_rng(1).integers(0, 256, (2, *size), np.uint8)
        found = run(gray[..., np.newaxis])
        assert found.dtype == np.uint8
        # One by one: an array of narrow pictures is read as one picture.
        expected = np.stack(trained.predict(list(gray), precision="float32", verbose=0))
        assert np.abs(found.astype(int) - expected).max() <= 1


@pytest.mark.slow
def test_a_preset_is_exported(tmp_path: Path) -> None:
    colorizer = UNetColorizer.from_preset("photo")
    exported = colorizer.export(tmp_path / "photo.onnx", form="picture", verbose=0)
    run = onnx.run(exported.path)
    photo = colorizer._codec.plain_gray(samples.load_photo("astronaut"))[..., 0]
    expected = colorizer.predict(photo, precision="float32", verbose=0)
    assert np.abs(run(photo[np.newaxis, ..., np.newaxis])[0].astype(int) - expected).max() <= 1


def test_a_file_for_one_size_says_so(trained: UNetColorizer, tmp_path: Path) -> None:
    import onnxruntime

    exported = export(trained, tmp_path, "onnx", "network", size=SIZE)
    assert exported.size == SIZE
    assert "40 x 3" in str(exported)
    (entry,) = onnxruntime.InferenceSession(exported.path).get_inputs()
    assert (entry.name, entry.shape) == ("luminance", ["batch", *SIZE, 1])


def without_weights(graph: Graph, path: Path) -> None:
    """Convert a network in the way that loses its weights, without any error."""
    import tensorflow as tf

    model = graph.model
    entry = tf.TensorSpec((1, *model.input_shape[1:]), tf.float32)
    function = tf.function(lambda x: model(x, training=False), input_signature=[entry]).get_concrete_function()
    path.write_bytes(tf.lite.TFLiteConverter.from_concrete_functions([function], model).convert())


def with_other_weights(graph: Graph, path: Path) -> None:
    other = keras.models.clone_model(graph.model)
    other.set_weights([0 * values for values in graph.model.get_weights()])
    _write(replace(graph, model=other), path)


def for_other_sizes(graph: Graph, path: Path) -> None:
    _write(replace(graph, model=keras.Model(graph.model.input, graph.model.output[:, 1:])), path)


_write = tflite.write


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (without_weights, "values that are no numbers|of 255 levels away"),
        (with_other_weights, r"its colors are up to \d+ of 255 levels away from those of unetcolor"),
        (for_other_sizes, "."),
    ],
)
def test_a_file_with_other_colors_is_not_kept(
    trained: UNetColorizer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: Callable[[Graph, Path], None],
    message: str,
) -> None:
    monkeypatch.setattr(tflite, "write", fault)
    path = target(tmp_path, "tflite")
    path.write_text("before")
    with pytest.raises(ExportError, match=message):
        export(trained, tmp_path, "tflite", "network", overwrite=True)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def without_hints(graph: Graph, path: Path) -> None:
    blind = keras.Input(graph.model.input_shape[1:], name="luminance")
    seen = blind * np.array([1, 0, 0, 0], np.float32)
    _write(replace(graph, model=keras.Model(blind, graph.model(seen))), path)


def test_a_file_that_does_not_follow_hints_is_not_kept(
    small_portraits: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    colorizer = UNetColorizer("lab", filters=(4, 8), hints=True, seed=1)
    colorizer.fit(small_portraits, epochs=1, verbose=0)
    assert export(colorizer, tmp_path, "tflite", "network").difference <= 1
    monkeypatch.setattr(tflite, "write", without_hints)
    with pytest.raises(ExportError, match="of 255 levels away"):
        export(colorizer, tmp_path, "tflite", "network", overwrite=True)


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError("the disk is full"), RuntimeError("odd operation")])
def test_half_an_export_leaves_nothing(
    trained: UNetColorizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Any
) -> None:
    def fail(graph: Graph, path: Path) -> None:
        (path / "saved_model.pb").write_text("half")
        raise error

    monkeypatch.setattr(saved_model, "write", fail)
    expected = ExportError if isinstance(error, RuntimeError) else type(error) if isinstance(error, OSError) else error
    with pytest.raises(expected):
        export(trained, tmp_path, "saved_model", "network")
    assert list(tmp_path.iterdir()) == []
    folder = target(tmp_path, "saved_model")
    folder.mkdir()
    (folder / "saved_model.pb").write_text("before")
    (folder / "unetcolor.form").touch()
    with pytest.raises(expected):
        export(trained, tmp_path, "saved_model", "network", overwrite=True)
    assert (folder / "saved_model.pb").read_text() == "before"
    assert list(tmp_path.iterdir()) == [folder]


def test_what_came_meanwhile_is_not_replaced(
    trained: UNetColorizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = saved_model.write

    def with_a_guest(graph: Graph, path: Path) -> None:
        written(graph, path)
        (tmp_path / "model").mkdir()
        (tmp_path / "model" / "thesis.txt").write_text("mine")

    monkeypatch.setattr(saved_model, "write", with_a_guest)
    with pytest.raises(ValueError, match="exists already: use overwrite"):
        export(trained, tmp_path, "saved_model", "network")
    assert [path.name for path in tmp_path.rglob("*")] == ["model", "thesis.txt"]


def test_what_cannot_be_exported_is_told(
    trained: UNetColorizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotFittedError):
        UNetColorizer("lab", filters=(4, 8)).export(tmp_path / "model.onnx")
    with pytest.raises(ValueError, match=r"unknown form 'pictures'\. Did you mean 'picture'\?"):
        trained.export(tmp_path / "model.onnx", form="pictures")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtraError, match=r'onnxruntime: pip install "unetcolor\[export\]"'):
        trained.export(tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []
