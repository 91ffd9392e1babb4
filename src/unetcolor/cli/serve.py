"""``unetcolor serve``."""

from __future__ import annotations

from typing import Annotated

import typer

from unetcolor.cli._loading import loading
from unetcolor.cli._options import Engine, FirstModel, MaxFileMB, MaxMegapixels
from unetcolor.cli._output import readable_errors


def serve(
    model: FirstModel = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 lets other computers ask, too.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes any free one.")] = 8000,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            help="Name under which others ask, such as colors.example, next to localhost. Can be repeated.",
            show_default=False,
        ),
    ] = None,
    max_megapixels: MaxMegapixels = 50.0,
    max_file_mb: MaxFileMB = 50.0,
    engine: Engine = "auto",
) -> None:
    """Serve programs: POST a photo to /colorize, and get it in color."""
    with readable_errors(False):
        with loading("the service"):
            from unetcolor.app import build_service, serve_programs
            from unetcolor.app.server import free_port
            from unetcolor.app.service import HOSTS

            # A port that is taken is told before the network is loaded, which takes seconds.
            port = free_port(host, port)
            hosts = list(dict.fromkeys([*HOSTS, host, *(allow_host or [])]))
            service = build_service(
                model=model, engine=engine, max_megapixels=max_megapixels, max_file_mb=max_file_mb, hosts=hosts
            )

        serve_programs(service, host=host, port=port)
