/** How well counts fit what was expected of them (Pearson's test). */
export interface ChiSquare {
  readonly statistic: number;
  readonly degreesOfFreedom: number;
  /** Chance of a figure at least as large if each conversation were drawn by the expected shares. */
  readonly p: number;
  /** False where fewer than five are expected somewhere: the figure is then only a hint. */
  readonly isReliable: boolean;
}

const LEAST_EXPECTED = 5;

/**
 * @param counts how often each was chosen.
 * @param shares how often each was to be chosen, of 1; those with a share of 0 count as impossible.
 * @returns undefined where there is nothing to choose between.
 */
export function chiSquareTest(counts: readonly number[], shares: readonly number[]): ChiSquare | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const cells = counts
    .map((count, i) => ({ count, expected: total * (shares[i] ?? 0) }))
    .filter(({ count, expected }) => expected > 0 || count > 0);
  if (total === 0 || cells.length < 2) return undefined;
  const statistic = cells.reduce((sum, { count, expected }) => sum + (count - expected) ** 2 / expected, 0);
  const degreesOfFreedom = cells.length - 1;
  return {
    statistic,
    degreesOfFreedom,
    p: chiSquareTail(statistic, degreesOfFreedom),
    isReliable: cells.every(({ expected }) => expected >= LEAST_EXPECTED),
  };
}

/**
 * Chance that a chi-square variable is at least `statistic`: the regularized upper incomplete gamma function
 * Q(k/2, x/2). By recurrence from Q(1, x) = exp(-x) or Q(1/2, x) = erfc(sqrt(x)), all terms positive.
 */
export function chiSquareTail(statistic: number, degreesOfFreedom: number): number {
  if (statistic <= 0) return 1;
  if (statistic === Number.POSITIVE_INFINITY) return 0;
  const x = statistic / 2;
  const isEven = degreesOfFreedom % 2 === 0;
  let tail = isEven ? Math.exp(-x) : erfc(Math.sqrt(x));
  // x^a exp(-x) / Gamma(a + 1), kept as a logarithm: it over- and underflows by parts.
  let a = isEven ? 1 : 0.5;
  let logTerm = isEven ? Math.log(x) - x : Math.log(x) / 2 - x - Math.log(Math.sqrt(Math.PI) / 2);
  for (; a < degreesOfFreedom / 2; a++) {
    tail += Math.exp(logTerm);
    logTerm += Math.log(x / (a + 1));
  }
  return Math.min(1, tail);
}

const SERIES_LIMIT = 2;

/** The complementary error function for x >= 0: its power series below 2, its continued fraction (Lentz) above. */
function erfc(x: number): number {
  return x < SERIES_LIMIT ? 1 - erfSeries(x) : erfcFraction(x);
}

function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * sum; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** erfc(x) = exp(-x²) / sqrt(pi) / (x + (1/2) / (x + 1 / (x + (3/2) / (x + ...)))). */
function erfcFraction(x: number): number {
  let tail = x;
  for (let n = 200; n > 0; n--) tail = x + n / 2 / tail;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / tail;
}
