"""Presets, trained colorizers that have a name, and the one rule for what is a name and what is a path.

A preset is a model file ``<name>.keras`` with its model card ``<name>.md``. Some come with the package; others are
added by the user, and lie in a folder of their user data.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

from unetcolor._checks import path_to
from unetcolor._files import replacing
from unetcolor.errors import ModelLoadError, unknown_name

_SHIPPED = Path(__file__).parent / "shipped"

# Without a dot or a separator: no name is a path, and no path to a .keras file is a name.
_NAME = re.compile("[A-Za-z0-9_][A-Za-z0-9_-]*")


def list_presets() -> list[str]:
    """Return the names of the presets: first those that come with the package, then those that were added.

    The files are not opened: one that is broken is listed, too.

    Examples
    --------
    >>> list_presets()[:2]
    ['photo', 'portrait']
    """
    return list(_files_by_name())


def path_of_preset(name: str) -> Path:
    """Return the model file of a preset.

    Raises
    ------
    ValueError
        There is no preset of that name.
    """
    files = _files_by_name()
    if not isinstance(name, str) or name not in files:
        raise ValueError(unknown_name("preset", name, list(files)))
    return files[name]


def path_of_model(name_or_path: str | os.PathLike[str]) -> Path:
    """Return the model file that a preset's name or a path stands for.

    A string of letters, digits, ``-`` and ``_`` is a preset's name, whatever files and folders the current directory
    holds. Everything else is a path: ``photo.keras``, ``./photo``, and each :class:`~pathlib.Path`.

    Parameters
    ----------
    name_or_path
        The name of a preset, or the path of a model file, which need not exist.

    Raises
    ------
    ModelLoadError
        It is a name, and there is no preset of that name; or it is neither a name nor a path.

    Examples
    --------
    >>> path_of_model("photo").name
    'photo.keras'
    >>> path_of_model("models/mine.keras") == Path("models/mine.keras")
    True
    """
    try:
        path_to("path", name_or_path)
    except ValueError as error:
        raise ModelLoadError(
            f"{error}; a model is the name of a preset or the path of a .keras or .onnx file"
        ) from None
    if not isinstance(name_or_path, str) or not _NAME.fullmatch(name_or_path):
        return Path(name_or_path)
    try:
        return path_of_preset(name_or_path)
    except ValueError as error:
        raise ModelLoadError(f"{error}; a model file is given with its suffix, as in {name_or_path}.keras") from None


def onnx_form(path: Path) -> Path | None:
    """Return the model in ONNX of a model file: what lies next to a preset of the package; else only ONNX itself.

    Parameters
    ----------
    path
        The model file, as :func:`path_of_model` returns it.

    Examples
    --------
    >>> onnx_form(path_of_model("photo")).name
    'photo.onnx'
    """
    if path.suffix == ".onnx":
        return path
    other = path.with_suffix(".onnx")
    return other if path.parent == _SHIPPED and other.is_file() else None


def model_card(name: str) -> str:
    """Return the model card of a preset, in Markdown.

    For the presets that come with the package it says their data, recipe, scores and limits; for one that was added,
    how it was trained and where it was added from.

    Raises
    ------
    ValueError
        There is no preset of that name, or it has no card, because its file was not put there by :func:`add_preset`.

    Examples
    --------
    >>> print(model_card("portrait").splitlines()[0])
    # Preset `portrait`
    """
    try:
        return path_of_preset(name).with_suffix(".md").read_text(encoding="utf-8", errors="replace")
    except OSError:
        raise ValueError(f"the preset {name!r} has no model card") from None


def presets_folder() -> Path:
    """Return the folder of the presets that were added; it need not exist.

    It is ``presets`` in the folder that the environment variable ``UNETCOLOR_HOME`` names, or else in ``unetcolor``
    in the platform's folder for user data: ``$XDG_DATA_HOME`` or ``~/.local/share`` on Linux,
    ``~/Library/Application Support`` on macOS, ``%LOCALAPPDATA%`` on Windows.
    """
    home = os.environ.get("UNETCOLOR_HOME")
    if home:
        return Path(os.path.expanduser(home), "presets")
    if sys.platform == "win32":
        data = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        data = "~/Library/Application Support"
    else:
        data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(os.path.expanduser(data), "unetcolor", "presets")


def add_preset(path: str | os.PathLike[str], name: str, *, overwrite: bool = False) -> Path:
    """Copy a model file to the presets of this user, who can then load it by its name from everywhere.

    Parameters
    ----------
    path
        A model file that :meth:`unetcolor.UNetColorizer.save` wrote.
    name
        Letters from a to z, digits, ``-`` and ``_``.
    overwrite
        Replace the preset of that name, if there is one that was added.

    Returns
    -------
    pathlib.Path
        The copy, in :func:`presets_folder`.

    Raises
    ------
    ModelLoadError
        The file is missing, or it is no model of unetcolor.
    ValueError
        The name holds other characters, a preset of that name comes with the package, or one was added before.
    OSError
        The copy cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"a preset's name holds letters from a to z, digits, - and _ only, unlike {name!r}")
    _refuse_shipped(name)
    target = presets_folder() / f"{name}.keras"
    if target.exists() and not overwrite:
        raise ValueError(f"there is a preset {name!r} already: use overwrite to replace it")
    # Keras is not needed to list presets.
    from unetcolor.models.keras_file import read_record

    record = read_record(path)
    about = f"Color space {str(record.space.get('name'))[:100]!r}, epochs of training: {record.training['epochs']}."
    card = f"# Preset `{name}`\n\n{about}\n\nAdded from `{os.path.abspath(path)}`.\n"
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as temporary:
        shutil.copyfile(path, temporary)
    with replacing(target.with_suffix(".md")) as temporary:
        temporary.write_text(card, encoding="utf-8")
    return target


def remove_preset(name: str) -> None:
    """Delete a preset that was added: its model file and its card.

    Raises
    ------
    ValueError
        No preset of that name was added.
    OSError
        The file cannot be deleted.
    """
    _refuse_shipped(name)
    path = path_of_preset(name)
    path.unlink()
    path.with_suffix(".md").unlink(missing_ok=True)


def _files_by_name() -> dict[str, Path]:
    """Return the model files of all presets, each by its name."""
    shipped = _models_in(_SHIPPED)
    return shipped | {name: path for name, path in _models_in(presets_folder()).items() if name not in shipped}


def _models_in(folder: Path) -> dict[str, Path]:
    """Return the model files in a folder by their names, and ignore what cannot be one."""
    paths = sorted(folder.glob("*.keras"))
    # Not Path.is_file, which raises where it may not look.
    return {path.stem: path for path in paths if _NAME.fullmatch(path.stem) and os.path.isfile(path)}


def _refuse_shipped(name: str) -> None:
    if name in _models_in(_SHIPPED):
        raise ValueError(f"the preset {name!r} comes with the package: it can be neither replaced nor removed")
