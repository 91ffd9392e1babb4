"""What each recipe is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from batches import Augmentation

from unetcolor.unet import UNetOptions


@dataclass(frozen=True)
class Recipe:
    """A training: ``sizes`` lists (epochs, size of the crops); an epoch is ``steps`` batches.

    ``without`` names the sources that are left out. Of ``favorites`` come ``favorites_share`` of the photos; within
    them and within the others, a source's share grows with the square root of its photos. ``averaging`` is the decay
    of the running average of the weights, from epoch to epoch.
    """

    sizes: tuple[tuple[int, int], ...]
    learning_rate: float
    space: str = "lab"
    encoder: str = "efficientnet_lite0"
    pretrained: bool = True
    network: UNetOptions = field(
        default_factory=lambda: UNetOptions(filters=(16, 32, 64, 96, 128), convolutions=1, momentum=0.98, head_stride=2)
    )
    loss: dict[str, Any] = field(default_factory=lambda: {"delta": 0.02, "strength": 1.5})
    augmentation: Augmentation = field(default_factory=Augmentation)
    without: tuple[str, ...] = ("pfcn",)
    favorites: tuple[str, ...] = ()
    favorites_share: float = 0.0
    batch_size: int = 32
    steps: int = 200
    warmup: int = 400
    weight_decay: float = 0.01
    averaging: float = 0.6
    validate_every: int = 4
    seed: int = 1


RECIPES = {
    "photo": Recipe(sizes=((22, 96), (28, 128), (8, 160)), learning_rate=1e-3),
    "portrait": Recipe(
        sizes=((8, 96), (6, 128)),
        learning_rate=4e-4,
        favorites=("twfy_mps", "congress", "london_faces", "ccp"),
        favorites_share=0.7,
    ),
}
