import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chiSquareTail, chiSquareTest } from "../../src/compare/chi-square.ts";

describe("the chi-square distribution's tail", () => {
  /** Upper critical values of printed tables (NIST/SEMATECH e-Handbook, 1.3.6.7.4). */
  it.each([
    { df: 1, statistic: 3.841, p: 0.05 },
    { df: 1, statistic: 10.828, p: 0.001 },
    { df: 2, statistic: 5.991, p: 0.05 },
    { df: 3, statistic: 7.815, p: 0.05 },
    { df: 5, statistic: 15.086, p: 0.01 },
    { df: 10, statistic: 18.307, p: 0.05 },
    { df: 29, statistic: 42.557, p: 0.05 },
    { df: 99, statistic: 123.225, p: 0.05 },
    { df: 100, statistic: 149.449, p: 0.001 },
  ])("of $df degrees of freedom beyond $statistic is $p", ({ df, statistic, p }) => {
    expect(chiSquareTail(statistic, df)).toBeCloseTo(p, 4);
  });

  it("falls with the figure, rises with the degrees of freedom, and stays a chance", () => {
    const figure = fc.double({ min: 0, max: 2000, noNaN: true });
    fc.assert(
      fc.property(figure, figure, fc.integer({ min: 1, max: 400 }), (one, other, df) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        const tail = chiSquareTail(low, df);
        expect(tail).toBeGreaterThanOrEqual(0);
        expect(tail).toBeLessThanOrEqual(1);
        expect(chiSquareTail(high, df)).toBeLessThanOrEqual(tail + 1e-12);
        expect(chiSquareTail(low, df + 2)).toBeGreaterThanOrEqual(tail - 1e-12);
      }),
    );
  });
});

describe("the chi-square test", () => {
  it("compares counts with what was expected", () => {
    expect(chiSquareTest([10, 20, 30], [1 / 3, 1 / 3, 1 / 3])).toEqual({
      statistic: expect.closeTo(10, 9),
      degreesOfFreedom: 2,
      p: expect.closeTo(Math.exp(-5), 9),
      isReliable: true,
    });
  });

  it("is a hint only where fewer than five are expected", () => {
    expect(chiSquareTest([1, 3], [0.5, 0.5])?.isReliable).toBe(false);
  });

  it("says nothing of a single server, or of none", () => {
    expect(chiSquareTest([7], [1])).toBeUndefined();
    expect(chiSquareTest([0, 0], [0.5, 0.5])).toBeUndefined();
  });

  it("gives what cannot be no chance", () => {
    expect(chiSquareTest([5, 1], [1, 0])?.p).toBe(0);
  });
});
