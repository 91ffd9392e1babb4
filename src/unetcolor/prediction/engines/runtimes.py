"""Import ONNX Runtime and OpenVINO, and keep both from telling their makers of it."""

from __future__ import annotations

import os
import sys
from typing import Any

from unetcolor.errors import require

# What OpenVINO tells its makers with, as soon as it is imported; without it, OpenVINO takes a stub of its own.
_TELLING = "openvino_telemetry"


def import_onnxruntime(extra: str) -> Any:
    """Return ``onnxruntime``, or raise a MissingExtraError that names the extra to install."""
    # Since 1.32 it would tell its makers of each session, and keep an identifier in the folder for temporary files.
    # It looks for this when it is imported; the function is for when somebody else has imported it before.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    runtime = require("onnxruntime", extra)
    runtime.disable_telemetry_events()
    return runtime


def import_openvino(extra: str) -> Any:
    """Return ``openvino``, or raise a MissingExtraError that names the extra to install."""
    if _TELLING in sys.modules:
        return require("openvino", extra)
    # Python then finds no such package.
    sys.modules[_TELLING] = None  # type: ignore[assignment]
    try:
        return require("openvino", extra)
    finally:
        sys.modules.pop(_TELLING, None)
