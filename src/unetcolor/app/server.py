"""The server of the page, on this computer alone."""

from __future__ import annotations

import os
import socket
import time

from unetcolor.app.guard import HOST, guards
from unetcolor.app.kept import private_folder
from unetcolor.app.page import build_app, import_gradio

_STYLE = """
.gradio-container { max-width: 1240px !important; margin: 0 auto !important; }
#heading p { margin-top: 0.3em; }
#heading p + p, #footer p { color: var(--body-text-color-subdued); font-size: var(--text-sm); }
#footer p { text-align: center; }
#examples p { font-size: var(--text-sm); }
#examples button { flex-direction: column; gap: 6px; padding: 6px; font-weight: 400; font-size: var(--text-sm); }
#examples img { width: 100%; height: 84px; margin: 0; border-radius: 4px; object-fit: cover; filter: grayscale(1); }
#colors { align-items: center; gap: 6px; flex-wrap: wrap; }
.swatch { width: 36px; height: 36px; flex: none !important; visibility: hidden; border: 1px solid #8886; }
.swatch:focus-visible { outline: 3px solid var(--color-accent); }
#canvas img { cursor: crosshair; }
#swatches { display: none; }
#status, #status * { margin: 0; padding: 0; }
#status p { min-height: 1.5em; }
#status .problem { color: var(--error-icon-color); font-weight: 600; }
"""


def serve(
    *,
    port: int = 7860,
    model: str | os.PathLike[str] | None = None,
    open_browser: bool = True,
    max_megapixels: float = 50.0,
    max_file_mb: float = 50.0,
) -> None:
    """Serve the page on this computer, and to no other, until Ctrl-C.

    Photos and results are kept in a folder that only this user can read. It is deleted at the end.

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
    port = _free_port(port)
    with private_folder() as folder:
        gr = import_gradio()
        # The fonts of the system: any other would be loaded from another host.
        fonts, mono = [gr.themes.Font("system-ui"), gr.themes.Font("sans-serif")], [gr.themes.Font("monospace")]
        page = build_app(model=model, max_megapixels=max_megapixels, max_file_mb=max_file_mb)
        try:
            page.launch(
                server_name=HOST,
                server_port=port,
                inbrowser=open_browser,
                prevent_thread_lock=True,
                quiet=True,
                max_file_size=round(max_file_mb * 2**20),
                theme=gr.themes.Default(primary_hue="blue", neutral_hue="slate", font=fonts, font_mono=mono),
                css=_STYLE,
                footer_links=[],
                app_kwargs={"middleware": guards()},
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


def _free_port(port: int) -> int:
    """Return the port, or any free one for 0."""
    with socket.socket() as probe:
        # Like the server, accept a port that was used a moment ago.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise OSError(f"cannot use port {port}: {error.strerror}; give another one, or 0 for any") from error
        return int(probe.getsockname()[1])
