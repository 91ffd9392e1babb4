from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from unetcolor.export.formats import FORMATS, target_of


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_has_its_module(name: str) -> None:
    assert find_spec(f"unetcolor.export.{name}") is not None
    form = FORMATS[name]
    # A folder is replaced only if it holds nothing else, so what it holds is known.
    assert bool(form.members) == (form.suffix is None)


@pytest.mark.parametrize(
    ("path", "format", "size", "expected"),
    [
        ("photo.onnx", None, None, "onnx"),
        ("photo.onnx", "onnx", (3, 4), "onnx"),
        ("photo.tflite", None, [100, 75], "tflite"),
        ("photo", "openvino", None, "openvino"),
        ("photo.v2", "saved_model", None, "saved_model"),
    ],
)
def test_the_name_or_the_argument_tells_the_format(
    tmp_path: Path, path: str, format: str | None, size: object, expected: str
) -> None:
    target = target_of(tmp_path / path, format, size, False)
    assert target.format.name == expected
    assert target.size == (None if size is None else tuple(size))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "format", "size", "message"),
    [
        ("photo", None, None, r"must end in .onnx or .tflite, which 'photo' does not; for a folder, give"),
        ("photo.pb", None, None, "must end in .onnx or .tflite"),
        ("photo.ONNX", None, None, "must end in .onnx or .tflite"),
        ("photo.onnx", "openvino", None, "OpenVINO is a folder, and a folder's name does not end in .onnx"),
        ("photo.onnx", "tflite", (8, 8), "must end in .tflite, which 'photo.onnx' does not"),
        ("photo", "onnx", None, "must end in .onnx, which 'photo' does not"),
        ("photo", "opnevino", None, "unknown format 'opnevino'. Did you mean 'openvino'?"),
        ("photo.onnx", 3, None, "unknown format 3"),
        ("photo.tflite", None, None, "takes pictures of one size, which is not given"),
        ("photo.onnx", None, (0, 3), "size must be at least 1"),
        ("photo.onnx", None, 256, r"size must be \(height, width\)"),
        ("photo.onnx", None, (5000, 5000), "size must have at most"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, path: str, format: str, size: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        target_of(tmp_path / path, format, size, False)


def test_a_folder_that_is_missing_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="does not exist"):
        target_of(tmp_path / "nowhere" / "photo.onnx", None, None, False)


def test_only_an_export_of_the_format_is_replaced(tmp_path: Path) -> None:
    file, folder = tmp_path / "photo.onnx", tmp_path / "photos"
    file.touch()
    folder.mkdir()
    for path, format in ((file, None), (folder, "openvino")):
        with pytest.raises(ValueError, match="exists already: use overwrite"):
            target_of(path, format, None, False)
        assert target_of(path, format, None, True).path == path
    (folder / "model.xml").touch()
    target_of(folder, "openvino", None, True)
    with pytest.raises(ValueError, match=r"holds other things than an export to SavedModel, such as 'model.xml'"):
        target_of(folder, "saved_model", None, True)
    site = tmp_path / "site"
    (site / "assets").mkdir(parents=True)
    with pytest.raises(ValueError, match=r"such as 'assets': it is not replaced"):
        target_of(site, "saved_model", None, True)
    (folder / "holiday.jpg").touch()
    with pytest.raises(ValueError, match=r"such as 'holiday.jpg': it is not replaced"):
        target_of(folder, "openvino", None, True)
    (tmp_path / "file").touch()
    (tmp_path / "folder.onnx").mkdir()
    with pytest.raises(ValueError, match="is a file, and OpenVINO is a folder"):
        target_of(tmp_path / "file", "openvino", None, True)
    with pytest.raises(ValueError, match="is a folder, and ONNX is a file"):
        target_of(tmp_path / "folder.onnx", None, None, True)
