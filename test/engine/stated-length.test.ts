import { describe, expect, it } from "vitest";
import { withStatedLength } from "../../src/engine/stated-length.ts";
import { ipv4 } from "../support/ip.ts";

describe("an aggregate without a length", () => {
  it("gets one, and the header checksum that goes with it", () => {
    const whole = ipv4({ from: "10.0.0.1", to: "10.0.0.2", payload: new Uint8Array(3000) });
    const silent = ipv4({ from: "10.0.0.1", to: "10.0.0.2", payload: new Uint8Array(3000) });
    silent.set([0, 0], 2);
    // The checksum of a header that says length 0.
    const sum = ((whole[10]! << 8) | whole[11]!) + whole.length;
    const checksum = (sum & 0xffff) + (sum >>> 16);
    silent.set([checksum >> 8, checksum & 0xff], 10);
    expect(withStatedLength(silent, 0, whole.length)).toEqual(whole);
  });
});
