"""``unetcolor app`` and ``unetcolor video``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from unetcolor.cli.colorize import new_progress
from unetcolor.cli.loading import load_colorizer, loading
from unetcolor.cli.options import AsJson, Model, Overwrite, Preset, Saturation, Size
from unetcolor.cli.output import print_json, readable_errors, results


def serve_app(
    model: Model = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = 7860,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
) -> None:
    """Serve a web page on this computer, and to no other: drop a photo, get it in color."""
    with readable_errors(False):
        with loading("the page"):
            from tensorflow.config import list_logical_devices

            from unetcolor.app import serve

            # TensorFlow says more when it first looks for devices.
            list_logical_devices()

        serve(port=port, model=model, open_browser=browser)


def video(
    source: Annotated[Path, typer.Argument(help="The video.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write: .mp4, .mkv, .mov, ...")],
    preset: Preset = "photo",
    model: Model = None,
    saturation: Saturation = 1.0,
    size: Size = None,
    smoothing: Annotated[float, typer.Option(min=0, max=0.99, help="Against flicker; 0 is none.")] = 0.8,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Give color to a video; its sound is copied as it is."""
    with readable_errors(as_json, "nothing was written"):
        if output.exists() and not overwrite:
            raise ValueError(f"{output} is there already: --overwrite replaces it")
        if not source.is_file():
            raise ValueError(f"there is no {source}")
        # What is missing is told before TensorFlow is loaded, which takes seconds.
        from unetcolor.video.frames import import_av

        import_av()
        colorizer = load_colorizer(preset if model is None else str(model))
        from unetcolor.video import colorize_video

        with new_progress(as_json) as bar:
            task = bar.add_task("Colorizing", total=None, rate="")
            begin = time.perf_counter()

            def show(done: int, total: int | None) -> None:
                rate = f"{done / (time.perf_counter() - begin):.1f} frames/s"
                bar.update(task, completed=done, total=total, rate=rate)

            summary = colorize_video(
                source,
                output,
                colorizer.predictor(),
                size=size,
                saturation=saturation,
                smoothing=smoothing,
                progress=show,
            )
        if as_json:
            print_json(vars(summary))
            return
        height, width = summary.size
        results.print(f"{escape(str(output))}: {summary.frames} frames of {width} x {height}", soft_wrap=True)
        if summary.damaged:
            declared = f", of {summary.declared} frames" if summary.declared else ""
            results.print(f"The video{declared} is damaged or truncated: the rest is missing.", soft_wrap=True)
        if summary.left_out:
            results.print(f"Subtitles left out, which {output.suffix} cannot hold: {summary.left_out}", soft_wrap=True)
