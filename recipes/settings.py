"""What each recipe is made of."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import keras

from unetcolor.losses import ChromaHuber, DeltaE99
from unetcolor.networks.options import UNetOptions
from unetcolor.training import Ageing, Augmentation

_NARROW = UNetOptions(filters=(16, 32, 64, 96, 128), convolutions=1, momentum=0.98, head_stride=2)
_WIDE = replace(_NARROW, filters=(16, 64, 96, 160, 256))

# Sources of people, streets, rooms, animals and things from many places.
_VARIOUS = (
    *("coco_people", "coco_portrait_crops", "flickr8k", "mask_faces", "oi_people", "oi_portrait_crops"),
    *("rf_crosswalk", "cidclic", "imagen", "imagenette", "tiny_imagenet"),
)

# How the luminance was aged before films were imitated.
_SOFT = Ageing(vignette=0.0, orthochromatic=0.0)
_SOFTER = replace(_SOFT, aged=0.3, blur=1.5)


@dataclass(frozen=True)
class Recipe:
    """A training: arguments of :meth:`unetcolor.UNetColorizer.fit`, and what its network is made of.

    An epoch is ``steps`` batches. ``without`` names the sources that are left out; of ``favorites`` come
    ``favorites_share`` of the pictures. ``follows`` names the recipe whose model ``--start`` gives; None is this one.
    If its network has another decoder, only the encoder begins with its weights. With ``restored_encoder``, the encoder
    begins with its pretrained weights instead, and keeps them.
    """

    sizes: tuple[tuple[int, int], ...]
    epochs: int
    learning_rate: float
    follows: str | None = None
    space: str = "lab"
    encoder: str = "efficientnet_lite0"
    pretrained: bool = True
    restored_encoder: bool = False
    network: UNetOptions = field(default_factory=lambda: _NARROW)
    loss: keras.losses.Loss = field(default_factory=lambda: ChromaHuber(delta=0.02, strength=1.5))
    augment: Augmentation = field(default_factory=lambda: Augmentation(area=(0.3, 1.0), stretch=1.3))
    ageing: Ageing = _SOFT
    hints: bool = False
    without: tuple[str, ...] = ("pfcn",)
    favorites: tuple[str, ...] = ()
    favorites_share: float = 0.0
    batch_size: int = 32
    steps: int = 200
    warmup: int = 400
    weight_decay: float = 0.01
    average: float = 0.6
    seed: int = 1


RECIPES = {
    "photo": Recipe(sizes=((22, 96), (28, 128), (8, 160)), epochs=58, learning_rate=1e-3),
    # All sizes in turn: after the last epochs of "photo", at 160 pixels alone, small things had worse colors. Colorful
    # pixels count for less, for the colors were too vivid.
    "refine": Recipe(
        sizes=((1, 96), (1, 128), (1, 160)),
        epochs=30,
        learning_rate=6e-4,
        loss=ChromaHuber(delta=0.02, strength=1.0),
        ageing=_SOFTER,
        seed=2,
        follows="photo",
    ),
    # The error of "refine" is the same on photos that it was trained on and on others: more parameters may help.
    "widen": Recipe(
        sizes=((1, 96), (2, 128), (1, 160)),
        epochs=28,
        learning_rate=8e-4,
        network=_WIDE,
        loss=ChromaHuber(delta=0.02, strength=1.0),
        ageing=_SOFTER,
        seed=11,
        follows="refine",
    ),
    # What counts is how different the colors look; on nearly gray photos "widen" is worse than plain gray.
    "finish": Recipe(
        sizes=((1, 96), (1, 128), (1, 160)),
        epochs=9,
        learning_rate=4e-4,
        network=_WIDE,
        loss=DeltaE99(),
        ageing=_SOFTER,
        seed=12,
        follows="widen",
    ),
    # The error still fell at the end of "finish".
    "polish": Recipe(
        sizes=((1, 96), (1, 128), (1, 160)),
        epochs=24,
        learning_rate=6e-4,
        network=_WIDE,
        loss=DeltaE99(),
        ageing=_SOFTER,
        seed=21,
        follows="finish",
    ),
    # On photos of sources that "polish" was not trained on it is little better than gray: people, streets, rooms,
    # animals and things from many more places, at the size that takes the least time.
    "vary": Recipe(
        sizes=((1, 96),),
        epochs=5,
        learning_rate=3e-4,
        network=_WIDE,
        loss=DeltaE99(),
        ageing=_SOFTER,
        favorites=_VARIOUS,
        favorites_share=0.75,
        steps=250,
        warmup=50,
        seed=31,
        follows="polish",
    ),
    # The error of "vary" still fell at its end. It was stopped after five epochs for "hint" to go on.
    "longer": Recipe(
        sizes=((1, 96),),
        epochs=48,
        learning_rate=6e-4,
        network=_WIDE,
        loss=DeltaE99(),
        ageing=Ageing(),
        favorites=_VARIOUS,
        favorites_share=0.75,
        steps=500,
        warmup=200,
        seed=41,
        follows="vary",
    ),
    # Half of the pictures with colors that a user knows, at two sizes.
    "hint": Recipe(
        sizes=((1, 96), (1, 128)),
        epochs=24,
        learning_rate=4e-4,
        network=_WIDE,
        loss=DeltaE99(),
        ageing=Ageing(),
        hints=True,
        favorites=_VARIOUS,
        favorites_share=0.75,
        steps=250,
        warmup=100,
        seed=44,
        follows="longer",
    ),
    # What the encoder had learned of ImageNet was gone: from the deepest features of "hint", a linear map finds 2 % of
    # what the encoder sees of the same photo in color, and from those of the pretrained one 71 %. The crops are large
    # enough to tell things: the pretrained one names 22 % of photos with sides of 96 pixels as at full size, and 55 %
    # of those of 192.
    "see": Recipe(
        sizes=((1, 128), (1, 192)),
        epochs=9,
        learning_rate=1e-3,
        network=_WIDE,
        loss=DeltaE99(),
        ageing=Ageing(),
        hints=True,
        restored_encoder=True,
        favorites=_VARIOUS,
        favorites_share=0.75,
        warmup=100,
        seed=51,
        follows="hint",
    ),
}


@dataclass(frozen=True)
class Teaching:
    """A recipe, and what else the network learns.

    ``features`` and ``classes`` are what the two terms of :class:`lesson.Lesson` count for. The encoder learns from its
    block ``first_block`` on: the ones before it see lines and textures, which gray photos have, too.
    """

    recipe: Recipe
    features: float = 3.0
    classes: float = 0.5
    first_block: int = 5


# The encoder knows what it sees in color, and of gray photos less: a teacher tells what it would see.
TEACH = Teaching(
    replace(
        RECIPES["see"],
        sizes=((1, 160), (1, 192)),
        epochs=7,
        steps=200,
        learning_rate=1.5e-4,
        restored_encoder=False,
        seed=62,
        follows="see",
    )
)
