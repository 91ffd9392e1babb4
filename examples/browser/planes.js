// One channel of a picture: its height, its width, and its values row by row.

export const plane = (height, width) => ({ height, width, values: new Float32Array(height * width) });

/** Return a plane of the size of another one, given the function from the number of a pixel to its value. */
export function planeLike({ height, width }, valueAt) {
  const result = plane(height, width);
  for (let i = 0; i < result.values.length; i++) result.values[i] = valueAt(i);
  return result;
}

export function transpose({ height, width, values }) {
  const result = plane(width, height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) result.values[column * height + row] = values[row * width + column];
  }
  return result;
}

/** Average over squares of pixels with a side that is a power of two; those at the end of an odd size hold fewer. */
export function averageBlocks(picture, stride) {
  for (; stride > 1; stride /= 2) picture = halve(picture);
  return picture;
}

function halve({ height, width, values }) {
  const half = plane(Math.ceil(height / 2), Math.ceil(width / 2));
  for (let row = 0; row < half.height; row++) {
    const upper = 2 * row * width;
    const lower = Math.min(2 * row + 1, height - 1) * width;
    for (let column = 0; column < half.width; column++) {
      const left = 2 * column;
      const right = Math.min(left + 1, width - 1);
      const sum = values[upper + left] + values[upper + right] + values[lower + left] + values[lower + right];
      half.values[row * half.width + column] = sum / 4;
    }
  }
  return half;
}
