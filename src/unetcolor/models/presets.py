"""Trained colorizers that come with the package: ``<name>.keras``, and its model card ``<name>.md``."""

from __future__ import annotations

from pathlib import Path

from unetcolor.errors import unknown_name

_FOLDER = Path(__file__).parent / "shipped"


def list_presets() -> list[str]:
    """Return the names that :meth:`unetcolor.UNetColorizer.from_preset` knows.

    Examples
    --------
    >>> list_presets()
    ['photo', 'portrait']
    """
    return sorted(path.stem for path in _FOLDER.glob("*.keras"))


def path_of_preset(name: str) -> Path:
    """Return the model file of a preset.

    Raises
    ------
    ValueError
        There is no preset of that name.
    """
    if name not in list_presets():
        raise ValueError(unknown_name("preset", name, list_presets()))
    return _FOLDER / f"{name}.keras"


def model_card(name: str) -> str:
    """Return what is known of a preset, in Markdown: its data, recipe, scores and limits.

    Raises
    ------
    ValueError
        There is no preset of that name.

    Examples
    --------
    >>> print(model_card("portrait").splitlines()[0])
    # Preset `portrait`
    """
    return path_of_preset(name).with_suffix(".md").read_text(encoding="utf-8")
