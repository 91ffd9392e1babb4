"""Take the picture of the terminal that the how-to on the command line shows: a real run, drawn by a real browser.

Run: ``python docs/make_terminal_image.py`` in a folder that holds none called ``photos``.
"""

from __future__ import annotations

import os
import pty
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.text import Text

from unetcolor import samples
from unetcolor.images import write_image

IMAGE = Path(__file__).parent / "images" / "terminal.png"
COMMAND = ["unetcolor", "colorize", "photos", "--output", "colorized"]
COLUMNS = 92


def make_photos(folder: Path) -> None:
    """Fill a folder with old photos and with other files that lie in such folders."""
    folder.mkdir()
    for path in samples.photos():
        write_image(folder / path.name, samples.load_photo(path.stem).mean(axis=-1).astype(np.uint8))
    (folder / "notes.png").write_text("from the attic")
    (folder / "scan_017.jpg").touch()
    content = (folder / "coffee.jpg").read_bytes()
    (folder / "scan_018.jpg").write_bytes(content[: len(content) // 2])


def run(command: list[str], folder: Path) -> str:
    """Return everything that a command writes to a new terminal."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.environ |= {"COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
        os.execvp(command[0], command)
    written = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        # Linux's way to say that the other side has closed.
        except OSError:
            break
        if not part:
            break
        written += part
    os.waitpid(child, 0)
    return written.decode()


def last_screen(written: str) -> str:
    """Return the final screen: a progress bar moves up and erases its line before it draws the next one."""
    lines = [""]
    for line in written.replace("\r\n", "\n").split("\n"):
        for part in line.split("\x1b[1A"):
            if part.startswith("\x1b[2K") and len(lines) > 1:
                lines.pop()
            lines[-1:] = [part.split("\r")[-1].replace("\x1b[2K", "")]
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Run the command, and draw the last screen."""
    with tempfile.TemporaryDirectory() as folder:
        make_photos(Path(folder) / "photos")
        written = run(COMMAND, Path(folder))
    console = Console(record=True, width=COLUMNS, file=open(os.devnull, "w"), force_terminal=True)
    console.print(Text.assemble(("$ ", "bold green"), " ".join(COMMAND)))
    console.print(Text.from_ansi(last_screen(written).rstrip()))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        drawing = Path(folder) / "terminal.svg"
        console.save_svg(str(drawing), title="unetcolor")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1160, "height": 800})
        page.set_content(drawing.read_text())
        page.locator("svg").screenshot(path=str(IMAGE), omit_background=True)
        browser.close()
    Image.open(IMAGE).convert("RGB").quantize(64).save(IMAGE, optimize=True)
    print(f"{IMAGE}: {IMAGE.stat().st_size / 1000:.0f} KB", file=sys.stderr)


if __name__ == "__main__":
    main()
