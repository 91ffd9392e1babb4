"""The servers: of the page, on this computer alone, and of the service without the page."""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from unetcolor.app.guard import HOST, guards
from unetcolor.app.kept import private_folder
from unetcolor.app.limits import Limits
from unetcolor.app.looks import NAMES, STYLE, theme
from unetcolor.app.models import Models
from unetcolor.app.page import import_gradio, page_of
from unetcolor.app.service import Beside, service_of

if TYPE_CHECKING:
    from starlette.applications import Starlette

# In seconds: what a photo that is in work at the end takes at most.
_TO_FINISH = 30


def serve(
    *,
    port: int = 7860,
    model: str | os.PathLike[str] | None = None,
    open_browser: bool = True,
    max_megapixels: float = 50.0,
    max_file_mb: float = 50.0,
) -> None:
    """Serve the page on this computer, and to no other, until Ctrl-C.

    Photos and results are kept in a folder that only this user can read. It is deleted at the end. Programs on this
    computer are answered, too, as :func:`serve_programs` does it.

    Parameters
    ----------
    port
        The port to listen on; 0 takes any free port.
    model
        A model file, or the name of a preset: what is chosen at first. All presets can be chosen.
    open_browser
        Whether to open the page in a browser.
    max_megapixels, max_file_mb
        Limits: larger photos are refused.

    Raises
    ------
    ModelLoadError
        The model file cannot be loaded.
    OSError
        The port is taken.
    MissingExtraError
        Gradio is not installed.
    """
    limits = Limits(max_megapixels, max_file_mb)
    port = free_port(HOST, port)
    with private_folder() as folder:
        gr = import_gradio()
        from starlette.middleware import Middleware

        models = Models(model)
        page, service = page_of(models, limits), service_of(models, limits)
        try:
            page.launch(
                server_name=HOST,
                server_port=port,
                inbrowser=open_browser,
                prevent_thread_lock=True,
                quiet=True,
                max_file_size=limits.max_bytes,
                theme=theme(gr),
                css=STYLE,
                js=NAMES,
                footer_links=[],
                app_kwargs={"middleware": [Middleware(Beside, service), *guards()]},
                # If they were left out, environment variables could turn these on.
                share=False,
                enable_monitoring=False,
                mcp_server=False,
                ssr_mode=False,
                num_workers=0,
            )
            print(f"unetcolor is at {page.local_url} (Ctrl-C stops it)", flush=True)
            while True:
                # Tells others that the folder is in use.
                os.utime(folder)
                time.sleep(1)
        except KeyboardInterrupt:
            pass
        finally:
            page.close(verbose=False)


def serve_programs(service: Starlette, *, host: str = HOST, port: int = 8000) -> None:
    """Serve the service of :func:`build_service` until Ctrl-C; a photo that is in work is finished then.

    Parameters
    ----------
    service
        The service. If others than this computer reach it, their names for it must be among its ``hosts``.
    host
        The address to listen on. Whoever reaches it can use the service: it has neither users nor encryption.
    port
        The port to listen on; 0 takes any free port.

    Raises
    ------
    OSError
        The address or the port cannot be used.
    """
    import uvicorn

    with _listening(host, port) as listening:
        name = f"[{host}]" if ":" in host else host
        address = f"http://{name}:{listening.getsockname()[1]}"
        print(f"unetcolor answers at {address}/colorize (Ctrl-C stops it)", flush=True)
        config = uvicorn.Config(
            service, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=_TO_FINISH
        )
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run([listening])


def free_port(host: str, port: int) -> int:
    """Return the port, or any free one for 0; or raise an OSError that says why it cannot be used."""
    with _listening(host, port) as probe:
        return int(probe.getsockname()[1])


def _listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens; like other servers, it accepts a port that was used a moment ago."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        # Python adds the address to what the system says.
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise OSError(f"cannot use port {port} of {host}: {reason}; give another one, or 0 for any") from error
