"""The colorizer: a color space and the network that was made for it, trained, applied and scored."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any, Self, Unpack, overload

import keras
import numpy as np

import unetcolor
from unetcolor._checks import path_to, seed_or_none, size_of_network, true_or_false, verbosity
from unetcolor._forking import about_to_compute
from unetcolor._progress import tell
from unetcolor.codec import Codec
from unetcolor.errors import NotFittedError
from unetcolor.evaluation import score
from unetcolor.export.exporting import Exported, export
from unetcolor.hints import HintsLike
from unetcolor.images import PictureLike
from unetcolor.images.opening import PathLike
from unetcolor.images.taking import OnePicture, SupportsArray
from unetcolor.metrics import format_scores
from unetcolor.models import keras_file
from unetcolor.models.presets import path_of_model, path_of_preset
from unetcolor.models.record import Record, check_can_be_saved
from unetcolor.models.telling import lines_of, summary_of
from unetcolor.networks.encoders import get_encoder
from unetcolor.networks.options import UNetOptions
from unetcolor.networks.precision import Precision
from unetcolor.prediction.engines.cache import Engines
from unetcolor.prediction.full_size import Adjust
from unetcolor.prediction.options import PredictOptions
from unetcolor.prediction.predictor import Predictor, side_of
from unetcolor.prediction.reference import Reference
from unetcolor.spaces import ColorSpace, get_color_space
from unetcolor.spaces.registry import provider_of
from unetcolor.training import Ageing, Augmentation, Cosine, Hinting
from unetcolor.training.compilation import Compilation
from unetcolor.training.fit import train
from unetcolor.training.forms import ColorPictures
from unetcolor.training.hinting import hints_to_draw
from unetcolor.training.options import Options
from unetcolor.training.pictures import DEFAULT_IMAGE_SIZE, Size


class UNetColorizer:
    """Turns gray pictures into color with a U-Net that it trains on pictures in color.

    Parameters
    ----------
    space
        The color space: a name of :func:`unetcolor.list_color_spaces`, a :class:`unetcolor.ColorSpace`, or
        its config.
    image_size
        ``(height, width)`` of the pictures that the network is trained on; photos are seen at this area when
        they are colorized. None takes it from the first pictures that :meth:`fit` is given: an array's own
        size, or 128x128 for files.
    seed
        Seed of the network's weights, of the order of the pictures and of their augmentation. None draws one.
    hints
        Whether the network also takes colors that a user knows: see ``hints`` of :meth:`predict`. It then has
        ``1 + n + 1`` input channels: luminance, the ``n`` targets of the space where there is a hint, and a mask.
    encoder
        As in :func:`unetcolor.build_unet`; or the name of a pretrained one: ``"efficientnet_lite0"``.
    **unet
        Further options of :func:`unetcolor.build_unet`: ``filters``, ``convolutions``, ``dropout``, ``momentum``,
        ``upsampling``, ``skip_connections``, ``head_stride``.

    Examples
    --------
    >>> from unetcolor import samples
    >>> portraits = samples.load_portraits()
    >>> colorizer = UNetColorizer("lab", filters=(8, 16), seed=1)
    >>> history = colorizer.fit(portraits[:32], epochs=1, verbose=0)
    >>> colorizer.predict(portraits[32:34, ..., 0]).shape
    (2, 100, 75, 3)
    """

    def __init__(
        self,
        space: str | Mapping[str, Any] | type[ColorSpace] | ColorSpace = "lab",
        *,
        image_size: Sequence[int] | None = None,
        seed: int | None = None,
        hints: bool = False,
        encoder: str | keras.Model | None = None,
        **unet: Any,
    ) -> None:
        about_to_compute()
        network = get_encoder(encoder) if isinstance(encoder, str) else encoder
        self._options = UNetOptions(encoder=None if network is None else str(getattr(network, "name", "")), **unet)
        self._codec = Codec(get_color_space(space), self._options.head_stride, true_or_false("hints", hints))
        self._image_size = None if image_size is None else size_of_network("image_size", image_size)
        if self._image_size is not None:
            self._options.require_room(self._image_size)
        self._seed = seed_or_none(seed)
        check_can_be_saved(self.space)
        self._model = keras_file.build_colorizer_network(self._codec, self._options, network, self._seed)
        self._training: dict[str, Any] = {}
        self._begin()

    def _begin(self) -> None:
        """Set what neither a file nor a copy of the colorizer holds: the compilation and the engines."""
        self._compilation = Compilation(self.space.loss or "mae")
        self._engines = Engines()

    @property
    def space(self) -> ColorSpace:
        """The color space; it can be exchanged for one of the same channels, such as another variant of it."""
        return self._codec.space

    @space.setter
    def space(self, space: str | Mapping[str, Any] | type[ColorSpace] | ColorSpace) -> None:
        other = get_color_space(space)
        check_can_be_saved(other)
        made_for, given = ((s.luminance, s.targets, s.output_channels, s.activation) for s in (self.space, other))
        if given != made_for:
            raise ValueError(f"the network was made for the channels of {self.space!r}, which {other!r} does not have")
        self._compilation.exchange_loss(self._model, self.space.loss or "mae", other.loss or "mae")
        self._codec = replace(self._codec, space=other)

    @property
    def hints(self) -> bool:
        """Whether the network takes hints."""
        return self._codec.hints

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

    def fit(
        self,
        images: ColorPictures,
        *,
        validation_data: ColorPictures | None = None,
        validation_split: float = 0.0,
        validate_colors: bool = False,
        epochs: int = 50,
        batch_size: int = 32,
        shuffle: bool = True,
        augment: bool | Augmentation = False,
        ageing: bool | Ageing = False,
        hints: bool | Hinting | None = None,
        sizes: Sequence[tuple[int, int | Size]] | None = None,
        average: float | None = None,
        learning_rate: float | Cosine | None = None,
        callbacks: Any = None,
        checkpoint: str | os.PathLike[str] | None = None,
        precision: Precision = "auto",
        strategy: Any = None,
        verbose: Any = "auto",
        **keras_arguments: Any,
    ) -> keras.callbacks.History:
        """Train the network on pictures in color; their gray versions are made from them.

        The defaults are the classic recipe: mean absolute error, Adam, 50 epochs of batches of 32. Called
        again, it goes on from where it stopped; a loaded colorizer starts with a new optimizer.

        Parameters
        ----------
        images
            An array or tensor ``(n, height, width, 3)`` with values as in :meth:`predict`; a folder, searched with its
            subfolders; a list or another iterable of paths; an ``.npz`` file, of which ``train_images`` is taken;
            :class:`unetcolor.training.Sources`, several of these with a share each; or a ``tf.data.Dataset`` or
            ``keras.utils.PyDataset`` of batches. Gray, toned and unreadable files are left out, with a warning that
            counts them.
        validation_data
            Pictures to report the loss on after each epoch, in any of these forms; of an ``.npz``,
            ``test_images`` is taken.
        validation_split
            Share of the pictures, from the end, to set aside as validation data instead.
        validate_colors
            Also report the CIEDE2000 of the validation pictures after each epoch, at the size of the network's answer:
            ``val_delta_e``, that of plain gray as ``val_gray_delta_e``, and the share of pictures on which the colors
            are better than gray as ``val_better_than_gray``.
        epochs, batch_size, callbacks, verbose
            As in :meth:`keras.Model.fit`. A dataset's own batches are used as they come.
        shuffle
            Take the pictures in a new order in each epoch; a dataset's own order is left alone.
        augment
            Flip every second picture and cut out a random half to whole of it, in another way in each epoch; an
            :class:`unetcolor.training.Augmentation` says how large the crops are.
        ageing
            Change contrast and brightness of the luminance at random, and give some pictures blur, noise, dark corners
            or the gray of film that does not see red, as old photos have it; an :class:`unetcolor.training.Ageing`
            says how much.
        hints
            Show the network the true colors at random places of every second picture, as a user would who knows them;
            an :class:`unetcolor.training.Hinting` says how many and how large. None does so if the network takes hints.
        sizes
            Sizes of the pictures in turn, instead of ``image_size`` all the time: pairs of a number of epochs and a
            side in pixels, or ``(height, width)``. ``((22, 96), (28, 128))`` trains for 22 epochs on squares of 96
            pixels and for 28 on squares of 128, and then begins again. The largest is the ``image_size`` if that is not
            fixed.
        average
            Keep a running average of the weights over the epochs, which is steadier than the last ones: what the
            average so far counts for when an epoch is added, such as 0.6. It is what is validated, saved and kept at
            the end.
        learning_rate
            That of the optimizer: a number, or :class:`unetcolor.training.Cosine`, which warms up and then falls until
            the last epoch.
        checkpoint
            An ``.npz`` file to keep all that the training needs after each epoch. If it is there already, the
            training goes on from it, up to ``epochs`` in all: with a ``seed``, exactly as if it had not been stopped,
            unless a dataset of your own decides what an epoch is. The one before is kept next to it, as
            ``name.previous.npz``: if the last is damaged, a warning says so, and the training goes on from there.
        precision
            Of the network's arithmetic. ``"bfloat16"`` takes a third less time on processors that have it; weights,
            normalization's statistics and the loss stay float32. ``"auto"`` takes it there, and ``"float32"``
            elsewhere and on other backends of Keras than TensorFlow; a checkpoint keeps which of the two it was.
        strategy
            Let several processes share each batch: ``"multiworker"`` for those that ``TF_CONFIG`` names, of which each
            calls ``fit`` with the same arguments; ``"mirrored"`` for the one device of this machine; or a strategy of
            ``tf.distribute``. :doc:`/howto/several_machines` says more.
        **keras_arguments
            Any other argument of :meth:`keras.Model.compile` or :meth:`keras.Model.fit`, such as ``loss``,
            ``optimizer``, ``metrics``, ``steps_per_epoch``. Without a ``loss``, that of the color space, or
            else ``"mae"``.

        Returns
        -------
        keras.callbacks.History
            The losses and metrics of each epoch.

        Raises
        ------
        ValueError
            The pictures are of a wrong shape, dtype or range, or there are none; or the processor or the backend of
            Keras lacks the precision.
        ModelLoadError
            The checkpoint is damaged, or belongs to a training with other options.
        DivergedError
            The loss or the weights are no longer finite; the network has those of the last good epoch.
        TypeError
            Neither ``compile`` nor ``fit`` has an argument of that name.
        ImportError
            ``keras.callbacks.TensorBoard`` is among the callbacks, and the package tensorboard is not installed.
        """
        return train(
            self._model,
            self._codec,
            images,
            Options(
                validation_data=validation_data,
                validation_split=validation_split,
                validate_colors=validate_colors,
                epochs=epochs,
                batch_size=batch_size,
                shuffle=shuffle,
                augment=augment,
                ageing=ageing,
                hints=hints_to_draw(hints, takes_hints=self.hints),
                sizes=sizes,
                average=average,
                learning_rate=learning_rate,
                checkpoint=checkpoint,
                verbose=verbose,
            ),
            precision,
            strategy,
            callbacks,
            keras_arguments,
            image_size=self.image_size,
            seed=self.seed,
            made_of={"space": self.space.get_config(), **self._options.to_json(), "takes_hints": self.hints or None},
            compilation=self._compilation,
            training=self._training,
            keep=self._record_epoch,
            require_room=self._options.require_room,
        )

    # Arrays, paths and files are iterable, too: the first that fits is meant.
    @overload
    def predict(self, images: OnePicture, **options: Unpack[PredictOptions]) -> np.ndarray: ...  # type: ignore[overload-overlap]
    @overload
    def predict(self, images: PathLike | SupportsArray, **options: Unpack[PredictOptions]) -> np.ndarray | Any: ...  # type: ignore[overload-overlap]
    @overload
    def predict(self, images: Iterable[PictureLike], **options: Unpack[PredictOptions]) -> list[np.ndarray]: ...
    def predict(
        self,
        images: PictureLike | Iterable[PictureLike],
        *,
        size: int | None = None,
        saturation: float = 1.0,
        hints: HintsLike | Sequence[HintsLike | None] | None = None,
        reference: PictureLike | Reference | None = None,
        precision: Precision = "auto",
        batch_size: int = 32,
        verbose: Any = "auto",
    ) -> np.ndarray | list[np.ndarray]:
        """Give pictures their colors, at their own size, with their own luminance.

        The network sees each picture at the area it was trained at; the colors are scaled up along the
        picture's edges.

        Parameters
        ----------
        images
            A picture: an array or tensor ``(height, width)`` or ``(height, width, channels)``, a path, a Pillow image,
            the bytes of a picture file, or such a file, open for reading, of which the rest is read; a batch: an array
            with one dimension more; a folder, whose pictures are those of :func:`unetcolor.images.pictures_in` except
            layers of hints; or a list or another iterable of pictures of any sizes. Channels are gray, gray and alpha,
            RGB, or RGB and alpha; of RGB only the luminance is used. uint8 is 0..255, uint16 is 0..65535, floats are
            0..1; wider whole numbers, such as int64, must be 0..255, and are taken as uint8.
        size
            The network sees pictures at the area of a square with this side, in pixels, instead.
        saturation
            The colors' distance from gray is multiplied by this: 0 leaves the picture gray, 1 is what the network
            says, more is more vivid. What the screen cannot show is pulled back toward gray.
        hints
            Colors that you know, if the network takes hints: a list of :class:`unetcolor.Hint`; or a layer, a picture
            with transparency of the photo's aspect, in any of these forms, that shows colors at some places and is
            transparent elsewhere. Of several pictures a list, with the hints or None for each. At these
            places the result has the hint's hue and chroma, as far as sRGB has them at the photo's luminance.
        reference
            A photo in color of the same album or film, in any of these forms: colors are pulled half of the way to
            those that it has at the same lightness, and gray stays gray.
        precision
            Of the network's arithmetic. ``"bfloat16"`` is faster on processors that have it; colors then differ by
            a level or two of 255, rarely by more. ``"auto"`` takes it there, and ``"float32"`` elsewhere.
        batch_size
            Pictures read, and shown to the network, at once.
        verbose
            0 hides the progress bar, which is shown for many pictures.

        Returns
        -------
        numpy.ndarray or list of numpy.ndarray
            ``(height, width, 3)``, with alpha as a fourth channel if the picture has it, of the picture's
            dtype; a batch ``(n, height, width, 3)`` for a batch; a list for a folder, a list and any other iterable.

        Raises
        ------
        NotFittedError
            The colorizer was not trained.
        ImageReadError
            A file cannot be read.
        ValueError
            A picture has a wrong shape, dtype or range, or there is none; the network takes no hints, or they do not
            fit the photo; or the processor lacks the precision.

        Notes
        -----
        The first call prepares the network for those that follow, whatever the sizes of their pictures, which takes
        about a second.

        An array whose last axis has 4 entries or fewer is one picture, never a batch of very narrow ones. Channels come
        last: an array ``(3, height, width)`` or ``(4, height, width)`` may be a picture whose channels come first, or a
        batch of gray ones, and is an error. ``np.moveaxis(array, 0, -1)`` says the one, ``list(array)`` the other.
        """
        # Of a union, mypy would try each overload on each of its parts.
        given: Any = images
        colored: np.ndarray | list[np.ndarray] = self.predictor(precision=precision).predict(
            given,
            size=size,
            saturation=saturation,
            hints=hints,
            reference=reference,
            batch_size=batch_size,
            verbose=verbose,
        )
        return colored

    def stream(
        self,
        pictures: PictureLike | Iterable[PictureLike],
        *,
        size: int | None = None,
        saturation: float = 1.0,
        hints: Iterable[HintsLike | None] | None = None,
        reference: PictureLike | Reference | None = None,
        precision: Precision = "auto",
        batch_size: int = 32,
        adjust: Adjust | None = None,
    ) -> Iterator[np.ndarray]:
        """Give pictures their colors one after the other, so that never more than a batch of them is in memory.

        Parameters
        ----------
        pictures
            Pictures as :meth:`predict` takes them: any iterable, which is read as the results are taken, or a folder.
        size, saturation, reference, precision, batch_size
            As in :meth:`predict`.
        hints
            The hints of each picture, or None for it, as :meth:`predict` takes those of one picture.
        adjust
            Changes the colors that the network predicted before they are scaled up to the picture: called for each
            picture in its turn with the luminance that the network saw, ``(h, w, 1)`` in network units, and the
            colors, ``(h, w, n)`` in natural units of the color space, both at the size of the network's answer;
            returns the colors to use instead.

        Yields
        ------
        numpy.ndarray
            As :meth:`predict` returns one picture.

        Raises
        ------
        NotFittedError, ImageReadError, ValueError
            As in :meth:`predict`.

        Examples
        --------
        >>> from unetcolor import UNetColorizer, samples
        >>> colorizer = UNetColorizer.from_preset("photo")
        >>> for rgb in colorizer.stream(samples.portraits()[:2]):
        ...     print(rgb.shape)
        (100, 75, 3)
        (100, 75, 3)
        """
        return self.predictor(precision=precision).stream(
            pictures,
            size=size,
            saturation=saturation,
            hints=hints,
            reference=reference,
            batch_size=batch_size,
            adjust=adjust,
        )

    def predictor(self, *, engine: str = "auto", precision: Precision = "auto") -> Predictor:
        """Return what gives colors to pictures with the network as it is now, whatever becomes of the colorizer.

        A predictor can be pickled and sent to other processes.

        Parameters
        ----------
        engine
            What runs the network: ``"tensorflow"``, ``"keras"``, or ``"auto"`` for the faster one that can;
            ``"openvino"`` or ``"onnx"`` turn the network into ONNX first, which takes seconds and
            ``unetcolor[export]``.
        precision
            As in :meth:`predict`; the engine ``"onnx"`` computes in float32 only.

        Raises
        ------
        NotFittedError
            The colorizer was not trained.
        ValueError
            There is no such engine, or the processor lacks the precision.
        """
        side = side_of(self._working_size)
        return Predictor(self._codec, self._engines.get(self._model, precision, engine), side)

    def evaluate(
        self,
        images: ColorPictures,
        *,
        size: int | None = None,
        saturation: float = 1.0,
        precision: Precision = "auto",
        batch_size: int = 32,
        verbose: Any = "auto",
    ) -> dict[str, float]:
        """Score the colors that the network gives to pictures whose true colors are known.

        Parameters
        ----------
        images
            Pictures in color, in any of the forms that :meth:`fit` takes; of an ``.npz``, ``test_images`` is
            taken, and files are read at ``image_size``.
        size, saturation, precision, batch_size
            As in :meth:`predict`.
        verbose
            0 prints nothing; else the scores are printed next to those of the plain gray pictures.

        Returns
        -------
        dict
            Means over the pictures, as :func:`unetcolor.metrics.summarize` returns them: ``"psnr"``,
            ``"ssim"``, ``"delta_e"``, ``"colorfulness"``, each also for plain gray as ``"gray_psnr"`` and so
            on, ``"true_colorfulness"``, ``"better_than_gray"`` and ``"pictures"``.

        Raises
        ------
        NotFittedError
            The colorizer was not trained.
        ValueError
            The pictures are of a wrong shape, dtype or range, or there are none.
        """
        verbosity(verbose)
        predictor = self.predictor(precision=precision)

        def colorize(pictures: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
            return predictor.stream(pictures, size=size, saturation=saturation, batch_size=batch_size)

        summary = score(images, colorize, self._codec, self._working_size, bool(verbose))
        if verbose:
            print(format_scores(summary))
        return summary

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
        path = path_to("path", path)
        half_precision = true_or_false("half_precision", half_precision)
        keras_file.write_model(path, self._model, self._record(), half_precision=half_precision)

    def export(
        self,
        path: str | os.PathLike[str],
        *,
        form: str = "network",
        format: str | None = None,
        size: Sequence[int] | None = None,
        overwrite: bool = False,
        verbose: Any = "auto",
    ) -> Exported:
        """Write the colorizer to a file that other programs run, without Keras and without unetcolor.

        Before the file is kept, it is run in its own runtime on sample photos, and its colors are compared with those
        of :meth:`predict` in float32. All that takes from some seconds to minutes.

        Parameters
        ----------
        path
            Where to. The name of a file ends in ``.onnx`` or ``.tflite``; for OpenVINO and SavedModel it is the name of
            a folder.
        form
            ``"network"`` takes what :attr:`model` takes, and returns what it returns: luminance and targets, float32,
            both in network units. ``"picture"`` takes gray pictures, uint8 ``(batch, height, width, 1)``, and returns
            them in color, uint8 ``(batch, height, width, 3)``, as :meth:`predict` does, for pictures of up to about a
            megapixel; hints are not part of it. It needs float32, which OpenVINO has to be asked for.
        format
            ``"onnx"``, ``"tflite"``, ``"openvino"`` or ``"saved_model"``. None takes the one that the name tells; a
            folder's name tells none.
        size
            ``(height, width)`` of the pictures that the file takes. None lets it take any, which ``.tflite`` files
            cannot.
        overwrite
            Replace what is there: a file; or a folder, if it holds nothing but an export of this format.
        verbose
            0 shows nothing; else each step and what was written are shown on the standard error.

        Returns
        -------
        unetcolor.export.exporting.Exported
            What was written, and by how much its colors differ.

        Raises
        ------
        NotFittedError
            The colorizer was not trained.
        ValueError
            There is no such form or format, the name does not fit the format, something is there already, or Keras does
            not run on TensorFlow.
        MissingExtraError
            A package that the format takes is not installed.
        ExportError
            The network cannot be converted, or the file's colors are more than one of 255 levels away. Nothing is left
            of it then, and what was there before is as it was.
        """
        verbosity(verbose)
        exported = export(
            self._model,
            self._codec,
            self._record(),
            self.predictor(engine="keras", precision="float32"),
            path,
            form=form,
            format=format,
            size=size,
            overwrite=overwrite,
            tell=lambda step: tell(f"{step} ...", bool(verbose)),
        )
        tell(f"Wrote {exported}", bool(verbose))
        return exported

    @classmethod
    def from_preset(cls, name: str) -> Self:
        """Return a trained colorizer by the name of its preset; :func:`unetcolor.list_presets` lists them.

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
            The file; or the name of a preset, as :func:`unetcolor.models.presets.path_of_model` tells them apart.
        encoder
            The encoder that the network was built with, if it was one of your own: built in the same way, with any
            weights.

        Raises
        ------
        ModelLoadError
            The file is missing, damaged, or not a colorizer, or it needs a color space that is not
            installed; the message names the package to install.
        """
        loaded = keras_file.load_network(path_of_model(path), encoder=encoder)
        colorizer = cls.__new__(cls)
        colorizer._codec, colorizer._model, colorizer._options = loaded.codec, loaded.network, loaded.record.network
        height, width = loaded.record.image_size
        colorizer._image_size = height, width
        colorizer._training, colorizer._seed = loaded.record.training, loaded.record.training["seed"]
        colorizer._begin()
        return colorizer

    def summary(self) -> None:
        """Print the network's blocks, how it was trained, and how to see every layer.

        Examples
        --------
        >>> UNetColorizer("lab", image_size=(100, 75), filters=(8, 16)).summary()
        Color space Lab(): L* -> a*, b*
        block   height x width x channels  parameters
        down0                100 x 75 x 8         728
        bottom               50 x 38 x 16       3,616
        up0                  100 x 75 x 8       2,328
        head                 100 x 75 x 2          18
        in all                                  6,690
        Training: none yet
        All layers: colorizer.model.summary()
        """
        print(summary_of(self._codec, self._model, self._image_size or DEFAULT_IMAGE_SIZE, self._training))

    def __repr__(self) -> str:
        called = f"{type(self).__name__}({self.space!r}, image_size={self._image_size}, hints={self.hints})"
        return "\n  ".join([called, *lines_of(self._model, self._options, self._training), f"engine: {self._engines}"])

    def __copy__(self) -> Self:
        # Two colorizers of one network would train each other.
        return deepcopy(self)

    def __reduce__(self) -> tuple[Any, ...]:
        # What checks the process is called before the network is unpickled, which computes.
        return _empty, (type(self),), self.__getstate__()

    def __getstate__(self) -> dict[str, Any]:
        # Without engines, which belong to this process, and without the optimizer, as in a file.
        state = {name: value for name, value in vars(self).items() if name not in ("_engines", "_compilation")}
        return state | {"_model": keras.Model(self._model.inputs, self._model.outputs, name=self._model.name)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._begin()

    @property
    def _working_size(self) -> Size:
        if self._image_size is None or not self._training:
            raise NotFittedError("this colorizer has not been trained: call fit first, or load a trained one")
        return self._image_size

    def _record(self) -> Record:
        """Return what a file says about the colorizer."""
        return Record(
            space=self.space.get_config(),
            provider=provider_of(self.space)._asdict(),
            network=self._options,
            image_size=list(self._working_size),
            training=self._training,
            unetcolor=unetcolor.__version__,
            hints=self.hints,
        )

    def _record_epoch(self, image_size: Size, training: dict[str, Any]) -> None:
        self._image_size, self._training = image_size, training


def _empty(kind: type[UNetColorizer]) -> UNetColorizer:
    """Return a colorizer without a network."""
    about_to_compute()
    return kind.__new__(kind)
