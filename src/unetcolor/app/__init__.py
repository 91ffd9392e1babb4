"""A web page on this computer: drop a photo, get it in color; needs ``pip install "unetcolor[app]"``.

A photo is read from the file that the browser sent, and the file to download holds what
:meth:`unetcolor.UNetColorizer.predict` returns, with the photo's EXIF data and color profile.
"""

from unetcolor.app.page import build_app
from unetcolor.app.parts import EXAMPLES
from unetcolor.app.server import serve, serve_programs
from unetcolor.app.service import build_service

__all__ = ["EXAMPLES", "build_app", "build_service", "serve", "serve_programs"]
