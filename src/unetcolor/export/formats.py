"""The formats of exported files, which one a path stands for, and what may be replaced."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unetcolor._checks import path_to, size_of_network, true_or_false
from unetcolor.errors import shown, unknown_name


@dataclass(frozen=True)
class Format:
    """A format of files; the module of its name writes and runs them.

    Attributes
    ----------
    name
        What the argument ``format`` calls it.
    title
        What people call it.
    suffix
        The end of the file's name; None where it is a folder.
    members
        Names of what a folder of this format holds.
    mark
        The one of these that tells an export from other folders that hold such names.
    packages
        What writing and running take beyond TensorFlow.
    has_one_size
        Whether the size and the number of the pictures are fixed when the file is written.
    """

    name: str
    title: str
    suffix: str | None = None
    members: tuple[str, ...] = ()
    mark: str | None = None
    packages: tuple[str, ...] = ()
    has_one_size: bool = False


_TABLE = (
    Format("onnx", "ONNX", ".onnx", packages=("onnx", "tf2onnx", "onnxruntime")),
    Format("tflite", "TensorFlow Lite", ".tflite", has_one_size=True),
    Format(
        "openvino",
        "OpenVINO",
        members=("model.xml", "model.bin"),
        mark="model.xml",
        packages=("onnx", "tf2onnx", "openvino"),
    ),
    Format(
        "saved_model",
        "SavedModel",
        members=("assets", "variables", "fingerprint.pb", "saved_model.pb", "unetcolor.json", "unetcolor.form"),
        mark="unetcolor.form",
    ),
)
FORMATS = {each.name: each for each in _TABLE}
"""All formats by their names."""

_OF_SUFFIX = {each.suffix: each for each in _TABLE if each.suffix is not None}


@dataclass(frozen=True)
class Target:
    """Where an export goes.

    Attributes
    ----------
    path
        The file or the folder.
    format
        Its format.
    size
        ``(height, width)`` of the pictures that it takes, or None for any.
    """

    path: Path
    format: Format
    size: tuple[int, int] | None


def target_of(path: str | os.PathLike[str], format: str | None, size: Any, overwrite: bool) -> Target:
    """Check where an export is to go, before the slow work.

    Parameters
    ----------
    path, format, size, overwrite
        As in :meth:`unetcolor.UNetColorizer.export`.

    Returns
    -------
    Target
        The same, checked.

    Raises
    ------
    ValueError
        The format does not fit the name, or needs a size, or something is in the way that must not be replaced.
    FileNotFoundError
        The folder around it does not exist.
    """
    path = Path(path_to("path", path))
    chosen = format_for(path, format)
    size = None if size is None else size_of_network("size", size)
    if chosen.has_one_size and size is None:
        raise ValueError(f"{chosen.title} takes pictures of one size, which is not given: give its height and width")
    if not path.absolute().parent.is_dir():
        raise FileNotFoundError(f"cannot write {path}: the folder {path.absolute().parent} does not exist")
    require_free(path, chosen, true_or_false("overwrite", overwrite))
    return Target(path, chosen, size)


def format_for(path: Path, name: str | None) -> Format:
    """Return the format that a path's suffix and the argument ``format`` stand for.

    Parameters
    ----------
    path
        Where to.
    name
        The name of a format; None where the suffix tells.

    Raises
    ------
    ValueError
        There is no such format, the suffix is that of another one, or neither tells.

    Examples
    --------
    >>> format_for(Path("photo.onnx"), None).title, format_for(Path("photo"), "openvino").title
    ('ONNX', 'OpenVINO')
    """
    told = _OF_SUFFIX.get(path.suffix)
    if name is None:
        if told is None:
            raise ValueError(
                f"the name of the file must end in {' or '.join(_OF_SUFFIX)}, which {path.name!r} does not; for a "
                "folder, give the format openvino or saved_model"
            )
        return told
    if not isinstance(name, str) or name not in FORMATS:
        raise ValueError(unknown_name("format", name, list(FORMATS)))
    chosen = FORMATS[name]
    if chosen.suffix is None and told is not None:
        raise ValueError(f"{chosen.title} is a folder, and a folder's name does not end in {told.suffix}")
    if chosen.suffix is not None and told is not chosen:
        raise ValueError(f"the name of the file must end in {chosen.suffix}, which {path.name!r} does not")
    return chosen


def require_free(path: Path, into: Format, overwrite: bool) -> None:
    """Raise a ValueError if something is at a path that must not be replaced by an export."""
    if not os.path.lexists(path):
        return
    if not overwrite:
        raise ValueError(f"{path} exists already: use overwrite to replace it")
    if path.is_dir() != (into.suffix is None):
        found, wanted = ("folder", "file") if path.is_dir() else ("file", "folder")
        raise ValueError(f"{path} is a {found}, and {into.title} is a {wanted}: choose another name")
    if into.suffix is None:
        names = {each.name for each in path.iterdir()}
        # Without what every export has, the names of its other parts are those of somebody else's folders.
        others = names.difference(into.members) if into.mark in names else names
        if others:
            raise ValueError(
                f"the folder {path} holds other things than an export to {into.title}, such as {shown(min(others))}: "
                "it is not replaced"
            )
