"""The options of ``predict`` for type checkers, which so know them for each form of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from unetcolor.hints import HintsLike
from unetcolor.images import PictureLike
from unetcolor.prediction.reference import Reference

if TYPE_CHECKING:
    from unetcolor.networks.precision import Precision


class PredictorOptions(TypedDict, total=False):
    """Options of :meth:`unetcolor.prediction.predictor.Predictor.predict`, which it describes."""

    size: int | None
    saturation: float
    hints: HintsLike | Sequence[HintsLike | None] | None
    reference: PictureLike | Reference | None
    batch_size: int
    verbose: Any


class PredictOptions(PredictorOptions, total=False):
    """Options of :meth:`unetcolor.UNetColorizer.predict`, which it describes."""

    precision: Precision
