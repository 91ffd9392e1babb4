"""A model file in ONNX loads without Keras and without a runtime; a stranger's is refused before a runtime sees it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from unetcolor import ModelLoadError, UNetColorizer
from unetcolor.models.keras_file import read_record
from unetcolor.models.onnx_file import FORM, load_onnx, read_onnx_record, write_onnx
from unetcolor.models.record import RECORD
from unetcolor.prediction.predictor import Predictor


@pytest.fixture(scope="module")
def saved(trained: UNetColorizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file in ONNX."""
    folder = tmp_path_factory.mktemp("models")
    trained.save(folder / "model.keras")
    write_onnx(folder / "model.onnx", trained.model, read_record(folder / "model.keras"))
    return folder / "model.onnx"


def test_what_is_loaded_predicts_as_the_colorizer_does(
    saved: Path, trained: UNetColorizer, small_portraits: np.ndarray
) -> None:
    assert read_onnx_record(saved) == load_onnx(saved).record == read_record(saved.with_suffix(".keras"))
    expected = trained.predict(small_portraits, precision="float32", verbose=0).astype(int)
    for engine in ("onnx", "openvino"):
        predictor = Predictor.load(saved, engine=engine, precision="float32")
        found = predictor.predict(small_portraits, verbose=0)
        assert np.abs(found - expected).max() <= 1
        assert repr(predictor).startswith(f"Predictor(engine='{engine}', precision='float32', space='lab', side=21.79")


def test_the_file_is_written_whole_or_not_at_all(saved: Path, trained: UNetColorizer, tmp_path: Path) -> None:
    record = read_onnx_record(saved)
    with pytest.raises(ValueError, match=r"ends in \.onnx"):
        write_onnx(tmp_path / "model.keras", trained.model, record)
    with pytest.raises(FileNotFoundError):
        write_onnx(tmp_path / "nowhere" / "model.onnx", trained.model, record)
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_the_other_kind_says_how_it_is_loaded(saved: Path) -> None:
    with pytest.raises(ModelLoadError, match=r"load it with Predictor\.load"):
        UNetColorizer.load(saved)
    with pytest.raises(ValueError, match="'tensorflow' does not run models in ONNX: take 'auto', 'onnx' or 'openvino'"):
        Predictor.load(saved, engine="tensorflow")


Model = Any


def metadata(**changes: str) -> Callable[[Model], None]:
    def change(model: Model) -> None:
        kept = {each.key: each.value for each in model.metadata_props} | {
            {"record": RECORD, "form": FORM}[name]: value for name, value in changes.items()
        }
        del model.metadata_props[:]
        helper.set_model_props(model, {name: value for name, value in kept.items() if value})

    return change


def entry(name: str, value: Any) -> Callable[[Model], None]:
    def change(model: Model) -> None:
        record = next(json.loads(each.value) for each in model.metadata_props if each.key == RECORD)
        metadata(record=json.dumps(record | {name: value}))(model)

    return change


def node(operation: str, inputs: list[str], **attributes: Any) -> Callable[[Model], None]:
    """Add a node that nobody reads, in front of all others."""

    def change(model: Model) -> None:
        nodes = [helper.make_node(operation, inputs, ["made"], **attributes), *model.graph.node]
        del model.graph.node[:]
        model.graph.node.extend(nodes)

    return change


def array_elsewhere(model: Model) -> None:
    array = model.graph.initializer[0]
    del array.external_data[:]
    array.ClearField("raw_data")
    array.data_location = TensorProto.EXTERNAL
    array.external_data.add(key="location", value="weights.bin")


def constant_elsewhere(model: Model) -> None:
    array = TensorProto(data_type=TensorProto.FLOAT, dims=[4], data_location=TensorProto.EXTERNAL)
    array.external_data.add(key="location", value="/etc/passwd")
    node("Constant", [], value=array)(model)


def large_constant(model: Model) -> None:
    model.graph.initializer.append(helper.make_tensor("size", TensorProto.INT64, [2], [10**6, 10**6]))
    node("ConstantOfShape", ["size"])(model)


def loop(model: Model) -> None:
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"])],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
        ],
        [helper.make_tensor_value_info("on", TensorProto.BOOL, [])],
    )
    node("Loop", ["", ""], body=body)(model)


def function(model: Model) -> None:
    made = helper.make_function("mine", "f", ["x"], ["y"], [helper.make_node("Relu", ["x"], ["y"])], [])
    model.functions.append(made)


def sparse(model: Model) -> None:
    values = helper.make_tensor("v", TensorProto.FLOAT, [1], [1.0])
    places = helper.make_tensor("i", TensorProto.INT64, [1], [3])
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, places, [10**9]))


def other_channels(model: Model) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[-1].dim_value = 7


def second_input(model: Model) -> None:
    model.graph.input.add().CopyFrom(model.graph.input[0])


def one_size(model: Model) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 480


def cast_twice(model: Model) -> None:
    name = model.graph.initializer[0].name
    casts = [helper.make_node("Cast", [name], [made], to=TensorProto.DOUBLE) for made in ("once", "twice")]
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


