"""``unetcolor presets``, ``unetcolor spaces`` and ``unetcolor info``: what there is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markdown import Markdown
from rich.markup import escape

from unetcolor.cli.loading import loading
from unetcolor.cli.options import AsJson
from unetcolor.cli.output import new_table, print_json, readable_errors, results
from unetcolor.models.presets import list_presets, model_card, path_of_preset


def presets(
    name: Annotated[str | None, typer.Argument(help="Show its model card.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """List the trained colorizers that come along, or show the model card of one."""
    with readable_errors(as_json):
        if name is not None:
            card = model_card(name)
            if as_json:
                print_json({"name": name, "file": path_of_preset(name), "card": card})
            else:
                results.print(Markdown(card))
            return
        rows: list[dict[str, Any]] = [
            {"name": each, "file": path_of_preset(each), "about": _first_sentence(each)} for each in list_presets()
        ]
        if as_json:
            print_json(rows)
            return
        table = new_table("preset", "MB", "what it is for")
        table.columns[2].justify = "left"
        for row in rows:
            table.add_row(row["name"], f"{row['file'].stat().st_size / 1e6:.1f}", escape(row["about"]))
        results.print(table)


def spaces(as_json: AsJson = False) -> None:
    """List the color spaces, those of plug-ins included."""
    with readable_errors(as_json):
        from unetcolor.spaces import get_color_space, list_color_spaces
        from unetcolor.spaces.registry import provider_of

        rows: list[dict[str, Any]] = []
        for name in list_color_spaces():
            space = get_color_space(name)
            rows.append(
                {
                    "name": name,
                    "luminance": space.luminance.name,
                    "targets": [channel.name for channel in space.targets],
                    "output_channels": space.output_channels,
                    "activation": space.activation,
                    "package": provider_of(space).package,
                }
            )
        if as_json:
            print_json(rows)
            return
        table = new_table("space", "sees", "predicts", "channels", "head", "from")
        for row in rows:
            channels = ", ".join(row["targets"])
            table.add_row(
                row["name"], row["luminance"], channels, str(row["output_channels"]), row["activation"], row["package"]
            )
        results.print(table)


def info(
    model: Annotated[str, typer.Argument(help="A model file, or the name of a preset.")],
    as_json: AsJson = False,
) -> None:
    """Show what a model file is: its color space, its network, and how it was trained. Nothing in it is executed."""
    with readable_errors(as_json):
        path = path_of_preset(model) if model in list_presets() and not Path(model).exists() else Path(model)
        with loading(model):
            from unetcolor.models.keras_file import read_record

            record = read_record(path)
        height, width = record.image_size
        facts: dict[str, Any] = {
            "file": path,
            "megabytes": round(path.stat().st_size / 1e6, 2),
            "space": record.space,
            "provider": record.provider,
            "network": record.network,
            "image size": {"height": height, "width": width},
            "training": record.training,
            "written by": {"unetcolor": record.unetcolor},
        }
        if as_json:
            print_json(facts)
            return
        table = new_table(escape(model), "")
        table.columns[1].justify = "left"
        for name, value in facts.items():
            for key, each in _flat(name, value):
                table.add_row(key, escape(f"{each:.4g}" if isinstance(each, float) else str(each)))
        results.print(table)


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the facts within dictionaries one by one, each with the whole way to it as its name."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _flat(f"{name} {key}", each)
    else:
        yield name, value


def _first_sentence(preset: str) -> str:
    """Return the first paragraph of a model card below its title, up to the first full stop."""
    _, paragraph, *_ = model_card(preset).split("\n\n")
    return " ".join(paragraph.split()).partition(". ")[0].rstrip(".") + "."
