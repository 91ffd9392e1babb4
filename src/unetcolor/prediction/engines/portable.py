"""What the engines have in common that run a network in ONNX, which needs neither Keras nor TensorFlow."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

import numpy as np
from typing_extensions import override

from unetcolor.errors import MissingExtraError, ModelLoadError
from unetcolor.networks.precision import Precision
from unetcolor.prediction.engines.base import Engine

if TYPE_CHECKING:
    import keras

# How the runtimes say it, and not only a name in the network that holds such letters.
_NO_MEMORY = re.compile(r"bad_alloc|(failed|unable|could not|cannot) (to )?allocate|alloc failed", re.IGNORECASE)


class PortableEngine(Engine):
    """A network as the bytes of an ONNX file.

    Parameters
    ----------
    content
        The network, as :func:`unetcolor.networks.onnx.to_onnx` returns it.
    precision
        Of the arithmetic, as :meth:`~unetcolor.prediction.engines.base.Engine.resolve` returns it.
    """

    def __init__(self, content: bytes, precision: Precision) -> None:
        super().__init__(precision)
        self._content = content

    @classmethod
    @override
    def from_model(cls, model: keras.Model, precision: Precision) -> Self:
        # Those who have the network in ONNX already need no Keras.
        from unetcolor.networks.onnx import to_onnx

        return cls(to_onnx(model), precision)

    @override
    def __call__(self, batch: np.ndarray) -> np.ndarray:
        with self._explaining():
            return super().__call__(batch)

    @override
    def start(self) -> Callable[[np.ndarray], np.ndarray]:
        with self._explaining():
            return super().start()

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        """Turn the errors that each runtime has of its own into ours."""
        try:
            yield
        except (MissingExtraError, ModelLoadError, MemoryError):
            raise
        except Exception as error:
            if _NO_MEMORY.search(str(error)):
                raise MemoryError("there is not enough memory for the network") from error
            raise ModelLoadError(f"the engine {self.name!r} cannot run the network: {error}") from error
