"""What each recipe is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

import keras
from batches import Augmentation

from unetcolor.losses import ChromaHuber, DeltaE99
from unetcolor.networks.encoders import get_encoder
from unetcolor.networks.unet import UNetOptions, build_unet, plain_options
from unetcolor.spaces import get_color_space

_NARROW = UNetOptions(filters=(16, 32, 64, 96, 128), convolutions=1, momentum=0.98, head_stride=2)
_WIDE = UNetOptions(**{**_NARROW, "filters": (16, 64, 96, 160, 256)})


@dataclass(frozen=True)
class Recipe:
    """A training: ``sizes`` lists (epochs, size of the crops); an epoch is ``steps`` batches.

    ``without`` names the sources that are left out. Of ``favorites`` come ``favorites_share`` of the photos; within
    them and within the others, a source's share grows with the square root of its photos. ``averaging`` is the decay
    of the running average of the weights, from epoch to epoch. ``follows`` names the recipe whose weights ``--start``
    gives; None is this one. If its network has another decoder, only the encoder begins with them.
    """

    sizes: tuple[tuple[int, int], ...]
    learning_rate: float
    follows: str | None = None
    space: str = "lab"
    encoder: str = "efficientnet_lite0"
    pretrained: bool = True
    network: UNetOptions = field(default_factory=lambda: _NARROW)
    loss: keras.losses.Loss = field(default_factory=lambda: ChromaHuber(delta=0.02, strength=1.5))
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
    # All sizes in turn: after the last epochs of "photo", at 160 pixels alone, small things had worse colors. Colorful
    # pixels count for less, for the colors were too vivid.
    "refine": Recipe(
        sizes=((1, 96), (1, 128), (1, 160)) * 10,
        learning_rate=6e-4,
        loss=ChromaHuber(delta=0.02, strength=1.0),
        augmentation=Augmentation(aged=0.3, blur=1.5),
        validate_every=6,
        seed=2,
        follows="photo",
    ),
    # The error of "refine" is the same on photos that it was trained on and on others: more parameters may help.
    "widen": Recipe(
        sizes=((1, 96), (2, 128), (1, 160)) * 7,
        learning_rate=8e-4,
        network=_WIDE,
        loss=ChromaHuber(delta=0.02, strength=1.0),
        augmentation=Augmentation(aged=0.3, blur=1.5),
        seed=11,
        follows="refine",
    ),
    # What counts is how different the colors look; on nearly gray photos "widen" is worse than plain gray.
    "finish": Recipe(
        sizes=((1, 96), (1, 128), (1, 160)) * 3,
        learning_rate=4e-4,
        network=_WIDE,
        loss=DeltaE99(),
        augmentation=Augmentation(aged=0.3, blur=1.5),
        validate_every=3,
        seed=12,
        follows="widen",
    ),
    # The error still fell at the end of "finish".
    "polish": Recipe(
        sizes=((1, 96), (1, 128), (1, 160)) * 8,
        learning_rate=6e-4,
        network=_WIDE,
        loss=DeltaE99(),
        augmentation=Augmentation(aged=0.3, blur=1.5),
        validate_every=3,
        seed=21,
        follows="finish",
    ),
    "portrait": Recipe(
        sizes=((1, 96), (1, 128)) * 4,
        learning_rate=4e-4,
        loss=DeltaE99(),
        augmentation=Augmentation(aged=0.3, blur=1.5),
        validate_every=2,
        seed=3,
        favorites=("twfy_mps", "congress", "london_faces", "ccp"),
        favorites_share=0.7,
        network=_WIDE,
        follows="polish",
    ),
}


def build_network(recipe: Recipe, *, pretrained: bool) -> keras.Model:
    space = get_color_space(recipe.space)
    return build_unet(
        1,
        space.output_channels,
        activation=space.activation,
        seed=recipe.seed,
        name="colorizer",
        **{**plain_options(recipe.network), "encoder": get_encoder(recipe.encoder, pretrained=pretrained)},
    )
