"""The network alone: pictures a second of unetcolor, Keras, PyTorch and OpenVINO.

    python -m benchmarks.predict

PyTorch and OpenVINO take part where they are installed: ``pip install torch openvino``.
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
from unetcolor import UNetColorizer, build_unet
from unetcolor.networks.precision import Precision, has_bfloat16
from unetcolor.prediction.engines import engine_for

KERAS = "Keras predict"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    report("The classic network, 32 pictures of 100x75", classic(), (32, 100, 75, 1), arguments.rounds, torch=True)
    photo = UNetColorizer.from_preset("photo").model
    report("Preset photo, one picture of 192x192", photo, (1, 192, 192, 1), arguments.rounds)
    report("Preset photo, 8 pictures of 192x192", photo, (8, 192, 192, 1), arguments.rounds)


def classic() -> keras.Model:
    """Return the classic network as a training leaves it: no factor is 1, and no summand 0, which could be left out."""
    model = build_unet(1, 2, seed=1)
    rng = np.random.default_rng(1)
    model.set_weights([w * rng.uniform(0.9, 1.1, w.shape) + 0.01 for w in model.get_weights()])
    return model


def report(title: str, model: keras.Model, shape: tuple[int, ...], rounds: int, *, torch: bool = False) -> None:
    batch = np.random.default_rng(0).random(shape, dtype=np.float32)
    precisions: list[Precision] = ["float32", "bfloat16"] if has_bfloat16() else ["float32"]
    ways: dict[str, Way] = {KERAS: lambda: model.predict(batch, verbose=0)}
    runs: dict[str, Callable[[np.ndarray], Any]] = {}
    for precision in precisions:
        runs[f"unetcolor {precision}"] = engine_for(model, precision)
        if find_spec("openvino"):
            runs[f"OpenVINO {precision}"] = open_vino(model, precision)
        if torch and find_spec("torch"):
            from benchmarks.torch_unet import compiled

            runs[f"PyTorch {precision}"] = compiled(precision)
    ways |= {name: _call(run, batch) for name, run in sorted(runs.items(), key=lambda item: item[0].split()[1])}
    print(f"### {title}\n\n{table(compare(ways, rounds), KERAS, shape[0], 'pictures')}\n", flush=True)


def _call(run: Callable[[np.ndarray], Any], batch: np.ndarray) -> Way:
    return lambda: run(batch)


def open_vino(model: keras.Model, precision: str) -> Callable[[np.ndarray], Any]:
    """Return the network in OpenVINO, for pictures of any size, as ours is."""
    import openvino
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        signature = [tf.TensorSpec((None, None, None, 1), tf.float32)]
        model.export(folder, format="tf_saved_model", verbose=False, input_signature=signature)
        converted = openvino.convert_model(folder)
    hints = {"INFERENCE_PRECISION_HINT": {"float32": "f32", "bfloat16": "bf16"}[precision]}
    run: Callable[[np.ndarray], Any] = openvino.Core().compile_model(converted, "CPU", hints)
    return run


if __name__ == "__main__":
    main()
