// Solve linear equations whose unknowns are the pixels of a picture, each joined to its four neighbors.

/**
 * Return what solves the equations for a right side: a Cholesky factorization, which fills nothing outside of a band.
 *
 * @param diagonal What each unknown is multiplied by in its own equation.
 * @param before What the unknown before it is multiplied by there.
 * @param above What the unknown above it is multiplied by there, that is, `band` before it.
 */
export function factor(diagonal, before, above, band) {
  const count = diagonal.length;
  const stored = band + 1;
  // Row i holds columns i - band to i; the last is the diagonal.
  const lower = new Float64Array(count * stored);
  for (let i = 0; i < count; i++) {
    const row = i * stored + band - i;
    const start = Math.max(0, i - band);
    lower[row + i] = diagonal[i];
    // In a picture of one column, the one above is the one before.
    if (i >= 1) lower[row + i - 1] += before[i];
    if (i >= band) lower[row + i - band] += above[i];
    for (let j = start; j < i; j++) {
      const other = j * stored + band - j;
      let sum = lower[row + j];
      for (let k = start; k < j; k++) sum -= lower[row + k] * lower[other + k];
      lower[row + j] = sum / lower[other + j];
    }
    let rest = lower[row + i];
    for (let k = start; k < i; k++) rest -= lower[row + k] ** 2;
    lower[row + i] = Math.sqrt(rest);
  }

  return (values) => {
    const solved = Float64Array.from(values);
    for (let i = 0; i < count; i++) {
      const row = i * stored + band - i;
      let rest = solved[i];
      for (let k = Math.max(0, i - band); k < i; k++) rest -= lower[row + k] * solved[k];
      solved[i] = rest / lower[row + i];
    }
    for (let i = count - 1; i >= 0; i--) {
      const row = i * stored + band - i;
      const found = solved[i] / lower[row + i];
      solved[i] = found;
      for (let k = Math.max(0, i - band); k < i; k++) solved[k] -= lower[row + k] * found;
    }
    return solved;
  };
}
