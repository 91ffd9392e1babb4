// Shrink a photo without aliasing, as Pillow does in two steps: `shrink` of src/unetcolor/images/arrays.py.

import { plane, transpose } from "./planes.js";

// Averages of whole pixels come first, until this factor is left: much faster, with the same result.
const GAP = 3;

/** Return the height and width at which the network sees a photo: the area of side * side, the aspect kept. */
export function workingSize(height, width, side) {
  const scale = side / Math.sqrt(height * width);
  return [Math.max(1, Math.round(height * scale)), Math.max(1, Math.round(width * scale))];
}

/** Return one channel of a photo, `{height, width, pixels}` with RGBA bytes, at a size; values in 0..1. */
export function shrink(photo, channel, height, width) {
  const down = Math.trunc(photo.height / height / GAP) || 1;
  const across = Math.trunc(photo.width / width / GAP) || 1;
  const reduced = reduce(photo, channel, down, across);
  // The last averages may lie partly outside of the photo.
  const narrow = resampleRows(transpose(reduced), width, photo.width / across);
  return resampleRows(transpose(narrow), height, photo.height / down);
}

/** Average over rectangles of `down` rows and `across` columns; those at the end may hold fewer. */
function reduce(photo, channel, down, across) {
  const reduced = plane(Math.ceil(photo.height / down), Math.ceil(photo.width / across));
  const sums = new Float64Array(reduced.width);
  for (let row = 0; row < reduced.height; row++) {
    const end = Math.min((row + 1) * down, photo.height);
    sums.fill(0);
    for (let y = row * down; y < end; y++) {
      let at = 4 * y * photo.width + channel;
      for (let x = 0; x < photo.width; x++, at += 4) sums[Math.trunc(x / across)] += photo.pixels[at];
    }
    for (let column = 0; column < reduced.width; column++) {
      const columns = Math.min(across, photo.width - column * across);
      reduced.values[row * reduced.width + column] = sums[column] / ((end - row * down) * columns * 255);
    }
  }
  return reduced;
}

/** Scale the first `extent` rows, which need not be a whole number, to `count` rows. */
function resampleRows(picture, count, extent) {
  const { height, width, values } = picture;
  const result = plane(count, width);
  const scale = extent / count;
  // A triangle, as wide as the pixels that it joins.
  const support = Math.max(scale, 1);
  const sums = new Float64Array(width);
  for (let row = 0; row < count; row++) {
    const center = (row + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const last = Math.min(height, Math.trunc(center + support + 0.5));
    let total = 0;
    sums.fill(0);
    for (let y = first; y < last; y++) {
      const weight = Math.max(0, 1 - Math.abs(y - center + 0.5) / support);
      total += weight;
      for (let x = 0; x < width; x++) sums[x] += weight * values[y * width + x];
    }
    for (let x = 0; x < width; x++) result.values[row * width + x] = sums[x] / total;
  }
  return result;
}
