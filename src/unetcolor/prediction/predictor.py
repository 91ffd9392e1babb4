"""The predictor: gives colors to pictures with a network as it was at one moment."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from math import sqrt
from typing import TYPE_CHECKING, Any, Self, Unpack, overload

import numpy as np

from unetcolor._checks import (
    LARGEST_SIDE_OF_NETWORK,
    MOST_PICTURES_AT_ONCE,
    not_negative,
    saturation_of,
    side_of_network,
    verbosity,
    whole_number,
)
from unetcolor._log import logger
from unetcolor._progress import with_progress
from unetcolor._quiet import quiet_tensorflow
from unetcolor.codec import Codec
from unetcolor.errors import shown
from unetcolor.hints import HintsLike
from unetcolor.images import PictureLike
from unetcolor.images.opening import PathLike
from unetcolor.images.taking import OnePicture, SupportsArray
from unetcolor.prediction.engines.base import Engine
from unetcolor.prediction.full_size import Adjust, colorize
from unetcolor.prediction.inputs import hints_of, open_given, read_each
from unetcolor.prediction.options import PredictorOptions
from unetcolor.prediction.reference import Reference

if TYPE_CHECKING:
    from unetcolor.networks.precision import Precision


class Predictor:
    """Gives colors to pictures: a codec, an engine that runs the network, and the size at which it sees them.

    A predictor is a snapshot: training the colorizer that it came from does not change it. It can be pickled and sent
    to other processes, and its class loads neither Keras nor TensorFlow; an engine may.

    Parameters
    ----------
    codec
        Translates between pictures and the network.
    engine
        Runs the network: takes a batch of inputs, and returns its answer.
    side
        The network sees each picture at the area of a square with this side, in pixels.

    Examples
    --------
    >>> from unetcolor import UNetColorizer, samples
    >>> predictor = UNetColorizer.from_preset("photo").predictor()
    >>> predictor.predict(samples.portraits()[0]).shape
    (100, 75, 3)
    """

    def __init__(self, codec: Codec, engine: Engine, side: float) -> None:
        if not isinstance(codec, Codec):
            raise TypeError(f"codec must be a unetcolor.codec.Codec, not {shown(codec)}")
        if not callable(engine):
            raise TypeError(f"engine must be an engine, which runs a network, not {shown(engine)}")
        self.codec = codec
        self.engine = engine
        self.side = not_negative("side", side, most=LARGEST_SIDE_OF_NETWORK)
        if not self.side:
            raise ValueError("side must be above 0")

    @classmethod
    def load(cls, model: str | os.PathLike[str], *, engine: str = "auto", precision: Precision = "auto") -> Self:
        """Return the predictor of a model file or of a preset.

        Parameters
        ----------
        model
            The name of a preset; a ``.keras`` file that :meth:`unetcolor.UNetColorizer.save` wrote; or a ``.onnx``
            file of unetcolor, which loads without Keras and TensorFlow. The preset ``photo`` comes in both forms.
        engine
            What runs the network: ``"openvino"``, ``"onnx"``, ``"tensorflow"`` or ``"keras"``. ``"auto"`` takes the
            first of these that is installed for what comes in ONNX, and one of the last two for the rest.
        precision
            Of the network's arithmetic, as in :meth:`unetcolor.UNetColorizer.predict`; the engine ``"onnx"`` computes
            in float32 only.

        Raises
        ------
        ModelLoadError
            The file is missing, damaged, or not a colorizer, or it needs a color space that is not installed.
        ValueError
            There is no such engine, or it does not run such a file, or does not have the precision.
        MissingExtraError
            The engine, or what turns a network into ONNX for it, is not installed.
        """
        from unetcolor.models.presets import onnx_form, path_of_model
        from unetcolor.networks.precision import resolve
        from unetcolor.prediction.engines import PORTABLE, engine_for, fastest_portable, get_engine, portable_engine

        path = path_of_model(model)
        portable = onnx_form(path)
        # Only for their errors.
        resolve(precision, helps=False)
        if not isinstance(engine, str) or engine != "auto":
            get_engine(engine)
        is_auto = engine == "auto" and fastest_portable(precision) is not None
        if portable is not None and (portable == path or engine in PORTABLE or is_auto):
            from unetcolor.models.onnx_file import load_onnx

            file = load_onnx(portable)
            made = portable_engine(file.content, precision, engine)
            if portable == path:
                # Only the runtime knows whether it can run what is in somebody's file.
                made.start()
            logger.info("loaded %s: engine %s, %s", portable, made.name, made.precision)
            return cls(file.codec, made, side_of(file.record.image_size))
        # Keras takes seconds to load.
        with quiet_tensorflow():
            from unetcolor.models.keras_file import load_network

        loaded = load_network(path)
        runs = engine_for(loaded.network, precision, engine)
        logger.info("loaded %s: engine %s, %s", path, runs.name, runs.precision)
        return cls(loaded.codec, runs, side_of(loaded.record.image_size))

    def __repr__(self) -> str:
        engine = self.engine
        made = f"{engine.name!r}, precision={engine.precision!r}" if isinstance(engine, Engine) else shown(engine)
        return f"Predictor(engine={made}, space={self.codec.space.name!r}, side={self.side:g})"

    # Arrays, paths and files are iterable, too: the first that fits is meant.
    @overload
    def predict(self, images: OnePicture, **options: Unpack[PredictorOptions]) -> np.ndarray: ...  # type: ignore[overload-overlap]
    @overload
    def predict(self, images: PathLike | SupportsArray, **options: Unpack[PredictorOptions]) -> np.ndarray | Any: ...  # type: ignore[overload-overlap]
    @overload
    def predict(self, images: Iterable[PictureLike], **options: Unpack[PredictorOptions]) -> list[np.ndarray]: ...
    def predict(
        self,
        images: PictureLike | Iterable[PictureLike],
        *,
        size: int | None = None,
        saturation: float = 1.0,
        hints: HintsLike | Sequence[HintsLike | None] | None = None,
        reference: PictureLike | Reference | None = None,
        batch_size: int = 32,
        verbose: Any = "auto",
    ) -> np.ndarray | list[np.ndarray]:
        """Give pictures their colors; see :meth:`unetcolor.UNetColorizer.predict`."""
        verbosity(verbose)
        given = open_given(images)
        pictures = list(given.pictures)
        if not pictures:
            raise ValueError(f"there are no pictures in an empty {type(images).__name__}")
        each = None if hints is None else hints_of(hints, len(pictures), given.is_single)
        colored = self._colorize(
            pictures,
            size=size,
            saturation=saturation,
            hints=each,
            reference=reference,
            batch_size=batch_size,
            ahead=len(pictures) > 1,
        )
        results: np.ndarray | list[np.ndarray] = given.join(
            list(with_progress(colored, "Colorizing", len(pictures), bool(verbose)))
        )
        return results

    def stream(
        self,
        pictures: PictureLike | Iterable[PictureLike],
        *,
        size: int | None = None,
        saturation: float = 1.0,
        hints: Iterable[HintsLike | None] | None = None,
        reference: PictureLike | Reference | None = None,
        batch_size: int = 32,
        adjust: Adjust | None = None,
    ) -> Iterator[np.ndarray]:
        """Give pictures their colors one after the other; see :meth:`unetcolor.UNetColorizer.stream`."""
        return self._colorize(
            open_given(pictures).pictures,
            size=size,
            saturation=saturation,
            hints=hints,
            reference=reference,
            batch_size=batch_size,
            adjust=adjust,
        )

    def _colorize(
        self,
        pictures: Iterable[Any],
        *,
        size: int | None,
        saturation: float,
        hints: Iterable[Any] | None,
        reference: PictureLike | Reference | None,
        batch_size: int,
        adjust: Adjust | None = None,
        ahead: bool = False,
    ) -> Iterator[np.ndarray]:
        if hints is not None and not self.codec.hints:
            raise ValueError(
                "this model takes no hints: the preset photo does, and so does a model of UNetColorizer(hints=True)"
            )
        if hints is not None and not isinstance(hints, Iterable):
            raise TypeError(f"hints must be a list or another iterable of each picture's hints, not {shown(hints)}")
        if adjust is not None and not callable(adjust):
            raise TypeError(f"adjust must be a function of luminance and colors, or None, not {shown(adjust)}")
        return colorize(
            pictures,
            self.engine,
            self.codec,
            self.side if size is None else side_of_network(size),
            whole_number("batch_size", batch_size, most=MOST_PICTURES_AT_ONCE),
            saturation=saturation_of(saturation),
            hints=None if hints is None else read_each(hints),
            reference=reference if reference is None or isinstance(reference, Reference) else Reference(reference),
            adjust=adjust,
            ahead=ahead,
        )


def side_of(image_size: Iterable[int]) -> float:
    """Return the side of the square that has the area of a size ``(height, width)``."""
    height, width = image_size
    return sqrt(height * width)