ATTACKS: dict[str, tuple[Callable[[Model], None], str]] = {
    "no record": (metadata(record=""), "no model of unetcolor: its metadata has no unetcolor.json"),
    "a record that is no JSON": (metadata(record="{"), "unetcolor.json is damaged"),
    "a long record": (metadata(record=" " * 200_000), "larger than it can be"),
    "another form": (metadata(form="picture"), "has the form 'picture'"),
    "a form that steers the terminal": (metadata(form="\x1b[31m"), "has the form"),
    "an unknown entry": (entry("surprise", 1), "missing or unknown entries: surprise"),
    "another format": (entry("format", 9), "reads model format 1, not 9"),
    "a color space that is not there": (
        entry("space", {"name": "labb"}),
        "needs the color space 'labb'",
    ),
    "an array in another file": (array_elsewhere, "names arrays in other files"),
    "a constant in another file": (constant_elsewhere, "names arrays in other files"),
    "a large constant": (large_constant, "computes 'ConstantOfShape' before there is a picture"),
    "random numbers": (node("RandomNormal", [], shape=[10**6, 10**6]), "computes 'RandomNormal' before"),
    "a loop": (loop, "holds a loop"),
    "a function": (function, "holds functions"),
    "a sparse array": (sparse, "holds a sparse array"),
    "an operation of somebody else": (node("Run", ["luminance"], domain="com.evil"), "'com.evil', which is not one of"),
    "other channels": (other_channels, "does not take and give the channels"),
    "one size": (one_size, "takes pictures of one size"),
    "constants that are cast again": (cast_twice, "computes 'Cast' before there is a picture"),
    "two inputs": (second_input, "does not take and give the channels"),
    "no network": (lambda model: model.ClearField("graph"), "holds no network"),
}


def attacked(saved: Path, path: Path, attack: Callable[[Model], None]) -> Path:
    model = onnx.load_model(saved)
    attack(model)
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize("name", ATTACKS)
def test_a_hostile_file_is_refused_before_a_runtime_sees_it(name: str, saved: Path, tmp_path: Path) -> None:
    attack, message = ATTACKS[name]
    path = attacked(saved, tmp_path / "model.onnx", attack)
    (tmp_path / "weights.bin").write_bytes(bytes(10**6))
    begin = time.process_time()
    with pytest.raises(ModelLoadError, match=message) as error:
        load_onnx(path)
    assert time.process_time() - begin < 2
    assert "\x1b" not in str(error.value)
    assert len(str(error.value)) < 2000


RUN = """
import os, sys
from unetcolor import ModelLoadError
from unetcolor.prediction.predictor import Predictor

opened = []
sys.addaudithook(lambda event, arguments: opened.append(str(arguments[0])) if event == "open" else None)
try:
    Predictor.load(sys.argv[1], engine="onnx")
except ModelLoadError as error:
    print(error)
assert not [path for path in opened if path.endswith(("weights.bin", "passwd"))], opened
assert not {"keras", "tensorflow", "onnx", "onnxruntime"} & sys.modules.keys()
"""


@pytest.mark.parametrize("name", ["an array in another file", "a constant in another file"])
def test_no_other_file_is_opened(name: str, saved: Path, tmp_path: Path) -> None:
    path = attacked(saved, tmp_path / "model.onnx", ATTACKS[name][0])
    (tmp_path / "weights.bin").write_bytes(bytes(10**6))
    command = [sys.executable, "-c", RUN, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path)
    assert "names arrays in other files" in done.stdout


@pytest.mark.parametrize("number", [7, 14, 20, 25])
def test_a_field_that_runtimes_would_read_as_another_one_is_refused(number: int, saved: Path, tmp_path: Path) -> None:
    # Protocol Buffers keep 32 bits of a key: this one is field 2**29 + number for who keeps all.
    key = (number << 3 | 2) + 2**32
    varint = bytes([key >> shift & 127 | 128 for shift in range(0, 28, 7)] + [key >> 28])
    path = tmp_path / "model.onnx"
    path.write_bytes(saved.read_bytes() + varint + b"\0")
    with pytest.raises(ModelLoadError, match="it is damaged"):
        load_onnx(path)


def cut_and_changed(content: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(content)
    for position in rng.integers(0, len(changed), 20):
        changed[position] = rng.integers(0, 256)
    return bytes(changed[: rng.integers(1, len(changed) + 1)] if rng.random() < 0.5 else changed)


@pytest.mark.parametrize("engine", ["onnx", "openvino"])
def test_damaged_files_are_refused_or_predict_but_never_crash(engine: str, saved: Path, tmp_path: Path) -> None:
    content, rng = saved.read_bytes(), np.random.default_rng(1)
    path, refused = tmp_path / "model.onnx", 0
    for _ in range(40):
        path.write_bytes(cut_and_changed(content, rng))
        try:
            colored = Predictor.load(path, engine=engine, precision="float32").predict(np.zeros((9, 9), np.uint8))
            assert colored.shape == (9, 9, 3)
        # Weights that are not finite are told by what they lead to.
        except (ModelLoadError, ValueError):
            refused += 1
    assert refused > 10


def test_what_is_no_file_of_ours_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelLoadError, match="there is no such file"):
        load_onnx(tmp_path / "missing.onnx")
    with pytest.raises(ModelLoadError, match="no ordinary file"):
        load_onnx(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.onnx")
        with pytest.raises(ModelLoadError, match="no ordinary file"):
            load_onnx(tmp_path / "pipe.onnx")
    for content in (b"", b"\xff" * 100, b"PK\5\6", b"\x08" * 2_500_000, b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f"):
        (tmp_path / "odd.onnx").write_bytes(content)
        begin = time.process_time()
        with pytest.raises(ModelLoadError, match="not a readable"):
            load_onnx(tmp_path / "odd.onnx")
        assert time.process_time() - begin < 5
    with open(tmp_path / "huge.onnx", "wb") as file:
        file.truncate(3 * 2**30)
    with pytest.raises(ModelLoadError, match="3,221,225,472 bytes"):
        load_onnx(tmp_path / "huge.onnx")
