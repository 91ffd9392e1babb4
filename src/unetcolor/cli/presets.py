"""``unetcolor presets``, and ``add`` and ``remove`` within it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from unetcolor.cli._loading import loading
from unetcolor.cli._options import AsJson
from unetcolor.cli._output import new_table, plain_text, print_json, print_line, readable_errors, results
from unetcolor.models.presets import (
    add_preset,
    list_presets,
    model_card,
    path_of_preset,
    presets_folder,
    remove_preset,
)


class _ShowByDefault(TyperGroup):
    """``presets`` and ``presets NAME`` mean ``presets show`` and ``presets show NAME``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        first = next((each for each in args if not each.startswith("-")), None)
        asks_for_help = first is None and not {"-h", "--help"}.isdisjoint(args)
        if first not in self.commands and not asks_for_help:
            args = ["show", *args]
        return super().parse_args(ctx, args)


presets = typer.Typer(cls=_ShowByDefault, help="List, show, add and remove presets.")


@presets.command()
def show(
    name: Annotated[str | None, typer.Argument(help="Preset whose model card to show.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """List the presets, or show the model card of one. The word 'show' can be left out."""
    with readable_errors(as_json):
        if name is not None:
            card = model_card(name)
            if as_json:
                print_json({"name": name, "file": path_of_preset(name), "card": card})
            else:
                # All commands wait for the imports of this file.
                from rich.markdown import Markdown

                results.print(Markdown(card))
            return
        rows = [_row(each) for each in list_presets()]
        if as_json:
            print_json(rows)
            return
        table = new_table("preset", "MB", "from", "about")
        table.columns[2].justify = table.columns[3].justify = "left"
        for row in rows:
            table.add_row(row["name"], f"{row['megabytes']:.1f}", row["from"], plain_text(row["about"]))
        results.print(table)
        if any(row["from"] == "user" for row in rows):
            print_line(f"Your presets are in {presets_folder()}")


@presets.command()
def add(
    model: Annotated[Path, typer.Argument(help="Model file (.keras) to copy to your presets.", show_default=False)],
    name: Annotated[str, typer.Option("--name", "-n", help="Name of the preset: letters, digits, - and _.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace your preset of that name.")] = False,
    as_json: AsJson = False,
) -> None:
    """Add a model file to your presets; then --preset NAME works in all commands."""
    with readable_errors(as_json):
        with loading(str(model)):
            path = add_preset(model, name, overwrite=overwrite)
        if as_json:
            print_json({"name": name, "file": path})
            return
        print_line(f"Added the preset {name}: {path}")
        print_line(f"Try it: unetcolor colorize PHOTOS --preset {name}")


@presets.command()
def remove(
    name: Annotated[str, typer.Argument(help="Preset to delete, one that you have added.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Delete one of your presets."""
    with readable_errors(as_json):
        path = path_of_preset(name)
        remove_preset(name)
        if as_json:
            print_json({"name": name, "file": path})
        else:
            print_line(f"Removed the preset {name}: {path}")


def _row(name: str) -> dict[str, Any]:
    path = path_of_preset(name)
    return {
        "name": name,
        "file": path,
        "megabytes": round(path.stat().st_size / 1e6, 2),
        "from": "user" if path.parent == presets_folder() else "unetcolor",
        "about": _first_sentence(name),
    }


def _first_sentence(preset: str) -> str:
    """Return the first paragraph of a model card below its title, up to the first full stop; "" without a card."""
    try:
        card = model_card(preset)
    except ValueError:
        return ""
    paragraph = card.partition("\n\n")[2].partition("\n\n")[0]
    return " ".join(paragraph.split()).partition(". ")[0].rstrip(".") + "."
