"""Pictures that come from several sources, each with a share in the training."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, Self

import numpy as np
from typing_extensions import override

from unetcolor.errors import counted, unknown_name
from unetcolor.training.pictures import Openable, Part, Pictures, Size, open_pictures
from unetcolor.training.sampling import shares_of


@dataclass(frozen=True)
class Sources(Openable):
    """Pictures from several sources, for ``fit(images)`` and ``fit(validation_data=...)``.

    ``fit`` then draws the pictures of each batch at random, so that the share of a source grows with the square root of
    the number of its pictures: a large source teaches most, and a small one is not lost in it.

    Parameters
    ----------
    pictures
        The pictures of each source by its name, in any form that ``fit`` takes except datasets.
    favorites
        Sources that together have the share ``favorites_share`` of the pictures.
    favorites_share
        That share; the other sources together have the rest.
    colorful
        Leave out of files those that are nearly colorless, too, not only those that are gray or toned.

    Examples
    --------
    >>> from unetcolor import UNetColorizer, samples
    >>> portraits = samples.load_portraits()[:12, ::4, ::4]
    >>> sources = Sources({"few": portraits[:4], "more": portraits[4:]}, favorites=["few"], favorites_share=0.5)
    >>> history = UNetColorizer("lab", filters=(4, 8)).fit(sources, epochs=1, verbose=0)
    """

    pictures: Mapping[str, Any]
    favorites: Sequence[str] = ()
    favorites_share: float = 0.0
    colorful: bool = False

    def __post_init__(self) -> None:
        if not self.pictures:
            raise ValueError("there must be at least one source of pictures")
        for name, source in self.pictures.items():
            if isinstance(source, Sources):
                raise ValueError(f"the source {name!r} is Sources itself: name its sources among the others")
        for name in self.favorites:
            if name not in self.pictures:
                raise ValueError(unknown_name("source", name, list(self.pictures)))
        others = self.pictures.keys() - set(self.favorites)
        if self.favorites and not (0 < self.favorites_share <= 1 and bool(others) == (self.favorites_share < 1)):
            raise ValueError(
                "favorites_share must be above 0 and below 1, or 1 if all sources are favorites, not "
                f"{self.favorites_share}"
            )
        if self.favorites_share and not self.favorites:
            raise ValueError("favorites_share needs favorites: name the sources that have it")

    @classmethod
    def in_folder(cls, folder: str | Path, *, without: Collection[str] = (), **options: Any) -> Self:
        """Return one source for each folder right in a folder, except hidden ones, whose names begin with a dot.

        Parameters
        ----------
        folder
            Holds a folder of pictures for each source.
        without
            Names of folders to leave out.
        **options
            ``favorites``, ``favorites_share`` and ``colorful``.
        """
        if not Path(folder).is_dir():
            raise ValueError(f"{folder} is no folder: it should hold one folder of pictures for each source")
        folders = sorted(
            path
            for path in Path(folder).iterdir()
            if path.is_dir() and not path.name.startswith(".") and path.name not in without
        )
        if not folders:
            raise ValueError(f"there are no folders in {folder}: it should hold one for each source of pictures")
        return cls({path.name: path for path in folders}, **options)

    @override
    def open(self, size: Size | None, *, part: Part = "train", verbose: bool = False) -> SourcePictures:
        opened: dict[str, Pictures] = {}
        for name, source in self.pictures.items():
            opened[name] = open_pictures(source, size, part=part, colorful=self.colorful, verbose=verbose)
            # All pictures have the size of the first.
            size = size or opened[name].size
            opened[name] = opened[name].at(size)
        return SourcePictures(opened, self.favorites, self.favorites_share)

    @property
    def options(self) -> dict[str, Any]:
        """How the pictures are drawn, as a checkpoint keeps it."""
        return {"favorites": list(self.favorites), "favorites_share": self.favorites_share}


class SourcePictures(Pictures):
    """The pictures of several sources, one source after the other."""

    def __init__(self, pictures: Mapping[str, Pictures], favorites: Sequence[str], favorites_share: float) -> None:
        self.size = next(iter(pictures.values())).size
        self._pictures = pictures
        self._favorites = favorites
        self._favorites_share = favorites_share
        self._ends = list(accumulate(self.counts))

    @property
    def options(self) -> dict[str, Any]:
        """How the pictures are drawn, as a checkpoint keeps it."""
        return {"favorites": list(self._favorites), "favorites_share": self._favorites_share}

    @property
    def counts(self) -> list[int]:
        """Number of pictures of each source."""
        return [len(pictures) for pictures in self._pictures.values()]

    @property
    def shares(self) -> list[float]:
        """Share of each source in a training."""
        counts = dict(zip(self._pictures, self.counts, strict=True))
        return shares_of(counts, self._favorites, self._favorites_share)

    @override
    def __len__(self) -> int:
        return self._ends[-1]

    @override
    def __getitem__(self, index: int) -> np.ndarray:
        source = bisect_right(self._ends, index)
        if source == len(self._ends):
            raise IndexError(f"there is no picture {index} of {counted(len(self), 'picture')}")
        first = self._ends[source - 1] if source else 0
        return list(self._pictures.values())[source][index - first]

    @override
    def at(self, size: Size) -> Self:
        return self._with({name: pictures.at(size) for name, pictures in self._pictures.items()})

    @override
    def split(self, share: float) -> tuple[Self, Self]:
        parts = {name: pictures.split(share) for name, pictures in self._pictures.items()}
        first, second = ({name: pair[i] for name, pair in parts.items()} for i in (0, 1))
        return self._with(first), self._with(second)

    @override
    def for_crops(self, size: Size) -> Self:
        return self._with({name: pictures.for_crops(size) for name, pictures in self._pictures.items()})

    def _with(self, pictures: Mapping[str, Pictures]) -> Self:
        return type(self)(pictures, self._favorites, self._favorites_share)
