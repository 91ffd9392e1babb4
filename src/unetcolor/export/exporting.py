"""Write a colorizer to a file that other programs run, and keep it only if its colors are ours."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from unetcolor._files import replacing, replacing_folder
from unetcolor.errors import ExportError, MissingExtraError, require
from unetcolor.export.check import largest_difference, sample_pictures
from unetcolor.export.formats import require_free, target_of
from unetcolor.export.forms import check_form, make_form
from unetcolor.export.graph import Graph
from unetcolor.models.onnx_file import FORM
from unetcolor.models.record import RECORD, Record

if TYPE_CHECKING:
    import keras

    from unetcolor.codec import Codec
    from unetcolor.prediction.predictor import Predictor


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes
    ----------
    path : pathlib.Path
        The file or the folder.
    format : str
        ``"onnx"``, ``"tflite"``, ``"openvino"`` or ``"saved_model"``.
    form : str
        ``"network"`` or ``"picture"``.
    size : tuple of int or None
        ``(height, width)`` of the pictures that it takes, or None for any.
    megabytes : float
        What it takes on disk.
    difference : int
        By how many of 255 levels its colors differ from those of :meth:`unetcolor.UNetColorizer.predict` at most.
    pictures : int
        On how many sample pictures.
    """

    path: Path
    format: str
    form: str
    size: tuple[int, int] | None
    megabytes: float
    difference: int
    pictures: int

    def __str__(self) -> str:
        size = "any size" if self.size is None else f"{self.size[0]} x {self.size[1]}"
        same = f"at most {self.difference} of 255 levels from unetcolor's own colors"
        return (
            f"{self.path}: {self.format}, form {self.form}, {size}, {self.megabytes:.1f} MB; "
            f"{same} on {self.pictures} sample pictures"
        )


def export(
    network: keras.Model,
    codec: Codec,
    record: Record,
    ours: Predictor,
    path: str | os.PathLike[str],
    *,
    form: str = "network",
    format: str | None = None,
    size: Any = None,
    overwrite: bool = False,
    tell: Callable[[str], None] = lambda step: None,
) -> Exported:
    """Write a colorizer to a file that other programs run; see :meth:`unetcolor.UNetColorizer.export`.

    Parameters
    ----------
    network, codec, record
        The colorizer's.
    ours
        Colorizes with the same network in float32.
    path, form, format, size, overwrite
        As there.
    tell
        Called with the name of each step before it begins.

    Returns
    -------
    Exported
        What was written.
    """
    check_form(form)
    target = target_of(path, format, size, overwrite)
    into, size = target.format, target.size
    _require_tensorflow()
    for package in into.packages:
        require(package, "export")
    if not all(np.isfinite(values).all() for values in network.get_weights()):
        raise ValueError("the network's weights are not finite: its training diverged; nothing was written")

    module = import_module(f"unetcolor.export.{into.name}")
    with (replacing_folder if into.suffix is None else replacing)(target.path) as temporary:
        tell(f"Converting to {into.title}")
        with _explaining(f"the network cannot be converted to {into.title}"):
            wanted = make_form(form, network, codec, ours.side, size)
            texts = {RECORD: json.dumps(record.to_json()), FORM: form}
            module.write(Graph(wanted.model, wanted.input, wanted.output, texts), temporary)
        tell("Comparing its colors with those of unetcolor")
        batches = sample_pictures(codec, size)
        with _explaining(f"the export to {into.title} failed, and nothing of it was kept"):
            same = type(ours)(codec, ours.engine, wanted.side)
            difference = largest_difference(module.run(temporary), wanted, same, batches)
        megabytes = _megabytes(temporary)
        # What came there in the meantime is not ours to replace.
        require_free(target.path, into, overwrite)
    return Exported(target.path, into.name, form, size, megabytes, difference, sum(map(len, batches)))


def _require_tensorflow() -> None:
    from keras import backend

    if backend.backend() != "tensorflow":
        raise ValueError(
            f"networks are exported where Keras runs on TensorFlow; here it runs on {backend.backend()}: set "
            "KERAS_BACKEND=tensorflow, and start again"
        )


@contextmanager
def _explaining(what: str) -> Iterator[None]:
    """Say what failed. What converters and runtimes raise is their own affair, and may be pages long."""
    try:
        yield
    except (MissingExtraError, MemoryError, OSError):
        raise
    except Exception as error:
        reason = str(error).strip() or type(error).__name__
        raise ExportError(f"{what}: {reason.splitlines()[0][:500]}") from error


def _megabytes(path: Path) -> float:
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return sum(each.stat().st_size for each in files) / 1e6
