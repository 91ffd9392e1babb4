"""The U-Net builder knows nothing of color: train it to find the person in a portrait.

Takes an ``.npz`` with ``train_images``, ``train_masks``, ``test_images`` and ``test_masks``: uint8 pictures
``(n, height, width, 3)`` and masks ``(n, height, width, 1)`` of 0 or 255. Prints the intersection over union
on the test part, and for comparison that of calling every pixel a person.

Run: ``python examples/segment_people.py portraits.npz``
"""

from __future__ import annotations

import argparse
from pathlib import Path

import keras
import numpy as np

from unetcolor import build_unet
from unetcolor.images import write_image


def intersection_over_union(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Return the IoU of the person over all pixels of all pictures; both arrays are boolean."""
    return float((truth & predicted).sum() / (truth | predicted).sum())


parser = argparse.ArgumentParser(description="Train a U-Net to find the person in a portrait.")
parser.add_argument("data", type=Path)
parser.add_argument("--output", type=Path, default=Path("out"))
parser.add_argument("--epochs", type=int, default=10)
arguments = parser.parse_args()

keras.utils.set_random_seed(0)
with np.load(arguments.data) as archive:
    part = {name: archive[name].astype(np.float32) / 255 for name in archive.files}

model = build_unet(3, 1, filters=(16, 32, 64, 128), activation="sigmoid", name="person")
model.compile("adam", "binary_crossentropy")
model.fit(
    part["train_images"],
    part["train_masks"],
    validation_data=(part["test_images"], part["test_masks"]),
    epochs=arguments.epochs,
    batch_size=16,
    verbose=2,
)

predicted = model.predict(part["test_images"], verbose=0)
truth = part["test_masks"] > 0.5
print(f"IoU of the person on {len(truth)} test portraits: {intersection_over_union(truth, predicted > 0.5):.3f}")
print(f"IoU of calling every pixel a person: {intersection_over_union(truth, np.ones_like(truth)):.3f}")

rows = [np.concatenate(list(x[:8]), axis=1) for x in (part["test_images"], np.repeat(predicted, 3, axis=-1))]
arguments.output.mkdir(parents=True, exist_ok=True)
write_image(arguments.output / "people.png", (np.concatenate(rows) * 255).round().astype(np.uint8))
print(f"Pictures and masks: {arguments.output / 'people.png'}")
