"""The names that shells complete; none of them needs Keras to be loaded. Where none fits, shells complete files."""

from __future__ import annotations

from unetcolor.models.presets import list_presets, path_of_preset, presets_folder


def names_of_added_presets() -> list[str]:
    """Return the names of the presets that can be removed."""
    return [name for name in list_presets() if path_of_preset(name).parent == presets_folder()]


def names_of_spaces() -> list[str]:
    """Return the names of all color spaces; plug-ins are not imported."""
    from unetcolor.spaces.registry import known_names

    return known_names()


def names_of_engines() -> list[str]:
    """Return the names of all engines, installed or not."""
    from unetcolor.prediction.engines import list_engines

    return ["auto", *list_engines()]
