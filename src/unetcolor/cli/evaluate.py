"""``unetcolor evaluate``."""

from __future__ import annotations

from unetcolor.cli._loading import load_colorizer
from unetcolor.cli._options import AsJson, ColorPhotos, Saturation, Size, Trained
from unetcolor.cli._output import messages, new_table, plain_text, print_json, readable_errors, results
from unetcolor.errors import counted

_SCORES = {"delta_e": "CIEDE2000", "psnr": "PSNR", "ssim": "SSIM", "colorfulness": "colorfulness"}


def evaluate(
    model: Trained,
    folder: ColorPhotos,
    saturation: Saturation = 1.0,
    size: Size = None,
    as_json: AsJson = False,
) -> None:
    """Score a colorizer on color photos, and compare it with plain gray pictures."""
    with readable_errors(as_json):
        colorizer = load_colorizer(model)
        with messages.status("Scoring the photos ..."):
            scores = colorizer.evaluate(folder, size=size, saturation=saturation, verbose=0)
        if as_json:
            print_json(scores)
            return
        table = new_table(counted(round(scores["pictures"]), "photo"), plain_text(model), "plain gray")
        for name, title in _SCORES.items():
            table.add_row(title, f"{scores[name]:.3f}", f"{scores[f'gray_{name}']:.3f}")
        table.add_row("true colorfulness", f"{scores['true_colorfulness']:.3f}", "")
        table.add_row("better than gray", f"{100 * scores['better_than_gray']:.0f} %", "")
        results.print(table)
