"""TensorFlow Lite, now called LiteRT: one file, for one picture of one size.

At its end is a ZIP archive of the texts, which runtimes pass over: as the format's own tools attach files.
"""

from __future__ import annotations

import warnings
import zipfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from unetcolor.export.graph import Graph, Run


def write(graph: Graph, path: Path) -> None:
    """Write a graph to a file."""
    model = graph.model
    signature = [keras.InputSpec(shape=(1, *model.input_shape[1:]), dtype=model.input.dtype, name=graph.input)]
    # Without the operations of TensorFlow itself, which few programs have.
    target = {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]}
    model.export(path, format="litert", input_signature=signature, target_spec=target, verbose=False)
    with zipfile.ZipFile(path, "a") as archive:
        for name, text in graph.texts.items():
            archive.writestr(name, text)


def run(path: Path) -> Run:
    """Return what runs a file, which may be moved meanwhile, on one picture after the other."""
    with warnings.catch_warnings():
        # It moves to a package of its own.
        warnings.filterwarnings("ignore", message=r"\s*Warning: tf.lite.Interpreter is deprecated")
        interpreter = tf.lite.Interpreter(model_content=path.read_bytes())
    interpreter.allocate_tensors()
    (first,), (last,) = interpreter.get_input_details(), interpreter.get_output_details()

    def run_one(picture: np.ndarray) -> np.ndarray:
        interpreter.set_tensor(first["index"], picture)
        interpreter.invoke()
        answer: np.ndarray = interpreter.get_tensor(last["index"])
        return answer

    return lambda batch: np.concatenate([run_one(picture[np.newaxis]) for picture in batch])
