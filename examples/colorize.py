"""Give color to photos with a trained colorizer that comes with unetcolor.

Takes photos and folders of photos; without any, those that ship with unetcolor, of which it uses the luminance alone.
Writes one PNG a photo, at the photo's own size.

Run: ``python examples/colorize.py old_photos/ grandmother.jpg --preset portrait``
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from unetcolor import ImageReadError, UNetColorizer, list_presets, samples
from unetcolor.images import write_image

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("photos", nargs="*", type=Path, help="photos, or folders of them")
parser.add_argument("--preset", choices=list_presets(), default="photo")
parser.add_argument("--saturation", type=float, default=1.0, help="more is more vivid (1)")
parser.add_argument("--output", type=Path, default=Path("out"), help="folder for the results (out)")
arguments = parser.parse_args()

photos = [
    path
    for given in arguments.photos or [samples.photos()[0].parent]
    for path in (sorted(path for path in given.iterdir() if path.is_file()) if given.is_dir() else [given])
]
repeated = [name for name, count in Counter(path.stem for path in photos).items() if count > 1]
if repeated:
    parser.error(f"two photos would both become {repeated[0]}.png: colorize them one by one, into two folders")

colorizer = UNetColorizer.from_preset(arguments.preset)
arguments.output.mkdir(parents=True, exist_ok=True)
failed = 0
for path in photos:
    try:
        (rgb,) = colorizer.predict([path], saturation=arguments.saturation, verbose=0)
    except ImageReadError as error:
        failed += 1
        print(f"left out: {error}")
        continue
    result = arguments.output / f"{path.stem}.png"
    write_image(result, rgb)
    print(f"{path} -> {result}")
raise SystemExit(1 if failed else 0)
