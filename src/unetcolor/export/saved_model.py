"""TensorFlow's SavedModel: a folder, whose endpoint ``serve`` runs the model; each of the texts is a file in it."""

from __future__ import annotations

from pathlib import Path

import keras
import tensorflow as tf

from unetcolor.export.graph import Graph, Run


def write(graph: Graph, path: Path) -> None:
    """Write a graph into a folder that exists."""
    model = graph.model
    signature = [keras.InputSpec(shape=model.input_shape, dtype=model.input.dtype, name=graph.input)]
    model.export(path, format="tf_saved_model", input_signature=signature, verbose=False)
    for name, text in graph.texts.items():
        (path / name).write_text(text, encoding="utf-8")


def run(path: Path) -> Run:
    """Return what runs the model in a folder, which may be moved meanwhile."""
    loaded = tf.saved_model.load(path)
    return lambda batch: loaded.serve(batch).numpy()
