import { describe, expect, it } from "vitest";
import { playVector, readVectors } from "./vectors.ts";

describe("schedulers and connections", () => {
  it.each(readVectors())("do as Linux 6.1 did in $name", async (vector) => {
    expect(await playVector(vector)).toEqual([]);
  });
});
