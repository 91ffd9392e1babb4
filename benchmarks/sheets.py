"""Contact sheets: one row a picture, with its gray version, the result of each system, and the truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.totals import Totals

_HEIGHT = 140
_GAP = 4
_TITLE = 20
_ROWS = 10


def write_sheets(folder: Path, pictures: list[dict[str, np.ndarray]], totals: dict[str, Totals]) -> None:
    """Write a sheet of evenly chosen pictures, and one of the best and worst results of each system against gray."""
    folder.mkdir(parents=True, exist_ok=True)
    gray, *systems, truth = totals
    even = np.linspace(0, len(pictures) - 1, 3 * _ROWS).astype(int)
    for i in range(3):
        write_sheet(folder / f"even{i + 1}.jpg", [pictures[j] for j in even[i::3]])
    for system in systems:
        gain = totals[gray].values("delta_e") - totals[system].values("delta_e")
        order = np.argsort(gain)
        for kind, chosen in (("worst", order[:_ROWS]), ("best", order[::-1][:_ROWS])):
            rows = [{name: pictures[i][name] for name in (gray, system, truth)} for i in chosen]
            write_sheet(folder / f"{system.replace(' ', '_')}_{kind}.jpg", rows)


def write_sheet(path: Path, rows: list[dict[str, np.ndarray]], blocks: int = 1, height: int = _HEIGHT) -> None:
    """Write rows of named uint8 pictures, all scaled to one height, their names on top, in blocks side by side."""
    deep = -(-len(rows) // blocks)
    parts = [_block(rows[start : start + deep], height) for start in range(0, len(rows), deep)]
    gap = 4 * _GAP
    sheet = Image.new("RGB", (sum(p.width + gap for p in parts) - gap, max(p.height for p in parts)), "white")
    left = 0
    for part in parts:
        sheet.paste(part, (left, 0))
        left += part.width + gap
    sheet.save(path, quality=88)


def _block(rows: list[dict[str, np.ndarray]], height: int) -> Image.Image:
    scaled = [{name: _scale(picture, height) for name, picture in row.items()} for row in rows]
    names = list(rows[0])
    widths = [max(row[name].width for row in scaled) for name in names]
    block = Image.new("RGB", (sum(widths) + _GAP * (len(names) - 1), _TITLE + len(rows) * (height + _GAP)), "white")
    left = 0
    for name, width in zip(names, widths, strict=True):
        ImageDraw.Draw(block).text((left + 2, 3), name, fill="black", font=ImageFont.load_default(13))
        for i, row in enumerate(scaled):
            block.paste(row[name], (left, _TITLE + i * (height + _GAP)))
        left += width + _GAP
    return block


def _scale(picture: np.ndarray, height: int) -> Image.Image:
    image = Image.fromarray(picture)
    return image.resize((max(1, round(image.width * height / image.height)), height), Image.Resampling.LANCZOS)
