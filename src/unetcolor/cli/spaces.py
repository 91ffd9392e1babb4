"""``unetcolor spaces``."""

from __future__ import annotations

from typing import Any

from unetcolor.cli._options import AsJson
from unetcolor.cli._output import new_table, print_json, readable_errors, results


def spaces(as_json: AsJson = False) -> None:
    """List the color spaces, including those of plug-ins."""
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
