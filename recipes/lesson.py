"""What a network is trained as while its encoder learns from one that sees the photos in color."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
from typing_extensions import override

from unetcolor.codec import Codec, average_blocks
from unetcolor.losses import DeltaE99
from unetcolor.networks.encoders import efficientnet_lite0
from unetcolor.training.fused import Twin

# Of the divergence: softer classes tell more of what else a thing might be (Hinton et al. 2015).
_TEMPERATURE = 2.0


class CleanColors(Codec):
    """A codec whose targets are the luminance and the colors of the photo at full size, before it was aged."""

    @property
    @override
    def output_channels(self) -> int:
        return 1 + self.space.output_channels

    @override
    def answer_size(self, height: int, width: int) -> tuple[int, int]:
        return height, width

    @override
    def example(self, rgb: Any) -> tuple[Any, Any]:
        seen, colors = self.space.normalize(*self.space.encode(rgb))
        return self.without_hints(seen), np.concatenate([seen, colors], axis=-1)


class Classifier(layers.Layer):  # type: ignore[misc]  # Keras has no types.
    """From the deepest feature map of EfficientNet-Lite0 to its 1,280 features at each place, and to 1,000 classes.

    Parameters
    ----------
    path
        The weights, as ``recipes/convert_efficientnet_lite0.py --classifier`` writes them.
    """

    def __init__(self, path: Path, **named: Any) -> None:
        super().__init__(**named)
        with np.load(path, allow_pickle=False) as arrays:
            self._kernel, self._bias, self._class_kernel, self._class_bias = (
                self.add_weight(shape=arrays[name].shape, initializer=keras.initializers.Constant(arrays[name]))
                for name in ("kernel", "bias", "class_kernel", "class_bias")
            )

    @override
    def call(self, deepest: Any) -> tuple[Any, Any]:
        features = ops.relu6(ops.matmul(ops.cast(deepest, "float32"), self._kernel) + self._bias)
        return features, ops.matmul(ops.mean(features, axis=(1, 2)), self._class_kernel) + self._class_bias


class Lesson(keras.Model):  # type: ignore[misc]  # Keras has no types.
    """Trains a network of :class:`unetcolor.UNetColorizer` on pictures of :class:`CleanColors`.

    To the difference of the colors, :class:`unetcolor.losses.DeltaE99`, come one minus the cosine between the features
    of its encoder and those of the teacher, EfficientNet-Lite0 as it was trained on ImageNet, which sees the true
    colors; and the divergence of their classes. The features of the pupil have a classifier of their own, which learns
    with it and is not kept.

    Parameters
    ----------
    network
        The network, in Lab, with hints.
    codec
        Translates between pictures and the network.
    classifier
        The weights of the classifier.
    features, classes
        What the two terms count for.
    """

    def __init__(self, network: keras.Model, codec: Codec, classifier: Path, features: float, classes: float) -> None:
        super().__init__(name="lesson")
        self.network = network
        self.own = Classifier(classifier, name="own")
        self._codec = codec
        self._counts = {"features": features, "classes": classes}
        # The first layer that takes the deepest map.
        deepest = network.get_layer(f"hints{len(network.get_layer('efficientnet_lite0').outputs)}").input[0]
        self._pupil = Twin(keras.Model(network.input, [network.output, deepest]), "bfloat16")
        # In a function, where Keras does not look for layers: what they know is not to be trained.
        encoder, known = Twin(efficientnet_lite0(input_channels=3), "bfloat16"), Classifier(classifier)
        self._teacher: Callable[[tf.Tensor], Any] = lambda rgb: known(encoder(rgb)[0][-1])
        self._loss = DeltaE99()
        self._means = {
            name: keras.metrics.Mean(name=name) for name in ("loss", "delta_e99", "features_cosine", "divergence")
        }

    @override
    def train_step(self, data: tuple[tf.Tensor, tf.Tensor]) -> dict[str, Any]:
        inputs, clean = data
        space, stride = self._codec.space, self._codec.stride
        truth = average_blocks(clean[..., 1:], stride)
        # Colors as coarse as the network's, so that the teacher sees what the pupil can know at best.
        scaled = tf.image.resize(truth, tf.shape(clean)[1:3])
        taught, classes = self._teacher(space.decode(*space.denormalize(clean[..., :1], scaled)))
        with tf.GradientTape() as tape:
            (answer, deepest), _ = self._pupil(inputs)
            difference = self._loss(truth, answer)
            features, own_classes = self.own(deepest)
            cosine = tf.reduce_mean(tf.reduce_sum(ops.normalize(taught) * ops.normalize(features), axis=-1))
            divergence = _divergence(classes, own_classes)
            loss = difference + self._counts["features"] * (1 - cosine) + self._counts["classes"] * divergence
        variables = self.trainable_variables
        self.optimizer.apply(tape.gradient(loss, [variable.value for variable in variables]), variables)
        for mean, value in zip(self._means.values(), (loss, difference, cosine, divergence), strict=True):
            mean.update_state(value)
        return {name: mean.result() for name, mean in self._means.items()}

    @property
    @override
    def metrics(self) -> list[keras.metrics.Metric]:
        return list(self._means.values())


def _divergence(taught: tf.Tensor, own: tf.Tensor) -> tf.Tensor:
    """Return the mean Kullback-Leibler divergence of classes, at a temperature."""
    wanted, found = (tf.nn.log_softmax(logits / _TEMPERATURE) for logits in (taught, own))
    return _TEMPERATURE**2 * tf.reduce_mean(tf.reduce_sum(tf.exp(wanted) * (wanted - found), axis=-1))
