"""The package asks nobody on a network: not when it is imported, and not when it trains or colorizes photos."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from unetcolor import samples
from unetcolor.prediction.engines import PORTABLE, list_engines

# Python tells the hook of all that goes to the network, and of every name that is looked up. TensorFlow's own code
# does not: what the process has open at the end is looked at, too. TensorFlow imports urllib3, which makes a socket and
# closes it, to see whether the system knows IPv6: that asks nobody.
WATCHED = """
import sys
seen = []
harmless = ("socket.__new__", "socket.bind")
sys.addaudithook(lambda event, _: seen.append(event) if event.startswith("socket.") and event not in harmless else None)
{}
import psutil
print(seen, psutil.Process().net_connections())
"""

COLORIZE = """
import unetcolor.cli
sys.argv = ["unetcolor", "colorize", {photo!r}, "--output", {output!r}, "--engine", {engine!r}]
try:
    unetcolor.cli.main()
except SystemExit as end:
    assert not end.code, end.code
"""

WAYS = {
    "import unetcolor": "import unetcolor",
    "import unetcolor.cli": "import unetcolor.cli",
    "train": """
import numpy as np
from unetcolor import UNetColorizer
colorizer = UNetColorizer("lab", filters=(4, 8), seed=1)
colorizer.fit(np.zeros((4, 16, 16, 3), np.uint8) + np.uint8([200, 100, 50]), epochs=1, verbose=0)
""",
}


def sockets(script: str, **variables: str) -> str:
    command, environment = [sys.executable, "-c", WATCHED.format(script)], os.environ | variables
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize("way", WAYS)
def test_nobody_is_asked(way: str) -> None:
    assert sockets(WAYS[way]) == "[] []"


@pytest.mark.parametrize("engine", list_engines())
def test_colorizing_asks_nobody(engine: str, tmp_path: Path) -> None:
    Image.fromarray(samples.load_photo("coffee")).convert("L").resize((64, 48)).save(tmp_path / "a.png")
    (tmp_path / "home").mkdir()
    script = COLORIZE.format(photo=str(tmp_path / "a.png"), output=str(tmp_path / "out"), engine=engine)
    assert sockets(script, HOME=str(tmp_path / "home"), TMPDIR=str(tmp_path / "home")) == "[] []"
    assert (tmp_path / "out" / "a.png").exists()
    # Who tells its makers that it was used, in another process, keeps there whether it may, and who the user is. Keras
    # keeps its settings.
    assert engine not in PORTABLE or list((tmp_path / "home").iterdir()) == []


def test_the_watch_sees_who_is_asked() -> None:
    script = """
import socket
listening = socket.create_server(("127.0.0.1", 0))
socket.create_connection(listening.getsockname())
"""
    seen = sockets(script)
    assert "socket.getaddrinfo" in seen
    assert "socket.connect" in seen
    assert "127.0.0.1" in seen
