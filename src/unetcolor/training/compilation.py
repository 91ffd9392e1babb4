"""With what a network is compiled, and the view of it that is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

from unetcolor.networks.precision import Precision
from unetcolor.training.schedule import Cosine, set_rate

if TYPE_CHECKING:
    from unetcolor.training.distribution import Distribution, Replicated


class Compilation:
    """Compiles one network, and remembers with what, so that a later training goes on with the same.

    Attributes
    ----------
    arguments
        Arguments of ``keras.Model.compile``: those that hold unless others are given.

    Parameters
    ----------
    loss
        The loss to begin with.
    """

    def __init__(self, loss: Any) -> None:
        self.arguments: dict[str, Any] = {"optimizer": "adam", "loss": loss}
        self._optimizer: keras.optimizers.Optimizer | None = None
        self._view: keras.Model | None = None

    def compile(
        self,
        network: keras.Model,
        arguments: dict[str, Any],
        *,
        learning_rate: float | Cosine | None,
        steps: int | None,
    ) -> None:
        """Compile a network, if it is not yet or if something is given.

        Parameters
        ----------
        network
            The network.
        arguments
            Arguments of ``keras.Model.compile`` that were given.
        learning_rate
            The optimizer's; None leaves it as it is.
        steps
            Steps of the training, if that is known.
        """
        # What is not given stays as it was, the optimizer with all that it has learned.
        current = {"optimizer": network.optimizer} if network.compiled else {}
        wanted = self.arguments | current | arguments
        if learning_rate is not None:
            wanted["optimizer"] = keras.optimizers.get(wanted["optimizer"])
            set_rate(wanted["optimizer"], learning_rate, steps)
        if arguments or learning_rate is not None or not network.compiled:
            network.compile(**wanted)
            self.arguments, self._optimizer, self._view = wanted, network.optimizer, None

    def exchange_loss(self, network: keras.Model, old: Any, new: Any) -> None:
        """Train with another loss from now on, unless one was chosen that is not the old one."""
        if self.arguments["loss"] != old or old == new:
            return
        self.arguments["loss"] = new
        if network.compiled:
            network.compile(**self.arguments | {"optimizer": network.optimizer})
            self._view = None

    def trained(self, network: keras.Model, precision: Precision) -> keras.Model:
        """Return what to train in place of a network that is compiled: its fast view, where there is one."""
        # A network that its user compiled is trained as it is: only Keras knows with what.
        if network.optimizer is not self._optimizer:
            return network
        view = _view(network, precision, self._view)
        if view is not network and view is not self._view:
            view.compile(**self.arguments | {"optimizer": self._optimizer})
            self._view = view
            # Keras leaves it to the first step. TensorFlow, which allows no new variables in the others, then traces
            # the step twice.
            if not view.optimizer.built:
                view.optimizer.build(view.trainable_variables)
        return view

    def replicated(self, network: keras.Model, precision: Precision, distribution: Distribution) -> Replicated:
        """Return what to train in place of a network that is compiled where several train."""
        if network.optimizer is not self._optimizer:
            raise ValueError(
                "this network was compiled by hand, and several cannot train it as it is: pass the optimizer, the loss "
                "and the metrics to fit"
            )
        # Its variables may have been made again.
        self._view = None
        return distribution.replicated(network, self.arguments, precision)


def _view(network: keras.Model, precision: Precision, former: keras.Model | None) -> keras.Model:
    if keras.backend.backend() != "tensorflow":
        return network
    from unetcolor.training.fused import training_view

    return training_view(network, precision, former=former)
