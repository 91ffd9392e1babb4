"""OpenVINO's own format: a folder with ``model.xml``, whose ``rt_info`` holds the texts, and ``model.bin``."""

from __future__ import annotations

from pathlib import Path

from unetcolor.export.graph import Graph, Run
from unetcolor.export.onnx import content_of
from unetcolor.prediction.engines.runtimes import import_openvino

_MODEL = "model.xml"


def write(graph: Graph, path: Path) -> None:
    """Write a graph into a folder that exists."""
    openvino = import_openvino("export")
    # By way of ONNX: what OpenVINO itself makes of TensorFlow's graph has values in between as further outputs.
    model = openvino.Core().read_model(content_of(graph), b"")
    for name, text in graph.texts.items():
        model.set_rt_info(text, name)
    openvino.save_model(model, path / _MODEL, compress_to_fp16=False)


def run(path: Path) -> Run:
    """Return what runs the model in a folder, which may be moved meanwhile, in float32."""
    openvino = import_openvino("export")
    core = openvino.Core()
    # A file that is mapped into memory cannot be moved everywhere.
    core.set_property({"ENABLE_MMAP": False})
    # Where processors have bfloat16, OpenVINO takes it unless it is told not to.
    compiled = core.compile_model(path / _MODEL, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return lambda batch: compiled(batch)[0]
