"""Contact sheets: a row a picture, with its gray version, what each system made of it, and the truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.totals import Totals

_HEIGHT = 140
_GAP = 4
_ROWS = 10


def write_sheets(folder: Path, pictures: list[dict[str, np.ndarray]], totals: dict[str, Totals]) -> None:
    """Write, for each system, sheets of evenly chosen, of its best and of its worst pictures against plain gray."""
    folder.mkdir(parents=True, exist_ok=True)
    gray, *systems, _ = totals
    even = np.linspace(0, len(pictures) - 1, _ROWS).astype(int)
    write_sheet(folder / "even.jpg", [pictures[i] for i in even])
    for system in systems:
        gain = totals[gray].values("delta_e") - totals[system].values("delta_e")
        order = np.argsort(gain)
        for kind, chosen in (("worst", order[:_ROWS]), ("best", order[::-1][:_ROWS])):
            rows = [{name: pictures[i][name] for name in (gray, system, "truth")} for i in chosen]
            write_sheet(folder / f"{system.replace(' ', '_')}_{kind}.jpg", rows)


def write_sheet(path: Path, rows: list[dict[str, np.ndarray]]) -> None:
    """Write rows of named pictures, all scaled to one height, with the names on top."""
    scaled = [{name: _scale(picture) for name, picture in row.items()} for row in rows]
    names = list(rows[0])
    widths = [max(row[name].width for row in scaled) for name in names]
    sheet = Image.new("RGB", (sum(widths) + _GAP * (len(names) - 1), 18 + len(rows) * (_HEIGHT + _GAP)), "white")
    left = 0
    for name, width in zip(names, widths, strict=True):
        ImageDraw.Draw(sheet).text((left + 2, 3), name, fill="black")
        for i, row in enumerate(scaled):
            sheet.paste(row[name], (left, 18 + i * (_HEIGHT + _GAP)))
        left += width + _GAP
    sheet.save(path, quality=90)


def _scale(picture: np.ndarray) -> Image.Image:
    image = Image.fromarray(picture)
    return image.resize((max(1, round(image.width * _HEIGHT / image.height)), _HEIGHT), Image.Resampling.LANCZOS)
