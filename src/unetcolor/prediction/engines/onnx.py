"""Run a network in ONNX with ONNX Runtime, which starts in a fraction of a second and takes little memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import numpy as np
from typing_extensions import override

from unetcolor.networks.precision import Precision, resolve
from unetcolor.prediction.engines.portable import PortableEngine
from unetcolor.prediction.engines.runtimes import import_onnxruntime


class OnnxEngine(PortableEngine):
    """ONNX Runtime on the processor, in float32."""

    name: ClassVar[str] = "onnx"

    @classmethod
    @override
    def resolve(cls, precision: Precision) -> Precision:
        if resolve(precision, helps=False) == "bfloat16":
            raise ValueError(
                "the engine 'onnx' computes in float32: take precision='auto' or 'float32', or the engine 'openvino' "
                "or 'tensorflow' for bfloat16"
            )
        return "float32"

    @override
    def _start(self) -> Callable[[np.ndarray], np.ndarray]:
        runtime = import_onnxruntime("onnx")
        options = runtime.SessionOptions()
        # Errors are raised; what is no error is no news.
        options.log_severity_level = 4
        # Threads that wait for work would take the cores from what else is computed of a photo.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # Memory kept for sizes of photos that do not come again.
        options.enable_cpu_mem_arena = False
        session = runtime.InferenceSession(self._content, options, providers=["CPUExecutionProvider"])
        (taken,) = session.get_inputs()

        def run(batch: np.ndarray) -> np.ndarray:
            (predicted,) = session.run(None, {taken.name: batch})
            return np.asarray(predicted)

        return run
