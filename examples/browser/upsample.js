// Scale the network's colors up to the photo, with the photo's own luminance as the guide: `EdgeAwareUpsampler` of
// src/unetcolor/prediction/upsample.py, a guided filter (He et al. 2010) between two sizes.

import { averageBlocks, plane, planeLike, transpose } from "./planes.js";

// In pixels of the small picture, and in squared network units.
const SIGMA = 1;
const REGULARIZATION = 1e-3;

const RADIUS = Math.trunc(4 * SIGMA + 0.5);
const TAPS = Array.from({ length: 2 * RADIUS + 1 }, (_, i) => Math.exp(-0.5 * ((i - RADIUS) / SIGMA) ** 2));
const SUM_OF_TAPS = TAPS.reduce((sum, tap) => sum + tap);

export class EdgeAwareUpsampler {
  /**
   * @param colors a* and b*, planes of the size of the network's answer.
   * @param luminance What the network saw, in 0..1.
   * @param size Height and width of the photo.
   * @param stride Pixels of that luminance, along each side, to one of the colors.
   */
  constructor(colors, luminance, [height, width], stride) {
    const small = averageBlocks(luminance, stride);
    // For each color: what it is, and how it changes with luminance; then the luminance itself.
    this.layers = [...colors, ...colors.map((color) => slope(color, small)), small];
    this.rows = positions(luminance.height / stride, height);
    this.columns = positions(luminance.width / stride, width);
    this.line = this.layers.map(() => new Float32Array(small.width));
  }

  /** Write a* and b* of a row of the photo into `a` and `b`, given the row's luminance in 0..1. */
  row(row, luminance, a, b) {
    this.#mixRows(row);
    const [ofA, ofB, slopeOfA, slopeOfB, smooth] = this.line;
    const { first, second, share } = this.columns;
    for (let x = 0; x < luminance.length; x++) {
      const left = first[x];
      const right = second[x];
      const across = share[x];
      const detail = luminance[x] - (smooth[left] + (smooth[right] - smooth[left]) * across);
      a[x] = ofA[left] + (ofA[right] - ofA[left]) * across;
      a[x] += (slopeOfA[left] + (slopeOfA[right] - slopeOfA[left]) * across) * detail;
      b[x] = ofB[left] + (ofB[right] - ofB[left]) * across;
      b[x] += (slopeOfB[left] + (slopeOfB[right] - slopeOfB[left]) * across) * detail;
    }
  }

  /** Return [a*, b*] of one pixel of the photo, given its luminance in 0..1. */
  at(row, column, luminance) {
    this.#mixRows(row);
    const left = this.columns.first[column];
    const right = this.columns.second[column];
    const across = this.columns.share[column];
    const [a, b, slopeOfA, slopeOfB, smooth] = this.line.map((v) => v[left] + (v[right] - v[left]) * across);
    return [a + slopeOfA * (luminance - smooth), b + slopeOfB * (luminance - smooth)];
  }

  #mixRows(row) {
    const { width } = this.layers[0];
    const above = this.rows.first[row] * width;
    const below = this.rows.second[row] * width;
    const share = this.rows.share[row];
    this.layers.forEach(({ values }, layer) => {
      const line = this.line[layer];
      for (let x = 0; x < width; x++) {
        line[x] = values[above + x] + (values[below + x] - values[above + x]) * share;
      }
    });
  }
}

/** Return the slope of the linear model of a color over luminance around each pixel. */
function slope(color, luminance) {
  const { values: mean } = blur(luminance);
  const { values: meanColor } = blur(color);
  const { values: product } = blur(planeLike(color, (i) => luminance.values[i] * color.values[i]));
  const { values: square } = blur(planeLike(color, (i) => luminance.values[i] ** 2));
  return blur(
    planeLike(color, (i) => {
      const covariance = product[i] - mean[i] * meanColor[i];
      const variance = Math.max(square[i] - mean[i] ** 2, 0);
      return covariance / (variance + REGULARIZATION);
    }),
  );
}

/** Blur with a Gaussian; beyond the border its pixels go on. */
const blur = (picture) => transpose(blurDown(transpose(blurDown(picture))));

function blurDown({ height, width, values }) {
  const blurred = plane(height, width);
  const sums = new Float64Array(width);
  for (let row = 0; row < height; row++) {
    sums.fill(0);
    TAPS.forEach((tap, i) => {
      const start = Math.min(Math.max(row + i - RADIUS, 0), height - 1) * width;
      for (let x = 0; x < width; x++) sums[x] += tap * values[start + x];
    });
    for (let x = 0; x < width; x++) blurred.values[row * width + x] = sums[x] / SUM_OF_TAPS;
  }
  return blurred;
}

/** Return, for each large pixel's center, the two small pixels around it and the share of the second. */
function positions(small, large) {
  const last = Math.ceil(small) - 1;
  const first = new Int32Array(large);
  const second = new Int32Array(large);
  const share = new Float32Array(large);
  for (let i = 0; i < large; i++) {
    const center = Math.min(Math.max(((i + 0.5) * small) / large - 0.5, 0), last);
    first[i] = Math.floor(center);
    second[i] = Math.min(first[i] + 1, last);
    share[i] = center - first[i];
  }
  return { first, second, share };
}
