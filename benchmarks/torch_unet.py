"""The classic network in PyTorch, for comparison."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn

FILTERS = (16, 32, 64, 128, 256)


class UNet(nn.Module):
    """Five stages of two convolutions, as ``unetcolor.build_unet(1, 2)`` has them."""

    def __init__(self, outputs: int = 2) -> None:
        super().__init__()
        widths = (1, *FILTERS)
        self.down = nn.ModuleList(_stage(a, b) for a, b in pairwise(widths))
        pairs = list(zip(FILTERS[1:], FILTERS[:-1], strict=True))[::-1]
        self.transposed = nn.ModuleList(nn.ConvTranspose2d(a, b, 2, stride=2) for a, b in pairs)
        self.up = nn.ModuleList(_stage(2 * b, b) for _, b in pairs)
        self.pool = nn.Sequential(nn.MaxPool2d(2, ceil_mode=True), nn.Dropout(0.1))
        self.head = nn.Conv2d(FILTERS[0], outputs, 1)

    def forward(self, x: Any) -> Any:
        """Return the targets of a batch ``(n, 1, height, width)``."""
        stages = []
        for stage in self.down[:-1]:
            x = stage(x)
            stages.append(x)
            x = self.pool(x)
        x = self.down[-1](x)
        for transposed, up, skipped in zip(self.transposed, self.up, reversed(stages), strict=True):
            x = transposed(x)[..., : skipped.shape[-2], : skipped.shape[-1]]
            x = up(torch.cat([x, skipped], dim=1))
        return torch.sigmoid(self.head(x))


def _stage(inputs: int, outputs: int) -> nn.Module:
    parts: list[nn.Module] = []
    for width in (inputs, outputs):
        parts += [nn.Conv2d(width, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
    return nn.Sequential(*parts)


def compiled(precision: str) -> Callable[[np.ndarray], Any]:
    """Return the network for inference: channels last, normalization merged into the convolutions."""
    network = torch.jit.trace(UNet().eval().to(memory_format=torch.channels_last), torch.zeros(1, 1, 100, 75))
    network = torch.jit.freeze(network)
    bfloat16 = torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16")

    @torch.inference_mode()
    def run(batch: np.ndarray) -> Any:
        pictures = torch.from_numpy(batch).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
        with bfloat16:
            return network(pictures)

    return run


def trainer(precision: str) -> Callable[[np.ndarray, np.ndarray], None]:
    """Return what trains the network on a batch: mean absolute error, Adam."""
    # An optimizer looks for Triton, whose LLVM cannot live in one process with TensorFlow's.
    sys.modules.setdefault("triton", None)  # type: ignore[arg-type]
    network = UNet().train().to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters(), 1e-3, eps=1e-7)

    def step(pictures: np.ndarray, targets: np.ndarray) -> None:
        given, wanted = (
            torch.from_numpy(values).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
            for values in (pictures, targets)
        )
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            predicted = network(given)
        loss = (predicted.float() - wanted).abs().mean()
        loss.backward()
        optimizer.step()

    return step
