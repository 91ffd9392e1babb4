"""The notebooks run whole, on few photos and with small networks, and are kept without what they print."""

from __future__ import annotations

import shutil
from base64 import b64decode
from pathlib import Path

import nbformat
import numpy as np
import pytest
from ipykernel.kernelspec import write_kernel_spec
from nbclient import NotebookClient

from unetcolor import UNetColorizer, samples
from unetcolor.images import read_image, write_image

FOLDER = Path(__file__).parent.parent / "examples" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))

SMALL = {"EPOCHS": 2, "HEIGHT": 32, "WIDTH": 24, "FILTERS": (4, 8), "MOST": 40}


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name of a kernel of this very Python, whatever else is installed; it writes into the test's folder only."""
    for variable in ("IPYTHONDIR", "JUPYTER_PATH", "JUPYTER_RUNTIME_DIR", "TMPDIR"):
        folder = tmp_path / variable
        folder.mkdir()
        monkeypatch.setenv(variable, str(folder))
    write_kernel_spec(tmp_path / "JUPYTER_PATH" / "kernels" / "this_python")
    return "this_python"


def run(path: Path, kernel: str, folder: Path, **parameters: object) -> nbformat.NotebookNode:
    """Return a notebook with what it prints and draws, run in a folder with other parameters."""
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    (tagged,) = (i for i, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", []))
    given = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    notebook.cells.insert(tagged + 1, nbformat.v4.new_code_cell(given))
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, kernel_name=kernel, timeout=300, resources=resources).execute()
    return notebook


def outputs(notebook: nbformat.NotebookNode, cell_id: str) -> list[nbformat.NotebookNode]:
    (cell,) = (cell for cell in notebook.cells if cell.id == cell_id)
    return list(cell.outputs)


def printed(notebook: nbformat.NotebookNode, cell_id: str) -> str:
    return "".join(output.text for output in outputs(notebook, cell_id) if output.output_type == "stream")


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_what_it_prints(path: Path) -> None:
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


def test_a_notebook_shows_a_figure_that_is_the_value_of_a_cell(kernel: str) -> None:
    cell = nbformat.v4.new_code_cell("from unetcolor.plots import plot_history\nplot_history({'loss': [1.0, 0.5]})")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    NotebookClient(notebook, kernel_name=kernel, timeout=60).execute()
    (shown,) = notebook.cells[0].outputs
    assert b64decode(shown.data["image/png"]).startswith(b"\x89PNG")


@pytest.mark.slow
def test_a_folder_of_photos_becomes_two_colorizers(kernel: str, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    (photos / "more").mkdir(parents=True)
    for i, path in enumerate(samples.portraits()[:20]):
        shutil.copy(path, photos / "more" if i % 2 else photos)
    write_image(photos / "gray.png", np.full((30, 40), 128, np.uint8))
    (photos / "broken.jpg").write_bytes(b"no picture")
    where = {"PHOTOS": "photos", "OUTPUT": "models"}
    notebook = run(FOLDER / "colorize_your_photos.ipynb", kernel, tmp_path, **SMALL, **where)

    # What is written around Python, as TensorFlow does when it starts, the kernel leaves out while pytest runs.
    every = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert [output for output in every if output.get("name") == "stderr" or output.output_type == "error"] == []
    assert "ready: 20, gray: 1, unreadable: 1" in printed(notebook, "shrink")
    assert "cannot read photos/broken.jpg: " in printed(notebook, "shrink")
    assert "16 photos to learn from, 4 set aside" in printed(notebook, "split")
    scores = printed(notebook, "scores")
    assert scores.count("plain gray") == scores.count("CIEDE2000") == 2
    assert "The same picture as before: True" in printed(notebook, "save")
    assert not any("WARNING" in output.get("text", "") for output in every)
    for cell_id in ("history-rgb", "history-lab", "compare-rgb", "compare-lab", "photo", "saturation"):
        assert sum("image/png" in output.get("data", {}) for output in outputs(notebook, cell_id)) == 1, cell_id

    for space in ("rgb", "lab"):
        colorizer = UNetColorizer.load(tmp_path / "models" / f"{space}.keras")
        assert (colorizer.space.name, colorizer.training["epochs"]) == (space, 2)
    assert read_image(tmp_path / "models" / "photo.png").shape == (256, 256, 3)
