"""ONNX, one file with the texts in its metadata; ONNX Runtime runs it."""

from __future__ import annotations

from pathlib import Path

from unetcolor.errors import require
from unetcolor.export.graph import Graph, Run
from unetcolor.networks.onnx import converted
from unetcolor.prediction.engines.runtimes import import_onnxruntime


def write(graph: Graph, path: Path) -> None:
    """Write a graph to a file."""
    path.write_bytes(content_of(graph))


def run(path: Path) -> Run:
    """Return what runs a file, which may be moved meanwhile."""
    runtime = import_onnxruntime("export")
    session = runtime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    (entry,) = session.get_inputs()
    return lambda batch: session.run(None, {entry.name: batch})[0]


def content_of(graph: Graph) -> bytes:
    """Return what the file of a graph holds."""
    onnx = require("onnx", "export")
    made = converted(graph.model, graph.input, graph.output)
    onnx.helper.set_model_props(made, dict(graph.texts))
    content: bytes = made.SerializeToString()
    return content
