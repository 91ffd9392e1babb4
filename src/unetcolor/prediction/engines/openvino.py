"""Run a network in ONNX with OpenVINO, the fastest on processors of Intel and AMD."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from typing_extensions import override

from unetcolor.networks.precision import Precision, resolve
from unetcolor.prediction.engines.portable import PortableEngine
from unetcolor.prediction.engines.runtimes import import_openvino

# OpenVINO makes a table of NumPy's types when it first needs it. Two threads that need it at the same moment wait for
# each other for ever: one holds the table and waits for Python, the other holds Python and waits for the table.
_MAKING_TABLE = threading.Lock()

# What OpenVINO calls them.
_PRECISIONS = {"float32": "f32", "bfloat16": "bf16"}


class OpenVINOEngine(PortableEngine):
    """OpenVINO on the processor."""

    name: ClassVar[str] = "openvino"

    @classmethod
    @override
    def resolve(cls, precision: Precision) -> Precision:
        # It rounds between more layers than TensorFlow does: colors are six levels off at one value of a thousand, and
        # more than twenty at single ones; and in float32 it is as fast as TensorFlow in bfloat16.
        return resolve(precision, helps=False)

    @override
    def _start(self) -> Callable[[np.ndarray], np.ndarray]:
        runtime = import_openvino("openvino")
        with _MAKING_TABLE:
            runtime.Type.f32.to_dtype()
        core = runtime.Core()
        compiled = core.compile_model(
            core.read_model(self._content),
            "CPU",
            # One picture or batch after the other, each on all cores.
            {"INFERENCE_PRECISION_HINT": _PRECISIONS[self.precision], "PERFORMANCE_HINT": "LATENCY"},
        )
        # A request belongs to one thread at a time.
        idle: list[Any] = []

        def run(batch: np.ndarray) -> np.ndarray:
            try:
                request = idle.pop()
            except IndexError:
                request = compiled.create_infer_request()
            (predicted,) = request.infer([batch], share_inputs=True).values()
            idle.append(request)
            return np.asarray(predicted)

        return run
