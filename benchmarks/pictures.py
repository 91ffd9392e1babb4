"""The pictures that a benchmark is run on, each with the name of its source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from unetcolor import samples
from unetcolor.images import find_pictures, read_rgb
from unetcolor.images.formats import READ_SUFFIXES

Picture = tuple[str, np.ndarray]

# Photos that ship and that no preset was trained on.
UNSEEN = (
    *("astronaut", "chelsea", "coffee", "rocket", "scene_canyon-wren", "food_0001400", "food_0001660"),
    *("scene_oakland-zoo-otters", "scene_singaporean-cityscape", "scene_the-spices-of-life"),
)


def listed(data: Path, photos: Path | None, per_source: int) -> Iterator[Picture]:
    """Yield the first photos of each source, ``DATA/<source>/...``: those in a list of files, or all."""
    if photos is not None:
        names = photos.read_text().splitlines()
    else:
        names = sorted(str(path.relative_to(data)) for path in find_pictures(data, suffixes=READ_SUFFIXES))
    if not names:
        raise SystemExit(f"no pictures in {data if photos is None else photos}")
    counts: Counter[str] = Counter()
    for name in names:
        source = name.partition("/")[0]
        counts[source] += 1
        if counts[source] <= per_source:
            yield source, read_rgb(data / name)


def large_photo(height: int, width: int) -> np.ndarray:
    """Return a photo that ships, enlarged, with the noise that a camera adds; uint8."""
    photo = Image.fromarray(samples.load_photo("scene_canyon-wren")).resize((width, height), Image.Resampling.BICUBIC)
    noise = np.random.default_rng(0).normal(0, 3, (height, width, 3)).astype(np.int16)
    return np.clip(np.asarray(photo) + noise, 0, 255).astype(np.uint8)


def first_of_each_source(pictures: list[Picture], count: int) -> list[Picture]:
    sources = sorted({source for source, _ in pictures})
    return [picture for source in sources for picture in [p for p in pictures if p[0] == source][:count]]
