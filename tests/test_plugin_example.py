"""The example plug-in, as a stranger uses it: installed beside unetcolor, saved with a model, and gone again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parent.parent / "examples" / "plugin_color_space"

LIST = "import unetcolor; print(unetcolor.list_color_spaces())"

TRAIN = """
import numpy as np
from unetcolor import UNetColorizer

photos = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3), np.uint8)
colorizer = UNetColorizer("yiq", filters=(2, 4), seed=0)
colorizer.fit(photos, epochs=1, verbose=0)
colorizer.save("yiq.keras")
np.save("photos.npy", photos)
np.save("before.npy", colorizer.predict(photos, verbose=0))
"""

# Names the file and nothing else: the entry point is what leads to the plug-in.
LOAD = """
import numpy as np
from unetcolor import UNetColorizer

after = UNetColorizer.load("yiq.keras").predict(np.load("photos.npy"), verbose=0)
np.testing.assert_array_equal(after, np.load("before.npy"))
"""

LOAD_WITHOUT_PLUG_IN = """
from unetcolor import ModelLoadError, UNetColorizer

try:
    UNetColorizer.load("yiq.keras")
except ModelLoadError as error:
    print(error)
else:
    print("loaded")
"""


def run(*command: str | Path, folder: Path) -> str:
    """Run a command as a user in ``folder`` would; its errors are in the report if it fails."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    environment |= {"TF_CPP_MIN_LOG_LEVEL": "2", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(
        list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, f"{command} failed:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def make_environment(folder: Path) -> Path:
    """Make a fresh environment that sees the packages of the running one; return its Python."""
    run(sys.executable, "-m", "venv", folder, folder=folder.parent)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    own = Path(run(python, "-c", where, folder=folder).strip())
    # TensorFlow takes a gigabyte and minutes to install, and is not what is tested. `addsitedir` and not a bare
    # path, because an editable unetcolor is itself found through a .pth file.
    (own / "running_environment.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    return python


@pytest.mark.slow
def test_the_example_plug_in_from_installation_to_removal(tmp_path: Path) -> None:
    python = make_environment(tmp_path / "environment")
    # Of a copy, because a build leaves its traces in the folder it builds from.
    package = shutil.copytree(EXAMPLE, tmp_path / "package", ignore=shutil.ignore_patterns("__pycache__"))
    work = tmp_path / "work"
    work.mkdir()

    assert "yiq" not in run(python, "-c", LIST, folder=work)
    offline = ("--no-deps", "--no-build-isolation", "--no-index")
    run(python, "-m", "pip", "install", *offline, package, folder=work)
    assert "yiq" in run(python, "-c", LIST, folder=work)

    # The plug-in's own tests and doctest, against the installed package.
    run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder=package)

    run(python, "-c", TRAIN, folder=work)
    with zipfile.ZipFile(work / "yiq.keras") as archive:
        record = json.loads(archive.read("unetcolor.json"))
    assert record["space"] == {"name": "yiq"}
    assert record["provider"] == {"package": "unetcolor-yiq", "version": "0.1.0"}
    run(python, "-c", LOAD, folder=work)

    run(python, "-m", "pip", "uninstall", "-y", "unetcolor-yiq", folder=work)
    assert "pip install unetcolor-yiq" in run(python, "-c", LOAD_WITHOUT_PLUG_IN, folder=work)
