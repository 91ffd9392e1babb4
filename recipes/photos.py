"""The pictures of a recipe: found by source, decoded once, sorted out, split, and drawn in a seeded order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from unetcolor.images import read_rgb, to_float
from unetcolor.metrics import colorfulness
from unetcolor.spaces.lab import Lab

VALIDATION_SHARE = 0.1

# Not the recipe's: a training that starts from another's weights must not see what that one set aside.
VALIDATION_SEED = 1

# Colorfulness (Hasler and Suesstrunk) below which a picture teaches little but gray, and the spread of hues, in
# standard deviations of chroma across the main hue, below which it is a toned one.
LEAST_COLORFUL = 8.0
LEAST_HUES = 1.0

_GLANCE = (48, 48)


@dataclass(frozen=True)
class Photo:
    """A file, and the folder right below the data folder that it lies in."""

    path: Path
    source: str


def find(data: Path, sources: tuple[str, ...] | None = None) -> list[Photo]:
    """Return the photos below ``data/<source>/``, of all sources or of those named, in a fixed order."""
    folders = [data / name for name in sources] if sources else sorted(path for path in data.iterdir() if path.is_dir())
    missing = [folder for folder in folders if not folder.is_dir()]
    if missing:
        raise SystemExit(f"there is no folder {missing[0]}: the data folder holds one folder for each source of photos")
    return [
        Photo(path, folder.name)
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in (".jpg", ".jpeg", ".png")
    ]


def split(photos: list[Photo]) -> tuple[list[Photo], list[Photo]]:
    """Return training and validation photos: a seeded tenth of each source is set aside, whatever the others are."""
    training: list[Photo] = []
    validation: list[Photo] = []
    for source in sorted({photo.source for photo in photos}):
        own = [photo for photo in photos if photo.source == source]
        count = round(VALIDATION_SHARE * len(own))
        held_out = set(np.random.default_rng(VALIDATION_SEED).permutation(len(own))[:count])
        for i, photo in enumerate(own):
            (validation if i in held_out else training).append(photo)
    return training, validation


def decode(photos: list[Photo]) -> tuple[list[Photo], list[np.ndarray]]:
    """Read the photos, and leave out those that are gray, toned or nearly colorless.

    JPEGs of 160 pixels take about 80 KB each in memory.
    """
    with ThreadPoolExecutor() as pool:
        pictures = list(pool.map(lambda photo: read_rgb(photo.path), photos))
        useful = list(pool.map(has_color, pictures))
    kept = [i for i, is_useful in enumerate(useful) if is_useful]
    return [photos[i] for i in kept], [pictures[i] for i in kept]


def has_color(picture: np.ndarray) -> bool:
    """Tell whether a picture has enough colors to learn from."""
    rows = np.linspace(0, picture.shape[0] - 1, _GLANCE[0]).astype(int)
    columns = np.linspace(0, picture.shape[1] - 1, _GLANCE[1]).astype(int)
    small = to_float(picture[rows][:, columns])
    if colorfulness(small) < LEAST_COLORFUL:
        return False
    _, chroma = Lab().encode(small)
    # The smaller main axis of the chroma: of a toned picture all colors lie on one line.
    variances = np.linalg.eigvalsh(np.cov(chroma.reshape(-1, 2), rowvar=False))
    return bool(variances[0] >= LEAST_HUES**2)


class Sampler:
    """Draws photos so that a source's share grows with the square root of the number of its photos."""

    def __init__(self, photos: list[Photo], favorites: tuple[str, ...] = (), favorites_share: float = 0.0) -> None:
        sources = np.array([photo.source for photo in photos])
        names, counts = np.unique(sources, return_counts=True)
        share = np.sqrt(counts) / np.sqrt(counts).sum()
        if favorites:
            is_favorite = np.isin(names, favorites)
            for group, total in ((is_favorite, favorites_share), (~is_favorite, 1 - favorites_share)):
                share[group] *= total / share[group].sum()
        self.share = {str(name): float(value) for name, value in zip(names, share, strict=True)}
        per_photo = dict(zip(names, share / counts, strict=True))
        self._probabilities = np.array([per_photo[source] for source in sources])

    def draw(self, count: int, rng: np.random.Generator) -> np.ndarray:
        return rng.choice(len(self._probabilities), size=count, p=self._probabilities)
