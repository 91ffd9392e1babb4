"""``unetcolor info``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unetcolor.cli._loading import loading
from unetcolor.cli._options import AsJson, Trained
from unetcolor.cli._output import new_table, plain_text, print_json, readable_errors, results
from unetcolor.models.presets import path_of_model

if TYPE_CHECKING:
    from unetcolor.models.record import Record


def info(model: Trained, as_json: AsJson = False) -> None:
    """Show the color space, the network and the training of a model file. Nothing in the file is executed."""
    with readable_errors(as_json):
        path = path_of_model(model)
        with loading(model):
            record = _record_of(path)
        height, width = record.image_size
        facts: dict[str, Any] = {
            "file": path,
            "megabytes": round(path.stat().st_size / 1e6, 2),
            "space": record.space,
            "provider": record.provider,
            "network": record.network.to_json(),
            "image size": {"height": height, "width": width},
            "training": record.training,
            "written by": {"unetcolor": record.unetcolor},
        }
        if as_json:
            print_json(facts)
            return
        table = new_table(plain_text(model), "")
        table.columns[1].justify = "left"
        for name, value in facts.items():
            for key, each in _flat(name, value):
                text = f"{each:.4g}" if isinstance(each, float) else str(each)
                # The config of a color space is kept as it is, whatever characters are in it.
                table.add_row(plain_text(key), plain_text(text))
        results.print(table)


def _record_of(path: Path) -> Record:
    if path.suffix == ".onnx":
        from unetcolor.models.onnx_file import read_onnx_record

        return read_onnx_record(path)
    from unetcolor.models.keras_file import read_record

    return read_record(path)


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the facts within dictionaries one by one, each with the whole way to it as its name."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _flat(f"{name} {key}", each)
    else:
        yield name, value
