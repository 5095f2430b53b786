import { describe, expect, it } from "vitest";
import { ipv4 } from "../support/ip.ts";
import { Network } from "../support/network.ts";

const ICMP = 1;
const NODE = "10.0.0.1";

describe("ICMP for the node itself", () => {
  it.each([
    [8, 1],
    [7, 0],
    [0, 0],
  ])("of %i bytes is seen by %i receivers", async (length, receivers) => {
    const node = await Network.create({ devices: { lo: ["127.0.0.1/8"], eth0: [`${NODE}/24`] } });
    const packet = ipv4({ from: "10.0.0.2", to: NODE, protocol: ICMP, payload: new Uint8Array(length) });
    expect(node.send("eth0", packet)).toHaveLength(receivers);
    expect(node.core.livePackets()).toBe(0);
  });
});
