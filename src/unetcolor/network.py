"""A color space and the U-Net that was made for it: how they are built, kept and shown."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Self

import keras
from typing_extensions import Unpack

import unetcolor
from unetcolor._checks import height_and_width, whole_number
from unetcolor.errors import ModelLoadError, NotFittedError
from unetcolor.models import keras_file as archive
from unetcolor.models.presets import path_of_preset
from unetcolor.models.record import Record, check_can_be_saved, encoder_of, space_of
from unetcolor.networks.encoders import get_encoder
from unetcolor.networks.unet import UNetOptions, build_unet, plain_options
from unetcolor.prediction.engines.cache import Engines
from unetcolor.spaces import ColorSpace, get_color_space
from unetcolor.spaces.registry import provider_of
from unetcolor.training.pictures import Size


class ColorNetwork:
    """What :class:`unetcolor.UNetColorizer` trains and applies; see there for the parameters."""

    def __init__(
        self,
        space: str | Mapping[str, Any] | type[ColorSpace] | ColorSpace = "lab",
        *,
        image_size: Sequence[int] | None = None,
        seed: int | None = None,
        **unet: Unpack[UNetOptions],
    ) -> None:
        self._space = get_color_space(space)
        self._image_size = None if image_size is None else height_and_width("image_size", image_size)
        self._seed = None if seed is None else whole_number("seed", seed, least=0)
        options = plain_options(unet)
        encoder = options.pop("encoder")
        if isinstance(encoder, str):
            encoder = get_encoder(encoder)
        check_can_be_saved(self._space)
        self._model = build_unet(
            1,
            self._space.output_channels,
            encoder=encoder,
            activation=self._space.activation,
            seed=self._seed,
            name="colorizer",
            **options,
        )
        self._network = {"encoder": None if encoder is None else encoder.name, **options}
        self._compiled_with: dict[str, Any] = {"optimizer": "adam", "loss": self._space.loss or "mae"}
        self._training: dict[str, Any] = {}
        self._engines = Engines()
        # What the network is trained through, and the optimizer that it was compiled with for that.
        self._view: keras.Model | None = None
        self._optimizer: keras.optimizers.Optimizer | None = None

    @property
    def space(self) -> ColorSpace:
        """The color space; it can be exchanged for one of the same channels, such as another variant of it."""
        return self._space

    @space.setter
    def space(self, space: str | Mapping[str, Any] | type[ColorSpace] | ColorSpace) -> None:
        other = get_color_space(space)
        check_can_be_saved(other)
        made_for, given = ((s.luminance, s.targets, s.output_channels, s.activation) for s in (self._space, other))
        if given != made_for:
            raise ValueError(f"the network was made for the channels of {self._space!r}, which {other!r} does not have")
        self._exchange_loss(self._space.loss or "mae", other.loss or "mae")
        self._space = other

    @property
    def image_size(self) -> Size | None:
        """``(height, width)`` of the pictures to train on; None before the first :meth:`fit` decides it."""
        return self._image_size

    @property
    def seed(self) -> int | None:
        """Seed of the weights, of the order of the pictures and of their augmentation."""
        return self._seed

    @property
    def model(self) -> keras.Model:
        """The network: luminance in, targets out, both in network units."""
        return self._model

    @property
    def training(self) -> dict[str, Any]:
        """How the network was trained: epochs, pictures, loss and so on; empty before :meth:`fit`."""
        return dict(self._training)

    def save(self, path: str | os.PathLike[str], *, half_precision: bool = False) -> None:
        """Write the colorizer to one ``.keras`` file, which :func:`keras.saving.load_model` opens too.

        An existing file is replaced only when the new one is complete.

        Parameters
        ----------
        path
            Where to; the name ends in ``.keras``.
        half_precision
            Write the large arrays of weights in float16: about half the size, at a change of the colors of about a
            level of 8 bits.

        Raises
        ------
        NotFittedError
            The colorizer was not trained.
        ValueError
            The file's name does not end in ``.keras``, the weights are not finite or too large for float16, or the
            encoder has layers that cannot be read back.
        """
        record = Record(
            space=self.space.get_config(),
            provider=provider_of(self.space)._asdict(),
            network=self._network,
            image_size=list(self._working_size),
            training=self._training,
            unetcolor=unetcolor.__version__,
        )
        archive.write_model(path, self._model, record, half_precision=half_precision)

    @classmethod
    def from_preset(cls, name: str) -> Self:
        """Return a trained colorizer that comes with the package; :func:`unetcolor.list_presets` lists them.

        Raises
        ------
        ValueError
            There is no preset of that name.

        Examples
        --------
        >>> import numpy as np
        >>> from unetcolor import UNetColorizer
        >>> colorizer = UNetColorizer.from_preset("photo")
        >>> colorizer.predict(np.full((60, 80), 128, np.uint8)).shape
        (60, 80, 3)
        """
        return cls.load(path_of_preset(name))

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, encoder: keras.Model | None = None) -> Self:
        """Read a colorizer from a file that :meth:`save` wrote.

        Nothing in the file is imported or executed: it may come from anywhere.

        Parameters
        ----------
        path
            The file.
        encoder
            The encoder that the network was built with, if it was one of your own: built in the same way, with any
            weights.

        Raises
        ------
        ModelLoadError
            The file is missing, damaged, or not a colorizer, or it needs a color space that is not
            installed; the message names the package to install.
        """
        record = archive.read_record(path)
        space = space_of(path, record)
        # A copy: the weights of the file are not to change the encoder that was given, nor what else is made of it.
        encoder = encoder_of(path, record) if encoder is None else keras.models.clone_model(encoder)
        try:
            colorizer = cls(space, image_size=record.image_size, **record.network | {"encoder": encoder})
        except (TypeError, ValueError) as error:
            raise ModelLoadError(f"{path}: the network cannot be built: {error}") from error
        archive.read_weights(path, colorizer._model)
        colorizer._training = record.training
        colorizer._seed = record.training["seed"]
        return colorizer

    def summary(self, **keras_arguments: Any) -> None:
        """Print the color space, how the network was trained, and :meth:`keras.Model.summary`."""
        channels = ", ".join(channel.name for channel in self.space.targets)
        print(f"Color space {self.space!r}: {self.space.luminance.name} -> {channels}")
        print(f"Pictures of (height, width) {self.image_size}; training: {self._training or 'none yet'}")
        self._model.summary(**keras_arguments)

    def _exchange_loss(self, old: Any, new: Any) -> None:
        """Train with the loss of another space from now on, unless a loss was chosen that is no space's own."""
        if self._compiled_with["loss"] != old or old == new:
            return
        self._compiled_with["loss"] = new
        if self._model.compiled:
            self._model.compile(**self._compiled_with | {"optimizer": self._model.optimizer})
            self._view = None

    @property
    def _working_size(self) -> Size:
        if self._image_size is None or not self._training:
            raise NotFittedError("this colorizer has not been trained: call fit first, or load a trained one")
        return self._image_size
