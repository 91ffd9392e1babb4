"""Pictures a second of unetcolor's engines, Keras, PyTorch and OpenVINO: the network alone, and from gray to color.

    python -m benchmarks.predict

PyTorch and OpenVINO take part where they are installed: ``pip install torch openvino``. The engines for ONNX need
``unetcolor[onnx,openvino,export]``.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import keras
import numpy as np

from benchmarks.timing import Way, compare, table
from unetcolor import UNetColorizer, build_unet, get_color_space
from unetcolor.codec import Codec
from unetcolor.networks.precision import Precision, has_bfloat16
from unetcolor.prediction.engines import PORTABLE, engine_for
from unetcolor.prediction.predictor import Predictor

KERAS = "Keras predict"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    report("The classic network, 32 pictures of 100x75", classic(), (32, 100, 75), arguments.rounds, torch=True)
    photo = UNetColorizer.from_preset("photo").model
    report("Preset photo, one picture of 192x192", photo, (1, 192, 192), arguments.rounds)
    report("Preset photo, 8 pictures of 192x192", photo, (8, 192, 192), arguments.rounds)
    from_gray_to_color("The classic network, from gray to color, 256 pictures of 100x75", arguments.rounds)


def classic() -> keras.Model:
    """Return the classic network as a training leaves it: no factor is 1, and no summand 0, which could be left out."""
    model = build_unet(1, 2, seed=1)
    rng = np.random.default_rng(1)
    model.set_weights([w * rng.uniform(0.9, 1.1, w.shape) + 0.01 for w in model.get_weights()])
    return model


def report(title: str, model: keras.Model, shape: tuple[int, ...], rounds: int, *, torch: bool = False) -> None:
    batch = np.zeros((*shape, model.input_shape[-1]), np.float32)
    # All further channels are those of hints, of which there are none.
    batch[..., 0] = np.random.default_rng(0).random(shape, dtype=np.float32)
    precisions: list[Precision] = ["float32", "bfloat16"] if has_bfloat16() else ["float32"]
    ways: dict[str, Way] = {KERAS: lambda: model.predict(batch, verbose=0)}
    runs: dict[str, Callable[[np.ndarray], Any]] = {}
    for precision in precisions:
        for engine in engines(precision):
            runs[f"unetcolor {precision} {engine}"] = engine_for(model, precision, engine)
        if find_spec("openvino"):
            runs[f"OpenVINO {precision}"] = open_vino(model, precision)
        if torch and find_spec("torch"):
            from benchmarks.torch_unet import compiled

            runs[f"PyTorch {precision}"] = compiled(precision)
    ways |= {name: _call(run, batch) for name, run in sorted(runs.items(), key=lambda item: item[0].split()[1])}
    print(f"### {title}\n\n{table(compare(ways, rounds), KERAS, shape[0], 'pictures')}\n", flush=True)


def engines(precision: Precision) -> list[str]:
    """Return the names of our engines that are installed and have a precision."""
    installed = [name for name, package in PORTABLE.items() if find_spec(package) and find_spec("tf2onnx")]
    return ["tensorflow", *(name for name in installed if precision == "float32" or name != "onnx")]


def from_gray_to_color(title: str, rounds: int) -> None:
    """Compare what users call, an array of gray pictures in and their colors out, with the networks alone."""
    model = classic()
    pictures = np.random.default_rng(0).integers(0, 256, (256, 100, 75), dtype=np.uint8)
    batches = np.split(pictures[..., np.newaxis] / np.float32(255), 8)
    codec, side = Codec(get_color_space("lab")), (100 * 75) ** 0.5
    ways: dict[str, Way] = {KERAS: lambda: model.predict(np.concatenate(batches), verbose=0)}
    alone: dict[str, Callable[[np.ndarray], Any]] = {}
    precisions: list[Precision] = ["float32", "bfloat16"] if has_bfloat16() else ["float32"]
    for precision in precisions:
        for name in engines(precision):
            engine = engine_for(model, precision, name)
            alone[f"the network alone, unetcolor {precision} {name}"] = engine
            ways[f"unetcolor {precision} {name}"] = _predict(Predictor(codec, engine, side), pictures)
        if find_spec("openvino"):
            alone[f"the network alone, OpenVINO {precision}"] = open_vino(model, precision)
    ways |= {name: _all(run, batches) for name, run in alone.items()}
    print(f"### {title}\n\n{table(compare(ways, rounds), KERAS, len(pictures), 'pictures')}\n", flush=True)


def _predict(predictor: Predictor, pictures: np.ndarray) -> Way:
    return lambda: predictor.predict(pictures, verbose=0)


def _all(run: Callable[[np.ndarray], Any], batches: list[np.ndarray]) -> Way:
    return lambda: [run(batch) for batch in batches]


def _call(run: Callable[[np.ndarray], Any], batch: np.ndarray) -> Way:
    return lambda: run(batch)


def open_vino(model: keras.Model, precision: str) -> Callable[[np.ndarray], Any]:
    """Return the network in OpenVINO, for pictures of any size, as ours is."""
    import openvino
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        signature = [tf.TensorSpec(model.input_shape, tf.float32)]
        model.export(folder, format="tf_saved_model", verbose=False, input_signature=signature)
        converted = openvino.convert_model(folder)
    hints = {"INFERENCE_PRECISION_HINT": {"float32": "f32", "bfloat16": "bf16"}[precision]}
    run: Callable[[np.ndarray], Any] = openvino.Core().compile_model(converted, "CPU", hints)
    return run


if __name__ == "__main__":
    main()
