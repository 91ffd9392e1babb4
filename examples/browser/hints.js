// Hints, colors that the user knows at places of a photo, gathered in the cells of a grid that is laid over it: a list
// of `Hint` in src/unetcolor/hints.py.
//
// A hint is `{row, column, color}`: a pixel of the photo, and sRGB in 0..1. Where two overlap, the later one counts.

// A hint is a disc with this share of the side of a square with the photo's area.
const RADIUS = 0.01;

// Points, along each side of a cell, at which is asked whether a disc covers it.
const SAMPLES = 4;

/**
 * Return the cells that hold a hint, row by row: `{row, column, color, pixel}`, with the place in the grid, the color,
 * and the row and column of the photo's pixel in the middle of the cell's hints.
 *
 * @param size Height and width of the photo.
 * @param grid Rows and columns of the grid; where the last ones lie partly outside, these are no whole numbers.
 */
export function inCells(hints, size, grid) {
  const columns = Math.ceil(grid[1]);
  // Of each cell, by its number: red, green, blue, row and column, each times the share that is covered; that share.
  const sums = new Map();
  for (const hint of hints) {
    for (const [cell, { covered, means }] of coveredBy(hint, size, grid)) {
      const values = [...hint.color, ...means, 1];
      const before = sums.get(cell) ?? [0, 0, 0, 0, 0, 0];
      sums.set(cell, values.map((value, i) => before[i] * (1 - covered) + value * covered));
    }
  }
  const cells = [];
  for (const [cell, sum] of [...sums].sort(([one], [other]) => one - other)) {
    const [row, column] = [Math.floor(cell / columns), cell % columns];
    // The rim of a disc covers some cells by little: they are left to the network.
    if (sum[5] < 0.5 * mostAround(sums, row, column, columns)) continue;
    const [red, green, blue, y, x] = sum.map((value) => value / sum[5]);
    const pixel = [y, x].map((place, i) => Math.min(Math.max(roundToEven(place), 0), size[i] - 1));
    cells.push({ row, column, color: [red, green, blue], pixel });
  }
  return cells;
}

/** Return the cells that a hint covers: of each the share, and the mean row and column of what is covered. */
function coveredBy(hint, size, grid) {
  const radius = RADIUS * Math.sqrt(size[0] * size[1]);
  const columns = Math.ceil(grid[1]);
  const [ys, xs] = [hint.row, hint.column].map((middle, i) => points(middle, radius, size[i], grid[i]));
  const sums = new Map();
  for (const y of ys) {
    for (const x of xs) {
      if ((y - hint.row) ** 2 + (x - hint.column) ** 2 > radius ** 2) continue;
      const cell = cellOf(y, size[0], grid[0]) * columns + cellOf(x, size[1], grid[1]);
      const [count, sumOfRows, sumOfColumns] = sums.get(cell) ?? [0, 0, 0];
      sums.set(cell, [count + 1, sumOfRows + y, sumOfColumns + x]);
    }
  }
  const cells = new Map();
  for (const [cell, [count, sumOfRows, sumOfColumns]] of sums) {
    const covered = Math.min(count / SAMPLES ** 2, 1);
    cells.set(cell, { covered, means: [sumOfRows / count, sumOfColumns / count] });
  }
  // The cell of the middle is the hint's, however small that is, and the middle itself stands for it.
  const middle = cellOf(hint.row, size[0], grid[0]) * columns + cellOf(hint.column, size[1], grid[1]);
  return cells.set(middle, { covered: 1, means: [hint.row, hint.column] });
}

/** Return places along one side of the photo, evenly over each cell, from one end of a disc to the other. */
function points(middle, radius, length, count) {
  const step = length / count / SAMPLES;
  const first = Math.floor((Math.max(0, middle - radius) + 0.5) / step);
  const last = Math.ceil((Math.min(length - 1, middle + radius) + 0.5) / step);
  const places = Array.from({ length: last - first + 1 }, (_, i) => (first + i + 0.5) * step - 0.5);
  return places.filter((place) => place >= -0.5 && place < length - 0.5);
}

/** Return the cell of a place along a side of `length` pixels and `count` cells. */
function cellOf(place, length, count) {
  // A center that lies on the border of two cells must not fall back for a rounding error.
  const cell = Math.floor(((place + 0.5) * count) / length + 1e-9);
  return Math.min(Math.max(cell, 0), Math.ceil(count) - 1);
}

/** Return the largest share that is covered of a cell and of its neighbors. */
function mostAround(sums, row, column, columns) {
  let most = 0;
  for (let y = row - 1; y <= row + 1; y++) {
    for (let x = Math.max(0, column - 1); x <= Math.min(column + 1, columns - 1); x++) {
      most = Math.max(most, sums.get(y * columns + x)?.[5] ?? 0);
    }
  }
  return most;
}

// As NumPy rounds.
function roundToEven(value) {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
