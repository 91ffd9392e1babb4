"""Train a colorizer on the portraits that ship with unetcolor, and look at what it learned.

It trains on 128 of the 160 portraits for about half a minute, is scored on the other 32, and writes a picture of six
of these: gray | colorized | truth.

Run: ``python examples/quickstart.py``
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from unetcolor import UNetColorizer, samples
from unetcolor.codec import Codec
from unetcolor.images import write_image

OUTPUT = Path("out")

portraits = np.random.default_rng(0).permutation(samples.load_portraits())
train, test = portraits[:128], portraits[128:]

# Colors at half the height and width take less time to learn, and eyes do not see the difference.
colorizer = UNetColorizer("lab", filters=(16, 32, 64, 128), head_stride=2, seed=0)
# Few pictures make few steps, so the batches are smaller than in the classic recipe.
colorizer.fit(train, epochs=25, batch_size=16, verbose=2)

print("\nThe 32 portraits that it never saw:")
colorizer.evaluate(test)

columns = [Codec(colorizer.space).plain_gray(test), colorizer.predict(test), test]
sheet = np.concatenate([np.concatenate(column[:6], axis=0) for column in columns], axis=1)

OUTPUT.mkdir(exist_ok=True)
colorizer.save(OUTPUT / "portraits.keras")
write_image(OUTPUT / "quickstart.png", sheet)
print(f"\nGray | colorized | truth: {OUTPUT / 'quickstart.png'}; the colorizer: {OUTPUT / 'portraits.keras'}")
