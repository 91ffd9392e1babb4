"""``unetcolor app``."""

from __future__ import annotations

from typing import Annotated

import typer

from unetcolor.cli._loading import loading
from unetcolor.cli._options import FirstModel, MaxFileMB, MaxMegapixels
from unetcolor.cli._output import readable_errors


def app(
    model: FirstModel = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page; 0 takes any free one.")] = 7860,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    max_megapixels: MaxMegapixels = 50.0,
    max_file_mb: MaxFileMB = 50.0,
) -> None:
    """Serve a web page that colorizes photos, to this computer only."""
    with readable_errors(False):
        with loading("the page"):
            from keras.distribution import list_devices

            from unetcolor.app import serve

            # TensorFlow says more when it first looks for devices.
            list_devices()

        serve(port=port, model=model, open_browser=browser, max_megapixels=max_megapixels, max_file_mb=max_file_mb)
