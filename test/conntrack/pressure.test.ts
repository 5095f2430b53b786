import { describe, expect, it } from "vitest";
import { ConfigLayout } from "../../src/core/layout.generated.ts";
import { setNumber } from "../../src/core/record.ts";
import { ipv4, tcp, udp } from "../support/ip.ts";
import type { Network } from "../support/network.ts";
import { connections, trackedNetwork } from "../support/tracked.ts";

const CLIENT = "10.1.0.2";
const SERVER = "10.2.0.9";
const SYN = 2;
const FIN = 1;
const ACK = 16;

/** A network whose table holds `max` connections. */
async function smallNetwork(max: number): Promise<Network> {
  const network = await trackedNetwork({}, { verifyChecksums: false });
  const view = new DataView(network.core.memory.buffer);
  setNumber(view, network.core.configAddress(), ConfigLayout.conntrackMax, max);
  return network;
}

function fromClient(network: Network, port: number, flags: number, seconds: number): void {
  const payload = tcp({
    from: port,
    to: 80,
    sequence: flags & SYN ? 1000 : 1001,
    acknowledge: flags & ACK ? 5001 : 0,
    flags,
  });
  network.send("eth0", ipv4({ from: CLIENT, to: SERVER, protocol: 6, payload }), seconds);
}

/** An assured connection. */
function open(network: Network, port: number, seconds: number): void {
  fromClient(network, port, SYN, seconds);
  const answer = tcp({ from: 80, to: port, sequence: 5000, acknowledge: 1001, flags: SYN | ACK });
  network.send("eth1", ipv4({ from: SERVER, to: CLIENT, protocol: 6, payload: answer }), seconds);
  fromClient(network, port, ACK, seconds);
}

/** Connections in a state. */
function count(network: Network, state: string): number {
  return connections(network).filter((line) => line.includes(` ${state} `)).length;
}

/** @returns is there a connection of that port? */
function isTracked(network: Network, port: number): boolean {
  return connections(network).some((line) => line.includes(` sport=${port} `));
}

describe("a table full of assured connections", () => {
  /** `closing` of them have seen a FIN. */
  async function fullNetwork(max: number, closing: number): Promise<Network> {
    const network = await smallNetwork(max);
    for (let i = 0; i < max; i++) open(network, 2000 + i, 1);
    for (let i = 0; i < closing; i++) fromClient(network, 2000 + max - 1 - i, FIN | ACK, 1);
    return network;
  }

  it("takes no connection, until after a minute those that close are ended, down to 95 % of it", async () => {
    const network = await fullNetwork(200, 30);
    open(network, 1000, 2);
    network.waitUntil(61);
    expect(isTracked(network, 1000)).toBe(false);
    expect(count(network, "FIN_WAIT")).toBe(30);
    network.waitUntil(62);
    expect([count(network, "ESTABLISHED"), count(network, "FIN_WAIT")]).toEqual([170, 19]);
    open(network, 1001, 62);
    expect(isTracked(network, 1001)).toBe(true);
    expect(network.core.auditConnections()).toBe(0);
  });

  it("ends none while it is not full", async () => {
    const network = await fullNetwork(200, 30);
    network.waitUntil(70);
    expect(count(network, "FIN_WAIT")).toBe(30);
  });

  it("keeps those that do not close", async () => {
    const network = await fullNetwork(200, 0);
    open(network, 1000, 2);
    network.waitUntil(70);
    open(network, 1001, 70);
    expect(count(network, "ESTABLISHED")).toBe(200);
  });

  it("ends none of fewer than a hundred: 95 % are counted in whole hundreds", async () => {
    const network = await fullNetwork(99, 30);
    open(network, 1000, 2);
    network.waitUntil(70);
    expect(count(network, "FIN_WAIT")).toBe(30);
  });

  it("ends 641 at once where HZ is 100, and no more while room is not lacking again", async () => {
    const network = await fullNetwork(20_000, 2000);
    open(network, 1000, 2);
    // It looks at a part of the table with every packet; these are of a connection that stays.
    const goOn = (seconds: number) => {
      for (let i = 0; i < 40; i++) fromClient(network, 2000, ACK, seconds);
      return network.core.entryCount();
    };
    expect(goOn(62.001)).toBe(20_000 - 641);
    expect(goOn(62.011)).toBe(20_000 - 641);
  });
});

describe("a table full of connections that nobody answers", () => {
  it("makes room for each new one, and keeps what is assured", async () => {
    const network = await smallNetwork(1000);
    const view = new DataView(network.core.memory.buffer);
    setNumber(view, network.core.configAddress(), ConfigLayout.conntrackBuckets, 512);
    for (let i = 0; i < 20; i++) open(network, 2000 + i, 1);
    for (let i = 0; i < 5000; i++) {
      network.send("eth0", ipv4({ from: CLIENT, to: SERVER, payload: udp(10_000 + i, 53, new Uint8Array(4)) }), 1);
      if (!isLast(i)) continue;
      expect(isTracked(network, 10_000 + i)).toBe(true);
      expect(network.core.entryCount()).toBeLessThanOrEqual(1000);
    }
    expect(count(network, "ESTABLISHED")).toBe(20);
    expect(network.core.auditConnections()).toBe(0);
  });
});

/** Now and then: listing the table takes long. */
function isLast(i: number): boolean {
  return i % 500 === 499;
}
