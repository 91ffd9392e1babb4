"""Ray Data runs the colorizer of batches as it is. Ray takes 435 MB, so it is no part of the extra ``test``."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unetcolor import UNetColorizer, samples
from unetcolor.images import read, read_image, write_image
from unetcolor.photos.bulk import BatchColorizer

ray = pytest.importorskip("ray", reason='Ray is not installed: pip install "unetcolor[ray]"')
data = pytest.importorskip("ray.data")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]

PHOTOS, BROKEN = 40, 5


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    """Two CPUs, of which two actors leave a half to the tasks that read: if they took all, nothing would begin."""
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("in")
    gray = samples.load_photo("chelsea").mean(axis=-1).astype(np.uint8)
    for number in range(PHOTOS):
        write_image(folder / f"{number:02}.jpg", gray[: 60 + number % 7, : 90 - number % 5])
        if number % (PHOTOS // BROKEN) == 3:
            content = (folder / f"{number:02}.jpg").read_bytes()
            (folder / f"{number:02}.jpg").write_bytes(content[: len(content) // 2])
    return folder


def colorized(dataset: Any) -> Any:
    return dataset.map_batches(
        BatchColorizer,
        fn_constructor_kwargs={"size": 48, "format": "png"},
        compute=data.ActorPoolStrategy(size=2),
        num_cpus=0.5,
        batch_size=8,
    )


def test_two_actors_from_files_to_parquet_to_parquet(folder: Path, tmp_path: Path) -> None:
    colorized(data.read_binary_files(str(folder), include_paths=True)).write_parquet(str(tmp_path / "once"))
    rows = data.read_parquet(str(tmp_path / "once")).take_all()
    assert {Path(row["path"]).name for row in rows} == {path.name for path in folder.iterdir()}
    assert sum(bool(row["error"]) for row in rows) == BROKEN
    predictor = UNetColorizer.from_preset("photo").predictor()
    for row in rows:
        assert row["bytes"] == Path(row["path"]).read_bytes()
        assert bool(row["error"]) == (not row["colorized"])
        if row["error"]:
            assert row["error"].startswith("the file is broken (")
        else:
            # Pictures of one size are seen together, which may round differently.
            wanted = np.asarray(predictor.predict(read_image(row["path"]), size=48, verbose=0), np.int16)
            assert np.abs(read(io.BytesIO(row["colorized"])).pixels - wanted).max() <= 1
    again = colorized(data.read_parquet(str(tmp_path / "once")).select_columns(["path", "bytes"])).take_all()
    assert {row["path"]: row["error"] for row in again} == {row["path"]: row["error"] for row in rows}
